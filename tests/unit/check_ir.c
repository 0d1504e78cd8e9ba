/* Sizes, construction of the tensor IR, its text, its verifier and its passes. Functions under test are written as
 * text, which ir_read takes as it stands: also when it breaks a rule. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir.h"

static struct arena arena;
static struct size_table *sizes;
static struct interner *names;

static void setup(void)
{
    memset(&arena, 0, sizeof arena);
    sizes = size_table_new(&arena);
    names = interner_new(&arena);
}

static void teardown(void)
{
    arena_free(&arena);
}

/* ---- sizes ---- */

static dim symbol(const char *name, enum size_kind kind, int64_t value)
{
    return size_symbol(sizes, intern(names, name), kind, value, (struct span){ 0 }, "the test");
}

static dim num(int64_t v)
{
    return size_int(sizes, v);
}

static dim plus(dim a, dim b)
{
    return size_add(sizes, a, b);
}

static dim minus(dim a, dim b)
{
    return size_sub(sizes, a, b);
}

static dim times(dim a, dim b)
{
    return size_mul(sizes, a, b);
}

static dim over(dim a, dim b)
{
    return size_quotient(sizes, a, b);
}

#define TEXT(size, text) ck_assert_str_eq(size_str(&arena, size), text)

START_TEST(test_sizes_normalise)
{
    dim n = symbol("n", SIZE_RIGID, 0), d = symbol("d", SIZE_RIGID, 0);
    ck_assert_ptr_eq(plus(n, num(1)), plus(num(1), n));
    ck_assert_ptr_eq(minus(plus(n, num(1)), num(1)), n);
    ck_assert_ptr_eq(times(num(2), n), plus(n, n));
    ck_assert_ptr_eq(times(plus(n, d), minus(n, d)), minus(times(n, n), times(d, d)));
    ck_assert_ptr_eq(minus(n, n), num(0));
    ck_assert_ptr_ne(n, symbol("n", SIZE_RIGID, 0));
}
END_TEST

START_TEST(test_sizes_quotients)
{
    dim n = symbol("n", SIZE_RIGID, 0), d = symbol("d", SIZE_RIGID, 0);
    dim k = symbol("k", SIZE_OPEN, 0), heads = symbol("heads", SIZE_OPEN, 0);
    ck_assert_ptr_eq(over(times(n, d), d), n);
    ck_assert_ptr_eq(over(times(num(6), n), num(3)), times(num(2), n));
    ck_assert_ptr_eq(over(times(plus(n, num(1)), plus(n, d)), plus(n, d)), plus(n, num(1)));
    ck_assert_ptr_eq(times(over(k, heads), heads), k);
    ck_assert_ptr_eq(times(heads, times(num(3), over(k, heads))), times(num(3), k));
    ck_assert_ptr_eq(times(over(k, plus(n, d)), plus(n, d)), k);
    ck_assert_ptr_eq(over(times(num(2), k), times(num(2), heads)), over(k, heads));
    dim m = symbol("m", SIZE_VALUED, 40), h = symbol("h", SIZE_VALUED, 7), ten = over(m, num(4));
    int64_t v;
    ck_assert(size_known(ten, &v) && v == 10);
    TEXT(ten, "m / 4");
    ck_assert(!size_known(over(m, h), NULL));
    ck_assert(!size_known(over(m, num(0)), NULL));
}
END_TEST

START_TEST(test_sizes_compare)
{
    dim n = symbol("n", SIZE_RIGID, 0), d = symbol("d", SIZE_RIGID, 0), k = symbol("k", SIZE_OPEN, 0);
    dim m = symbol("m", SIZE_VALUED, 40);
    ck_assert_int_eq(size_compare(n, d), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(n, plus(n, num(1))), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(n, num(3)), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(n, k), SIZE_UNDECIDED);
    ck_assert_int_eq(size_compare(plus(k, num(1)), k), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(n, over(d, num(2))), SIZE_UNDECIDED);
    ck_assert_int_eq(size_compare(m, num(40)), SIZE_EQUAL);
    ck_assert_int_eq(size_compare(m, num(41)), SIZE_DIFFERENT);
    ck_assert_int_eq(size_compare(times(n, m), times(num(40), n)), SIZE_EQUAL);
    ck_assert_int_eq(size_compare(plus(n, m), plus(n, num(41))), SIZE_DIFFERENT);
}
END_TEST

START_TEST(test_sizes_bounds)
{
    dim n = symbol("n", SIZE_RIGID, 0), d = symbol("d", SIZE_RIGID, 0), m = symbol("m", SIZE_VALUED, 40);
    ck_assert(size_never_negative(minus(n, num(1))));
    ck_assert(!size_never_negative(minus(n, num(2))));
    ck_assert(size_never_negative(minus(times(n, d), n)));
    ck_assert(!size_never_negative(minus(n, d)));
    ck_assert(size_never_negative(minus(m, num(40))));
    ck_assert(!size_never_negative(minus(m, num(41))));
    ck_assert_ptr_eq(size_max(sizes, n, num(1)), n);
    ck_assert_ptr_eq(size_min(sizes, n, num(1)), num(1));
    ck_assert_ptr_eq(size_max(sizes, n, d), size_max(sizes, d, n));
    ck_assert(size_never_negative(minus(size_max(sizes, n, d), num(1))));
    ck_assert_int_eq(size_value(size_max(sizes, m, num(50))), 50);
}
END_TEST

