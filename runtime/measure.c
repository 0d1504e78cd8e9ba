/* Measuring. Prompts are cut into leaves of LEAF prompts; leaf i's sums are joined with its neighbours' in the binary
 * tree over leaf numbers: the node of level l with number i covers leaves i 2^l to (i + 1) 2^l - 1, and a node without
 * a right half is its left half. A piece of work is one node of some level, so its size is free to suit the machine:
 * the tree stays the same. With several ranks each does a run of neighbouring pieces, and they exchange the pieces'
 * nodes before these are joined. A node keeps count, mean and sums of squared and of cubed deviations; two are joined
 * by the formulas of Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample
 * variances" (1979), and for the cubes Pébay, "Formulas for robust, one-pass parallel computation of covariances and
 * arbitrary-order statistical moments" (2008). */
#include "runtime/measure.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/clock.h"
#include "runtime/room.h"

enum { LEAF = 32, FIRST_ROUND = 4096, PIECES_A_THREAD = 32, MAX_PIECES = 4096, MAX_LEVELS = 64 };
static const size_t BATCH_BYTES = 128 << 10;

struct node {
    int64_t count, nonfinite;
    double mean;               /* of the finite values; */
    double squares, cubes;     /*   sums of their squared and cubed deviations from it */
    double absolute, largest;  /* the sum and the largest of the absolute values */
};

/* The nodes that wait for their right neighbours, larger levels first. */
struct tree {
    int n;
    int level[MAX_LEVELS];
    struct node node[MAX_LEVELS];
};

static struct node join(struct node a, struct node b)
{
    struct node j = {.count = a.count + b.count, .nonfinite = a.nonfinite + b.nonfinite,
                     .absolute = a.absolute + b.absolute, .largest = a.largest > b.largest ? a.largest : b.largest};
    if (a.count == 0 || b.count == 0) {
        j.mean = a.count ? a.mean : b.mean;
        j.squares = a.count ? a.squares : b.squares;
        j.cubes = a.count ? a.cubes : b.cubes;
        return j;
    }
    double share = (double)b.count / (double)j.count, apart = b.mean - a.mean;
    j.mean = a.mean + apart * share;
    j.squares = a.squares + b.squares + apart * apart * ((double)a.count * share);
    j.cubes = a.cubes + b.cubes + apart * apart * apart * ((double)a.count * share) * (1 - 2 * share) +
              3 * apart * (b.squares * (1 - share) - a.squares * share);
    return j;
}

static struct node leaf_node(const double *v, int n)
{
    struct node l = {0};
    double sum = 0;
    for (int i = 0; i < n; i++) {
        if (!isfinite(v[i])) continue;
        double size = fabs(v[i]);
        l.count++;
        sum += v[i];
        l.absolute += size;
        if (size > l.largest) l.largest = size;
    }
    l.nonfinite = n - l.count;
    l.mean = l.count ? sum / (double)l.count : 0;
    for (int i = 0; i < n; i++) {
        if (!isfinite(v[i])) continue;
        double away = v[i] - l.mean, square = away * away;
        l.squares += square;
        l.cubes += square * away;
    }
    return l;
}

static void tree_add(struct tree *t, struct node node, int level)
{
    for (; t->n && t->level[t->n - 1] == level; level++) node = join(t->node[--t->n], node);
    t->level[t->n] = level;
    t->node[t->n++] = node;
}

static struct node tree_total(const struct tree *t)
{
    struct node all = {0};
    for (int i = t->n; i-- > 0;) all = i == t->n - 1 ? t->node[i] : join(t->node[i], all);
    return all;
}

static struct estimate estimate_of(const struct node *t)
{
    double n = (double)t->count;
    return (struct estimate){
        .mean = t->count ? t->mean : NAN,
        .se = t->count > 1 ? sqrt(t->squares / (n - 1) / n) : NAN,
        .trials = t->count + t->nonfinite,
        .nonfinite = t->nonfinite,
        .largest_share = t->absolute > 0 ? t->largest / t->absolute : 0,
        .skewness = t->squares > 0 ? sqrt(n) * t->cubes / (t->squares * sqrt(t->squares)) : 0,
    };
}

/* ---- a run ---- */

/* A thread's buffers. */
struct desk {
    void *scratch;
    void **out;       /* [outputs] */
    struct tree *trees; /* [series] */
    double *leaf;     /* [series][LEAF] */
};

