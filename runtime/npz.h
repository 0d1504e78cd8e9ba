/* NumPy archives: a zip file, not compressed, of one .npy member an array (numpy.load reads it). */
#ifndef ICL_NPZ_H
#define ICL_NPZ_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/str.h"

struct npz {
    struct buf file, directory;
    int members;
    bool large; /* an array did not fit: there are 32 bits for sizes and places */
};

/* Appends an array: its NumPy type ("<f8", "<i8", "|b1", "<U12"), shape, and bytes in row-major order. */
void npz_add(struct npz *z, const char *name, const char *type, int rank, const int64_t *dims, const void *data,
             size_t bytes);
/* Writes the directory; the whole archive is in z->file then. False: it would have more than 4 GiB. */
bool npz_finish(struct npz *z);
void npz_free(struct npz *z);

#endif
