/* Every operation of op.def, generated: the interpreter and compiled code give the same bits for every op over many
 * shapes, at 16, 8, 4 and 1 lanes, in both precisions, on values that differ between prompts, that do not, and that
 * are NaN, infinite, subnormal or minus zero. An op that op.def has and this file does not know fails the test.
 *
 * Compiling is what costs: all ops of a shape are one kernel, and each pair of lanes and precision takes the first
 * shape and its share of the others. Gradients of all ops: check_gradients.c. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/interp.h"
#include "compiler/kernel.h"

enum { FIRST = 96, PROMPTS = 18, SEED = 77 };

static const struct shape {
    int rank;
    int64_t dims[3];
} shapes[] = {
    { 2, { 3, 3 } },
    { 1, { 5 } }, { 1, { 33 } }, { 2, { 33, 1 } }, { 1, { 17 } }, { 2, { 2, 17 } }, { 1, { 2 } }, { 1, { 16 } },
    { 0, { 0 } },
    { 2, { 5, 16 } }, { 3, { 1, 2, 16 } }, { 2, { 0, 5 } }, { 3, { 2, 3, 3 } }, { 1, { 0 } }, { 2, { 16, 2 } },
    { 3, { 2, 0, 3 } }, { 2, { 17, 17 } }, { 1, { 1 } }, { 2, { 2, 2 } }, { 3, { 5, 1, 2 } }, { 2, { 1, 1 } },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };
static const struct { int precision, lanes; } machines[] = {
    { 32, 16 }, { 64, 8 }, { 32, 8 }, { 64, 4 }, { 32, 4 }, { 64, 16 }, { 32, 1 }, { 64, 1 },
};
enum { MACHINES = sizeof machines / sizeof *machines };

static int met[OP_COUNT][MACHINES];

/* What the ops of a kernel are made of: values of one shape. */
struct bench {
    struct arena *arena;
    struct ir_func *f;
    const struct shape *shape;
    struct ir_node *x, *y, *special; /* reals that differ between prompts */
    struct ir_node *u;               /* the same for all prompts, special values among them */
    struct ir_node *i, *ui;          /* ints */
    struct ir_node *p, *up;          /* bools */
    int site;
};

/* ---- construction ---- */

static struct ir_node *make(struct bench *b, struct ir_node p, enum dtype t, int rank, const int64_t *dims)
{
    p.dtype = t;
    p.rank = rank;
    for (int k = 0; k < rank; k++) p.dims[k] = size_int(b->f->sizes, dims[k]);
    return ir_add(b->f, b->f->top, &p);
}

#define IN(...) .in = (struct ir_node *[]){ __VA_ARGS__ }, .nin = (int)(sizeof((struct ir_node *[]){ __VA_ARGS__ }) / 8)

static struct ir_node *shaped(struct bench *b, struct ir_node p, enum dtype t)
{
    return make(b, p, t, b->shape->rank, b->shape->dims);
}

/* A node of the shape of n. */
static struct ir_node *like(struct bench *b, struct ir_node p, enum dtype t, const struct ir_node *n)
{
    int64_t dims[IR_MAX_RANK];
    for (int k = 0; k < n->rank; k++) dims[k] = ir_dim(n, k);
    return make(b, p, t, n->rank, dims);
}

static void result(struct bench *b, struct ir_node *n)
{
    vec_push(b->f->arena, &b->f->top->results, n);
}

static int64_t last(const struct bench *b)
{
    return b->shape->dims[b->shape->rank - 1];
}

static int64_t elements(const struct bench *b)
{
    int64_t n = 1;
    for (int k = 0; k < b->shape->rank; k++) n *= b->shape->dims[k];
    return n;
}

static struct ir_node *input(struct bench *b, enum dtype t)
{
    dim dims[3];
    for (int k = 0; k < b->shape->rank; k++) dims[k] = size_int(b->f->sizes, b->shape->dims[k]);
    return ir_input(b->f, t, b->shape->rank, dims, NULL);
}

static struct ir_node *filled(struct bench *b, double v, const struct ir_node *like_this)
{
    return ir_broadcast(b->f, b->f->top, ir_const_real(b->f, b->f->top, v), like_this->rank, like_this->dims);
}

