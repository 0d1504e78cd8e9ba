/* Finishes a loop function: drops what nothing uses, gives buffers their places, checks the form.
 *
 * A buffer lives, in the innermost block that holds all its accesses, from the first to the last instruction of that
 * block that touches it (itself or inside it): what is stored before a loop and read in it lives to the loop's end,
 * what a pass stores and reads lives within the pass. Buffers whose lives do not meet may share bytes; places are
 * given first fit, largest first among those that start together. */
#include <assert.h>
#include <stdlib.h>
#include "compiler/loops.h"

struct life {
    int mem;
    int64_t from, to, bytes;
};

static void mark(struct loop_func *f, bool *used, int block)
{
    const struct loop_block *b = &f->blocks.data[block];
    for (int k = b->ins.n; k-- > 0;) {
        int id = b->ins.data[k];
        const struct loop_ins *i = &f->ins.data[id];
        bool root = i->op == L_STORE || i->op == L_SCATTER || i->op == L_LOOP;
        if (root) used[id] = true;
        if (!used[id]) continue;
        for (int a = 0; a < i->nargs; a++) used[i->arg[a]] = true;
        if (i->op != L_LOOP) continue;
        const struct loop_loop *l = i->loop;
        for (int c = 0; c < l->ncarried; c++) used[l->init[c]] = used[l->next[c]] = true;
        if (l->going >= 0) used[l->going] = true;
        mark(f, used, l->block);
    }
}

/* Drops instructions without a use. */
void loops_clean(struct loop_func *f)
{
    bool *used = ARENA_ARRAY(f->arena, bool, f->ins.n);
    mark(f, used, 0);
    for (int b = 0; b < f->blocks.n; b++) {
        struct loop_block *bl = &f->blocks.data[b];
        int n = 0;
        for (int k = 0; k < bl->ins.n; k++) {
            int id = bl->ins.data[k];
            enum loop_op op = f->ins.data[id].op;
            if (used[id] || op == L_COUNTER || op == L_CARRIED) bl->ins.data[n++] = id;
        }
        bl->ins.n = n;
    }
}

/* Numbers instructions in program order; a loop's number is its first inner one, `end` its last. */
struct numbering {
    struct loop_func *f;
    int64_t *at, *end; /* by instruction */
    int *owner;        /* block -> the loop instruction it belongs to; -1 */
    int64_t next;
};

static void number(struct numbering *n, int block)
{
    const struct loop_block *b = &n->f->blocks.data[block];
    for (int k = 0; k < b->ins.n; k++) {
        int id = b->ins.data[k];
        n->at[id] = n->next++;
        if (n->f->ins.data[id].op == L_LOOP) {
            n->owner[n->f->ins.data[id].loop->block] = id;
            number(n, n->f->ins.data[id].loop->block);
        }
        n->end[id] = n->next;
    }
}

/* Widens the life of buffer m, whose accesses so far lie in block *home, by an access at instruction id. */
static void touch(const struct numbering *n, struct life *m, int *home, int id)
{
    const struct loop_func *f = n->f;
    int64_t from = n->at[id], to = n->end[id];
    int block = f->ins.data[id].block;
    if (*home < 0) {
        *home = block;
        m->from = from;
        m->to = to;
        return;
    }
    int other = *home;
    while (other != block) {
        int *deeper = f->blocks.data[other].depth > f->blocks.data[block].depth ? &other : &block;
        int64_t *df = deeper == &other ? &m->from : &from, *dt = deeper == &other ? &m->to : &to;
        int loop = n->owner[*deeper];
        *df = n->at[loop];
        *dt = n->end[loop];
        *deeper = f->ins.data[loop].block;
    }
    *home = block;
    if (from < m->from) m->from = from;
    if (to > m->to) m->to = to;
}

static int by_size(const void *x, const void *y)
{
    const struct life *a = x, *b = y;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return a->mem - b->mem;
}

static int by_offset(const void *x, const void *y)
{
    const struct life *a = x, *b = y;
    return a->from < b->from ? -1 : a->from > b->from;
}

