/* The interpreter against plain loops, linear algebra by its residuals, and folding and passes by what they must not
 * change: any bit of any result. Random functions are made without folding, then built again with it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/interp.h"
#include "compiler/linalg.h"
#include "compiler/scalar.h"

static struct arena arena;
static struct size_table *sizes;
static struct interner *names;
static uint64_t state;

static void setup(void)
{
    memset(&arena, 0, sizeof arena);
    sizes = size_table_new(&arena);
    names = interner_new(&arena);
    state = 0x853C49E6748FEA9B;
}

static void teardown(void)
{
    arena_free(&arena);
}

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static int pick(int n)
{
    return (int)(next() >> 33) % n;
}

/* A binary32 number in (-1, 1). */
static double draw(void)
{
    return (float)((double)(int64_t)next() * 0x1p-63);
}

static struct tensor tensor(enum dtype t, int rank, const int64_t *dims)
{
    struct tensor x = tensor_new(&arena, t, rank, dims);
    for (int64_t i = 0; i < tensor_elements(&x); i++) {
        if (t == DT_REAL) x.r[i] = draw();
        else x.i[i] = t == DT_BOOL ? pick(2) : pick(9) - 4;
    }
    return x;
}

static struct ir_func *read_text(const char *text)
{
    const char *why;
    struct ir_func *f = ir_read(&arena, names, sizes, text, &why);
    if (!f) ck_abort_msg("%s\n%s", why, text);
    why = ir_verify(f);
    if (why) ck_abort_msg("%s\n%s", why, text);
    return f;
}

/* Runs f on inputs made up after their types. */
static struct tensor *run(const struct ir_func *f, int precision, uint64_t prompt, struct tensor *inputs)
{
    struct interp it = { .arena = &arena, .precision = precision, .seed = 5, .prompt = prompt };
    const struct tensor *in[f->inputs.n + 1];
    struct tensor *out = ARENA_ARRAY(&arena, struct tensor, f->top->results.n + 1);
    for (int i = 0; i < f->inputs.n; i++) in[i] = &inputs[i];
    interp_run(&it, f, in, out);
    return out;
}

static struct tensor *make_inputs(const struct ir_func *f)
{
    struct tensor *x = ARENA_ARRAY(&arena, struct tensor, f->inputs.n + 1);
    for (int i = 0; i < f->inputs.n; i++) {
        int64_t dims[IR_MAX_RANK] = { 0 };
        for (int k = 0; k < f->inputs.data[i]->rank; k++) dims[k] = ir_dim(f->inputs.data[i], k);
        x[i] = tensor(f->inputs.data[i]->dtype, f->inputs.data[i]->rank, dims);
    }
    return x;
}

static bool same_real(double a, double b)
{
    return isnan(a) ? isnan(b) : a == b && signbit(a) == signbit(b);
}

static bool same(const struct tensor *a, const struct tensor *b)
{
    int64_t n = tensor_elements(a);
    if (a->dtype != b->dtype || a->rank != b->rank || n != tensor_elements(b)) return false;
    for (int64_t i = 0; i < n; i++)
        if (a->dtype == DT_REAL ? !same_real(a->r[i], b->r[i]) : a->i[i] != b->i[i]) return false;
    return true;
}

static char *print_text(const struct ir_func *f)
{
    char *text = NULL;
    size_t n;
    FILE *to = open_memstream(&text, &n);
    ck_assert_ptr_nonnull(to);
    ir_print(to, f);
    fclose(to);
    char *copy = arena_strdup(&arena, text);
    free(text);
    return copy;
}

/* ---- ops against plain loops ---- */

/* One op from its line of text: inputs `in`, the line, the result. */
static struct tensor one(const char *in, const char *line, struct tensor *inputs, int precision)
{
    struct ir_func *f = read_text(arena_printf(&arena, "func f precision=%d (%s) {\n  %%99 = %s\n  return %%99\n}\n",
                                               precision, in, line));
    return *run(f, precision, 0, inputs);
}

START_TEST(test_views)
{
    struct tensor x = tensor(DT_REAL, 2, (int64_t[]){ 5, 3 });
    struct tensor t = one("%0: real[5, 3]", "transpose %0 perm=[1, 0] : real[3, 5]", &x, 32);
    struct tensor s = one("%0: real[5, 3]", "slice %0 start=[4, 0] step=[-2, 2] : real[3, 2]", &x, 32);
    struct tensor b = one("%0: real[5, 3]", "broadcast %0 : real[2, 5, 3]", &x, 32);
    struct tensor r = one("%0: real[5, 3]", "reshape %0 : real[15]", &x, 32);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 3; j++) {
            ck_assert_double_eq(t.r[j * 5 + i], x.r[i * 3 + j]);
            ck_assert_double_eq(b.r[15 + i * 3 + j], x.r[i * 3 + j]);
            ck_assert_double_eq(r.r[i * 3 + j], x.r[i * 3 + j]);
        }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 2; j++) ck_assert_double_eq(s.r[i * 2 + j], x.r[(4 - 2 * i) * 3 + 2 * j]);
    struct tensor column = { .dtype = DT_REAL, .rank = 2, .dims = { 5, 1 }, .r = x.r };
    struct tensor wide = one("%0: real[5, 1]", "broadcast %0 : real[5, 4]", &column, 32);
    for (int i = 0; i < 20; i++) ck_assert_double_eq(wide.r[i], x.r[i / 4]);
    struct tensor turned = one("%0: real[5, 3]", "iota axis=1 : int[2, 3, 2]", &x, 32);
    for (int i = 0; i < 12; i++) ck_assert_int_eq(turned.i[i], i / 2 % 3);
}
END_TEST

START_TEST(test_moves)
{
    struct tensor in[3] = { tensor(DT_REAL, 2, (int64_t[]){ 2, 4 }), tensor(DT_INT, 1, (int64_t[]){ 3 }),
                            tensor(DT_REAL, 2, (int64_t[]){ 2, 3 }) };
    static const int64_t index[] = { 3, -1, 0 };
    memcpy(in[1].i, index, sizeof index);
    const char *types = "%0: real[2, 4], %1: int[3], %2: real[2, 3]";
    struct tensor g = one(types, "gather %0, %1 axis=1 : real[2, 3]", in, 32);
    struct tensor gi = one(types, "gather %1, %1 axis=0 : int[3]", in, 32);
    struct tensor c = one(types, "concat %0, %2 axis=1 : real[2, 7]", in, 32);
    struct tensor s = one(types, "cumsum %0 axis=1 : real[2, 4]", in, 32);
    struct tensor v = one(types, "cumsum %0 axis=0 : real[2, 4]", in, 32);
    for (int i = 0; i < 2; i++) {
        ck_assert_double_eq(g.r[i * 3], in[0].r[i * 4 + 3]);
        ck_assert_double_nan(g.r[i * 3 + 1]);
        ck_assert_double_eq(g.r[i * 3 + 2], in[0].r[i * 4]);
        float sum = 0;
        for (int j = 0; j < 4; j++) {
            sum = j ? sum + (float)in[0].r[i * 4 + j] : (float)in[0].r[i * 4];
            ck_assert_double_eq(s.r[i * 4 + j], sum);
            ck_assert_double_eq(c.r[i * 7 + j], in[0].r[i * 4 + j]);
            ck_assert_double_eq(v.r[4 + j], (float)in[0].r[j] + (float)in[0].r[4 + j]);
        }
        for (int j = 0; j < 3; j++) ck_assert_double_eq(c.r[i * 7 + 4 + j], in[2].r[i * 3 + j]);
    }
    ck_assert(gi.i[0] == 0 && gi.i[1] == 0 && gi.i[2] == 3);
    struct tensor put[3] = { in[0], tensor(DT_REAL, 1, (int64_t[]){ 2 }), tensor(DT_INT, 0, NULL) };
    for (int at = -1; at < 5; at++) {
        *put[2].i = at;
        struct tensor p = one("%0: real[2, 4], %1: real[2], %2: int", "put %0, %1, %2 axis=1 : real[2, 4]", put, 32);
        for (int i = 0; i < 8; i++) ck_assert_double_eq(p.r[i], i % 4 == at ? put[1].r[i / 4] : in[0].r[i]);
    }
}
END_TEST

