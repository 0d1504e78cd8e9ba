/* Vector code for the scalar operations and for random draws, through the LLVM C API. */
#ifndef ICL_LLVM_SCALARS_H
#define ICL_LLVM_SCALARS_H

#include <llvm-c/Core.h>
#include "compiler/ir.h"

/* Where and how wide. A value of `lanes` > 1 is a vector: reals <lanes x float> or <lanes x double>, ints <lanes x
 * i64>, bools <lanes x i1>; with `lanes` 1 it is a plain scalar. To emit for one uniform value, copy the struct with
 * lanes 1. */
struct vec_builder {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef b; /* stands where code goes; inside a function */
    int lanes;        /* 1, 2, 4, 8 or 16 */
    int precision;    /* 32 or 64 */
    const char *cpu, *features; /* attributes of the functions added to the module; NULL: none */
    bool outside;     /* long functions are declared, not defined: another object has them */
};

LLVMTypeRef scalars_type(const struct vec_builder *vb, enum dtype t);
LLVMValueRef scalars_splat(const struct vec_builder *vb, LLVMValueRef scalar);
LLVMValueRef scalars_real(const struct vec_builder *vb, double x); /* a constant, rounded to the precision */
LLVMValueRef scalars_int(const struct vec_builder *vb, int64_t i);

/* Any ELEM row, SELECT, TO_REAL or TO_INT; NULL for another op. `operand` is the type of the first operand (of SELECT:
 * of the two values). TEST rows give bools. Long functions are called: they are added to the module once, as internal.
 */
LLVMValueRef scalars_elem(struct vec_builder *vb, enum ir_op op, enum dtype operand, LLVMValueRef *args);
LLVMValueRef scalars_fma(struct vec_builder *vb, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c);

/* Elements 4 group to 4 group + 3 of a draw, one vector each (runtime/icl_rt.h). prompt: int lanes; seed: i64; group:
 * i32 or i64, a scalar. */
void scalars_draw_uniforms(struct vec_builder *vb, LLVMValueRef prompt, LLVMValueRef seed, uint32_t site,
                           LLVMValueRef stream, LLVMValueRef group, LLVMValueRef out[4]);
void scalars_draw_normals(struct vec_builder *vb, LLVMValueRef prompt, LLVMValueRef seed, uint32_t site,
                          LLVMValueRef stream, LLVMValueRef group, LLVMValueRef out[4]);

#endif
