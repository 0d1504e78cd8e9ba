/* The lanes schedule and the back end against the interpreter: every operation over many shapes, in both precisions, at
 * every number of lanes. Results must have the same bits; one NaN is as good as another. The cache on disk. */
#include <check.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/cache.h"
#include "compiler/interp.h"
#include "compiler/kernel_store.h"
#include "compiler/lanes.h"
#include "runtime/pool.h"

enum { FIRST = 32, PROMPTS = 19, SEED = 20240607 };
static const int widths[] = { 16, 8, 4, 2, 1 };
static bool covered[OP_COUNT];

/* ---- one function, compiled and interpreted ---- */

struct data { /* an input, for both */
    struct tensor tensor;
    void *bytes;
};

static double pseudo(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 33) / 2147483648.0 * 4 - 2;
}

static struct data make_input(struct arena *a, const struct ir_node *n, int precision, uint64_t *state)
{
    int64_t dims[IR_MAX_RANK];
    for (int i = 0; i < n->rank; i++) dims[i] = ir_dim(n, i);
    struct data d = { tensor_new(a, n->dtype, n->rank, dims), NULL };
    int64_t count = tensor_elements(&d.tensor);
    d.bytes = arena_alloc(a, 8 * (size_t)(count + 1));
    for (int64_t i = 0; i < count; i++) {
        double v = pseudo(state);
        if (n->dtype != DT_REAL) {
            ((int64_t *)d.bytes)[i] = d.tensor.i[i] = n->dtype == DT_INT ? (int64_t)floor(3 * v) : v > 0;
        } else if (precision == 32) {
            d.tensor.r[i] = ((float *)d.bytes)[i] = (float)v;
        } else {
            d.tensor.r[i] = ((double *)d.bytes)[i] = v;
        }
    }
    return d;
}

static bool same_bits(const struct icl_kernel *k, const struct tensor *want, int64_t element, const void *out,
                      int64_t at) {
    if (want->dtype != DT_REAL) return ((const int64_t *)out)[at] == want->i[element];
    double w = want->r[element], g = k->precision == 32 ? ((const float *)out)[at] : ((const double *)out)[at];
    return (isnan(w) && isnan(g)) || (w == g && signbit(w) == signbit(g));
}

static void compare(struct arena *a, struct ir_func *f, const struct icl_kernel *k, const struct data *in, void **out,
                    const char *text)
{
    const struct tensor *inputs[8];
    for (int i = 0; i < f->inputs.n; i++) inputs[i] = &in[i].tensor;
    int n = f->top->results.n;
    for (int64_t p = 0; p < PROMPTS; p++) {
        struct interp it = { .arena = a, .precision = f->precision, .seed = SEED, .prompt = (uint64_t)(FIRST + p) };
        struct tensor want[64];
        interp_run(&it, f, inputs, want);
        for (int r = 0; r < n; r++)
            for (int64_t e = 0, all = tensor_elements(&want[r]); e < all; e++) {
                int64_t at = (p / k->lanes * all + e) * k->lanes + p % k->lanes;
                ck_assert_msg(same_bits(k, &want[r], e, out[r], at),
                              "result %d, element %lld, prompt %lld, %d lanes of %d:\n%s", r, (long long)e,
                              (long long)p, k->lanes, k->precision, text);
            }
    }
}

static void note_ops(struct ir_node *n, void *data)
{
    (void)data;
    covered[n->op] = true;
}

static struct ir_func *read_func(struct arena *a, const char *text, int precision)
{
    const char *why = NULL;
    char *copy = arena_printf(a, "func test precision=%d %s", precision, text);
    struct ir_func *f = ir_read(a, interner_new(a), size_table_new(a), copy, &why);
    ck_assert_msg(f != NULL, "%s in\n%s", why, copy);
    why = ir_verify(f);
    ck_assert_msg(why == NULL, "%s in\n%s", why, copy);
    ir_walk(f->top, note_ops, NULL);
    return f;
}

/* The kernel from the store, which compiles for so many lanes, against the interpreter. */
static void run_from(struct kernel_store *s, const char *text, int precision, int lanes)
{
    struct arena a = { 0 };
    const char *why = NULL;
    struct ir_func *f = read_func(&a, text, precision);
    ir_run_passes(f);
    const struct icl_kernel *k = kernel_get(s, f, &why);
    ck_assert_msg(k != NULL, "%s in\n%s", why, text);
    ck_assert_int_eq(k->lanes, lanes);
    struct data in[8];
    const void *bytes[8];
    void *out[64];
    uint64_t state = 1;
    for (int i = 0; i < f->inputs.n; i++) {
        in[i] = make_input(&a, f->inputs.data[i], precision, &state);
        bytes[i] = in[i].bytes;
    }
    int64_t blocks = (PROMPTS + lanes - 1) / lanes;
    for (int r = 0; r < f->top->results.n; r++)
        out[r] = arena_alloc(&a, 8 * (size_t)(ir_elements(f->top->results.data[r]) * blocks * lanes + 1));
    void *scratch = aligned_alloc(64, (k->scratch + 63) / 64 * 64);
    memset(scratch, 0xFF, k->scratch);
    k->run(&(struct icl_kernel_args){ FIRST, blocks, SEED, bytes, out, scratch, k->sizes });
    compare(&a, f, k, in, out, text);
    free(scratch);
    arena_free(&a);
}

static struct kernel_store *store_for(struct arena *a, int lanes)
{
    return kernel_store_new(a, &(struct kernel_options){ .lanes = lanes, .no_cache = true, .verify = true });
}

static void run_one(const char *text, int precision, int lanes)
{
    struct arena a = { 0 };
    struct kernel_store *s = store_for(&a, lanes);
    run_from(s, text, precision, lanes);
    kernel_store_free(s);
    arena_free(&a);
}

static void run_all(const char *text)
{
    for (int precision = 32; precision <= 64; precision += 32)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) run_one(text, precision, widths[w]);
}

/* For families of shapes: two configurations, and all only in the first of a family. */
static void run_some(const char *text)
{
    run_one(text, 32, 8);
    run_one(text, 64, 16); /* with the tiles of 32 registers */
}

