/* The builtins of builtin.def that work on tensors: their type and shape rules over tensor.c. */
#include <math.h>
#include <string.h>
#include "compiler/eval.h"
#include "compiler/script.h"
#include "compiler/warn.h"

/* ---- what the rules below share ---- */

#define RULE(name) static struct value *name(struct ev *ev, struct scope *s, const struct builtin *b, struct args *a)
#define UNUSED (void)s, (void)b

/* Makes argument k a tensor; false: reported, or nothing to do with a poisoned one (*out is the result then). */
static bool tensor(struct ev *ev, struct args *a, int k, struct value **out)
{
    struct value *v = ev_number(ev, a->v[k]);
    if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
    a->v[k] = v;
    if (v->kind == V_TENSOR) return true;
    *out = v;
    if (value_poisoned(v)) return false;
    struct diag *m = ev_error(ev, E_TYPE, a->at[k], "a number or tensor is needed here, this is %s",
                              value_type(ev->arena, v));
    ev_show(ev, m, a->at[k], v);
    *out = &value_error;
    return false;
}

#define TENSOR(k)                                      \
    do {                                               \
        struct value *bad_;                            \
        if (!tensor(ev, a, k, &bad_)) return bad_;     \
    } while (0)

static struct value *wrong_rank(struct ev *ev, struct args *a, int k, const char *wanted)
{
    struct diag *m = ev_error(ev, E_RANK, a->at[k], "%s is needed here", wanted);
    ev_show(ev, m, a->at[k], a->v[k]);
    return &value_error;
}

/* The axis argument k of tensor x: -1 when it is not given, -2 when it was wrong. */
static int axis_of(struct ev *ev, struct args *a, int k, const struct value *x)
{
    int64_t axis;
    if (k >= a->n || !a->v[k]) return -1;
    if (!ev_known_int(a->v[k], &axis)) {
        ev_error(ev, E_AXIS, a->at[k], "an axis is a known whole number");
        return -2;
    }
    if (axis < 0) axis += x->rank;
    if (axis >= 0 && axis < x->rank) return (int)axis;
    struct diag *m = ev_error(ev, E_AXIS, a->at[k], "there is no axis %s", ev_text(ev, a->at[k]));
    diag_note(m, "the operand is %s", value_type(ev->arena, x));
    return -2;
}

/* A truth value that is known before the run; false where it is not given, or reported. */
static bool flag(struct ev *ev, struct args *a, int k)
{
    bool on = false;
    if (k >= a->n || !a->v[k] || value_poisoned(a->v[k]) || ev_known_bool(a->v[k], &on)) return on;
    if (ev->dry && value_is_scalar(a->v[k], DT_BOOL) && !a->v[k]->node) return on;
    struct diag *m = ev_error(ev, E_TYPE, a->at[k], "true or false, known before the run, is needed here");
    ev_show(ev, m, a->at[k], a->v[k]);
    return on;
}

/* Puts the reduced axis back with size 1. */
static struct value *keepdims(struct ev *ev, struct value *v, const struct value *x, int axis)
{
    if (v->kind != V_TENSOR) return v;
    dim dims[IR_MAX_RANK];
    for (int i = 0; i < x->rank; i++) dims[i] = i == axis || axis < 0 ? size_int(ev->sizes, 1) : x->dims[i];
    return t_reshape(ev, v, x->rank, dims);
}

/* Item i of a list as it is written, or the list where a spread hides it. */
static const struct ast *item_ast(const struct ast *list, int i)
{
    for (int k = 0; k < list->n && list->kind == A_LIST; k++)
        if (list->kid[k]->kind == A_SPREAD) return list;
    return list->kind == A_LIST && i < list->n ? list->kid[i] : list;
}