struct run {
    const struct measure *m;
    int64_t batch;           /* prompts a call of the kernel */
    int64_t first, end;      /* the prompts of this round */
    int64_t piece;           /* prompts a piece */
    int level;               /* of a piece's node */
    int64_t begin;           /* the first piece of this rank, */
    double share;            /*   and its part of all */
    struct desk *desks;
    int ndesks;
    _Atomic int64_t done;
    _Atomic bool failed;
    double told;             /* when progress was told last: seconds */

    const struct measure_series *series;
    int nseries;
    struct node *nodes;      /* [pieces][series] */
    void *const *to;         /* collect */
};

static void desk_free(struct desk *d, int outputs)
{
    free(d->scratch);
    for (int k = 0; d->out && k < outputs; k++) free(d->out[k]);
    free(d->out);
    free(d->trees);
    free(d->leaf);
}

static bool desk_new(struct desk *d, const struct run *r)
{
    const struct measure *m = r->m;
    d->scratch = room_new(m->kernel.scratch);
    d->out = calloc((size_t)m->outputs + 1, sizeof *d->out);
    d->trees = calloc((size_t)r->nseries + 1, sizeof *d->trees);
    d->leaf = calloc((size_t)r->nseries + 1, sizeof *d->leaf * LEAF);
    bool good = d->scratch && d->out && d->trees && d->leaf;
    for (int k = 0; good && k < m->outputs; k++) {
        d->out[k] = room_new((size_t)(r->batch * m->output[k].elements) * 8);
        good = d->out[k] != NULL;
    }
    return good;
}

/* A power of two of prompts, whole blocks, whose outputs fit a core's cache where one block's do. */
static int64_t batch_size(const struct measure *m)
{
    size_t bytes = 8;
    for (int k = 0; k < m->outputs; k++) bytes += (size_t)m->output[k].elements * 8;
    int64_t batch = m->kernel.lanes;
    while (batch < 1024 && (size_t)batch * 2 * bytes <= BATCH_BYTES) batch *= 2;
    return batch;
}

static bool begin(struct run *r)
{
    r->batch = batch_size(r->m);
    r->ndesks = pool_threads(r->m->pool);
    r->desks = calloc((size_t)r->ndesks, sizeof *r->desks);
    for (int i = 0; r->desks && i < r->ndesks; i++)
        if (!desk_new(&r->desks[i], r)) return false;
    r->told = clock_seconds();
    return r->desks != NULL;
}

static void end(struct run *r)
{
    for (int i = 0; r->desks && i < r->ndesks; i++) desk_free(&r->desks[i], r->m->outputs);
    free(r->desks);
    free(r->nodes);
}

/* The kernel's answers for [first, first + n) to the thread's buffers, rounded up to whole blocks. */
static bool answer(struct run *r, int64_t first, int64_t n, int thread)
{
    const struct measure *m = r->m;
    struct desk *d = &r->desks[thread];
    struct icl_kernel_args args = {
        .first = first,
        .blocks = (n + m->kernel.lanes - 1) / m->kernel.lanes,
        .seed = m->seed,
        .in = m->in,
        .out = d->out,
        .scratch = d->scratch,
        .sizes = m->kernel.sizes,
    };
    if (m->kernel.run) {
        m->kernel.run(&args);
        return true;
    }
    return m->answer(m->ctx, &args, thread);
}

static bool stopped(const struct run *r)
{
    return pool_stopped(r->m->pool) || ranks_interrupted(r->m->ranks);
}

static void tell(struct run *r, int64_t n, int thread)
{
    int64_t done = atomic_fetch_add(&r->done, n) + n;
    if (!r->m->progress || thread != 0) return;
    double now = clock_seconds();
    if (now - r->told < 0.1) return;
    r->told = now;
    done = (int64_t)((double)done / r->share);
    r->m->progress(r->m->progress_ctx, done < r->m->trials ? done : r->m->trials, r->m->trials);
}

static double value(const struct measure *m, void *const *out, int k, int64_t i)
{
    if (m->output[k].integer) return (double)((const int64_t *)out[k])[i];
    return m->kernel.precision == 32 ? (double)((const float *)out[k])[i] : ((const double *)out[k])[i];
}

