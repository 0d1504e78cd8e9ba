/* The adjoint of every op: with y = op(x..) and g the adjoint of y, what is added to the adjoint of each x.
 * Conventions at points without a derivative: relu and abs have 0 at 0, max and min give all to the second of equals,
 * max over an axis to the first; sign, floor, comparisons, indices have gradient 0. */
#include <string.h>
#include "compiler/grad_rules.h"

#define RULE(op) static void adj_##op(struct adjoint *a, struct ir_node *n, struct value *g)
#define X(k) of(a, n->in[k])
#define Y of(a, n)
#define NONE(op)                                                                  \
    RULE(op)                                                                      \
    {                                                                             \
        (void)a, (void)n, (void)g;                                                \
    }

static struct value *of(struct adjoint *a, struct ir_node *n)
{
    return t_of_node(a->ev, n);
}

static struct value *add(struct adjoint *a, struct value *x, struct value *y)
{
    return t_elem2(a->ev, OP_ADD, x, y, a->at);
}
static struct value *sub(struct adjoint *a, struct value *x, struct value *y)
{
    return t_elem2(a->ev, OP_SUB, x, y, a->at);
}
static struct value *mul(struct adjoint *a, struct value *x, struct value *y)
{
    return t_elem2(a->ev, OP_MUL, x, y, a->at);
}
static struct value *quo(struct adjoint *a, struct value *x, struct value *y)
{
    return t_elem2(a->ev, OP_DIV, x, y, a->at);
}
static struct value *neg(struct adjoint *a, struct value *x) { return t_elem1(a->ev, OP_NEG, x, a->at); }
static struct value *fun(struct adjoint *a, enum ir_op op, struct value *x) { return t_elem1(a->ev, op, x, a->at); }
static struct value *num(struct adjoint *a, double x) { return t_const(a->ev, x); }
static struct value *less(struct adjoint *a, struct value *x, struct value *y)
{
    return t_elem2(a->ev, OP_LT, x, y, a->at);
}
static struct value *pick(struct adjoint *a, struct value *c, struct value *x, struct value *y)
{
    return t_select(a->ev, c, x, y, a->at);
}
static struct value *matmul(struct adjoint *a, struct value *x, struct value *y)
{
    return t_matmul(a->ev, x, y, a->at);
}
static struct value *swap(struct adjoint *a, struct value *x) { return t_swap(a->ev, x); }

static dim whole(struct adjoint *a, int64_t n)
{
    return size_int(a->ev->sizes, n);
}

/* ---- element by element ---- */

RULE(ADD)
{
    adjoint_add(a, n->in[0], g);
    adjoint_add(a, n->in[1], g);
}

RULE(SUB)
{
    adjoint_add(a, n->in[0], g);
    if (adjoint_needed(a, n->in[1])) adjoint_add(a, n->in[1], neg(a, g));
}

RULE(MUL)
{
    if (adjoint_needed(a, n->in[0])) adjoint_add(a, n->in[0], mul(a, g, X(1)));
    if (adjoint_needed(a, n->in[1])) adjoint_add(a, n->in[1], mul(a, g, X(0)));
}

RULE(DIV)
{
    struct value *q = quo(a, g, X(1));
    adjoint_add(a, n->in[0], q);
    if (adjoint_needed(a, n->in[1])) adjoint_add(a, n->in[1], neg(a, mul(a, q, Y)));
}

RULE(NEG)
{
    adjoint_add(a, n->in[0], neg(a, g));
}

/* d/dx = p x ** (p - 1); d/dp = y log x where x > 0 */
RULE(POW)
{
    if (adjoint_needed(a, n->in[0])) {
        struct value *d = t_elem2(a->ev, OP_POW, X(0), sub(a, X(1), num(a, 1)), a->at);
        adjoint_add(a, n->in[0], mul(a, g, mul(a, X(1), d)));
    }
    if (adjoint_needed(a, n->in[1])) {
        struct value *positive = less(a, num(a, 0), X(0)), *safe = pick(a, positive, X(0), num(a, 1));
        adjoint_add(a, n->in[1], mul(a, g, mul(a, Y, fun(a, OP_LOG, safe))));
    }
}