START_TEST(test_sorting)
{
    struct tensor x = { .dtype = DT_REAL, .rank = 1, .dims = { 8 },
                        .r = (double[]){ 2, NAN, -1, 2, -INFINITY, 0.0, NAN, -0.0 } };
    static const int64_t order[] = { 4, 2, 5, 7, 0, 3, 1, 6 };
    struct tensor a = one("%0: real[8]", "argsort %0 : int[8]", &x, 32);
    struct tensor s = one("%0: real[8]", "sort %0 : real[8]", &x, 32);
    struct tensor r = one("%0: real[8]", "rank %0 : int[8]", &x, 32);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(a.i[i], order[i]);
        ck_assert_int_eq(r.i[order[i]], i);
        ck_assert(same_real(s.r[i], x.r[order[i]] + 0));
    }
    ck_assert_int_eq(*one("%0: real[8]", "argmax %0 axis=0 : int", &x, 32).i, 1);
    ck_assert_int_eq(*one("%0: real[8]", "argmin %0 axis=0 : int", &x, 32).i, 1);
    x.r[1] = x.r[6] = 0;
    ck_assert_int_eq(*one("%0: real[8]", "argmax %0 axis=0 : int", &x, 32).i, 0);
    ck_assert_int_eq(*one("%0: real[8]", "argmin %0 axis=0 : int", &x, 32).i, 4);
    struct tensor big = tensor(DT_INT, 2, (int64_t[]){ 3, 100 });
    struct tensor sorted = one("%0: int[3, 100]", "sort %0 : int[3, 100]", &big, 32);
    struct tensor at = one("%0: int[3, 100]", "argsort %0 : int[3, 100]", &big, 32);
    for (int i = 0; i < 300; i++) {
        ck_assert_int_eq(sorted.i[i], big.i[i / 100 * 100 + at.i[i]]);
        if (i % 100 == 0) continue;
        ck_assert_int_le(sorted.i[i - 1], sorted.i[i]);
        if (sorted.i[i - 1] == sorted.i[i]) ck_assert_int_lt(at.i[i - 1], at.i[i]);
    }
}
END_TEST

/* The sum of the language, written out in another way: one partial sum at a time. */
static float plain_sum(const double *x, int n, int stride)
{
    float s[16] = { 0 };
    for (int k = 0; k < 16 && k < n; k++) {
        s[k] = (float)x[k * stride];
        for (int i = k + 16; i < n; i += 16) s[k] = s[k] + (float)x[i * stride];
    }
    int m = n < 16 ? n : 16;
    for (int h = 8; h; h /= 2) {
        for (int k = 0; k < h; k++)
            if (k + h < m) s[k] += s[k + h];
        m = m < h ? m : h;
    }
    return s[0];
}

START_TEST(test_reductions)
{
    for (int n = 0; n < 50; n += n < 20 ? 1 : 7) {
        struct tensor x = tensor(DT_REAL, 2, (int64_t[]){ n, 3 });
        struct tensor t = tensor(DT_REAL, 1, (int64_t[]){ n });
        const char *in = arena_printf(&arena, "%%0: real[%d, 3]", n), *row = arena_printf(&arena, "%%0: real[%d]", n);
        struct tensor s = one(in, "sum %0 axis=0 : real[3]", &x, 32), p = one(in, "prod %0 axis=0 : real[3]", &x, 32);
        for (int j = 0; j < 3; j++) {
            float product = 1;
            for (int i = 0; i < n; i++) product = i ? product * (float)x.r[i * 3 + j] : (float)x.r[j];
            ck_assert(same_real(s.r[j], plain_sum(x.r + j, n, 3)));
            ck_assert(same_real(p.r[j], product));
        }
        ck_assert(same_real(*one(row, "sum %0 axis=0 : real", &t, 32).r, plain_sum(t.r, n, 1)));
        if (!n) continue;
        double most = -2, least = 2;
        for (int i = 0; i < n; i++) most = fmax(most, t.r[i]);
        for (int i = 0; i < n; i++) least = fmin(least, t.r[i]);
        ck_assert_double_eq(*one(row, "max_of %0 axis=0 : real", &t, 32).r, most);
        ck_assert_double_eq(*one(row, "min_of %0 axis=0 : real", &t, 32).r, least);
    }
    struct tensor i = tensor(DT_INT, 2, (int64_t[]){ 4, 5 });
    struct tensor s = one("%0: int[4, 5]", "sum %0 axis=1 : int[4]", &i, 32);
    struct tensor p = one("%0: int[4, 5]", "prod %0 axis=1 : int[4]", &i, 32);
    for (int r = 0; r < 4; r++) {
        int64_t sum = 0, product = 1;
        for (int k = 0; k < 5; k++) sum += i.i[r * 5 + k], product *= i.i[r * 5 + k];
        ck_assert_int_eq(s.i[r], sum);
        ck_assert_int_eq(p.i[r], product);
    }
}
END_TEST

START_TEST(test_elementwise)
{
    struct tensor in[4] = { tensor(DT_REAL, 1, (int64_t[]){ 64 }), tensor(DT_REAL, 1, (int64_t[]){ 64 }),
                            tensor(DT_INT, 1, (int64_t[]){ 64 }), tensor(DT_BOOL, 1, (int64_t[]){ 64 }) };
    const char *types = "%0: real[64], %1: real[64], %2: int[64], %3: bool[64]";
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_info[op].class != OP_CLASS_ELEM) continue;
        bool test = op_info[op].type == ELEM_TEST, logic = op_info[op].type == ELEM_LOGIC, two = op_info[op].arity == 2;
        for (int precision = 32; precision <= 64; precision += 32) {
            const char *operands = logic ? (two ? "%3, %3" : "%3") : two ? "%0, %1" : "%0";
            struct tensor r = one(types, arena_printf(&arena, "%s %s : %s[64]", op_info[op].text, operands,
                                                      test || logic ? "bool" : "real"), in, precision);
            for (int i = 0; i < 64; i++) {
                double x[] = { in[0].r[i], in[1].r[i] };
                int64_t b[] = { in[3].i[i], in[3].i[i] };
                if (logic) ck_assert_int_eq(r.i[i], scalar_int(op, b));
                else if (test) ck_assert_int_eq(r.i[i], scalar_test(op, x));
                else ck_assert(same_real(r.r[i], scalar_real(op, precision, x)));
            }
        }
    }
    struct tensor c = one(types, "select %3, %0, %1 : real[64]", in, 32);
    struct tensor t = one(types, "to_real %2 : real[64]", in, 32);
    struct tensor k = one(types, "to_int %0 : int[64]", in, 32), g = one(types, "stop_grad %0 : real[64]", in, 32);
    for (int i = 0; i < 64; i++) {
        ck_assert_double_eq(c.r[i], in[3].i[i] ? in[0].r[i] : in[1].r[i]);
        ck_assert_double_eq(t.r[i], (double)in[2].i[i]);
        ck_assert_int_eq(k.i[i], (int64_t)floor(in[0].r[i]));
        ck_assert_double_eq(g.r[i], in[0].r[i]);
    }
}
END_TEST

