/* Files of named tensors: safetensors (https://huggingface.co/docs/safetensors). */
#ifndef ICL_SAFETENSORS_H
#define ICL_SAFETENSORS_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/str.h"
#include "lang/vec.h"

enum { SAFETENSORS_RANK = 8 }; /* the highest that is read */

struct safetensor {
    const char *name;
    bool wide; /* binary64, else binary32 */
    int rank;
    int64_t dims[SAFETENSORS_RANK], elements;
    const char *data; /* little endian, among the file's bytes: anywhere, not aligned */
};
struct safetensor_note {
    const char *name, *text;
};
struct safetensors {
    VEC(struct safetensor) tensors; /* in the header's order */
    VEC(struct safetensor_note) notes; /* of "__metadata__" */
};

/* Reads a file's header. NULL, or what is wrong with it (text in the arena). */
const char *safetensors_read(struct arena *a, const char *bytes, size_t n, struct safetensors *out);
double safetensor_element(const struct safetensor *t, int64_t i);

/* A file being written: header and data grow side by side. Notes stand before the first tensor. */
struct safetensors_draft {
    struct buf header, data;
    bool wide;
    int notes, tensors;
};
void safetensors_note(struct safetensors_draft *d, const char *name, const char *text);
/* The elements, rounded to binary32 unless the draft is wide. */
void safetensors_add(struct safetensors_draft *d, const char *name, int rank, const int64_t *dims, const double *data);
/* The whole file; the draft is gone then. */
struct buf safetensors_finish(struct safetensors_draft *d);

#endif
