/* The scalar meaning of the operations: elementary.inc instantiated as C over float, double and int64_t.
 *
 * Each exported function has a body that is compiled twice where the machine may have fused multiply-add in hardware:
 * the results are the same (fma has one exact meaning), the speed is not. */
#include "compiler/scalar.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline, unused))

#define SC(name) PASTE(SC_PREFIX, name)
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define FN1(name, x) INLINE V SC(name)(V x)
#define FN2(name, x, y) INLINE V SC(name)(V x, V y)
#define FN3(name, x, y, z) INLINE V SC(name)(V x, V y, V z)
#define FN_R_I(name, x, i) INLINE V SC(name)(V x, I i)
#define TEST2(name, x, y) INLINE M SC(name)(V x, V y)
#define PROC(name, x, p, q) INLINE void SC(name)(V x, V *p, PROC_LAST(name) *q)
#define PROC2(name, x, y, p, q) INLINE void SC(name)(V x, V y, V *p, V *q)
#define PROC_LAST(name) PASTE(PROC_LAST_, name)
#define PROC_LAST_split_exponent V
#define PROC_LAST_log_two V
#define PROC_LAST_reduce I
#define CALL1(name, x) SC(name)(x)
#define CALL2(name, x, y) SC(name)(x, y)
#define CALL3(name, x, y, z) SC(name)(x, y, z)
#define RUN3(name, x, p, q) SC(name)(x, p, q)

#define M bool
#define K(x) ((V)(x))
#define KI(x) ((I)(x))
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define DIV(a, b) ((a) / (b))
#define NEG(a) (-(a))
#define EQ(a, b) ((a) == (b))
#define NE(a, b) ((a) != (b))
#define LT(a, b) ((a) < (b))
#define LE(a, b) ((a) <= (b))
#define MASK_AND(a, b) ((a) & (b))
#define MASK_OR(a, b) ((a) | (b))
#define MASK_NOT(a) (!(a))
#define SELECT(m, a, b) ((m) ? (a) : (b))
#define BITS_ADD(a, b) ((a) + (b))
#define BITS_AND(a, b) ((a) & (b))
#define BITS_OR(a, b) ((a) | (b))
#define BITS_XOR(a, b) ((a) ^ (b))
#define BITS_SHL(a, n) ((a) << (n))
#define BITS_SHR(a, n) ((a) >> (n))
#define BITS_ANY(a) ((a) != 0)

INLINE uint32_t bits_32(float x) { return ((union { float x; uint32_t i; }){x}).i; }
INLINE float real_32(uint32_t i) { return ((union { uint32_t i; float x; }){i}).x; }
INLINE uint64_t bits_64(double x) { return ((union { double x; uint64_t i; }){x}).i; }
INLINE double real_64(uint64_t i) { return ((union { uint64_t i; double x; }){i}).x; }

#define NUMBER_BITS 32
#define SC_PREFIX sc32_
#define V float
#define I uint32_t
#define BITS(x) bits_32(x)
#define REAL(i) real_32(i)
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define SQRT(a) __builtin_sqrtf(a)
#define FLOOR(a) __builtin_floorf(a)
#define ABS(a) __builtin_fabsf(a)
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX
#undef V
#undef I
#undef BITS
#undef REAL
#undef FMA
#undef SQRT
#undef FLOOR
#undef ABS

#define NUMBER_BITS 64
#define SC_PREFIX sc64_
#define V double
#define I uint64_t
#define BITS(x) bits_64(x)
#define REAL(i) real_64(i)
#define FMA(a, b, c) __builtin_fma(a, b, c)
#define SQRT(a) __builtin_sqrt(a)
#define FLOOR(a) __builtin_floor(a)
#define ABS(a) __builtin_fabs(a)
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX
#undef V
#undef I

#define NUMBER_BITS 0
#define SC_PREFIX sci_
#define V int64_t
#define I int64_t
#define INT_ADD(a, b) ((int64_t)((uint64_t)(a) + (uint64_t)(b)))
#define INT_SUB(a, b) ((int64_t)((uint64_t)(a) - (uint64_t)(b)))
#define INT_MUL(a, b) ((int64_t)((uint64_t)(a) * (uint64_t)(b)))
#define INT_LT(a, b) ((a) < (b))
#define INT_EQ(a, b) ((a) == (b))
#include "compiler/elementary.inc"
#undef V
#undef I
#undef M
#undef K

/* Where `op` is a row of the wanted type, run once for all elements: DO_<type>(name, arity). */
#define ARGS_1(t, i) (t)a[i]
#define ARGS_2(t, i) (t)a[i], (t)b[i]
#define LOOP(name, expression)                                       \
    case OP_##name:                                                  \
        for (int64_t i = 0; i < n; i++) out[i] = (expression);       \
        return;

INLINE void real_body(enum ir_op op, int precision, int64_t n, const double *a, const double *b, double *out)
{
#define ELEM(name, text, arity, type) ROW_##type(name, arity)
#define OP(name, text, arity, class)
#define ROW_TEST(name, arity)
#define ROW_LOGIC(name, arity)
#define ROW_REAL(name, arity) ROW_SAME(name, arity)
    if (precision == 32) {
        switch (op) {
#define ROW_SAME(name, arity) LOOP(name, sc32_##name(ARGS_##arity(float, i)))
#include "compiler/op.def"
#undef ROW_SAME
        default: break;
        }
    } else {
        switch (op) {
#define ROW_SAME(name, arity) LOOP(name, sc64_##name(ARGS_##arity(double, i)))
#include "compiler/op.def"
#undef ROW_SAME
        default: break;
        }
    }
#undef ROW_TEST
#undef ROW_REAL
    for (int64_t i = 0; i < n; i++) out[i] = NAN;
}