START_TEST(test_sizes_text)
{
    dim n = symbol("n", SIZE_RIGID, 0), d = symbol("d", SIZE_RIGID, 0), k = symbol("k", SIZE_OPEN, 0);
    TEXT(plus(num(1), n), "n + 1");
    TEXT(minus(d, num(1)), "d - 1");
    TEXT(minus(num(1), d), "1 - d");
    TEXT(times(n, num(2)), "2 * n");
    TEXT(plus(num(3), plus(times(d, n), d)), "n * d + d + 3");
    TEXT(times(num(2), over(k, n)), "2 * (k / n)");
    TEXT(over(plus(k, num(1)), times(num(2), n)), "(k + 1) / (2 * n)");
    TEXT(size_max(sizes, n, d), "max(n, d)");
    TEXT(times(n, n), "n ** 2");
    TEXT(minus(num(0), n), "-n");
    const struct size_symbol *found[2];
    ck_assert_int_eq(size_symbols(plus(times(n, over(k, d)), n), found, 2), 3);
    ck_assert_str_eq(found[0]->name, "n");
}
END_TEST

START_TEST(test_sizes_huge)
{
    dim n = symbol("n", SIZE_RIGID, 0), big = num(INT64_MAX), p = n, sum = num(1);
    ck_assert_int_eq(size_value(plus(big, big)), INT64_MAX);
    ck_assert_int_eq(size_value(times(times(big, num(-2)), big)), -INT64_MAX);
    for (int i = 0; i < 80; i++) p = times(p, p);
    ck_assert(!size_known(p, NULL));
    for (int i = 0; i < 12; i++) sum = times(plus(sum, symbol("s", SIZE_RIGID, 0)), plus(sum, n));
    ck_assert(!size_known(sum, NULL));
}
END_TEST

/* ---- text ---- */

