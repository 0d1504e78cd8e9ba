/* Gradients of every operation of op.def, and gradients of these gradients, at the evaluator's level: functions of the
 * language for each op go through `icl gradcheck`, which compares with central differences in binary64. A function's
 * kernel must have its op in it. An op that op.def has and this file does not know fails the test.
 *
 * Then the same gradients on the prompts of a task: the interpreter and compiled code give the same text, which has
 * every bit, for several sizes, none among them, numbers of lanes and both precisions; and binary32 is near binary64.
 * Values are passed on through sin, so that no gradient is a constant. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/gradcheck.h"
#include "compiler/script.h"

#define VECTORS "x: real[n], y: real[n]"
#define SQUARES "A: real[n, n], B: real[n, n]"
#define SYSTEM "A: real[n, n], b: real[n]"

#define ROW(name, g, v, ...) { .op = OP_##name, .given = g, .value = v, __VA_ARGS__ }

/* At least one an op, and one for each of its shapes, axes and attributes; OP_COUNT: no op of its own. */
static const struct row {
    enum ir_op op;
    const char *given, *value, *before; /* before: statements */
    int least;                          /* the smallest n */
} rows[] = {
    ROW(ADD, VECTORS, "x + y"),
    ROW(SUB, VECTORS, "x - y"),
    ROW(MUL, VECTORS, "x * y"),
    ROW(DIV, VECTORS, "x / (2 + y)"),
    ROW(NEG, VECTORS, "y * sin(-x)"),
    ROW(POW, VECTORS, "(1 + x ** 2) ** y"),
    ROW(MAX, VECTORS, "max(x ** 2, y)"),
    ROW(MIN, VECTORS, "min(x ** 2, y)"),
    ROW(ABS, VECTORS, "y * abs(x)"),
    ROW(SIGN, VECTORS, "y * sign(x)"),
    ROW(EXP, VECTORS, "y * exp(x)"),
    ROW(LOG, VECTORS, "y * log(1 + x ** 2)"),
    ROW(LOG1P, VECTORS, "y * log1p(x ** 2)"),
    ROW(EXPM1, VECTORS, "y * expm1(x)"),
    ROW(SQRT, VECTORS, "y * sqrt(1 + x ** 2)"),
    ROW(TANH, VECTORS, "y * tanh(x)"),
    ROW(SIGMOID, VECTORS, "y * sigmoid(x)"),
    ROW(RELU, VECTORS, "y * relu(x)"),
    ROW(GELU, VECTORS, "y * gelu(x)"),
    ROW(SOFTPLUS, VECTORS, "y * softplus(x)"),
    ROW(ERF, VECTORS, "y * erf(x)"),
    ROW(SIN, VECTORS, "y * sin(x)"),
    ROW(COS, VECTORS, "y * cos(x)"),
    ROW(FLOOR, VECTORS, "y * floor(3 * x)"),
    ROW(EQ, VECTORS, "where(floor(x) == floor(y), x * y, y)"),
    ROW(NE, VECTORS, "where(floor(x) != floor(y), x * y, y)"),
    ROW(LT, VECTORS, "where(x < y, x * y, y)"),
    ROW(LE, VECTORS, "where(x <= y, x * y, y)"),
    ROW(AND, VECTORS, "where(x < y and x < 0, x * y, y)"),
    ROW(OR, VECTORS, "where(x < y or x < 0, x * y, y)"),
    ROW(NOT, VECTORS, "where(not (x < y) and y < 1, x * y, y)"),
    ROW(SELECT, VECTORS, "where(x < y, x * y, y)"),
    ROW(TO_REAL, VECTORS, "y * (1.0 * argsort(x))"),
    ROW(TO_INT, VECTORS, "y * (1.0 * sum(x < y))"),
    ROW(BROADCAST, VECTORS, "x[0] * y", .least = 1),
    ROW(RESHAPE, SQUARES, "reshape(A, [n * n]) * reshape(sort(B), [n * n])"),
    ROW(TRANSPOSE, SQUARES, "A.T * sort(B)"),
    ROW(SLICE, VECTORS, "x[1:] * y[:-1]", .least = 1),
    ROW(CONCAT, VECTORS, "concat([x, y, x * y])"),
    ROW(GATHER, VECTORS, "x[argsort(y)] * y"),
    /* the tape of a loop's gradient */
    ROW(PUT, VECTORS, "grad(g)(x)", .before = "g = u -> sum(walk(u, y))"),
    ROW(CUMSUM, SQUARES, "cumsum(A, axis = 0) * B"),
    ROW(SORT, SQUARES, "sort(A) * B + sort(reshape(A, [n * n]))[1] * sort(B[0])", .least = 2),
    ROW(ARGSORT, VECTORS, "x[argsort(x)] * y"),
    ROW(RANK, VECTORS, "x * argsort(argsort(y))"),
    ROW(SUM, SQUARES, "sum(A, axis = 0) * B"),
    ROW(PROD, SQUARES, "prod(A, axis = 1) * B"),
    ROW(MAX_OF, SQUARES, "max(A, axis = 1) * B", .least = 1),
    ROW(MIN_OF, SQUARES, "min(A, axis = 0) * B", .least = 1),
    ROW(ARGMAX, VECTORS, "x[argmax(y)] * y", .least = 1),
    ROW(ARGMIN, VECTORS, "x[argmin(x * y)] * y", .least = 1),
    ROW(MATMUL, SQUARES, "A @ B"),
    ROW(CHOLESKY, SQUARES, "cholesky(A @ A.T + 6 * eye(n)) * B"),
    ROW(TRISOLVE, SYSTEM, "triangular_solve(A + 9 * eye(n), b)"),
    ROW(LU_SOLVE, SYSTEM, "solve(A + 9 * eye(n), b)"),
    ROW(LU_LOGDET, SYSTEM, "b * logdet(A + 9 * eye(n))"),
    ROW(EIGH, SQUARES, "values * vectors ** 2 * B", .before = "values, vectors = eigh(A + A.T)"),
    ROW(PINV_SOLVE, SYSTEM, "lstsq(A[:, 0:3], b)", .least = 3),
    ROW(REPEAT, VECTORS, "walk(x, y)"),
    ROW(GET, VECTORS, "walk(x, y)"),
    ROW(BUILD, VECTORS, "[sin(x[i]) * y[j] for i in 0:n, j in 0:n]"),
    ROW(BROADCAST, SQUARES, "A[0, 0] * B", .least = 1),
    ROW(BROADCAST, SYSTEM, "A * b"),
    ROW(BROADCAST, SYSTEM, "A / reshape(2 + b ** 2, [n, 1])"),
    ROW(BROADCAST, SYSTEM, "A - reshape(b, [n, 1])"),
    ROW(MUL, VECTORS, "outer(x, y)"),
    ROW(MAX, SYSTEM, "max(A, b)"),
    ROW(POW, SYSTEM, "(1 + A ** 2) ** b"),
    ROW(POW, VECTORS, "x ** 3 * (3 + sin(y)) ** -2.0 + (1 + abs(x)) ** 1.5"),
    ROW(MUL, VECTORS, "x ** 2 * y ** 0"),
    ROW(SELECT, SYSTEM, "where(b < 0, A, b * 2.0)"),
    ROW(SLICE, VECTORS, "x[0] * y + x[-1]", .least = 1),
    ROW(SUM, SQUARES, "sum(A * B) * B"),
    ROW(SUM, SQUARES, "sum(A * B, axis = 1) * sum(A, axis = 0)"),
    ROW(SUM, SQUARES, "(A - mean(A, axis = 1, keepdims = true)) / sqrt(var(B, axis = 0) + 0.3)", .least = 1),
    ROW(SQRT, SQUARES, "std(A, axis = 1) * norm(B) + norm(A, axis = 0)", .least = 1),
    ROW(PROD, VECTORS, "prod(x) * y + prod(y)"),
    ROW(PROD, SQUARES, "prod(A, axis = 0) * prod(B, axis = 1)"),
    ROW(MAX_OF, SQUARES, "max(A) * B + min(B) * A", .least = 1),
    ROW(MIN_OF, SQUARES, "max(A, axis = 0) * min(B, axis = 1)", .least = 1),
    ROW(SLICE, SQUARES, "A[::-1] * B[:, ::-1]"),
    ROW(SLICE, SQUARES, "A[::2, 1:] * B[::2, :-1]", .least = 1),
    ROW(SLICE, SQUARES, "A[::-2] * B[::2]"),
    ROW(GATHER, SQUARES, "A[argsort(B[0])] * B", .least = 1),
    ROW(GATHER, SQUARES, "A[:, argsort(B[0])] * B", .least = 1),
    ROW(GATHER, VECTORS, "x[[0, 0, n - 1]] * y[[n - 1, 0, 0]]", .least = 1),
    ROW(GATHER, VECTORS, "x[[i * j - n * int(i * j / n) for i in 0:n, j in 0:3]] * y[0]", .least = 1),
    ROW(GATHER, VECTORS, "x[argmax(y)] * x[argmin(x)]", .least = 1),
    ROW(CONCAT, SQUARES, "concat([A, B, A * B], axis = 1)"),
    ROW(CONCAT, VECTORS, "stack([x, y, x * y]) "),
    ROW(CONCAT, VECTORS, "stack([x, y, x * y], axis = 1) "),
    ROW(CUMSUM, SQUARES, "cumsum(A, axis = 1) * B"),
    ROW(CUMSUM, VECTORS, "cumsum(x) * cumsum(y)"),
    ROW(SORT, SQUARES, "sort(A, axis = 0) * B"),
    ROW(ARGSORT, VECTORS, "values * y[0:2]", .before = "values, at = top_k(x * y, 2)", .least = 2),
    ROW(MATMUL, SYSTEM, "A @ b"),
    ROW(MATMUL, SYSTEM, "b @ A @ A"),
    ROW(MUL, VECTORS, "dot(x, y) * y"),
    ROW(MATMUL, SQUARES, "A.T @ A @ B.T"),
    ROW(MATMUL, SQUARES, "stack([A, B, A * B]) @ B"),
    ROW(MATMUL, SQUARES, "stack([A, B]) @ stack([B, A])"),
    ROW(MATMUL, SYSTEM, "stack([A, A.T]) @ b"),
    ROW(CHOLESKY, SQUARES, "cholesky(stack([A @ A.T, B.T @ B]) + 3 * eye(n))"),
    ROW(TRISOLVE, SYSTEM, "triangular_solve(A + 9 * eye(n), b, upper = true)"),
    ROW(TRISOLVE, SYSTEM, "triangular_solve(A + 9 * eye(n), b, transposed = true)"),
    ROW(TRISOLVE, SQUARES, "triangular_solve(A + 9 * eye(n), B, upper = true, transposed = true)"),
    ROW(CHOLESKY, SYSTEM, "solve(A.T @ A + 2 * eye(n), b)"),
    ROW(CHOLESKY, SQUARES, "solve(A.T @ A + 2 * eye(n), B)"),
    ROW(LU_SOLVE, SQUARES, "solve(A + 9 * eye(n), B)"),
    ROW(LU_SOLVE, SQUARES, "solve(stack([A, B]) + 9 * eye(n), B)", .least = 3),
    ROW(LU_SOLVE, SQUARES, "solve(A + 9 * eye(n), stack([A, B]))"),
    ROW(LU_SOLVE, SQUARES, "solve(stack([A, B, A * B]) + 9 * eye(n), stack([A[0], B[0], A[0]]))", .least = 1),
    ROW(LU_SOLVE, SQUARES, "inv(A + 9 * eye(n)) @ B"),
    ROW(CHOLESKY, SQUARES, "logdet(A @ A.T + 2 * eye(n)) * B"),
    ROW(PINV_SOLVE, SYSTEM, "lstsq(A[0:2], b[0:2])", .least = 2),
    ROW(PINV_SOLVE, SQUARES, "lstsq(A[:, 0:2], B)", .least = 2),
    ROW(EIGH, SQUARES, "values * B", .before = "values, vectors = eigh(A @ A.T)"),
    ROW(COUNT, SQUARES, "trace(A @ B) * diag(A) + diag(diag(B)) @ diag(A)"),
    ROW(EXP, SQUARES, "softmax(A * B) @ B + softmax(A, axis = 0)", .least = 1),
    ROW(LOG, SQUARES, "logsumexp(A, axis = 0) * logsumexp(B)", .least = 1),
    ROW(MIN, VECTORS, "clip(x, -0.5, 0.7) * y"),
    ROW(POW, VECTORS, "pow(1 + x ** 2, sin(y))"),
    ROW(REPEAT, VECTORS, "u", .before = "u = x; for i in 0:n { u = u + sin(x[i] * u) * y[i] }"),
    ROW(COUNT, VECTORS, "u * y", .before = "u = x; for i in 2:2 { u = u * y }"),
    ROW(REPEAT, VECTORS, "u", .before = "u = x; repeat 20 until norm(u) < 0.5 { u = 0.7 * u + 0.05 * sin(y) }"),
    ROW(REPEAT, VECTORS, "u", .before = "u = x; repeat 2 { v = u; for i in 1:3 { v = sin(v) * (y + i) }; u = u + v }"),
    ROW(BUILD, SQUARES, "[A[i] * B[j] for i in 0:n, j in 0:2]", .least = 2),
    ROW(BUILD, VECTORS, "[accumulate(x, y[i]) for i in 0:n]"),
    ROW(COUNT, VECTORS, "hessian(u -> sum(sin(u) * u * y))(x) @ y"),
    ROW(COUNT, VECTORS, "grad(u -> sum(sin(u * y)))(x)"),
    ROW(COUNT, VECTORS, "v * g", .before = "v, g = value_and_grad(u -> dot(u ** 2, sin(y)))(x)"),
    ROW(REPEAT, VECTORS, "u", .before = "u = x; repeat 3 { u = u - 0.1 * grad(w -> sum(sin(w) * y * w))(u) }"),
    ROW(SELECT, VECTORS, "x * y if sum(x) > sum(y) else sin(x) + y"),
    ROW(RESHAPE, SQUARES, "sum(reshape(concat([A, B]), [2, n, n]) * A, axis = 1)"),
    ROW(TRANSPOSE, SQUARES, "transpose(stack([A, B])) * A"),
    ROW(BUILD, VECTORS, "[sum(x * y[i]) for i in 0:n] * x"),
    ROW(FLOOR, VECTORS, "(x - floor(x)) * y"),
    ROW(SIGN, VECTORS, "abs(x * y) * sign(x + y)"),
};
enum { ROWS = sizeof rows / sizeof *rows };