/* A shape given as sizes or as one list of them. Returns the rank; -1: reported. */
static int shape_of(struct ev *ev, struct value **v, const struct ast **at, int n, dim *dims, const struct ast *call)
{
    if (n == 1 && v[0]->kind == V_TENSOR && v[0]->rank == 1) {
        int64_t count;
        const struct ast *list = at[0];
        if (v[0]->dtype != DT_INT || !size_known(v[0]->dims[0], &count)) {
            struct diag *m = ev_error(ev, E_SIZE, list, "a shape is a list of whole numbers, one an axis");
            ev_show(ev, m, list, v[0]);
            return -1;
        }
        if (count > IR_MAX_RANK) {
            ev_error(ev, E_RANK, call, "more than %d axes", IR_MAX_RANK);
            return -1;
        }
        for (int i = 0; i < count; i++) {
            struct value *item = t_at(ev, v[0], 0, size_int(ev->sizes, i));
            if (!(dims[i] = ev_size(ev, item, list))) return -1;
        }
        return (int)count;
    }
    struct value **item = v;
    if (n == 1 && (v[0]->kind == V_LIST || v[0]->kind == V_TUPLE)) {
        item = v[0]->item;
        n = v[0]->n;
    }
    if (n > IR_MAX_RANK) {
        ev_error(ev, E_RANK, call, "more than %d axes", IR_MAX_RANK);
        return -1;
    }
    for (int i = 0; i < n; i++)
        if (item[i]->kind == V_ERROR || !(dims[i] = ev_size(ev, item[i], item == v ? at[i] : item_ast(at[0], i))))
            return -1;
    return n;
}

static bool negative_size(struct ev *ev, int rank, const dim *dims, const struct ast *at)
{
    int64_t n;
    for (int i = 0; i < rank; i++)
        if (size_known(dims[i], &n) && n < 0) {
            ev_error(ev, E_SIZE, at, "a size is negative: %s", ev_size_text(ev, dims[i]));
            return true;
        }
    return false;
}

/* ---- making tensors ---- */

RULE(bi_fill)
{
    (void)s;
    dim dims[IR_MAX_RANK];
    int rank = shape_of(ev, a->rest, a->rest_at, a->nrest, dims, a->call);
    if (rank < 0 || negative_size(ev, rank, dims, a->call)) return &value_error;
    return t_full(ev, t_const(ev, !strcmp(b->name, "ones")), rank, dims);
}

RULE(bi_full)
{
    UNUSED;
    dim dims[IR_MAX_RANK];
    TENSOR(1);
    int rank = shape_of(ev, a->v, a->at, 1, dims, a->call);
    if (rank < 0 || negative_size(ev, rank, dims, a->call)) return &value_error;
    if (a->v[1]->rank) return wrong_rank(ev, a, 1, "a scalar");
    return t_full(ev, a->v[1], rank, dims);
}

RULE(bi_eye)
{
    UNUSED;
    dim n = ev_size(ev, a->v[0], a->at[0]);
    if (!n || negative_size(ev, 1, &n, a->call)) return &value_error;
    return t_eye(ev, n);
}

/* n (n - 1) ... (n - k + 1) / k!, multiplied and divided in turn: every quotient is a binomial itself. */
RULE(bi_binomial)
{
    UNUSED;
    int64_t n, k, c = 1;
    dim of = ev_size(ev, a->v[0], a->at[0]), chosen = of ? ev_size(ev, a->v[1], a->at[1]) : NULL;
    if (!chosen) return &value_error;
    if (!size_known(of, &n) || !size_known(chosen, &k))
        return value_int(ev->arena, size_symbol(ev->sizes, intern(ev->names, ev_text(ev, a->call)), SIZE_OPEN, 0,
                                                a->call->span, NULL));
    if (k > n - k) k = n - k;
    if (k < 0) return value_int(ev->arena, size_int(ev->sizes, 0));
    for (int64_t i = 1; i <= k; i++)
        if (__builtin_mul_overflow(c, n - k + i, &c)) {
            ev_error(ev, E_VALUE, a->call, "binomial(%lld, %lld) does not fit into 64 bits", (long long)n,
                     (long long)k);
            return &value_error;
        } else {
            c /= i;
        }
    return value_int(ev->arena, size_int(ev->sizes, c));
}

