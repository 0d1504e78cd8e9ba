/* The scalar operations against the C library in a wider format, and numbers as text.
 *
 * binary32 functions are judged by binary64 ones, binary64 by long double ones; so these tests need a long double that
 * is wider than double (x86-64, 64-bit Arm). */
#include <check.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/scalar.h"
#include "runtime/icl_rt.h"
#include "runtime/number.h"

static uint64_t random_bits(uint32_t stream, uint64_t i)
{
    uint32_t w[4];
    icl_draw_words(11, 0, stream, i, 0, w);
    return w[0] | (uint64_t)w[1] << 32;
}

/* The distance of two neighbours at |x| in the precision. */
static long double ulp(int precision, long double x)
{
    int digits = precision == 32 ? 24 : 53, least = precision == 32 ? -149 : -1074, e;
    if (x == 0) return ldexpl(1, least);
    frexpl(fabsl(x), &e);
    return ldexpl(1, e - digits > least ? e - digits : least);
}

static long double rounded(int precision, long double x)
{
    return precision == 32 ? (long double)(float)x : (long double)(double)x;
}

/* The error of `got` in ulps; 0 where both are NaN or the same infinity, huge where only one is. */
static double error_in_ulps(int precision, double got, long double want)
{
    long double near = rounded(precision, want);
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : 1e9;
    if (isinf(near) || isinf(got)) {
        long double edge = (precision == 32 ? FLT_MAX : DBL_MAX) / 1.0000001L;
        return near == got || fabsl(want) > edge ? 0 : 1e9;
    }
    return (double)(fabsl(got - want) / ulp(precision, want));
}

/* ---- elementary functions ---- */

