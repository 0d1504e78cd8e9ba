/* NumPy archives: a zip file, not compressed, of one .npy member an array (numpy.load reads it). */
#ifndef ICL_NPZ_H
#define ICL_NPZ_H

#include <stdint.h>
#include "lang/str.h"

struct npz {
    struct buf file, directory;
    int members;
};

/* Appends an array: its NumPy type ("<f8", "<i8", "|b1", "<U12"), shape, and bytes in row-major order. */
void npz_add(struct npz *z, const char *name, const char *type, int rank, const int64_t *dims, const void *data,
             size_t bytes);
/* Writes the directory; the whole archive is in z->file then. */
void npz_finish(struct npz *z);
void npz_free(struct npz *z);

#endif
