/* SHA-256 (FIPS 180-4): what names the contents of scripts and files, and what is kept of a run. */
#ifndef ICL_SHA256_H
#define ICL_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
    uint32_t state[8];
    uint64_t length;
    unsigned char block[64];
};
void sha256_begin(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t n);
void sha256_end(struct sha256 *h, unsigned char out[32]);
void sha256_text(const unsigned char digest[32], char out[65]); /* hexadecimal */

#endif