INLINE void normals_body(int precision, const double uniform[4], double out[4])
{
    for (int k = 0; k < 4; k += 2)
        if (precision == 32) {
            float first, second;
            sc32_normal_pair((float)uniform[k], (float)uniform[k + 1], &first, &second);
            out[k] = first;
            out[k + 1] = second;
        } else {
            sc64_normal_pair(uniform[k], uniform[k + 1], &out[k], &out[k + 1]);
        }
}

INLINE double fma_body(int precision, double a, double b, double c)
{
    return precision == 32 ? __builtin_fmaf((float)a, (float)b, (float)c) : __builtin_fma(a, b, c);
}

#if defined(__x86_64__)
#define HARDWARE __attribute__((target("avx2,fma"), noinline))
#define HAVE_HARDWARE() (__builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2"))

HARDWARE static void real_hardware(enum ir_op op, int precision, int64_t n, const double *a, const double *b,
                                   double *out)
{
    real_body(op, precision, n, a, b, out);
}

HARDWARE static void normals_hardware(int precision, const double uniform[4], double out[4])
{
    normals_body(precision, uniform, out);
}

HARDWARE static double fma_hardware(int precision, double a, double b, double c)
{
    return fma_body(precision, a, b, c);
}
#else
#define HAVE_HARDWARE() false
#define real_hardware real_body
#define normals_hardware normals_body
#define fma_hardware fma_body
#endif

/* SAME and REAL rows for n elements. */
void scalar_real_n(enum ir_op op, int precision, int64_t n, const double *a, const double *b, double *out)
{
    if (HAVE_HARDWARE())
        real_hardware(op, precision, n, a, b, out);
    else
        real_body(op, precision, n, a, b, out);
}

/* TEST rows for n elements. Comparing binary32 numbers as doubles changes nothing. */
void scalar_test_n(enum ir_op op, int64_t n, const double *a, const double *b, int64_t *out)
{
    switch (op) {
#define ROW_SAME(name, arity)
#define ROW_REAL(name, arity)
#define ROW_TEST(name, arity) LOOP(name, sc64_##name(ARGS_##arity(double, i)))
#include "compiler/op.def"
#undef ROW_SAME
#undef ROW_REAL
#undef ROW_TEST
    default: break;
    }
    for (int64_t i = 0; i < n; i++) out[i] = 0;
}

/* SAME, TEST and LOGIC rows on integers and bools for n elements. */
void scalar_int_n(enum ir_op op, int64_t n, const int64_t *a, const int64_t *b, int64_t *out)
{
#undef ROW_LOGIC
    switch (op) {
    case OP_AND:
        for (int64_t i = 0; i < n; i++) out[i] = a[i] & b[i];
        return;
    case OP_OR:
        for (int64_t i = 0; i < n; i++) out[i] = a[i] | b[i];
        return;
    case OP_NOT:
        for (int64_t i = 0; i < n; i++) out[i] = !a[i];
        return;
#define ROW_SAME(name, arity) LOOP(name, sci_##name(ARGS_##arity(int64_t, i)))
#define ROW_TEST(name, arity) LOOP(name, sci_##name(ARGS_##arity(int64_t, i)))
#define ROW_REAL(name, arity)
#define ROW_LOGIC(name, arity)
#include "compiler/op.def"
    default: break;
    }
    for (int64_t i = 0; i < n; i++) out[i] = 0;
}

/* One element of scalar_real_n. */
double scalar_real(enum ir_op op, int precision, const double *args)
{
    double value;
    scalar_real_n(op, precision, 1, args, args + 1, &value);
    return value;
}

/* One element of scalar_test_n. */
int64_t scalar_test(enum ir_op op, const double *args)
{
    int64_t truth;
    scalar_test_n(op, 1, args, args + 1, &truth);
    return truth;
}

/* One element of scalar_int_n. */
int64_t scalar_int(enum ir_op op, const int64_t *args)
{
    int64_t value;
    scalar_int_n(op, 1, args, args + 1, &value);
    return value;
}

/* x rounded to the precision. */
double scalar_round(int precision, double x)
{
    return precision == 32 ? (double)(float)x : x;
}

/* a b + c, rounded once, in the precision. */
double scalar_fma(int precision, double a, double b, double c)
{
    return HAVE_HARDWARE() ? fma_hardware(precision, a, b, c) : fma_body(precision, a, b, c);
}

/* The number of the precision nearest to i (rounded once). */
double scalar_to_real(int precision, int64_t i)
{
    return precision == 32 ? (double)(float)i : (double)i;
}

/* floor(x), at least the least and at most the greatest 64-bit integer; NaN gives 0. */
int64_t scalar_to_int(double x)
{
    double whole = floor(x);
    if (!(whole >= -0x1p63)) return whole < 0 ? INT64_MIN : 0;
    return whole < 0x1p63 ? (int64_t)whole : INT64_MAX;
}

/* (word's upper 23 bits + 1/2) 2^-23: 24 significant bits, so binary32 holds it, and never 0 or 1. */
double scalar_uniform(uint32_t word)
{
    return ((double)(word >> 9) + 0.5) * 0x1p-23;
}

/* Four standard normals from four words, pair by pair (runtime/icl_rt.h). */
void scalar_normals(int precision, const uint32_t words[4], double out[4])
{
    double uniform[4];
    for (int k = 0; k < 4; k++) uniform[k] = scalar_uniform(words[k]);
    if (HAVE_HARDWARE())
        normals_hardware(precision, uniform, out);
    else
        normals_body(precision, uniform, out);
}