static struct ir_node *draw(struct bench *b, enum ir_op op, int rank, const int64_t *dims)
{
    return make(b, (struct ir_node){ .op = op, .site = 100 + (uint32_t)b->site++, .stream = 3 }, DT_REAL, rank, dims);
}

static void open_bench(struct bench *b, struct arena *a, const struct shape *shape, int precision)
{
    *b = (struct bench){ .arena = a, .shape = shape };
    b->f = ir_func_new(a, size_table_new(a), NULL);
    b->f->precision = precision;
    b->u = input(b, DT_REAL);
    b->ui = input(b, DT_INT);
    b->up = input(b, DT_BOOL);
    b->x = draw(b, OP_DRAW_NORMAL, shape->rank, shape->dims);
    b->y = draw(b, OP_DRAW_UNIFORM, shape->rank, shape->dims);
    b->p = shaped(b, (struct ir_node){ .op = OP_LT, IN(b->x, filled(b, 0.2, b->x)) }, DT_BOOL);
    b->special = shaped(b, (struct ir_node){ .op = OP_SELECT, IN(b->p, b->u, b->x) }, DT_REAL);
    struct ir_node *big = shaped(b, (struct ir_node){ .op = OP_MUL, IN(b->x, filled(b, 3, b->x)) }, DT_REAL);
    b->i = shaped(b, (struct ir_node){ .op = OP_TO_INT, IN(big) }, DT_INT);
}

/* ---- what each op is given ---- */

typedef void builder(struct bench *b, enum ir_op op);

static void build_elem(struct bench *b, enum ir_op op)
{
    const struct op_info *info = &op_info[op];
    struct ir_node *pairs[][2] = { { b->x, b->special }, { b->u, b->y }, { b->special, b->u }, { b->u, b->special } };
    bool numbers = info->type != ELEM_LOGIC;
    for (int k = 0; k < (b->shape->rank == 1 ? 4 : 1) && numbers; k++) {
        struct ir_node n = { .op = op, .in = pairs[k], .nin = info->arity };
        result(b, shaped(b, n, info->type == ELEM_TEST ? DT_BOOL : DT_REAL));
    }
    struct ir_node *same[] = { b->u, shaped(b, (struct ir_node){ .op = OP_ABS, IN(b->u) }, DT_REAL) };
    struct ir_node uniform = { .op = op, .in = same, .nin = info->arity };
    if (numbers) result(b, shaped(b, uniform, info->type == ELEM_TEST ? DT_BOOL : DT_REAL));
    struct ir_node ints = { .op = op, .in = (struct ir_node *[]){ b->i, b->ui }, .nin = info->arity };
    if (info->type == ELEM_SAME || info->type == ELEM_TEST)
        result(b, shaped(b, ints, info->type == ELEM_TEST ? DT_BOOL : DT_INT));
    struct ir_node bools = { .op = op, .in = (struct ir_node *[]){ b->p, b->up }, .nin = info->arity };
    if (info->type == ELEM_LOGIC || op == OP_EQ || op == OP_NE) result(b, shaped(b, bools, DT_BOOL));
}

static void build_select(struct bench *b, enum ir_op op)
{
    result(b, shaped(b, (struct ir_node){ .op = op, IN(b->up, b->special, b->y) }, DT_REAL));
    result(b, shaped(b, (struct ir_node){ .op = op, IN(b->p, b->i, b->ui) }, DT_INT));
    result(b, shaped(b, (struct ir_node){ .op = op, IN(b->up, b->p, b->up) }, DT_BOOL));
}

static void build_convert(struct bench *b, enum ir_op op)
{
    enum dtype t = op == OP_TO_INT ? DT_INT : DT_REAL;
    struct ir_node *from[] = { b->p, b->up, b->i, b->ui, b->special, b->u };
    for (int k = 0; k < 6; k++)
        if (from[k]->dtype != t) result(b, shaped(b, (struct ir_node){ .op = op, IN(from[k]) }, t));
}

static void build_same(struct bench *b, enum ir_op op)
{
    result(b, shaped(b, (struct ir_node){ .op = op, IN(b->special) }, DT_REAL));
    result(b, shaped(b, (struct ir_node){ .op = op, IN(b->u) }, DT_REAL));
}