static void choose(struct adjoint *a, struct ir_node *n, struct value *first, struct value *g)
{
    adjoint_add(a, n->in[0], pick(a, first, g, num(a, 0)));
    adjoint_add(a, n->in[1], pick(a, first, num(a, 0), g));
}

RULE(MAX) { choose(a, n, less(a, X(1), X(0)), g); }
RULE(MIN) { choose(a, n, less(a, X(0), X(1)), g); }
RULE(ABS) { adjoint_add(a, n->in[0], mul(a, g, fun(a, OP_SIGN, X(0)))); }
RULE(EXP) { adjoint_add(a, n->in[0], mul(a, g, Y)); }
RULE(LOG) { adjoint_add(a, n->in[0], quo(a, g, X(0))); }
RULE(LOG1P) { adjoint_add(a, n->in[0], quo(a, g, add(a, num(a, 1), X(0)))); }
RULE(EXPM1) { adjoint_add(a, n->in[0], mul(a, g, add(a, Y, num(a, 1)))); }
RULE(SQRT) { adjoint_add(a, n->in[0], quo(a, mul(a, g, num(a, 0.5)), Y)); }
RULE(TANH) { adjoint_add(a, n->in[0], mul(a, g, sub(a, num(a, 1), mul(a, Y, Y)))); }
RULE(SIGMOID) { adjoint_add(a, n->in[0], mul(a, g, mul(a, Y, sub(a, num(a, 1), Y)))); }
RULE(RELU) { adjoint_add(a, n->in[0], pick(a, less(a, num(a, 0), X(0)), g, num(a, 0))); }
RULE(SOFTPLUS) { adjoint_add(a, n->in[0], mul(a, g, fun(a, OP_SIGMOID, X(0)))); }
RULE(SIN) { adjoint_add(a, n->in[0], mul(a, g, fun(a, OP_COS, X(0)))); }
RULE(COS) { adjoint_add(a, n->in[0], neg(a, mul(a, g, fun(a, OP_SIN, X(0))))); }

/* exp(-c x²) */
static struct value *bell(struct adjoint *a, struct value *x, double c)
{
    return fun(a, OP_EXP, mul(a, num(a, -c), mul(a, x, x)));
}

RULE(ERF)
{
    adjoint_add(a, n->in[0], mul(a, g, mul(a, num(a, 1.1283791670955126), bell(a, X(0), 1))));
}

/* gelu = x P(x), P the normal distribution function: P(x) + x p(x) */
RULE(GELU)
{
    struct value *x = X(0);
    struct value *p = mul(a, num(a, 0.5), add(a, num(a, 1), fun(a, OP_ERF, mul(a, num(a, 0.7071067811865476), x))));
    struct value *d = mul(a, num(a, 0.3989422804014327), bell(a, x, 0.5));
    adjoint_add(a, n->in[0], mul(a, g, add(a, p, mul(a, x, d))));
}

NONE(SIGN)
NONE(FLOOR) NONE(EQ) NONE(NE) NONE(LT) NONE(LE) NONE(AND) NONE(OR) NONE(NOT) NONE(TO_REAL) NONE(TO_INT) NONE(STOP_GRAD)
    NONE(CONST) NONE(INPUT) NONE(PARAM) NONE(IOTA) NONE(PROMPT) NONE(DRAW_UNIFORM) NONE(DRAW_NORMAL) NONE(ARGSORT)
        NONE(RANK) NONE(ARGMAX) NONE(ARGMIN)

            RULE(SELECT)
{
    adjoint_add(a, n->in[1], pick(a, X(0), g, num(a, 0)));
    adjoint_add(a, n->in[2], pick(a, X(0), num(a, 0), g));
}

RULE(VARIABLE) { adjoint_add(a, n->in[0], g); }

