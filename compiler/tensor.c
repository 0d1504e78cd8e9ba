/* Operations on tensor values: the shape and type rules of the language, written once for both levels. Each rule makes
 * an IR node's description; t_apply then appends it to the current kernel, evaluates it by the interpreter, or, in a
 * walk without data, only keeps its type. */
#include <math.h>
#include <string.h>
#include "compiler/eval.h"
#include "compiler/rehearse.h"
#include "compiler/script.h"
#include "compiler/tensor_say.h"
#include "compiler/warn.h"

static struct value *poison(struct value *const *in, int n)
{
    for (int i = 0; i < n; i++)
        if (in[i]->kind == V_ERROR) return &value_error;
    for (int i = 0; i < n; i++)
        if (in[i]->kind == V_ANY) return &value_any;
    return NULL;
}

static struct value *poison2(struct value *a, struct value *b)
{
    return poison((struct value *[]){ a, b }, 2);
}

struct value *t_of_node(struct ev *ev, struct ir_node *n)
{
    struct value *v = value_new(ev->arena, V_TENSOR);
    v->dtype = n->dtype;
    v->rank = n->rank;
    memcpy(v->dims, n->dims, sizeof v->dims);
    v->node = n;
    return v;
}

/* Script values become inputs of the kernel, each once; literals and integers are part of its code. */
struct ir_node *t_node(struct ev *ev, struct value *v)
{
    struct kernel *k = ev->k;
    if (v->node) return v->node;
    if (v->rank == 0 && v->known && (v->literal || v->dtype != DT_REAL)) {
        struct ir_node proto = { .op = OP_CONST, .dtype = v->dtype };
        if (v->dtype == DT_REAL) proto.real = v->r0;
        else proto.integer = v->i0;
        return ir_add(k->f, k->region, &proto);
    }
    for (int i = 0; i < k->captures.n; i++)
        if (k->captures.data[i].value == v) return k->captures.data[i].input;
    if (ev->rehearsal && v->rank == 0 && v->dtype != DT_REAL) rehearse_refuse(ev, ev->at, v);
    struct capture c = { v, ir_input(k->f, v->dtype, v->rank, v->dims, NULL) };
    vec_push(ev->arena, &k->captures, c);
    return c.input;
}

/* A value of which a walk without data knows only the type. */
struct value *t_unknown(struct ev *ev, enum dtype t, int rank, const dim *dims)
{
    struct value *v = value_new(ev->arena, V_TENSOR);
    v->dtype = t;
    v->rank = rank;
    for (int i = 0; i < rank; i++) v->dims[i] = dims[i];
    return v;
}

/* The same where a run has data: in a rehearsal its sizes have no names either, so that the kernels are the same. */
struct value *t_unknown_data(struct ev *ev, enum dtype t, int rank, const dim *dims)
{
    struct value *v = t_unknown(ev, t, rank, dims);
    int64_t n;
    for (int i = 0; ev->rehearsal && i < rank; i++)
        if (size_known(dims[i], &n)) v->dims[i] = size_int(ev->sizes, n);
    return v;
}

static bool all_sizes_known(const struct ir_node *proto)
{
    int64_t v;
    for (int i = 0; i < proto->rank; i++)
        if (!size_known(proto->dims[i], &v)) return false;
    return true;
}

/* A walk without data computes what sizes may depend on, and leaves large tensors alone. */
static bool costly(const struct ir_node *proto)
{
    int64_t n = 1;
    for (int i = 0; i < proto->rank; i++) n *= size_value(proto->dims[i]);
    return n > 4096;
}

