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

/* sum[e], over all outputs one after the other, over prompts first .. first + count - 1 (first a multiple of 16):
 * sixteen prompts are added as a tree of neighbours, sixteens as a tree by number, in the precision of the sums.
 * Neither ranks, threads nor lanes change a bit. `ranks` share out the prompts; each has the sums. */
enum train_status train_sum(struct train_memory *m, const struct train_kernel *k, struct pool *pool,
                            struct ranks *ranks, uint64_t seed, int64_t first, int64_t count, double *sum);
/* Elements 0 .. count - 1, a "prompt" each; out[k] gets output k, in double. */
enum train_status train_elements(struct train_memory *m, const struct train_kernel *k, struct pool *pool, int64_t count,
                                 double *const *out);

#endif
