/* Code that serves many sizes. Two loop functions are the same code when they differ only in numbers that the code can
 * as well be told when it runs: how many passes a loop makes, where a buffer starts, how far from a buffer's start a
 * few elements lie, a real constant. Such numbers become words of a list that the kernel's caller hands over; all that
 * is left is hashed, in the order of the program, into the code's key. So the kernels of a sweep over n, which differ
 * in how long their loops are, are compiled once.
 *
 * What code is faster for knowing stays in it and in its key: strides, offsets inside a tile, loops of one pass. The
 * operations and their order are those of the function, whichever numbers are handed over: the bits are the same. */
#include <stdlib.h>
#include "compiler/loops.h"

enum {
    NEAR = 16,    /* elements so near to each other have one start; positions below it stay in the code */
    MOST_STARTS = 2, /* of accesses with one index: more would take too many registers */
};

/* Accesses of a buffer with one index that are near each other. */
struct start {
    int64_t at; /* the first of them */
    int size;   /* + 1, once met */
};

struct access_at {
    int mem, arg, id;
    int64_t imm;
};

struct walk {
    struct loop_func *f;
    uint64_t key[2];
    int *number, *mem_number; /* in the order of the program, from 1 */
    int next, next_mem;
    int *start_of;            /* instruction -> its start, + 1 */
    bool known;               /* all numbers stay */
    VEC(struct start) starts;
};

static void mix(struct walk *w, uint64_t v)
{
    w->key[0] = (w->key[0] ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    w->key[0] ^= w->key[0] >> 29;
    w->key[1] = (w->key[1] ^ (v + UINT64_C(0x632BE59BD9B4E019))) * UINT64_C(0xD6E8FEB86659FD93);
    w->key[1] ^= w->key[1] >> 32;
}

/* Another word of the list; its number, + 1. */
static int size_of(struct walk *w, uint64_t v)
{
    vec_push(w->f->arena, &w->f->sizes, v);
    mix(w, UINT64_C(0x51E5));
    return w->f->sizes.n;
}

/* ---- starts ---- */

static int by_place(const void *x, const void *y)
{
    const struct access_at *a = x, *b = y;
    if (a->mem != b->mem) return a->mem < b->mem ? -1 : 1;
    if (a->arg != b->arg) return a->arg < b->arg ? -1 : 1;
    if (a->imm != b->imm) return a->imm < b->imm ? -1 : 1;
    return a->id - b->id;
}

/* Gives the accesses from..to-1, of one buffer and index, their starts. */
static void split(struct walk *w, const struct access_at *all, int from, int to)
{
    int far = 0;
    for (int k = from; k < to; k++)
        far += all[k].imm >= NEAR && (k == from || all[k].imm - all[k - 1].imm > NEAR);
    if (!far || far > MOST_STARTS) return;
    for (int k = from; k < to; k++) {
        bool first = k == from || all[k].imm - all[k - 1].imm > NEAR;
        if (first) vec_push(w->f->arena, &w->starts, ((struct start){.at = all[k].imm}));
        if (w->starts.data[w->starts.n - 1].at >= NEAR) w->start_of[all[k].id] = w->starts.n;
    }
}

static void find_starts(struct walk *w)
{
    struct loop_func *f = w->f;
    struct access_at *all = ARENA_ARRAY(f->arena, struct access_at, f->ins.n + 1);
    int n = 0;
    for (int b = 0; b < f->blocks.n; b++)
        for (int k = 0; k < f->blocks.data[b].ins.n; k++) {
            int id = f->blocks.data[b].ins.data[k];
            const struct loop_ins *i = &f->ins.data[id];
            if (i->op == L_LOAD || i->op == L_STORE) all[n++] = (struct access_at){i->mem, i->arg[0], id, i->imm};
        }
    qsort(all, (size_t)n, sizeof *all, by_place);
    for (int from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && all[to].mem == all[from].mem && all[to].arg == all[from].arg;) to++;
        split(w, all, from, to);
    }
}

/* ---- the walk ---- */

static uint64_t bits_of(const struct loop_func *f, double v)
{
    uint64_t bits = 0;
    float narrow = (float)v;
    if (f->precision == 32) memcpy(&bits, &narrow, sizeof narrow);
    else memcpy(&bits, &v, sizeof v);
    return bits;
}

/* Constants that instructions may be simpler for, and those that are no number. */
static bool stays(const struct loop_ins *i)
{
    double twice = 2 * i->real;
    if (i->op != L_REAL) return i->op != L_INT || i->imm == 0 || i->imm == -1;
    if (!(twice >= -16 && twice <= 16)) return !(twice - twice == 0);
    return twice == (double)(int)twice;
}

static void number(struct walk *w, int id)
{
    w->number[id] = ++w->next;
}

