/* Gradients of every operation of op.def, and gradients of these gradients, at the evaluator's level: a function of
 * the language for each op goes through `icl gradcheck`, which compares with central differences in binary64. The
 * function's kernel must have the op in it. An op that op.def has and this file does not know fails the test.
 *
 * Values are passed on through sin, so that no gradient is a constant. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/gradcheck.h"
#include "compiler/script.h"

#define VECTORS "x: real[n], y: real[n]"
#define SQUARES "A: real[n, n], B: real[n, n]"
#define SYSTEM "A: real[n, n], b: real[n]"

static const struct row {
    const char *given, *value, *before; /* before: a statement */
} rows[OP_COUNT] = {
    [OP_ADD] = { VECTORS, "x + y" },
    [OP_SUB] = { VECTORS, "x - y" },
    [OP_MUL] = { VECTORS, "x * y" },
    [OP_DIV] = { VECTORS, "x / (2 + y)" },
    [OP_NEG] = { VECTORS, "y * sin(-x)" },
    [OP_POW] = { VECTORS, "(1 + x ** 2) ** y" },
    [OP_MAX] = { VECTORS, "max(x ** 2, y)" },
    [OP_MIN] = { VECTORS, "min(x ** 2, y)" },
    [OP_ABS] = { VECTORS, "y * abs(x)" },
    [OP_SIGN] = { VECTORS, "y * sign(x)" },
    [OP_EXP] = { VECTORS, "y * exp(x)" },
    [OP_LOG] = { VECTORS, "y * log(1 + x ** 2)" },
    [OP_LOG1P] = { VECTORS, "y * log1p(x ** 2)" },
    [OP_EXPM1] = { VECTORS, "y * expm1(x)" },
    [OP_SQRT] = { VECTORS, "y * sqrt(1 + x ** 2)" },
    [OP_TANH] = { VECTORS, "y * tanh(x)" },
    [OP_SIGMOID] = { VECTORS, "y * sigmoid(x)" },
    [OP_RELU] = { VECTORS, "y * relu(x)" },
    [OP_GELU] = { VECTORS, "y * gelu(x)" },
    [OP_SOFTPLUS] = { VECTORS, "y * softplus(x)" },
    [OP_ERF] = { VECTORS, "y * erf(x)" },
    [OP_SIN] = { VECTORS, "y * sin(x)" },
    [OP_COS] = { VECTORS, "y * cos(x)" },
    [OP_FLOOR] = { VECTORS, "y * floor(3 * x)" },
    [OP_EQ] = { VECTORS, "where(floor(x) == floor(y), x * y, y)" },
    [OP_NE] = { VECTORS, "where(floor(x) != floor(y), x * y, y)" },
    [OP_LT] = { VECTORS, "where(x < y, x * y, y)" },
    [OP_LE] = { VECTORS, "where(x <= y, x * y, y)" },
    [OP_AND] = { VECTORS, "where(x < y and x < 0, x * y, y)" },
    [OP_OR] = { VECTORS, "where(x < y or x < 0, x * y, y)" },
    [OP_NOT] = { VECTORS, "where(not (x < y) and y < 1, x * y, y)" },
    [OP_SELECT] = { VECTORS, "where(x < y, x * y, y)" },
    [OP_TO_REAL] = { VECTORS, "y * (1.0 * argsort(x))" },
    [OP_TO_INT] = { VECTORS, "y * (1.0 * sum(x < y))" },
    [OP_BROADCAST] = { VECTORS, "x[0] * y" },
    [OP_RESHAPE] = { SQUARES, "reshape(A, [n * n]) * reshape(sort(B), [n * n])" },
    [OP_TRANSPOSE] = { SQUARES, "A.T * sort(B)" },
    [OP_SLICE] = { VECTORS, "x[1:] * y[:-1]" },
    [OP_CONCAT] = { VECTORS, "concat([x, y, x * y])" },
    [OP_GATHER] = { VECTORS, "x[argsort(y)] * y" },
    /* the tape of a loop's gradient */
    [OP_PUT] = { VECTORS, "grad(g)(x)", "g = u -> sum(walk(u, y))" },
    [OP_CUMSUM] = { SQUARES, "cumsum(A, axis = 0) * B" },
    [OP_SORT] = { SQUARES, "sort(A) * B + sort(reshape(A, [n * n]))[1] * sort(B[0])" },
    [OP_ARGSORT] = { VECTORS, "x[argsort(x)] * y" },
    [OP_RANK] = { VECTORS, "x * argsort(argsort(y))" },
    [OP_SUM] = { SQUARES, "sum(A, axis = 0) * B" },
    [OP_PROD] = { SQUARES, "prod(A, axis = 1) * B" },
    [OP_MAX_OF] = { SQUARES, "max(A, axis = 1) * B" },
    [OP_MIN_OF] = { SQUARES, "min(A, axis = 0) * B" },
    [OP_ARGMAX] = { VECTORS, "x[argmax(y)] * y" },
    [OP_ARGMIN] = { VECTORS, "x[argmin(x * y)] * y" },
    [OP_MATMUL] = { SQUARES, "A @ B" },
    [OP_CHOLESKY] = { SQUARES, "cholesky(A @ A.T + 6 * eye(n)) * B" },
    [OP_TRISOLVE] = { SYSTEM, "triangular_solve(A + 9 * eye(n), b)" },
    [OP_LU_SOLVE] = { SYSTEM, "solve(A + 9 * eye(n), b)" },
    [OP_LU_LOGDET] = { SYSTEM, "b * logdet(A + 9 * eye(n))" },
    [OP_EIGH] = { SQUARES, "values * vectors ** 2 * B", "values, vectors = eigh(A + A.T)" },
    [OP_PINV_SOLVE] = { SYSTEM, "lstsq(A[:, 0:3], b)" },
    [OP_REPEAT] = { VECTORS, "walk(x, y)" },
    [OP_GET] = { VECTORS, "walk(x, y)" },
    [OP_BUILD] = { VECTORS, "[sin(x[i]) * y[j] for i in 0:n, j in 0:n]" },
};