RULE(bi_range)
{
    UNUSED;
    struct value *r = value_new(ev->arena, V_RANGE);
    dim part[3] = { size_int(ev->sizes, 0), NULL, size_int(ev->sizes, 1) };
    for (int k = 0; k < 3; k++)
        if (a->v[k] && !(part[k] = ev_size(ev, a->v[k], a->at[k]))) return &value_error;
    if (size_is(part[2], 0)) {
        ev_error(ev, E_VALUE, a->at[2], "the step of a range is not 0");
        return &value_error;
    }
    if (!a->v[1]) {
        part[1] = part[0];
        part[0] = size_int(ev->sizes, 0);
    }
    r->n = 3;
    r->item = ARENA_ARRAY(ev->arena, struct value *, 3);
    for (int k = 0; k < 3; k++) r->item[k] = value_int(ev->arena, part[k]);
    int64_t known;
    bool all = size_known(part[0], &known) && size_known(part[1], &known);
    if (all || !ev->k) return ev_range_tensor(ev, r);
    dim count = size_sub(ev->sizes, part[1], part[0]);
    struct value *iota = t_iota(ev, 1, &count, 0);
    return t_elem2(ev, OP_ADD, iota, r->item[0], a->call);
}

/* a + i * ((b - a) / (n - 1)); logspace: 10 to that power. */
RULE(bi_linspace)
{
    (void)s;
    TENSOR(0);
    TENSOR(1);
    dim n = ev_size(ev, a->v[2], a->at[2]);
    int64_t count;
    if (!n || negative_size(ev, 1, &n, a->call)) return &value_error;
    struct value *i = t_cast(ev, t_iota(ev, 1, &n, 0), DT_REAL);
    struct value *from = t_cast(ev, a->v[0], DT_REAL),
                 *span = t_elem2(ev, OP_SUB, t_cast(ev, a->v[1], DT_REAL), from, a->call);
    bool one = size_known(n, &count) && count < 2;
    struct value *last = one ? t_const(ev, 1)
                             : t_cast(ev, value_int(ev->arena, size_sub(ev->sizes, n, size_int(ev->sizes, 1))),
                                      DT_REAL);
    struct value *x = t_elem2(ev, OP_ADD, from,
                              t_elem2(ev, OP_MUL, i, t_elem2(ev, OP_DIV, span, last, a->call), a->call), a->call);
    return b->op == OP_POW ? t_elem2(ev, OP_POW, t_const(ev, 10), x, a->call) : x;
}

/* ---- shapes ---- */

static struct value *diagonal(struct ev *ev, struct value *x)
{
    dim n = x->dims[x->rank - 1], flat[IR_MAX_RANK];
    int lead = x->rank - 2;
    for (int i = 0; i < lead; i++) flat[i] = x->dims[i];
    flat[lead] = size_mul(ev->sizes, n, n);
    int64_t known;
    if (size_known(n, &known))
        return t_slice(ev, t_reshape(ev, x, lead + 1, flat), lead, size_int(ev->sizes, 0), n, known + 1);
    struct value *v = t_slice(ev, x, lead, size_int(ev->sizes, 0), size_int(ev->sizes, 1), 1);
    flat[lead] = n;
    return t_reshape(ev, v, lead + 1, flat); /* symbolic: only the shape counts */
}

RULE(bi_diag)
{
    UNUSED;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->rank == 0) return wrong_rank(ev, a, 0, "a vector or a square matrix");
    if (x->rank >= 2) {
        if (size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) == SIZE_DIFFERENT)
            return wrong_rank(ev, a, 0, "a square matrix");
        return diagonal(ev, x);
    }
    dim dims[2] = { x->dims[0], x->dims[0] };
    struct value *row = t_iota(ev, 2, dims, 0), *column = t_iota(ev, 2, dims, 1);
    struct value *on = t_elem2(ev, OP_EQ, row, column, a->call);
    struct value *zero = x->dtype == DT_REAL ? t_const(ev, 0) : value_int(ev->arena, size_int(ev->sizes, 0));
    return t_select(ev, on, x, zero, a->call);
}

RULE(bi_trace)
{
    UNUSED;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->rank < 2 || size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) == SIZE_DIFFERENT)
        return wrong_rank(ev, a, 0, "a square matrix");
    return t_reduce(ev, OP_SUM, diagonal(ev, x), x->rank - 2);
}

RULE(bi_transpose)
{
    UNUSED;
    TENSOR(0);
    return a->v[0]->rank < 2 ? wrong_rank(ev, a, 0, "a matrix") : t_swap(ev, a->v[0]);
}

