/* Folding as nodes are made: constants, and identities that keep every bit of every value (NaN payloads aside).
 *
 * x + 0 is not one of them (it turns -0 into +0) but x - 0 and x + -0 are. Constants go through the same scalar
 * functions as at run time. A function returns the node that stands for *proto, or NULL; it may rewrite *proto in
 * place to an equal description. Operands of the element-wise operations have the result's shape, so an operation on
 * stretched operands is done on what was stretched, and its result is stretched. */
#include "compiler/ir.h"

#include <math.h>
#include <string.h>
#include "compiler/scalar.h"

struct fold {
    struct ir_func *f;
    struct ir_region *r;
};

/* The CONST that fills n, if one does. */
struct ir_node *ir_splat(struct ir_node *n)
{
    if (n->op == OP_BROADCAST) n = n->in[0];
    return n->op == OP_CONST ? n : NULL;
}

static bool is_real(struct ir_node *n, double v)
{
    const struct ir_node *c = ir_splat(n);
    return c && c->dtype == DT_REAL && c->real == v && signbit(c->real) == signbit(v);
}

static bool is_int(struct ir_node *n, int64_t v)
{
    const struct ir_node *c = ir_splat(n);
    return c && c->dtype != DT_REAL && c->integer == v;
}

static bool is_number(struct ir_node *n, int v)
{
    return n->dtype == DT_REAL ? is_real(n, v) : is_int(n, v);
}

static struct ir_node *shaped(const struct fold *o, const struct ir_node *like, struct ir_node *scalar)
{
    return ir_broadcast(o->f, o->r, scalar, like->rank, like->dims);
}

static struct ir_node *filled(const struct fold *o, const struct ir_node *like, int64_t v)
{
    struct ir_node *c = like->dtype == DT_REAL ? ir_const_real(o->f, o->r, (double)v)
                                               : ir_const_int(o->f, o->r, like->dtype, v);
    return shaped(o, like, c);
}

static bool known_one(dim d)
{
    return size_is(d, 1);
}

/* proto with another operator and one operand. */
static struct ir_node *again(const struct fold *o, const struct ir_node *proto, enum ir_op op, struct ir_node *x)
{
    struct ir_node p = { .op = op, .dtype = x->dtype, .rank = proto->rank, .nin = 1, .in = &x, .name = proto->name,
                         .where = proto->where };
    memcpy(p.dims, proto->dims, sizeof p.dims);
    return ir_add(o->f, o->r, &p);
}

static struct ir_node *binary(const struct fold *o, const struct ir_node *proto, enum ir_op op, struct ir_node *x,
                              struct ir_node *y)
{
    struct ir_node *in[] = { x, y };
    struct ir_node p = *proto;
    p.op = op;
    p.nin = 2;
    p.in = in;
    return ir_add(o->f, o->r, &p);
}

/* ---- element by element ---- */

static struct ir_node *constant(const struct fold *o, const struct ir_node *p)
{
    double real[3] = { 0 };
    int64_t integer[3] = { 0 };
    if (p->nin > 2 || p->nin == 0 || p->op == OP_STOP_GRAD) return NULL;
    for (int i = 0; i < p->nin; i++) {
        const struct ir_node *c = ir_splat(p->in[i]);
        if (!c) return NULL;
        real[i] = c->real;
        integer[i] = c->integer;
    }
    bool reals = p->in[0]->dtype == DT_REAL;
    if (p->dtype == DT_REAL)
        return shaped(o, p, ir_const_real(o->f, o->r, p->op == OP_TO_REAL
                                                          ? scalar_to_real(o->f->precision, integer[0])
                                                          : scalar_real(p->op, o->f->precision, real)));
    int64_t v = p->op == OP_TO_INT && reals ? scalar_to_int(real[0])
                : p->op == OP_TO_INT        ? integer[0]
                : reals                     ? scalar_test(p->op, real)
                                            : scalar_int(p->op, integer);
    return shaped(o, p, ir_const_int(o->f, o->r, p->dtype, v));
}