/* ---- views ---- */

RULE(BROADCAST)
{
    const struct ir_node *x = n->in[0];
    int lead = n->rank - x->rank;
    for (int i = 0; i < lead; i++) g = t_reduce(a->ev, OP_SUM, g, 0);
    for (int i = x->rank - 1; i >= 0; i--)
        if (x->dims[i] != n->dims[i + lead] && size_is(x->dims[i], 1)) g = t_reduce(a->ev, OP_SUM, g, i);
    adjoint_add(a, n->in[0], t_reshape(a->ev, g, x->rank, x->dims));
}

RULE(RESHAPE) { adjoint_add(a, n->in[0], t_reshape(a->ev, g, n->in[0]->rank, n->in[0]->dims)); }

RULE(TRANSPOSE)
{
    int back[IR_MAX_RANK];
    for (int i = 0; i < n->rank; i++) back[n->perm[i]] = i;
    adjoint_add(a, n->in[0], t_transpose(a->ev, g, back));
}

static struct value *zeros(struct adjoint *a, struct value *like, int axis, dim count)
{
    dim dims[IR_MAX_RANK];
    memcpy(dims, like->dims, sizeof dims);
    dims[axis] = count;
    return t_full(a->ev, num(a, 0), like->rank, dims);
}

/* Puts an axis of g back where a slice took it from: gaps of step - 1 zeros, then zeros before and behind. */
static struct value *unslice(struct adjoint *a, struct value *g, int axis, dim start, int64_t step, dim size)
{
    struct size_table *t = a->ev->sizes;
    dim count = g->dims[axis];
    if (size_is(count, 0)) return zeros(a, g, axis, size);
    if (step < 0) {
        dim last = size_sub(t, count, whole(a, 1));
        g = t_slice(a->ev, g, axis, last, count, -1);
        start = size_add(t, start, size_mul(t, whole(a, step), last));
        step = -step;
    }
    if (step > 1) {
        dim dims[IR_MAX_RANK], flat[IR_MAX_RANK];
        for (int i = 0, j = 0; i < g->rank; i++) {
            flat[i] = i == axis ? size_mul(t, count, whole(a, step)) : g->dims[i];
            dims[j++] = g->dims[i];
            if (i == axis) dims[j++] = whole(a, 1);
        }
        struct value *spread = t_reshape(a->ev, g, g->rank + 1, dims);
        struct value *both[2] = { spread, zeros(a, spread, axis + 1, whole(a, step - 1)) };
        g = t_reshape(a->ev, t_concat(a->ev, both, 2, axis + 1, a->at), g->rank, flat);
        dim used = size_add(t, size_mul(t, size_sub(t, count, whole(a, 1)), whole(a, step)), whole(a, 1));
        g = t_slice(a->ev, g, axis, whole(a, 0), used, 1);
        count = used;
    }
    dim behind = size_sub(t, size, size_add(t, start, count));
    struct value *part[3];
    int parts = 0;
    if (!size_is(start, 0)) part[parts++] = zeros(a, g, axis, start);
    part[parts++] = g;
    if (!size_is(behind, 0)) part[parts++] = zeros(a, g, axis, behind);
    return t_concat(a->ev, part, parts, axis, a->at);
}

RULE(SLICE)
{
    for (int i = 0; i < n->rank; i++)
        if (n->dims[i] != n->in[0]->dims[i] || n->step[i] != 1)
            g = unslice(a, g, i, n->start[i], n->step[i], n->in[0]->dims[i]);
    adjoint_add(a, n->in[0], g);
}

/* ---- moves ---- */

RULE(CONCAT)
{
    dim at = whole(a, 0);
    for (int i = 0; i < n->nin; i++) {
        dim count = n->in[i]->dims[n->axis];
        if (adjoint_needed(a, n->in[i])) adjoint_add(a, n->in[i], t_slice(a->ev, g, n->axis, at, count, 1));
        at = size_add(a->ev->sizes, at, count);
    }
}