/* ---- texts ---- */

struct text {
    struct buf body, results;
    int next;
};

static void begin(struct text *t, const char *params, int next)
{
    memset(t, 0, sizeof *t);
    buf_printf(&t->body, "(%s) {\n", params);
    t->next = next;
}

/* Adds a node; returns its number. */
__attribute__((format(printf, 2, 3))) static int add(struct text *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    buf_printf(&t->body, "  %%%d = ", t->next);
    buf_vprintf(&t->body, format, ap);
    buf_puts(&t->body, "\n");
    va_end(ap);
    return t->next++;
}

static void result(struct text *t, int node)
{
    buf_printf(&t->results, "%s%%%d", t->results.n ? ", " : "", node);
}

static void finish(struct text *t, void (*run)(const char *))
{
    buf_printf(&t->body, "  return %s\n}\n", t->results.text);
    run(t->body.text);
    buf_free(&t->body);
    buf_free(&t->results);
}

/* ---- element by element ---- */

static void elem_rows(struct text *t, enum dtype type, int a, int b)
{
    for (int op = 0; op < OP_COUNT; op++) {
        const struct op_info *i = &op_info[op];
        if (i->class != OP_CLASS_ELEM) continue;
        bool fits = type == DT_REAL  ? i->type != ELEM_LOGIC
                    : type == DT_INT ? i->type == ELEM_SAME || i->type == ELEM_TEST
                                     : i->type == ELEM_LOGIC;
        if (!fits) continue;
        const char *gives = i->type == ELEM_TEST ? "bool" : dtype_name[type];
        if (i->arity == 1) result(t, add(t, "%s %%%d : %s[7]", i->text, a, gives));
        else result(t, add(t, "%s %%%d, %%%d : %s[7]", i->text, a, b, gives));
    }
}

START_TEST(test_elementwise)
{
    struct text t;
    begin(&t, "%0: real[7], %1: int[7], %2: bool[7]", 3);
    int x = add(&t, "draw_normal site=1 stream=0 : real[7]"), y = add(&t, "draw_uniform site=1 stream=1 : real[7]");
    elem_rows(&t, DT_REAL, x, y);
    finish(&t, run_all);
    begin(&t, "%0: real[7], %1: int[7], %2: bool[7]", 3);
    x = add(&t, "draw_normal site=1 stream=0 : real[7]");
    int big = add(&t, "mul %%%d, %%0 : real[7]", x), i = add(&t, "to_int %%%d : int[7]", big);
    int j = add(&t, "add %%%d, %%1 : int[7]", i), p = add(&t, "lt %%%d, %%%d : bool[7]", i, j);
    elem_rows(&t, DT_INT, i, j);
    elem_rows(&t, DT_BOOL, p, 2);
    result(&t, add(&t, "eq %%%d, %%2 : bool[7]", p));
    result(&t, add(&t, "ne %%%d, %%2 : bool[7]", p));
    result(&t, add(&t, "select %%%d, %%%d, %%0 : real[7]", p, x));
    result(&t, add(&t, "select %%2, %%%d, %%%d : int[7]", i, j));
    result(&t, add(&t, "select %%2, %%%d, %%2 : bool[7]", p));
    result(&t, add(&t, "to_real %%%d : real[7]", i));
    result(&t, add(&t, "to_real %%%d : real[7]", p));
    result(&t, add(&t, "to_int %%%d : int[7]", p));
    result(&t, add(&t, "stop_grad %%%d : real[7]", x));
    finish(&t, run_all);
}
END_TEST

START_TEST(test_special_numbers)
{
    static const char *const value[] = { "nan", "inf", "-inf", "0", "-0", "1e-42", "3e38", "-1" };
    struct text t;
    begin(&t, "%0: real", 1);
    int part[8];
    for (int k = 0; k < 8; k++) {
        int c = add(&t, "const %s : real", value[k]);
        part[k] = add(&t, "broadcast %%%d : real[1]", c);
    }
    int x = add(&t, "concat %%%d, %%%d, %%%d, %%%d, %%%d, %%%d, %%%d axis=0 : real[7]", part[0], part[1], part[2],
                part[3], part[4], part[5], part[6]);
    int y = add(&t, "slice %%%d start=[6] step=[-1] : real[7]", x),
        z = add(&t, "draw_normal site=3 stream=0 : real[7]");
    int sum = add(&t, "add %%%d, %%%d : real[7]", x, z);
    elem_rows(&t, DT_REAL, x, y);
    result(&t, add(&t, "sort %%%d : real[7]", sum));
    result(&t, add(&t, "argsort %%%d : int[7]", x));
    result(&t, add(&t, "argmax %%%d axis=0 : int", x));
    result(&t, add(&t, "argmin %%%d axis=0 : int", sum));
    result(&t, add(&t, "max_of %%%d axis=0 : real", y));
    result(&t, add(&t, "min_of %%%d axis=0 : real", sum));
    result(&t, add(&t, "to_int %%%d : int[7]", sum));
    result(&t, add(&t, "cumsum %%%d axis=0 : real[7]", z));
    finish(&t, run_all);
}
END_TEST

/* ---- draws, views, moves ---- */

START_TEST(test_draws)
{
    run_all("() {\n"
            "  %0 = draw_normal site=0x1234abcd stream=7 : real[41, 3]\n"
            "  %1 = draw_uniform site=5 stream=0 : real[6]\n"
            "  %2 = draw_normal site=5 stream=1 : real\n"
            "  %3 = prompt : int\n"
            "  %4 = const 0 : real\n"
            "  %5 = broadcast %4 : real[5]\n"
            "  %6 = const 3 : int\n"
            "  %14 = repeat 2 (%7: int from 0, %8: real[5] = %5) {\n" /* passes counted through both loops */
            "    %9 = mul %7, %6 : int\n"
            "    %13 = repeat 3 (%10: int from 0, %15: real[5] = %8) {\n"
            "      %11 = add %9, %10 : int\n"
            "      %12 = draw_normal %11 site=5 stream=2 : real[5]\n"
            "      %16 = sub %12, %15 : real[5]\n"
            "      yield %16\n    }\n"
            "    %17 = get %13 axis=0 : real[5]\n"
            "    yield %17\n  }\n"
            "  %18 = get %14 axis=0 : real[5]\n"
            "  return %0, %1, %2, %3, %18\n}\n");
}
END_TEST