START_TEST(test_draws)
{
    const char *text = "func f precision=32 () {\n"
                       "  %0 = draw_normal site=9 stream=0 : real[1001]\n"
                       "  %1 = draw_normal site=9 stream=0 : real[7, 3]\n"
                       "  %2 = draw_uniform site=9 stream=1 : real[1001]\n"
                       "  return %0, %1, %2\n}\n";
    struct ir_func *f = read_text(text);
    struct tensor *a = run(f, 32, 3, NULL), *b = run(f, 32, 4, NULL), *again = run(f, 32, 3, NULL);
    double sum = 0, squares = 0, uniform = 0;
    int differ = 0;
    for (int i = 0; i < 1001; i++) {
        ck_assert_double_eq(a[0].r[i], again[0].r[i]);
        if (i < 21) ck_assert_double_eq(a[0].r[i], a[1].r[i]); /* a draw depends on its element's number alone */
        differ += a[0].r[i] != b[0].r[i];
        sum += a[0].r[i];
        squares += a[0].r[i] * a[0].r[i];
        uniform += a[2].r[i];
        ck_assert(a[2].r[i] > 0 && a[2].r[i] < 1);
    }
    ck_assert_int_gt(differ, 990);
    ck_assert_double_lt(fabs(sum / 1001), 0.15);
    ck_assert_double_lt(fabs(squares / 1001 - 1), 0.2);
    ck_assert_double_lt(fabs(uniform / 1001 - 0.5), 0.05);
}
END_TEST

/* A draw in pass k of a loop is the draw whose stream is 4 k further on. */
START_TEST(test_draws_of_passes)
{
    const char *text = "func f precision=32 () {\n"
                       "  %0 = const 0 : real\n"
                       "  %1 = broadcast %0 : real[5]\n"
                       "  %2 = const 1 : int\n"
                       "  %8 = repeat 3 (%3: int from 1, %4: real[5] = %1) {\n"
                       "    %5 = sub %3, %2 : int\n"
                       "    %6 = draw_normal %5 site=9 stream=1 : real[5]\n"
                       "    %7 = sub %6, %4 : real[5]\n"
                       "    yield %7\n  }\n"
                       "  %9 = get %8 axis=0 : real[5]\n"
                       "  %10 = draw_normal site=9 stream=1 : real[5]\n"
                       "  %11 = draw_normal site=9 stream=5 : real[5]\n"
                       "  %12 = draw_normal site=9 stream=9 : real[5]\n"
                       "  %13 = sub %11, %10 : real[5]\n"
                       "  %14 = sub %12, %13 : real[5]\n"
                       "  return %9, %14, %10, %11\n}\n";
    struct tensor *a = run(read_text(text), 32, 3, NULL);
    for (int i = 0; i < 5; i++) {
        ck_assert_double_eq(a[0].r[i], a[1].r[i]);
        ck_assert_double_ne(a[2].r[i], a[3].r[i]);
    }
}
END_TEST

START_TEST(test_loops)
{
    struct ir_func *f = read_text(
        "func f precision=32 (%0: real, %1: real, %20: int) {\n"
        "  %2 = const 9 : real\n"
        "  %3 = repeat 10 (%4: int from 5, %5: real = %0, %6: real = %1, %7: int = %20) {\n" /* a, b = b, a + b */
        "    %8 = add %5, %6 : real\n"
        "    %9 = lt %2, %8 : bool\n"
        "    yield %6, %8, %4 until %9\n"
        "  }\n"
        "  %10 = get %3 axis=0 : real\n"
        "  %11 = get %3 axis=1 : real\n"
        "  %12 = get %3 axis=2 : int\n"
        "  %13 = build (%14: int < 2, %15: int < 3) {\n"
        "    %16 = repeat 3 (%17: int from 0, %18: int = %14) {\n" /* i + 3 j, by a loop in a builder */
        "      %19 = add %18, %15 : int\n"
        "      yield %19\n"
        "    }\n"
        "    %21 = get %16 axis=0 : int\n"
        "    yield %21\n"
        "  } : int[2, 3]\n"
        "  %22 = repeat 0 (%23: int from 0, %24: real = %1) { %25 = neg %24 : real yield %25 }\n"
        "  %26 = get %22 axis=0 : real\n"
        "  return %10, %11, %12, %13, %26\n"
        "}\n");
    struct tensor *in = make_inputs(f);
    in[0].r[0] = 1;
    in[1].r[0] = 2;
    struct tensor *out = run(f, 32, 0, in); /* 3, 5, 8, 13: stops after the fourth pass, whose states it keeps */
    ck_assert_double_eq(out[0].r[0], 8);
    ck_assert_double_eq(out[1].r[0], 13);
    ck_assert_int_eq(out[2].i[0], 8);
    for (int i = 0; i < 6; i++) ck_assert_int_eq(out[3].i[i], i / 3 + 3 * (i % 3));
    ck_assert_double_eq(out[4].r[0], 2);
}
END_TEST

/* ---- linear algebra ---- */

static double *matrix(int64_t m, int64_t n)
{
    double *a = ARENA_ARRAY(&arena, double, m * n + 1);
    for (int64_t i = 0; i < m * n; i++) a[i] = draw();
    return a;
}

/* c = op(a) b, op a transposition when `t`; a [m, n], or [n, m] when transposed; b [n, k] */
static double *product(int64_t m, int64_t n, int64_t k, const double *a, bool t, const double *b)
{
    double *c = ARENA_ARRAY(&arena, double, m * k + 1);
    for (int64_t i = 0; i < m; i++)
        for (int64_t p = 0; p < n; p++)
            for (int64_t j = 0; j < k; j++) c[i * k + j] += (t ? a[p * m + i] : a[i * n + p]) * b[p * k + j];
    return c;
}

static double largest_difference(int64_t n, const double *a, const double *b)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++) worst = !(fabs(a[i] - b[i]) <= worst) ? fabs(a[i] - b[i]) : worst;
    return worst;
}

static double *solve_with(enum ir_op op, int precision, int64_t m, int64_t n, int64_t k, const double *a,
                          const double *b, bool upper, bool transposed)
{
    int64_t out = op == OP_EIGH ? (n + 1) * n : op == OP_CHOLESKY ? n * n : op == OP_MATMUL ? m * k : n * k + 1;
    struct linalg l = { .op = op, .precision = precision, .m = m, .n = n, .k = k, .upper = upper,
                        .transposed = transposed, .a = a, .b = b, .out = ARENA_ARRAY(&arena, double, out) };
    linalg_run(&l);
    return l.out;
}

static const int64_t lengths[] = { 1, 2, 3, 5, 16, 33 };