/* [index.., size]: 1 where the index is the position. */
static struct value *one_hot(struct adjoint *a, struct value *index, dim size)
{
    dim wide[IR_MAX_RANK], dims[1] = { size };
    memcpy(wide, index->dims, sizeof wide);
    wide[index->rank] = whole(a, 1);
    struct value *i = t_reshape(a->ev, index, index->rank + 1, wide);
    return t_cast(a->ev, t_elem2(a->ev, OP_EQ, i, t_iota(a->ev, 1, dims, 0), a->at), DT_REAL);
}

/* Every position of the axis collects the elements that were taken from it: a product with the one-hot matrix. */
RULE(GATHER)
{
    struct ir_node *x = n->in[0], *index = n->in[1];
    dim size = x->dims[n->axis], taken = whole(a, 1), before = whole(a, 1), behind = whole(a, 1);
    struct size_table *t = a->ev->sizes;
    for (int i = 0; i < index->rank; i++) taken = size_mul(t, taken, index->dims[i]);
    for (int i = 0; i < x->rank; i++) {
        if (i < n->axis) before = size_mul(t, before, x->dims[i]);
        if (i > n->axis) behind = size_mul(t, behind, x->dims[i]);
    }
    struct value *flat_index = t_reshape(a->ev, of(a, index), 1, &taken);
    struct value *hot = swap(a, one_hot(a, flat_index, size)); /* [size, taken] */
    struct value *flat = t_reshape(a->ev, g, 3, (dim[]){ before, taken, behind });
    adjoint_add(a, x, t_reshape(a->ev, matmul(a, hot, flat), x->rank, x->dims));
}

static struct value *reversed(struct adjoint *a, struct value *g, int axis)
{
    dim last = size_sub(a->ev->sizes, g->dims[axis], whole(a, 1));
    return t_slice(a->ev, g, axis, last, g->dims[axis], -1);
}

RULE(CUMSUM)
{
    adjoint_add(a, n->in[0], reversed(a, t_unary_op(a->ev, OP_CUMSUM, reversed(a, g, n->axis), n->axis), n->axis));
}

RULE(SORT)
{
    struct value *order = t_unary_op(a->ev, OP_ARGSORT, X(0), n->rank - 1);
    if (n->rank == 1) { /* each element takes from its place */
        adjoint_add(a, n->in[0], t_gather(a->ev, g, t_unary_op(a->ev, OP_ARGSORT, order, 0), 0));
        return;
    }
    struct value *hot = one_hot(a, order, n->dims[n->rank - 1]); /* [.., place, from] */
    dim wide[IR_MAX_RANK];
    memcpy(wide, g->dims, sizeof wide);
    wide[g->rank] = whole(a, 1);
    struct value *each = mul(a, hot, t_reshape(a->ev, g, g->rank + 1, wide));
    adjoint_add(a, n->in[0], t_reduce(a->ev, OP_SUM, each, g->rank - 1));
}

/* ---- reductions ---- */

/* A reduced value, stretched back along the axis. */
static struct value *stretch(struct adjoint *a, struct value *v, const struct ir_node *x, int axis)
{
    dim dims[IR_MAX_RANK];
    memcpy(dims, x->dims, sizeof dims);
    dims[axis] = whole(a, 1);
    return t_broadcast(a->ev, t_reshape(a->ev, v, x->rank, dims), x->rank, x->dims);
}

RULE(SUM) { adjoint_add(a, n->in[0], stretch(a, g, n->in[0], n->axis)); }
RULE(PROD) { adjoint_add(a, n->in[0], quo(a, stretch(a, mul(a, g, Y), n->in[0], n->axis), X(0))); }

