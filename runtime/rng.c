/* Philox4x32-10, a counter-based generator: the words are a function of counter and key alone, so any draw can be made
 * in any order on any thread. Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011);
 * the unit test holds the known answers published with its reference implementation. */
#include "runtime/icl_rt.h"

#include <string.h>

/* Ten rounds. `out` may be `counter`. */
void icl_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c[4], k0 = key[0], k1 = key[1];
    memcpy(c, counter, sizeof c);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = UINT64_C(0xD2511F53) * c[0], p1 = UINT64_C(0xCD9E8D57) * c[2];
        c[0] = (uint32_t)(p1 >> 32) ^ c[1] ^ k0;
        c[1] = (uint32_t)p1;
        c[2] = (uint32_t)(p0 >> 32) ^ c[3] ^ k1;
        c[3] = (uint32_t)p0;
        k0 += UINT32_C(0x9E3779B9);
        k1 += UINT32_C(0xBB67AE85);
    }
    memcpy(out, c, sizeof c);
}

/* The words of elements 4 group to 4 group + 3 of a draw. */
void icl_draw_words(uint64_t seed, uint32_t site, uint32_t stream, uint64_t prompt, uint32_t group, uint32_t out[4])
{
    uint32_t key[2] = {(uint32_t)seed, site ^ (uint32_t)(seed >> 32) * UINT32_C(0x9E3779B9)};
    uint32_t counter[4] = {(uint32_t)prompt, group, (uint32_t)(prompt >> 32), stream};
    icl_philox(counter, key, out);
}