static void value(struct walk *w, int id)
{
    struct loop_ins *i = &w->f->ins.data[id];
    bool constant = i->op == L_INDEX || i->op == L_INT || i->op == L_REAL || i->op == L_BOOL;
    uint64_t bits = i->op == L_REAL ? bits_of(w->f, i->real) : (uint64_t)i->imm;
    bool kept = constant && (w->known || stays(i));
    mix(w, (uint64_t)i->op << 1 | kept);
    if (kept) {
        mix(w, i->type);
        mix(w, bits);
        return;
    }
    if (constant && !w->number[id]) {
        number(w, id);
        i->size[0] = size_of(w, bits);
    }
    mix(w, (uint64_t)w->number[id]);
}

/* An argument that may be a number of the list when it is a constant index of at least `least`. */
static void bound(struct walk *w, struct loop_ins *i, int arg, int64_t least)
{
    const struct loop_ins *x = &w->f->ins.data[i->arg[arg]];
    if (x->op == L_INDEX && x->imm >= least && !w->known) i->size[arg] = size_of(w, (uint64_t)x->imm);
    else value(w, i->arg[arg]);
}

static void buffer(struct walk *w, int mem)
{
    struct loop_mem *m = &w->f->mems.data[mem];
    if (!w->mem_number[mem]) {
        w->mem_number[mem] = ++w->next_mem;
        mix(w, m->kind);
        mix(w, m->type);
        mix(w, (uint64_t)m->slot);
        if (m->kind >= MEM_INPUT) mix(w, 0);
        else if (w->known) mix(w, (uint64_t)m->offset);
        else m->size = size_of(w, (uint64_t)m->offset);
    }
    mix(w, (uint64_t)w->mem_number[mem]);
}

static void place(struct walk *w, int id)
{
    struct loop_ins *i = &w->f->ins.data[id];
    int start = w->start_of[id];
    buffer(w, i->mem);
    mix(w, (uint64_t)start != 0);
    if (!start) {
        mix(w, (uint64_t)i->imm);
        return;
    }
    struct start *s = &w->starts.data[start - 1];
    if (!s->size) s->size = size_of(w, (uint64_t)s->at);
    mix(w, (uint64_t)s->size);
    mix(w, (uint64_t)(i->imm - s->at));
    i->size[0] = s->size;
}

static void block(struct walk *w, int b);

static void loop(struct walk *w, struct loop_ins *i)
{
    const struct loop_loop *l = i->loop;
    bound(w, i, 0, 2);
    mix(w, (uint64_t)l->ncarried);
    for (int k = 0; k < l->ncarried; k++) value(w, l->init[k]);
    number(w, l->counter);
    for (int k = 0; k < l->ncarried; k++) number(w, l->carried[k]);
    block(w, l->block);
    mix(w, UINT64_C(0xE17D));
    for (int k = 0; k < l->ncarried; k++) value(w, l->next[k]);
    mix(w, l->going >= 0);
    if (l->going >= 0) value(w, l->going);
}

static void instruction(struct walk *w, int id)
{
    struct loop_ins *i = &w->f->ins.data[id];
    bool memory = i->op == L_LOAD || i->op == L_STORE || i->op == L_GATHER || i->op == L_SCATTER;
    bool once = w->f->blocks.data[i->block].depth <= 1; /* a block of prompts: where its results lie */
    bool bounded = i->op == L_IADD || i->op == L_ISUB || i->op == L_IMIN || i->op == L_IMAX || i->op == L_ILT ||
                   i->op == L_IEQ || (i->op == L_IMUL && once);
    mix(w, i->op);
    mix(w, i->type);
    number(w, id);
    if (i->op == L_LOOP) {
        loop(w, i);
        return;
    }
    mix(w, i->elem);
    if (memory) place(w, id);
    else mix(w, (uint64_t)i->imm);
    for (int a = 0; a < i->nargs; a++) {
        if (bounded) bound(w, i, a, NEAR);
        else value(w, i->arg[a]);
    }
}

static void block(struct walk *w, int b)
{
    const struct loop_block *bl = &w->f->blocks.data[b];
    for (int k = 0; k < bl->ins.n; k++) {
        switch (w->f->ins.data[bl->ins.data[k]].op) {
        case L_INDEX: case L_INT: case L_REAL: case L_BOOL: case L_COUNTER: case L_CARRIED: break;
        default: instruction(w, bl->ins.data[k]);
        }
    }
}

/* See loops.h. */
void loops_sizes(struct loop_func *f, bool known, uint64_t key[2])
{
    struct walk w = {.f = f, .key = {(uint64_t)f->lanes, (uint64_t)f->precision + (known ? 1 : 0)}, .known = known};
    w.number = ARENA_ARRAY(f->arena, int, f->ins.n + 1);
    w.mem_number = ARENA_ARRAY(f->arena, int, f->mems.n + 1);
    w.start_of = ARENA_ARRAY(f->arena, int, f->ins.n + 1);
    if (!known) find_starts(&w);
    block(&w, 0);
    key[0] = w.key[0];
    key[1] = w.key[1];
}