static struct ir_func *read_text(const char *text)
{
    const char *why;
    struct ir_func *f = ir_read(&arena, names, sizes, text, &why);
    if (!f) ck_abort_msg("%s\n%s", why, text);
    return f;
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

static const char *const whole =
    "func gd precision=32 (%0 X: real[40, 16], %1 'attention[0].Wq': int[4]) {\n"
    "  %2 x = draw_normal site=0x1234 stream=7 : real[41, 16]\n"
    "  %3 = slice %2 start=[0, 0] step=[1, 1] : real[40, 16]\n"
    "  %4 = transpose %3 perm=[1, 0] : real[16, 40]\n"
    "  %5 = const 0.1 : real\n"
    "  %6 = const -3 : int\n"
    "  %7 = const true : bool\n"
    "  %8 = broadcast %5 : real[16, 1]\n"
    "  %9 = const -0 : real\n"
    "  %10 = repeat 48 (%11 i: int from 2, %12 w: real[16, 1] = %8, %13: int = %6) {\n"
    "    %14 = matmul %3, %12 : real[40, 1]\n"
    "    %15 = matmul %4, %14 : real[16, 1]\n"
    "    %16 = sum %15 axis=0 : real[1]\n"
    "    %17 = reshape %16 : real\n"
    "    %18 = lt %17, %5 : bool\n"
    "    yield %15, %11 until %18\n"
    "  }\n"
    "  %19 = get %10 axis=0 : real[16, 1]\n"
    "  %20 = build (%21 i: int < 3, %22: int < 5) {\n"
    "    %23 = add %21, %22 : int\n"
    "    yield %23\n"
    "  } : int[3, 5]\n"
    "  %24 = matmul %4, %3 : real[16, 16]\n"
    "  %25 = cholesky %24 : real[16, 16]\n"
    "  %26 = trisolve %25, %19 upper transposed : real[16, 1]\n"
    "  %27 = concat %19, %26 axis=1 : real[16, 2]\n"
    "  %28 = gather %27, %1 axis=0 : real[4, 2]\n"
    "  %29 = const nan : real\n"
    "  %30 = const -inf : real\n"
    "  return %28, %20, %29\n"
    "}\n";

START_TEST(test_text_round_trip)
{
    struct ir_func *f = read_text(whole);
    ck_assert_pstr_eq(ir_verify(f), NULL);
    ck_assert_str_eq(print_text(f), whole);
    ck_assert_uint_eq(ir_hash(f), ir_hash(read_text(whole)));
}
END_TEST

START_TEST(test_text_symbolic)
{
    const char *text = "func f precision=64 (%0: real[n, max(n, d), 2 * (k / heads), n * d - 1]) {\n"
                       "  %1 = neg %0 : real[n, max(n, d), 2 * (k / heads), n * d - 1]\n"
                       "  return %1\n"
                       "}\n";
    ck_assert_str_eq(print_text(read_text(text)), text);
    ck_assert_pstr_eq(ir_verify(read_text(text)), NULL);
}
END_TEST

START_TEST(test_text_faults)
{
    static const char *const bad[][2] = {
        { "func f precision=32 () {\n  %0 = frob : real\n  return %0\n}", "line 2: unknown operation" },
        { "func f precision=32 () {\n  return %7\n}", "line 2: %7 is not defined" },
        { "func f precision=32 () {\n  %0 = const 1 : real\n  %0 = const 1 : real\n  return\n}",
          "line 3: a node's number is used twice" },
        { "func f precision=32 () {\n  %0 = const 1 : string\n}", "line 2: expected `bool`" },
        { "func f precision=32 () { return } more", "line 1: text after the function" },
        { "func f precision=32 () {", "line 1: expected `%`" },
        { "", "line 1: expected `func`" },
        { "func f precision=32 (%0: int[1,1,1,1,1,1,1,1,1]) { return }", "line 1: too many axes" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = NULL;
        ck_assert_ptr_null(ir_read(&arena, names, sizes, bad[i][0], &why));
        ck_assert_str_eq(why, bad[i][1]);
    }
}
END_TEST

/* Every change of what decides the machine code changes the hash; names do not. */
START_TEST(test_hash)
{
    static const char *const change[][2] = {
        { "stream=7", "stream=8" }, { "site=0x1234", "site=0x1235" }, { "const -3", "const -4" },
        { "const -0 ", "const 0 " },
        { "repeat 48", "repeat 49" }, { "from 2", "from 3" }, { "upper transposed", "upper" }, { "< 5", "< 6" },
        { "precision=32", "precision=64" }, { "add %21, %22", "sub %21, %22" }, { "add %21, %22", "add %21, %21" },
        { "gather %27, %1 axis=0 : real[4, 2]", "gather %27, %1 axis=1 : real[16, 4]" },
        { "return %28,", "return %27," },
        { "const nan", "const -nan" }, { "yield %15, %11", "yield %15, %13" },
    };
    uint64_t hash = ir_hash(read_text(whole));
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        const char *at = strstr(whole, change[i][0]);
        ck_assert_ptr_nonnull(at);
        const char *rest = at + strlen(change[i][0]);
        const char *text = arena_printf(&arena, "%.*s%s%s", (int)(at - whole), whole, change[i][1], rest);
        ck_assert_msg(ir_hash(read_text(text)) != hash, "%s", change[i][1]);
    }
    const char *at = strstr(whole, "%2 x =");
    const char *renamed = arena_printf(&arena, "%.*s%%2 other =%s", (int)(at - whole), whole, at + 6);
    ck_assert_uint_eq(ir_hash(read_text(renamed)), hash);
}
END_TEST

/* ---- the verifier: one fault a rule ---- */

static const char *const faults[][2] = {
    { "%9 = add %0, %1 : real[3]", "operands of different types" },
    { "%9 = add %0, %3 : real[3, 3]", "an operand's shape is not the result's" },
    { "%9 = exp %1 : int[3]", "operands must be real" },
    { "%9 = add %2, %2 : bool[3]", "operands must be numbers" },
    { "%9 = and %1, %1 : int[3]", "operands must be bool" },
    { "%9 = lt %0, %0 : real[3]", "wrong type of result" },
    { "%9 = add %0 : real[3]", "wrong number of operands" },
    { "%9 = select %1, %0, %0 : real[3]", "the condition must be bool" },
    { "%9 = select %2, %0, %1 : real[3]", "operands of different types" },
    { "%9 = select %2, %3, %3 : real[3, 3]", "an operand's shape is not the result's" },
    { "%9 = to_real %1 : real[4]", "the operand's shape is not the result's" },
    { "%9 = to_real %0 : real[3]", "the operand has the type already" },
    { "%9 = to_int %0 : bool[3]", "wrong type of result" },
    { "%9 = stop_grad %0 : int[3]", "wrong type of result" },
    { "%9 = const 1 : real[3]", "a constant has rank 0" },
    { "%9 = const 2 : bool", "a bool is 0 or 1" },
    { "%9 = input : real", "inputs and parameters are no nodes of a region" },
    { "%9 = param : real", "inputs and parameters are no nodes of a region" },
    { "%9 = iota axis=1 : int[3]", "axis out of range" },
    { "%9 = iota axis=0 : real[3]", "wrong type of result" },
    { "%9 = draw_normal site=1 stream=0 : int[3]", "wrong type of result" },
    { "%9 = draw_normal %3 site=1 stream=0 : real[3]", "the pass is one whole number" },
    { "%9 = draw_normal %0, %0 site=1 stream=0 : real[3]", "wrong number of operands" },
    { "%9 = broadcast %3 : real[3]", "the operand has more axes than the result" },
    { "%9 = broadcast %0 : real[2, 4]", "an axis of neither size 1 nor the result's" },
    { "%9 = broadcast %0 : int[2, 3]", "wrong type of result" },
    { "%9 = reshape %3 : real[8]", "the number of elements changes" },
    { "%9 = transpose %3 perm=[0, 0] : real[3, 3]", "perm is no permutation" },
    { "%9 = transpose %5 perm=[1, 0] : real[3, 5]", "wrong shape of result" },
    { "%9 = slice %0 start=[1] step=[1] : real[3]", "the slice leaves the operand" },
    { "%9 = slice %0 start=[-1] step=[1] : real[2]", "the slice leaves the operand" },
    { "%9 = slice %0 start=[1] step=[-1] : real[3]", "the slice leaves the operand" },
    { "%9 = slice %0 start=[1] step=[0] : real[2]", "a step is 0" },
    { "%9 = slice %3 start=[1, 0] step=[1, 1] : real[2]", "wrong rank" },
    { "%9 = concat %0, %1 axis=0 : real[6]", "operands of different types" },
    { "%9 = concat %0, %0 axis=1 : real[6]", "axis out of range" },
    { "%9 = concat %0, %0 axis=0 : real[7]", "wrong shape of result" },
    { "%9 = concat %3, %5 axis=1 : real[3, 8]", "" },
    { "%9 = concat %3, %5 axis=0 : real[6, 3]", "an operand's shape is not the result's" },
    { "%9 = concat axis=0 : real[6]", "no operands" },
    { "%9 = gather %0, %0 axis=0 : real[3]", "the index must be int" },
    { "%9 = gather %0, %1 axis=1 : real[3]", "axis out of range" },
    { "%9 = gather %5, %1 axis=0 : real[3, 4]", "wrong shape of result" },
    { "%9 = gather %5, %1 axis=0 : real[3]", "wrong rank" },
    { "%4 = const 0 : int\n  %9 = put %3, %0, %1 axis=0 : real[3, 3]", "the index must be one int" },
    { "%4 = const 0 : int\n  %9 = put %3, %0, %4 axis=2 : real[3, 3]", "axis out of range" },
    { "%4 = const 0 : int\n  %9 = put %5, %0, %4 axis=0 : real[3, 5]", "wrong shape of the row" },
    { "%4 = const 0 : int\n  %9 = put %5, %0, %4 axis=0 : real[5, 3]", "the operand's shape is not the result's" },
    { "%9 = variable %0 : int[3]", "wrong type of result" },
    { "%9 = cumsum %0 axis=1 : real[3]", "axis out of range" },
    { "%9 = cumsum %2 axis=0 : bool[3]", "the operand must be numbers" },
    { "%9 = sort %0 : real[4]", "the operand's shape is not the result's" },
    { "%9 = argsort %0 : real[3]", "wrong type of result" },
    { "%9 = sum %0 axis=1 : real", "axis out of range" },
    { "%9 = sum %3 axis=0 : real", "wrong rank" },
    { "%9 = sum %5 axis=0 : real[3]", "wrong shape of result" },
    { "%9 = sum %2 axis=0 : bool", "the operand must be numbers" },
    { "%9 = max_of %6 axis=0 : real", "an empty axis has no such element" },
    { "%9 = argmax %0 axis=0 : real", "wrong type of result" },
    { "%9 = matmul %0, %3 : real[3]", "operands must be matrices" },
    { "%9 = matmul %5, %5 : real[3, 5]", "inner sizes differ" },
    { "%9 = matmul %3, %5 : real[3, 3]", "wrong shape of result" },
    { "%9 = matmul %3, %7 : real[2, 3, 3]", "operands of different rank" },
    { "%9 = matmul %7, %8 : real[2, 3, 3]", "leading axes differ" },
    { "%9 = cholesky %5 : real[3, 5]", "the operand is not square" },
    { "%9 = cholesky %3 : real[3, 4]", "wrong shape of result" },
    { "%9 = lu_logdet %3 : real[3]", "wrong shape of result" },
    { "%9 = eigh %3 : real[3, 3]", "wrong shape of result" },
    { "%9 = trisolve %5, %5 : real[5, 5]", "the matrix is not square" },
    { "%9 = pinv_solve %5, %3 : real[3, 3]", "wrong shape of result" },
    { "%4 = transpose %5 perm=[1, 0] : real[5, 3]\n  %9 = pinv_solve %4, %3 : real[3, 3]",
      "the right-hand side has another number of rows" },
    { "%4 = repeat 2 (%9: int from 0) { yield }\n  %10 = get %4 axis=0 : int", "axis out of range" },
    { "%9 = get %0 axis=0 : real[3]", "the operand is no repeat" },
    { "%4 = repeat 2 (%9: int from 0, %10: real[3] = %0) { yield %10 }\n  %11 = get %4 axis=0 : int",
      "not of the state's type and shape" },
    { "%9 = repeat -1 (%4: int from 0) { yield }", "the number of passes is negative" },
    { "%9 = repeat 2 (%4: real from 0) { yield }", "the index must be an int" },
    { "%9 = repeat 2 (%4: int from 0, %10: real[3] = %0) { yield }", "wrong number of results" },
    { "%9 = repeat 2 (%4: int from 0, %10: real[4] = %0) { yield %10 }", "a state is not of its first value's type" },
    { "%9 = repeat 2 (%4: int from 0, %10: real[3] = %0) { yield %1 }", "a state is not of its next value's type" },
    { "%9 = repeat 2 (%4: int from 0) { yield until %2 }", "the stop condition must be a bool" },
    { "%9 = repeat 2 () { yield }", "the first index is missing" },
    { "%9 = build (%4: int < 2) { yield } : real[2]", "wrong number of results" },
    { "%9 = build (%4: int < 2) { yield %0 } : real[2]", "wrong rank" },
    { "%9 = build (%4: real < 2) { yield %0 } : real[2, 3]", "an index must be an int" },
    { "%9 = build (%4: int < 2) { yield %0 } : real[3, 3]", "wrong shape of result" },
    { "%9 = build (%4: int < 2) { yield %0 } : int[2, 3]", "wrong type of result" },
    { "%9 = build (%4: int < 2) { yield %4 } : int[2]\n  %10 = neg %4 : int", "an operand does not stand before it" },
    { "%4 = repeat 2 (%9: int from 0) { yield }\n  %10 = neg %4 : int", "a repeat is read by `get` alone" },
    { "%9 = neg %0 : real[-3]", "a size is negative" },
};

START_TEST(test_verifier)
{
    const char *fault = faults[_i][0], *expected = faults[_i][1];
    struct ir_func *f = read_text(arena_printf(
        &arena,
        "func f precision=32 (%%0: real[3], %%1: int[3], %%2: bool[3], %%3: real[3, 3], %%5: real[3, 5], %%6: real[0],"
        " %%7: real[2, 3, 3], %%8: real[4, 3, 3]) {\n  %s\n  return %%0\n}\n", fault));
    const char *why = ir_verify(f);
    bool told = *expected ? why && strstr(why, expected) : !why;
    ck_assert_msg(told, "%s\nfound: %s\nnot: %s", fault, why ? why : "nothing", expected);
}
END_TEST

START_TEST(test_verifier_structure)
{
    struct ir_func *f = read_text(whole);
    f->top->nodes.data[1]->id = 2;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "used twice"));
    f = read_text(whole);
    f->top->nodes.data[1]->region = NULL;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "does not know its region"));
    f = read_text(whole);
    f->inputs.data[1]->slot = 0;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "wrong slot"));
    f = read_text(whole);
    f->inputs.n = 1;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "the inputs are not"));
    f = read_text(whole);
    f->top->nodes.data[3]->real = 0.1;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "the constant is no number of the precision"));
    f = read_text(whole);
    struct ir_region *loop = f->top->nodes.data[8]->body;
    vec_push(&arena, &loop->params, loop->params.data[0]);
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "wrong slot"));
    f = read_text(whole);
    f->precision = 16;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "precision"));
    f = read_text(whole);
    f->top->nodes.data[8]->body->parent = NULL;
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "body"));
    f = read_text(whole);
    f->top->results.data[0] = f->top->nodes.data[8]->body->nodes.data[0];
    ck_assert_ptr_nonnull(strstr(ir_verify(f), "a result is not computed in its region"));
}
END_TEST

