/* The batch's gradient is summed in a fixed tree: UNIT prompts that lie in neighbouring lanes first, then units by
 * number. A unit is a piece of work; its sums are kept until all are there.
 *
 * With several ranks each has a run of neighbouring units. What of the tree lies within a rank's run is summed there;
 * of what is left, nodes of several levels, every rank gets all and does the upper part of the tree. */
#include "runtime/train.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/room.h"

enum { UNIT = 16, PIECE = 4096, ROW = 16 }; /* ROW: what loops do at a time, so that compilers make vectors of it */

struct train_memory {
    void **buffer; /* by thread: outputs and scratch */
    size_t *bytes;
    int threads;
    float *units;
    size_t units_bytes;
    double *squares; /* by piece */
    int64_t pieces;
};

/* Empty. NULL: no memory. */
struct train_memory *train_memory_new(void)
{
    return calloc(1, sizeof(struct train_memory));
}

/* NULL is allowed. */
void train_memory_free(struct train_memory *m)
{
    if (!m) return;
    for (int i = 0; i < m->threads; i++) free(m->buffer[i]);
    free(m->buffer);
    free(m->bytes);
    free(m->units);
    free(m->squares);
    free(m);
}

static bool reserve_threads(struct train_memory *m, int threads)
{
    if (threads <= m->threads) return true;
    void **buffer = realloc(m->buffer, sizeof *buffer * (size_t)threads);
    if (buffer) m->buffer = buffer;
    size_t *bytes = realloc(m->bytes, sizeof *bytes * (size_t)threads);
    if (bytes) m->bytes = bytes;
    if (!buffer || !bytes) return false;
    for (; m->threads < threads; m->threads++) {
        m->buffer[m->threads] = NULL;
        m->bytes[m->threads] = 0;
    }
    return true;
}

static void *thread_buffer(struct train_memory *m, int thread, size_t bytes)
{
    if (m->bytes[thread] < bytes) {
        free(m->buffer[thread]);
        bytes = (bytes + 4095) / 4096 * 4096;
        m->buffer[thread] = room_new(bytes);
        m->bytes[thread] = m->buffer[thread] ? bytes : 0;
    }
    return m->buffer[thread];
}

struct job {
    struct train_memory *m;
    const struct train_kernel *k;
    uint64_t seed;
    int64_t first, count, total; /* elements of all outputs */
    void *const *out;          /* elements */
    struct train_means *means; /* sums */
    _Atomic bool failed;
    struct ranks *ranks;
    int64_t units, begin, end; /* this rank's: [begin, end) */
    bool upper;                /* join what several ranks have made, not what one has */
};

static size_t output_bytes(const struct train_kernel *k, int output, int64_t blocks, size_t width)
{
    int64_t each = k->summed && output >= k->summed ? 1 : k->kernel.lanes;
    return ((size_t)(k->elements[output] * blocks * each) * width + 63) / 64 * 64;
}

/* Runs `prompts` prompts from `first` on into the thread's buffer; out[k] is where output k starts. */
static bool answer(struct job *j, int thread, int64_t first, int64_t prompts, void **out)
{
    const struct train_kernel *k = j->k;
    size_t width = k->kernel.precision == 32 ? 4 : 8, at = (k->kernel.scratch + 63) / 64 * 64;
    int64_t blocks = (prompts + k->kernel.lanes - 1) / k->kernel.lanes;
    size_t need = at;
    for (int o = 0; o < k->outputs; o++) need += output_bytes(k, o, blocks, width);
    char *memory = thread_buffer(j->m, thread, need + 64);
    if (!memory) return false;
    for (int o = 0; o < k->outputs; o++) {
        out[o] = memory + at;
        at += output_bytes(k, o, blocks, width);
    }
    struct icl_kernel_args args = { first, blocks, j->seed, k->in, out, memory, k->kernel.sizes };
    if (k->kernel.run) k->kernel.run(&args);
    else return k->answer(k->ctx, &args, thread);
    return true;
}

static double at_prompt(const struct train_kernel *k, const void *out, int64_t elements, int64_t element,
                        int64_t prompt)
{
    int64_t lanes = k->kernel.lanes, i = (prompt / lanes * elements + element) * lanes + prompt % lanes;
    return k->kernel.precision == 32 ? ((const float *)out)[i] : ((const double *)out)[i];
}

/* Neighbours first: (0 + 1) + (2 + 3) ... Prompts beyond the batch are left out of the tree. */
static double tree(const double *v, int n, int precision)
{
    double s[UNIT];
    memcpy(s, v, sizeof *s * (size_t)n);
    for (int h = 1; h < n; h *= 2)
        for (int i = 0; i + h < n; i += 2 * h)
            s[i] = precision == 32 ? (double)((float)s[i] + (float)s[i + h]) : s[i] + s[i + h];
    return s[0];
}

