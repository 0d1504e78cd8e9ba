/* Reassociation: what it makes of the expressions it is for, and that random products, scalings and sums, in loops and
 * outside of them, keep their value up to rounding. Values are compared in binary64. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/interp.h"

enum { FUNCTIONS = 3000, SIZES = 4, RESULTS = 4 };

static struct arena arena;
static uint64_t state;

static void setup(void)
{
    memset(&arena, 0, sizeof arena);
    state = 0x9E3779B97F4A7C15;
}

static void teardown(void)
{
    arena_free(&arena);
}

/* 0 .. n - 1 */
static int pick(int n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (int)(state >> 33) % n;
}

/* ---- what becomes of expressions ---- */

struct count { /* of MATMULs */
    int products, inside; /* all, in loops */
    int64_t largest;      /* multiply-adds of the largest in a loop */
    int squares;          /* symmetric ones outside of loops */
    int scaled;           /* elements of all MULs and DIVs, in and out of loops */
};

static void count_node(struct ir_node *n, void *data)
{
    struct count *c = data;
    if (n->op == OP_MUL || n->op == OP_DIV) c->scaled += (int)ir_elements(n);
    if (n->op != OP_MATMUL) return;
    int64_t work = ir_elements(n) * ir_dim(n->in[0], n->rank - 1);
    c->products++;
    c->inside += n->region->owner != NULL;
    if (n->region->owner && work > c->largest) c->largest = work;
    c->squares += !n->region->owner && ir_elements(n) > 1 && ir_is_symmetric(n);
}

static struct count passes_of(const char *text)
{
    const char *why;
    struct count c = { 0 };
    struct ir_func *f = ir_read(&arena, interner_new(&arena), size_table_new(&arena), text, &why);
    if (!f) ck_abort_msg("%s\n%s", why, text);
    f->verify = true;
    why = ir_run_passes(f);
    if (why) ck_abort_msg("%s\n%s", why, text);
    ir_walk(f->top, count_node, &c);
    return c;
}

/* X [40, 16], y [40, 1], X', the first state, a step size. */
#define DATA \
    "func f precision=32 (%0: real) {\n" \
    "  %1 = draw_normal site=1 stream=0 : real[40, 16]\n  %2 = draw_normal site=2 stream=0 : real[40, 1]\n" \
    "  %3 = transpose %1 perm=[1, 0] : real[16, 40]\n" \
    "  %4 = const 0 : real\n  %5 = broadcast %4 : real[16, 1]\n  %6 = broadcast %0 : real[16, 1]\n"

static const char *descent(const char *passes, const char *stop)
{
    return arena_printf(&arena,
                        "%s"
                        "  %%7 = repeat %s (%%8: int from 0, %%9: real[16, 1] = %%5) {\n"
                        "    %%10 = matmul %%1, %%9 : real[40, 1]\n    %%11 = sub %%10, %%2 : real[40, 1]\n"
                        "    %%12 = matmul %%3, %%11 : real[16, 1]\n    %%13 = mul %%6, %%12 : real[16, 1]\n"
                        "    %%14 = sub %%9, %%13 : real[16, 1]\n%s  }\n"
                        "  %%30 = get %%7 axis=0 : real[16, 1]\n  return %%30\n}\n",
                        DATA, passes, stop);
}

START_TEST(test_descent)
{
    struct count c = passes_of(descent("50", "    yield %14\n"));
    ck_assert(c.inside == 1 && c.largest == 256 && c.squares == 1 && c.products == 3);
    c = passes_of(descent("3", "    yield %14\n")); /* too short to pay */
    ck_assert(c.inside == 2 && c.largest == 640 && c.products == 2);
    c = passes_of(descent("50", "    %15 = slice %12 start=[0, 0] step=[1, 1] : real[1, 1]\n"
                                "    %16 = reshape %15 : real\n    %17 = lt %16, %4 : bool\n"
                                "    yield %14 until %17\n"));
    ck_assert(c.inside == 2 && c.products == 2);
    setenv("ICL_GRAM", "off", 1);
    c = passes_of(descent("50", "    yield %14\n"));
    unsetenv("ICL_GRAM");
    ck_assert(c.inside == 2 && c.squares == 0);
}
END_TEST