/* ---- construction ---- */

static struct ir_node *node(struct ir_func *f, struct ir_region *r, enum ir_op op, enum dtype t, int rank,
                            const int64_t *dims, int nin, struct ir_node **in)
{
    struct ir_node p = { .op = op, .dtype = t, .rank = rank, .nin = nin, .in = in };
    for (int i = 0; i < rank; i++) p.dims[i] = num(dims[i]);
    return ir_add(f, r, &p);
}

#define NODE(f, r, op, t, dims, ...)                                                                        \
    node(f, r, op, t, (int)(sizeof(dims) / 8), (dims), (int)(sizeof((struct ir_node *[]){ __VA_ARGS__ }) / 8), \
         (struct ir_node *[]){ __VA_ARGS__ })

static const int64_t d3[] = { 3 }, d33[] = { 3, 3 }, d53[] = { 5, 3 }, d35[] = { 3, 5 }, d55[] = { 5, 5 };

static struct ir_node *input(struct ir_func *f, enum dtype t, int rank, const int64_t *dims)
{
    dim size[IR_MAX_RANK];
    for (int i = 0; i < rank; i++) size[i] = num(dims[i]);
    return ir_input(f, t, rank, size, NULL);
}

START_TEST(test_hash_consing)
{
    struct ir_func *f = ir_func_new(&arena, sizes, "f");
    struct ir_node *x = input(f, DT_REAL, 1, d3), *y = input(f, DT_REAL, 1, d3);
    struct ir_node *sum = NODE(f, f->top, OP_ADD, DT_REAL, d3, x, y);
    ck_assert_ptr_eq(sum, NODE(f, f->top, OP_ADD, DT_REAL, d3, x, y));
    ck_assert_ptr_eq(sum, NODE(f, f->top, OP_ADD, DT_REAL, d3, y, x));
    ck_assert_ptr_ne(NODE(f, f->top, OP_SUB, DT_REAL, d3, x, y), NODE(f, f->top, OP_SUB, DT_REAL, d3, y, x));
    struct ir_region *body = ir_region_new(f, f->top);
    ir_param(f, body, DT_INT, 0, NULL, NULL);
    ck_assert_ptr_eq(sum, NODE(f, body, OP_ADD, DT_REAL, d3, x, y));
    struct ir_node *inner = NODE(f, body, OP_MUL, DT_REAL, d3, x, y);
    vec_push(&arena, &body->results, inner);
    body->counts[0] = num(5);
    struct ir_node build = { .op = OP_BUILD, .dtype = DT_REAL, .rank = 2, .dims = { num(5), num(3) }, .body = body };
    struct ir_node *b = ir_add(f, f->top, &build);
    ck_assert_ptr_eq(body->owner, b);
    struct ir_node *outer = NODE(f, f->top, OP_MUL, DT_REAL, d3, x, y);
    ck_assert_ptr_ne(outer, inner); /* what stands in a body is not seen from around it */
    struct ir_node *late = NODE(f, f->top, OP_DIV, DT_REAL, d3, x, y);
    ck_assert_ptr_ne(NODE(f, body, OP_DIV, DT_REAL, d3, x, y), late); /* it stands behind the body's owner */
    struct ir_node draw = { .op = OP_DRAW_NORMAL, .dtype = DT_REAL, .rank = 1, .dims = { num(3) }, .site = 1 };
    struct ir_node *first = ir_add(f, f->top, &draw);
    ck_assert_ptr_eq(first, ir_add(f, f->top, &draw));
    draw.stream = 1;
    ck_assert_ptr_ne(first, ir_add(f, f->top, &draw));
    vec_push(&arena, &f->top->results, b);
    ck_assert_pstr_eq(ir_verify(f), NULL);
}
END_TEST