static long double sigmoid(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static long double softplus(long double x) { return (x > 0 ? x : 0) + log1pl(expl(-fabsl(x))); }
static long double gelu(long double x)
{
    if (isinf(x)) return x > 0 ? x : 0;
    return 0.5L * x * erfcl(x * -0.70710678118654752440084436210484903928L);
}

static const struct function {
    enum ir_op op;
    const char *name;
    long double (*exact)(long double);
    double bound;
} functions[] = {
    {OP_EXP, "exp", expl, 1.1},           {OP_LOG, "log", logl, 1},       {OP_LOG1P, "log1p", log1pl, 1},
    {OP_EXPM1, "expm1", expm1l, 2},       {OP_SQRT, "sqrt", sqrtl, 0.5001}, {OP_TANH, "tanh", tanhl, 1.5},
    {OP_SIGMOID, "sigmoid", sigmoid, 2.5}, {OP_GELU, "gelu", gelu, 7},     {OP_SOFTPLUS, "softplus", softplus, 2},
    {OP_ERF, "erf", erfl, 1.1},           {OP_SIN, "sin", sinl, 2},       {OP_COS, "cos", cosl, 2},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions, SOME = 1024 };

/* Operand i of n: every part of the range of bit patterns, and half of them near 1. */
static double operand(int precision, int64_t i, int64_t n)
{
    static const double special[] = {0.0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 0x1p-149, 0x1p-126, 0x1.fffffep127,
                                     0x1p-1074, 0x1p-1022, DBL_MAX, 88.72283, 88.72284, -103.9, -87.4, 709.78, 709.79,
                                     -745.1, -708.4, 0x1p-25, 0x1p-24, 0.6, 9.01, 19.1};
    enum { SPECIAL = sizeof special / sizeof *special };
    if (i < SPECIAL) return scalar_round(precision, special[i]);
    if (i < 2 * SPECIAL) return scalar_round(precision, -special[i - SPECIAL]);
    if (precision == 32) {
        uint64_t stride = (UINT64_C(1) << 32) / (uint64_t)n;
        uint32_t bits = (uint32_t)((uint64_t)i * stride + random_bits(1, (uint64_t)i) % stride);
        float f;
        memcpy(&f, &bits, sizeof f);
        return f;
    }
    uint64_t bits = random_bits(2, (uint64_t)i);
    if (i % 2) bits = (bits & UINT64_C(0x800fffffffffffff)) | (993 + (bits >> 52) % 43) << 52;
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
}

/* Compares n operands from number `first` of `all`; the worst error and where it was. */
static void check_some(const struct function *f, int precision, int64_t first, int64_t n, int64_t all, double worst[2])
{
    double x[SOME], y[SOME], limit = precision == 32 ? 1e5 : 1e9;
    bool circular = f->op == OP_SIN || f->op == OP_COS;
    for (int64_t i = 0; i < n; i++) x[i] = operand(precision, first + i, all);
    scalar_real_n(f->op, precision, n, x, NULL, y);
    for (int64_t i = 0; i < n; i++) {
        long double want = f->exact(x[i]);
        double error = circular && fabs(x[i]) > limit && isfinite(x[i])
                           ? (fabsl(y[i] - want) < (precision == 32 ? 0x1p-23 : 0x1p-51) ? 0 : 1e9)
                           : error_in_ulps(precision, y[i], want);
        if (!(error <= worst[0])) {
            worst[0] = error;
            worst[1] = x[i];
        }
        if (want == 0 && f->op != OP_GELU)
            ck_assert_msg(signbit(y[i]) == signbit((double)want), "%s %a", f->name, x[i]);
    }
    double one = scalar_real(f->op, precision, &x[n - 1]);
    ck_assert(memcmp(&one, &y[n - 1], sizeof one) == 0 || (isnan(one) && isnan(y[n - 1])));
}

static void check_function(const struct function *f, int precision, int64_t n)
{
    double worst[2] = {0, 0};
    for (int64_t first = 0; first < n; first += SOME) check_some(f, precision, first, SOME, n, worst);
    ck_assert_msg(worst[0] <= f->bound, "%s in precision %d: %.3f ulp at %a", f->name, precision, worst[0], worst[1]);
}

START_TEST(accuracy_32)
{
    check_function(&functions[_i], 32, 1 << 20);
}
END_TEST

START_TEST(accuracy_64)
{
    check_function(&functions[_i], 64, 1 << 15);
}
END_TEST

static void check_power(int precision, double x, double y)
{
    double got = scalar_real(OP_POW, precision, (double[]){x, y});
    double error = error_in_ulps(precision, got, powl(x, y));
    ck_assert_msg(error <= 4, "pow(%a, %a) in precision %d: %a, %.2f ulp", x, y, precision, got, error);
}

START_TEST(powers)
{
    for (int precision = 32; precision <= 64; precision += 32) {
        for (int64_t i = 0; i < 20000; i++) {
            double x = fabs(operand(precision, i, 20000));
            uint64_t r = random_bits(3, (uint64_t)i);
            double size = precision == 32 ? 128 : 1024, binary = log2(x), y = (double)(int64_t)r * 0x1p-63;
            if (isfinite(binary) && fabs(binary) > 1e-6 && i % 2) y *= size / binary;
            else y *= 20;
            check_power(precision, x, scalar_round(precision, y));
            check_power(precision, 0.5 + (double)(r >> 41) * 0x1p-23, scalar_round(precision, y * 8));
            check_power(precision, -x, (double)((int)(r % 41) - 20));
            check_power(precision, -x, 0.5 + (double)(r % 5));
        }
        static const double special[] = {0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, INFINITY, -INFINITY, NAN, 1e30,
                                         -1e30, 16777215, 16777216, 0x1p-149, 2147483649.0};
        for (int i = 0; i < 20; i++)
            for (int k = 0; k < 20; k++) {
                double x = scalar_round(precision, special[i]), y = scalar_round(precision, special[k]);
                check_power(precision, x, y);
                double got = scalar_real(OP_POW, precision, (double[]){x, y});
                if (!isnan(got)) ck_assert_msg(signbit(got) == signbit(pow(x, y)), "pow(%a, %a) = %a", x, y, got);
            }
    }
}
END_TEST

/* ---- arithmetic, comparison, integers ---- */

static double real2(enum ir_op op, double a, double b)
{
    double r32 = scalar_real(op, 32, (double[]){a, b}), r64 = scalar_real(op, 64, (double[]){a, b});
    ck_assert(r32 == r64 || (isnan(r32) && isnan(r64)));
    return r64;
}

START_TEST(choosing_and_comparing)
{
    ck_assert_double_eq(real2(OP_MAX, 1, 2), 2);
    ck_assert_double_eq(real2(OP_MIN, 1, 2), 1);
    ck_assert(isnan(real2(OP_MAX, NAN, 2)) && isnan(real2(OP_MAX, 2, NAN)));
    ck_assert(isnan(real2(OP_MIN, NAN, 2)) && isnan(real2(OP_MIN, 2, NAN)));
    ck_assert(isnan(real2(OP_RELU, NAN, 0)) && isnan(real2(OP_SIGN, NAN, 0)));
    ck_assert_double_eq(real2(OP_RELU, -3, 0), 0);
    ck_assert_double_eq(real2(OP_RELU, 3, 0), 3);
    ck_assert_double_eq(real2(OP_SIGN, -3, 0), -1);
    ck_assert_double_eq(real2(OP_SIGN, INFINITY, 0), 1);
    ck_assert_double_eq(real2(OP_SIGN, -0.0, 0), 0);
    ck_assert_double_eq(real2(OP_ABS, -2.5, 0), 2.5);
    ck_assert_double_eq(real2(OP_FLOOR, -2.5, 0), -3);
    ck_assert_double_eq(real2(OP_DIV, 1, 0), INFINITY);
    ck_assert_double_eq(scalar_real(OP_DIV, 32, (double[]){1, 3}), 1.0f / 3.0f);
    static const double v[] = {-INFINITY, -1, -0.0, 0.0, 2, NAN};
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            ck_assert_int_eq(scalar_test(OP_EQ, (double[]){v[i], v[k]}), v[i] == v[k]);
            ck_assert_int_eq(scalar_test(OP_NE, (double[]){v[i], v[k]}), v[i] != v[k]);
            ck_assert_int_eq(scalar_test(OP_LT, (double[]){v[i], v[k]}), v[i] < v[k]);
            ck_assert_int_eq(scalar_test(OP_LE, (double[]){v[i], v[k]}), v[i] <= v[k]);
        }
    ck_assert(scalar_fma(32, 1 + 0x1p-20, 1 - 0x1p-20, -1) == -0x1p-40);
    ck_assert(scalar_fma(64, 1 + 0x1p-40, 1 - 0x1p-40, -1) == -0x1p-80);
}
END_TEST