/* Puts n prompts' values of a series on its tree; the batch begins `held` values into a leaf. */
static void add_values(struct run *r, struct desk *d, int s, int64_t n, int held)
{
    const struct measure_series *series = &r->series[s];
    double *leaf = d->leaf + s * LEAF;
    for (int64_t i = 0; i < n; i++) {
        double v = value(r->m, d->out, series->of, i);
        if (series->minus >= 0) {
            double other = value(r->m, d->out, series->minus, i);
            v = isfinite(v) && isfinite(other) ? v - other : NAN;
        }
        leaf[held++] = v;
        if (held == LEAF) {
            tree_add(&d->trees[s], leaf_node(leaf, LEAF), 0);
            held = 0;
        }
    }
}

static void sum_piece(void *data, int64_t index, int thread)
{
    struct run *r = data;
    struct desk *d = &r->desks[thread];
    index += r->begin;
    int64_t first = r->first + index * r->piece, last = first + r->piece < r->end ? first + r->piece : r->end;
    for (int s = 0; s < r->nseries; s++) d->trees[s].n = 0;
    for (int64_t at = first; at < last && !atomic_load(&r->failed) && !stopped(r); at += r->batch) {
        int64_t n = last - at < r->batch ? last - at : r->batch;
        if (!answer(r, at, n, thread)) atomic_store(&r->failed, true);
        for (int s = 0; s < r->nseries; s++) add_values(r, d, s, n, (int)((at - first) % LEAF));
        tell(r, n, thread);
    }
    int held = (int)((last - first) % LEAF);
    for (int s = 0; s < r->nseries; s++) {
        if (held) tree_add(&d->trees[s], leaf_node(d->leaf + s * LEAF, held), 0);
        r->nodes[index * r->nseries + s] = tree_total(&d->trees[s]);
    }
}

/* The size of a piece: a power of two of leaves that divides the round's bounds, but for the end of the last round. */
static void cut(struct run *r)
{
    int64_t n = r->end - r->first, threads = ranks_threads(r->m->ranks, pool_threads(r->m->pool));
    int64_t wanted = threads * PIECES_A_THREAD;
    int64_t bounds = r->first | (r->end < r->m->trials ? r->end : 0);
    r->piece = LEAF;
    r->level = 0;
    while (bounds % (r->piece * 2) == 0 && n > r->piece &&
           (n / (r->piece * 2) >= wanted || n / r->piece >= MAX_PIECES)) {
        r->piece *= 2;
        r->level++;
    }
}

/* What ranks say to each other that they are about to exchange. */
static uint64_t exchange_of(const struct run *r)
{
    uint64_t h = (uint64_t)r->end * 31 + (uint64_t)r->nseries;
    return (h ^ (r->m->seed * UINT64_C(0x9E3779B97F4A7C15))) >> 8 | (uint64_t)!r->to << 63;
}

/* This rank's pieces of pool work, and what came of them. */
static enum measure_status run_part(struct run *r, void (*piece)(void *, int64_t, int), int64_t pieces)
{
    int64_t last;
    ranks_part(r->m->ranks, pieces, &r->begin, &last);
    r->share = last > r->begin ? (double)(last - r->begin) / (double)pieces : 1;
    if (!pool_run(r->m->pool, piece, r, last - r->begin) || stopped(r)) return MEASURE_STOPPED;
    return atomic_load(&r->failed) ? MEASURE_FAILED : MEASURE_DONE;
}

/* What came of an exchange; `largest` of the ranks' own. */
static enum measure_status exchanged(int largest)
{
    return largest == RANKS_LOST ? MEASURE_RANK_LOST : (enum measure_status)largest;
}

static enum measure_status run_round(struct run *r, struct tree *trees, enum measure_status status)
{
    cut(r);
    int64_t pieces = (r->end - r->first + r->piece - 1) / r->piece;
    size_t item = (size_t)r->nseries * sizeof *r->nodes, total = (size_t)pieces * item;
    free(r->nodes);
    r->nodes = calloc(1, total + 1);
    if (!r->nodes) status = MEASURE_NO_MEMORY;
    if (status == MEASURE_DONE) status = run_part(r, sum_piece, pieces);
    status = exchanged(ranks_exchange(r->m->ranks, exchange_of(r), status, r->nodes, item, total, pieces));
    for (int64_t p = 0; p < pieces && status == MEASURE_DONE; p++)
        for (int s = 0; s < r->nseries; s++) tree_add(&trees[s], r->nodes[p * r->nseries + s], r->level);
    return status;
}

/* Where the next round ends: what the widest series needs by its variance so far, at least a quarter more and at most
 * four times as many; whole first rounds, so that pieces stay aligned. */
