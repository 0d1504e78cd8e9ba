/* Sums over lanes. */
#ifndef ICL_LLVM_SUMS_H
#define ICL_LLVM_SUMS_H

#include "compiler/llvm/scalars.h"

enum { SUMS_MOST = 64 };

/* The sums of the lanes of m vectors of reals, each (0 + 1) + (2 + 3) ..., m a power of two, at most the lanes, which
 * are 2 or more: a vector of m, in whose slot[k] that of v[k] is. */
LLVMValueRef sums_of_lanes(const struct vec_builder *vb, const LLVMValueRef *v, int m, int *slot);

#endif