static int64_t int2(enum ir_op op, int64_t a, int64_t b)
{
    return scalar_int(op, (int64_t[]){a, b});
}

START_TEST(integers)
{
    ck_assert_int_eq(int2(OP_ADD, INT64_MAX, 1), INT64_MIN);
    ck_assert_int_eq(int2(OP_SUB, INT64_MIN, 1), INT64_MAX);
    ck_assert_int_eq(int2(OP_MUL, INT64_C(1) << 62, 4), 0);
    ck_assert_int_eq(int2(OP_NEG, INT64_MIN, 0), INT64_MIN);
    ck_assert_int_eq(int2(OP_ABS, INT64_MIN, 0), INT64_MIN);
    ck_assert_int_eq(int2(OP_ABS, -5, 0), 5);
    ck_assert_int_eq(int2(OP_SIGN, -5, 0), -1);
    ck_assert_int_eq(int2(OP_MAX, -5, 3), 3);
    ck_assert_int_eq(int2(OP_MIN, -5, 3), -5);
    ck_assert_int_eq(int2(OP_LT, -5, 3), 1);
    ck_assert_int_eq(int2(OP_LE, 3, 3), 1);
    ck_assert_int_eq(int2(OP_AND, 1, 0), 0);
    ck_assert_int_eq(int2(OP_OR, 1, 0), 1);
    ck_assert_int_eq(int2(OP_NOT, 1, 0), 0);
    ck_assert_int_eq(scalar_to_int(-0.5), -1);
    ck_assert_int_eq(scalar_to_int(7.99), 7);
    ck_assert_int_eq(scalar_to_int(NAN), 0);
    ck_assert_int_eq(scalar_to_int(1e30), INT64_MAX);
    ck_assert_int_eq(scalar_to_int(-INFINITY), INT64_MIN);
    ck_assert(scalar_to_real(32, 16777217) == 16777216.0);
    ck_assert(scalar_to_real(32, 9007199791611905) == 9007200328482816.0); /* rounded once */
    ck_assert(scalar_to_real(64, INT64_MAX) == 0x1p63);
}
END_TEST

/* ---- draws ---- */

START_TEST(normals)
{
    double sum = 0, squares = 0, fourths = 0, last = 0, products = 0;
    enum { GROUPS = 50000 };
    ck_assert(scalar_uniform(0) == 0x1p-24);
    ck_assert(scalar_uniform(UINT32_MAX) == 1 - 0x1p-24);
    for (uint32_t i = 0; i < GROUPS; i++) {
        uint32_t words[4];
        double narrow[4], wide[4];
        icl_draw_words(1, 2, 3, i, 4, words);
        if (i == 0) words[0] = 0, words[2] = UINT32_MAX; /* the ends */
        scalar_normals(32, words, narrow);
        scalar_normals(64, words, wide);
        for (int k = 0; k < 4; k++) {
            double u = scalar_uniform(words[k / 2 * 2]), v = scalar_uniform(words[k / 2 * 2 + 1]);
            long double radius = sqrtl(-2 * logl(u)), turn = 6.283185307179586476925286766559L * v;
            long double want = radius * (k % 2 ? sinl(turn) : cosl(turn));
            ck_assert(fabsl(wide[k] - want) <= radius * 0x1.8p-52);
            ck_assert(fabsl(narrow[k] - want) <= radius * 0x1.8p-23);
            ck_assert(narrow[k] == (float)narrow[k]);
            sum += wide[k];
            squares += wide[k] * wide[k];
            fourths += wide[k] * wide[k] * wide[k] * wide[k];
            products += wide[k] * last;
            last = wide[k];
        }
    }
    double n = 4.0 * GROUPS;
    ck_assert_double_lt(fabs(sum / n), 5 / sqrt(n));
    ck_assert_double_lt(fabs(squares / n - 1), 5 * sqrt(2 / n));
    ck_assert_double_lt(fabs(fourths / n - 3), 5 * sqrt(96 / n));
    ck_assert_double_lt(fabs(products / n), 5 / sqrt(n));
}
END_TEST

