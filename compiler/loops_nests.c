/* Loop nests that a function has several times, as the layers of a model give them: nests that do the same to other
 * buffers are one function, which is handed what it takes from outside (addresses, values, numbers of the list that
 * the code is told). A nest is hashed in the order of the program, everything from outside by the order in which it is
 * met; nests with equal hashes have one code. It is called once for all the passes of its loops: the call is nothing
 * beside them. Where there is much code, nests are also what it is divided by: the parts are compiled side by side. */
#include "compiler/loops.h"

enum {
    DEEPEST = 1,     /* nests in the block of the loop over blocks of prompts, or before it */
    LEAST_CODE = 24, /* instructions that are worth a call */
    MOST_TAKEN = 32
};

struct walk {
    struct loop_func *f;
    struct loop_nest nest;
    int *number;          /* by instruction: inside, in program order; from `first` on, else another nest's */
    int first, next;
    int code;             /* instructions */
    bool closed;          /* it takes what a function cannot be handed */
};

static void mix(struct walk *w, uint64_t v)
{
    uint64_t *key = w->nest.key;
    key[0] = (key[0] ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    key[0] ^= key[0] >> 29;
    key[1] = (key[1] ^ (v + UINT64_C(0x632BE59BD9B4E019))) * UINT64_C(0xD6E8FEB86659FD93);
    key[1] ^= key[1] >> 32;
}

static void number(struct walk *w, int id)
{
    w->number[id] = w->next++;
}

/* Something from outside: its place among what the nest takes. */
static void take(struct walk *w, enum loop_taken_kind kind, int id)
{
    int k = 0;
    while (k < w->nest.taken.n && (w->nest.taken.data[k].kind != kind || w->nest.taken.data[k].id != id)) k++;
    mix(w, kind);
    mix(w, (uint64_t)k);
    if (k < w->nest.taken.n) return;
    vec_push(w->f->arena, &w->nest.taken, ((struct loop_taken){.kind = kind, .id = id}));
}

static void value(struct walk *w, int id)
{
    const struct loop_ins *i = &w->f->ins.data[id];
    uint64_t bits;
    mix(w, i->type);
    switch (i->op) {
    case L_INDEX: case L_INT: case L_REAL: case L_BOOL:
        mix(w, i->op);
        memcpy(&bits, &i->real, sizeof bits);
        if (i->size[0]) take(w, i->op == L_REAL ? TAKEN_REAL : TAKEN_SIZE, i->size[0]);
        else mix(w, i->op == L_REAL ? bits : (uint64_t)i->imm);
        return;
    default: break;
    }
    if (w->number[id] < w->first) {
        take(w, TAKEN_VALUE, id);
        return;
    }
    mix(w, L_COUNT);
    mix(w, (uint64_t)(w->number[id] - w->first));
}

static void buffer(struct walk *w, int mem)
{
    const struct loop_mem *m = &w->f->mems.data[mem];
    mix(w, m->kind);
    mix(w, m->type);
    take(w, TAKEN_BUFFER, mem);
}

/* An access: elements after its buffer's beginning, or after a place in it that the code is told. */
static void access(struct walk *w, const struct loop_ins *i)
{
    buffer(w, i->mem);
    int64_t from = i->size[0] ? (int64_t)w->f->sizes.data[i->size[0] - 1] : 0;
    if (i->size[0]) take(w, TAKEN_PLACE, i->size[0]);
    mix(w, (uint64_t)(i->imm - from));
    value(w, i->arg[0]);
    if (i->nargs > 1) value(w, i->arg[1]);
}

static void argument(struct walk *w, const struct loop_ins *i, int k)
{
    if (i->size[k]) take(w, TAKEN_SIZE, i->size[k]);
    else value(w, i->arg[k]);
}

static void block(struct walk *w, int b);

static void loop(struct walk *w, const struct loop_ins *i)
{
    const struct loop_loop *l = i->loop;
    argument(w, i, 0);
    mix(w, (uint64_t)l->ncarried);
    for (int k = 0; k < l->ncarried; k++) value(w, l->init[k]);
    number(w, l->counter);
    for (int k = 0; k < l->ncarried; k++) number(w, l->carried[k]);
    block(w, l->block);
    mix(w, L_COUNT);
    for (int k = 0; k < l->ncarried; k++) value(w, l->next[k]);
    mix(w, l->going >= 0);
    if (l->going >= 0) value(w, l->going);
}

static void instruction(struct walk *w, int id)
{
    const struct loop_ins *i = &w->f->ins.data[id];
    mix(w, i->op);
    mix(w, i->type);
    switch (i->op) {
    case L_INDEX: case L_INT: case L_REAL: case L_BOOL: case L_COUNTER: case L_CARRIED: return;
    case L_BLOCKS: case L_PROMPT: case L_DRAW: w->closed = true; return;
    case L_LOOP: loop(w, i); break;
    case L_LOAD: case L_STORE: case L_GATHER: case L_SCATTER: access(w, i); break;
    default:
        mix(w, i->elem);
        mix(w, (uint64_t)i->imm);
        for (int k = 0; k < i->nargs; k++) argument(w, i, k);
    }
    number(w, id);
    w->code++;
}

static void block(struct walk *w, int b)
{
    const struct loop_block *bl = &w->f->blocks.data[b];
    for (int k = 0; k < bl->ins.n && !w->closed; k++) instruction(w, bl->ins.data[k]);
}

/* Notes the loop as a nest if it can be one. */
static void nest(struct walk *w, struct loop_ins *i)
{
    struct loop_func *f = w->f;
    w->first = w->next;
    w->nest = (struct loop_nest){.twin = f->nests.n};
    w->closed = i->loop->ncarried > 0;
    w->code = 0;
    if (!w->closed) loop(w, i);
    if (w->closed || w->code < LEAST_CODE || w->nest.taken.n > MOST_TAKEN) return;
    for (int k = f->nests.n; k-- > 0;)
        if (!memcmp(f->nests.data[k].key, w->nest.key, sizeof w->nest.key)) {
            w->nest.twin = f->nests.data[k].twin;
            f->nests.data[w->nest.twin].twins++;
            break;
        }
    w->nest.code = w->code;
    vec_push(f->arena, &f->nests, w->nest);
    i->loop->nest = f->nests.n;
}

/* Gives each nest its part, the largest first, to the part that has least; part 0 has all that is no nest. */
static void divide(struct loop_func *f, int parts)
{
    int *load = ARENA_ARRAY(f->arena, int, parts);
    load[0] = f->ins.n;
    for (int k = 0; k < f->nests.n; k++) {
        load[0] -= f->nests.data[k].code;
        f->nests.data[k].part = -1;
    }
    for (int k = 0; k < f->nests.n; k++) {
        struct loop_nest *most = NULL;
        int least = 0;
        for (int i = 0; i < f->nests.n; i++) {
            struct loop_nest *n = &f->nests.data[i];
            if (n->twin == i && n->part < 0 && (!most || n->code > most->code)) most = n;
        }
        if (!most) break;
        for (int p = 1; p < parts; p++)
            if (load[p] < load[least]) least = p;
        most->part = least;
        load[least] += most->code;
    }
    f->parts = parts;
}

/* See loops.h. */
void loops_nests(struct loop_func *f, int parts)
{
    struct walk w = {.f = f, .next = 1};
    w.number = ARENA_ARRAY(f->arena, int, f->ins.n + 1);
    for (int b = 0; b < f->blocks.n; b++) {
        if (f->blocks.data[b].depth > DEEPEST) continue;
        for (int k = 0; k < f->blocks.data[b].ins.n; k++) {
            struct loop_ins *i = &f->ins.data[f->blocks.data[b].ins.data[k]];
            if (i->op == L_LOOP && f->ins.data[i->arg[0]].op != L_BLOCKS) nest(&w, i);
        }
    }
    if (parts > 1) divide(f, parts);
}