static struct value *apply_host(struct ev *ev, const struct ir_node *proto, struct value *const *in, int n)
{
    struct interp it = { .arena = ev->arena, .precision = ev->precision };
    enum { FEW = 3 }; /* the operands of nearly all operations: they take no memory that stays */
    struct ir_node few[FEW], *few_kids[FEW], *operands = n <= FEW ? few : ARENA_ARRAY(ev->arena, struct ir_node, n);
    struct ir_node **kids = n <= FEW ? few_kids : ARENA_ARRAY(ev->arena, struct ir_node *, n);
    const struct tensor *few_data[FEW];
    const struct tensor **operand = n <= FEW ? few_data : ARENA_ARRAY(ev->arena, const struct tensor *, n);
    for (int i = 0; i < n; i++) {
        operand[i] = &in[i]->data;
        operands[i] = (struct ir_node){ .dtype = in[i]->dtype, .rank = in[i]->rank };
        memcpy(operands[i].dims, in[i]->dims, sizeof operands[i].dims);
        kids[i] = &operands[i];
    }
    struct ir_node node = *proto;
    node.in = kids;
    node.nin = n;
    int64_t dims[IR_MAX_RANK] = { 0 };
    for (int i = 0; i < proto->rank; i++) dims[i] = size_value(proto->dims[i]);
    struct tensor out = tensor_new(ev->arena, proto->dtype, proto->rank, dims);
    interp_node(&it, &node, operand, &out);
    struct value *v = value_host(ev->arena, ev->sizes, out);
    memcpy(v->dims, proto->dims, sizeof v->dims);
    v->literal = true;
    for (int i = 0; i < n; i++) v->literal &= in[i]->literal;
    return v;
}

/* Sizes that are known must be sizes, and their product must be something a machine can hold. */
static bool sensible(struct ev *ev, const struct ir_node *proto)
{
    enum { MOST = 1 << 28 };
    int64_t d, n = 1;
    bool all = true, empty = false, huge = false;
    for (int i = 0; i < proto->rank; i++) {
        if (!size_known(proto->dims[i], &d)) {
            all = false;
            continue;
        }
        if (d < 0) {
            struct diag *m = ev_error(ev, E_SIZE, ev->at, "a size is negative: %s", ev_size_text(ev, proto->dims[i]));
            diag_note(m, "the shape is %s", shape_text(ev->arena, proto->rank, proto->dims));
            return false;
        }
        empty |= d == 0;
        huge |= d > MOST || __builtin_mul_overflow(n, d, &n) || n > MOST;
        if (huge) n = 1;
    }
    if (!huge || (all && empty)) return true;
    struct buf b = { 0 };
    for (int i = 0; i < proto->rank; i++) buf_printf(&b, "%s%s", i ? " x " : "", ev_size_text(ev, proto->dims[i]));
    struct diag *m = ev_error(ev, E_LIMIT, ev->at, "a tensor of %s elements is too large", b.text);
    diag_note(m, "a tensor has at most %d elements", MOST);
    buf_free(&b);
    return false;
}

struct value *t_apply(struct ev *ev, struct ir_node *proto, struct value *const *in, int n)
{
    struct value *bad = poison(in, n);
    if (bad) return bad;
    if (!sensible(ev, proto)) return &value_error;
    bool nodes = proto->op == OP_DRAW_NORMAL || proto->op == OP_DRAW_UNIFORM || proto->op == OP_PROMPT, known = true;
    bool scalar = proto->rank == 0;
    for (int i = 0; i < n; i++) {
        nodes |= in[i]->node != NULL;
        known &= in[i]->known;
        scalar &= in[i]->rank == 0;
    }
    if (ev->k && (nodes || !scalar)) {
        struct ir_node **kids = ARENA_ARRAY(ev->arena, struct ir_node *, n + 1);
        for (int i = 0; i < n; i++) kids[i] = t_node(ev, in[i]);
        proto->in = kids;
        proto->nin = n;
        if (!proto->where.src) proto->where = ev->k->f->here;
        if (!proto->where.src && ev->at) proto->where = ev->at->span;
        return t_of_node(ev, ir_add(ev->k->f, ev->k->region, proto));
    }
    bool here = known && all_sizes_known(proto), spared = here && ev->dry && !ev->rehearsal && costly(proto);
    if (here && !spared) return apply_host(ev, proto, in, n);
    return t_unknown(ev, proto->dtype, proto->rank, proto->dims);
}

static struct ir_node like(enum ir_op op, const struct value *a)
{
    struct ir_node p = { .op = op, .dtype = a->dtype, .rank = a->rank };
    memcpy(p.dims, a->dims, sizeof p.dims);
    return p;
}

static struct value *apply1(struct ev *ev, struct ir_node *p, struct value *a)
{
    return t_apply(ev, p, &a, 1);
}

