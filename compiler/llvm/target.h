/* Target machines of LLVM, and bytes from modules. */
#ifndef ICL_LLVM_TARGET_H
#define ICL_LLVM_TARGET_H

#include <llvm-c/Core.h>
#include <llvm-c/TargetMachine.h>
#include "compiler/llvm/plugin.h"

/* Makes the machines known; once. */
void target_initialise(void);
/* NULL and *why (to be freed with LLVMDisposeMessage) when LLVM does not know the triple. */
LLVMTargetMachineRef target_machine(const struct target_spec *t, char **why);
/* Triple and data layout of the machine. */
void target_prepare(LLVMTargetMachineRef machine, LLVMModuleRef module);
bool target_write(LLVMTargetMachineRef machine, LLVMModuleRef module, enum target_output what, struct buf *out,
                  char **why);

#endif