static int64_t next_end(const struct run *r, const struct estimate *out)
{
    double need = 0;
    for (int s = 0; s < r->nseries; s++) {
        double ratio = out[s].se / r->m->se;
        if (!(ratio <= need)) need = ratio;
    }
    double more = (double)r->end * (need < 2 ? need * need : 4) * 1.02;
    if (!(more >= (double)r->end * 1.25)) more = (double)r->end * 1.25;
    int64_t end = ((int64_t)more / FIRST_ROUND + 1) * FIRST_ROUND;
    return end < r->m->trials ? end : r->m->trials;
}

static bool precise(const struct run *r, const struct estimate *out)
{
    for (int s = 0; s < r->nseries; s++)
        if (!(out[s].se <= r->m->se)) return false;
    return true;
}

/* Rounds until precise, or one. */
enum measure_status measure_estimates(const struct measure *m, const struct measure_series *series, int n,
                                      struct estimate *out)
{
    struct run r = {.m = m, .series = series, .nseries = n};
    struct tree *trees = calloc((size_t)n + 1, sizeof *trees);
    enum measure_status status = trees && begin(&r) ? MEASURE_DONE : MEASURE_NO_MEMORY;
    r.end = m->se > 0 && m->trials > FIRST_ROUND ? FIRST_ROUND : m->trials;
    for (;;) {
        status = run_round(&r, trees, status);
        for (int s = 0; s < n && status == MEASURE_DONE; s++) {
            struct node all = tree_total(&trees[s]);
            out[s] = estimate_of(&all);
        }
        if (r.end >= m->trials || status != MEASURE_DONE || precise(&r, out)) break;
        r.first = r.end;
        r.end = next_end(&r, out);
    }
    end(&r);
    free(trees);
    return status;
}

/* ---- collecting ---- */

static void copy_output(const struct run *r, const struct desk *d, int k, int64_t first, int64_t n)
{
    const struct measure *m = r->m;
    int64_t elements = m->output[k].elements, lanes = m->kernel.lanes;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = i / lanes * elements * lanes + i % lanes, to = (first + i) * elements;
        for (int64_t e = 0; e < elements; e++, from += lanes, to++)
            if (m->output[k].integer)
                ((int64_t *)r->to[k])[to] = ((const int64_t *)d->out[k])[from];
            else
                ((double *)r->to[k])[to] = value(m, d->out, k, from);
    }
}

static void collect_piece(void *data, int64_t index, int thread)
{
    struct run *r = data;
    int64_t first = r->first + index * r->batch, n = r->end - first < r->batch ? r->end - first : r->batch;
    if (atomic_load(&r->failed) || stopped(r)) return;
    if (!answer(r, first, n, thread)) {
        atomic_store(&r->failed, true);
        return;
    }
    for (int k = 0; k < r->m->outputs; k++)
        if (r->to[k]) copy_output(r, &r->desks[thread], k, first, n);
    tell(r, n, thread);
}

/* Each batch's outputs, transposed from lanes to prompts. With several ranks a piece is a leaf, whatever the lanes. */
enum measure_status measure_collect(const struct measure *m, void *const *to)
{
    struct run r = {.m = m, .end = m->trials, .to = to};
    enum measure_status status = begin(&r) ? MEASURE_DONE : MEASURE_NO_MEMORY;
    int64_t share = m->trials / ((int64_t)r.ndesks * 4) + 1, leaves = (m->trials + LEAF - 1) / LEAF, first, last;
    while (r.batch > m->kernel.lanes && r.batch > share) r.batch /= 2;
    ranks_part(m->ranks, leaves, &first, &last);
    r.first = first * LEAF;
    r.end = last * LEAF < m->trials ? last * LEAF : m->trials;
    r.share = r.end > r.first ? (double)(r.end - r.first) / (double)m->trials : 1;
    int64_t n = r.end > r.first ? r.end - r.first : 0;
    if (status == MEASURE_DONE) {
        bool whole = pool_run(m->pool, collect_piece, &r, (n + r.batch - 1) / r.batch) && !stopped(&r);
        status = !whole ? MEASURE_STOPPED : atomic_load(&r.failed) ? MEASURE_FAILED : MEASURE_DONE;
    }
    r.end = m->trials;
    for (int k = 0; k < m->outputs && status != MEASURE_RANK_LOST; k++) {
        size_t prompt = (size_t)m->output[k].elements * 8, total = (size_t)m->trials * prompt;
        if (to[k])
            status = exchanged(ranks_exchange(m->ranks, exchange_of(&r), status, to[k], prompt * LEAF, total, leaves));
    }
    end(&r);
    return status;
}