struct value *t_const(struct ev *ev, double v)
{
    return value_real(ev->arena, ev->precision == 32 ? (float)v : v, true);
}

struct value *t_cast(struct ev *ev, struct value *a, enum dtype t)
{
    if (a->kind != V_TENSOR || a->dtype == t) return a;
    struct ir_node p = like(t == DT_REAL ? OP_TO_REAL : OP_TO_INT, a);
    p.dtype = t;
    return apply1(ev, &p, a);
}

struct value *t_broadcast(struct ev *ev, struct value *a, int rank, const dim *dims)
{
    if (value_poisoned(a)) return a;
    bool same = a->rank == rank;
    for (int i = 0; same && i < rank; i++) same = a->dims[i] == dims[i];
    if (same) return a;
    struct ir_node p = like(OP_BROADCAST, a);
    p.rank = rank;
    memcpy(p.dims, dims, sizeof(dim) * (size_t)rank);
    return apply1(ev, &p, a);
}

struct value *t_full(struct ev *ev, struct value *v, int rank, const dim *dims)
{
    return t_broadcast(ev, v, rank, dims);
}

struct value *t_zeros_like(struct ev *ev, const struct value *like, int axis, dim count)
{
    dim dims[IR_MAX_RANK];
    memcpy(dims, like->dims, sizeof dims);
    dims[axis] = count;
    return t_full(ev, t_const(ev, 0), like->rank, dims);
}

bool t_stretches(const struct value *v, int rank, const dim *dims)
{
    bool fits = v->rank <= rank;
    for (int i = 0; fits && i < v->rank; i++)
        fits = size_is(v->dims[i], 1) || size_compare(v->dims[i], dims[rank - v->rank + i]) != SIZE_DIFFERENT;
    return fits;
}

struct value *t_reshape(struct ev *ev, struct value *a, int rank, const dim *dims)
{
    if (value_poisoned(a)) return a;
    bool same = a->rank == rank;
    for (int i = 0; same && i < rank; i++) same = a->dims[i] == dims[i];
    if (same) return a;
    struct ir_node p = like(OP_RESHAPE, a);
    p.rank = rank;
    for (int i = 0; i < rank; i++) p.dims[i] = dims[i];
    return apply1(ev, &p, a);
}

struct value *t_transpose(struct ev *ev, struct value *a, const int *perm)
{
    if (value_poisoned(a)) return a;
    struct ir_node p = like(OP_TRANSPOSE, a);
    for (int i = 0; i < a->rank; i++) {
        p.perm[i] = perm[i];
        p.dims[i] = a->dims[perm[i]];
    }
    return apply1(ev, &p, a);
}

struct value *t_swap(struct ev *ev, struct value *a)
{
    if (value_poisoned(a) || a->rank < 2) return a;
    int perm[IR_MAX_RANK];
    for (int i = 0; i < a->rank; i++) perm[i] = i;
    perm[a->rank - 1] = a->rank - 2;
    perm[a->rank - 2] = a->rank - 1;
    return t_transpose(ev, a, perm);
}

struct value *t_slice(struct ev *ev, struct value *a, int axis, dim start, dim count, int64_t step)
{
    if (value_poisoned(a)) return a;
    if (size_is(start, 0) && step == 1 && count == a->dims[axis]) return a;
    struct ir_node p = like(OP_SLICE, a);
    for (int i = 0; i < a->rank; i++) {
        p.start[i] = size_int(ev->sizes, 0);
        p.step[i] = 1;
    }
    p.start[axis] = start;
    p.step[axis] = step;
    p.dims[axis] = count;
    return apply1(ev, &p, a);
}

/* The dims of `a` without one axis. */
static int without(const struct value *a, int axis, dim *dims)
{
    int r = 0;
    for (int i = 0; i < a->rank; i++)
        if (i != axis) dims[r++] = a->dims[i];
    return r;
}

struct value *t_at(struct ev *ev, struct value *a, int axis, dim index)
{
    if (value_poisoned(a)) return a;
    dim dims[IR_MAX_RANK];
    int64_t i, n;
    if (a->entry && size_known(index, &i) && size_known(a->dims[0], &n) && i >= 0 && i < n)
        return value_int(ev->arena, a->entry[i]);
    struct value *one = t_slice(ev, a, axis, index, size_int(ev->sizes, 1), 1);
    int rank = without(a, axis, dims);
    return t_reshape(ev, one, rank, dims);
}