/* Power iteration, too short for a Gram matrix of its own, beside a descent that has one. */
START_TEST(test_shared)
{
    static const char *const power = "  %40 = repeat 3 (%41: int from 0, %42: real[16, 1] = %5) {\n"
                                     "    %43 = matmul %1, %42 : real[40, 1]\n"
                                     "    %44 = matmul %3, %43 : real[16, 1]\n    yield %44\n  }\n"
                                     "  %45 = get %40 axis=0 : real[16, 1]\n";
    struct count alone = passes_of(arena_printf(&arena, "%s%s  return %%45\n}\n", DATA, power));
    ck_assert(alone.squares == 0 && alone.inside == 2);
    const char *text = descent("50", "    yield %14\n");
    size_t head = (size_t)(strstr(text, "  %7 =") - text);
    text = arena_printf(&arena, "%.*s%s%s", (int)head, text, power, text + head);
    char *end = strstr(text, "return %30");
    text = arena_printf(&arena, "%.*sreturn %%30, %%45\n}\n", (int)(end - text), text);
    struct count both = passes_of(text);
    ck_assert(both.squares == 1 && both.inside == 2 && both.largest == 256);
}
END_TEST

/* Rows scaled by a vector: the scaled matrix is never made. */
START_TEST(test_scaled_features)
{
    struct count c = passes_of(
        DATA "  %20 = matmul %3, %2 : real[16, 1]\n  %21 = reshape %20 : real[16]\n"
             "  %22 = broadcast %21 : real[40, 16]\n  %23 = mul %1, %22 : real[40, 16]\n"
             "  %24 = transpose %23 perm=[1, 0] : real[16, 40]\n"
             "  %7 = repeat 50 (%8: int from 0, %9: real[16, 1] = %5) {\n"
             "    %10 = matmul %23, %9 : real[40, 1]\n    %11 = sub %10, %2 : real[40, 1]\n"
             "    %12 = matmul %24, %11 : real[16, 1]\n    %14 = sub %9, %12 : real[16, 1]\n    yield %14\n  }\n"
             "  %30 = get %7 axis=0 : real[16, 1]\n  return %30\n}\n");
    ck_assert(c.inside == 1 && c.squares == 1 && c.scaled < 40 * 16);
}
END_TEST

START_TEST(test_order)
{
    struct count c = passes_of("func f precision=32 () {\n" /* A (B c), not (A B) c */
                               "  %0 = draw_normal site=1 stream=0 : real[20, 20]\n"
                               "  %1 = draw_normal site=2 stream=0 : real[20, 20]\n"
                               "  %2 = draw_normal site=3 stream=0 : real[20]\n  %3 = matmul %0, %1 : real[20, 20]\n"
                               "  %4 = reshape %2 : real[20, 1]\n  %5 = matmul %3, %4 : real[20, 1]\n"
                               "  %6 = const 3 : real\n  %7 = broadcast %6 : real[20, 1]\n"
                               "  %8 = div %5, %7 : real[20, 1]\n  return %8\n}\n");
    ck_assert(c.products == 2 && c.largest == 0 && c.scaled <= 20);
    c = passes_of(DATA /* (s X') y: s (X' y) */
                  "  %7 = broadcast %0 : real[16, 40]\n  %8 = mul %7, %3 : real[16, 40]\n"
                  "  %9 = matmul %8, %2 : real[16, 1]\n  return %9\n}\n");
    ck_assert(c.products == 1 && c.scaled == 16);
    c = passes_of("func f precision=32 () {\n" /* 3 (u v'): three elements to scale, not fifteen */
                  "  %0 = draw_normal site=1 stream=0 : real[3, 1]\n  %1 = draw_normal site=2 stream=0 : real[1, 5]\n"
                  "  %2 = matmul %0, %1 : real[3, 5]\n  %3 = const 3 : real\n  %4 = broadcast %3 : real[3, 5]\n"
                  "  %5 = mul %2, %4 : real[3, 5]\n  return %5\n}\n");
    ck_assert_int_eq(c.scaled, 3);
}
END_TEST

/* ---- random functions ---- */

