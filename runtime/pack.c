/* Bytes of cells. A cell is its kind, one byte, and what that kind holds: 8 bytes for numbers, a length and its bytes
 * for text, six numbers for an estimate, element kind, rank, sizes and elements for a tensor. Reading trusts nothing:
 * lengths are compared with what is left before memory is asked for. */
#include "runtime/pack.h"

#include <string.h>

enum { MAX_RANK = 64 };

/* Bytes to be read. */
struct unpacker unpacker_of(const void *bytes, size_t n) {
    const unsigned char *at = bytes;
    return (struct unpacker){at, at + n, false};
}

/* Appends an integer. */
void pack_int(struct buf *out, int64_t v) {
    char byte[8];
    for (int i = 0; i < 8; i++) byte[i] = (char)((uint64_t)v >> 8 * i);
    buf_add(out, byte, sizeof byte);
}

/* Appends the bits of a real. */
void pack_real(struct buf *out, double v) {
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    pack_int(out, bits);
}

/* Appends a text. */
void pack_text(struct buf *out, const char *text) {
    size_t n = text ? strlen(text) : 0;
    pack_int(out, text ? (int64_t)n : -1);
    if (n) buf_add(out, text, n);
}

static void pack_tensor(struct buf *out, const struct cell_tensor *t) {
    int64_t n = 1;
    buf_putc(out, (char)t->element);
    pack_int(out, t->rank);
    for (int i = 0; i < t->rank; i++) {
        pack_int(out, t->dims[i]);
        n *= t->dims[i];
    }
    for (int64_t i = 0; i < n; i++) {
        if (t->element == CELL_REAL) pack_real(out, t->real[i]);
        else pack_int(out, t->integer[i]);
    }
}

/* Appends a cell. */
void pack_cell(struct buf *out, const struct cell *c) {
    buf_putc(out, (char)c->kind);
    switch (c->kind) {
    case CELL_NONE: break;
    case CELL_REAL: pack_real(out, c->real); break;
    case CELL_INT: pack_int(out, c->integer); break;
    case CELL_BOOL: pack_int(out, c->truth); break;
    case CELL_TEXT:
    case CELL_PREDICTOR: pack_text(out, c->text); break;
    case CELL_ESTIMATE:
        pack_real(out, c->estimate.mean);
        pack_real(out, c->estimate.se);
        pack_int(out, c->estimate.trials);
        pack_int(out, c->estimate.nonfinite);
        pack_real(out, c->estimate.largest_share);
        pack_real(out, c->estimate.skewness);
        break;
    case CELL_TENSOR: pack_tensor(out, c->tensor); break;
    }
}

static bool left(struct unpacker *u, uint64_t n) {
    if (n > (uint64_t)(u->end - u->at)) u->bad = true;
    return !u->bad;
}

/* Reads an integer. */
int64_t unpack_int(struct unpacker *u) {
    uint64_t v = 0;
    if (!left(u, 8)) return 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)*u->at++ << 8 * i;
    return (int64_t)v;
}

/* Reads a real. */
double unpack_real(struct unpacker *u) {
    int64_t bits = unpack_int(u);
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Reads a text. */
const char *unpack_text(struct arena *a, struct unpacker *u) {
    int64_t n = unpack_int(u);
    if (n < 0 || !left(u, (uint64_t)n)) {
        u->bad |= n < -1;
        return NULL;
    }
    const char *text = arena_strndup(a, (const char *)u->at, (size_t)n);
    u->at += n;
    return text;
}

static const struct cell_tensor *unpack_tensor(struct arena *a, struct unpacker *u) {
    struct cell_tensor *t = ARENA_NEW(a, struct cell_tensor);
    int64_t n = 1;
    if (!left(u, 1)) return t;
    t->element = (enum cell_kind)*u->at++;
    int64_t rank = unpack_int(u);
    u->bad |= rank < 0 || rank > MAX_RANK || t->element < CELL_REAL || t->element > CELL_BOOL;
    int64_t *dims = ARENA_ARRAY(a, int64_t, u->bad ? 1 : rank + 1);
    t->dims = dims;
    for (int i = 0; i < rank && !u->bad; i++) {
        dims[i] = unpack_int(u);
        u->bad |= dims[i] < 0 || __builtin_mul_overflow(n, dims[i], &n) || n > INT64_MAX / 8;
    }
    if (u->bad || !left(u, (uint64_t)n * 8)) return t;
    t->rank = (int)rank;
    double *real = ARENA_ARRAY(a, double, n + 1);
    int64_t *integer = (int64_t *)(void *)real;
    t->real = real;
    if (t->element != CELL_REAL) t->integer = integer;
    for (int64_t i = 0; i < n; i++) {
        if (t->element == CELL_REAL) real[i] = unpack_real(u);
        else integer[i] = unpack_int(u);
    }
    return t;
}

static struct estimate unpack_estimate(struct unpacker *u) {
    struct estimate e = {.mean = unpack_real(u)};
    e.se = unpack_real(u);
    e.trials = unpack_int(u);
    e.nonfinite = unpack_int(u);
    e.largest_share = unpack_real(u);
    e.skewness = unpack_real(u);
    return e;
}

/* Reads a cell. */
struct cell unpack_cell(struct arena *a, struct unpacker *u) {
    struct cell c = {.kind = CELL_NONE};
    if (!left(u, 1)) return c;
    c.kind = (enum cell_kind)*u->at++;
    switch (c.kind) {
    case CELL_NONE: break;
    case CELL_REAL: c.real = unpack_real(u); break;
    case CELL_INT: c.integer = unpack_int(u); break;
    case CELL_BOOL: c.truth = unpack_int(u) != 0; break;
    case CELL_TEXT:
    case CELL_PREDICTOR:
        c.text = unpack_text(a, u);
        u->bad |= !c.text;
        break;
    case CELL_ESTIMATE: c.estimate = unpack_estimate(u); break;
    case CELL_TENSOR: c.tensor = unpack_tensor(a, u); break;
    default: u->bad = true;
    }
    return u->bad ? (struct cell){.kind = CELL_NONE} : c;
}