/* Nothing to differentiate: no operands; no construct of the language makes it; gone when passes are done. */
static bool exempt(enum ir_op op)
{
    return op_info[op].class == OP_CLASS_LEAF || op == OP_STOP_GRAD || op == OP_VARIABLE;
}

static bool met[OP_COUNT];

static void note(struct ir_node *n, void *op)
{
    met[*(enum ir_op *)op] |= n->op == *(enum ir_op *)op;
}

/* Sees the kernel of each function's value. */
static void see(struct ev *ev, struct ir_func *f)
{
    (void)ev;
    for (enum ir_op op = 0; op < OP_COUNT; op++)
        if (!strncmp(f->name, "first_", 6) && !strcmp(f->name + 6, op_info[op].text)) ir_walk(f->top, note, &op);
}

static void write_script(FILE *to)
{
    fprintf(to, "language 1\nfn walk(x: real[n], y: real[n]) {\n    u = x\n"
                "    repeat 3 { u = sin(u + y) * u + y }\n    return u\n}\n");
    for (enum ir_op op = 0; op < OP_COUNT; op++) {
        const struct row *r = &rows[op];
        const char *name = op_info[op].text;
        ck_assert_msg(r->value || exempt(op), "no function for %s", name);
        if (!r->value) continue;
        char first[2] = { r->given[0] }, second[2] = { strstr(r->given, "], ")[3] };
        fprintf(to, "fn first_%s(%s) {\n    %s\n    return sum(sin(%s))\n}\n", name, r->given,
                r->before ? r->before : "", r->value);
        fprintf(to, "fn second_%s(%s) {\n    return sum(sin(grad(first_%s, 0)(%s, %s))) + "
                    "sum(sin(grad(first_%s, 1)(%s, %s)))\n}\n",
                name, r->given, name, first, second, name, first, second);
    }
}

START_TEST(test_gradients)
{
    char folder[] = "/tmp/icl-check-XXXXXX";
    struct arena a = { 0 };
    struct diags diags;
    struct session session = { .engine = ENGINE_INTERP, .threads = 1, .show_kernel = see };
    struct ev ev = { .arena = &a, .names = interner_new(&a), .sizes = size_table_new(&a), .diags = &diags,
                     .session = &session, .precision = 64 };
    ck_assert_ptr_nonnull(mkdtemp(folder));
    const char *path = arena_printf(&a, "%s/ops.icl", folder);
    FILE *to = fopen(path, "w");
    ck_assert_ptr_nonnull(to);
    write_script(to);
    fclose(to);
    diags_init(&diags, &a);
    library_load(&ev);
    struct program *p = program_load(&ev, path);
    bool good = p && gradcheck(&ev, p);
    diags_print(&diags, stdout, false);
    fflush(stdout);
    unlink(path);
    rmdir(folder);
    ck_assert_msg(good, "a gradient is wrong; the lines above say which");
    for (enum ir_op op = 0; op < OP_COUNT; op++)
        ck_assert_msg(met[op] || exempt(op), "the function for %s does not have it", op_info[op].text);
    session_close(&ev);
    arena_free(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gradients");
    TCase *t = tcase_create("gradients");
    tcase_set_timeout(t, 120);
    suite_add_tcase(s, t);
    tcase_add_test(t, test_gradients);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
