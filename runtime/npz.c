/* The .npy format, version 1.0 (NumPy Enhancement Proposal 1): a magic string, the length of a header, a Python
 * dictionary with type, order and shape padded to 64 bytes, the data. The zip container (PKWARE's APPNOTE, "stored"
 * members): each member behind a local header, a directory of all at the end. Both are little-endian; so is every
 * machine that icl runs on, hence data is written as it lies in memory. Dates are fixed: equal tables, equal files. */
#include "runtime/npz.h"

#include <inttypes.h>
#include <string.h>

enum { ZIP_VERSION = 20, ZIP_DATE = 0x21 /* 1 January 1980 */ };

static uint32_t crc32(uint32_t crc, const void *data, size_t n) {
    const unsigned char *p = data;
    crc = ~crc;
    while (n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xEDB88320u & -(crc & 1));
    }
    return ~crc;
}

static void put16(struct buf *b, unsigned v) {
    char bytes[2] = {(char)(v & 255), (char)(v >> 8 & 255)};
    buf_add(b, bytes, 2);
}

static void put32(struct buf *b, uint32_t v) {
    put16(b, v & 0xFFFF);
    put16(b, v >> 16);
}

/* What the local header and the directory both say of a member. */
static void put_member(struct buf *b, uint32_t crc, size_t size, size_t name) {
    put16(b, ZIP_VERSION);
    put16(b, 1u << 11); /* names are UTF-8 */
    put16(b, 0);        /* stored */
    put16(b, 0);
    put16(b, ZIP_DATE);
    put32(b, crc);
    put32(b, (uint32_t)size);
    put32(b, (uint32_t)size);
    put16(b, (unsigned)name);
    put16(b, 0);
}

static void npy_header(struct buf *b, const char *type, int rank, const int64_t *dims) {
    struct buf dict = {0};
    buf_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
    for (int i = 0; i < rank; i++) buf_printf(&dict, "%" PRId64 ",%s", dims[i], i + 1 < rank ? " " : "");
    buf_puts(&dict, "), }");
    enum { FIXED = 10 }; /* magic, version, length */
    while ((FIXED + dict.n + 1) % 64) buf_putc(&dict, ' ');
    buf_putc(&dict, '\n');
    buf_add(b, "\x93NUMPY\x01\x00", 8);
    put16(b, (unsigned)dict.n);
    buf_add(b, dict.text, dict.n);
    buf_free(&dict);
}

/* Appends an array. */
void npz_add(struct npz *z, const char *name, const char *type, int rank, const int64_t *dims, const void *data,
             size_t bytes) {
    struct buf header = {0}, file = {0};
    z->large |= bytes > UINT32_MAX || z->file.n + bytes > UINT32_MAX;
    if (z->large) return;
    npy_header(&header, type, rank, dims);
    buf_printf(&file, "%s.npy", name);
    uint32_t crc = crc32(crc32(0, header.text, header.n), data, bytes);
    size_t offset = z->file.n, size = header.n + bytes;

    buf_add(&z->file, "PK\3\4", 4);
    put_member(&z->file, crc, size, file.n);
    buf_add(&z->file, file.text, file.n);
    buf_add(&z->file, header.text, header.n);
    buf_add(&z->file, data, bytes);

    buf_add(&z->directory, "PK\1\2", 4);
    put16(&z->directory, ZIP_VERSION);
    put_member(&z->directory, crc, size, file.n);
    put16(&z->directory, 0); /* comment */
    put16(&z->directory, 0); /* disk */
    put16(&z->directory, 0); /* attributes */
    put32(&z->directory, 0);
    put32(&z->directory, (uint32_t)offset);
    buf_add(&z->directory, file.text, file.n);
    z->members++;
    buf_free(&header);
    buf_free(&file);
}

/* Writes the directory. */
bool npz_finish(struct npz *z) {
    size_t at = z->file.n;
    if (z->directory.n) buf_add(&z->file, z->directory.text, z->directory.n);
    buf_add(&z->file, "PK\5\6", 4);
    put16(&z->file, 0);
    put16(&z->file, 0);
    put16(&z->file, (unsigned)z->members);
    put16(&z->file, (unsigned)z->members);
    put32(&z->file, (uint32_t)z->directory.n);
    put32(&z->file, (uint32_t)at);
    put16(&z->file, 0);
    return !z->large && at + z->directory.n <= UINT32_MAX;
}

/* Frees the buffers. */
void npz_free(struct npz *z) {
    buf_free(&z->file);
    buf_free(&z->directory);
}