START_TEST(test_views)
{
    run_all("(%0: real[6, 4]) {\n"
            "  %1 = draw_normal site=1 stream=0 : real[6, 4]\n"
            "  %2 = transpose %1 perm=[1, 0] : real[4, 6]\n"
            "  %3 = reshape %2 : real[8, 3]\n"
            "  %4 = slice %3 start=[7, 2] step=[-2, -1] : real[4, 3]\n"
            "  %5 = reshape %4 : real[2, 6]\n"
            "  %6 = broadcast %5 : real[3, 2, 6]\n"
            "  %7 = transpose %6 perm=[2, 0, 1] : real[6, 3, 2]\n"
            "  %8 = reshape %7 : real[4, 9]\n"
            "  %9 = reshape %1 : real[24]\n"
            "  %10 = slice %9 start=[3] step=[5] : real[4]\n"
            "  %11 = reshape %10 : real[4, 1]\n"
            "  %12 = broadcast %11 : real[4, 9]\n"
            "  %13 = add %12, %8 : real[4, 9]\n"
            "  %14 = add %1, %0 : real[6, 4]\n"
            "  %15 = slice %8 start=[1, 2] step=[1, 3] : real[1, 2]\n"
            "  return %4, %6, %8, %13, %14, %15, %0\n}\n");
}
END_TEST

START_TEST(test_moves)
{
    run_all("(%0: real[5, 7], %1: int[3], %2: int[2, 2]) {\n"
            "  %3 = draw_normal site=1 stream=0 : real[5, 7]\n"
            "  %4 = gather %3, %1 axis=1 : real[5, 3]\n"
            "  %5 = gather %0, %2 axis=0 : real[2, 2, 7]\n"
            "  %6 = argsort %3 : int[5, 7]\n"
            "  %7 = slice %6 start=[2, 0] step=[1, 1] : int[1, 7]\n"
            "  %8 = reshape %7 : int[7]\n"
            "  %9 = gather %0, %8 axis=1 : real[5, 7]\n"
            "  %10 = gather %3, %8 axis=0 : real[7, 7]\n"             /* out of range now and then */
            "  %11 = gather %1, %8 axis=0 : int[7]\n"
            "  %12 = concat %3, %0 axis=0 : real[10, 7]\n"
            "  %13 = concat %4, %3, %4 axis=1 : real[5, 13]\n"
            "  %14 = cumsum %3 axis=0 : real[5, 7]\n"
            "  %15 = cumsum %13 axis=1 : real[5, 13]\n"
            "  %16 = cumsum %6 axis=1 : int[5, 7]\n"
            "  %17 = sort %13 : real[5, 13]\n"
            "  %18 = argsort %13 : int[5, 13]\n"
            "  %19 = sort %6 : int[5, 7]\n"
            "  %20 = lt %3, %0 : bool[5, 7]\n"
            "  %21 = gather %20, %8 axis=1 : bool[5, 7]\n"
            "  %22 = iota axis=1 : int[5, 7]\n"
            "  %23 = gather %3, %22 axis=0 : real[5, 7, 7]\n"
            "  %24 = reshape %7 : int[7, 1]\n"
            "  %25 = slice %24 start=[3, 0] step=[1, 1] : int[1, 1]\n"
            "  %26 = reshape %25 : int\n"
            "  %27 = slice %0 start=[0, 0] step=[1, 1] : real[1, 7]\n"
            "  %28 = reshape %27 : real[7]\n"
            "  %29 = put %3, %28, %26 axis=0 : real[5, 7]\n"
            "  %30 = const 2 : int\n"
            "  %31 = gather %3, %30 axis=1 : real[5]\n"
            "  %32 = put %3, %31, %26 axis=1 : real[5, 7]\n"
            "  %33 = put %3, %28, %30 axis=0 : real[5, 7]\n"
            "  return %4, %5, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %21, %23, %29, %32, %33\n}\n");
}
END_TEST

START_TEST(test_sort_lengths)
{
    for (int n = 1; n <= 130; n = n < 6 ? n + 1 : n * 2 + 1) {
        struct text t;
        begin(&t, "", 0);
        int x = add(&t, "draw_normal site=1 stream=0 : real[2, %d]", n), y = add(&t, "floor %%%d : real[2, %d]", x, n);
        int order = add(&t, "argsort %%%d : int[2, %d]", y, n), z = add(&t, "log %%%d : real[2, %d]", x, n);
        result(&t, add(&t, "sort %%%d : real[2, %d]", x, n));
        result(&t, order);
        result(&t, add(&t, "rank %%%d : int[2, %d]", y, n));
        result(&t, add(&t, "sort %%%d : real[2, %d]", z, n));       /* with NaN */
        result(&t, add(&t, "argsort %%%d : int[2, %d]", z, n));
        result(&t, add(&t, "rank %%%d : int[2, %d]", z, n));
        int minus = add(&t, "neg %%%d : real[2, %d]", y, n), i = add(&t, "to_int %%%d : int[2, %d]", y, n);
        result(&t, add(&t, "sort %%%d : real[2, %d]", minus, n));   /* with -0 */
        result(&t, add(&t, "sort %%%d : int[2, %d]", i, n));
        result(&t, add(&t, "argsort %%%d : int[2, %d]", i, n));
        finish(&t, run_some);
    }
}
END_TEST

/* ---- reductions and products ---- */