RULE(bi_reshape)
{
    (void)s;
    TENSOR(0);
    dim dims[IR_MAX_RANK], from = size_int(ev->sizes, 1), to = from;
    struct value *x = a->v[0];
    int rank = shape_of(ev, a->rest, a->rest_at, a->nrest, dims, a->call), infer = -1;
    if (rank < 0) return &value_error;
    if (b->op == OP_BROADCAST) {
        bool fits = x->rank <= rank && !negative_size(ev, rank, dims, a->call);
        for (int i = 0; fits && i < x->rank; i++)
            fits = size_is(x->dims[i], 1) || size_compare(x->dims[i], dims[rank - x->rank + i]) != SIZE_DIFFERENT;
        if (fits) return t_broadcast(ev, x, rank, dims);
        struct diag *m = ev_error(ev, E_BROADCAST, a->call, "broadcast: %s does not stretch to %s",
                                  x->rank ? shape_text(ev->arena, x->rank, x->dims) : "a number",
                                  rank ? shape_text(ev->arena, rank, dims) : "a number");
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    for (int i = 0; i < x->rank; i++) from = size_mul(ev->sizes, from, x->dims[i]);
    for (int i = 0; i < rank; i++) {
        if (size_is(dims[i], -1)) infer = i;
        else to = size_mul(ev->sizes, to, dims[i]);
    }
    dim others = to;
    if (infer >= 0) {
        dims[infer] = size_quotient(ev->sizes, from, to);
        to = size_mul(ev->sizes, to, dims[infer]);
    }
    int64_t whole, part;
    if (infer >= 0 && size_known(from, &whole) && size_known(others, &part) && (part ? whole % part : whole)) {
        struct diag *m = ev_error(ev, E_RESHAPE, a->call, "reshape: the %s elements of %s do not fill rows of %s",
                                  size_str(ev->arena, from), shape_text(ev->arena, x->rank, x->dims),
                                  size_str(ev->arena, others));
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    if (size_compare(from, to) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_RESHAPE, a->call, "reshape: %s has %s elements, %s has %s",
                                  shape_text(ev->arena, x->rank, x->dims), size_str(ev->arena, from),
                                  shape_text(ev->arena, rank, dims), size_str(ev->arena, to));
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    return negative_size(ev, rank, dims, a->call) ? &value_error : t_reshape(ev, x, rank, dims);
}

RULE(bi_concat)
{
    (void)s;
    int n;
    bool unknown = false;
    struct value **of = ev_elements(ev, a->v[0], a->at[0], &n, &unknown);
    if (unknown) return &value_any;
    if (!of) return &value_error;
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, n + 1);
    int empty = 0;
    for (int k = 0, i; k < n; k++) {
        i = k - empty;
        item[i] = ev_number(ev, of[k]);
        if (value_poisoned(item[i])) return item[i];
        if (b->op == OP_CONCAT && item[i]->kind == V_LIST && item[i]->n == 0) {
            empty++; /* [] adds nothing */
            continue;
        }
        if (item[i]->kind != V_TENSOR || (b->op == OP_CONCAT && item[i]->rank == 0)) {
            struct diag *m = ev_error(ev, E_TYPE, a->at[0], "item %d to be joined is %s", i,
                                      value_type(ev->arena, item[i]));
            bool apart = a->at[0]->kind != A_LIST && a->v[0]->kind == V_TENSOR && a->v[1];
            if (apart) diag_help(m, "what is joined stands in one list: `%s([a, b])`", b->name);
            else if (item[i]->kind == V_TENSOR) diag_help(m, "a single number is joined as a vector of one: [x]");
            return &value_error;
        }
    }
    n -= empty;
    if (n == 0) {
        ev_error(ev, E_CONCAT, a->call, "nothing to join");
        return &value_error;
    }
    struct value probe = *item[0];
    if (b->op != OP_CONCAT) probe.rank++;
    int axis = axis_of(ev, a, 1, &probe);
    if (axis == -2) return &value_error;
    if (axis < 0) axis = 0;
    return b->op == OP_CONCAT ? t_concat(ev, item, n, axis, a->call) : t_stack(ev, item, n, axis, a->call);
}

/* ---- reductions ---- */

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

RULE(bi_reduce)
{
    (void)s;
    TENSOR(0);
    int axis = axis_of(ev, a, 1, a->v[0]);
    if (axis == -2) return &value_error;
    bool picks = b->op != OP_SUM && b->op != OP_PROD;
    if (picks && empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op, a->v[0], axis);
    return flag(ev, a, 2) ? keepdims(ev, v, a->v[0], axis) : v;
}

RULE(bi_extreme)
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
    int axis = axis_of(ev, a, 2, a->v[0]);
    if (axis == -2 || empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op == OP_MAX ? OP_MAX_OF : OP_MIN_OF, a->v[0], axis);
    return flag(ev, a, 3) ? keepdims(ev, v, a->v[0], axis) : v;
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

RULE(bi_mean)
{
    UNUSED;
    TENSOR(0);
    int axis = axis_of(ev, a, 1, a->v[0]);
    if (axis == -2) return &value_error;
    struct value *v = mean(ev, a->v[0], axis, a->call);
    return flag(ev, a, 2) ? keepdims(ev, v, a->v[0], axis) : v;
}

RULE(bi_var)
{
    (void)s;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = axis_of(ev, a, 1, x);
    if (axis == -2) return &value_error;
    struct value *centre = keepdims(ev, mean(ev, x, axis, a->call), x, axis);
    struct value *d = t_elem2(ev, OP_SUB, x, centre, a->call);
    struct value *v = mean(ev, t_elem2(ev, OP_MUL, d, d, a->call), axis, a->call);
    if (b->op == OP_SQRT) v = t_elem1(ev, OP_SQRT, v, a->call);
    return flag(ev, a, 2) ? keepdims(ev, v, x, axis) : v;
}

static struct value *dot(struct ev *ev, struct value *x, struct value *y, const struct ast *at)
{
    dim n = size_int(ev->sizes, 1);
    for (int i = 0; i < x->rank; i++) n = size_mul(ev->sizes, n, x->dims[i]);
    struct value *left = t_reshape(ev, x, 1, &n), *right = t_reshape(ev, y, 1, &n);
    return t_matmul(ev, left, right, at);
}

RULE(bi_norm)
{
    UNUSED;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = axis_of(ev, a, 1, x);
    if (axis == -2) return &value_error;
    struct value *square = axis < 0 ? dot(ev, x, x, a->call)
                                    : t_reduce(ev, OP_SUM, t_elem2(ev, OP_MUL, x, x, a->call), axis);
    struct value *v = t_elem1(ev, OP_SQRT, square, a->call);
    return flag(ev, a, 2) ? keepdims(ev, v, x, axis) : v;
}

RULE(bi_truth)
{
    (void)s;
    TENSOR(0);
    if (a->v[0]->dtype != DT_BOOL) {
        struct diag *m = ev_error(ev, E_TYPE, a->at[0], "`%s` takes truth values", b->name);
        ev_show(ev, m, a->at[0], a->v[0]);
        return &value_error;
    }
    int axis = axis_of(ev, a, 1, a->v[0]);
    if (axis == -2 || empty_axis(ev, a, a->v[0], axis)) return &value_error;
    struct value *v = t_reduce(ev, b->op, a->v[0], axis);
    v = t_elem2(ev, OP_NE, v, value_int(ev->arena, size_int(ev->sizes, 0)), a->call);
    return flag(ev, a, 2) ? keepdims(ev, v, a->v[0], axis) : v;
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
RULE(bi_logsumexp)
{
    UNUSED;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = axis_of(ev, a, 1, x);
    if (axis == -2 || empty_axis(ev, a, x, axis)) return &value_error;
    struct value *top = t_reduce(ev, OP_MAX_OF, x, axis);
    struct value *finite = t_elem2(ev, OP_LT, t_elem1(ev, OP_ABS, top, a->call), t_const(ev, INFINITY), a->call);
    top = constant(ev, t_select(ev, finite, top, t_const(ev, 0), a->call));
    struct value *wide = keepdims(ev, top, x, axis);
    struct value *e = t_elem1(ev, OP_EXP, t_elem2(ev, OP_SUB, x, wide, a->call), a->call);
    struct value *v = t_elem2(ev, OP_ADD, top, t_elem1(ev, OP_LOG, t_reduce(ev, OP_SUM, e, axis), a->call), a->call);
    return flag(ev, a, 2) ? keepdims(ev, v, x, axis) : v;
}

RULE(bi_softmax)
{
    UNUSED;
    TENSOR(0);
    struct value *x = t_cast(ev, a->v[0], DT_REAL);
    int axis = axis_of(ev, a, 1, x);
    if (x->rank == 0) return wrong_rank(ev, a, 0, "a tensor with an axis");
    if (axis == -2 || empty_axis(ev, a, x, axis < 0 ? x->rank - 1 : axis)) return &value_error;
    if (axis < 0) axis = x->rank - 1;
    struct value *top = keepdims(ev, constant(ev, t_reduce(ev, OP_MAX_OF, x, axis)), x, axis);
    struct value *e = t_elem1(ev, OP_EXP, t_elem2(ev, OP_SUB, x, top, a->call), a->call);
    return t_elem2(ev, OP_DIV, e, keepdims(ev, t_reduce(ev, OP_SUM, e, axis), x, axis), a->call);
}

/* Operations that keep the shape; the axis is moved to the end and back where the op works on the last. */
RULE(bi_along)
{
    (void)s;
    TENSOR(0);
    struct value *x = a->v[0];
    int axis = axis_of(ev, a, 1, x), perm[IR_MAX_RANK];
    if (x->rank == 0) return wrong_rank(ev, a, 0, "a tensor with an axis");
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

RULE(bi_top_k)
{
    UNUSED;
    TENSOR(0);
    struct value *x = a->v[0];
    dim k = ev_size(ev, a->v[1], a->at[1]);
    if (!k) return &value_error;
    if (x->rank == 0) return wrong_rank(ev, a, 0, "a tensor with an axis");
    int last = x->rank - 1;
    int64_t over;
    if (negative_size(ev, 1, &k, a->at[1])) return &value_error;
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

RULE(bi_dot)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    for (int k = 0; k < 2; k++)
        if (a->v[k]->rank != 1) return wrong_rank(ev, a, k, "a vector");
    if (size_compare(a->v[0]->dims[0], a->v[1]->dims[0]) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_MATMUL_INNER, a->call, "dot: sizes differ");
        ev_show(ev, m, a->at[0], a->v[0]);
        ev_show(ev, m, a->at[1], a->v[1]);
        return &value_error;
    }
    return t_matmul(ev, a->v[0], a->v[1], a->call);
}

RULE(bi_outer)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    for (int k = 0; k < 2; k++)
        if (a->v[k]->rank != 1) return wrong_rank(ev, a, k, "a vector");
    dim column[2] = { a->v[0]->dims[0], size_int(ev->sizes, 1) };
    return t_elem2(ev, OP_MUL, t_reshape(ev, a->v[0], 2, column), a->v[1], a->call);
}

/* ---- element by element ---- */

RULE(bi_elem)
{
    (void)s;
    TENSOR(0);
    return t_elem1(ev, b->op, a->v[0], a->call);
}

/* TO_INT goes to the whole number below: of what is negative it is taken from the other side. */
RULE(bi_int)
{
    UNUSED;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->dtype != DT_REAL) return t_cast(ev, x, DT_INT);
    struct value *negative = t_elem2(ev, OP_LT, x, t_const(ev, 0), a->call);
    struct value *size = t_cast(ev, t_elem1(ev, OP_ABS, x, a->call), DT_INT);
    return t_select(ev, negative, t_elem1(ev, OP_NEG, size, a->call), size, a->call);
}

