/* Cells over ranks. Measurements are shared prompt by prompt; that does not pay where they are short, and it leaves
 * what comes with them, building and compiling kernels, to be done by every rank. So before a sweep of many short cells
 * is walked, each rank walks a share of them ahead, alone and silent, and only for their figures; these are exchanged,
 * and then all ranks walk the sweep as one process would, with the figures at hand. A cell asks for the same figures in
 * the same order whenever it is walked, so a figure is known by its cell and its number there; what is not at hand then
 * (a walk ahead ended at an error, a training, a cell that takes long) is measured by all ranks together.
 *
 * Cells that differ in the last variable alone often share a kernel, or prompts: they stay together, as a chunk. Chunks
 * are dealt out in turn, and in rounds that take some seconds, so that what is exchanged is soon kept. */
#include "compiler/ahead.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "compiler/answer.h"
#include "runtime/progress.h"
#include "runtime/ranks.h"

/* Milliseconds: of a round; of processors, for a figure that all ranks had better share. */
enum { ROUND = 2000, HEAVY = 1000 };

struct figure {
    struct ahead_place place;
    uint64_t what;
    struct estimate of;
};

struct ahead {
    struct ranks *ranks;
    bool alone, refused;
    int64_t cell, ordinal; /* of the cell being walked; -1: none */
    struct buf found;      /* struct figure[], what this rank found out in this round */
    struct buf known;      /* struct figure[], of all ranks, by place */
    struct buf kept;       /* what was kept before this sweep, packed; */
    struct buf index;      /*   struct kept[], by key */
    struct buf keep;       /* packed: what this rank has to be kept */
    bool (*each)(struct ev *, struct scope *, void *);
    void *data;
    /* the walk over cells */
    struct scope *row;     /* of the chunk: all variables but the last */
    int variables;
    int64_t chunk, from, to; /* the chunk of the cell; the round's */
};

/* ---- figures ---- */

bool ahead_alone(const struct ev *ev)
{
    return ev->session->ahead && ev->session->ahead->alone;
}

void ahead_refuse(struct ev *ev)
{
    ev->session->ahead->refused = ev->session->failed = true;
}

struct ahead_place ahead_here(struct ev *ev)
{
    struct ahead *a = ev->session->ahead;
    return a && a->cell >= 0 ? (struct ahead_place){ a->cell, a->ordinal++ } : (struct ahead_place){ -1, 0 };
}