START_TEST(test_reductions)
{
    static const char *const op[] = { "sum", "prod", "max_of", "min_of", "argmax", "argmin" };
    static const int length[] = { 1, 2, 3, 7, 15, 16, 17, 33, 50 };
    for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
        struct text t;
        int n = length[k];
        begin(&t, "", 0);
        int x = add(&t, "draw_normal site=1 stream=0 : real[3, %d]", n);
        int y = add(&t, "transpose %%%d perm=[1, 0] : real[%d, 3]", x, n);
        int e = add(&t, "exp %%%d : real[3, %d]", x, n), i = add(&t, "to_int %%%d : int[3, %d]", e, n);
        for (int o = 0; o < 6; o++) {
            const char *type = o < 4 ? "real" : "int";
            result(&t, add(&t, "%s %%%d axis=1 : %s[3]", op[o], x, type));
            result(&t, add(&t, "%s %%%d axis=0 : %s[3]", op[o], y, type));
            result(&t, add(&t, "%s %%%d axis=0 : %s[%d]", op[o], e, type, n));
            result(&t, add(&t, "%s %%%d axis=1 : int[3]", op[o], i));
        }
        finish(&t, n == 17 ? run_all : run_some);
    }
}
END_TEST

START_TEST(test_products)
{
    static const int shape[][3] = { { 1, 1, 1 }, { 1, 9, 1 }, { 8, 3, 1 }, { 41, 16, 1 }, { 1, 16, 9 }, { 5, 7, 6 },
                                    { 13, 2, 11 }, { 16, 20, 16 }, { 2, 5, 2 }, { 9, 1, 10 }, { 7, 4, 23 } };
    for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
        struct text t;
        int m = shape[k][0], n = shape[k][1], c = shape[k][2];
        begin(&t, "", 0);
        int x = add(&t, "draw_normal site=1 stream=0 : real[2, %d, %d]", m, n);
        int y = add(&t, "draw_normal site=2 stream=0 : real[2, %d, %d]", n, c);
        int z = add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", x, y, m, c);
        int xt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", x, n, m);
        int w = add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", xt, z, n, c); /* a product of a product */
        result(&t, w);
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", xt, x, n, n)); /* symmetric */
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", x, xt, m, m));
        int zt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", z, c, m);
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", zt, x, c, n));
        finish(&t, m == 5 ? run_all : run_some);
    }
}
END_TEST