static void build_const(struct bench *b, enum ir_op op)
{
    static const double values[] = { NAN, INFINITY, -0.0, 1e-42, 0.1 };
    (void)op;
    for (int k = 0; k < 5; k++) result(b, filled(b, values[k], b->x));
    for (enum dtype t = DT_INT; t <= DT_BOOL; t++)
        result(b, ir_broadcast(b->f, b->f->top, ir_const_int(b->f, b->f->top, t, 1), b->x->rank, b->x->dims));
}

static void build_input(struct bench *b, enum ir_op op)
{
    (void)op;
    result(b, b->u);
    result(b, b->ui);
    result(b, b->up);
}

static void build_iota(struct bench *b, enum ir_op op)
{
    for (int k = 0; k < b->shape->rank; k++)
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = k }, DT_INT));
}

static void build_prompt(struct bench *b, enum ir_op op)
{
    struct ir_node *n = make(b, (struct ir_node){ .op = op }, DT_INT, 0, NULL);
    result(b, ir_broadcast(b->f, b->f->top, n, b->x->rank, b->x->dims));
}

static void build_draw(struct bench *b, enum ir_op op)
{
    result(b, draw(b, op, b->shape->rank, b->shape->dims));
}

static void build_broadcast(struct bench *b, enum ir_op op)
{
    struct ir_node *from[] = { b->special, b->u, b->i, b->up };
    int64_t dims[5] = { 2, 3 };
    memcpy(dims + 2, b->shape->dims, sizeof b->shape->dims);
    for (int k = 0; k < 4; k++) {
        result(b, make(b, (struct ir_node){ .op = op, IN(from[k]) }, from[k]->dtype, b->shape->rank + 1, dims + 1));
        if (!b->shape->rank || dims[b->shape->rank + 1] != 1) continue; /* the last axis stretches */
        dims[b->shape->rank + 1] = 4;
        result(b, make(b, (struct ir_node){ .op = op, IN(from[k]) }, from[k]->dtype, b->shape->rank + 2, dims));
        dims[b->shape->rank + 1] = 1;
    }
}

static void build_reshape(struct bench *b, enum ir_op op)
{
    int64_t n = elements(b), flat[] = { n, 1 }, half[] = { 2, n / 2 };
    result(b, make(b, (struct ir_node){ .op = op, IN(b->special) }, DT_REAL, 1, flat));
    result(b, make(b, (struct ir_node){ .op = op, IN(b->i) }, DT_INT, 2, flat));
    if (n % 2 == 0) result(b, make(b, (struct ir_node){ .op = op, IN(b->u) }, DT_REAL, 2, half));
}

static void build_transpose(struct bench *b, enum ir_op op)
{
    struct ir_node p = { .op = op, IN(b->special) }, q = { .op = op, IN(b->i) };
    int64_t reversed[3], turned[3];
    int r = b->shape->rank;
    for (int k = 0; k < r; k++) {
        p.perm[k] = r - 1 - k;
        q.perm[k] = (k + 1) % r;
        reversed[k] = b->shape->dims[p.perm[k]];
        turned[k] = b->shape->dims[q.perm[k]];
    }
    if (r > 1) result(b, make(b, p, DT_REAL, r, reversed));
    if (r > 1) result(b, make(b, q, DT_INT, r, turned));
}

static void build_slice(struct bench *b, enum ir_op op)
{
    static const int64_t steps[] = { 1, -1, 2, -3 };
    for (int axis = 0; axis < b->shape->rank; axis++)
        for (int s = 0; s < 4; s++) {
            int64_t n = b->shape->dims[axis], dims[3], count = n / llabs(steps[s]);
            struct ir_node p = { .op = op, IN(s % 2 ? b->special : b->x) };
            for (int k = 0; k < b->shape->rank; k++) {
                dims[k] = b->shape->dims[k];
                p.start[k] = size_int(b->f->sizes, 0);
                p.step[k] = 1;
            }
            p.step[axis] = steps[s];
            p.start[axis] = size_int(b->f->sizes, steps[s] < 0 ? n - 1 : n && steps[s] == 1 ? 1 : 0);
            dims[axis] = steps[s] == 1 && n ? n - 1 : count;
            if (n) result(b, make(b, p, DT_REAL, b->shape->rank, dims));
        }
}