static struct ir_node *view(struct ir_func *f, enum ir_op op, struct ir_node *x, int rank, const int64_t *dims,
                            const int64_t *a, const int64_t *b)
{
    struct ir_node p = { .op = op, .dtype = x->dtype, .rank = rank, .nin = 1, .in = &x };
    for (int i = 0; i < rank; i++) {
        p.dims[i] = num(dims[i]);
        if (op == OP_TRANSPOSE) p.perm[i] = (int)a[i];
        if (op != OP_SLICE) continue;
        p.start[i] = num(a[i]);
        p.step[i] = b[i];
    }
    return ir_add(f, f->top, &p);
}

START_TEST(test_fold_views)
{
    static const int64_t swap[] = { 1, 0 }, keep[] = { 0, 1 }, d1515[] = { 15 }, zero[] = { 0, 0 }, one[] = { 1, 1 };
    static const int64_t d23[] = { 2, 3 }, from[] = { 1, 0 }, two[] = { 2, 1 }, d13[] = { 1, 3 }, d253[] = { 2, 5, 3 };
    struct ir_func *f = ir_func_new(&arena, sizes, "f");
    struct ir_node *x = input(f, DT_REAL, 2, d53), *s = input(f, DT_REAL, 0, NULL);
    struct ir_node *t = view(f, OP_TRANSPOSE, x, 2, d35, swap, NULL);
    ck_assert_ptr_eq(view(f, OP_TRANSPOSE, t, 2, d53, swap, NULL), x);
    ck_assert_ptr_eq(view(f, OP_TRANSPOSE, x, 2, d53, keep, NULL), x);
    ck_assert_ptr_eq(view(f, OP_RESHAPE, view(f, OP_RESHAPE, x, 1, d1515, NULL, NULL), 2, d53, NULL, NULL), x);
    ck_assert_ptr_eq(view(f, OP_SLICE, x, 2, d53, zero, one), x);
    struct ir_node *rows = view(f, OP_SLICE, x, 2, d23, from, two); /* rows 1, 3 */
    struct ir_node *row = view(f, OP_SLICE, rows, 2, d13, from, one);
    ck_assert_ptr_eq(row->in[0], x);
    ck_assert(size_is(row->start[0], 3));
    struct ir_node *wide = view(f, OP_BROADCAST, s, 2, d53, NULL, NULL);
    ck_assert_ptr_eq(view(f, OP_TRANSPOSE, wide, 2, d35, swap, NULL), view(f, OP_BROADCAST, s, 2, d35, NULL, NULL));
    ck_assert_ptr_eq(view(f, OP_SLICE, wide, 2, d23, from, one), view(f, OP_BROADCAST, s, 2, d23, NULL, NULL));
    ck_assert_ptr_eq(view(f, OP_RESHAPE, wide, 1, d1515, NULL, NULL), view(f, OP_BROADCAST, s, 1, d1515, NULL, NULL));
    struct ir_node *stack = view(f, OP_BROADCAST, x, 3, d253, NULL, NULL);
    static const int64_t d223[] = { 2, 2, 3 }, from3[] = { 0, 1, 0 }, one3[] = { 1, 1, 1 };
    struct ir_node *part = view(f, OP_SLICE, stack, 3, d223, from3, one3);
    ck_assert_int_eq(part->op, OP_BROADCAST);
    ck_assert_int_eq(part->in[0]->op, OP_SLICE);
    struct ir_node *both[] = { x, x };
    struct ir_node p = { .op = OP_CONCAT, .rank = 2, .dims = { num(10), num(3) }, .nin = 2, .in = both };
    struct ir_node *joined = ir_add(f, f->top, &p);
    static const int64_t from5[] = { 5, 0 };
    ck_assert_ptr_eq(view(f, OP_SLICE, joined, 2, d53, from5, one), x);
    p.nin = 1;
    p.dims[0] = num(5);
    ck_assert_ptr_eq(ir_add(f, f->top, &p), x);
}
END_TEST