/* Nothing to differentiate: no operands; no construct of the language makes it; gone when passes are done. */
static bool exempt(enum ir_op op)
{
    bool draws = op == OP_DRAW_UNIFORM || op == OP_DRAW_NORMAL; /* of no real operand */
    return op_info[op].class == OP_CLASS_LEAF || draws || op == OP_STOP_GRAD || op == OP_VARIABLE;
}

/* ---- the functions ---- */

/* A row's name: its op's, and its number. */
static const char *name_of(struct arena *a, int row)
{
    enum ir_op op = rows[row].op;
    return arena_printf(a, "%s_%d", op == OP_COUNT ? "of" : op_info[op].text, row);
}

static void write_functions(FILE *to, struct arena *a)
{
    fprintf(to, "language 1\nfn walk(x: real[n], y: real[n]) {\n    u = x\n"
                "    repeat 3 { u = sin(u + y) * u + y }\n    return u\n}\n"
                "fn accumulate(x: real[n], s: real) {\n    t = s\n"
                "    for i in 0:n { t = sin(t + x[i]) }\n    return t\n}\n");
    for (int k = 0; k < ROWS; k++) {
        const struct row *r = &rows[k];
        const char *name = name_of(a, k), first = r->given[0], second = strstr(r->given, "], ")[3];
        fprintf(to, "fn first_%s(%s) {\n    %s\n    return sum(sin(%s))\n}\n", name, r->given,
                r->before ? r->before : "", r->value);
        fprintf(to, "fn second_%s(%s) {\n    return sum(sin(grad(first_%s, 0)(%c, %c))) + "
                    "sum(sin(grad(first_%s, 1)(%c, %c)))\n}\n",
                name, r->given, name, first, second, name, first, second);
    }
}