static void build_concat(struct bench *b, enum ir_op op)
{
    for (int axis = 0; axis < b->shape->rank; axis++) {
        int64_t dims[3];
        memcpy(dims, b->shape->dims, sizeof dims);
        dims[axis] *= 3;
        result(b, make(b, (struct ir_node){ .op = op, .axis = axis, IN(b->x, b->u, b->special) }, DT_REAL,
                       b->shape->rank, dims));
        result(b, make(b, (struct ir_node){ .op = op, .axis = axis, IN(b->ui, b->i, b->i) }, DT_INT, b->shape->rank,
                       dims));
    }
}

/* Indices in -10 .. 9: out of range now and then. */
static void build_gather(struct bench *b, enum ir_op op)
{
    for (int axis = 0; axis < b->shape->rank; axis++) {
        int r = b->shape->rank;
        int64_t dims[6], five[] = { 5 };
        struct ir_node *few = make(b, (struct ir_node){ .op = OP_IOTA }, DT_INT, 1, five);
        struct ir_node *one = make(b, (struct ir_node){ .op = OP_PROMPT }, DT_INT, 0, NULL);
        few = make(b, (struct ir_node){ .op = OP_SUB,
                                        IN(few, ir_broadcast(b->f, b->f->top, ir_const_int(b->f, b->f->top, DT_INT, 2),
                                                             1, few->dims)) }, DT_INT, 1, five);
        one = make(b, (struct ir_node){ .op = OP_SUB, IN(one, ir_const_int(b->f, b->f->top, DT_INT, FIRST)) }, DT_INT,
                   0, NULL);
        struct ir_node *index[] = { few, one, b->i };
        for (int k = 0; k < 3; k++) {
            int n = 0;
            if (index[k]->rank + r - 1 > 5 || (k == 2 && elements(b) > 40)) continue;
            for (int d = 0; d < axis; d++) dims[n++] = b->shape->dims[d];
            for (int d = 0; d < index[k]->rank; d++) dims[n++] = ir_dim(index[k], d);
            for (int d = axis + 1; d < r; d++) dims[n++] = b->shape->dims[d];
            result(b, make(b, (struct ir_node){ .op = op, .axis = axis, IN(b->special, index[k]) }, DT_REAL, n, dims));
            result(b, make(b, (struct ir_node){ .op = op, .axis = axis, IN(b->ui, index[k]) }, DT_INT, n, dims));
        }
    }
}

static void build_put(struct bench *b, enum ir_op op)
{
    struct ir_node *prompt = make(b, (struct ir_node){ .op = OP_PROMPT }, DT_INT, 0, NULL);
    struct ir_node *at = make(b, (struct ir_node){ .op = OP_SUB,
                                                   IN(prompt, ir_const_int(b->f, b->f->top, DT_INT, FIRST + 1)) },
                              DT_INT, 0, NULL);
    for (int axis = 0; axis < b->shape->rank; axis++) {
        int64_t dims[3];
        int n = 0;
        for (int d = 0; d < b->shape->rank; d++)
            if (d != axis) dims[n++] = b->shape->dims[d];
        struct ir_node *row = draw(b, OP_DRAW_NORMAL, n, dims);
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = axis, IN(b->special, row, at) }, DT_REAL));
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = axis,
                                              IN(b->u, row, ir_const_int(b->f, b->f->top, DT_INT, 0)) }, DT_REAL));
    }
}

static void build_cumsum(struct bench *b, enum ir_op op)
{
    for (int axis = 0; axis < b->shape->rank; axis++) {
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = axis, IN(b->x) }, DT_REAL));
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = axis, IN(b->u) }, DT_REAL));
        result(b, shaped(b, (struct ir_node){ .op = op, .axis = axis, IN(b->i) }, DT_INT));
    }
}

static void build_order(struct bench *b, enum ir_op op)
{
    if (!b->shape->rank) return;
    struct ir_node *from[] = { b->special, b->u, b->i, b->x };
    for (int k = 0; k < 4; k++)
        result(b, shaped(b, (struct ir_node){ .op = op, IN(from[k]) }, op == OP_SORT ? from[k]->dtype : DT_INT));
}

static void build_reduce(struct bench *b, enum ir_op op)
{
    bool index = op == OP_ARGMAX || op == OP_ARGMIN;
    struct ir_node *from[] = { b->x, b->special, b->u, b->i, b->ui };
    for (int axis = 0; axis < b->shape->rank; axis++) {
        int64_t dims[3];
        int n = 0;
        if (!b->shape->dims[axis] && op != OP_SUM && op != OP_PROD) continue; /* has no such element */
        for (int d = 0; d < b->shape->rank; d++)
            if (d != axis) dims[n++] = b->shape->dims[d];
        for (int k = 0; k < 5; k++)
            result(b, make(b, (struct ir_node){ .op = op, .axis = axis, IN(from[k]) }, index ? DT_INT : from[k]->dtype,
                           n, dims));
    }
}

