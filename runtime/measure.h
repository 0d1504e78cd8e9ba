/* Running a per-prompt kernel over many prompts, on all threads: estimates of its outputs, or the outputs themselves.
 */
#ifndef ICL_MEASURE_H
#define ICL_MEASURE_H

#include "runtime/estimate.h"
#include "runtime/icl_rt.h"
#include "runtime/pool.h"
#include "runtime/ranks.h"

struct measure_output {
    int64_t elements; /* a prompt */
    bool integer;     /* int64_t (bools too); else reals in the kernel's precision */
};

struct measure {
    /* Who answers: machine code, or where kernel.run is NULL `answer`, called as a kernel with kernel.lanes and
     * kernel.precision (1 and 64 will do) from several threads at once. It returns false to give up. */
    struct icl_kernel kernel;
    bool (*answer)(void *ctx, const struct icl_kernel_args *args, int thread);
    void *ctx;

    const void *const *in; /* as icl_kernel_args.in */
    uint64_t seed;
    int64_t trials;        /* prompts 0 .. trials - 1 */
    double se;             /* measure_estimates: > 0: no more prompts than bring all standard errors to this; 0: all */
    int outputs;
    const struct measure_output *output;

    struct pool *pool;
    struct ranks *ranks; /* that share out the prompts; each has the results. NULL: this process alone */
    /* NULL, or told how many prompts are done (with ranks: a guess), from the calling thread, at most ten times a
     * second. */
    void (*progress)(void *ctx, int64_t done, int64_t total);
    void *progress_ctx;
};

/* An estimate is of output `of`, or with `minus` >= 0 of its difference from that output, prompt by prompt. Both have
 * one element. A prompt where either is not finite counts as not finite and is left out. */
struct measure_series {
    int of, minus;
};

/* Of several ranks the largest holds for all. RANK_LOST: see ranks_trouble. */
enum measure_status { MEASURE_DONE, MEASURE_STOPPED, MEASURE_FAILED, MEASURE_NO_MEMORY, MEASURE_RANK_LOST };

/* Estimates of n series. Sums run over prompts in one fixed tree: neither ranks, threads nor lanes change a bit. With
 * `se`, the numbers of prompts tried are fixed by the data alone. STOPPED: by an interrupt; FAILED: answer gave up. */
enum measure_status measure_estimates(const struct measure *m, const struct measure_series *series, int n,
                                      struct estimate *out);
/* All outputs of all prompts: to[k] is double or int64_t [trials, elements], prompts first; NULL: not wanted. */
enum measure_status measure_collect(const struct measure *m, void *const *to);

#endif