/* First fit for one life among those placed already (places[k] for lives[k], k < n). */
static int64_t fit(struct loop_func *f, const struct life *lives, int n, const struct life *l, struct life *busy)
{
    int m = 0;
    for (int k = 0; k < n; k++) {
        if (lives[k].to <= l->from || lives[k].from >= l->to) continue;
        int64_t offset = f->mems.data[lives[k].mem].offset;
        busy[m++] = (struct life){.from = offset, .to = offset + lives[k].bytes};
    }
    qsort(busy, (size_t)m, sizeof *busy, by_offset);
    int64_t at = 0;
    for (int k = 0; k < m; k++) {
        if (busy[k].from >= at + l->bytes) break;
        if (busy[k].to > at) at = busy[k].to;
    }
    return at;
}

/* Gives every scratch buffer its offset. */
void loops_place(struct loop_func *f)
{
    struct numbering n = {.f = f};
    n.at = ARENA_ARRAY(f->arena, int64_t, f->ins.n);
    n.end = ARENA_ARRAY(f->arena, int64_t, f->ins.n);
    n.owner = ARENA_ARRAY(f->arena, int, f->blocks.n);
    n.owner[0] = -1;
    number(&n, 0);
    struct life *lives = ARENA_ARRAY(f->arena, struct life, f->mems.n + 1);
    int *home = ARENA_ARRAY(f->arena, int, f->mems.n + 1);
    for (int m = 0; m < f->mems.n; m++) {
        home[m] = -1;
        lives[m].mem = m;
        lives[m].bytes = (loops_elem_bytes(f, &f->mems.data[m]) * f->mems.data[m].elements + 63) / 64 * 64;
    }
    for (int b = 0; b < f->blocks.n; b++)
        for (int k = 0; k < f->blocks.data[b].ins.n; k++) {
            int id = f->blocks.data[b].ins.data[k];
            const struct loop_ins *i = &f->ins.data[id];
            if (i->op == L_LOAD || i->op == L_STORE || i->op == L_GATHER || i->op == L_SCATTER)
                touch(&n, &lives[i->mem], &home[i->mem], id);
        }
    int count = 0;
    for (int m = 0; m < f->mems.n; m++)
        if (home[m] >= 0 && (f->mems.data[m].kind == MEM_LANES || f->mems.data[m].kind == MEM_UNIFORM))
            lives[count++] = lives[m];
    qsort(lives, (size_t)count, sizeof *lives, by_size);
    struct life *busy = ARENA_ARRAY(f->arena, struct life, count + 1);
    f->scratch = 64;
    for (int k = 0; k < count; k++) {
        int64_t at = fit(f, lives, k, &lives[k], busy);
        f->mems.data[lives[k].mem].offset = at;
        if (at + lives[k].bytes > f->scratch) f->scratch = at + lives[k].bytes;
    }
}

static const char *bad(const struct loop_func *f, int id, const char *what)
{
    return arena_printf(f->arena, "v%d (%s): %s", id, loop_op_text[f->ins.data[id].op], what);
}

/* seen[id]: the instruction stands before the point that is being checked, in a block around it. */
static const char *check(const struct loop_func *f, bool *seen, int block)
{
    const struct loop_block *b = &f->blocks.data[block];
    const char *why = NULL;
    for (int k = 0; k < b->ins.n && !why; k++) {
        int id = b->ins.data[k];
        const struct loop_ins *i = &f->ins.data[id];
        for (int a = 0; a < i->nargs; a++)
            if (!seen[i->arg[a]]) return bad(f, id, arena_printf(f->arena, "v%d is not visible", i->arg[a]));
        if (i->op == L_STORE && f->mems.data[i->mem].type != f->ins.data[i->arg[1]].type)
            return bad(f, id, "stores another type");
        if (i->op == L_LOOP) {
            const struct loop_loop *l = i->loop;
            for (int c = 0; c < l->ncarried; c++)
                if (!seen[l->init[c]]) return bad(f, id, "initial value is not visible");
            why = check(f, seen, l->block);
            if (why) return why;
            for (int c = 0; c < l->ncarried; c++) {
                if (!seen[l->next[c]]) return bad(f, id, "next value is not visible");
                if (f->ins.data[l->next[c]].type != f->ins.data[l->init[c]].type) return bad(f, id, "types differ");
            }
            const struct loop_block *inner = &f->blocks.data[l->block];
            for (int c = 0; c < inner->ins.n; c++) seen[inner->ins.data[c]] = false;
        }
        seen[id] = true;
    }
    return why;
}

/* NULL, or what is wrong with the function. */
const char *loops_verify(const struct loop_func *f)
{
    return check(f, ARENA_ARRAY(f->arena, bool, f->ins.n), 0);
}