/* ---- linear algebra ---- */

static struct ir_node *swapped(struct bench *b, struct ir_node *x)
{
    struct ir_node p = { .op = OP_TRANSPOSE, IN(x) };
    int64_t dims[IR_MAX_RANK];
    for (int k = 0; k < x->rank; k++) p.perm[k] = k < x->rank - 2 ? k : 2 * x->rank - 3 - k;
    for (int k = 0; k < x->rank; k++) dims[k] = ir_dim(x, p.perm[k]);
    return make(b, p, x->dtype, x->rank, dims);
}

static struct ir_node *product(struct bench *b, struct ir_node *x, struct ir_node *y)
{
    int64_t dims[IR_MAX_RANK];
    for (int k = 0; k < x->rank - 1; k++) dims[k] = ir_dim(x, k);
    dims[x->rank - 1] = ir_dim(y, y->rank - 1);
    return make(b, (struct ir_node){ .op = OP_MATMUL, IN(x, y) }, DT_REAL, x->rank, dims);
}

static void build_matmul(struct bench *b, enum ir_op op)
{
    (void)op;
    if (b->shape->rank < 2) return;
    struct ir_node *t = swapped(b, b->x), *column = NULL;
    int64_t dims[3];
    memcpy(dims, b->shape->dims, sizeof dims);
    dims[b->shape->rank - 2] = last(b);
    dims[b->shape->rank - 1] = 1;
    column = draw(b, OP_DRAW_NORMAL, b->shape->rank, dims);
    result(b, product(b, t, b->x)); /* symmetric */
    result(b, product(b, t, b->special));
    result(b, product(b, b->special, swapped(b, b->u)));
    result(b, product(b, b->u, swapped(b, b->u)));
    result(b, product(b, t, product(b, b->x, column))); /* X' (X w) */
}

/* Square matrices [.., n, n] of the last axis' size: any, and positive definite ones. */
static struct ir_node *square(struct bench *b, bool positive)
{
    int r = b->shape->rank;
    int64_t dims[3];
    memcpy(dims, b->shape->dims, sizeof dims);
    dims[r - 2] = last(b);
    struct ir_node *x = draw(b, OP_DRAW_NORMAL, r, dims);
    if (!positive) return x;
    struct ir_node *at[2], *gram = product(b, swapped(b, x), x);
    for (int k = 0; k < 2; k++) at[k] = make(b, (struct ir_node){ .op = OP_IOTA, .axis = r - 1 - k }, DT_INT, r, dims);
    struct ir_node *on = make(b, (struct ir_node){ .op = OP_EQ, .in = at, .nin = 2 }, DT_BOOL, r, dims);
    struct ir_node *eye = make(b, (struct ir_node){ .op = OP_TO_REAL, IN(on) }, DT_REAL, r, dims);
    return make(b, (struct ir_node){ .op = OP_ADD, IN(gram, eye) }, DT_REAL, r, dims);
}

static struct ir_node *sides(struct bench *b)
{
    int64_t dims[3];
    memcpy(dims, b->shape->dims, sizeof dims);
    dims[b->shape->rank - 2] = last(b);
    dims[b->shape->rank - 1] = 2;
    return draw(b, OP_DRAW_NORMAL, b->shape->rank, dims);
}

static bool matrices(const struct bench *b, int64_t largest)
{
    return b->shape->rank >= 2 && elements(b) && last(b) <= largest;
}

static void build_square(struct bench *b, enum ir_op op)
{
    if (!matrices(b, op == OP_EIGH ? 3 : 17)) return;
    for (int positive = 0; positive < 2; positive++) {
        if (op == OP_EIGH && !positive) continue;
        struct ir_node *a = square(b, positive);
        int64_t dims[3];
        memcpy(dims, b->shape->dims, sizeof dims);
        dims[b->shape->rank - 2] = last(b) + (op == OP_EIGH);
        result(b, make(b, (struct ir_node){ .op = op, IN(a) }, DT_REAL, b->shape->rank - 2 * (op == OP_LU_LOGDET),
                       dims));
    }
}

