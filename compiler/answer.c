/* Kernels meet data: captured values become a kernel's inputs, and either engine answers prompts through the
 * runtime's measuring loop, which fixes the order of sums for both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/bench.h"
#include "compiler/kernel.h"
#include "runtime/memory.h"
#include "runtime/progress.h"

struct kernel_store *session_kernels(struct ev *ev)
{
    struct session *s = ev->session;
    if (!s->kernels) {
        s->kernels = s->new_kernels(ev->arena);
        kernel_store_share(s->kernels, session_threads(ev));
    }
    return s->kernels;
}

struct pool *session_threads(struct ev *ev)
{
    struct session *s = ev->session;
    if (!s->pool) s->pool = pool_new(s->threads, s->stop);
    return s->pool;
}

/* ICL_KERNELS=count in the environment: what compiling cost, on standard error. */
static void show_counts(const struct kernel_store *kernels)
{
    const char *wish = getenv("ICL_KERNELS");
    if (!wish || strcmp(wish, "count")) return;
    struct kernel_counts c = kernel_counts(kernels);
    fprintf(stderr, "kernels: %d compiled in %.3f s, %d from disk, %d used for another size, %d used again\n",
            c.compiled, c.seconds, c.from_disk, c.resized, c.from_memory);
}

void session_close(struct ev *ev)
{
    struct session *s = ev->session;
    if (s->kernels) show_counts(s->kernels);
    if (s->pool) pool_free(s->pool);
    if (s->kernels) kernel_store_free(s->kernels);
    s->pool = NULL;
    s->kernels = NULL;
    arena_free(&s->aside);
}

/* ---- the interpreter as a kernel of one lane ---- */

struct interpreted {
    const struct kernel *k;
    const struct tensor **inputs;
    int precision;
    const struct pool *pool;
    const struct ranks *ranks;
};

static bool interpret(void *ctx, const struct icl_kernel_args *args, int thread)
{
    (void)thread;
    const struct interpreted *in = ctx;
    const struct ir_region *top = in->k->f->top;
    struct arena arena = { 0 };
    struct interp it = { .arena = &arena, .precision = in->precision, .seed = args->seed };
    struct tensor results[top->results.n + 1];
    for (int64_t b = 0; b < args->blocks; b++) {
        if (pool_stopped(in->pool) || ranks_interrupted(in->ranks)) return false;
        it.prompt = (uint64_t)(args->first + b);
        interp_run(&it, in->k->f, in->inputs, results);
        for (int r = 0; r < top->results.n; r++) {
            size_t n = (size_t)tensor_elements(&results[r]),
                   size = results[r].dtype == DT_REAL ? sizeof(double) : sizeof(int64_t);
            char *to = (char *)args->out[r] + (size_t)b * n * size;
            memcpy(to, results[r].dtype == DT_REAL ? (void *)results[r].r : (void *)results[r].i, n * size);
        }
        arena_free(&arena);
    }
    return true;
}

static const struct tensor **captured(struct ev *ev, const struct kernel *k)
{
    const struct tensor **inputs = ARENA_ARRAY(ev->arena, const struct tensor *, k->captures.n + 1);
    for (int i = 0; i < k->captures.n; i++) inputs[i] = &k->captures.data[i].value->data;
    return inputs;
}

/* Room for captured data in the kernel's own formats: reals of precision 32 are narrowed into copies. */
static const void **inputs_new(struct ev *ev, const struct kernel *k)
{
    const void **in = ARENA_ARRAY(ev->arena, const void *, k->captures.n + 1);
    for (int i = 0; i < k->captures.n; i++) {
        const struct tensor *t = &k->captures.data[i].value->data;
        in[i] = t->dtype == DT_REAL ? (const void *)t->r : (const void *)t->i;
        if (t->narrow && ev->precision == 32) in[i] = t->narrow;
        else if (t->dtype == DT_REAL && ev->precision == 32)
            in[i] = ARENA_ARRAY(ev->arena, float, tensor_elements(t) + 1);
    }
    return in;
}

void answer_pack(const struct ev *ev, const struct kernel *k, const void *const *in)
{
    for (int i = 0; in && ev->precision == 32 && i < k->captures.n; i++) {
        const struct tensor *t = &k->captures.data[i].value->data;
        int64_t n = t->narrow ? 0 : tensor_elements(t), j = 0;
        float *narrow = (float *)in[i];
        for (; t->dtype == DT_REAL && j + 16 <= n; j += 16) /* a fixed number becomes vectors */
            for (int e = 0; e < 16; e++) narrow[j + e] = (float)t->r[j + e];
        for (; t->dtype == DT_REAL && j < n; j++) narrow[j] = (float)t->r[j];
    }
}