static void check_matmul(int m, int n, int k)
{
    double *a = matrix(m, n), *b = matrix(n, k), *c = solve_with(OP_MATMUL, 32, m, n, k, a, b, false, false);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < k; j++) {
            float acc = 0;
            for (int p = 0; p < n; p++) acc = fmaf((float)a[i * n + p], (float)b[p * k + j], acc);
            ck_assert_double_eq(c[i * k + j], acc);
        }
}

START_TEST(test_matmul)
{
    check_matmul(7, 9, 5);
    check_matmul(19, 9, 1);
    check_matmul(1, 40, 17);
    check_matmul(3, 0, 2);
    struct tensor in[2] = { tensor(DT_REAL, 3, (int64_t[]){ 2, 3, 4 }), tensor(DT_REAL, 3, (int64_t[]){ 2, 4, 1 }) };
    struct tensor r = one("%0: real[2, 3, 4], %1: real[2, 4, 1]", "matmul %0, %1 : real[2, 3, 1]", in, 64);
    double *second = solve_with(OP_MATMUL, 64, 3, 4, 1, in[0].r + 12, in[1].r + 4, false, false);
    ck_assert_double_eq(largest_difference(3, r.r + 3, second), 0);
}
END_TEST

START_TEST(test_cholesky)
{
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++) {
        int64_t n = lengths[s];
        double *x = matrix(2 * n, n), *a = product(n, 2 * n, n, x, true, x), *b = matrix(n, 3);
        double *l = solve_with(OP_CHOLESKY, 64, n, n, 0, a, NULL, false, false);
        double *lt = ARENA_ARRAY(&arena, double, n * n);
        for (int64_t i = 0; i < n * n; i++) lt[i] = l[i % n * n + i / n];
        ck_assert_double_lt(largest_difference(n * n, product(n, n, n, l, false, lt), a), 1e-13 * (double)n);
        double *half = solve_with(OP_TRISOLVE, 64, n, n, 3, l, b, false, false);
        double *w = solve_with(OP_TRISOLVE, 64, n, n, 3, l, half, false, true);
        ck_assert_double_lt(largest_difference(n * 3, product(n, n, 3, l, false, half), b), 1e-12);
        ck_assert_double_lt(largest_difference(n * 3, product(n, n, 3, a, false, w), b), 1e-9);
        double *up = solve_with(OP_TRISOLVE, 64, n, n, 3, lt, half, true, false);
        ck_assert_double_eq(largest_difference(n * 3, up, w), 0);
        double *down = solve_with(OP_TRISOLVE, 64, n, n, 3, lt, b, true, true);
        ck_assert_double_eq(largest_difference(n * 3, down, half), 0);
    }
    /* not positive definite: from the bad pivot on, NaN */
    double bad[] = { 4, 9, 9, 2, 1, 9, 0, 0, 5 };
    double *l = solve_with(OP_CHOLESKY, 32, 3, 3, 0, bad, NULL, false, false);
    ck_assert_double_eq(l[0], 2);
    ck_assert_double_eq(l[3], 1);
    ck_assert_double_eq(l[1], 0);
    ck_assert_double_nan(l[4]);
    ck_assert_double_nan(l[8]);
}
END_TEST

/* Binary32 Cholesky, written row by row: the same chains, so the same bits. */
START_TEST(test_cholesky_order)
{
    enum { N = 12 };
    double *x = matrix(20, N), *a = product(N, 20, N, x, true, x);
    for (int i = 0; i < N * N; i++) a[i] = (float)a[i];
    double *l = solve_with(OP_CHOLESKY, 32, N, N, 0, a, NULL, false, false);
    float c[N][N] = { { 0 } }, r[N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            float acc = (float)a[i * N + j];
            for (int k = 0; k < j; k++) acc = fmaf(-c[i][k], c[j][k], acc);
            c[i][j] = i == j ? sqrtf(acc) : acc * r[j];
            if (i == j) r[j] = 1 / c[j][j];
            ck_assert_double_eq(l[i * N + j], c[i][j]);
        }
}
END_TEST

START_TEST(test_lu)
{
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++) {
        int64_t n = lengths[s];
        double *a = matrix(n, n), *b = matrix(n, 2), log_det = 0;
        if (n > 1) a[0] = 0; /* must pivot */
        double *x = solve_with(OP_LU_SOLVE, 64, n, n, 2, a, b, false, false);
        ck_assert_double_lt(largest_difference(n * 2, product(n, n, 2, a, false, x), b), 1e-11);
        double *g = product(n, n, n, a, true, a), *l = solve_with(OP_CHOLESKY, 64, n, n, 0, g, NULL, false, false);
        for (int64_t i = 0; i < n; i++) log_det += log(l[i * n + i]);
        ck_assert_double_lt(fabs(*solve_with(OP_LU_LOGDET, 64, n, n, 0, a, NULL, false, false) - log_det), 1e-6);
    }
    double singular[] = { 1, 2, 2, 4 };
    ck_assert_double_eq(*solve_with(OP_LU_LOGDET, 64, 2, 2, 0, singular, NULL, false, false), -INFINITY);
}
END_TEST

static void check_eigh(int64_t n, const double *a, int precision, double bound)
{
    double *e = solve_with(OP_EIGH, precision, n, n, 0, a, NULL, false, false), *v = e + n;
    double *av = product(n, n, n, a, false, v), *gram = product(n, n, n, v, true, v), scale = 1e-300;
    for (int64_t i = 0; i < n; i++) scale = fmax(scale, fabs(e[i]));
    for (int64_t j = 0; j < n; j++) {
        double big = 0;
        if (j) ck_assert_double_le(e[j - 1], e[j]);
        for (int64_t i = 0; i < n; i++) {
            ck_assert_double_lt(fabs(av[i * n + j] - v[i * n + j] * e[j]), bound * scale);
            ck_assert_double_lt(fabs(gram[i * n + j] - (i == j)), bound);
            if (fabs(v[i * n + j]) > fabs(big)) big = v[i * n + j];
        }
        ck_assert_double_gt(big, 0);
    }
}

START_TEST(test_eigh)
{
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++) {
        int64_t n = lengths[s];
        double *x = matrix(n, n), *a = product(n, n, n, x, true, x), *half = ARENA_ARRAY(&arena, double, n * n);
        check_eigh(n, a, 64, 1e-13 * (double)(n + 2));
        for (int64_t i = 0; i < n * n; i++) a[i] = 1.0 / (double)(1 + i / n + i % n); /* clustered at 0 */
        check_eigh(n, a, 64, 1e-13 * (double)(n + 2));
        for (int64_t i = 0; i < n * n; i++) a[i] = (float)(x[i] + x[i % n * n + i / n]); /* of both signs */
        check_eigh(n, a, 32, 2e-6 * (double)(n + 2));
        for (int64_t i = 0; i < n * n; i++) half[i] = i % n > i / n ? NAN : a[i]; /* the lower triangle is read */
        ck_assert_double_eq(largest_difference(n * n + n, solve_with(OP_EIGH, 64, n, n, 0, half, NULL, false, false),
                                               solve_with(OP_EIGH, 64, n, n, 0, a, NULL, false, false)), 0);
    }
}
END_TEST