/* to = a + b, by sixteens, which compilers turn into vectors; `to` may be a. */
static void add_rows(float *to, const float *a, const float *b, int64_t n)
{
    int64_t e = 0;
    for (; e + 16 <= n; e += 16) {
        float sum[16];
        for (int i = 0; i < 16; i++) sum[i] = a[e + i] + b[e + i];
        memcpy(to + e, sum, sizeof sum);
    }
    for (; e < n; e++) to[e] = a[e] + b[e];
}

/* Sums of whole blocks, joined to a unit's: the upper levels of the same tree. Uses up the blocks. */
static void join_blocks(float *a, int64_t elements, int blocks, float *to)
{
    int h = 1;
    for (; 2 * h < blocks; h *= 2)
        for (int b = 0; b + h < blocks; b += 2 * h)
            add_rows(a + b * elements, a + b * elements, a + (b + h) * elements, elements);
    if (blocks > 1) add_rows(to, a, a + h * elements, elements);
    else memcpy(to, a, sizeof *to * (size_t)elements);
}

/* One number for each of the prompts, or for each of the blocks, of a unit. */
static int parts(const struct train_kernel *k, int output, const void *out, int64_t e, int n, double *v)
{
    int blocks = n / k->kernel.lanes;
    bool summed = k->summed && output >= k->summed;
    for (int i = 0; i < (summed ? blocks : n); i++) {
        int64_t at = summed ? i * k->elements[output] + e : -1;
        v[i] = !summed                         ? at_prompt(k, out, k->elements[output], e, i)
               : k->kernel.precision == 32 ? ((const float *)out)[at]
                                           : ((const double *)out)[at];
    }
    return summed ? blocks : n;
}

static void sum_unit(void *ctx, int64_t unit, int thread)
{
    struct job *j = ctx;
    const struct train_kernel *k = j->k;
    void *out[k->outputs];
    unit += j->begin;
    int64_t here = j->count - unit * UNIT;
    int n = here < UNIT ? (int)here : UNIT;
    if (atomic_load(&j->failed) || ranks_interrupted(j->ranks)) return;
    if (!answer(j, thread, j->first + unit * UNIT, n, out)) {
        atomic_store(&j->failed, true);
        return;
    }
    double *wide = (double *)j->m->units + unit * j->total;
    float *narrow = j->m->units + unit * j->total;
    for (int o = 0; o < k->outputs; o++) {
        int64_t elements = k->elements[o];
        if (k->summed && o >= k->summed && k->kernel.precision == 32) {
            join_blocks(out[o], elements, UNIT / k->kernel.lanes, narrow);
            narrow += elements;
            continue;
        }
        for (int64_t e = 0; e < elements; e++) {
            double v[UNIT];
            int count = parts(k, o, out[o], e, n, v);
            double s = tree(v, count, k->precision);
            if (k->precision == 32) *narrow++ = (float)s;
            else *wide++ = s;
        }
    }
}

/* Adds unit b's sums to unit a's, elements [from, to). */
static void add_unit(const struct job *j, int64_t a, int64_t b, int64_t from, int64_t to)
{
    if (j->k->precision == 32) {
        float *x = j->m->units + a * j->total, *y = j->m->units + b * j->total;
        add_rows(x + from, x + from, y + from, to - from);
    } else {
        double *x = (double *)j->m->units + a * j->total, *y = (double *)j->m->units + b * j->total;
        for (int64_t e = from; e < to; e++) x[e] += y[e];
    }
}

/* Does one rank have all units of the node that begins at u and covers `width`? */
static bool of_one_rank(const struct job *j, int64_t u, int64_t width)
{
    int64_t last = (u + width < j->units ? u + width : j->units) - 1;
    return !j->ranks || ranks_owner(j->ranks, j->units, u) == ranks_owner(j->ranks, j->units, last);
}

/* Joins 16 partial sums. */
static double joined(double *part)
{
    for (int h = ROW / 2; h >= 1; h /= 2)
        for (int k = 0; k < h; k++) part[k] += part[k + h];
    return part[0];
}

static double sum_strided(const double *v, int64_t n)
{
    double part[ROW] = {0};
    for (int64_t i = 0; i < n; i++) part[i % ROW] += v[i];
    return joined(part);
}