bool answer_foreseen(struct ev *ev, struct kernel *k)
{
    return ev->session->engine == ENGINE_INTERP || kernel_foreseen(session_kernels(ev), k->f);
}

/* What a built program has no code for is interpreted: the same numbers, late. */
static void note_unforeseen(struct ev *ev, const struct ast *at)
{
    struct session *s = ev->session;
    if (!s->unforeseen++)
        fprintf(stderr, "note: %s:%d: the code for this was not foreseen when the program was built; it is "
                        "interpreted, which is slow\n", at->span.src ? at->span.src->path : "",
                at->span.src ? source_line(at->span.src, at->span.from) : 0);
}

bool answer_engine(struct ev *ev, struct kernel *k, struct answerer *out, const struct ast *at)
{
    struct session *s = ev->session;
    bool foreseen = answer_foreseen(ev, k);
    *out = (struct answerer){ 0 };
    if (!foreseen) note_unforeseen(ev, at);
    if (s->engine == ENGINE_INTERP || !foreseen) {
        struct interpreted *in = ARENA_NEW(ev->arena, struct interpreted);
        *in = (struct interpreted){ k, captured(ev, k), ev->precision, session_threads(ev), s->ranks };
        *out = (struct answerer){ .kernel = { .lanes = 1, .precision = 64 }, .answer = interpret, .ctx = in };
        return true;
    }
    const char *why = NULL;
    const struct icl_kernel *code = kernel_get(session_kernels(ev), k->f, &why);
    if (!code) {
        ev_error(ev, E_INTERNAL, at, "%s", why);
        s->fault = s->failed = true;
        return false;
    }
    out->kernel = *code;
    double needed = (double)code->scratch * (double)(s->threads ? s->threads : 1);
    if (needed > (double)memory_left(s->max_memory)) {
        struct diag *m = ev_error(ev, E_LIMIT, at, "a prompt is too large: its tensors need %.3g GB", needed / 1e9);
        diag_note(m, "%d prompts are answered side by side in each thread", code->lanes);
        diag_help(m, "fewer `--threads`; `--max-memory` says how much memory there is");
        s->failed = true;
        return false;
    }
    out->in = inputs_new(ev, k);
    return true;
}

/* ---- both engines ---- */

struct job {
    struct measure m;
    struct measure_output *output;
    struct progress progress;
};

static void show_progress(void *ctx, int64_t done, int64_t total)
{
    struct progress *p = ctx;
    (void)total;
    progress_to(p, done);
}

static bool prepare(struct ev *ev, struct kernel *k, int64_t trials, uint64_t seed, struct job *j, const struct ast *at)
{
    struct session *s = ev->session;
    const struct ir_region *top = k->f->top;
    memset(j, 0, sizeof *j);
    j->m.seed = seed;
    j->m.trials = trials;
    j->m.pool = session_threads(ev);
    j->m.ranks = s->ranks;
    struct answerer who;
    if (!answer_engine(ev, k, &who, at)) return false;
    answer_pack(ev, k, who.in);
    j->m.kernel = who.kernel;
    j->m.answer = who.answer;
    j->m.ctx = who.ctx;
    j->m.in = who.in;
    j->output = ARENA_ARRAY(ev->arena, struct measure_output, top->results.n + 1);
    for (int i = 0; i < top->results.n; i++)
        j->output[i] = (struct measure_output){ ir_elements(top->results.data[i]),
                                                top->results.data[i]->dtype != DT_REAL };
    j->m.outputs = top->results.n;
    j->m.output = j->output;
    progress_init(&j->progress, stderr, s->progress);
    j->m.progress = show_progress;
    j->m.progress_ctx = &j->progress;
    progress_begin(&j->progress, "prompts", trials);
    return true;
}

static bool done(struct ev *ev, struct job *j, enum measure_status status, const struct ast *at)
{
    progress_end(&j->progress);
    if (status == MEASURE_RANK_LOST) ev_rank_lost(ev, at);
    if (status == MEASURE_NO_MEMORY) ev_error(ev, E_LIMIT, at, "not enough memory for these prompts");
    if (status != MEASURE_DONE) ev->session->failed = true;
    return status == MEASURE_DONE;
}

/* ---- icl bench: the same work, again and again ---- */

struct bench_job {
    struct measure m;
    struct measure_series *series; /* of estimates; NULL: predictions are collected */
    struct estimate *of;
    int n;
    size_t prompt; /* bytes of the first output of one prompt */
};