struct value *t_gather(struct ev *ev, struct value *a, struct value *index, int axis)
{
    struct value *bad = poison2(a, index);
    if (bad) return bad;
    struct ir_node p = { .op = OP_GATHER, .dtype = a->dtype, .axis = axis };
    for (int i = 0; i < a->rank; i++)
        if (i != axis) p.dims[p.rank++] = a->dims[i];
        else
            for (int j = 0; j < index->rank; j++) p.dims[p.rank++] = index->dims[j];
    return t_apply(ev, &p, (struct value *[]){ a, index }, 2);
}

/* One size out of two for broadcasting; NULL when they cannot agree. */
static dim join(dim a, dim b)
{
    if (a == b || size_is(b, 1)) return a;
    if (size_is(a, 1)) return b;
    return size_compare(a, b) == SIZE_DIFFERENT ? NULL : a;
}

bool t_match(struct ev *ev, struct value **a, struct value **b, const struct ast *at)
{
    struct value *x = *a, *y = *b;
    if (x->dtype != y->dtype) {
        enum dtype t = x->dtype == DT_REAL || y->dtype == DT_REAL ? DT_REAL : DT_INT;
        x = t_cast(ev, x, t);
        y = t_cast(ev, y, t);
    }
    int rank = x->rank > y->rank ? x->rank : y->rank;
    dim dims[IR_MAX_RANK];
    for (int i = 0; i < rank; i++) {
        int ix = i - (rank - x->rank), iy = i - (rank - y->rank);
        dims[i] = ix < 0 ? y->dims[iy] : iy < 0 ? x->dims[ix] : join(x->dims[ix], y->dims[iy]);
        if (dims[i]) continue;
        say_no_broadcast(ev, x, y, ix, iy, at);
        return false;
    }
    *a = t_broadcast(ev, x, rank, dims);
    *b = t_broadcast(ev, y, rank, dims);
    return true;
}

/* Numbers made of estimates know how exact they are. */
static struct value *with_error(enum ir_op op, struct value *v, const struct value *a, const struct value *b)
{
    bool inexact = v->kind == V_TENSOR && !v->rank && v->known && v->dtype == DT_REAL && a->known && !a->rank;
    inexact = inexact && (a->se > 0 || (b && !b->rank && b->known && b->se > 0));
    if (inexact) v->se = error_of(op, a, b, v->r0);
    return v;
}

struct value *t_elem1(struct ev *ev, enum ir_op op, struct value *a, const struct ast *at)
{
    if (value_poisoned(a)) return a;
    if (op_info[op].type == ELEM_LOGIC && a->dtype != DT_BOOL) {
        struct diag *m = ev_error(ev, E_TYPE, at, "`%s` takes truth values", op_info[op].text);
        ev_show(ev, m, at->kind == A_UNARY ? at->kid[0] : at, a);
        return &value_error;
    }
    if (op_info[op].type == ELEM_REAL) a = t_cast(ev, a, DT_REAL);
    if (op_info[op].type == ELEM_SAME && a->dtype == DT_BOOL) a = t_cast(ev, a, DT_INT);
    if (op == OP_NEG && a->size && a->dtype == DT_INT)
        return value_int(ev->arena, size_sub(ev->sizes, size_int(ev->sizes, 0), a->size));
    struct ir_node p = like(op, a);
    return with_error(op, apply1(ev, &p, a), a, NULL);
}

/* Do two known numbers have no sum, difference or product of 64 bits? */
static bool overflows(enum ir_op op, dim a, dim b)
{
    int64_t x, y, r;
    if (!size_known(a, &x) || !size_known(b, &y)) return false;
    return (op == OP_ADD && __builtin_add_overflow(x, y, &r)) || (op == OP_SUB && __builtin_sub_overflow(x, y, &r)) ||
           (op == OP_MUL && __builtin_mul_overflow(x, y, &r));
}