static FILE *open_script(struct arena *a, char *folder, const char **path)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    *path = arena_printf(a, "%s/ops.icl", folder);
    FILE *to = fopen(*path, "w");
    ck_assert_ptr_nonnull(to);
    write_functions(to, a);
    return to;
}

/* ---- against differences ---- */

static bool met[ROWS];

static void note(struct ir_node *n, void *row)
{
    met[*(int *)row] |= n->op == rows[*(int *)row].op;
}

/* Sees the kernel of each function's value. */
static void see(struct ev *ev, struct ir_func *f)
{
    for (int k = 0; k < ROWS; k++)
        if (!strncmp(f->name, "first_", 6) && !strcmp(f->name + 6, name_of(ev->arena, k))) ir_walk(f->top, note, &k);
}

START_TEST(test_differences)
{
    char folder[] = "/tmp/icl-check-XXXXXX";
    struct arena a = { 0 };
    struct diags diags;
    struct session session = { .engine = ENGINE_INTERP, .threads = 1, .show_kernel = see };
    struct ev ev = { .arena = &a, .names = interner_new(&a), .sizes = size_table_new(&a), .diags = &diags,
                     .session = &session, .precision = 64 };
    const char *path;
    fclose(open_script(&a, folder, &path));
    diags_init(&diags, &a);
    library_load(&ev);
    struct program *p = program_load(&ev, path);
    bool good = p && gradcheck(&ev, p), has[OP_COUNT] = { false };
    diags_print(&diags, stdout, false);
    fflush(stdout);
    unlink(path);
    rmdir(folder);
    ck_assert_msg(good, "a gradient is wrong; the lines above say which");
    for (int k = 0; k < ROWS; k++) {
        if (rows[k].op == OP_COUNT) continue;
        ck_assert_msg(met[k], "the function %s does not have it: %s", name_of(&a, k), rows[k].value);
        has[rows[k].op] = true;
    }
    for (enum ir_op op = 0; op < OP_COUNT; op++)
        ck_assert_msg(has[op] || exempt(op), "no function for %s", op_info[op].text);
    session_close(&ev);
    arena_free(&a);
}
END_TEST