static bool bench_run(void *ctx, int64_t prompts)
{
    struct bench_job *b = ctx;
    b->m.trials = prompts;
    if (b->series) return measure_estimates(&b->m, b->series, b->n, b->of) == MEASURE_DONE;
    void *to[b->m.outputs + 1];
    memset(to, 0, sizeof to);
    to[0] = malloc((size_t)prompts * b->prompt + 1);
    bool good = to[0] && measure_collect(&b->m, to) == MEASURE_DONE;
    free(to[0]);
    return good;
}

static void bench_job(struct ev *ev, const struct job *j, const struct measure_series *series, int n, double se,
                      const struct kernel_counts *before, const struct ast *at)
{
    enum { LEAST_A_THREAD = 64 };
    struct bench_job *b = ARENA_NEW(ev->arena, struct bench_job);
    *b = (struct bench_job){ .m = j->m, .n = n, .prompt = (size_t)j->output[0].elements * 8 };
    b->m.progress = NULL;
    if (series) b->series = arena_copy(ev->arena, series, sizeof *series * (size_t)n);
    b->of = ARENA_ARRAY(ev->arena, struct estimate, n + 1);
    struct bench_work w = { .at = at, .unit = "prompts", .total = se > 0 ? 4096 : j->m.trials, .open = se > 0,
                            .least = LEAST_A_THREAD * pool_threads(j->m.pool), .run = bench_run, .ctx = b };
    if (before) bench_compiled(ev, before, &w);
    bench_note(ev, &w);
}

/* As prepare; while a bench walks the script it is told, and few prompts are answered. */
static bool prepare_work(struct ev *ev, struct kernel *k, int64_t trials, double se, uint64_t seed,
                         const struct measure_series *series, int n, struct job *j, const struct ast *at)
{
    bool bench = ev->session->bench != NULL, jit = ev->session->engine == ENGINE_JIT;
    struct kernel_counts before = { 0 };
    if (bench && jit) before = bench_counts(ev);
    if (!prepare(ev, k, trials, seed, j, at)) return false;
    if (!bench) {
        j->m.se = se;
        return true;
    }
    bench_job(ev, j, series, n, se, jit ? &before : NULL, at);
    if (j->m.trials > BENCH_FEW) j->m.trials = BENCH_FEW;
    return true;
}

bool answer_estimates(struct ev *ev, struct kernel *k, int64_t trials, double se, uint64_t seed,
                      const struct measure_series *series, int n, struct estimate *out, const struct ast *at)
{
    struct job j;
    if (!prepare_work(ev, k, trials, se, seed, series, n, &j, at)) return false;
    return done(ev, &j, measure_estimates(&j.m, series, n, out), at);
}

bool answer_collect(struct ev *ev, struct kernel *k, int64_t trials, uint64_t seed, struct tensor *t,
                    const struct ast *at)
{
    struct job j;
    const struct ir_node *out = k->f->top->results.data[0];
    int64_t dims[IR_MAX_RANK] = { trials };
    for (int i = 0; i < out->rank; i++) dims[i + 1] = ir_dim(out, i);
    double needed = (double)trials * (double)ir_elements(out) * sizeof *t->r;
    if (needed > (double)memory_left(ev->session->max_memory)) {
        struct diag *m = ev_error(ev, E_LIMIT, at, "%lld prompts are too many to keep: they need %.3g GB",
                                  (long long)trials, needed / 1e9);
        diag_help(m, "fewer `trials`; `--max-memory` says how much memory there is");
        return !(ev->session->failed = true);
    }
    if (!prepare_work(ev, k, trials, 0, seed, NULL, 0, &j, at)) return false;
    *t = tensor_new(ev->arena, out->dtype, out->rank + 1, dims);
    void *to[j.m.outputs + 1];
    memset(to, 0, sizeof to);
    to[0] = out->dtype == DT_REAL ? (void *)t->r : (void *)t->i;
    return done(ev, &j, measure_collect(&j.m, to), at);
}

void answer_prompt(struct ev *ev, struct kernel *k, uint64_t seed, uint64_t prompt, struct tensor *results)
{
    struct interp it = { .arena = ev->arena, .precision = ev->precision, .seed = seed, .prompt = prompt };
    interp_run(&it, k->f, captured(ev, k), results);
}

void answer_once(struct ev *ev, struct kernel *k, uint64_t seed, struct tensor *results)
{
    answer_prompt(ev, k, seed, 0, results);
}