START_TEST(test_fold_stretched)
{
    struct ir_func *f = ir_func_new(&arena, sizes, "f");
    struct ir_node *a = input(f, DT_REAL, 0, NULL), *b = input(f, DT_REAL, 0, NULL);
    struct ir_node *wa = ir_broadcast(f, f->top, a, 1, (dim[]){ num(3) });
    /* what gradients are taken by stays itself */
    ck_assert_int_eq(NODE(f, f->top, OP_VARIABLE, DT_REAL, d3, wa)->op, OP_VARIABLE);
    struct ir_node *one = ir_broadcast(f, f->top, ir_const_real(f, f->top, 1), 1, (dim[]){ num(3) });
    ck_assert_int_eq(NODE(f, f->top, OP_VARIABLE, DT_REAL, d3, one)->op, OP_VARIABLE);
    struct ir_node *wb = ir_broadcast(f, f->top, b, 1, (dim[]){ num(3) });
    struct ir_node *n = NODE(f, f->top, OP_MUL, DT_REAL, d3, wa, wb);
    ck_assert_int_eq(n->op, OP_BROADCAST);
    ck_assert_int_eq(n->in[0]->rank, 0);
    ck_assert_int_eq(n->in[0]->op, OP_MUL);
    struct ir_node *c = ir_const_real(f, f->top, 0.1);
    ck_assert_double_eq(c->real, 0.1f);
    ck_assert_ptr_eq(ir_splat(ir_broadcast(f, f->top, c, 1, (dim[]){ num(3) })), c);
    static const int64_t d1[] = { 1 }, d11[] = { 1, 1 };
    n = NODE(f, f->top, OP_SUM, DT_REAL, d1, NODE(f, f->top, OP_RESHAPE, DT_REAL, d11, a));
    ck_assert_int_eq(n->op, OP_BROADCAST);
}
END_TEST

