/* Machine code by the hash of its IR: what a store asks a source for, and what sources may know of the store. */
#ifndef ICL_KERNEL_STORE_H
#define ICL_KERNEL_STORE_H

#include "compiler/kernel.h"
#include "lang/vec.h"

/* A kernel before it is loaded. Code may serve kernels of several sizes (loops_sizes): it has a key of its own.
 * `bytes`: `list` bytes of lines, each the name of a shared function that the code calls or, "@N", the length of the
 * next object; then the objects, of which the last has the kernel and may call what is in the others. */
struct kernel_image {
    struct icl_kernel kernel; /* all but the address; sizes in an arena of the source's */
    uint64_t code[2];
    size_t list;
    struct buf bytes;
    struct arena work;        /* the source's own, from one question to the next */
    struct loop_func *loops;
};
void kernel_image_free(struct kernel_image *i);

/* Where code comes from: first what a kernel is, then, if its code is not there yet, the code. `anew`: what the source
 * gave before could not be loaded. False and *why on failure. */
struct kernel_source {
    bool (*kernel)(void *ctx, struct ir_func *f, uint64_t hash, bool anew, struct kernel_image *out, const char **why);
    bool (*code)(void *ctx, struct ir_func *f, bool anew, struct kernel_image *out, const char **why);
    bool (*shared)(void *ctx, const char *name, int precision, bool anew, struct buf *out, const char **why);
    void *ctx;
    bool (*has)(void *ctx, uint64_t hash); /* NULL: all */
    void (*share)(void *ctx, struct pool *pool); /* NULL: it has no use for threads */
};

enum { KERNEL_PARTS = 2 }; /* objects of one kernel, at most: more would repeat more work than they share out */

struct kernel_entry;
struct kernel_code;
struct kernel_shared;
struct kernel_store {
    struct arena *arena;
    struct kernel_source source;
    VEC(struct kernel_entry *) entries;
    VEC(struct kernel_code *) codes;
    VEC(struct kernel_shared *) shared;
    struct kernel_counts counts;
};
struct kernel_store *kernel_store_of(struct arena *a, const struct kernel_source *source);

#endif