static void build_solve(struct bench *b, enum ir_op op)
{
    if (!matrices(b, op == OP_PINV_SOLVE ? 3 : 17)) return;
    for (int kind = 0; kind < (op == OP_TRISOLVE ? 4 : 2); kind++) {
        struct ir_node *a = square(b, op == OP_TRISOLVE || kind), *x = sides(b);
        result(b, like(b, (struct ir_node){ .op = op, .upper = op == OP_TRISOLVE && kind & 1,
                                            .transposed = op == OP_TRISOLVE && kind & 2, IN(a, x) }, DT_REAL, x));
    }
}

/* ---- regions ---- */

/* x <- 0.9 x + special, and a count; with `until`, each prompt stops on its own. */
static void loop(struct bench *b, int64_t count, bool stops)
{
    struct ir_func *f = b->f;
    struct ir_region *body = ir_region_new(f, f->top);
    struct ir_node *first[] = { b->y, ir_const_int(f, f->top, DT_INT, 0) }, *state[2], *next[2], *top[2];
    struct ir_node *index = ir_param(f, body, DT_INT, 0, NULL, NULL);
    for (int k = 0; k < 2; k++) state[k] = ir_param(f, body, first[k]->dtype, first[k]->rank, first[k]->dims, NULL);
    struct ir_node p = { .op = OP_MUL, .dtype = DT_REAL, .rank = b->x->rank,
                         IN(state[0], ir_broadcast(f, body, ir_const_real(f, body, 0.9), b->x->rank, b->x->dims)) };
    memcpy(p.dims, b->x->dims, sizeof p.dims);
    top[0] = ir_add(f, body, &p);
    p.op = OP_ADD;
    p.in = (struct ir_node *[]){ top[0], b->special };
    next[0] = ir_add(f, body, &p);
    next[1] = ir_add(f, body, &(struct ir_node){ .op = OP_ADD, .dtype = DT_INT, IN(state[1], index) });
    for (int k = 0; k < 2; k++) vec_push(f->arena, &body->results, next[k]);
    if (stops) {
        struct ir_node *limit = make(b, (struct ir_node){ .op = OP_PROMPT }, DT_INT, 0, NULL);
        limit = ir_add(f, f->top, &(struct ir_node){ .op = OP_SUB, .dtype = DT_INT,
                                                     IN(limit, ir_const_int(f, f->top, DT_INT, FIRST)) });
        struct ir_node *stop = ir_add(f, body, &(struct ir_node){ .op = OP_LT, .dtype = DT_BOOL, IN(limit, next[1]) });
        vec_push(f->arena, &body->results, stop);
    }
    struct ir_node *n = ir_add(f, f->top, &(struct ir_node){ .op = OP_REPEAT, .in = first, .nin = 2, .body = body,
                                                            .stops = stops, .count = size_int(f->sizes, count),
                                                            .first = size_int(f->sizes, 1) });
    for (int k = 0; k < 2; k++) {
        struct ir_node get = { .op = OP_GET, .dtype = first[k]->dtype, .rank = first[k]->rank, .axis = k, IN(n) };
        memcpy(get.dims, first[k]->dims, sizeof get.dims);
        result(b, ir_add(f, f->top, &get));
    }
}

static void build_repeat(struct bench *b, enum ir_op op)
{
    (void)op;
    loop(b, 4, false);
    loop(b, 6, true);
}

/* [3, 2, shape]: x scaled by the indices. */
static void build_build(struct bench *b, enum ir_op op)
{
    struct ir_func *f = b->f;
    struct ir_node *from[] = { b->special, b->u };
    for (int k = 0; k < 2; k++) {
        struct ir_region *body = ir_region_new(f, f->top);
        struct ir_node *i = ir_param(f, body, DT_INT, 0, NULL, NULL), *j = ir_param(f, body, DT_INT, 0, NULL, NULL);
        struct ir_node *s = ir_add(f, body, &(struct ir_node){ .op = OP_SUB, .dtype = DT_INT, IN(i, j) });
        s = ir_add(f, body, &(struct ir_node){ .op = OP_TO_REAL, .dtype = DT_REAL, IN(s) });
        struct ir_node p = { .op = OP_MUL, .dtype = DT_REAL, .rank = b->x->rank,
                             IN(from[k], ir_broadcast(f, body, s, b->x->rank, b->x->dims)) };
        memcpy(p.dims, b->x->dims, sizeof p.dims);
        vec_push(f->arena, &body->results, ir_add(f, body, &p));
        int64_t dims[5] = { 3, 2 };
        memcpy(dims + 2, b->shape->dims, sizeof b->shape->dims);
        for (int d = 0; d < 2; d++) body->counts[d] = size_int(f->sizes, dims[d]);
        result(b, make(b, (struct ir_node){ .op = op, .body = body }, DT_REAL, b->shape->rank + 2, dims));
    }
}