/* What an operand is, where its text does not say it. A power is made of products that nobody wrote. */
static void show_number(struct ev *ev, struct diag *m, const struct ast *at, int operand, dim d)
{
    const char *number = size_str(ev->arena, size_int(ev->sizes, size_value(d)));
    bool written = (at->kind == A_BINARY && at->op != AO_POW) || (at->kind == A_UPDATE && operand < at->n);
    if (written && strcmp(ev_text(ev, at->kid[operand]), number))
        diag_label(m, at->kid[operand]->span, "%s = %s", ev_text(ev, at->kid[operand]), number);
}

/* Integers that are sizes keep their algebra: n + 1 stays n + 1. */
static struct value *size_arithmetic(struct ev *ev, enum ir_op op, struct value *a, struct value *b,
                                     const struct ast *at)
{
    struct size_table *t = ev->sizes;
    if (a->rank || b->rank || a->dtype != DT_INT || b->dtype != DT_INT || !a->size || !b->size) return NULL;
    if (overflows(op, a->size, b->size)) {
        struct diag *m = ev_error(ev, E_VALUE, at, "`%s` does not fit into 64 bits", ev_text(ev, at));
        show_number(ev, m, at, 0, a->size);
        show_number(ev, m, at, 1, b->size);
        diag_note(m, "real numbers go further: `2.0 ** 64`");
        return &value_error;
    }
    switch (op) {
    case OP_ADD: return value_int(ev->arena, size_add(t, a->size, b->size));
    case OP_SUB: return value_int(ev->arena, size_sub(t, a->size, b->size));
    case OP_MUL: return value_int(ev->arena, size_mul(t, a->size, b->size));
    case OP_MAX: return value_int(ev->arena, size_max(t, a->size, b->size));
    case OP_MIN: return value_int(ev->arena, size_min(t, a->size, b->size));
    default: return NULL;
    }
}

struct value *t_elem2(struct ev *ev, enum ir_op op, struct value *a, struct value *b, const struct ast *at)
{
    struct value *bad = poison2(a, b);
    if (bad) return bad;
    struct value *sized = size_arithmetic(ev, op, a, b, at);
    if (sized) return sized;
    dim quotient = op == OP_DIV && !a->rank && !b->rank && a->dtype == DT_INT && b->dtype == DT_INT && a->size &&
                           b->size && !size_is(b->size, 0)
                       ? size_quotient(ev->sizes, a->size, b->size)
                       : NULL;
    enum elem_type type = op_info[op].type;
    if (type == ELEM_LOGIC && (a->dtype != DT_BOOL || b->dtype != DT_BOOL)) {
        struct diag *m = ev_error(ev, E_TYPE, at, "`%s` takes truth values", op_info[op].text);
        if (at->kind == A_BINARY) {
            ev_show(ev, m, at->kid[0], a);
            ev_show(ev, m, at->kid[1], b);
        }
        return &value_error;
    }
    if (type == ELEM_REAL) {
        a = t_cast(ev, a, DT_REAL);
        b = t_cast(ev, b, DT_REAL);
    } else if (type == ELEM_SAME && a->dtype == DT_BOOL && b->dtype == DT_BOOL) {
        a = t_cast(ev, a, DT_INT);
        b = t_cast(ev, b, DT_INT);
    }
    if (!t_match(ev, &a, &b, at)) return &value_error;
    struct ir_node p = like(op, a);
    if (type == ELEM_TEST) p.dtype = DT_BOOL;
    struct value *v = with_error(op, t_apply(ev, &p, (struct value *[]){ a, b }, 2), a, b);
    if (quotient && v->kind == V_TENSOR) v->size = quotient;
    return v;
}

struct value *t_select(struct ev *ev, struct value *c, struct value *a, struct value *b, const struct ast *at)
{
    struct value *bad = poison((struct value *[]){ c, a, b }, 3);
    if (bad) return bad;
    if (c->dtype != DT_BOOL) {
        const struct ast *of = at->kind == A_CALL && at->n > 1 ? at->kid[1] : at->kind == A_IFELSE ? at->kid[1] : at;
        struct diag *m = ev_error(ev, E_TYPE, of, "the condition is not a truth value");
        ev_show(ev, m, of, c);
        return &value_error;
    }
    const struct value *as_written[2] = { a, b };
    if (!t_match(ev, &a, &b, at)) return &value_error;
    /* the condition joins the shape without joining the type */
    dim dims[IR_MAX_RANK];
    int rank = a->rank > c->rank ? a->rank : c->rank;
    for (int i = 0; i < rank; i++) {
        int ia = i - (rank - a->rank), ic = i - (rank - c->rank);
        dims[i] = ia < 0 ? c->dims[ic] : ic < 0 ? a->dims[ia] : join(a->dims[ia], c->dims[ic]);
        if (!dims[i]) {
            say_condition(ev, c, a, as_written, at);
            return &value_error;
        }
    }
    c = t_broadcast(ev, c, rank, dims);
    a = t_broadcast(ev, a, rank, dims);
    b = t_broadcast(ev, b, rank, dims);
    struct ir_node p = like(OP_SELECT, a);
    return t_apply(ev, &p, (struct value *[]){ c, a, b }, 3);
}