RULE(bi_real)
{
    UNUSED;
    TENSOR(0);
    return t_cast(ev, a->v[0], DT_REAL);
}

RULE(bi_pow)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    return t_pow(ev, a->v[0], a->v[1], a->call);
}

RULE(bi_clip)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    TENSOR(2);
    return t_elem2(ev, OP_MIN, t_elem2(ev, OP_MAX, a->v[0], a->v[1], a->call), a->v[2], a->call);
}

RULE(bi_where)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    TENSOR(2);
    return t_select(ev, a->v[0], a->v[1], a->v[2], a->call);
}

/* ---- linear algebra ---- */

static bool square(struct ev *ev, struct args *a, int k)
{
    const struct value *x = a->v[k];
    if (x->rank >= 2 && size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) != SIZE_DIFFERENT) {
        a->v[k] = t_cast(ev, a->v[k], DT_REAL);
        return true;
    }
    struct diag *m = ev_error(ev, E_SHAPE, a->at[k], "a square matrix is needed here");
    ev_show(ev, m, a->at[k], x);
    return false;
}

RULE(bi_square)
{
    (void)s;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    warn_singular(ev, a->v[0], a->call);
    return t_unary_op(ev, b->op, a->v[0], 0);
}

/* Does B hold a vector for each of several matrices A? Else matrices: `ambiguous` where it could be either. */
static bool is_vectors(const struct value *A, const struct value *B, bool *ambiguous)
{
    bool each = B->rank == A->rank - 1 && A->rank > 2;
    for (int i = 0; each && i < B->rank; i++) each = size_compare(A->dims[i], B->dims[i]) == SIZE_EQUAL;
    *ambiguous = each && size_compare(B->dims[B->rank - 2], B->dims[B->rank - 1]) == SIZE_EQUAL;
    return B->rank == 1 || each;
}