START_TEST(test_symmetric)
{
    static const int64_t swap[] = { 1, 0 }, d51[] = { 5, 1 };
    struct ir_func *f = ir_func_new(&arena, sizes, "f");
    struct ir_node *x = input(f, DT_REAL, 2, d53), *a = input(f, DT_REAL, 2, d55), *s = input(f, DT_REAL, 0, NULL);
    struct ir_node *v = input(f, DT_REAL, 1, ((int64_t[]){ 5 }));
    struct ir_node *t = view(f, OP_TRANSPOSE, x, 2, d35, swap, NULL);
    struct ir_node *outer = NODE(f, f->top, OP_MATMUL, DT_REAL, d55, x, t);
    ck_assert(ir_is_symmetric(outer));
    ck_assert(ir_is_symmetric(NODE(f, f->top, OP_MATMUL, DT_REAL, d33, t, x)));
    ck_assert(!ir_is_symmetric(a) && !ir_is_symmetric(x) && !ir_is_symmetric(s));
    struct ir_node at[2] = { { .op = OP_IOTA, .dtype = DT_INT, .rank = 2, .dims = { num(5), num(5) } } };
    at[1] = at[0];
    at[1].axis = 1;
    struct ir_node *i = ir_add(f, f->top, &at[0]), *j = ir_add(f, f->top, &at[1]);
    struct ir_node *eye = NODE(f, f->top, OP_TO_REAL, DT_REAL, d55, NODE(f, f->top, OP_EQ, DT_BOOL, d55, i, j));
    struct ir_node *ws = ir_broadcast(f, f->top, s, 2, (dim[]){ num(5), num(5) });
    struct ir_node *scaled = NODE(f, f->top, OP_MUL, DT_REAL, d55, ws, eye);
    struct ir_node *ridge = NODE(f, f->top, OP_ADD, DT_REAL, d55, outer, scaled);
    ck_assert(ir_is_symmetric(eye));
    ck_assert(ir_is_symmetric(ridge));
    ck_assert(!ir_is_symmetric(NODE(f, f->top, OP_ADD, DT_REAL, d55, ridge, a)));
    struct ir_node *ta = view(f, OP_TRANSPOSE, a, 2, d55, swap, NULL);
    ck_assert(ir_is_symmetric(NODE(f, f->top, OP_ADD, DT_REAL, d55, a, ta)));
    ck_assert(!ir_is_symmetric(NODE(f, f->top, OP_SUB, DT_REAL, d55, a, ta)));
    struct ir_node *half = NODE(f, f->top, OP_MATMUL, DT_REAL, d55, ridge, ta); /* A (R A') is not, bit for bit */
    ck_assert(!ir_is_symmetric(NODE(f, f->top, OP_MATMUL, DT_REAL, d55, a, half)));
    ck_assert(!ir_is_symmetric(NODE(f, f->top, OP_LT, DT_BOOL, d55, i, j)));
    ck_assert(ir_is_symmetric(NODE(f, f->top, OP_ABS, DT_INT, d55, NODE(f, f->top, OP_SUB, DT_INT, d55, i, j))));
    struct ir_node *row = ir_broadcast(f, f->top, v, 2, (dim[]){ num(5), num(5) });
    struct ir_node *upright = view(f, OP_RESHAPE, v, 2, d51, NULL, NULL);
    struct ir_node *column = ir_broadcast(f, f->top, upright, 2, (dim[]){ num(5), num(5) });
    ck_assert(ir_is_symmetric(NODE(f, f->top, OP_MUL, DT_REAL, d55, row, column)));
    ck_assert(!ir_is_symmetric(NODE(f, f->top, OP_SUB, DT_REAL, d55, row, column)));
    ck_assert(!ir_is_symmetric(row));
}
END_TEST

/* ---- passes and marks ---- */

static int count_op(const struct ir_region *r, enum ir_op op)
{
    int n = 0;
    for (int i = 0; i < r->nodes.n; i++) {
        n += r->nodes.data[i]->op == op;
        if (r->nodes.data[i]->body) n += count_op(r->nodes.data[i]->body, op);
    }
    return n;
}

START_TEST(test_passes)
{
    struct ir_func *f = read_text(
        "func f precision=32 (%0: real[4], %1: real) {\n"
        "  %2 = exp %0 : real[4]\n"                                 /* dead */
        "  %3 = repeat 5 (%4: int from 0, %5: real[4] = %0, %6: real = %1, %7: real[4] = %2) {\n"
        "    %8 = sin %0 : real[4]\n"                               /* invariant */
        "    %9 = add %5, %8 : real[4]\n"
        "    %10 = exp %6 : real\n"                                 /* a state that only keeps itself */
        "    %11 = build (%12: int < 3) {\n"                        /* invariant as a whole */
        "      %13 = to_real %12 : real\n"
        "      yield %13\n"
        "    } : real[3]\n"
        "    %14 = sum %11 axis=0 : real\n"
        "    %15 = broadcast %14 : real[4]\n"
        "    %16 = mul %9, %15 : real[4]\n"
        "    yield %16, %10, %5\n"
        "  }\n"
        "  %17 = get %3 axis=2 : real[4]\n"
        "  %18 = get %3 axis=0 : real[4]\n"
        "  %19 = sin %0 : real[4]\n"                                /* as %8 once that is in front */
        "  %20 = add %18, %19 : real[4]\n"
        "  %21 = build (%22: int < 3) {\n"                          /* as %11 */
        "    %23 = to_real %22 : real\n"
        "    yield %23\n"
        "  } : real[3]\n"
        "  return %20, %21, %17\n"
        "}\n");
    f->verify = true;
    ck_assert_pstr_eq(ir_run_passes(f), NULL);
    ck_assert_ptr_null(f->cse);
    ck_assert_int_eq(count_op(f->top, OP_SIN), 1);
    ck_assert_int_eq(count_op(f->top, OP_BUILD), 1);
    ck_assert_int_eq(count_op(f->top, OP_EXP), 1); /* of %2: the first value of a state that is used */
    for (int i = 0; i < f->top->nodes.n; i++) {
        struct ir_node *n = f->top->nodes.data[i];
        if (n->op != OP_REPEAT) continue;
        ck_assert_int_eq(n->nin, 2);
        ck_assert_int_eq(count_op(n->body, OP_SIN) + count_op(n->body, OP_SUM) + count_op(n->body, OP_BROADCAST), 0);
    }
}
END_TEST