/* Operands whose rows are so long that panels of them are copied: shared by all prompts, or not; walked either way. */
START_TEST(test_panels)
{
    static const int shape[][3] = { { 15, 13, 300 }, { 16, 37, 514 }, { 67, 14, 40 }, { 33, 12, 90 } };
    for (size_t k = 0; k < sizeof shape / sizeof *shape; k++) {
        struct text t;
        int m = shape[k][0], n = shape[k][1], c = shape[k][2];
        char params[80];
        snprintf(params, sizeof params, "%%0: real[2, %d, %d], %%1: real[%d]", n, c, c);
        begin(&t, params, 2);
        int x = add(&t, "draw_normal site=1 stream=0 : real[2, %d, %d]", m, n);
        int y = add(&t, "draw_normal site=2 stream=0 : real[2, %d, %d]", m, c);
        int xt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", x, n, m);
        int bias = add(&t, "broadcast %%1 : real[2, %d, %d]", m, c);
        int wide = add(&t, "matmul %%%d, %%0 : real[2, %d, %d]", x, m, c);
        int sum = add(&t, "add %%%d, %%%d : real[2, %d, %d]", wide, bias, m, c);
        int yt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", y, c, m);
        int back = add(&t, "transpose %%0 perm=[0, 2, 1] : real[2, %d, %d]", c, n);
        result(&t, add(&t, "abs %%%d : real[2, %d, %d]", sum, m, c));
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", xt, y, n, c));
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", yt, x, c, n));
        result(&t, add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", y, back, m, n));
        finish(&t, run_some);
    }
}
END_TEST

START_TEST(test_linear_algebra)
{
    for (int n = 1; n <= 13; n += n < 9 ? 1 : 2) {
        struct text t;
        int m = 1 + n % 4, rows = n + 2;
        begin(&t, "%0: real", 1);
        int x = add(&t, "draw_normal site=1 stream=0 : real[2, %d, %d]", rows, n);
        int b = add(&t, "draw_normal site=2 stream=0 : real[2, %d, %d]", n, m);
        int xt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", x, n, rows);
        int g = add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", xt, x, n, n);
        int square = add(&t, "slice %%%d start=[0, 1, 0] step=[1, 1, 1] : real[2, %d, %d]", x, n, n);
        int l = add(&t, "cholesky %%%d : real[2, %d, %d]", g, n, n);
        int u = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", l, n, n);
        int r = add(&t, "neg %%%d : real[2, %d, %d]", l, n, n);
        int negative = add(&t, "cholesky %%%d : real[2, %d, %d]", square, n, n);
        int f = add(&t, "trisolve %%%d, %%%d : real[2, %d, %d]", l, b, n, m);
        result(&t, r);
        result(&t, negative);
        result(&t, add(&t, "trisolve %%%d, %%%d transposed : real[2, %d, %d]", l, f, n, m));
        result(&t, add(&t, "trisolve %%%d, %%%d upper : real[2, %d, %d]", u, b, n, m));
        result(&t, add(&t, "trisolve %%%d, %%%d upper transposed : real[2, %d, %d]", u, b, n, m));
        result(&t, add(&t, "lu_solve %%%d, %%%d : real[2, %d, %d]", square, b, n, m));
        result(&t, add(&t, "lu_logdet %%%d : real[2]", square));
        finish(&t, n == 7 ? run_all : run_some);
    }
}
END_TEST

/* Kernels for n examples: their buffers, passes, constants and where the last example lies depend on n; also the number
 * that is compared with. */
static char *examples(struct arena *a, int n)
{
    return arena_printf(a, "() {\n"
                        "  %%0 = draw_normal site=1 stream=0 : real[%d, 5]\n"
                        "  %%1 = draw_normal site=2 stream=0 : real[5, 1]\n"
                        "  %%2 = matmul %%0, %%1 : real[%d, 1]\n"
                        "  %%3 = slice %%0 start=[0, 0] step=[1, 1] : real[%d, 5]\n"
                        "  %%4 = slice %%2 start=[0, 0] step=[1, 1] : real[%d, 1]\n"
                        "  %%5 = transpose %%3 perm=[1, 0] : real[5, %d]\n"
                        "  %%6 = matmul %%5, %%4 : real[5, 1]\n"
                        "  %%7 = const %d.25 : real\n"
                        "  %%17 = broadcast %%7 : real[5, 1]\n"
                        "  %%8 = div %%6, %%17 : real[5, 1]\n"
                        "  %%9 = slice %%2 start=[%d, 0] step=[1, 1] : real[1, 1]\n"
                        "  %%10 = iota axis=0 : int[%d]\n"
                        "  %%11 = const %d : int\n"
                        "  %%18 = broadcast %%11 : int[%d]\n"
                        "  %%12 = lt %%10, %%18 : bool[%d]\n"
                        "  %%13 = to_real %%12 : real[%d]\n"
                        "  %%14 = argmax %%4 axis=0 : int[1]\n"
                        "  %%19 = broadcast %%11 : int[1]\n"
                        "  %%15 = lt %%14, %%19 : bool[1]\n"
                        "  %%16 = gather %%2, %%14 axis=0 : real[1, 1]\n"
                        "  return %%8, %%9, %%13, %%14, %%15, %%16\n}\n",
                        n + 1, n + 1, n, n, n, n, n, n, n / 2, n, n, n);
}

START_TEST(test_sizes_share_code)
{
    static const int n[] = { 80, 112, 96, 176, 48 };
    for (int precision = 32; precision <= 64; precision += 32)
        for (int lanes = 1; lanes <= 16; lanes *= 4) {
            struct arena a = { 0 };
            struct kernel_store *s = store_for(&a, lanes);
            for (int k = 0; k < 5; k++) run_from(s, examples(&a, n[k]), precision, lanes);
            struct kernel_counts c = kernel_counts(s);
            ck_assert_int_eq(c.compiled, 1);
            ck_assert_int_eq(c.resized, 4);
            kernel_store_free(s);
            arena_free(&a);
        }
}
END_TEST

/* Three layers: nests that do the same to other buffers, with a value from outside. */
static const char layers[] = "(%0: real[9, 9], %1: real[9, 9], %2: real[9, 9]) {\n"
                             "  %3 = draw_normal site=1 stream=0 : real[12, 9]\n"
                             "  %4 = draw_uniform site=2 stream=0 : real\n"
                             "  %5 = broadcast %4 : real[12, 9]\n"
                             "  %6 = matmul %3, %0 : real[12, 9]\n"
                             "  %7 = mul %6, %5 : real[12, 9]\n"
                             "  %8 = tanh %7 : real[12, 9]\n"
                             "  %9 = matmul %8, %1 : real[12, 9]\n"
                             "  %10 = mul %9, %5 : real[12, 9]\n"
                             "  %11 = tanh %10 : real[12, 9]\n"
                             "  %12 = matmul %11, %2 : real[12, 9]\n"
                             "  %13 = mul %12, %5 : real[12, 9]\n"
                             "  %14 = tanh %13 : real[12, 9]\n"
                             "  %15 = matmul %14, %0 : real[12, 9]\n"
                             "  return %15\n}\n";

static int times(const char *text, const char *what)
{
    int n = 0;
    while ((text = strstr(text, what))) text += strlen(what), n++;
    return n;
}

START_TEST(test_layers_share_code)
{
    struct arena a = { 0 };
    struct buf out = { 0 };
    const char *why = NULL;
    run_all(layers);
    struct kernel_store *s = kernel_store_new(&a, &(struct kernel_options){ .no_cache = true, .lanes = 8 });
    ck_assert_msg(kernel_text(s, read_func(&a, layers, 32), "llvm", &out, &why), "%s", why);
    ck_assert_int_ge(times(out.text, "define internal void @icl_kernel.nest"), 1);
    ck_assert_int_ge(times(out.text, "call void @icl_kernel.nest"), 3);
    buf_free(&out);
    kernel_store_free(s);
    arena_free(&a);
}
END_TEST

/* Much code is compiled in parts, on several threads: the same bytes as on one, and the interpreter's bits. */
START_TEST(test_parts)
{
    struct arena a = { 0 };
    struct buf text = { 0 };
    struct kernel_image image[2] = { { .list = 0 } };
    struct pool *pool = pool_new(2, NULL);
    const char *why = NULL;
    int x = 1;
    buf_puts(&text, "(%0: real[9, 9]) {\n  %1 = draw_normal site=1 stream=0 : real[12, 9]\n");
    for (int k = 0; k < 120; k++, x += 2)
        buf_printf(&text, "  %%%d = matmul %%%d, %%0 : real[12, 9]\n  %%%d = %s %%%d : real[12, 9]\n", x + 1, x, x + 2,
                   k % 3 == 0 ? "tanh" : k % 3 == 1 ? "abs" : "sin", x + 1);
    buf_printf(&text, "  return %%%d\n}\n", x);
    for (int k = 0; k < 2; k++) {
        struct kernel_store *s = store_for(&a, 8);
        struct ir_func *f = read_func(&a, text.text, 32);
        ir_run_passes(f);
        kernel_store_share(s, k ? pool : NULL);
        ck_assert_msg(s->source.kernel(s->source.ctx, f, ir_hash(f), true, &image[k], &why), "%s", why);
        ck_assert_msg(s->source.code(s->source.ctx, f, true, &image[k], &why), "%s", why);
        run_from(s, text.text, 32, 8);
        kernel_store_free(s);
    }
    ck_assert_int_eq(image[0].bytes.n, image[1].bytes.n);
    ck_assert(!memcmp(image[0].bytes.text, image[1].bytes.text, image[0].bytes.n));
    ck_assert_int_eq(times(arena_strndup(&a, image[0].bytes.text, image[0].list), "@"), KERNEL_PARTS);
    for (int k = 0; k < 2; k++) kernel_image_free(&image[k]);
    pool_free(pool);
    buf_free(&text);
    arena_free(&a);
}
END_TEST

START_TEST(test_factor_for_solves_alone)
{
    run_all("() {\n" /* nothing reads the factor's upper triangle */
            "  %0 = draw_normal site=1 stream=0 : real[9, 6]\n"
            "  %1 = draw_normal site=2 stream=0 : real[6, 1]\n"
            "  %2 = transpose %0 perm=[1, 0] : real[6, 9]\n"
            "  %3 = matmul %2, %0 : real[6, 6]\n"
            "  %4 = iota axis=0 : int[6, 6]\n  %5 = iota axis=1 : int[6, 6]\n  %6 = eq %4, %5 : bool[6, 6]\n"
            "  %7 = to_real %6 : real[6, 6]\n"
            "  %8 = add %3, %7 : real[6, 6]\n"
            "  %9 = cholesky %8 : real[6, 6]\n"
            "  %10 = trisolve %9, %1 : real[6, 1]\n"
            "  %11 = trisolve %9, %10 transposed : real[6, 1]\n"
            "  return %11\n}\n");
}
END_TEST

START_TEST(test_jacobi)
{
    for (int n = 1; n <= 6; n++) {
        struct text t;
        begin(&t, "", 0);
        int x = add(&t, "draw_normal site=1 stream=0 : real[2, %d, %d]", n + 1, n);
        int xt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", x, n, n + 1);
        int g = add(&t, "matmul %%%d, %%%d : real[2, %d, %d]", xt, x, n, n);
        result(&t, add(&t, "eigh %%%d : real[2, %d, %d]", g, n + 1, n));
        finish(&t, n == 3 ? run_all : run_some);
    }
}
END_TEST

/* Of full rank; of a rank of the lane's own (some columns are 0, the last is a sum); with one NaN, an infinity, or
 * nothing but 0; and transposed. */
START_TEST(test_lstsq)
{
    for (int n = 1; n <= 9; n++) {
        struct text t;
        begin(&t, "", 0);
        int m = n + n % 3, x = add(&t, "draw_normal site=1 stream=0 : real[2, %d, %d]", m, n);
        int u = add(&t, "draw_uniform site=2 stream=0 : real[2, 1, %d]", n), some = add(&t, "const 0.4 : real");
        some = add(&t, "broadcast %%%d : real[2, 1, %d]", some, n);
        some = add(&t, "lt %%%d, %%%d : bool[2, 1, %d]", some, u, n);
        some = add(&t, "broadcast %%%d : bool[2, %d, %d]", some, m, n);
        int zero = add(&t, "const 0 : real");
        zero = add(&t, "broadcast %%%d : real[2, %d, %d]", zero, m, n);
        int low = add(&t, "select %%%d, %%%d, %%%d : real[2, %d, %d]", some, x, zero, m, n);
        int sum = add(&t, "sum %%%d axis=2 : real[2, %d]", low, m);
        sum = add(&t, "reshape %%%d : real[2, %d, 1]", sum, m);
        low = add(&t, "concat %%%d, %%%d axis=2 : real[2, %d, %d]", low, sum, m, n + 1);
        int bad = add(&t, "log %%%d : real[2, %d, %d]", low, m, n + 1);
        int b = add(&t, "draw_normal site=3 stream=0 : real[2, %d, 2]", m),
            c = add(&t, "draw_normal site=4 stream=0 : real[2, %d, 2]", n + 1);
        int d = add(&t, "slice %%%d start=[0, 0, 0] step=[1, 1, 1] : real[2, %d, 2]", c, n);
        int xt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", x, n, m);
        int lt = add(&t, "transpose %%%d perm=[0, 2, 1] : real[2, %d, %d]", low, n + 1, m);
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", x, b, n));
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", xt, d, m));
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", low, b, n + 1));
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", lt, c, m));
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", bad, b, n + 1));
        result(&t, add(&t, "pinv_solve %%%d, %%%d : real[2, %d, 2]", zero, b, n));
        finish(&t, n == 4 ? run_all : run_some);
    }
}
END_TEST

/* ---- loops and builders ---- */

START_TEST(test_descent)
{
    run_all("(%0: real) {\n" /* X'(X w - y): both products in one pass over the rows */
            "  %1 = draw_normal site=1 stream=0 : real[41, 13]\n"
            "  %2 = draw_normal site=2 stream=0 : real[41, 1]\n"
            "  %3 = const 0 : real\n"
            "  %4 = broadcast %3 : real[13, 1]\n"
            "  %5 = const 0.002 : real\n"
            "  %6 = broadcast %5 : real[13, 1]\n"
            "  %7 = transpose %1 perm=[1, 0] : real[13, 41]\n"
            "  %8 = repeat 7 (%9: int from 0, %10 w: real[13, 1] = %4) {\n"
            "    %11 = matmul %1, %10 : real[41, 1]\n"
            "    %12 = sub %11, %2 : real[41, 1]\n"
            "    %13 = matmul %7, %12 : real[13, 1]\n"
            "    %14 = mul %6, %13 : real[13, 1]\n"
            "    %15 = sub %10, %14 : real[13, 1]\n"
            "    yield %15\n"
            "  }\n"
            "  %16 = get %8 axis=0 : real[13, 1]\n"
            "  %17 = transpose %16 perm=[1, 0] : real[1, 13]\n"
            "  %18 = matmul %17, %7 : real[1, 41]\n"
            "  %19 = tanh %18 : real[1, 41]\n"
            "  %20 = matmul %19, %1 : real[1, 13]\n" /* the narrow operand on the left */
            "  return %16, %20\n}\n");
}
END_TEST

START_TEST(test_loops)
{
    run_all(
        "(%0: real) {\n"
        "  %1 = draw_normal site=1 stream=0 : real[9]\n"
        "  %2 = draw_uniform site=2 stream=0 : real\n"
        "  %3 = const 0.9 : real\n"
        "  %4 = const 0 : int\n"
        "  %5 = const 1 : int\n"
        "  %6 = repeat 20 (%7: int from 3, %8: real[9] = %1, %9: real = %2, %10: int = %4, %11: real[9] = %1) {\n"
        "    %12 = broadcast %3 : real[9]\n"
        "    %13 = mul %8, %12 : real[9]\n"
        "    %14 = cumsum %13 axis=0 : real[9]\n"
        "    %15 = slice %14 start=[8] step=[-1] : real[9]\n"
        "    %16 = mul %9, %3 : real\n"
        "    %17 = add %10, %5 : int\n"
        "    %18 = const 0.05 : real\n"
        "    %19 = lt %16, %18 : bool\n"
        "    %20 = to_real %7 : real\n"
        "    %21 = broadcast %20 : real[9]\n"
        "    %22 = sub %15, %21 : real[9]\n"
        "    %23 = sin %8 : real[9]\n"
        "    yield %22, %16, %17, %23 until %19\n"
        "  }\n"
        "  %24 = get %6 axis=0 : real[9]\n"
        "  %25 = get %6 axis=1 : real\n"
        "  %26 = get %6 axis=2 : int\n"
        "  %27 = get %6 axis=3 : real[9]\n"
        "  %28 = repeat 5 (%29: int from 0, %30: real = %0, %31: real[9] = %1) {\n" /* one state is the same for all */
        "    %32 = add %30, %3 : real\n"
        "    %33 = slice %31 start=[8] step=[-1] : real[9]\n"
        "    yield %32, %33\n"
        "  }\n"
        "  %34 = get %28 axis=0 : real\n"
        "  %35 = get %28 axis=1 : real[9]\n"
        "  %36 = exp %34 : real\n"
        "  %37 = repeat 3 (%38: int from 0, %39: real[9] = %1, %40: real[9] = %35) { yield %40, %39 }\n"
        "  %41 = get %37 axis=0 : real[9]\n"
        "  %42 = get %37 axis=1 : real[9]\n"
        "  %43 = repeat 0 (%44: int from 0, %45: real[9] = %1, %46: real = %2) {\n"
        "    %47 = neg %45 : real[9]\n    %48 = neg %46 : real\n    yield %47, %48\n  }\n"
        "  %49 = get %43 axis=0 : real[9]\n"
        "  %50 = get %43 axis=1 : real\n"
        "  return %24, %25, %26, %27, %34, %35, %36, %41, %42, %49, %50\n}\n");
}
END_TEST

START_TEST(test_builders)
{
    run_all("(%0: real[6]) {\n"
            "  %1 = draw_normal site=1 stream=0 : real[9]\n"
            "  %2 = build (%3: int < 4, %4: int < 5) {\n"
            "    %5 = add %3, %4 : int\n"
            "    %6 = gather %1, %5 axis=0 : real\n"
            "    %7 = sub %3, %4 : int\n"
            "    %8 = gather %1, %7 axis=0 : real\n" /* out of range below the diagonal */
            "    %9 = eq %3, %4 : bool\n"
            "    %10 = select %9, %6, %8 : real\n"
            "    %11 = repeat 3 (%12: int from 0, %13: real = %10) {\n"
            "      %14 = to_real %12 : real\n      %15 = mul %13, %14 : real\n      yield %15\n    }\n"
            "    %16 = get %11 axis=0 : real\n"
            "    %17 = add %16, %10 : real\n"
            "    yield %17\n"
            "  } : real[4, 5]\n"
            "  %18 = build (%19: int < 3) {\n"
            "    %20 = to_real %19 : real\n"
            "    %21 = broadcast %20 : real[9]\n"
            "    %22 = mul %21, %1 : real[9]\n"
            "    %23 = exp %22 : real[9]\n"
            "    %24 = cumsum %23 axis=0 : real[9]\n"
            "    yield %24\n"
            "  } : real[3, 9]\n"
            "  %25 = build (%26: int < 6) {\n" /* the same for all prompts */
            "    %27 = gather %0, %26 axis=0 : real\n    %28 = exp %27 : real\n    yield %28\n"
            "  } : real[6]\n"
            "  %29 = sum %25 axis=0 : real\n"
            "  %30 = broadcast %29 : real[9]\n"
            "  %31 = mul %30, %1 : real[9]\n"
            "  %32 = iota axis=0 : int[3, 2]\n"
            "  %33 = to_real %32 : real[3, 2]\n"
            "  return %2, %18, %25, %31, %33\n}\n");
}
END_TEST

START_TEST(test_tapes)
{
    run_all("() {\n" /* states written to a tape, and read backwards */
            "  %0 = draw_normal site=1 stream=0 : real[3]\n"
            "  %1 = const 0 : real\n"
            "  %2 = broadcast %1 : real[5, 3]\n"
            "  %3 = repeat 5 (%4: int from 0, %5: real[3] = %0, %6: real[5, 3] = %2) {\n"
            "    %7 = sin %5 : real[3]\n"
            "    %8 = put %6, %5, %4 axis=0 : real[5, 3]\n"
            "    yield %7, %8\n"
            "  }\n"
            "  %9 = get %3 axis=0 : real[3]\n"
            "  %10 = get %3 axis=1 : real[5, 3]\n"
            "  %11 = repeat 5 (%12: int from 0, %13: real[3] = %9) {\n"
            "    %14 = const 4 : int\n"
            "    %15 = sub %14, %12 : int\n"
            "    %16 = gather %10, %15 axis=0 : real[3]\n"
            "    %17 = cos %16 : real[3]\n"
            "    %18 = mul %17, %13 : real[3]\n"
            "    yield %18\n"
            "  }\n"
            "  %19 = get %11 axis=0 : real[3]\n"
            "  return %10, %19\n}\n");
}
END_TEST

START_TEST(test_empty)
{
    run_all("(%0: real[0, 3]) {\n"
            "  %1 = draw_normal site=1 stream=0 : real[3, 2]\n"
            "  %2 = matmul %0, %1 : real[0, 2]\n"
            "  %3 = transpose %0 perm=[1, 0] : real[3, 0]\n"
            "  %4 = matmul %3, %0 : real[3, 3]\n"
            "  %5 = sum %0 axis=0 : real[3]\n"
            "  %6 = prod %0 axis=0 : real[3]\n"
            "  return %2, %4, %5, %6\n}\n");
}
END_TEST

START_TEST(test_every_operation_was_met)
{
    for (int op = 0; op < OP_COUNT; op++)
        ck_assert_msg(covered[op] || op == OP_VARIABLE, "no test has %s", op_info[op].text);
}
END_TEST

/* ---- text of the stages, cache ---- */

static const char *const small =
    "() {\n  %0 = draw_normal site=1 stream=0 : real[5]\n  %1 = sum %0 axis=0 : real\n  return %1\n}\n";

START_TEST(test_stages)
{
    struct arena a = { 0 };
    const char *why = NULL;
    struct kernel_store *s = kernel_store_new(&a, &(struct kernel_options){ .no_cache = true });
    static const char *const stage[] = {"loops", "llvm", "asm"}, *const holds[] = {"draw_normal", "define", ".text"};
    for (int k = 0; k < 3; k++) {
        struct buf out = { 0 };
        ck_assert_msg(kernel_text(s, read_func(&a, small, 32), stage[k], &out, &why), "%s", why);
        ck_assert_ptr_nonnull(strstr(out.text, holds[k]));
        buf_free(&out);
    }
    arena_free(&a);
}
END_TEST

START_TEST(test_objects_for_other_machines)
{
    static const char *const triple[] = { "x86_64-pc-linux-gnu", "x86_64-pc-linux-gnu", "aarch64-linux-gnu" };
    static const char *const cpu[] = { "x86-64-v4", "x86-64", "generic" };
    struct arena a = { 0 };
    for (int k = 0; k < 3; k++) {
        const char *why = NULL;
        struct icl_kernel about;
        struct buf out = { 0 };
        struct kernel_store *s =
            kernel_store_new(&a, &(struct kernel_options){.triple = triple[k], .cpu = cpu[k], .no_cache = true});
        ck_assert_msg(kernel_object(s, read_func(&a, small, 32), "some_kernel", &out, &about, &why), "%s", why);
        ck_assert_int_eq(about.lanes, k ? 4 : 16);
        ck_assert(out.n > 64 && !memcmp(out.text, "\177ELF", 4));
        buf_free(&out);
    }
    arena_free(&a);
}
END_TEST

static struct kernel_counts get_from(const char *folder)
{
    struct arena a = { 0 };
    const char *why = NULL;
    struct kernel_store *s = kernel_store_new(&a, &(struct kernel_options){ .folder = folder });
    struct ir_func *f = read_func(&a, small, 32);
    ck_assert_msg(kernel_get(s, f, &why) != NULL, "%s", why);
    ck_assert_msg(kernel_get(s, f, &why) != NULL, "%s", why);
    struct kernel_counts c = kernel_counts(s);
    kernel_store_free(s);
    arena_free(&a);
    return c;
}

static void damage(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *d;
    while ((d = readdir(dir))) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
        FILE *f = *d->d_name == '.' ? NULL : fopen(path, "r+");
        if (!f) continue;
        fseek(f, 200, SEEK_SET);
        fputs("damage", f);
        fclose(f);
    }
    closedir(dir);
}