/* ---- numbers as text ---- */

static void text_is(double v, int precision, const char *want)
{
    char out[NUMBER_MAX];
    number_text(out, v, precision);
    ck_assert_str_eq(out, want);
}

START_TEST(shortest_text)
{
    text_is(0.1, 64, "0.1");
    text_is(0.1f, 32, "0.1");
    text_is(0.1f, 64, "0.10000000149011612");
    text_is(1e-5, 64, "1e-05");
    text_is(0.0001, 64, "0.0001");
    text_is(-2.5e-7, 64, "-2.5e-07");
    text_is(12000, 64, "12000");
    text_is(3e10f, 32, "30000000000");
    text_is(999999999999999, 64, "999999999999999");
    text_is(1e15, 64, "1e+15");
    text_is(123456.789, 64, "123456.789");
    text_is(0, 64, "0");
    text_is(-0.0, 64, "-0");
    text_is(5e-324, 64, "5e-324");
    text_is(DBL_MAX, 64, "1.7976931348623157e+308");
    text_is(NAN, 64, "nan");
    text_is(-INFINITY, 32, "-inf");
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = random_bits(5, i);
        uint32_t low = (uint32_t)bits;
        char out[NUMBER_MAX];
        double d;
        float f;
        memcpy(&d, &bits, sizeof d);
        memcpy(&f, &low, sizeof f);
        number_text(out, d, 64);
        ck_assert(strtod(out, NULL) == d || isnan(d));
        number_text(out, f, 32);
        ck_assert(strtof(out, NULL) == f || isnan(f));
        ck_assert_uint_lt(strlen(out), 18);
    }
}
END_TEST

static void round_is(double v, int digits, const char *want)
{
    char out[NUMBER_MAX];
    number_round(out, v, digits);
    ck_assert_str_eq(out, want);
}

START_TEST(rounded_text)
{
    round_is(0.064712, 3, "0.0647");
    round_is(0.5, 3, "0.500");
    round_is(9.996, 3, "10.0");
    round_is(123456.7, 3, "123457");
    round_is(1.5e-7, 3, "1.50e-07");
    round_is(-2.0e20, 2, "-2.0e+20");
    round_is(INFINITY, 3, "inf");
}
END_TEST

static void estimate_is(double mean, double se, const char *want)
{
    struct buf b = {0};
    number_estimate(&b, &(struct estimate){.mean = mean, .se = se, .trials = 10});
    ck_assert_str_eq(b.text, want);
    buf_free(&b);
}

START_TEST(estimate_text)
{
    estimate_is(0.0647123, 0.0012345, "0.0647 ± 0.0012");
    estimate_is(9.999, 0.0996, "10.00 ± 0.10");
    estimate_is(1.234567e-5, 4e-7, "1.235e-05 ± 0.040e-05");
    estimate_is(1.5e7, 12345, "1.5000e+07 ± 0.0012e+07");
    estimate_is(123456, 1234, "123456 ± 1234");
    estimate_is(0, 0.1, "0.00 ± 0.10");
    estimate_is(-0.25, 0.031, "-0.250 ± 0.031");
    estimate_is(5, 0, "5 ± 0");
    estimate_is(0.25, NAN, "0.25 ± nan");
    estimate_is(NAN, NAN, "nan ± nan");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("numbers");
    TCase *c = tcase_create("numbers");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, accuracy_32, 0, FUNCTIONS);
    tcase_add_loop_test(c, accuracy_64, 0, FUNCTIONS);
    tcase_add_test(c, powers);
    tcase_add_test(c, choosing_and_comparing);
    tcase_add_test(c, integers);
    tcase_add_test(c, normals);
    tcase_add_test(c, shortest_text);
    tcase_add_test(c, rounded_text);
    tcase_add_test(c, estimate_text);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