/* Shows the matrix and the right side. NULL. */
static struct value *both_shown(struct ev *ev, struct args *a, struct diag *m)
{
    ev_show(ev, m, a->at[0], a->v[0]);
    ev_show(ev, m, a->at[1], a->v[1]);
    return NULL;
}

/* The right side as a matrix, or several; *vector: its last axis was added. NULL: reported. */
static struct value *right_side(struct ev *ev, struct args *a, dim rows, bool *vector)
{
    struct value *A = a->v[0], *B = t_cast(ev, a->v[1], DT_REAL);
    bool ambiguous = false;
    dim dims[IR_MAX_RANK];
    if (B->rank == 0) {
        wrong_rank(ev, a, 1, "a vector or a matrix");
        return NULL;
    }
    *vector = is_vectors(A, B, &ambiguous);
    if (ambiguous) {
        struct diag *m = ev_error(ev, E_BROADCAST, a->call,
                                  "the right side is one matrix, or a vector for each matrix");
        diag_help(m, "give it the axis that is meant: `reshape(%s, [1, n, n])` or `reshape(%s, [n, n, 1])`",
                  ev_text(ev, a->at[1]), ev_text(ev, a->at[1]));
        return both_shown(ev, a, m);
    }
    if (*vector) {
        memcpy(dims, B->dims, sizeof B->dims);
        dims[B->rank] = size_int(ev->sizes, 1);
        B = t_reshape(ev, B, B->rank + 1, dims);
    }
    if (size_compare(B->dims[B->rank - 2], rows) == SIZE_DIFFERENT)
        return both_shown(ev, a, ev_error(ev, E_SHAPE, a->call, "the right side has %s rows, the matrix %s",
                                          size_str(ev->arena, B->dims[B->rank - 2]), size_str(ev->arena, rows)));
    if (t_join_leading(A, B, dims) < 0)
        return both_shown(ev, a, ev_error(ev, E_BROADCAST, a->call, "the matrices and the right sides differ in their "
                                                                    "leading axes"));
    return B;
}

