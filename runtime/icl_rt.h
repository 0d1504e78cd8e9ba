/* The only header that kernels and their hosts share: the kernel's arguments, random numbers, threads, measuring. */
#ifndef ICL_RT_H
#define ICL_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- kernels -------------------------------------------------------------------------------------------------
 * A lanes kernel answers `blocks` blocks of `lanes` prompts from prompt number `first` on (a multiple of `lanes`).
 * Output k of a block is stored element by element, the lanes of an element together:
 *     out[k][(block * elements + element) * lanes + lane]
 * so a caller rounds its buffers up to whole blocks and ignores the lanes it did not ask for. Reals are float or
 * double after the kernel's precision; ints are int64_t, bools are int64_t 0 or 1. * A kernel of a training step sums
 * its outputs from one on over the lanes of a block, as a tree of neighbours
 * ((0 + 1) + (2 + 3) ...): these are stored as out[k][block * elements + element]. */
struct icl_kernel_args {
    int64_t first;
    int64_t blocks;
    uint64_t seed;
    const void *const *in; /* uniform inputs by slot, row-major, in the kernel's precision; ints int64_t */
    void *const *out;
    void *scratch;         /* `scratch` bytes, 64-byte aligned, one a thread */
    const uint64_t *sizes; /* the kernel's own */
};
typedef void icl_kernel_fn(const struct icl_kernel_args *args);

struct icl_kernel {
    icl_kernel_fn *run;
    int lanes;
    int precision;  /* 32 or 64 */
    size_t scratch; /* bytes a thread */
    int nsizes;
    const uint64_t *sizes; /* what the code, which may serve kernels of several sizes, is told of this one's */
};

/* ---- random numbers: Philox4x32-10 -----------------------------------------------------------------------------
 * A draw is a pure function of (seed, site, prompt, element, stream):
 *   key     = { low(seed), site ^ high(seed) * 0x9E3779B9 }
 *   counter = { low(prompt), element / 4, high(prompt), stream }
 * and word `element % 4` of the result belongs to the element.
 *   uniform = ((word >> 9) + 0.5) * 2^-23       (exact in binary32, never 0 or 1, the same in both precisions)
 *   normal  : Box-Muller over words (0, 1) and (2, 3): with u, v uniform, m = sqrt(-2 log u),
 *             elements 4k, 4k+1 = m cos(2 pi v), m sin(2 pi v) of the first pair, 4k+2, 4k+3 of the second. */
void icl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
void icl_draw_words(uint64_t seed, uint32_t site, uint32_t stream, uint64_t prompt, uint32_t group, uint32_t out[4]);

#endif