struct value *t_concat(struct ev *ev, struct value **item, int n, int axis, const struct ast *at)
{
    struct value *bad = poison(item, n);
    if (bad || n < 1) return bad ? bad : &value_error;
    struct value **in = ARENA_ARRAY(ev->arena, struct value *, n);
    enum dtype t = DT_BOOL;
    for (int i = 0; i < n; i++) t = item[i]->dtype < t ? item[i]->dtype : t;
    for (int i = 0; i < n; i++) in[i] = t_cast(ev, item[i], t);
    struct ir_node p = like(OP_CONCAT, in[0]);
    p.axis = axis;
    for (int i = 1; i < n; i++) {
        bool fits = in[i]->rank == p.rank;
        for (int k = 0; fits && k < p.rank; k++)
            if (k != axis) fits = size_compare(in[0]->dims[k], in[i]->dims[k]) != SIZE_DIFFERENT;
        if (!fits) return say_no_join(ev, item, i, axis, at);
        p.dims[axis] = size_add(ev->sizes, p.dims[axis], in[i]->dims[axis]);
    }
    return n == 1 ? in[0] : t_apply(ev, &p, in, n);
}

struct value *t_stack(struct ev *ev, struct value **item, int n, int axis, const struct ast *at)
{
    struct value *bad = poison(item, n);
    if (bad || n < 1) return bad ? bad : &value_error;
    struct value **in = ARENA_ARRAY(ev->arena, struct value *, n);
    int r = item[0]->rank + 1;
    if (r > IR_MAX_RANK) {
        ev_error(ev, E_RANK, at, "a tensor of %d axes; there are at most %d", r, IR_MAX_RANK);
        return &value_error;
    }
    for (int i = 0; i < n; i++) {
        bool fits = item[i]->rank == r - 1;
        for (int k = 0; fits && k < r - 1; k++)
            fits = size_compare(item[0]->dims[k], item[i]->dims[k]) != SIZE_DIFFERENT;
        if (!fits) return say_no_join(ev, item, i, -1, at);
        dim dims[IR_MAX_RANK];
        for (int k = 0, j = 0; k < r; k++) dims[k] = k == axis ? size_int(ev->sizes, 1) : item[i]->dims[j++];
        in[i] = t_reshape(ev, item[i], r, dims);
    }
    return t_concat(ev, in, n, axis, at);
}

struct value *t_unary_op(struct ev *ev, enum ir_op op, struct value *a, int axis)
{
    if (value_poisoned(a)) return a;
    struct ir_node p = like(op, a);
    p.axis = axis;
    if (op == OP_ARGSORT) p.dtype = DT_INT;
    if (op == OP_LU_LOGDET) p.rank -= 2;
    if (op == OP_EIGH) p.dims[p.rank - 2] = size_add(ev->sizes, p.dims[p.rank - 2], size_int(ev->sizes, 1));
    return apply1(ev, &p, a);
}

static dim elements(struct ev *ev, const struct value *a)
{
    dim n = size_int(ev->sizes, 1);
    for (int i = 0; i < a->rank; i++) n = size_mul(ev->sizes, n, a->dims[i]);
    return n;
}