/* All operands stretched from one shape, or constants: do it there. */
static struct ir_node *before_stretching(const struct fold *o, const struct ir_node *p)
{
    struct ir_node *from = NULL, *in[3];
    for (int i = 0; i < p->nin; i++) {
        if (ir_splat(p->in[i])) continue;
        if (p->in[i]->op != OP_BROADCAST) return NULL;
        if (from && !ir_same_shape(from, p->in[i]->in[0])) return NULL;
        from = p->in[i]->in[0];
    }
    if (!from || p->nin > 3) return NULL;
    for (int i = 0; i < p->nin; i++) {
        struct ir_node *c = ir_splat(p->in[i]);
        in[i] = c ? shaped(o, from, c) : p->in[i]->in[0];
    }
    struct ir_node q = *p;
    q.in = in;
    q.rank = from->rank;
    memcpy(q.dims, from->dims, sizeof q.dims);
    return shaped(o, p, ir_add(o->f, o->r, &q));
}

static void sort_operands(struct ir_node *p)
{
    if (p->in[0]->id <= p->in[1]->id) return;
    struct ir_node *x = p->in[0];
    p->in[0] = p->in[1];
    p->in[1] = x;
}

static struct ir_node *fold_add(const struct fold *o, struct ir_node *p)
{
    for (int i = 0; i < 2; i++) {
        struct ir_node *x = p->in[1 - i], *y = p->in[i];
        if (p->dtype == DT_REAL ? is_real(y, -0.0) : is_int(y, 0)) return x;
        if (y->op == OP_NEG) return binary(o, p, OP_SUB, x, y->in[0]);
    }
    sort_operands(p);
    return NULL;
}

static struct ir_node *fold_sub(const struct fold *o, struct ir_node *p)
{
    if (is_number(p->in[1], 0)) return p->in[0];
    if (p->in[1]->op == OP_NEG) return binary(o, p, OP_ADD, p->in[0], p->in[1]->in[0]);
    if (p->dtype == DT_INT && p->in[0] == p->in[1]) return filled(o, p, 0);
    return NULL;
}

static struct ir_node *fold_mul(const struct fold *o, struct ir_node *p)
{
    for (int i = 0; i < 2; i++) {
        if (is_number(p->in[i], 1)) return p->in[1 - i];
        if (p->dtype == DT_INT && is_int(p->in[i], 0)) return filled(o, p, 0);
    }
    sort_operands(p);
    return NULL;
}

/* x / 2^k is x * 2^-k to the last bit as long as 2^-k is a normal number. */
static struct ir_node *fold_div(const struct fold *o, struct ir_node *p)
{
    const struct ir_node *c = ir_splat(p->in[1]);
    int exponent, limit = o->f->precision == 32 ? 126 : 1022;
    if (!c) return NULL;
    if (c->real == 1) return p->in[0];
    if (p->rank == 0 && fabs(c->real) > 8) return NULL; /* one division; and code for another number is the same */
    if (!isfinite(c->real) || fabs(frexp(c->real, &exponent)) != 0.5 || exponent > limit || exponent < -limit + 2)
        return NULL;
    return binary(o, p, OP_MUL, p->in[0], shaped(o, p, ir_const_real(o->f, o->r, 1 / c->real)));
}

static struct ir_node *fold_twice(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return p->in[0]->op == p->op ? p->in[0]->in[0] : NULL;
}

static struct ir_node *fold_abs(const struct fold *o, struct ir_node *p)
{
    (void)o;
    if (p->in[0]->op == OP_ABS) return p->in[0];
    if (p->in[0]->op == OP_NEG) p->in[0] = p->in[0]->in[0];
    return NULL;
}

static struct ir_node *fold_same(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return p->in[0] == p->in[1] ? p->in[0] : NULL;
}