/* Every op that does not work element by element. */
static builder *const builders[OP_COUNT] = {
    [OP_SELECT] = build_select, [OP_TO_REAL] = build_convert, [OP_TO_INT] = build_convert,
    [OP_STOP_GRAD] = build_same, [OP_VARIABLE] = build_same, [OP_CONST] = build_const, [OP_INPUT] = build_input,
    [OP_PARAM] = build_repeat, [OP_IOTA] = build_iota, [OP_PROMPT] = build_prompt, [OP_DRAW_UNIFORM] = build_draw,
    [OP_DRAW_NORMAL] = build_draw, [OP_BROADCAST] = build_broadcast, [OP_RESHAPE] = build_reshape,
    [OP_TRANSPOSE] = build_transpose, [OP_SLICE] = build_slice, [OP_CONCAT] = build_concat, [OP_GATHER] = build_gather,
    [OP_PUT] = build_put, [OP_CUMSUM] = build_cumsum, [OP_SORT] = build_order, [OP_ARGSORT] = build_order,
    [OP_RANK] = build_order, [OP_SUM] = build_reduce, [OP_PROD] = build_reduce, [OP_MAX_OF] = build_reduce,
    [OP_MIN_OF] = build_reduce, [OP_ARGMAX] = build_reduce, [OP_ARGMIN] = build_reduce, [OP_MATMUL] = build_matmul,
    [OP_CHOLESKY] = build_square, [OP_TRISOLVE] = build_solve, [OP_LU_SOLVE] = build_solve,
    [OP_LU_LOGDET] = build_square, [OP_EIGH] = build_square, [OP_PINV_SOLVE] = build_solve, [OP_REPEAT] = build_repeat,
    [OP_GET] = build_repeat, [OP_BUILD] = build_build,
};

/* ---- both engines ---- */

static double special_value(int64_t k, int precision)
{
    const double values[] = { NAN, 0.0, -0.0, INFINITY, -INFINITY, precision == 32 ? 1e-42 : 1e-310, 1, -1, 0.5, 2.5,
                              -88.5, 3e5, -2.5, 1e-8, 30, 0.25, -0.75 };
    double v = values[(k * 7 + k / 17) % 17];
    return precision == 32 ? (float)v : v;
}

static void *fill_input(struct bench *b, const struct ir_node *n, int precision, struct tensor *t)
{
    *t = tensor_new(b->arena, n->dtype, n->rank, b->shape->dims);
    int64_t count = tensor_elements(t);
    char *bytes = arena_alloc(b->arena, 8 * (size_t)count + 8);
    for (int64_t k = 0; k < count; k++) {
        if (n->dtype == DT_REAL) t->r[k] = special_value(k, precision);
        else t->i[k] = n->dtype == DT_INT ? k * 5 % 13 - 4 : k * 5 % 3 == 1;
        float narrow = n->dtype == DT_REAL ? (float)t->r[k] : 0;
        if (n->dtype == DT_REAL && precision == 32) memcpy(bytes + 4 * k, &narrow, 4);
        else memcpy(bytes + 8 * k, &t->i[k], 8);
    }
    return bytes;
}

static bool same(const struct tensor *want, int64_t e, const void *out, int64_t at, int precision)
{
    if (want->dtype != DT_REAL) return ((const int64_t *)out)[at] == want->i[e];
    double w = want->r[e], g = precision == 32 ? ((const float *)out)[at] : ((const double *)out)[at];
    return (isnan(w) && isnan(g)) || (w == g && signbit(w) == signbit(g));
}