struct value *t_reduce(struct ev *ev, enum ir_op op, struct value *a, int axis)
{
    if (value_poisoned(a)) return a;
    if (a->dtype == DT_BOOL) a = t_cast(ev, a, DT_INT);
    if (axis < 0) {
        dim n = elements(ev, a);
        a = t_reshape(ev, a, 1, &n);
        axis = 0;
    }
    struct ir_node p = { .op = op, .dtype = a->dtype, .axis = axis };
    p.rank = without(a, axis, p.dims);
    if (op == OP_ARGMAX || op == OP_ARGMIN) p.dtype = DT_INT;
    return apply1(ev, &p, a);
}

/* What the leading axes of a and b, all but the last two, stretch to, and how many: NumPy's rule. -1: they differ. */
int t_join_leading(const struct value *a, const struct value *b, dim *out)
{
    int lead = (a->rank > b->rank ? a->rank : b->rank) - 2;
    for (int i = 0; i < lead; i++) {
        int ia = i - (lead - (a->rank - 2)), ib = i - (lead - (b->rank - 2));
        out[i] = ia < 0 ? b->dims[ib] : ib < 0 ? a->dims[ia] : join(a->dims[ia], b->dims[ib]);
        if (!out[i]) return -1;
    }
    return lead;
}

/* Matrices, stretched to these leading axes. */
static struct value *t_lead(struct ev *ev, struct value *x, int lead, const dim *leading)
{
    dim dims[IR_MAX_RANK];
    memcpy(dims, leading, sizeof(dim) * (size_t)lead);
    memcpy(dims + lead, x->dims + x->rank - 2, 2 * sizeof(dim));
    return t_broadcast(ev, x, lead + 2, dims);
}

/* An operation on matrices a and right sides b, whose leading axes stretch to each other's. */
struct value *t_matrix_op(struct ev *ev, struct ir_node p, struct value *a, struct value *b)
{
    dim out[IR_MAX_RANK];
    struct value *bad = poison2(a, b);
    if (bad) return bad;
    int lead = t_join_leading(a, b, out);
    struct value *in[] = { t_lead(ev, a, lead, out), t_lead(ev, b, lead, out) };
    p.dtype = DT_REAL;
    p.rank = lead + 2;
    memcpy(p.dims, out, sizeof(dim) * (size_t)lead);
    p.dims[lead] = a->dims[a->rank - 1];
    p.dims[lead + 1] = b->dims[b->rank - 1];
    return t_apply(ev, &p, in, 2);
}

struct value *t_matmul(struct ev *ev, struct value *a, struct value *b, const struct ast *at)
{
    struct value *bad = poison2(a, b);
    if (bad) return bad;
    if (a->rank == 0 || b->rank == 0) {
        struct diag *m = ev_error(ev, E_MATMUL_RANK, at, "matrix product of a scalar");
        say_factors(ev, m, a, b, at);
        diag_help(m, "`*` multiplies element by element");
        return &value_error;
    }
    if (size_compare(a->dims[a->rank - 1], b->dims[b->rank > 1 ? b->rank - 2 : 0]) == SIZE_DIFFERENT) {
        say_inner_sizes(ev, a, b, at);
        return &value_error;
    }
    a = t_cast(ev, a, DT_REAL);
    b = t_cast(ev, b, DT_REAL);
    bool row = a->rank == 1, column = b->rank == 1;
    dim one = size_int(ev->sizes, 1);
    if (row) a = t_reshape(ev, a, 2, (dim[]){ one, a->dims[0] });
    if (column) b = t_reshape(ev, b, 2, (dim[]){ b->dims[0], one });
    dim out[IR_MAX_RANK];
    int lead = t_join_leading(a, b, out);
    if (lead < 0) {
        say_factors(ev, ev_error(ev, E_BROADCAST, at, "matrix product: leading axes differ"), a, b, at);
        return &value_error;
    }
    a = t_lead(ev, a, lead, out);
    b = t_lead(ev, b, lead, out);
    struct ir_node p = like(OP_MATMUL, a);
    p.dims[lead + 1] = b->dims[lead + 1];
    struct value *v = t_apply(ev, &p, (struct value *[]){ a, b }, 2);
    if (!row && !column) return v;
    int rank = lead;
    if (!row) out[rank++] = a->dims[lead];
    if (!column) out[rank++] = b->dims[lead + 1];
    return t_reshape(ev, v, rank, out);
}

