/* Running a per-prompt kernel on either engine: numbers for prompts. */
#ifndef ICL_ANSWER_H
#define ICL_ANSWER_H

#include "compiler/script.h"
#include "runtime/measure.h"
#include "runtime/table.h"

/* Estimates of n series of a kernel's scalar results over the prompts of a seed: `trials` of them, or, with se > 0, as
 * many (at most `trials`) as that standard error needs. False: reported, or interrupted. */
bool answer_estimates(struct ev *ev, struct kernel *k, int64_t trials, double se, uint64_t seed,
                      const struct measure_series *series, int n, struct estimate *out, const struct ast *at);
/* The first result for every prompt: t gets [trials, result's axes..]. */
bool answer_collect(struct ev *ev, struct kernel *k, int64_t trials, uint64_t seed, struct tensor *t,
                    const struct ast *at);
/* The results of a kernel for prompt 0, by the interpreter. */
void answer_once(struct ev *ev, struct kernel *k, uint64_t seed, struct tensor *results);
void answer_prompt(struct ev *ev, struct kernel *k, uint64_t seed, uint64_t prompt, struct tensor *results);

/* Who answers a kernel's prompts, and where its inputs are packed (the interpreter reads captured values themselves).
 */
struct answerer {
    struct icl_kernel kernel;
    bool (*answer)(void *ctx, const struct icl_kernel_args *args, int thread);
    void *ctx;
    const void *const *in;
};
bool answer_engine(struct ev *ev, struct kernel *k, struct answerer *out, const struct ast *at);
/* Packs the captured values as they are now. */
void answer_pack(const struct ev *ev, const struct kernel *k, const void *const *in);

/* Programs that were built: is its code there? Elsewhere all code can be had. */
bool answer_foreseen(struct ev *ev, struct kernel *k);

struct pool *session_threads(struct ev *ev);
struct kernel_store *session_kernels(struct ev *ev); /* made on first need */

#endif