START_TEST(test_cache_on_disk)
{
    char folder[] = "/tmp/icl-check-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct cache cache = { .dir = folder };
    struct kernel_counts c = get_from(folder);
    ck_assert(c.compiled == 1 && c.from_disk == 0 && c.from_memory == 1);
    c = get_from(folder);
    ck_assert(c.compiled == 0 && c.from_disk == 1 && c.from_memory == 1);
    ck_assert_int_eq(cache_look(&cache).files, 3); /* the kernel, its code, and the draws */
    damage(folder);
    c = get_from(folder);
    ck_assert(c.compiled == 1 && c.from_disk == 0);
    int left = -1;
    cache_clear(&cache, &left);
    ck_assert_int_eq(left, 0);
    ck_assert_int_eq(cache_look(&cache).files, 0);
    rmdir(folder);
}
END_TEST

START_TEST(test_cache_keeps_to_its_cap)
{
    char folder[] = "/tmp/icl-check-XXXXXX", bytes[1000] = { 0 };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    struct cache cache = { .dir = folder, .cap = 10000 };
    for (int k = 0; k < 30; k++) {
        struct cache_entry e = { .key = "" };
        snprintf(e.key, sizeof e.key, "%032d", k);
        ck_assert(cache_write(&cache, &e, bytes, sizeof bytes));
        ck_assert(cache_look(&cache).bytes <= 10000);
    }
    struct cache_entry last = { .key = "00000000000000000000000000000029" };
    struct buf got = { 0 };
    ck_assert(cache_read(&cache, &last, &got));
    ck_assert_uint_eq(got.n, sizeof bytes);
    buf_free(&got);
    int left = -1;
    cache_clear(&cache, &left);
    ck_assert_int_eq(left, 0);
    rmdir(folder);
}
END_TEST