/* ---- both engines ---- */

/* The sizes and machines: the first two take all rows, the others every fourth, and with it second gradients. */
static const struct machine {
    const char *precision, *lanes;
    int n;
} machines[] = {
    { "32", "16", 4 }, { "64", "8", 4 }, { "32", "4", 0 }, { "64", "4", 17 }, { "32", "16", 1 }, { "64", "1", 2 },
};
enum { MACHINES = sizeof machines / sizeof *machines };

/* Prints of every row that machine m takes its name and its gradient, as one number a prompt. */
static void write_measures(FILE *to, struct arena *a, int m)
{
    fprintf(to, "task prompts(n: int) {\n    x[n + 1, 2 * n] ~ normal(0, 1)\n    y[n + 1] ~ normal(0, 1)\n"
                "    prompt x, y\n}\n");
    for (int k = 0; k < ROWS; k++) {
        const struct row *r = &rows[k];
        const char *name = name_of(a, k), *order = m < 2 ? "first" : "second";
        if (r->least > machines[m].n || (m >= 2 && (k + m) % 4)) continue;
        const char *first = strcmp(r->given, VECTORS) ? "X[:, 0:n]" : "y",
                   *second = !strcmp(r->given, SQUARES)   ? "X[:, n:2 * n]"
                             : !strcmp(r->given, SYSTEM) ? "y"
                                                         : "0.5 * y[::-1] + 0.3";
        fprintf(to, "algorithm of_%s given X[n, d], y[n], q[d] {\n    a = %s\n    b = %s\n"
                    "    predict sum(cos(grad(%s_%s, 0)(a, b))) + 2 * sum(cos(grad(%s_%s, 1)(a, b)))\n}\n",
                name, first, second, order, name, order, name);
        fprintf(to, "print \"%s\"\nprint predictions(of_%s, prompts(%d), trials = 20)\n", name, name, machines[m].n);
    }
}

