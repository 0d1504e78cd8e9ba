/* The batch's gradient is summed in a fixed tree: UNIT prompts that lie in neighbouring lanes first, then units by
 * number. A unit is a piece of work; its sums are kept until all are there. */
#include "runtime/train.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT = 16, PIECE = 4096 };

struct train_memory {
    void **buffer; /* by thread: outputs and scratch */
    size_t *bytes;
    int threads;
    float *units;
    size_t units_bytes;
};

struct train_memory *train_memory_new(void)
{
    return calloc(1, sizeof(struct train_memory));
}

void train_memory_free(struct train_memory *m)
{
    if (!m) return;
    for (int i = 0; i < m->threads; i++) free(m->buffer[i]);
    free(m->buffer);
    free(m->bytes);
    free(m->units);
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
        m->buffer[thread] = aligned_alloc(4096, bytes);
        m->bytes[thread] = m->buffer[thread] ? bytes : 0;
    }
    return m->buffer[thread];
}

struct job {
    struct train_memory *m;
    const struct train_kernel *k;
    uint64_t seed;
    int64_t first, count, total; /* elements of all outputs */
    double *const *out;
    int failed; /* written from several threads, to one value */
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
    struct icl_kernel_args args = { first, blocks, j->seed, k->in, out, memory };
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

/* Sums of whole blocks, joined to a unit's: the upper levels of the same tree. */
static void join_blocks(const float *a, int64_t elements, int blocks, float *to)
{
    for (int64_t e = 0; e < elements; e++) {
        float s[UNIT];
        for (int b = 0; b < blocks; b++) s[b] = a[b * elements + e];
        for (int h = 1; h < blocks; h *= 2)
            for (int b = 0; b + h < blocks; b += 2 * h) s[b] += s[b + h];
        to[e] = s[0];
    }
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
    int64_t here = j->count - unit * UNIT;
    int n = here < UNIT ? (int)here : UNIT;
    if (j->failed) return;
    if (!answer(j, thread, j->first + unit * UNIT, n, out)) {
        j->failed = 1;
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

static void join_units(void *ctx, int64_t piece, int thread)
{
    struct job *j = ctx;
    int64_t from = piece * PIECE, to = from + PIECE < j->total ? from + PIECE : j->total;
    int64_t units = (j->count + UNIT - 1) / UNIT;
    (void)thread;
    for (int64_t h = 1; h < units; h *= 2)
        for (int64_t u = 0; u + h < units; u += 2 * h)
            if (j->k->precision == 32) {
                float *a = j->m->units + u * j->total, *b = a + h * j->total;
                for (int64_t e = from; e < to; e++) a[e] += b[e];
            } else {
                double *a = (double *)j->m->units + u * j->total, *b = a + h * j->total;
                for (int64_t e = from; e < to; e++) a[e] += b[e];
            }
    for (int64_t e = from; e < to; e++)
        j->out[0][e] = j->k->precision == 32 ? j->m->units[e] : ((double *)j->m->units)[e];
}

enum train_status train_sum(struct train_memory *m, const struct train_kernel *k, struct pool *pool, uint64_t seed,
                            int64_t first, int64_t count, double *sum)
{
    struct job j = { .m = m, .k = k, .seed = seed, .first = first, .count = count, .out = &sum };
    int64_t units = (count + UNIT - 1) / UNIT;
    for (int o = 0; o < k->outputs; o++) j.total += k->elements[o];
    size_t bytes = (size_t)(units * j.total) * (k->precision == 32 ? 4 : 8);
    if (!reserve_threads(m, pool_threads(pool))) return TRAIN_NO_MEMORY;
    if (m->units_bytes < bytes) {
        free(m->units);
        m->units = malloc(bytes);
        m->units_bytes = m->units ? bytes : 0;
        if (!m->units) return TRAIN_NO_MEMORY;
    }
    if (!pool_run(pool, sum_unit, &j, units)) return TRAIN_STOPPED;
    if (j.failed) return TRAIN_FAILED;
    return pool_run(pool, join_units, &j, (j.total + PIECE - 1) / PIECE) ? TRAIN_DONE : TRAIN_STOPPED;
}

static void run_elements(void *ctx, int64_t piece, int thread)
{
    struct job *j = ctx;
    const struct train_kernel *k = j->k;
    void *out[k->outputs];
    int64_t from = piece * PIECE, n = j->count - from < PIECE ? j->count - from : PIECE;
    if (j->failed) return;
    if (!answer(j, thread, from, n, out)) {
        j->failed = 1;
        return;
    }
    for (int o = 0; o < k->outputs; o++)
        for (int64_t i = 0; i < n; i++) j->out[o][from + i] = at_prompt(k, out[o], 1, 0, i);
}

enum train_status train_elements(struct train_memory *m, const struct train_kernel *k, struct pool *pool, int64_t count,
                                 double *const *out)
{
    struct job j = { .m = m, .k = k, .count = count, .out = out };
    if (!reserve_threads(m, pool_threads(pool))) return TRAIN_NO_MEMORY;
    if (!pool_run(pool, run_elements, &j, (count + PIECE - 1) / PIECE)) return TRAIN_STOPPED;
    return j.failed ? TRAIN_FAILED : TRAIN_DONE;
}