static struct value *as_vector(struct ev *ev, struct value *x, bool vector)
{
    return vector && x->kind == V_TENSOR ? t_reshape(ev, x, x->rank - 1, x->dims) : x;
}

RULE(bi_solve)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (!square(ev, a, 0)) return &value_error;
    struct value *B = right_side(ev, a, a->v[0]->dims[a->v[0]->rank - 1], &vector);
    return B ? as_vector(ev, t_solve(ev, a->v[0], B, a->call), vector) : &value_error;
}

RULE(bi_trisolve)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (!square(ev, a, 0)) return &value_error;
    struct value *B = right_side(ev, a, a->v[0]->dims[a->v[0]->rank - 1], &vector);
    return B ? as_vector(ev, t_trisolve(ev, a->v[0], B, flag(ev, a, 2), flag(ev, a, 3)), vector) : &value_error;
}

RULE(bi_lstsq)
{
    UNUSED;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (a->v[0]->rank < 2) return wrong_rank(ev, a, 0, "a matrix");
    struct value *A = a->v[0] = t_cast(ev, a->v[0], DT_REAL);
    struct value *B = right_side(ev, a, A->dims[A->rank - 2], &vector);
    if (!B) return &value_error;
    return as_vector(ev, t_matrix_op(ev, (struct ir_node){ .op = OP_PINV_SOLVE }, A, B), vector);
}