static const int64_t size[SIZES] = { 1, 3, 6, 9 };

struct maker {
    struct ir_func *f;
    struct ir_region *r;
    VEC(struct ir_node *) pool;
};

static struct ir_node *add(struct maker *m, enum ir_op op, int rank, const int64_t *dims, struct ir_node *x,
                           struct ir_node *y)
{
    struct ir_node *in[] = { x, y };
    struct ir_node p = { .op = op, .dtype = DT_REAL, .rank = rank, .nin = (x != NULL) + (y != NULL), .in = in };
    for (int i = 0; i < rank; i++) p.dims[i] = size_int(m->f->sizes, dims[i]);
    if (op == OP_DRAW_NORMAL) p.site = (uint32_t)m->pool.n + 1;
    if (op == OP_TRANSPOSE) p.perm[0] = 1;
    return ir_add(m->f, m->r, &p);
}

static void dims_of(const struct ir_node *n, int64_t *dims)
{
    for (int i = 0; i < n->rank; i++) dims[i] = ir_dim(n, i);
}

static struct ir_node *like(struct maker *m, enum ir_op op, struct ir_node *x, struct ir_node *y)
{
    int64_t dims[IR_MAX_RANK];
    dims_of(x, dims);
    return add(m, op, x->rank, dims, x, y);
}

static struct ir_node *stretched(struct maker *m, struct ir_node *x, const struct ir_node *to)
{
    int64_t dims[IR_MAX_RANK];
    dims_of(to, dims);
    return add(m, OP_BROADCAST, to->rank, dims, x, NULL);
}

static struct ir_node *any(struct maker *m)
{
    int recent = pick(3) ? 12 : m->pool.n;
    return m->pool.data[m->pool.n - 1 - pick(recent < m->pool.n ? recent : m->pool.n)];
}

static struct ir_node *matrix(struct maker *m, struct ir_node *x)
{
    int64_t n = ir_elements(x);
    if (x->rank < 2) return add(m, OP_RESHAPE, 2, pick(3) ? (int64_t[]){ n, 1 } : (int64_t[]){ 1, n }, x, NULL);
    return pick(3) ? x : add(m, OP_TRANSPOSE, 2, (int64_t[]){ ir_dim(x, 1), ir_dim(x, 0) }, x, NULL);
}

static struct ir_node *same_shaped(struct maker *m, const struct ir_node *x)
{
    for (int i = 0; i < 30; i++) {
        struct ir_node *y = any(m);
        if (ir_same_shape(x, y)) return y;
    }
    return NULL;
}

static struct ir_node *product(struct maker *m)
{
    for (int i = 0; i < 30; i++) {
        struct ir_node *x = matrix(m, any(m)), *y = matrix(m, any(m));
        if (ir_dim(x, 1) != ir_dim(y, 0)) continue;
        return add(m, OP_MATMUL, 2, (int64_t[]){ ir_dim(x, 0), ir_dim(y, 1) }, x, y);
    }
    return NULL;
}

/* x scaled by a number or a vector of the pool. */
static struct ir_node *scaled(struct maker *m, struct ir_node *x)
{
    for (int i = 0; i < 30; i++) {
        struct ir_node *s = any(m);
        int64_t n = ir_elements(s);
        enum ir_op op = pick(4) ? OP_MUL : OP_DIV;
        if (n == 1) s = add(m, OP_RESHAPE, 0, NULL, s, NULL);
        else if (s->rank != 1 || x->rank != 2) continue;
        else if (n == ir_dim(x, 0) && pick(2)) s = add(m, OP_RESHAPE, 2, (int64_t[]){ n, 1 }, s, NULL);
        else if (n != ir_dim(x, 1)) continue;
        if (op == OP_DIV) { /* away from zero */
            struct ir_node *two = stretched(m, ir_const_real(m->f, m->r, 2), s);
            s = like(m, OP_ADD, like(m, OP_MUL, s, s), two);
        }
        return like(m, op, x, stretched(m, s, x));
    }
    return NULL;
}

static struct ir_node *vector(struct maker *m, int64_t n)
{
    for (int i = 0; i < 40; i++) {
        struct ir_node *x = any(m);
        if (x->rank == 1 && ir_elements(x) == n) return x;
    }
    return NULL;
}