struct value *t_trisolve(struct ev *ev, struct value *l, struct value *b, bool upper, bool transposed)
{
    return t_matrix_op(ev, (struct ir_node){ .op = OP_TRISOLVE, .upper = upper, .transposed = transposed }, l, b);
}

/* a[.., n, n] x = b: by Cholesky when a is a Gram matrix by construction (A' A + c I), else by LU. `b` is a matrix
 * here. */
struct value *t_solve(struct ev *ev, struct value *a, struct value *b, const struct ast *at)
{
    struct value *bad = poison2(a, b);
    if (bad) return bad;
    warn_singular(ev, a, at);
    if (a->node && ir_is_positive(a->node)) {
        struct value *l = t_unary_op(ev, OP_CHOLESKY, a, 0);
        return t_trisolve(ev, l, t_trisolve(ev, l, b, false, false), false, true);
    }
    return t_matrix_op(ev, (struct ir_node){ .op = OP_LU_SOLVE }, a, b);
}

struct value *t_iota(struct ev *ev, int rank, const dim *dims, int axis)
{
    struct ir_node p = { .op = OP_IOTA, .dtype = DT_INT, .rank = rank, .axis = axis };
    memcpy(p.dims, dims, sizeof(dim) * (size_t)rank);
    return t_apply(ev, &p, NULL, 0);
}

struct value *t_eye(struct ev *ev, dim n)
{
    dim dims[2] = { n, n };
    struct value *row = t_iota(ev, 2, dims, 0), *column = t_iota(ev, 2, dims, 1);
    return t_cast(ev, t_elem2(ev, OP_EQ, row, column, NULL), DT_REAL);
}

struct value *t_draw(struct ev *ev, enum ir_op op, uint32_t site, uint32_t stream, int rank, const dim *dims)
{
    struct ir_node p = { .op = op, .dtype = DT_REAL, .rank = rank, .site = site, .stream = stream };
    memcpy(p.dims, dims, sizeof(dim) * (size_t)rank);
    struct value *v = t_apply(ev, &p, &ev->k->pass, ev->k->pass ? 1 : 0);
    struct drawn d = { ev->k->drawing, v->kind == V_TENSOR ? v->node : NULL };
    vec_push(ev->arena, &ev->k->drawn, d);
    return v;
}

/* x ** k for a known whole k is a product by repeated squaring; 0.5 is the square root. Both are the meaning of the
 * language, not an approximation of it: every engine sees the product. */
struct value *t_pow(struct ev *ev, struct value *a, struct value *b, const struct ast *at)
{
    struct value *bad = poison2(a, b);
    if (bad) return bad;
    double e;
    int64_t known;
    bool one_number = a->rank == 0 && a->size && size_known(a->size, &known); /* has a power of 64 bits, or none */
    bool whole = b->rank == 0 && b->known && !b->node && (b->dtype == DT_INT || b->literal) && ev_known_real(b, &e) &&
                 e == floor(e) && (fabs(e) <= 64 || (one_number && e > 0 && e <= INT32_MAX));
    if (whole && (e >= 0 || a->dtype == DT_REAL)) {
        struct value *x = a, *r = NULL;
        for (int k = (int)fabs(e); k; k >>= 1) {
            if (k & 1) r = r ? t_elem2(ev, OP_MUL, r, x, at) : x;
            if (k > 1) x = t_elem2(ev, OP_MUL, x, x, at);
        }
        if (!r)
            r = t_broadcast(ev, a->dtype == DT_INT ? value_int(ev->arena, size_int(ev->sizes, 1)) : t_const(ev, 1),
                            a->rank, a->dims);
        return e < 0 ? t_elem2(ev, OP_DIV, t_const(ev, 1), r, at) : r;
    }
    if (b->rank == 0 && b->known && b->literal && b->dtype == DT_REAL && b->r0 == 0.5)
        return t_elem1(ev, OP_SQRT, a, at);
    if (a->rank == 0 && b->rank == 0 && a->size && b->size && !size_known(b->size, &known) && !a->node && !b->node &&
        at) {
        /* 2 ** depth is a size, whatever the depth will be */
        return value_int(ev->arena,
                         size_symbol(ev->sizes, intern(ev->names, ev_text(ev, at)), SIZE_OPEN, 0, at->span, NULL));
    }
    return t_elem2(ev, OP_POW, a, b, at);
}