static char *answers(struct arena *a, const char *path, const char *engine, const struct machine *m)
{
    struct buf text = { 0 };
    char piece[4096];
    size_t n;
    const char *icl = getenv("ICL");
    FILE *from = popen(arena_printf(a, "ICL_LANES=%s '%s' run --engine %s --precision %s --format json %s", m->lanes,
                                    icl ? icl : "./icl", engine, m->precision, path), "r");
    ck_assert_ptr_nonnull(from);
    while ((n = fread(piece, 1, sizeof piece, from))) buf_add(&text, piece, n);
    ck_assert_msg(pclose(from) == 0, "%s does not run: engine %s, precision %s, n = %d", path, engine, m->precision,
                  m->n);
    char *copy = arena_strndup(a, text.text ? text.text : "", text.n);
    buf_free(&text);
    return copy;
}

/* Is a row's line of binary32 near that of binary64: most of its numbers are? */
static bool near(const char *narrow, const char *wide)
{
    int far = 0, all = 0;
    while (*narrow == '[' || *narrow == ',') {
        char *end;
        double x = strtod(narrow + 1, &end), y = strtod(wide + 1, (char **)&wide);
        narrow = end;
        far += !(fabs(x - y) <= 1e-3 * (1 + fabs(y)));
        all++;
    }
    return all == 20 && far < 5;
}