START_TEST(test_pass_fault)
{
    struct ir_func *f = read_text("func f precision=32 (%0: real[4]) {\n  %1 = neg %0 : real[5]\n  return %1\n}\n");
    f->verify = true;
    ck_assert_ptr_nonnull(strstr(ir_run_passes(f), "before the passes: %1 = neg"));
}
END_TEST

/* Equal but for one thing deep inside: loops are not merged. */
START_TEST(test_cse_bodies)
{
    for (int same = 0; same < 2; same++) {
        struct ir_func *f = read_text(arena_printf(
            &arena,
            "func f precision=32 (%%0: real) {\n"
            "  %%1 = repeat 3 (%%2: int from 0, %%3: real = %%0) {\n"
            "    %%4 = repeat 2 (%%5: int from 0, %%9: real = %%3) { %%6 = add %%9, %%0 : real yield %%6 }\n"
            "    %%7 = get %%4 axis=0 : real\n    yield %%7\n  }\n"
            "  %%8 = get %%1 axis=0 : real\n"
            "  %%11 = repeat 3 (%%12: int from 0, %%13: real = %%0) {\n"
            "    %%14 = repeat 2 (%%15: int from 0, %%19: real = %%13) { %%16 = %s9, %%0 : real yield %%16 }\n"
            "    %%17 = get %%14 axis=0 : real\n    yield %%17\n  }\n"
            "  %%18 = get %%11 axis=0 : real\n  return %%8, %%18\n}\n",
            same ? "add %1" : "sub %1"));
        f->verify = true;
        ck_assert_pstr_eq(ir_run_passes(f), NULL);
        ck_assert_int_eq(count_op(f->top, OP_REPEAT), same ? 2 : 4);
        ck_assert_int_eq(f->top->results.data[0] == f->top->results.data[1], same);
    }
}
END_TEST

START_TEST(test_varying)
{
    struct ir_func *f = read_text(
        "func f precision=32 (%0: real) {\n"
        "  %1 = draw_normal site=1 stream=0 : real\n"
        "  %2 = repeat 3 (%3: int from 0, %4: real = %0, %5: real = %0, %6: real = %0) {\n"
        "    %7 = add %5, %1 : real\n    yield %0, %7, %5\n  }\n" /* the third follows the second */
        "  %8 = get %2 axis=0 : real\n  %9 = get %2 axis=1 : real\n  %10 = get %2 axis=2 : real\n"
        "  %11 = repeat 3 (%12: int from 0, %13: real = %0) {\n"
        "    %14 = add %13, %0 : real\n    %15 = lt %14, %1 : bool\n    yield %14 until %15\n  }\n"
        "  %16 = get %11 axis=0 : real\n"                          /* prompts stop at different passes */
        "  %17 = add %8, %16 : real\n"
        "  return %9, %10, %17\n}\n");
    static const int uniform[] = { 0, 3, 4, 8, 12 }, varying[] = { 1, 2, 5, 6, 7, 9, 10, 13, 14, 15, 16, 17 };
    bool seen[18] = { 0 };
    ir_mark_varying(f);
    ir_count_uses(f);
    for (int i = 0; i < f->top->nodes.n; i++) {
        struct ir_node *n = f->top->nodes.data[i];
        seen[n->id] = n->varying;
        struct ir_region *b = n->body;
        for (int k = 0; b && k < b->params.n; k++) seen[b->params.data[k]->id] = b->params.data[k]->varying;
        for (int k = 0; b && k < b->nodes.n; k++) seen[b->nodes.data[k]->id] = b->nodes.data[k]->varying;
    }
    for (size_t i = 0; i < sizeof uniform / sizeof *uniform; i++) ck_assert_msg(!seen[uniform[i]], "%d", uniform[i]);
    for (size_t i = 0; i < sizeof varying / sizeof *varying; i++) ck_assert_msg(seen[varying[i]], "%d", varying[i]);
    ck_assert_int_eq(f->inputs.data[0]->uses, 6);
}
END_TEST

static Suite *suite(void)
{
    const struct {
        const char *name;
        const TTest *test;
    } tests[] = {
        { "sizes normalise", test_sizes_normalise }, { "sizes quotients", test_sizes_quotients },
        { "sizes compare", test_sizes_compare }, { "sizes bounds", test_sizes_bounds },
        { "sizes text", test_sizes_text }, { "sizes huge", test_sizes_huge },
        { "text round trip", test_text_round_trip }, { "text symbolic", test_text_symbolic },
        { "text faults", test_text_faults }, { "hash", test_hash },
        { "verifier structure", test_verifier_structure }, { "hash-consing", test_hash_consing },
        { "fold views", test_fold_views }, { "fold stretched", test_fold_stretched }, { "symmetric", test_symmetric },
        { "passes", test_passes }, { "pass fault", test_pass_fault }, { "cse of bodies", test_cse_bodies },
        { "varying", test_varying },
    };
    Suite *s = suite_create("ir");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        TCase *c = tcase_create(tests[i].name);
        tcase_add_checked_fixture(c, setup, teardown);
        tcase_add_test(c, tests[i].test);
        suite_add_tcase(s, c);
    }
    TCase *c = tcase_create("verifier");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, test_verifier, 0, (int)(sizeof faults / sizeof *faults));
    suite_add_tcase(s, c);
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
