/* What a training step is made of: gradients summed over a batch of prompts, and kernels over elements. */
#ifndef ICL_TRAIN_H
#define ICL_TRAIN_H

#include "runtime/icl_rt.h"
#include "runtime/pool.h"
#include "runtime/ranks.h"

/* A kernel, or, where kernel.run is NULL, `answer` called as one (see runtime/measure.h). */
struct train_kernel {
    struct icl_kernel kernel;
    bool (*answer)(void *ctx, const struct icl_kernel_args *args, int thread);
    void *ctx;
    const void *const *in;
    int outputs;
    const int64_t *elements; /* a prompt, by output */
    int summed;              /* > 0: outputs from this one on come summed over the lanes; batches are of 16 then */
    int precision;           /* of the sums, 32 or 64; the kernel's own may be wider */
};

struct train_memory; /* buffers kept between steps */
struct train_memory *train_memory_new(void);
void train_memory_free(struct train_memory *m);

enum train_status { TRAIN_DONE, TRAIN_STOPPED, TRAIN_FAILED, TRAIN_NO_MEMORY, TRAIN_RANK_LOST };

/* Means over a batch of all elements of the outputs, which lie one after the other. */
struct train_means {
    double first;   /* of the first of them, in double */
    void *rest;     /* of the others, in the precision of the sums: the caller's room, filled */
    double squares; /* the sum of the squares of these: of 4096 elements and then of their sums, each time 16 strided
                     * partial sums that are joined in a fixed tree */
};
/* Prompts first .. first + count - 1 (first a multiple of 16): sixteen prompts are added as a tree of neighbours,
 * sixteens as a tree by number, in the precision of the sums. Neither ranks, threads nor lanes change a bit. `ranks`
 * share out the prompts; each has the means. */
enum train_status train_sum(struct train_memory *m, const struct train_kernel *k, struct pool *pool,
                            struct ranks *ranks, uint64_t seed, int64_t first, int64_t count, struct train_means *out);
/* v[i] = v[i] * factor, of n numbers of a precision. */
void train_scale(struct pool *pool, void *v, int precision, double factor, int64_t n);
/* Elements 0 .. count - 1, a "prompt" each; out[k] gets output k, in k->precision. It may be what the kernel reads when
 * an element is computed from the same elements alone. All are done, whatever asks to stop; TRAIN_FAILED: some were
 * not. */
enum train_status train_elements(struct train_memory *m, const struct train_kernel *k, struct pool *pool, int64_t count,
                                 void *const *out);

#endif