/* X' (X w - y), with scalings here and there */
static struct ir_node *gradient(struct maker *m)
{
    struct ir_node *x = any(m);
    if (x->rank != 2) return NULL;
    int64_t rows = ir_dim(x, 0), columns = ir_dim(x, 1);
    struct ir_node *w = vector(m, columns), *y = vector(m, rows), *s;
    if (!w || !y) return NULL;
    struct ir_node *t = add(m, OP_TRANSPOSE, 2, (int64_t[]){ columns, rows }, x, NULL);
    if (!pick(3) && (s = scaled(m, t))) t = s;
    struct ir_node *p = add(m, OP_RESHAPE, 2, (int64_t[]){ columns, 1 }, w, NULL);
    p = add(m, OP_MATMUL, 2, (int64_t[]){ rows, 1 }, x, p);
    p = add(m, OP_RESHAPE, 1, &rows, p, NULL);
    p = like(m, pick(3) ? OP_SUB : OP_ADD, pick(4) ? p : like(m, OP_NEG, p, NULL), y);
    if (!pick(3) && (s = scaled(m, p))) p = s;
    p = add(m, OP_RESHAPE, 2, (int64_t[]){ rows, 1 }, p, NULL);
    p = add(m, OP_MATMUL, 2, (int64_t[]){ columns, 1 }, t, p);
    p = add(m, OP_RESHAPE, 1, &columns, p, NULL);
    return !pick(3) && (s = scaled(m, p)) ? s : p;
}

static void grow(struct maker *m, int steps)
{
    for (int i = 0; i < steps; i++) {
        struct ir_node *x = any(m), *y, *n = NULL;
        switch (pick(12)) {
        case 0: case 1: case 2: case 7: n = product(m); break;
        case 8: case 9: n = gradient(m); break;
        case 3: case 4: n = scaled(m, x); break;
        case 5: case 6:
            y = same_shaped(m, x);
            n = !y ? NULL : like(m, pick(3) ? OP_SUB : pick(2) ? OP_ADD : OP_MUL, x, y);
            break;
        default: n = x->rank == 2 && ir_elements(x) == ir_dim(x, 0)
                         ? add(m, OP_RESHAPE, 1, (int64_t[]){ ir_dim(x, 0) }, x, NULL)
                         : like(m, pick(2) ? OP_NEG : OP_TANH, x, NULL);
        }
        if (n) vec_push(&arena, &m->pool, n);
    }
}

/* A node of this shape that stays in (-1/2, 1/2). */
static struct ir_node *bounded(struct maker *m, struct ir_node *shape)
{
    struct ir_node *x = same_shaped(m, shape);
    if (!x) x = shape;
    return like(m, OP_MUL, like(m, OP_TANH, x, NULL), stretched(m, ir_const_real(m->f, m->r, 0.5), x));
}

static void loop(struct maker *m, int depth)
{
    struct ir_region *outer = m->r, *body = ir_region_new(m->f, outer);
    struct ir_node *first[2] = { any(m), any(m) }, *param[3], *next[2];
    int kept = m->pool.n;
    param[0] = ir_param(m->f, body, DT_INT, 0, NULL, NULL);
    for (int k = 0; k < 2; k++)
        param[k + 1] = ir_param(m->f, body, DT_REAL, first[k]->rank, first[k]->dims, NULL);
    m->r = body;
    for (int k = 0; k < 2; k++) vec_push(&arena, &m->pool, param[k + 1]);
    grow(m, 4 + pick(10));
    if (depth && !pick(3)) loop(m, depth - 1);
    for (int k = 0; k < 2; k++) next[k] = bounded(m, first[k]);
    for (int k = 0; k < 2; k++) vec_push(m->f->arena, &body->results, next[k]);
    m->r = outer;
    m->pool.n = kept;
    struct ir_node p = { .op = OP_REPEAT, .nin = 2, .in = first, .body = body };
    p.count = size_int(m->f->sizes, pick(3) ? 60 : 2);
    p.first = size_int(m->f->sizes, 0);
    struct ir_node *n = ir_add(m->f, outer, &p);
    for (int k = 0; k < 2; k++) {
        struct ir_node g = { .op = OP_GET, .dtype = DT_REAL, .rank = first[k]->rank, .nin = 1, .in = &n, .axis = k };
        memcpy(g.dims, first[k]->dims, sizeof g.dims);
        struct ir_node *x = ir_add(m->f, outer, &g);
        vec_push(&arena, &m->pool, x);
    }
}

