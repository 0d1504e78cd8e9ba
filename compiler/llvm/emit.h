/* Loop IR to an LLVM module. */
#ifndef ICL_LLVM_EMIT_H
#define ICL_LLVM_EMIT_H

#include <llvm-c/Core.h>
#include "compiler/llvm/plugin.h"

/* Adds the function t->symbol(const struct icl_kernel_args *) to the module. */
void emit_kernel(LLVMModuleRef module, const struct loop_func *f, const struct target_spec *t);

#endif