/* The four conditions of Penrose, for a matrix of the given rank. */
static void check_pinv(int64_t m, int64_t n, int64_t rank, int precision, double bound)
{
    double *left = matrix(m, rank), *right = matrix(rank, n), *a = product(m, rank, n, left, false, right);
    double *eye = ARENA_ARRAY(&arena, double, m * m);
    for (int64_t i = 0; i < m * n && precision == 32; i++) a[i] = (float)a[i];
    for (int64_t i = 0; i < m; i++) eye[i * m + i] = 1;
    double *p = solve_with(OP_PINV_SOLVE, precision, m, n, m, a, eye, false, false), size = 1;
    double *ap = product(m, n, m, a, false, p), *pa = product(n, m, n, p, false, a);
    for (int64_t i = 0; i < m * n; i++) size = fmax(size, fabs(p[i]));
    bound *= size * size * (double)(m + n);
    ck_assert_double_lt(largest_difference(m * n, product(m, m, n, ap, false, a), a), bound);
    ck_assert_double_lt(largest_difference(m * n, product(n, n, m, pa, false, p), p), bound);
    for (int64_t i = 0; i < m * m; i++) ck_assert_double_lt(fabs(ap[i] - ap[i % m * m + i / m]), bound);
    for (int64_t i = 0; i < n * n; i++) ck_assert_double_lt(fabs(pa[i] - pa[i % n * n + i / n]), bound);
}

START_TEST(test_pinv)
{
    static const int64_t shape[][3] = { { 5, 3, 3 }, { 3, 5, 3 }, { 8, 8, 8 }, { 20, 6, 4 }, { 6, 20, 4 }, 
                                        { 16, 16, 9 }, { 4, 1, 1 }, { 1, 4, 1 }, { 33, 16, 16 } };
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        check_pinv(shape[i][0], shape[i][1], shape[i][2], 64, 1e-13);
        check_pinv(shape[i][0], shape[i][1], shape[i][2], 32, 1e-5);
    }
    double zero[6] = { 0 }, b[3] = { 1, 2, 3 };
    double *x = solve_with(OP_PINV_SOLVE, 64, 3, 2, 1, zero, b, false, false);
    ck_assert(x[0] == 0 && x[1] == 0);
    zero[1] = NAN;
    ck_assert_double_nan(*solve_with(OP_PINV_SOLVE, 64, 3, 2, 1, zero, b, false, false));
    zero[1] = INFINITY;
    zero[2] = zero[5] = 1;
    ck_assert_double_nan(*solve_with(OP_PINV_SOLVE, 64, 3, 2, 1, zero, b, false, false));
}
END_TEST

/* Entries whose squares are no binary32 numbers: the same solution, scaled. */
START_TEST(test_pinv_scaled)
{
    double *a = matrix(9, 4), *b = matrix(9, 2), *s = ARENA_ARRAY(&arena, double, 36);
    double *x = solve_with(OP_PINV_SOLVE, 32, 9, 4, 2, a, b, false, false);
    for (int e = -96; e <= 96; e += 64) {
        for (int i = 0; i < 36; i++) s[i] = ldexp((float)a[i], e);
        double *y = solve_with(OP_PINV_SOLVE, 32, 9, 4, 2, s, b, false, false);
        for (int i = 0; i < 8; i++) ck_assert_double_eq(ldexp(y[i], e), x[i]);
    }
}
END_TEST

/* A graded matrix, condition 1e8, whose solution is known: the error stays near eps times the condition. */
START_TEST(test_pinv_ill_conditioned)
{
    enum { M = 30, N = 12 };
    double *q = matrix(M, N), *a = ARENA_ARRAY(&arena, double, M * N), x[N];
    for (int j = 0; j < N; j++) {
        x[j] = 1 + j % 3;
        for (int i = 0; i < M; i++) a[i * N + j] = q[i * N] + pow(0.2, j) * q[i * N + j];
    }
    double *b = product(M, N, 1, a, false, x);
    double *y = solve_with(OP_PINV_SOLVE, 64, M, N, 1, a, b, false, false);
    ck_assert_double_lt(largest_difference(N, x, y), 1e-6);
    ck_assert_double_lt(largest_difference(M, b, product(M, N, 1, a, false, y)), 1e-13);
}
END_TEST

/* ---- folding and passes keep every bit ---- */

/* The same function, built again by ir_add. */
static void rebuild_region(struct ir_func *f, struct ir_region *to, const struct ir_region *from, struct ir_node **map)
{
    for (int i = 0; i < from->nodes.n; i++) {
        struct ir_node *n = from->nodes.data[i], p = *n, *in[n->nin + 1];
        for (int k = 0; k < n->nin; k++) in[k] = map[n->in[k]->id];
        p.in = in;
        if (n->body) {
            p.body = ir_region_new(f, to);
            memcpy(p.body->counts, n->body->counts, sizeof p.body->counts);
            for (int k = 0; k < n->body->params.n; k++) {
                struct ir_node *q = n->body->params.data[k];
                map[q->id] = ir_param(f, p.body, q->dtype, q->rank, q->dims, q->name);
            }
            rebuild_region(f, p.body, n->body, map);
        }
        map[n->id] = ir_add(f, to, &p);
    }
    for (int i = 0; i < from->results.n; i++) vec_push(&arena, &to->results, map[from->results.data[i]->id]);
}

static struct ir_func *rebuild(const struct ir_func *from)
{
    struct ir_func *f = ir_func_new(&arena, sizes, from->name);
    struct ir_node **map = ARENA_ARRAY(&arena, struct ir_node *, from->next_id + 1);
    f->precision = from->precision;
    for (int i = 0; i < from->inputs.n; i++) {
        const struct ir_node *x = from->inputs.data[i];
        map[x->id] = ir_input(f, x->dtype, x->rank, x->dims, x->name);
    }
    rebuild_region(f, f->top, from->top, map);
    return f;
}

static void check_same_results(const struct ir_func *a, const struct ir_func *b, struct tensor *inputs,
                               const char *what)
{
    struct tensor *x = run(a, a->precision, 1, inputs), *y = run(b, b->precision, 1, inputs);
    for (int i = 0; i < a->top->results.n; i++)
        if (!same(&x[i], &y[i]))
            ck_abort_msg("%s changed result %d of\n%sto\n%s", what, i, print_text(a), print_text(b));
}

static void check_folding(struct ir_func *raw)
{
    struct tensor *inputs = make_inputs(raw);
    struct ir_func *folded = rebuild(raw);
    const char *why = ir_verify(folded);
    if (why) ck_abort_msg("%s: folded from\n%sto\n%s", why, print_text(raw), print_text(folded));
    check_same_results(raw, folded, inputs, "folding");
    const char *text = print_text(folded);
    struct ir_func *back = read_text(text);
    ck_assert_str_eq(print_text(back), text);
    ck_assert_uint_eq(ir_hash(back), ir_hash(folded));
    folded->verify = true;
    why = ir_run_passes(folded);
    if (why) ck_abort_msg("%s\n%s", why, print_text(folded));
    check_same_results(back, folded, inputs, "a pass");
}

