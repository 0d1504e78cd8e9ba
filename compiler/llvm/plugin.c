/* The shared object's entry: loop IR in, object bytes out. Each call has an LLVM context of its own, so threads may
 * compile at the same time. */
#include "compiler/llvm/plugin.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/llvm/emit.h"
#include "compiler/llvm/target.h"
#include "runtime/identity_part.h"

IDENTITY_SAY(own_build, IDENTITY_BUILD);

/* LLVM cannot go on ("Cannot select" and the like): a fault of ours. */
static void fatal(const char *reason)
{
    fprintf(stderr, "icl: internal fault in the back end: %s\n", reason);
    fflush(NULL);
    _Exit(3);
}

/* Once, when the shared object is loaded: later, threads would race. Positions are already computed where they change
 * least, so the pass that rewrites loops around their addresses (a quarter of the time to compile) would gain nothing.
 */
__attribute__((constructor)) static void set_options(void)
{
    target_initialise();
    LLVMInstallFatalErrorHandler(fatal);
    LLVMParseCommandLineOptions(2, (const char *const[]){"icl", "-disable-lsr"}, "");
}

static const char *keep(const struct loop_func *f, char *message)
{
    const char *text = arena_strdup(f->arena, message ? message : "LLVM gives no reason");
    LLVMDisposeMessage(message);
    return text;
}

/* Lists the long functions that are outside, or makes those that are inside visible. */
static void long_functions(LLVMModuleRef module, const struct target_spec *t, struct buf *needs)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        size_t n;
        const char *name = LLVMGetValueName2(f, &n);
        if (!LLVMGetFirstUse(f) && LLVMIsDeclaration(f)) continue;
        if (n < 4 || memcmp(name, "icl.", 4)) continue;
        if (t->functions == LONG_EXPOSED) LLVMSetLinkage(f, LLVMExternalLinkage);
        if (t->functions == LONG_OUTSIDE) buf_printf(needs, "%s\n", name);
    }
}

/* See plugin.h. */
bool icl_llvm_compile(const struct loop_func *f, const struct target_spec *t, struct buf *out, struct buf *needs,
                      const char **why)
{
    char *message = NULL;
    LLVMTargetMachineRef machine = target_machine(t, &message);
    bool ok = machine != NULL;
    if (ok) {
        LLVMContextRef context = LLVMContextCreate();
        LLVMModuleRef module = LLVMModuleCreateWithNameInContext(t->symbol, context);
        target_prepare(machine, module);
        emit_kernel(module, f, t);
        long_functions(module, t, needs);
        ok = !t->verify || !LLVMVerifyModule(module, LLVMReturnStatusAction, &message);
        if (ok && t->verify) LLVMDisposeMessage(message), message = NULL;
        ok = ok && target_write(machine, module, t->output, out, &message);
        LLVMDisposeModule(module);
        LLVMContextDispose(context);
        LLVMDisposeTargetMachine(machine);
    }
    if (!ok) *why = keep(f, message);
    return ok;
}
