/* What the parts of the evaluator tell a bench while it walks a script: apart from bench.c, for programs that stand
 * alone have these parts, too, and no bench. */
#include "compiler/bench.h"
#include "compiler/answer.h"
#include "compiler/kernel.h"

/* See bench.h. */
struct kernel_counts bench_counts(struct ev *ev)
{
    return kernel_counts(session_kernels(ev));
}

/* See bench.h. */
void bench_compiled(struct ev *ev, const struct kernel_counts *before, struct bench_work *w)
{
    struct kernel_counts now = bench_counts(ev);
    w->kernels = now.compiled - before->compiled;
    w->compiling = now.seconds - before->seconds;
}

/* See bench.h. */
void bench_with(struct ev *ev, int others)
{
    ev->session->bench->others = others;
}

/* See bench.h. */
void bench_note(struct ev *ev, const struct bench_work *w)
{
    struct bench *b = ev->session->bench;
    struct bench_entry *e = NULL;
    for (int i = 0; i < b->entries.n && !e; i++)
        if (b->entries.data[i].at == w->at) e = &b->entries.data[i];
    if (!e) {
        struct bench_entry fresh = { .at = w->at };
        vec_push(ev->arena, &b->entries, fresh);
        e = &b->entries.data[b->entries.n - 1];
    }
    struct bench_work work = *w;
    work.others = b->others;
    b->others = 0;
    vec_push(ev->arena, &e->works, work);
}