static void compare_precisions(char *narrow, char *wide)
{
    for (char *x, *y, *rest = NULL, *other = NULL; (x = strtok_r(narrow, "\n", &rest)); narrow = wide = NULL) {
        y = strtok_r(wide, "\n", &other);
        ck_assert_ptr_nonnull(y);
        ck_assert_str_eq(x, y); /* the name */
        char *numbers = strtok_r(NULL, "\n", &rest), *others = strtok_r(NULL, "\n", &other);
        ck_assert_msg(numbers && others && near(numbers, others), "%s differs with the precision:\n%s\n%s", x, numbers,
                      others);
    }
}

START_TEST(test_engines)
{
    char *all[MACHINES];
    struct arena a = { 0 };
    for (int m = 0; m < MACHINES; m++) {
        char folder[] = "/tmp/icl-check-XXXXXX";
        const char *path;
        FILE *to = open_script(&a, folder, &path);
        write_measures(to, &a, m);
        fclose(to);
        setenv("XDG_CACHE_HOME", folder, 1);
        all[m] = answers(&a, path, "interp", &machines[m]);
        char *compiled = answers(&a, path, "jit", &machines[m]);
        ck_assert_msg(*all[m] && !strcmp(all[m], compiled), "engines differ: n = %d, %s lanes of %s: %s",
                      machines[m].n, machines[m].lanes, machines[m].precision, path);
        ck_assert_int_eq(system(arena_printf(&a, "rm -r '%s'", folder)), 0);
    }
    compare_precisions(all[0], all[1]);
    arena_free(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gradients");
    TCase *t = tcase_create("gradients");
    tcase_set_timeout(t, 600);
    suite_add_tcase(s, t);
    tcase_add_test(t, test_differences);
    tcase_add_test(t, test_engines);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