static struct ir_node *fold_test(const struct fold *o, struct ir_node *p)
{
    if (p->in[0] == p->in[1] && p->in[0]->dtype != DT_REAL) return filled(o, p, p->op == OP_EQ || p->op == OP_LE);
    if (p->op == OP_EQ || p->op == OP_NE) sort_operands(p);
    return NULL;
}

static struct ir_node *fold_logic(const struct fold *o, struct ir_node *p)
{
    int64_t neutral = p->op == OP_AND;
    if (p->in[0] == p->in[1]) return p->in[0];
    for (int i = 0; i < 2; i++) {
        if (is_int(p->in[i], neutral)) return p->in[1 - i];
        if (is_int(p->in[i], !neutral)) return filled(o, p, !neutral);
    }
    sort_operands(p);
    return NULL;
}

static struct ir_node *fold_select(const struct fold *o, struct ir_node *p)
{
    (void)o;
    if (p->in[1] == p->in[2]) return p->in[1];
    if (is_int(p->in[0], 1)) return p->in[1];
    if (is_int(p->in[0], 0)) return p->in[2];
    if (p->in[0]->op == OP_NOT) {
        struct ir_node *x = p->in[1];
        p->in[0] = p->in[0]->in[0];
        p->in[1] = p->in[2];
        p->in[2] = x;
    }
    return NULL;
}

static struct ir_node *fold_convert(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return p->in[0]->dtype == p->dtype ? p->in[0] : NULL;
}

static struct ir_node *fold_stop_grad(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return p->in[0]->op == OP_STOP_GRAD || ir_splat(p->in[0]) ? p->in[0] : NULL;
}

static struct ir_node *fold_get(const struct fold *o, struct ir_node *p)
{
    const struct ir_node *loop = p->in[0];
    (void)o;
    if (loop->op != OP_REPEAT || p->axis < 0 || p->axis >= loop->nin) return NULL;
    bool kept = loop->body->results.data[p->axis] == loop->body->params.data[p->axis + 1];
    return kept || size_is(loop->count, 0) ? loop->in[p->axis] : NULL;
}

/* ---- the same elements elsewhere ---- */

static struct ir_node *fold_iota(const struct fold *o, struct ir_node *p)
{
    return p->rank && known_one(p->dims[p->axis]) ? filled(o, p, 0) : NULL;
}

static struct ir_node *fold_broadcast(const struct fold *o, struct ir_node *p)
{
    (void)o;
    if (ir_same_shape(p, p->in[0])) return p->in[0];
    if (p->in[0]->op == OP_BROADCAST) p->in[0] = p->in[0]->in[0];
    return NULL;
}

static struct ir_node *fold_reshape(const struct fold *o, struct ir_node *p)
{
    struct ir_node *x = p->in[0];
    if (ir_same_shape(p, x)) return x;
    if (x->rank == 0 || (x->op == OP_BROADCAST && x->in[0]->rank == 0))
        return shaped(o, p, x->rank ? x->in[0] : x);
    return x->op == OP_RESHAPE ? again(o, p, OP_RESHAPE, x->in[0]) : NULL;
}

static struct ir_node *fold_transpose(const struct fold *o, struct ir_node *p)
{
    struct ir_node *x = p->in[0];
    bool identity = true, order = true;
    int last = -1;
    for (int i = 0; i < p->rank; i++) {
        identity &= p->perm[i] == i;
        if (known_one(p->dims[i])) continue;
        order &= p->perm[i] > last;
        last = p->perm[i];
    }
    if (identity) return x;
    if (x->op == OP_BROADCAST && x->in[0]->rank == 0) return shaped(o, p, x->in[0]);
    if (order) return again(o, p, OP_RESHAPE, x); /* only axes of size 1 move */
    if (x->op != OP_TRANSPOSE) return NULL;
    struct ir_node q = *p;
    q.in = x->in;
    for (int i = 0; i < p->rank; i++) q.perm[i] = x->perm[p->perm[i]];
    return ir_add(o->f, o->r, &q);
}

