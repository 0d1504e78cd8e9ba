/* The one function by which icl and its shared object with LLVM in it know each other. No LLVM header is needed. */
#ifndef ICL_LLVM_PLUGIN_H
#define ICL_LLVM_PLUGIN_H

#include "compiler/loops.h"

enum target_output { TARGET_OBJECT, TARGET_LLVM, TARGET_ASSEMBLY };
/* Draws and elementary functions too long to stand in line are functions called "icl.*". They are the same in many
 * kernels, so they can be compiled once, as an object that kernels refer to. */
enum target_long { LONG_INSIDE, LONG_OUTSIDE, LONG_EXPOSED };
struct target_spec {
    const char *triple;   /* NULL: this machine's */
    const char *cpu;      /* "x86-64-v4", "generic", ... */
    const char *features; /* beyond the cpu's; NULL or "": none */
    const char *symbol;   /* what the kernel is called in the object */
    enum target_output output;
    enum target_long functions;
    int part;             /* of f's code, which alone is made; 0 has the kernel itself */
    bool verify;          /* check what was built; costs time */
};

/* Compiles f; the object's bytes (or the text asked for) are added to *out, the names of the functions that are
 * outside to *needs, one a line. False and *why (in f's arena) on failure. */
typedef bool icl_llvm_compile_fn(const struct loop_func *f, const struct target_spec *t, struct buf *out,
                                 struct buf *needs, const char **why);
extern icl_llvm_compile_fn icl_llvm_compile;

#endif
