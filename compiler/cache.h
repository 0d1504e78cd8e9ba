/* The cache of compiled kernels on disk: one file a kernel, named by its key.
 *
 * A file that is damaged, of another version or not readable counts as missing. Files are written under a temporary
 * name and renamed; those not used for longest go when all together are larger than the cap. */
#ifndef ICL_CACHE_H
#define ICL_CACHE_H

#include "lang/str.h"
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct cache {
    const char *dir; /* NULL: no cache */
    int64_t cap;     /* bytes; 0: 256 MiB */
};
struct cache_entry {
    char key[48];     /* hexadecimal digits: the file's name */
    uint64_t facts[4]; /* the caller's own, kept with the bytes */
};
struct cache_info {
    int files;
    int64_t bytes, cap;
    time_t oldest; /* the longest time without use began then */
};

/* The user's cache folder ($XDG_CACHE_HOME/icl or ~/.cache/icl), made if need be; NULL: ICL_CACHE=off, or none. */
const char *cache_folder(struct arena *a);
bool cache_read(const struct cache *c, struct cache_entry *e, struct buf *bytes);
bool cache_write(const struct cache *c, const struct cache_entry *e, const char *bytes, size_t n);
struct cache_info cache_look(const struct cache *c);
/* Removes all kernels; says how many there were, and in *left how many could not be removed. */
struct cache_info cache_clear(const struct cache *c, int *left);

#endif
