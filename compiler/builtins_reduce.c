/* Rules of the builtins that work along axes: sums and their kin, order. */
#include <math.h>
#include <string.h>
#include "compiler/builtins.h"

static bool empty_axis(struct ev *ev, struct args *a, const struct value *x, int axis)
{
    for (int i = 0; i < x->rank; i++)
        if ((axis < 0 || i == axis) && size_is(x->dims[i], 0)) {
            struct diag *m = ev_error(ev, E_SHAPE, a->call, "the largest or smallest of no elements");
            ev_show(ev, m, a->at[0], x);
            return true;
        }
    return false;
}

SCRIPT_BUILTIN(bi_reduce)
{
    (void)s;
    TENSOR(0);
    int axis = builtin_axis(ev, a, 1, a->v[0]);
    if (axis == -2) return &value_error;
    bool picks = b->op != OP_SUM && b->op != OP_PROD;
    if (picks && empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op, a->v[0], axis);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, a->v[0], axis) : v;
}

SCRIPT_BUILTIN(bi_extreme)
{
    (void)s;
    TENSOR(0);
    if (a->v[1]) {
        TENSOR(1);
        if (a->v[2] || a->v[3]) {
            struct diag *m = ev_error(ev, E_ARGUMENT_COUNT, a->at[a->v[2] ? 2 : 3],
                                      "`%s(a, b)` is element by element and has no axis", b->name);
            diag_help(m, "of three: `%s(a, %s(b, c))`; along an axis: `%s(x, axis = 0)`", b->name, b->name, b->name);
            return &value_error;
        }
        return t_elem2(ev, b->op, a->v[0], a->v[1], a->call);
    }
    int axis = builtin_axis(ev, a, 2, a->v[0]);
    if (axis == -2 || empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op == OP_MAX ? OP_MAX_OF : OP_MIN_OF, a->v[0], axis);
    return builtin_flag(ev, a, 3) ? builtin_keepdims(ev, v, a->v[0], axis) : v;
}

static struct value *count_of(struct ev *ev, const struct value *x, int axis)
{
    dim n = size_int(ev->sizes, 1);
    for (int i = 0; i < x->rank; i++)
        if (axis < 0 || i == axis) n = size_mul(ev->sizes, n, x->dims[i]);
    return t_cast(ev, value_int(ev->arena, n), DT_REAL);
}

static struct value *mean(struct ev *ev, struct value *x, int axis, const struct ast *at)
{
    struct value *sum = t_cast(ev, t_reduce(ev, OP_SUM, x, axis), DT_REAL);
    return t_elem2(ev, OP_DIV, sum, count_of(ev, x, axis), at);
}

SCRIPT_BUILTIN(bi_mean)
{
    (void)s, (void)b;
    TENSOR(0);
    int axis = builtin_axis(ev, a, 1, a->v[0]);
    if (axis == -2) return &value_error;
    struct value *v = mean(ev, a->v[0], axis, a->call);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, a->v[0], axis) : v;
}

SCRIPT_BUILTIN(bi_var)
{
    (void)s;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = builtin_axis(ev, a, 1, x);
    if (axis == -2) return &value_error;
    struct value *centre = builtin_keepdims(ev, mean(ev, x, axis, a->call), x, axis);
    struct value *d = t_elem2(ev, OP_SUB, x, centre, a->call);
    struct value *v = mean(ev, t_elem2(ev, OP_MUL, d, d, a->call), axis, a->call);
    if (b->op == OP_SQRT) v = t_elem1(ev, OP_SQRT, v, a->call);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, x, axis) : v;
}

static struct value *dot(struct ev *ev, struct value *x, struct value *y, const struct ast *at)
{
    dim n = size_int(ev->sizes, 1);
    for (int i = 0; i < x->rank; i++) n = size_mul(ev->sizes, n, x->dims[i]);
    struct value *left = t_reshape(ev, x, 1, &n), *right = t_reshape(ev, y, 1, &n);
    return t_matmul(ev, left, right, at);
}

