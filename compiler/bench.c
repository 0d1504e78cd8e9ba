/* `icl bench`: measuring. A call of the script (`risk` in a sweep, say) asks for the work of one or more kernels. A
 * pass does a part of each, times it, and gives one sample: the seconds that all the script asks of the call would
 * take. Passes are made until the median of the samples is known to a given part of itself, or time is up; the first
 * ones, which fill caches and wake threads, are left out.
 *
 * The median's interval is that of order statistics: with n samples, the k-th and the (n + 1 - k)-th enclose it with
 * 95 % confidence where k is about n/2 - 0.98 sqrt(n) (David and Nagaraja, "Order Statistics", 2003, section 7.1). That
 * takes samples for independent; so that a machine which becomes slower on the way is seen, the interval is widened to
 * hold the medians of both halves of the samples. */
#include "compiler/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/answer.h"
#include "compiler/command.h"
#include "compiler/kernel.h"
#include "runtime/clock.h"
#include "runtime/progress.h"

enum { LEAST_SAMPLES = 8, MOST_SAMPLES = 2000 };
static const double PASS_SECONDS = 0.04, LEAST_SECONDS = 0.005, WARM_SECONDS = 0.15;

/* Code is compiled, not looked up: how long that takes is a figure, too. */
static struct kernel_store *kernels_uncached(struct arena *a)
{
    return kernel_store_new(a, &(struct kernel_options){ .no_cache = true });
}

/* ---- passes ---- */

/* One pass: *took seconds for the pass, *all for what the script asks for. */
static bool pass(const struct bench_entry *e, double *took, double *all)
{
    *took = *all = 0;
    for (int i = 0; i < e->works.n * e->rounds; i++) {
        const struct bench_work *w = &e->works.data[i % e->works.n];
        int64_t amount = e->amounts.data[i % e->works.n];
        double start = clock_seconds();
        if (!w->run(w->ctx, amount)) return false;
        double seconds = clock_seconds() - start;
        *took += seconds;
        *all += seconds * (double)w->total / (double)amount / e->rounds;
    }
    return true;
}

/* Amounts that make a pass about PASS_SECONDS long: never more than the script asks for, so that a call of a few
 * prompts is measured as one. False: it cannot go on. */
static bool choose_amounts(struct ev *ev, struct bench_entry *e)
{
    e->rounds = 1;
    for (int i = 0; i < e->works.n; i++) {
        const struct bench_work *w = &e->works.data[i];
        vec_push(ev->arena, &e->amounts, w->total < w->least ? w->total : w->least);
    }
    for (int round = 0; round < 4; round++) {
        double took, all;
        if (!pass(e, &took, &all)) return false;
        if (took > PASS_SECONDS / 2) break;
        for (int i = 0; i < e->works.n; i++) {
            const struct bench_work *w = &e->works.data[i];
            double share = PASS_SECONDS / (all > 1e-9 ? all : 1e-9), wanted = (double)w->total * share;
            int64_t amount = wanted < (double)w->total ? (int64_t)wanted : w->total;
            if (amount > e->amounts.data[i]) e->amounts.data[i] = amount;
        }
    }
    double took, all;
    if (!pass(e, &took, &all)) return false;
    if (took < LEAST_SECONDS) e->rounds = (int)(LEAST_SECONDS / (took > 1e-6 ? took : 1e-6)) + 1;
    return true;
}

/* ---- samples ---- */

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

/* Of sorted numbers. */
static double quantile(const double *v, int n, double q)
{
    double at = q * (n - 1);
    int below = (int)at;
    return below + 1 < n ? v[below] + (at - below) * (v[below + 1] - v[below]) : v[n - 1];
}

static double median_of(const double *v, int n)
{
    double sorted[n + 1];
    memcpy(sorted, v, sizeof *v * (size_t)n);
    qsort(sorted, (size_t)n, sizeof *v, by_size);
    return quantile(sorted, n, 0.5);
}

static void summarise(const double *v, int n, struct bench_result *r)
{
    double sorted[n + 1];
    memcpy(sorted, v, sizeof *v * (size_t)n);
    qsort(sorted, (size_t)n, sizeof *v, by_size);
    int k = (int)((double)n / 2 - 0.98 * sqrt(n));
    if (k < 1) k = 1; /* with fewer than BENCH_RUNS samples all of them are the interval, of less confidence */
    r->runs = n;
    r->median = quantile(sorted, n, 0.5);
    r->q1 = quantile(sorted, n, 0.25);
    r->q3 = quantile(sorted, n, 0.75);
    r->low = sorted[k - 1];
    r->high = sorted[n - k];
    for (int half = 0; half < 2 && n > 1; half++) {
        double m = half ? median_of(v + n / 2, n - n / 2) : median_of(v, n / 2);
        if (m < r->low) r->low = m;
        if (m > r->high) r->high = m;
    }
}

