/* Cells of tables as bytes, and back, bit for bit: what is kept of a run, and what machines send each other.
 * Little endian, without alignment; a value says its own kind and length, so values may follow one another. */
#ifndef ICL_PACK_H
#define ICL_PACK_H

#include "runtime/table.h"

/* Bytes being read. `bad` once they were not what was asked for: they ended, or say something else. */
struct unpacker {
    const unsigned char *at, *end;
    bool bad;
};
struct unpacker unpacker_of(const void *bytes, size_t n);

void pack_int(struct buf *out, int64_t v);
void pack_real(struct buf *out, double v); /* its bits: NaN and -0 too */
void pack_text(struct buf *out, const char *text); /* NULL is kept as NULL */
/* A predictor is kept as its name: its owner is gone when it is read back. */
void pack_cell(struct buf *out, const struct cell *c);

/* What is read is copied into the arena. After an error: 0, NULL, an empty cell. */
int64_t unpack_int(struct unpacker *u);
double unpack_real(struct unpacker *u);
const char *unpack_text(struct arena *a, struct unpacker *u);
struct cell unpack_cell(struct arena *a, struct unpacker *u);

#endif