static void at_extreme(struct adjoint *a, struct ir_node *n, struct value *g, enum ir_op arg)
{
    struct ir_node *x = n->in[0];
    struct value *where = stretch(a, t_reduce(a->ev, arg, X(0), n->axis), x, n->axis);
    struct value *here = t_elem2(a->ev, OP_EQ, t_iota(a->ev, x->rank, x->dims, n->axis), where, a->at);
    adjoint_add(a, x, pick(a, here, stretch(a, g, x, n->axis), num(a, 0)));
}

RULE(MAX_OF) { at_extreme(a, n, g, OP_ARGMAX); }
RULE(MIN_OF) { at_extreme(a, n, g, OP_ARGMIN); }

/* ---- linear algebra ---- */

RULE(MATMUL)
{
    if (adjoint_needed(a, n->in[0])) adjoint_add(a, n->in[0], matmul(a, g, swap(a, X(1))));
    if (adjoint_needed(a, n->in[1])) adjoint_add(a, n->in[1], matmul(a, swap(a, X(0)), g));
}

/* 1 below the diagonal (above when `upper`), `diagonal` on it, 0 elsewhere. */
static struct value *triangle(struct adjoint *a, struct value *like, double diagonal, bool upper)
{
    dim n = like->dims[like->rank - 1], dims[2] = { n, n };
    struct value *row = t_iota(a->ev, 2, dims, upper), *column = t_iota(a->ev, 2, dims, !upper);
    struct value *on = t_elem2(a->ev, OP_EQ, row, column, a->at);
    struct value *rest = pick(a, on, num(a, diagonal), num(a, 0));
    return pick(a, less(a, column, row), num(a, 1), rest);
}

/* Murray (2016): with P = tril(L' g), its diagonal halved, S = L'^-1 P L^-1. Only the lower triangle of A is read, so
 * it gets the whole of S + S': an element below the diagonal from both sides. */
RULE(CHOLESKY)
{
    struct value *l = Y, *half = triangle(a, l, 0.5, false), *p = mul(a, matmul(a, swap(a, l), g), half);
    struct value *left = t_trisolve(a->ev, l, p, false, true);
    struct value *s = swap(a, t_trisolve(a->ev, l, swap(a, left), false, true));
    adjoint_add(a, n->in[0], mul(a, add(a, s, swap(a, s)), half));
}

RULE(TRISOLVE)
{
    struct value *back = t_trisolve(a->ev, X(0), g, n->upper, !n->transposed);
    adjoint_add(a, n->in[1], back);
    if (!adjoint_needed(a, n->in[0])) return;
    struct value *outer = n->transposed ? matmul(a, Y, swap(a, back)) : matmul(a, back, swap(a, Y));
    adjoint_add(a, n->in[0], neg(a, mul(a, outer, triangle(a, outer, 1, n->upper))));
}

static struct value *lu_solve(struct adjoint *a, struct value *A, struct value *b)
{
    struct ir_node p = { .op = OP_LU_SOLVE, .dtype = DT_REAL, .rank = b->rank };
    memcpy(p.dims, b->dims, sizeof p.dims);
    return t_apply(a->ev, &p, (struct value *[]){ A, b }, 2);
}

RULE(LU_SOLVE)
{
    struct value *back = lu_solve(a, swap(a, X(0)), g);
    adjoint_add(a, n->in[1], back);
    if (adjoint_needed(a, n->in[0])) adjoint_add(a, n->in[0], neg(a, matmul(a, back, swap(a, Y))));
}

RULE(LU_LOGDET)
{
    struct value *A = X(0), *I = t_broadcast(a->ev, t_eye(a->ev, A->dims[A->rank - 1]), A->rank, A->dims);
    dim wide[IR_MAX_RANK];
    memcpy(wide, A->dims, sizeof wide);
    wide[A->rank - 1] = wide[A->rank - 2] = whole(a, 1);
    struct value *inverse = lu_solve(a, swap(a, A), I);
    adjoint_add(a, n->in[0], mul(a, t_reshape(a->ev, g, A->rank, wide), inverse));
}