RULE(bi_inv)
{
    UNUSED;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *A = a->v[0], *I = t_broadcast(ev, t_eye(ev, A->dims[A->rank - 1]), A->rank, A->dims);
    return t_solve(ev, A, I, a->call);
}

/* By Cholesky (twice the sum of the logarithms of the diagonal) when a Gram matrix by construction, else by LU. */
RULE(bi_logdet)
{
    UNUSED;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *A = a->v[0];
    warn_singular(ev, A, a->call);
    if (!A->node || !ir_is_positive(A->node)) return t_unary_op(ev, OP_LU_LOGDET, A, 0);
    struct value *d = diagonal(ev, t_unary_op(ev, OP_CHOLESKY, A, 0));
    return t_elem2(ev, OP_MUL, t_const(ev, 2), t_reduce(ev, OP_SUM, t_elem1(ev, OP_LOG, d, a->call), A->rank - 2),
                   a->call);
}

RULE(bi_eigh)
{
    UNUSED;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *both = t_unary_op(ev, OP_EIGH, a->v[0], 0);
    if (both->kind != V_TENSOR) return both;
    int axis = both->rank - 2;
    dim n = a->v[0]->dims[a->v[0]->rank - 1];
    struct value *part[2] = { t_at(ev, both, axis, size_int(ev->sizes, 0)),
                              t_slice(ev, both, axis, size_int(ev->sizes, 1), n, 1) };
    return value_list(ev->arena, V_TUPLE, 2, part);
}

/* ---- functions of functions, distributions ---- */

RULE(bi_grad)
{
    (void)s;
    int64_t k = 0;
    struct value *f = a->v[0];
    if (value_poisoned(f)) return f;
    if (f->kind != V_FN) {
        struct diag *m = ev_error(ev, E_TYPE, a->at[0], "`%s` takes a function, this is %s", b->name,
                                  value_type(ev->arena, f));
        ev_show(ev, m, a->at[0], f);
        diag_help(m, "a function is named, as in grad(loss)(w), or written in place: grad(w -> ...)(w)");
        return &value_error;
    }
    if (a->v[1] && (!ev_known_int(a->v[1], &k) || k < 0)) {
        ev_error(ev, E_TYPE, a->at[1], "the number of an argument, from 0");
        return &value_error;
    }
    enum fn_kind kind = !strcmp(b->name, "grad")      ? FN_GRAD
                        : !strcmp(b->name, "hessian") ? FN_HESSIAN
                                                      : FN_VALUE_AND_GRAD;
    return value_fn(ev->arena, (struct fn){ .kind = kind, .of = f->fn, .wrt = (int)k });
}

RULE(bi_dist)
{
    (void)s;
    struct value *v = value_new(ev->arena, V_DIST);
    v->dist = dist_find(b->name);
    v->nparams = a->n;
    v->param = ARENA_ARRAY(ev->arena, struct value *, a->n + 1);
    v->param_at = ARENA_ARRAY(ev->arena, const struct ast *, a->n + 1);
    for (int i = 0; i < a->n; i++) {
        v->param_at[i] = a->at[i];
        v->param[i] = ev_number(ev, a->v[i]);
        if (value_poisoned(v->param[i])) return v->param[i];
    }
    return v;
}

const struct builtin builtins[] = {
#define LEVEL_OF_BOTH LEVEL_BOTH
#define LEVEL_OF_SCRIPT LEVEL_SCRIPT
#define BUILTIN(name, signature, level, function, op, doc) { #name, signature, LEVEL_OF_##level, function, op, doc },
#include "compiler/builtin.def"
#undef BUILTIN
};
const int builtin_count = sizeof builtins / sizeof *builtins;

const struct builtin *builtin_find(const char *name)
{
    for (int i = 0; i < builtin_count; i++)
        if (builtins[i].name[0] == name[0] && !strcmp(builtins[i].name, name)) return &builtins[i];
    return NULL;
}