/* The call on one line. */
static const char *call_text(struct ev *ev, const struct ast *at)
{
    const struct source *src = at->span.src;
    struct buf b = { 0 };
    for (uint32_t i = at->span.from; src && i < at->span.to; i++) {
        bool blank = strchr(" \t\r\n", src->text[i]) != NULL;
        if (!blank) buf_putc(&b, src->text[i]);
        else if (b.n && b.text[b.n - 1] != ' ') buf_putc(&b, ' ');
    }
    const char *text = arena_strdup(ev->arena, b.text ? b.text : "");
    buf_free(&b);
    return text;
}

static void describe(struct ev *ev, const struct bench_entry *e, struct bench_result *r)
{
    const struct bench_work *first = &e->works.data[0];
    *r = (struct bench_result){ .at = e->at, .call = call_text(ev, e->at), .unit = first->unit,
                                .tokens = first->tokens };
    for (int i = 0; i < e->works.n; i++) {
        const struct bench_work *w = &e->works.data[i];
        r->total += w->total;
        r->open |= w->open;
        r->kernels += w->kernels;
        r->compiling += w->compiling;
        if (w->others > r->others) r->others = w->others;
        if (w->tokens != r->tokens) r->tokens = 0; /* of different trainings: no one number */
    }
}

/* False: interrupted, or the work cannot go on. */
static bool measure_entry(struct ev *ev, struct bench_entry *e, struct bench_result *r)
{
    const struct session *s = ev->session;
    double sample[MOST_SAMPLES], took, start = clock_seconds();
    int n = 0;
    describe(ev, e, r);
    if (!choose_amounts(ev, e)) return false;
    while (clock_seconds() - start < WARM_SECONDS)
        if (!pass(e, &took, &sample[0])) return false;
    for (start = clock_seconds(); n < MOST_SAMPLES && !r->settled; n++) {
        double spent = (clock_seconds() - start) / s->bench_seconds;
        if ((n >= BENCH_RUNS && spent > 1) || (n >= 3 && spent > 3)) break;
        if (*s->stop || !pass(e, &took, &sample[n])) return false;
        if (n + 1 < LEAST_SAMPLES) continue;
        summarise(sample, n + 1, r);
        r->settled = (r->high - r->low) / 2 <= s->bench_within / 100 * r->median;
    }
    summarise(sample, n, r);
    return true;
}

static void end_works(const struct bench *b)
{
    for (int i = 0; i < b->entries.n; i++)
        for (int k = 0; k < b->entries.data[i].works.n; k++) {
            const struct bench_work *w = &b->entries.data[i].works.data[k];
            if (w->end) w->end(w->ctx);
        }
}

/* See bench.h. */
bool bench_busy(double load)
{
    return load > 0.25 * (double)sysconf(_SC_NPROCESSORS_ONLN);
}

/* See bench.h. */
bool bench_program(struct ev *ev, struct program *p)
{
    struct session *s = ev->session;
    struct bench b = { .others = 0 };
    struct progress progress;
    double load = 0;
    if (getloadavg(&load, 1) == 1 && bench_busy(load))
        fprintf(stderr, "note: the machine is busy (load %.1f): figures will be lower and noisier\n", load);
    if (s->bench_seconds == 0) s->bench_seconds = 3;
    if (s->bench_within == 0) s->bench_within = 1;
    s->new_kernels = kernels_uncached;
    if (!tool_check(ev, p)) return false;
    s->bench = &b;
    s->quiet = true;
    int shown = s->progress;
    s->progress = PROGRESS_NEVER;
    bool good = program_run(ev, p);
    s->progress = shown;
    if (good && !b.entries.n) fprintf(stderr, "icl: the script measures and trains nothing outside its tests\n");
    good = good && b.entries.n;
    struct bench_result *r = ARENA_ARRAY(ev->arena, struct bench_result, b.entries.n + 1);
    progress_init(&progress, stderr, s->progress);
    progress_begin(&progress, "calls", b.entries.n);
    for (int i = 0; i < b.entries.n && good; i++) {
        good = measure_entry(ev, &b.entries.data[i], &r[i]);
        progress_to(&progress, i + 1);
    }
    progress_end(&progress);
    end_works(&b);
    return good && bench_report(ev, r, b.entries.n, load);
}