/* x op c, c op x and so on, for every op and every awkward number. */
START_TEST(test_fold_constants)
{
    static const char *const numbers[] = { "0", "-0", "1", "-1", "2", "0.5", "0.25", "3", "inf", "-inf", "nan", "1e-45",
                                           "1e38", "3e-39", "-0.1" };
    static const double values[] = { 0.0, -0.0, 1, -1, 2.5, -3, INFINITY, -INFINITY, NAN, 0x1p-149, 0x1p127,
                                     -0x1p-130 };
    enum { N = sizeof values / sizeof *values };
    for (int op = 0; op < OP_COUNT; op++) {
        if (op_info[op].class != OP_CLASS_ELEM || op_info[op].type == ELEM_LOGIC) continue;
        const char *to = op_info[op].type == ELEM_TEST ? "bool" : "real", *name = op_info[op].text;
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            bool two = op_info[op].arity == 2;
            const char *text = arena_printf(
                &arena,
                "func f precision=32 (%%0: real[%d]) {\n  %%1 = const %s : real\n  %%2 = broadcast %%1 : real[%d]\n"
                "  %%3 = neg %%0 : real[%d]\n  %%4 = %s %%0%s : %s[%d]\n  %%5 = %s %%2%s : %s[%d]\n"
                "  %%6 = %s %%3%s : %s[%d]\n  %%7 = %s %%2%s : %s[%d]\n  %%8 = %s %%0%s : %s[%d]\n"
                "  return %%4, %%5, %%6, %%7, %%8\n}\n", N, numbers[k], N, N, name, two ? ", %2" : "", to, N, name,
                two ? ", %0" : "", to, N, name, two ? ", %3" : "", to, N, name, two ? ", %2" : "", to, N, name,
                two ? ", %3" : "", to, N);
            struct ir_func *raw = read_text(text), *folded = rebuild(raw);
            struct tensor x = { .dtype = DT_REAL, .rank = 1, .dims = { N }, .r = (double *)values };
            check_same_results(raw, folded, &x, "folding");
            ck_assert_pstr_eq(ir_verify(folded), NULL);
        }
    }
}
END_TEST

/* Random functions: a pool of nodes that the next one may read. */
struct maker {
    struct ir_func *f;
    struct ir_node *pool[200];
    int n;
};

static struct ir_node *raw_node(struct maker *m, struct ir_region *r, struct ir_node p, int nin, struct ir_node **in)
{
    struct ir_node *n = arena_copy(&arena, &p, sizeof p);
    n->nin = nin;
    n->in = nin ? arena_copy(&arena, in, sizeof *in * (size_t)nin) : NULL;
    n->region = r;
    n->id = m->f->next_id++;
    if (n->body) n->body->owner = n;
    vec_push(&arena, &r->nodes, n);
    if (n->op != OP_REPEAT) m->pool[m->n++] = n;
    return n;
}

static struct ir_node *any(struct maker *m, enum dtype t)
{
    for (;;) {
        struct ir_node *n = m->pool[pick(m->n)];
        if (n->dtype == t) return n;
    }
}

static struct ir_node shape_like(enum ir_op op, enum dtype t, const struct ir_node *x)
{
    struct ir_node p = { .op = op, .dtype = t, .rank = x->rank };
    memcpy(p.dims, x->dims, sizeof p.dims);
    return p;
}

/* x brought to the shape of `to` by whatever view does it; a scalar from it when none does. */
static struct ir_node *fit(struct maker *m, struct ir_region *r, struct ir_node *x, const struct ir_node *to)
{
    if (ir_same_shape(x, to)) return x;
    bool stretches = x->rank <= to->rank;
    for (int i = 0; stretches && i < x->rank; i++)
        stretches = size_is(x->dims[i], 1) || size_compare(x->dims[i], to->dims[to->rank - x->rank + i]) == SIZE_EQUAL;
    while (!stretches && x->rank) {
        struct ir_node p = shape_like(OP_SLICE, x->dtype, x);
        for (int i = 0; i < x->rank; i++) {
            p.step[i] = 1;
            p.start[i] = size_int(sizes, pick((int)ir_dim(x, i)));
            p.dims[i] = size_int(sizes, 1);
        }
        struct ir_node *first = raw_node(m, r, p, 1, &x);
        x = raw_node(m, r, (struct ir_node){ .op = OP_RESHAPE, .dtype = x->dtype }, 1, &first);
    }
    return ir_same_shape(x, to) ? x : raw_node(m, r, shape_like(OP_BROADCAST, x->dtype, to), 1, &x);
}

static void random_elem(struct maker *m, struct ir_region *r)
{
    static const enum ir_op ops[] = { OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_NEG, OP_MAX, OP_MIN, OP_ABS, OP_SIGN, OP_EXP,
                                      OP_TANH, OP_FLOOR, OP_LT, OP_LE, OP_EQ, OP_NE, OP_SELECT, OP_STOP_GRAD, OP_AND,
                                      OP_NOT, OP_TO_INT };
    enum ir_op op = ops[pick(sizeof ops / sizeof *ops)];
    bool logic = op == OP_AND || op == OP_NOT, elem = op_info[op].class == OP_CLASS_ELEM;
    bool test = elem && op_info[op].type == ELEM_TEST, ints = elem && op_info[op].type == ELEM_SAME && pick(3) == 0;
    enum dtype t = logic ? DT_BOOL : ints ? DT_INT : DT_REAL;
    struct ir_node *x = any(m, t), *in[3] = { x };
    in[1] = op_info[op].arity > 1 ? fit(m, r, any(m, t), x) : NULL;
    if (op == OP_SELECT) {
        in[2] = in[1];
        in[1] = x;
        in[0] = fit(m, r, any(m, DT_BOOL), x);
    }
    struct ir_node p = shape_like(op, test ? DT_BOOL : op == OP_TO_INT ? DT_INT : t, x);
    raw_node(m, r, p, op_info[op].arity, in);
}

static void random_view(struct maker *m, struct ir_region *r)
{
    struct ir_node *x = any(m, pick(4) ? DT_REAL : DT_INT), p = shape_like(OP_SLICE, x->dtype, x);
    int kind = pick(5);
    if (kind == 0 && x->rank < 4) {
        p.op = OP_BROADCAST;
        p.rank = x->rank + 1;
        p.dims[0] = size_int(sizes, 1 + pick(3));
        memcpy(p.dims + 1, x->dims, sizeof(dim) * (size_t)x->rank);
    } else if (kind == 1) {
        p.op = OP_RESHAPE;
        p.rank = 1 + pick(2);
        p.dims[0] = size_int(sizes, ir_elements(x));
        p.dims[1] = size_int(sizes, 1);
    } else if (kind == 2 && x->rank) {
        p.op = OP_TRANSPOSE;
        for (int i = 0; i < x->rank; i++) {
            int k = pick(i + 1);
            p.perm[i] = p.perm[k];
            p.perm[k] = i;
        }
        for (int i = 0; i < x->rank; i++) p.dims[i] = x->dims[p.perm[i]];
    } else {
        for (int i = 0; i < x->rank; i++) {
            int n = (int)ir_dim(x, i), count = 1 + pick(n), step = pick(2) ? 1 : -1, from = pick(n - count + 1);
            p.dims[i] = size_int(sizes, count);
            p.start[i] = size_int(sizes, step > 0 ? from : from + count - 1);
            p.step[i] = step;
        }
    }
    raw_node(m, r, p, 1, &x);
}