/* to = from / count; returns the sum of their squares. To divide by a power of two is to multiply by its reciprocal. */
static double mean_row(float *to, const float *from, int64_t n, int64_t count)
{
    double part[ROW] = {0}, factor = (count & (count - 1)) == 0 ? 1 / (double)count : 0;
    int64_t i = 0;
    for (; factor > 0 && i + ROW <= n; i += ROW) {
        float mean[ROW];
        for (int k = 0; k < ROW; k++) mean[k] = (float)(from[i + k] * factor);
        for (int k = 0; k < ROW; k++) part[k] += (double)mean[k] * (double)mean[k];
        memcpy(to + i, mean, sizeof mean);
    }
    for (; i < n; i++) {
        to[i] = (float)(from[i] / (double)count);
        part[i % ROW] += (double)to[i] * (double)to[i];
    }
    return joined(part);
}

static double mean_row_wide(double *to, const double *from, int64_t n, int64_t count)
{
    double part[ROW] = {0};
    for (int64_t i = 0; i < n; i++) {
        to[i] = from[i] / (double)count;
        part[i % ROW] += to[i] * to[i];
    }
    return joined(part);
}

/* Means of elements [from, to) of the sums that the first unit holds now; the sum of their squares. Element 0 is the
 * one that the caller gets apart. */
static double mean_piece(const struct job *j, int64_t from, int64_t to)
{
    const float *narrow = j->m->units;
    const double *wide = (const double *)j->m->units;
    bool is_narrow = j->k->precision == 32;
    if (from == 0) {
        j->means->first = (is_narrow ? narrow[0] : wide[0]) / (double)j->count;
        from = 1;
    }
    if (is_narrow) return mean_row((float *)j->means->rest + from - 1, narrow + from, to - from, j->count);
    return mean_row_wide((double *)j->means->rest + from - 1, wide + from, to - from, j->count);
}

/* The part of the tree that is this rank's, or with `upper` what is above the ranks' parts. */
static void join_units(void *ctx, int64_t piece, int thread)
{
    struct job *j = ctx;
    int64_t from = piece * PIECE, to = from + PIECE < j->total ? from + PIECE : j->total;
    (void)thread;
    for (int64_t h = 1; h < j->units; h *= 2)
        for (int64_t u = 0; u + h < j->units; u += 2 * h) {
            bool whole = of_one_rank(j, u, 2 * h);
            bool mine = whole && u >= j->begin && u < j->end;
            if (j->upper ? !whole : mine) add_unit(j, u, u + h, from, to);
        }
    if (j->upper || !j->ranks) j->m->squares[piece] = mean_piece(j, from, to);
}

static bool reserve_units(struct train_memory *m, size_t bytes)
{
    if (m->units_bytes >= bytes) return true;
    free(m->units);
    m->units = room_new(bytes);
    m->units_bytes = m->units ? bytes : 0;
    return m->units;
}

static int64_t pieces_of(const struct job *j)
{
    return (j->total + PIECE - 1) / PIECE;
}

static bool reserve_squares(struct train_memory *m, int64_t pieces)
{
    if (m->pieces >= pieces) return true;
    free(m->squares);
    m->squares = malloc(sizeof *m->squares * (size_t)pieces);
    m->pieces = m->squares ? pieces : 0;
    return m->squares;
}

/* The units where the nodes begin that one rank has made and no larger one holds; offset[k]: where rank k's begin, in
 * bytes of the exchange. Returns how many. */
static int64_t node_starts(const struct job *j, size_t unit, int64_t *start, size_t *offset)
{
    int64_t n = 0;
    int size = ranks_size(j->ranks), rank = 0;
    for (int64_t u = 0, width = 1; u < j->units; u += width) {
        for (width = 1; u % (2 * width) == 0 && width < j->units && of_one_rank(j, u, 2 * width);) width *= 2;
        for (; rank <= ranks_owner(j->ranks, j->units, u); rank++) offset[rank] = (size_t)n * unit;
        start[n++] = u;
    }
    for (; rank <= size; rank++) offset[rank] = (size_t)n * unit;
    return n;
}

/* Gives every rank the nodes of all. The room behind the units carries them. */
static enum train_status exchange_units(struct job *j, enum train_status status)
{
    size_t unit = (size_t)j->total * (j->k->precision == 32 ? 4 : 8), offset[ranks_size(j->ranks) + 1];
    int64_t start[2 * 64 * ranks_size(j->ranks)]; /* a run of units is at most two nodes of each level */
    int64_t n = node_starts(j, unit, start, offset);
    char *units = (char *)j->m->units, *sent = units ? units + (size_t)j->units * unit : NULL;
    for (int64_t i = 0; i < n && status == TRAIN_DONE; i++)
        if (start[i] >= j->begin && start[i] < j->end)
            memcpy(sent + (size_t)i * unit, units + (size_t)start[i] * unit, unit);
    uint64_t what = j->seed * UINT64_C(0x9E3779B97F4A7C15) + (uint64_t)j->first * 31 + (uint64_t)j->total;
    int largest = ranks_exchange_parts(j->ranks, what >> 8 | UINT64_C(1) << 62, status, sent, offset);
    if (largest) return largest == RANKS_LOST ? TRAIN_RANK_LOST : (enum train_status)largest;
    for (int64_t i = 0; i < n; i++) memcpy(units + (size_t)start[i] * unit, sent + (size_t)i * unit, unit);
    return TRAIN_DONE;
}