SCRIPT_BUILTIN(bi_norm)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = builtin_axis(ev, a, 1, x);
    if (axis == -2) return &value_error;
    struct value *square = axis < 0 ? dot(ev, x, x, a->call)
                                    : t_reduce(ev, OP_SUM, t_elem2(ev, OP_MUL, x, x, a->call), axis);
    struct value *v = t_elem1(ev, OP_SQRT, square, a->call);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, x, axis) : v;
}

SCRIPT_BUILTIN(bi_truth)
{
    (void)s;
    TENSOR(0);
    if (a->v[0]->dtype != DT_BOOL) {
        struct diag *m = ev_error(ev, E_TYPE, a->at[0], "`%s` takes truth values", b->name);
        ev_show(ev, m, a->at[0], a->v[0]);
        return &value_error;
    }
    int axis = builtin_axis(ev, a, 1, a->v[0]);
    if (axis == -2 || empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op, a->v[0], axis);
    v = t_elem2(ev, OP_NE, v, value_int(ev->arena, size_int(ev->sizes, 0)), a->call);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, a->v[0], axis) : v;
}

/* x as gradients see a constant. */
static struct value *constant(struct ev *ev, struct value *x)
{
    struct ir_node p = { .op = OP_STOP_GRAD, .dtype = x->dtype, .rank = x->rank };
    if (!ev->k || x->kind != V_TENSOR) return x;
    memcpy(p.dims, x->dims, sizeof *p.dims * (size_t)x->rank);
    return t_apply(ev, &p, &x, 1);
}

/* Shifted by the largest element where that is finite: of all -inf it is -inf, with a +inf it is +inf. By how much is
 * shifted changes no value, so gradients need not know. */
SCRIPT_BUILTIN(bi_logsumexp)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = builtin_axis(ev, a, 1, x);
    if (axis == -2 || empty_axis(ev, a, x, axis)) return &value_error;
    struct value *top = t_reduce(ev, OP_MAX_OF, x, axis);
    struct value *finite = t_elem2(ev, OP_LT, t_elem1(ev, OP_ABS, top, a->call), t_const(ev, INFINITY), a->call);
    top = constant(ev, t_select(ev, finite, top, t_const(ev, 0), a->call));
    struct value *wide = builtin_keepdims(ev, top, x, axis);
    struct value *e = t_elem1(ev, OP_EXP, t_elem2(ev, OP_SUB, x, wide, a->call), a->call);
    struct value *v = t_elem2(ev, OP_ADD, top, t_elem1(ev, OP_LOG, t_reduce(ev, OP_SUM, e, axis), a->call), a->call);
    return builtin_flag(ev, a, 2) ? builtin_keepdims(ev, v, x, axis) : v;
}

SCRIPT_BUILTIN(bi_softmax)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = builtin_axis(ev, a, 1, x);
    if (x->rank == 0) return builtin_wrong_rank(ev, a, 0, "a tensor with an axis");
    if (axis == -2 || empty_axis(ev, a, x, axis < 0 ? x->rank - 1 : axis)) return &value_error;
    if (axis < 0) axis = x->rank - 1;
    struct value *top = builtin_keepdims(ev, constant(ev, t_reduce(ev, OP_MAX_OF, x, axis)), x, axis);
    struct value *e = t_elem1(ev, OP_EXP, t_elem2(ev, OP_SUB, x, top, a->call), a->call);
    return t_elem2(ev, OP_DIV, e, builtin_keepdims(ev, t_reduce(ev, OP_SUM, e, axis), x, axis), a->call);
}