static void random_move(struct maker *m, struct ir_region *r)
{
    struct ir_node *x = any(m, pick(3) ? DT_REAL : DT_INT), *in[3] = { x, x, x };
    if (!x->rank) return;
    int axis = pick(x->rank), kind = pick(6);
    struct ir_node p = shape_like(OP_CUMSUM, x->dtype, x);
    p.axis = axis;
    if (kind == 0) {
        int count = 1 + pick(3);
        p.op = OP_CONCAT;
        p.dims[axis] = size_mul(sizes, size_int(sizes, count), x->dims[axis]);
        if (ir_dim(x, axis) < 8) raw_node(m, r, p, count, in);
    } else if (kind == 1) {
        in[1] = any(m, DT_INT);
        p.op = OP_GATHER;
        if (x->rank - 1 + in[1]->rank > 4) return;
        p.rank = 0;
        for (int i = 0; i < axis; i++) p.dims[p.rank++] = x->dims[i];
        for (int i = 0; i < in[1]->rank; i++) p.dims[p.rank++] = in[1]->dims[i];
        for (int i = axis + 1; i < x->rank; i++) p.dims[p.rank++] = x->dims[i];
        raw_node(m, r, p, 2, in);
    } else if (kind < 5) {
        static const enum ir_op ops[] = { OP_SUM, OP_PROD, OP_MAX_OF, OP_MIN_OF, OP_ARGMAX, OP_ARGMIN };
        p.op = ops[pick(6)];
        if (p.op == OP_ARGMAX || p.op == OP_ARGMIN) p.dtype = DT_INT;
        for (int i = axis; i + 1 < x->rank; i++) p.dims[i] = x->dims[i + 1];
        p.rank--;
        raw_node(m, r, p, 1, in);
    } else {
        raw_node(m, r, p, 1, in);
    }
}

static void random_nodes(struct maker *m, struct ir_region *r, int count, int depth);

static void random_loop(struct maker *m, struct ir_region *r, int depth)
{
    struct ir_node *x = any(m, DT_REAL), *y = any(m, DT_REAL), *in[2] = { x, y };
    struct ir_region *body = ir_region_new(m->f, r);
    int before = m->n;
    bool stops = pick(2);
    m->pool[m->n++] = ir_param(m->f, body, DT_INT, 0, NULL, NULL);
    for (int i = 0; i < 2; i++) m->pool[m->n++] = ir_param(m->f, body, DT_REAL, in[i]->rank, in[i]->dims, NULL);
    random_nodes(m, body, 6, depth + 1);
    for (int i = 0; i < 2; i++) {
        struct ir_node *result = pick(4) ? fit(m, body, any(m, DT_REAL), in[i]) : body->params.data[i + 1];
        vec_push(&arena, &body->results, result);
    }
    struct ir_node scalar = { .dtype = DT_BOOL }, *stop = fit(m, body, any(m, DT_BOOL), &scalar);
    if (stops) vec_push(&arena, &body->results, stop);
    m->n = before;
    struct ir_node p = { .op = OP_REPEAT, .body = body, .stops = stops, .count = size_int(sizes, pick(4)),
                         .first = size_int(sizes, pick(3)) };
    struct ir_node *loop = raw_node(m, r, p, 2, in);
    for (int i = 0; i < 2; i++) {
        struct ir_node get = shape_like(OP_GET, DT_REAL, in[i]);
        get.axis = i;
        raw_node(m, r, get, 1, &loop);
    }
}

static void random_build(struct maker *m, struct ir_region *r, int depth)
{
    struct ir_region *body = ir_region_new(m->f, r);
    int before = m->n;
    m->pool[m->n++] = ir_param(m->f, body, DT_INT, 0, NULL, NULL);
    body->counts[0] = size_int(sizes, 1 + pick(3));
    random_nodes(m, body, 4, depth + 1);
    struct ir_node *result = any(m, DT_REAL), p = { .op = OP_BUILD, .dtype = DT_REAL, .body = body };
    if (result->rank > 3) result = m->pool[0];
    vec_push(&arena, &body->results, result);
    m->n = before;
    p.dims[p.rank++] = body->counts[0];
    for (int i = 0; i < result->rank; i++) p.dims[p.rank++] = result->dims[i];
    raw_node(m, r, p, 0, NULL);
}

static void random_leaf(struct maker *m, struct ir_region *r)
{
    static const double numbers[] = { 0.0, -0.0, 1, 2, 0.5, -1, 0.1f };
    struct ir_node p = { .op = OP_CONST, .dtype = pick(3), .integer = pick(2), .real = numbers[pick(7)] };
    if (p.dtype == DT_REAL) p.integer = 0;
    else p.real = 0;
    if (pick(3) == 0) {
        p = (struct ir_node){ .op = OP_IOTA, .dtype = DT_INT, .rank = 2, .axis = pick(2) };
        p.dims[0] = size_int(sizes, 1 + pick(3));
        p.dims[1] = size_int(sizes, 1 + pick(3));
    } else if (pick(4) == 0) {
        p = (struct ir_node){ .op = OP_DRAW_UNIFORM, .rank = 1, .site = (uint32_t)pick(2) };
        p.dims[0] = size_int(sizes, 3);
    }
    raw_node(m, r, p, 0, NULL);
}

static void random_nodes(struct maker *m, struct ir_region *r, int count, int depth)
{
    for (int i = 0; i < count && m->n < 120; i++) {
        int kind = pick(12);
        if (ir_elements(m->pool[m->n - 1]) > 2000) m->n--; /* do not let shapes grow without end */
        if (kind < 4) random_elem(m, r);
        else if (kind < 7) random_view(m, r);
        else if (kind < 9) random_move(m, r);
        else if (kind < 10) random_leaf(m, r);
        else if (kind == 10 && depth < 2) random_loop(m, r, depth);
        else if (depth < 2) random_build(m, r, depth);
    }
}

START_TEST(test_random_functions)
{
    for (int k = 0; k < 600; k++) {
        teardown();
        setup();
        state += (uint64_t)(k + 1) * 0x9E3779B97F4A7C15u;
        struct maker m = { .f = ir_func_new(&arena, sizes, "f") };
        m.f->cse = NULL;
        m.f->precision = k % 2 ? 64 : 32;
        dim d[] = { size_int(sizes, 1 + pick(4)), size_int(sizes, 1 + pick(4)) };
        m.pool[m.n++] = ir_input(m.f, DT_REAL, 0, d, NULL);
        m.pool[m.n++] = ir_input(m.f, DT_REAL, 2, d, NULL);
        m.pool[m.n++] = ir_input(m.f, DT_INT, 1, d, NULL);
        m.pool[m.n++] = ir_input(m.f, DT_BOOL, 2, d, NULL);
        random_nodes(&m, m.f->top, 25, 0);
        for (int i = 0; i < 6; i++) vec_push(&arena, &m.f->top->results, m.pool[m.n - 1 - pick(m.n < 20 ? m.n : 20)]);
        const char *why = ir_verify(m.f);
        if (why) ck_abort_msg("the test made a wrong function: %s\n%s", why, print_text(m.f));
        check_folding(m.f);
    }
}
END_TEST

