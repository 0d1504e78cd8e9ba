/* The one function by which icl and its shared object with LLVM in it know each other. No LLVM header is needed. */
#ifndef ICL_LLVM_PLUGIN_H
#define ICL_LLVM_PLUGIN_H

#include "compiler/loops.h"

enum target_output { TARGET_OBJECT, TARGET_LLVM, TARGET_ASSEMBLY };
struct target_spec {
    const char *triple;   /* NULL: this machine's */
    const char *cpu;      /* "x86-64-v4", "generic", ... */
    const char *features; /* beyond the cpu's; NULL or "": none */
    const char *symbol;   /* what the kernel is called in the object */
    enum target_output output;
    bool verify;          /* check what was built; costs time */
};

/* Compiles f; the object's bytes (or the text asked for) are added to *out. False and *why (in f's arena) on failure.
 */
typedef bool icl_llvm_compile_fn(const struct loop_func *f, const struct target_spec *t, struct buf *out,
                                 const char **why);
extern icl_llvm_compile_fn icl_llvm_compile;

#endif