static struct ir_node *slice_of_broadcast(const struct fold *o, struct ir_node *p)
{
    struct ir_node *wide = p->in[0], *x = wide->in[0];
    struct ir_node q = { .op = OP_SLICE, .dtype = x->dtype, .rank = x->rank, .nin = 1, .in = &x, .where = p->where };
    for (int i = 0; i < x->rank; i++) {
        int k = i + wide->rank - x->rank;
        bool whole = known_one(x->dims[i]);
        if (!whole && size_compare(x->dims[i], wide->dims[k]) != SIZE_EQUAL) return NULL;
        q.dims[i] = whole ? x->dims[i] : p->dims[k];
        q.start[i] = whole ? size_int(o->f->sizes, 0) : p->start[k];
        q.step[i] = whole ? 1 : p->step[k];
    }
    return shaped(o, p, ir_add(o->f, o->r, &q));
}

static struct ir_node *slice_of_slice(const struct fold *o, struct ir_node *p)
{
    const struct ir_node *x = p->in[0];
    struct size_table *t = o->f->sizes;
    struct ir_node q = *p;
    q.in = x->in;
    for (int i = 0; i < p->rank; i++) {
        q.start[i] = size_add(t, x->start[i], size_mul(t, p->start[i], size_int(t, x->step[i])));
        q.step[i] = x->step[i] * p->step[i];
    }
    return ir_add(o->f, o->r, &q);
}

/* A slice that lies within one part of a concatenation. */
static struct ir_node *slice_of_concat(const struct fold *o, struct ir_node *p)
{
    const struct ir_node *x = p->in[0];
    int axis = x->axis;
    int64_t from, count, at = 0, length;
    if (!size_known(p->start[axis], &from) || !size_known(p->dims[axis], &count) || count < 1) return NULL;
    int64_t to = from + (count - 1) * p->step[axis];
    int64_t low = from < to ? from : to, high = from < to ? to : from;
    for (int i = 0; i < x->nin && size_known(x->in[i]->dims[axis], &length); at += length, i++) {
        if (low < at || high >= at + length) continue;
        struct ir_node q = *p;
        q.in = &x->in[i];
        q.start[axis] = size_int(o->f->sizes, from - at);
        return ir_add(o->f, o->r, &q);
    }
    return NULL;
}

static struct ir_node *fold_slice(const struct fold *o, struct ir_node *p)
{
    const struct ir_node *x = p->in[0];
    bool whole = true;
    for (int i = 0; i < p->rank; i++) {
        if (known_one(p->dims[i])) p->step[i] = 1;
        whole &= size_is(p->start[i], 0) && p->step[i] == 1 && size_compare(p->dims[i], x->dims[i]) == SIZE_EQUAL;
    }
    if (whole) return p->in[0];
    if (x->op == OP_BROADCAST) return slice_of_broadcast(o, p);
    if (x->op == OP_SLICE) return slice_of_slice(o, p);
    return x->op == OP_CONCAT ? slice_of_concat(o, p) : NULL;
}

static struct ir_node *fold_concat(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return p->nin == 1 ? p->in[0] : NULL;
}

/* A constant index is a slice. */
static struct ir_node *fold_gather(const struct fold *o, struct ir_node *p)
{
    struct ir_node *x = p->in[0];
    int64_t n;
    if (p->in[1]->op != OP_CONST || !size_known(x->dims[p->axis], &n)) return NULL;
    if (p->in[1]->integer < 0 || p->in[1]->integer >= n) return NULL;
    struct ir_node q = { .op = OP_SLICE, .dtype = x->dtype, .rank = x->rank, .nin = 1, .in = &x, .where = p->where };
    for (int i = 0; i < x->rank; i++) {
        q.dims[i] = i == p->axis ? size_int(o->f->sizes, 1) : x->dims[i];
        q.start[i] = size_int(o->f->sizes, i == p->axis ? p->in[1]->integer : 0);
        q.step[i] = 1;
    }
    return again(o, p, OP_RESHAPE, ir_add(o->f, o->r, &q));
}

