/* Machine code by the hash of its IR: what a store asks a source for, and what sources may know of the store. */
#ifndef ICL_KERNEL_STORE_H
#define ICL_KERNEL_STORE_H

#include "compiler/kernel.h"
#include "lang/vec.h"

/* A kernel's code before it is loaded: the names of the shared functions it calls, one a line, `list` bytes in all,
 * then the object. */
struct kernel_image {
    struct icl_kernel kernel; /* all but the address */
    size_t list;
    struct buf bytes;
};

/* Where code comes from. `anew`: what the source gave before could not be loaded. False and *why on failure. */
struct kernel_source {
    bool (*kernel)(void *ctx, struct ir_func *f, uint64_t hash, bool anew, struct kernel_image *out, const char **why);
    bool (*shared)(void *ctx, const char *name, int precision, bool anew, struct buf *out, const char **why);
    void *ctx;
    bool (*has)(void *ctx, uint64_t hash); /* NULL: all */
};

struct kernel_entry;
struct kernel_shared;
struct kernel_store {
    struct arena *arena;
    struct kernel_source source;
    VEC(struct kernel_entry *) entries;
    VEC(struct kernel_shared *) shared;
    struct kernel_counts counts;
};
struct kernel_store *kernel_store_of(struct arena *a, const struct kernel_source *source);

#endif