int main(void)
{
    const char *icl = getenv("ICL"), *slash = icl ? strrchr(icl, '/') : NULL;
    if (slash) { /* the back end lies beside icl */
        char folder[4096];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - icl), icl);
        setenv("ICL_LIBEXEC", folder, 1);
    }
    Suite *s = suite_create("lanes");
    TCase *t = tcase_create("lanes");
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    tcase_add_test(t, test_elementwise);
    tcase_add_test(t, test_special_numbers);
    tcase_add_test(t, test_draws);
    tcase_add_test(t, test_views);
    tcase_add_test(t, test_moves);
    tcase_add_test(t, test_sort_lengths);
    tcase_add_test(t, test_reductions);
    tcase_add_test(t, test_products);
    tcase_add_test(t, test_panels);
    tcase_add_test(t, test_linear_algebra);
    tcase_add_test(t, test_sizes_share_code);
    tcase_add_test(t, test_layers_share_code);
    tcase_add_test(t, test_parts);
    tcase_add_test(t, test_factor_for_solves_alone);
    tcase_add_test(t, test_jacobi);
    tcase_add_test(t, test_lstsq);
    tcase_add_test(t, test_descent);
    tcase_add_test(t, test_loops);
    tcase_add_test(t, test_builders);
    tcase_add_test(t, test_tapes);
    tcase_add_test(t, test_empty);
    tcase_add_test(t, test_every_operation_was_met);
    tcase_add_test(t, test_stages);
    tcase_add_test(t, test_objects_for_other_machines);
    tcase_add_test(t, test_cache_on_disk);
    tcase_add_test(t, test_cache_keeps_to_its_cap);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK); /* what tests cover is counted */
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
