/* The provider of per-prompt kernels: an IR function in, machine code out; each is compiled once a process, and kept on
 * disk for the next. */
#ifndef ICL_KERNEL_H
#define ICL_KERNEL_H

#include "compiler/ir.h"
#include "compiler/llvm/plugin.h"
#include "runtime/icl_rt.h"

struct kernel_options {
    int lanes;           /* 0: as many as the processor likes */
    int registers;       /* vector registers that tiles may fill; 0: as many as the processor has */
    const char *cpu;     /* NULL: this machine's level: "x86-64-v4", "x86-64-v3", "x86-64", "generic" */
    const char *triple;  /* NULL: this machine's */
    bool no_cache;       /* do not look at the disk */
    const char *folder;  /* of the cache; NULL: the user's */
    bool verify;         /* check LLVM IR too */
};

struct kernel_store;
struct pool;
struct kernel_store *kernel_store_new(struct arena *a, const struct kernel_options *options);
struct kernel_store *kernel_store_own(struct arena *a); /* for this machine, with the user's cache */
void kernel_store_free(struct kernel_store *s); /* unloads all code */
void kernel_store_share(struct kernel_store *s, struct pool *pool); /* compiles on these threads, too; NULL: not */

/* The kernel of f, to which the passes were applied and whose sizes are known: inputs are uniform tensors, the top
 * region's results the outputs. NULL and *why on failure. The result lives as long as the store. */
const struct icl_kernel *kernel_get(struct kernel_store *s, struct ir_func *f, const char **why);
/* f as it is scheduled for the store's machine; NULL and *why on failure. */
struct loop_func *kernel_loops(struct kernel_store *s, struct arena *a, struct ir_func *f, const char **why);
/* False: the source will not have it (only a built program's table). */
bool kernel_foreseen(struct kernel_store *s, struct ir_func *f);
/* The stages after the tensor IR as text: "loops", "llvm", "asm". False and *why on failure. */
bool kernel_text(struct kernel_store *s, struct ir_func *f, const char *stage, struct buf *out, const char **why);
/* A relocatable object that defines `symbol`; *k gets all but the address. For standalone programs. */
bool kernel_object(struct kernel_store *s, struct ir_func *f, const char *symbol, struct buf *out, struct icl_kernel *k,
                   const char **why);

struct kernel_counts {
    int compiled, from_disk, from_memory;
    int resized; /* kernels whose code was there for another size */
    double seconds; /* of processor time spent compiling */
};
struct kernel_counts kernel_counts(const struct kernel_store *s);

#endif