static enum train_status run_units(struct job *j, struct pool *pool)
{
    size_t room = (size_t)(j->units * j->total) * (j->k->precision == 32 ? 4 : 8) * (j->ranks ? 2 : 1);
    if (!reserve_threads(j->m, pool_threads(pool)) || !reserve_units(j->m, room) ||
        !reserve_squares(j->m, pieces_of(j)))
        return TRAIN_NO_MEMORY;
    bool whole = pool_run(pool, sum_unit, j, j->end - j->begin);
    if (!whole || ranks_interrupted(j->ranks)) return TRAIN_STOPPED;
    if (atomic_load(&j->failed)) return TRAIN_FAILED;
    return pool_run(pool, join_units, j, pieces_of(j)) ? TRAIN_DONE : TRAIN_STOPPED;
}

/* See train.h. */
enum train_status train_sum(struct train_memory *m, const struct train_kernel *k, struct pool *pool,
                            struct ranks *ranks, uint64_t seed, int64_t first, int64_t count, struct train_means *out)
{
    struct job j = { .m = m, .k = k, .seed = seed, .first = first, .count = count, .means = out, .ranks = ranks };
    j.units = (count + UNIT - 1) / UNIT;
    for (int o = 0; o < k->outputs; o++) j.total += k->elements[o];
    ranks_part(ranks, j.units, &j.begin, &j.end);
    enum train_status status = run_units(&j, pool);
    if (ranks) {
        status = exchange_units(&j, status);
        j.upper = true;
        if (status == TRAIN_DONE && !pool_run(pool, join_units, &j, pieces_of(&j))) status = TRAIN_STOPPED;
    }
    if (status == TRAIN_DONE) out->squares = sum_strided(m->squares, pieces_of(&j));
    return status;
}

struct scaling {
    void *v;
    int precision;
    double factor;
    int64_t n;
};

static void scale_piece(void *ctx, int64_t piece, int thread)
{
    const struct scaling *s = ctx;
    int64_t i = piece * PIECE, end = i + PIECE < s->n ? i + PIECE : s->n;
    (void)thread;
    if (s->precision == 32)
        for (float *v = s->v; i < end; i++) v[i] = (float)(v[i] * s->factor);
    else
        for (double *v = s->v; i < end; i++) v[i] *= s->factor;
}

/* See train.h. */
void train_scale(struct pool *pool, void *v, int precision, double factor, int64_t n)
{
    struct scaling s = { v, precision, factor, n };
    pool_finish(pool, scale_piece, &s, (n + PIECE - 1) / PIECE);
}

/* n numbers of a kernel's output to where they are kept. */
static void put(const struct train_kernel *k, void *to, int64_t at, const void *from, int64_t n)
{
    size_t width = k->precision == 32 ? sizeof(float) : sizeof(double);
    if (k->kernel.precision == k->precision) {
        memcpy((char *)to + (size_t)at * width, from, (size_t)n * width);
        return;
    }
    for (int64_t e = 0; e < n; e++) ((float *)to)[at + e] = (float)((const double *)from)[e]; /* the interpreter's */
}

static void run_elements(void *ctx, int64_t piece, int thread)
{
    struct job *j = ctx;
    const struct train_kernel *k = j->k;
    void *out[k->outputs];
    int64_t from = piece * PIECE, n = j->count - from < PIECE ? j->count - from : PIECE;
    if (!answer(j, thread, from, n, out)) {
        atomic_store(&j->failed, true);
        return;
    }
    for (int o = 0; o < k->outputs; o++) put(k, j->out[o], from, out[o], n); /* one element a prompt: in order */
}

/* See train.h. */
enum train_status train_elements(struct train_memory *m, const struct train_kernel *k, struct pool *pool, int64_t count,
                                 void *const *out)
{
    struct job j = { .m = m, .k = k, .count = count, .out = out };
    if (!reserve_threads(m, pool_threads(pool))) return TRAIN_NO_MEMORY;
    pool_finish(pool, run_elements, &j, (count + PIECE - 1) / PIECE);
    return atomic_load(&j.failed) ? TRAIN_FAILED : TRAIN_DONE;
}
