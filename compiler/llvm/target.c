/* Target machines: which code LLVM is to write. Objects are position independent, so they can be loaded anywhere and
 * linked into any program. */
#include "compiler/llvm/target.h"

#include <llvm-c/Target.h>
#include <string.h>

/* See target.h. */
void target_initialise(void)
{
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
}

/* See target.h. */
LLVMTargetMachineRef target_machine(const struct target_spec *t, char **why)
{
    char *own = t->triple ? NULL : LLVMGetDefaultTargetTriple();
    const char *triple = t->triple ? t->triple : own;
    LLVMTargetRef target;
    LLVMTargetMachineRef machine = NULL;
    if (!LLVMGetTargetFromTriple(triple, &target, why))
        machine = LLVMCreateTargetMachine(target, triple, t->cpu, t->features ? t->features : "",
                                          LLVMCodeGenLevelDefault, LLVMRelocPIC, LLVMCodeModelDefault);
    if (own) LLVMDisposeMessage(own);
    return machine;
}

/* See target.h. */
void target_prepare(LLVMTargetMachineRef machine, LLVMModuleRef module)
{
    char *triple = LLVMGetTargetMachineTriple(machine);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetTarget(module, triple);
    LLVMSetModuleDataLayout(module, layout);
    LLVMDisposeTargetData(layout);
    LLVMDisposeMessage(triple);
}

/* Adds the module to *out as an object, as LLVM IR or as assembly. */
bool target_write(LLVMTargetMachineRef machine, LLVMModuleRef module, enum target_output what, struct buf *out,
                  char **why) {
    if (what == TARGET_LLVM) {
        char *text = LLVMPrintModuleToString(module);
        buf_puts(out, text);
        LLVMDisposeMessage(text);
        return true;
    }
    LLVMMemoryBufferRef bytes;
    LLVMCodeGenFileType type = what == TARGET_OBJECT ? LLVMObjectFile : LLVMAssemblyFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, type, why, &bytes)) return false;
    buf_add(out, LLVMGetBufferStart(bytes), LLVMGetBufferSize(bytes));
    LLVMDisposeMemoryBuffer(bytes);
    return true;
}