static struct ir_func *random_function(uint64_t seed)
{
    struct maker m = { .f = ir_func_new(&arena, size_table_new(&arena), NULL) };
    state = seed * 0x2545F4914F6CDD1Du + 88172645463325252u;
    m.r = m.f->top;
    m.f->precision = 64;
    int64_t a = size[pick(SIZES)], b = size[pick(SIZES)];
    for (int i = 0; i < 8; i++) {
        int64_t dims[] = { pick(2) ? a : b, pick(2) ? a : b };
        struct ir_node *x = add(&m, OP_DRAW_NORMAL, i < 4 ? 2 : i < 7 ? 1 : 0, dims, NULL, NULL);
        x = like(&m, OP_MUL, x, stretched(&m, ir_const_real(m.f, m.r, 0.4), x));
        vec_push(&arena, &m.pool, x);
    }
    grow(&m, 2 + pick(8));
    loop(&m, 1);
    grow(&m, 3);
    if (pick(2)) loop(&m, 0);
    for (int i = 1; i <= RESULTS; i++) vec_push(&arena, &m.f->top->results, m.pool.data[m.pool.n - i]);
    return m.f;
}

static void note_products(struct ir_node *n, void *data)
{
    uint64_t *sum = data;
    if (n->op == OP_MATMUL) *sum = *sum * 31 + (uint64_t)(ir_elements(n) * 2 + (n->region->owner != NULL));
}

/* The other passes, for comparison. */
static uint64_t products_without(struct ir_func *f)
{
    uint64_t sum = 0;
    f->cse = NULL;
    ir_pass_dce(f);
    ir_pass_hoist(f);
    ir_pass_cse(f);
    ir_walk(f->top, note_products, &sum);
    return sum;
}

static void compare(int function, const struct tensor *want, const struct tensor *got)
{
    double largest = 0;
    int64_t n = tensor_elements(want);
    for (int64_t e = 0; e < n; e++) largest = fmax(largest, fabs(want->r[e]));
    for (int64_t e = 0; e < n && isfinite(largest); e++)
        ck_assert_msg(fabs(want->r[e] - got->r[e]) <= 1e-7 * (1 + largest), "function %d: %g, %g", function,
                      want->r[e], got->r[e]);
}

START_TEST(test_random_functions)
{
    int changed = 0;
    for (int i = 0; i < FUNCTIONS; i++) {
        struct ir_func *written = random_function((uint64_t)i), *f = random_function((uint64_t)i);
        struct tensor want[RESULTS], got[RESULTS];
        uint64_t products = 0;
        const char *why = ir_verify(written);
        ck_assert_msg(!why, "function %d: %s", i, why);
        f->verify = true;
        why = ir_run_passes(f);
        ck_assert_msg(!why, "function %d: %s", i, why);
        struct interp it = { .arena = &arena, .precision = 64, .seed = 3, .prompt = (uint64_t)i };
        interp_run(&it, written, NULL, want);
        interp_run(&it, f, NULL, got);
        for (int r = 0; r < RESULTS; r++) compare(i, &want[r], &got[r]);
        ir_walk(f->top, note_products, &products);
        changed += products != products_without(written);
        arena_free(&arena);
    }
    ck_assert_int_gt(changed, FUNCTIONS / 6);
}
END_TEST

static void add_test(Suite *s, const char *name, const TTest *test, double timeout)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, test);
    tcase_set_timeout(c, timeout);
    suite_add_tcase(s, c);
}

int main(void)
{
    Suite *s = suite_create("reassociate");
    add_test(s, "descent", test_descent, 10);
    add_test(s, "shared", test_shared, 10);
    add_test(s, "scaled features", test_scaled_features, 10);
    add_test(s, "order", test_order, 10);
    add_test(s, "random functions", test_random_functions, 600);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