/* The order of an order is a place in it; both are permutations, whose places they are themselves. */
static struct ir_node *fold_order(const struct fold *o, struct ir_node *p)
{
    struct ir_node *x = p->in[0];
    if (x->op != OP_ARGSORT && x->op != OP_RANK) return NULL;
    if (p->op == OP_RANK) return x;
    struct ir_node q = *p;
    q.op = x->op == OP_ARGSORT ? OP_RANK : OP_ARGSORT;
    q.in = x->in;
    return ir_add(o->f, o->r, &q);
}

static struct ir_node *fold_cumsum(const struct fold *o, struct ir_node *p)
{
    (void)o;
    return known_one(p->dims[p->axis]) ? p->in[0] : NULL;
}

/* Reducing an axis of one element. */
static struct ir_node *fold_reduce(const struct fold *o, struct ir_node *p)
{
    return known_one(p->in[0]->dims[p->axis]) ? again(o, p, OP_RESHAPE, p->in[0]) : NULL;
}

static struct ir_node *fold_arg(const struct fold *o, struct ir_node *p)
{
    return known_one(p->in[0]->dims[p->axis]) ? filled(o, p, 0) : NULL;
}

static struct ir_node *(*const rule[OP_COUNT])(const struct fold *, struct ir_node *) = {
    [OP_ADD] = fold_add, [OP_SUB] = fold_sub, [OP_MUL] = fold_mul, [OP_DIV] = fold_div, [OP_NEG] = fold_twice,
    [OP_ABS] = fold_abs, [OP_MAX] = fold_same, [OP_MIN] = fold_same, [OP_EQ] = fold_test, [OP_NE] = fold_test,
    [OP_LT] = fold_test, [OP_LE] = fold_test, [OP_AND] = fold_logic, [OP_OR] = fold_logic, [OP_NOT] = fold_twice,
    [OP_SELECT] = fold_select, [OP_TO_REAL] = fold_convert, [OP_TO_INT] = fold_convert,
    [OP_STOP_GRAD] = fold_stop_grad, [OP_GET] = fold_get, [OP_IOTA] = fold_iota, [OP_BROADCAST] = fold_broadcast,
    [OP_RESHAPE] = fold_reshape, [OP_TRANSPOSE] = fold_transpose, [OP_SLICE] = fold_slice,
    [OP_CONCAT] = fold_concat, [OP_GATHER] = fold_gather, [OP_CUMSUM] = fold_cumsum, [OP_SUM] = fold_reduce,
    [OP_ARGSORT] = fold_order, [OP_RANK] = fold_order,
    [OP_PROD] = fold_reduce, [OP_MAX_OF] = fold_reduce, [OP_MIN_OF] = fold_reduce, [OP_ARGMAX] = fold_arg,
    [OP_ARGMIN] = fold_arg,
};

/* The node that *proto folds to, or NULL. */
struct ir_node *ir_fold(struct ir_func *f, struct ir_region *r, struct ir_node *proto)
{
    const struct fold o = { f, r };
    enum op_class class = op_info[proto->op].class;
    struct ir_node *n = NULL;
    if (proto->op == OP_VARIABLE) return NULL; /* it must stay apart from what it stands for */
    if (class == OP_CLASS_ELEM || class == OP_CLASS_MIXED) {
        n = proto->op == OP_GET ? NULL : constant(&o, proto);
        if (!n && proto->op != OP_GET) n = before_stretching(&o, proto);
    }
    return n || !rule[proto->op] ? n : rule[proto->op](&o, proto);
}
