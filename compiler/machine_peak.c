/* The most arithmetic that one thread can do: chains of fused multiply-adds that never leave the registers, enough of
 * them to hide their latency, in the widest vectors that the processor has. */
#include "compiler/explain.h"
#include "runtime/clock.h"


#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHAINS = 12, PASSES = 1 << 20 };

/* The values stay near 1000: no subnormal and no infinite number slows a step. */
#define SPIN(name, attribute, vector, broadcast, step)                                        \
    attribute static double name(void)                                                        \
    {                                                                                         \
        vector c[CHAINS], x = broadcast(0.999f), y = broadcast(1.0f);                         \
        double start;                                                                         \
        _Pragma("GCC unroll 12") for (int k = 0; k < CHAINS; k++) c[k] = broadcast((float)k); \
        start = clock_seconds();                                                                        \
        for (int pass = 0; pass < PASSES; pass++) {                                           \
            _Pragma("GCC unroll 12") for (int k = 0; k < CHAINS; k++) {                       \
                c[k] = step(c[k], x, y);                                                      \
                __asm__ volatile("" : REGISTER(c[k]));                                        \
            }                                                                                 \
        }                                                                                     \
        return 2.0 * sizeof(vector) / sizeof(float) * CHAINS * PASSES / (clock_seconds() - start);      \
    }

#if defined(__x86_64__)
#define SSE_STEP(c, x, y) _mm_add_ps(_mm_mul_ps(c, x), y)
#define REGISTER(v) "+v"(v)
SPIN(spin_512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps, _mm512_fmadd_ps)
SPIN(spin_256, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps, _mm256_fmadd_ps)
SPIN(spin_128, , __m128, _mm_set1_ps, SSE_STEP)

static double spin(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) return spin_512();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return spin_256();
    return spin_128();
}
#elif defined(__aarch64__)
#define REGISTER(v) "+w"(v)
#define ARM_STEP(c, x, y) vfmaq_f32(y, c, x)
SPIN(spin, , float32x4_t, vdupq_n_f32, ARM_STEP)
#else
#define REGISTER(v) "+m"(v)
#define ONE(v) (v)
#define STEP(c, x, y) __builtin_fmaf(c, x, y)
SPIN(spin, , float, ONE, STEP)
#endif

/* See explain.h. The best of a few tries: what else runs on the machine only makes it slower. */
double machine_peak(int precision)
{
    double best = 0;
    for (int try = 0; try < 8; try++) {
        double rate = spin();
        if (rate > best) best = rate;
    }
    return precision == 64 ? best / 2 : best;
}