/* V (diag(gl) + F o V' gV) V', F[i, j] = 1 / (l[j] - l[i]) off the diagonal; equal eigenvalues have no derivative. */
RULE(EIGH)
{
    int axis = n->rank - 2;
    dim size = n->dims[n->rank - 1], row[IR_MAX_RANK], column[IR_MAX_RANK], one = whole(a, 1), zero = whole(a, 0);
    memcpy(row, n->dims, sizeof row);
    memcpy(column, n->dims, sizeof column);
    row[axis] = one;
    column[axis] = size;
    column[axis + 1] = one;
    struct value *y = Y, *l = t_slice(a->ev, y, axis, zero, one, 1), *V = t_slice(a->ev, y, axis, one, size, 1);
    struct value *gl = t_slice(a->ev, g, axis, zero, one, 1), *gV = t_slice(a->ev, g, axis, one, size, 1);
    struct value *gap = sub(a, l, t_reshape(a->ev, l, n->rank, column));
    struct value *eye = t_eye(a->ev, size), *off = sub(a, num(a, 1), eye);
    struct value *F = quo(a, off, add(a, gap, eye));
    struct value *turned = swap(a, V), *rest = mul(a, F, matmul(a, turned, gV));
    struct value *inner = add(a, mul(a, eye, gl), rest);
    struct value *s = matmul(a, matmul(a, V, inner), turned);
    adjoint_add(a, n->in[0], mul(a, num(a, 0.5), add(a, s, swap(a, s))));
}

static struct value *pinv_solve(struct adjoint *a, struct value *A, struct value *b)
{
    struct ir_node p = { .op = OP_PINV_SOLVE, .dtype = DT_REAL, .rank = b->rank };
    memcpy(p.dims, b->dims, sizeof p.dims);
    p.dims[b->rank - 2] = A->dims[A->rank - 1];
    return t_apply(a->ev, &p, (struct value *[]){ A, b }, 2);
}

/* Golub and Pereyra (1973), at constant rank: with Z = A+' g and R = b - A x,
 * dA = -Z x' + R (A+ Z)' + A+' x ((I - A+ A) g)', db = Z. */
RULE(PINV_SOLVE)
{
    struct value *A = X(0), *x = Y, *At = swap(a, A), *Z = pinv_solve(a, At, g);
    adjoint_add(a, n->in[1], Z);
    if (!adjoint_needed(a, n->in[0])) return;
    struct value *R = sub(a, X(1), matmul(a, A, x));
    struct value *first = neg(a, matmul(a, Z, swap(a, x)));
    struct value *second = matmul(a, R, swap(a, pinv_solve(a, A, Z)));
    struct value *null = sub(a, g, pinv_solve(a, A, matmul(a, A, g)));
    struct value *left = pinv_solve(a, At, x), *third = matmul(a, left, swap(a, null));
    adjoint_add(a, n->in[0], add(a, first, add(a, second, third)));
}

/* ---- the table ---- */

/* The row that was put has its own gradient; what was there before has none. */
RULE(PUT)
{
    struct ir_node *x = n->in[0], *row = n->in[1];
    struct value *zero = t_full(a->ev, num(a, 0), row->rank, row->dims);
    struct ir_node p = { .op = OP_PUT, .dtype = DT_REAL, .rank = x->rank, .axis = n->axis };
    memcpy(p.dims, x->dims, sizeof p.dims);
    if (adjoint_needed(a, x)) adjoint_add(a, x, t_apply(a->ev, &p, (struct value *[]){ g, zero, X(2) }, 3));
    if (adjoint_needed(a, row)) adjoint_add(a, row, t_gather(a->ev, g, X(2), n->axis));
}

adjoint_rule adj_REPEAT, adj_GET, adj_BUILD; /* grad_loop.c */

adjoint_rule *const adjoint_rules[OP_COUNT] = {
#define ELEM(name, text, arity, type) [OP_##name] = adj_##name,
#define OP(name, text, arity, class) [OP_##name] = adj_##name,
#include "compiler/op.def"
#undef ELEM
#undef OP
};