/* Compositions of views, where the order of the parts matters. */
START_TEST(test_fold_compositions)
{
    check_folding(read_text(
        "func f precision=32 (%0: real[2, 3, 4], %1: real[9, 7]) {\n"
        "  %2 = transpose %0 perm=[1, 2, 0] : real[3, 4, 2]\n"
        "  %3 = transpose %2 perm=[0, 2, 1] : real[3, 2, 4]\n"
        "  %4 = slice %1 start=[8, 1] step=[-2, 3] : real[4, 2]\n"
        "  %5 = slice %4 start=[3, 1] step=[-1, -1] : real[3, 2]\n"
        "  return %3, %5\n"
        "}\n"));
    check_folding(read_text(
        "func f precision=32 (%0: real[2, 4], %1: real[3, 4], %2: int) {\n"
        "  %3 = concat %0, %1 axis=0 : real[5, 4]\n"
        "  %4 = slice %3 start=[4, 0] step=[-2, 2] : real[2, 2]\n" /* within the second part */
        "  %5 = slice %3 start=[3, 0] step=[-2, 1] : real[2, 4]\n" /* from both */
        "  %6 = const 1 : int\n"
        "  %7 = gather %3, %6 axis=1 : real[5]\n"
        "  %8 = broadcast %7 : real[2, 5]\n"
        "  %9 = slice %8 start=[1, 1] step=[1, 2] : real[1, 2]\n"
        "  %10 = const 7 : int\n"
        "  %11 = gather %3, %10 axis=0 : real[4]\n"                /* out of range: stays */
        "  return %4, %5, %7, %9, %11\n"
        "}\n"));
}
END_TEST

#define LENGTH(array) ((int)(sizeof(array) / sizeof *(array)))

/* Every op once, by name: it reads, verifies, runs, and folding and passes keep its bits. */
START_TEST(test_every_op)
{
    static const char *const real[] = { "neg", "abs", "sign", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "sigmoid",
                                        "relu", "gelu", "softplus", "erf", "sin", "cos", "floor" };
    static const char *const two[] = { "add", "sub", "mul", "div", "pow", "max", "min" };
    static const char *const test[] = { "eq", "ne", "lt", "le" };
    static const char *const other[] = {
        "and %2, %2 : bool[3]", "or %2, %2 : bool[3]", "not %2 : bool[3]", "select %2, %0, %0 : real[3]",
        "variable %0 : real[3]", "put %3, %0, %8 axis=1 : real[3, 3]", "to_real %1 : real[3]", "to_int %0 : int[3]",
        "stop_grad %0 : real[3]", "const 2.5 : real",
        "iota axis=0 : int[3]", "draw_uniform site=1 stream=2 : real[3]", "draw_normal site=1 stream=2 : real[3]",
        "broadcast %0 : real[2, 3]", "reshape %0 : real[1, 3]", "transpose %3 perm=[1, 0] : real[3, 3]",
        "slice %0 start=[2] step=[-1] : real[3]", "concat %0, %0 axis=0 : real[6]", "gather %0, %1 axis=0 : real[3]",
        "cumsum %0 axis=0 : real[3]", "sort %0 : real[3]", "argsort %0 : int[3]", "rank %0 : int[3]",
        "sum %0 axis=0 : real", "prompt : int", "prod %0 axis=0 : real", "max_of %0 axis=0 : real",
        "min_of %0 axis=0 : real", "argmax %0 axis=0 : int", "argmin %0 axis=0 : int", "matmul %3, %3 : real[3, 3]",
        "cholesky %3 : real[3, 3]",
        "trisolve %3, %3 upper : real[3, 3]", "lu_solve %3, %3 : real[3, 3]", "lu_logdet %3 : real",
        "eigh %3 : real[4, 3]", "pinv_solve %3, %3 : real[3, 3]", "build (%50: int < 3) { yield %50 } : int[3]",
        "get %4 axis=0 : real[3]",
    };
    bool met[OP_COUNT] = { [OP_INPUT] = true, [OP_PARAM] = true, [OP_REPEAT] = true };
    const char *lines[100];
    int n = 0;
    for (int i = 0; i < LENGTH(real); i++) lines[n++] = arena_printf(&arena, "%s %%0 : real[3]", real[i]);
    for (int i = 0; i < LENGTH(two); i++) lines[n++] = arena_printf(&arena, "%s %%0, %%0 : real[3]", two[i]);
    for (int i = 0; i < LENGTH(two); i++) /* the same on int, but div and pow */
        if (i != 3 && i != 4) lines[n++] = arena_printf(&arena, "%s %%1, %%1 : int[3]", two[i]);
    for (int i = 0; i < LENGTH(test); i++) lines[n++] = arena_printf(&arena, "%s %%0, %%0 : bool[3]", test[i]);
    for (int i = 0; i < LENGTH(other); i++) lines[n++] = other[i];
    for (int i = 0; i < n; i++) {
        struct ir_func *f = read_text(arena_printf(
            &arena,
            "func f precision=32 (%%0: real[3], %%1: int[3], %%2: bool[3], %%3: real[3, 3]) {\n"
            "  %%4 = repeat 2 (%%5: int from 0, %%6: real[3] = %%0) { %%7 = neg %%6 : real[3] yield %%7 }\n"
            "  %%8 = const 1 : int\n  %%99 = %s\n  return %%99\n}\n", lines[i]));
        met[f->top->nodes.data[2]->op] = true;
        check_folding(f);
    }
    for (int op = 0; op < OP_COUNT; op++) ck_assert_msg(met[op], "no case for %s", op_info[op].text);
}
END_TEST

/* What draws on the regions: gradient descent, written as it comes from a script. */
START_TEST(test_gradient_descent)
{
    check_folding(read_text(
        "func gd precision=32 (%0 eta: real) {\n"
        "  %1 = draw_normal site=1 stream=0 : real[9, 4]\n"
        "  %2 = draw_normal site=2 stream=0 : real[9, 1]\n"
        "  %3 = const 0 : real\n"
        "  %4 = broadcast %3 : real[4, 1]\n"
        "  %5 = repeat 12 (%6 i: int from 0, %7 w: real[4, 1] = %4) {\n"
        "    %8 = matmul %1, %7 : real[9, 1]\n"
        "    %9 = sub %8, %2 : real[9, 1]\n"
        "    %10 = transpose %1 perm=[1, 0] : real[4, 9]\n"
        "    %11 = matmul %10, %9 : real[4, 1]\n"
        "    %12 = broadcast %0 : real[4, 1]\n"
        "    %13 = mul %12, %11 : real[4, 1]\n"
        "    %14 = sub %7, %13 : real[4, 1]\n"
        "    yield %14\n"
        "  }\n"
        "  %15 = get %5 axis=0 : real[4, 1]\n"
        "  %16 = matmul %1, %15 : real[9, 1]\n"
        "  return %15, %16\n"
        "}\n"));
}
END_TEST

static Suite *suite(void)
{
    const struct {
        const char *name;
        const TTest *test;
    } tests[] = {
        { "views", test_views }, { "moves", test_moves }, { "sorting", test_sorting },
        { "reductions", test_reductions }, { "elementwise", test_elementwise }, { "draws", test_draws },
        { "draws of passes", test_draws_of_passes }, { "loops", test_loops }, { "matmul", test_matmul },
        { "cholesky", test_cholesky },
        { "cholesky order", test_cholesky_order }, { "lu", test_lu }, { "eigh", test_eigh }, { "pinv", test_pinv },
        { "pinv scaled", test_pinv_scaled }, { "pinv ill conditioned", test_pinv_ill_conditioned },
        { "fold constants", test_fold_constants }, { "random functions", test_random_functions },
        { "every op", test_every_op }, { "fold compositions", test_fold_compositions },
        { "gradient descent", test_gradient_descent },
    };
    Suite *s = suite_create("interp");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *c = tcase_create(tests[i].name);
        tcase_set_timeout(c, 60);
        tcase_add_checked_fixture(c, setup, teardown);
        tcase_add_test(c, tests[i].test);
        suite_add_tcase(s, c);
    }
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