/* Operations that keep the shape; the axis is moved to the end and back where the op works on the last. */
SCRIPT_BUILTIN(bi_along)
{
    (void)s;
    TENSOR(0);
    struct value *x = a->v[0];
    int axis = builtin_axis(ev, a, 1, x), perm[IR_MAX_RANK];
    if (x->rank == 0) return builtin_wrong_rank(ev, a, 0, "a tensor with an axis");
    if (axis == -2) return &value_error;
    if (axis < 0) axis = x->rank - 1;
    if (x->dtype == DT_BOOL) x = t_cast(ev, x, DT_INT);
    if (b->op == OP_CUMSUM || axis == x->rank - 1) return t_unary_op(ev, b->op, x, axis);
    for (int i = 0; i < x->rank; i++) perm[i] = i;
    perm[axis] = x->rank - 1;
    perm[x->rank - 1] = axis;
    return t_transpose(ev, t_unary_op(ev, b->op, t_transpose(ev, x, perm), x->rank - 1), perm);
}

/* x[.., index[.., j]]: along the last axis, row by row; the leading axes are one axis on the way. */
static struct value *gather_rows(struct ev *ev, struct value *x, struct value *index, const struct ast *at)
{
    if (value_poisoned(index) || x->rank == 1) return value_poisoned(index) ? index : t_gather(ev, x, index, 0);
    int last = x->rank - 1;
    dim rows = size_int(ev->sizes, 1), n = x->dims[last], lead[IR_MAX_RANK];
    for (int i = 0; i < last; i++) rows = size_mul(ev->sizes, rows, lead[i] = x->dims[i]);
    lead[last] = size_int(ev->sizes, 1);
    struct value *from = t_elem2(ev, OP_MUL, t_iota(ev, 1, &rows, 0), value_int(ev->arena, n), at);
    struct value *place = t_elem2(ev, OP_ADD, t_reshape(ev, from, x->rank, lead), index, at);
    dim all = size_mul(ev->sizes, rows, n);
    return t_gather(ev, t_reshape(ev, x, 1, &all), place, 0);
}

SCRIPT_BUILTIN(bi_top_k)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = a->v[0];
    dim k = ev_size(ev, a->v[1], a->at[1]);
    if (!k) return &value_error;
    if (x->rank == 0) return builtin_wrong_rank(ev, a, 0, "a tensor with an axis");
    int last = x->rank - 1;
    int64_t over;
    if (builtin_negative(ev, 1, &k, a->at[1])) return &value_error;
    if (size_known(size_sub(ev->sizes, k, x->dims[last]), &over) && over > 0) {
        struct diag *m = ev_error(ev, E_INDEX_RANGE, a->call, "top_k: %s of %s elements", ev_size_text(ev, k),
                                  ev_size_text(ev, x->dims[last]));
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    struct value *order = t_unary_op(ev, OP_ARGSORT, t_elem1(ev, OP_NEG, x, a->call), last);
    struct value *first = t_slice(ev, order, last, size_int(ev->sizes, 0), k, 1);
    struct value *both[2] = { gather_rows(ev, x, first, a->call), first };
    return value_list(ev->arena, V_TUPLE, 2, both);
}

SCRIPT_BUILTIN(bi_dot)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    for (int k = 0; k < 2; k++)
        if (a->v[k]->rank != 1) return builtin_wrong_rank(ev, a, k, "a vector");
    if (size_compare(a->v[0]->dims[0], a->v[1]->dims[0]) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_MATMUL_INNER, a->call, "dot: sizes differ");
        ev_show(ev, m, a->at[0], a->v[0]);
        ev_show(ev, m, a->at[1], a->v[1]);
        return &value_error;
    }
    return t_matmul(ev, a->v[0], a->v[1], a->call);
}

SCRIPT_BUILTIN(bi_outer)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    for (int k = 0; k < 2; k++)
        if (a->v[k]->rank != 1) return builtin_wrong_rank(ev, a, k, "a vector");
    dim column[2] = { a->v[0]->dims[0], size_int(ev->sizes, 1) };
    return t_elem2(ev, OP_MUL, t_reshape(ev, a->v[0], 2, column), a->v[1], a->call);
}
