/* Instances of linalg.inc: binary32 and binary64, each twice where the machine may have fused multiply-add in hardware
 * (the same results, faster). */
#include "compiler/linalg.h"

#include <math.h>
#include <stdlib.h>
#include "compiler/scalar.h"

/* Enough for convergence to the precision: measured over random, clustered, graded and rank-deficient matrices of up
 * to 128 columns, with one sweep to spare. */
int linalg_sweeps(int precision, int64_t n)
{
    int bits = 0;
    while (((int64_t)1 << bits) < n) bits++;
    return n < 2 ? 0 : (precision == 32 ? 3 : 6) + bits;
}

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define NAME(name) PASTE(PREFIX, name)

#define REAL float
#define FMA __builtin_fmaf
#define SQRT __builtin_sqrtf
#define ABS __builtin_fabsf
#define EPSILON 0x1p-23f
#define SCALE_STEP 0x1p32f
#define SCALE_ROOT 0x1p16f
#define PREFIX f32_
#include "compiler/linalg.inc"
#undef PREFIX
#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define PREFIX f32_hardware_
#include "compiler/linalg.inc"
#undef PREFIX
#pragma GCC pop_options
#endif
#undef REAL
#undef FMA
#undef SQRT
#undef ABS
#undef EPSILON
#undef SCALE_STEP
#undef SCALE_ROOT

#define REAL double
#define FMA __builtin_fma
#define SQRT __builtin_sqrt
#define ABS __builtin_fabs
#define EPSILON 0x1p-52
#define SCALE_STEP 0x1p256
#define SCALE_ROOT 0x1p128
#define PREFIX f64_
#include "compiler/linalg.inc"
#undef PREFIX
#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define PREFIX f64_hardware_
#include "compiler/linalg.inc"
#undef PREFIX
#pragma GCC pop_options
#endif

/* Runs one operation on one matrix. */
void linalg_run(const struct linalg *l)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2")) {
        (l->precision == 32 ? f32_hardware_run : f64_hardware_run)(l);
        return;
    }
#endif
    (l->precision == 32 ? f32_run : f64_run)(l);
}