static int by_place(const void *x, const void *y)
{
    const struct ahead_place *a = &((const struct figure *)x)->place, *b = &((const struct figure *)y)->place;
    if (a->cell != b->cell) return a->cell < b->cell ? -1 : 1;
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

bool ahead_find(const struct ev *ev, struct ahead_place p, uint64_t what, struct estimate *out)
{
    const struct ahead *a = ev->session->ahead;
    struct figure key = { .place = p }, *f;
    if (p.cell < 0 || a->alone || !a->known.n) return false;
    f = bsearch(&key, a->known.text, a->known.n / sizeof key, sizeof key, by_place);
    if (!f || f->what != what) return false;
    *out = f->of;
    return true;
}

void ahead_put(struct ev *ev, struct ahead_place p, uint64_t what, const struct estimate *e)
{
    struct figure f = { p, what, *e };
    if (p.cell >= 0 && ahead_alone(ev)) buf_add(&ev->session->ahead->found, (const char *)&f, sizeof f);
}

void ahead_cell(struct ev *ev)
{
    struct ahead *a = ev->session->ahead;
    if (!a || a->alone) return;
    a->cell++;
    a->ordinal = 0;
}

void ahead_end(struct ev *ev)
{
    struct ahead *a = ev->session->ahead;
    if (!a) return;
    buf_free(&a->found);
    buf_free(&a->known);
    buf_free(&a->kept);
    buf_free(&a->index);
    buf_free(&a->keep);
    ev->session->ahead = NULL;
}

/* ---- what is kept ---- */

struct kept {
    struct digest key;
    const char *bytes;
    size_t n;
};

void ahead_pack(struct buf *out, const void *key, const void *bytes, size_t n)
{
    uint64_t length = n;
    buf_add(out, key, sizeof(struct digest));
    buf_add(out, (const char *)&length, sizeof length);
    buf_add(out, bytes, n);
}

/* The next packed thing; NULL: there is none. */
static const char *unpack(const char *at, const char *end, struct kept *k)
{
    uint64_t length;
    if (end - at < (ptrdiff_t)(sizeof k->key + sizeof length)) return NULL;
    memcpy(&k->key, at, sizeof k->key);
    memcpy(&length, at + sizeof k->key, sizeof length);
    k->bytes = at + sizeof k->key + sizeof length;
    k->n = length;
    return (uint64_t)(end - k->bytes) < length ? NULL : k->bytes + length;
}

static int by_key(const void *x, const void *y)
{
    return memcmp(((const struct kept *)x)->key.byte, ((const struct kept *)y)->key.byte, sizeof(struct digest));
}

/* Tells all ranks what rank 0 finds of earlier runs: on its own each would ask a file that only rank 0 reads. */
static void tell_kept(struct ev *ev, struct ahead *a)
{
    struct keeper *k = ev->session->keeper;
    struct kept one;
    if (!k) return;
    if (ev_first(ev)) k->all(k, ev, &a->kept);
    if (!ranks_tell(a->ranks, &a->kept) || !a->kept.n) return;
    const char *end = a->kept.text + a->kept.n;
    for (const char *at = a->kept.text; (at = unpack(at, end, &one));)
        buf_add(&a->index, (const char *)&one, sizeof one);
    qsort(a->index.text, a->index.n / sizeof one, sizeof one, by_key);
}

bool ahead_kept(const struct ev *ev, const struct digest *key, struct unpacker *out)
{
    const struct ahead *a = ev->session->ahead;
    struct kept wanted = { .key = *key }, *k = NULL;
    if (a->index.n) k = bsearch(&wanted, a->index.text, a->index.n / sizeof wanted, sizeof wanted, by_key);
    if (k) *out = unpacker_of(k->bytes, k->n);
    return k;
}

void ahead_keep(struct ev *ev, const struct digest *key, const struct buf *bytes)
{
    ahead_pack(&ev->session->ahead->keep, key->byte, bytes->text, bytes->n);
}

/* Keeps what all ranks have found out. */
static bool keep_all(struct ev *ev, struct ahead *a)
{
    struct keeper *k = ev->session->keeper;
    struct buf all = { 0 };
    struct kept one;
    bool good = ranks_collect(a->ranks, &a->keep, &all);
    a->keep.n = 0;
    const char *end = all.text + all.n;
    for (const char *at = all.text; k && good && all.n && (at = unpack(at, end, &one));) {
        struct buf bytes = { .text = (char *)one.bytes, .n = one.n };
        k->put(k, ev, &one.key, &bytes);
    }
    buf_free(&all);
    return good;
}

/* ---- walking alone ---- */

/* What a walk ahead must leave as it was. */
struct before {
    struct session session;
    int errors, warnings;
    struct sweep *sweep;
};

static struct before alone(struct ev *ev)
{
    struct session *s = ev->session;
    struct before b = { *s, ev->diags->errors, ev->diags->warnings, ev->sweep };
    s->ranks = NULL;
    s->progress = PROGRESS_NEVER;
    s->stop = (volatile sig_atomic_t *)ranks_interrupt(b.session.ranks);
    pool_stop_by(session_threads(ev), s->stop);
    s->ahead->alone = true;
    ev->diags->muted++;
    return b;
}

static void together(struct ev *ev, const struct before *b)
{
    struct session *s = ev->session;
    s->ranks = b->session.ranks;
    s->progress = b->session.progress;
    s->stop = b->session.stop;
    s->failed = b->session.failed;
    s->fault = b->session.fault;
    s->requests.n = 0;
    pool_stop_by(session_threads(ev), s->stop);
    s->ahead->alone = false;
    ev->diags->muted--;
    ev->diags->errors = b->errors;
    ev->diags->warnings = b->warnings;
    ev->sweep = b->sweep;
}

/* One cell of the walk over all: it is only counted, or it is of this rank and this round. */
static bool visit(struct ev *ev, struct scope *s, void *data)
{
    struct ahead *a = data;
    int size = ranks_size(a->ranks);
    if (a->variables == 1 || s->up != a->row) a->chunk++;
    a->row = s->up;
    a->cell++;
    a->ordinal = 0;
    if (a->chunk >= a->to && a->each) return false;
    if (!a->each || a->chunk < a->from || (a->chunk - a->from) % size != ranks_rank(a->ranks)) return true;
    return a->each(ev, s, a->data);
}

static void walk(struct ev *ev, struct scope *s, const struct ast *sweep, struct ahead *a)
{
    a->cell = a->chunk = -1;
    a->row = NULL;
    ev_clauses(ev, s, sweep->kid + 1, sweep->n - 1, visit, a);
}

static int64_t processor_milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* Walks this rank's cells of a round, which gives all ranks its figures. False: no more rounds. */
static bool round_alone(struct ev *ev, struct scope *s, const struct ast *sweep, struct ahead *a)
{
    int64_t began = processor_milliseconds();
    struct before b = alone(ev);
    a->found.n = 0;
    walk(ev, s, sweep, a);
    if (!ev_stopped(ev)) ev_settle(ev);
    together(ev, &b);
    int64_t worked = ranks_largest(a->ranks, a->refused ? INT64_MAX : processor_milliseconds() - began);
    size_t before = a->known.n;
    if (worked < 0 || !ranks_collect(a->ranks, &a->found, &a->known) || !keep_all(ev, a)) return false;
    int64_t figures = (int64_t)((a->known.n - before) / sizeof(struct figure) / (size_t)ranks_size(a->ranks));
    if (a->known.n) qsort(a->known.text, a->known.n / sizeof(struct figure), sizeof(struct figure), by_place);
    return !ev_stopped(ev) && worked / HEAVY <= figures && a->known.n > before;
}

/* ---- is it worth it? ---- */

/* Does the body change a name from outside of the sweep? A cell may need what one before it did, then. */
static bool changes_outside(struct ev *ev, struct scope *s, const struct ast *body)
{
    struct name_list names = { 0 };
    ev_assigned(ev, body, &names);
    for (int i = 0; i < names.n; i++)
        if (ev_assignable(s, names.data[i])) return true;
    return false;
}

/* How many chunks there are, by a walk over the clauses. */
static int64_t count_chunks(struct ev *ev, struct scope *s, const struct ast *sweep, struct ahead *a)
{
    struct before b = alone(ev);
    walk(ev, s, sweep, a);
    together(ev, &b);
    return a->chunk + 1;
}

void ahead_of_sweep(struct ev *ev, struct scope *s, const struct ast *sweep,
                    bool (*cell)(struct ev *, struct scope *, void *), void *data)
{
    struct session *session = ev->session;
    if (!session->ranks || session->ahead || ev->dry || changes_outside(ev, s, sweep->kid[0])) return;
    ev_settle(ev);
    if (ev_stopped(ev)) return;
    int size = ranks_size(session->ranks);
    struct ahead *a = session->ahead = ARENA_NEW(ev->arena, struct ahead);
    *a = (struct ahead){ .ranks = session->ranks, .variables = sweep->n - 1 };
    int64_t chunks = count_chunks(ev, s, sweep, a), each = 1;
    bool more = !a->refused && chunks >= 2 * size;
    if (more) tell_kept(ev, a);
    struct progress progress;
    progress_init(&progress, stderr, session->progress);
    progress_begin(&progress, "cells", chunks);
    a->each = cell;
    a->data = data;
    for (a->from = 0; more && a->from < chunks; a->from = a->to) {
        int64_t began = ev_milliseconds(ev);
        a->to = a->from + each * size;
        more = round_alone(ev, s, sweep, a);
        int64_t took = ev_milliseconds(ev) - began, wanted = took > 0 ? each * ROUND / took : 4 * each;
        each = wanted > 4 * each ? 4 * each : wanted > 1 ? wanted : 1;
        progress_to(&progress, a->to < chunks ? a->to : chunks);
    }
    progress_end(&progress);
    a->cell = -1;
}