static const char *text_of(const struct bench *b, const struct ir_node *n)
{
    struct buf text = { 0 };
    buf_printf(&text, "%s of", op_info[n->op].text);
    for (int k = 0; k < n->nin; k++) buf_printf(&text, " %s", op_info[n->in[k]->op].text);
    buf_printf(&text, ", axis %d, rank %d, shape [%lld, %lld, %lld] of rank %d", n->axis, n->rank,
               (long long)b->shape->dims[0], (long long)b->shape->dims[1], (long long)b->shape->dims[2],
               b->shape->rank);
    const char *copy = arena_strdup(b->arena, text.text);
    buf_free(&text);
    return copy;
}

static void compare(struct bench *b, const struct icl_kernel *k, const struct tensor *const *inputs, void **out)
{
    int n = b->f->top->results.n;
    struct tensor *want = ARENA_ARRAY(b->arena, struct tensor, n + 1);
    for (int64_t p = 0; p < PROMPTS; p++) {
        struct interp it = { .arena = b->arena, .precision = b->f->precision, .seed = SEED };
        it.prompt = (uint64_t)(FIRST + p);
        interp_run(&it, b->f, inputs, want);
        for (int r = 0; r < n; r++)
            for (int64_t e = 0, all = tensor_elements(&want[r]); e < all; e++) {
                int64_t at = (p / k->lanes * all + e) * k->lanes + p % k->lanes;
                if (same(&want[r], e, out[r], at, k->precision)) continue;
                ck_abort_msg("%s: element %lld, prompt %lld, %d lanes of %d", text_of(b, b->f->top->results.data[r]),
                             (long long)e, (long long)p, k->lanes, k->precision);
            }
    }
}

static void run(struct bench *b, int lanes)
{
    const char *why = ir_verify(b->f);
    ck_assert_msg(!why, "%s", why);
    why = ir_run_passes(b->f);
    ck_assert_msg(!why, "%s", why);
    struct kernel_store *s =
        kernel_store_new(b->arena, &(struct kernel_options){ .lanes = lanes, .no_cache = true, .verify = true });
    const struct icl_kernel *k = kernel_get(s, b->f, &why);
    ck_assert_msg(k != NULL, "%s", why);
    struct tensor input[3];
    const struct tensor *inputs[3];
    const void *bytes[3];
    for (int i = 0; i < 3; i++) {
        bytes[i] = fill_input(b, b->f->inputs.data[i], b->f->precision, &input[i]);
        inputs[i] = &input[i];
    }
    int n = b->f->top->results.n;
    void **out = ARENA_ARRAY(b->arena, void *, n);
    int64_t blocks = (PROMPTS + lanes - 1) / lanes;
    for (int r = 0; r < n; r++)
        out[r] = arena_alloc(b->arena, 8 * (size_t)(ir_elements(b->f->top->results.data[r]) * blocks * lanes + 1));
    void *scratch = aligned_alloc(64, (k->scratch + 63) / 64 * 64 + 64);
    memset(scratch, 0xFF, k->scratch);
    k->run(&(struct icl_kernel_args){ FIRST, blocks, SEED, bytes, out, scratch, k->sizes });
    compare(b, k, inputs, out);
    free(scratch);
    kernel_store_free(s);
}

static void note(struct ir_node *n, void *data)
{
    met[n->op][*(int *)data]++;
}

/* Machine m takes the first shape and every MACHINES-th of the others. */
START_TEST(test_engines_agree)
{
    for (int m = 0; m < MACHINES; m++)
        for (int s = 0; s < SHAPES; s++) {
            if (s && (s - 1) % MACHINES != m) continue;
            struct arena a = { 0 };
            struct bench b;
            open_bench(&b, &a, &shapes[s], machines[m].precision);
            for (int op = 0; op < OP_COUNT; op++) {
                bool elementwise = op_info[op].class == OP_CLASS_ELEM;
                ck_assert_msg(builders[op] || elementwise, "no builder for %s", op_info[op].text);
                if (builders[op]) builders[op](&b, op);
                else build_elem(&b, op);
            }
            ir_walk(b.f->top, note, &m);
            run(&b, machines[m].lanes);
            arena_free(&a);
        }
    for (int op = 0; op < OP_COUNT; op++)
        for (int m = 0; m < MACHINES; m++)
            ck_assert_msg(met[op][m], "%s is not tested with %d lanes of %d", op_info[op].text, machines[m].lanes,
                          machines[m].precision);
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
    Suite *s = suite_create("ops");
    TCase *t = tcase_create("ops");
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    tcase_add_test(t, test_engines_agree);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
