/* The rules of the tensor IR, op by op: operands visible and in number, types, shapes, attributes in range, bodies
 * that match what owns them. Sizes may be open: shapes must then not be known to differ, and ranges hold where both
 * ends are known. The first fault found is told. */
#include "compiler/ir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct verifier {
    struct ir_func *f;
    unsigned char *state; /* by id: 0 not met, 1 in scope, 2 out of scope again */
    const char *why;
};
typedef const char *rule_fn(const struct ir_node *n);

static bool differ(dim a, dim b)
{
    return !a || !b || size_compare(a, b) == SIZE_DIFFERENT;
}

static bool shapes_differ(const struct ir_node *a, const struct ir_node *b)
{
    if (a->rank != b->rank) return true;
    for (int i = 0; i < a->rank; i++)
        if (differ(a->dims[i], b->dims[i])) return true;
    return false;
}

/* Tells whether the first `count` axes of a and b, counted from axes i and k on, are known to differ. */
static bool axes_differ(const struct ir_node *a, int i, const struct ir_node *b, int k, int count)
{
    for (; count > 0; count--, i++, k++)
        if (differ(a->dims[i], b->dims[k])) return true;
    return false;
}

static bool product(const struct ir_node *n, int64_t *out)
{
    int64_t d;
    *out = 1;
    for (int i = 0; i < n->rank; i++) {
        if (!size_known(n->dims[i], &d) || (d && *out > INT64_MAX / d)) return false;
        *out *= d;
    }
    return true;
}

/* ---- rules of single ops ---- */

static const char *elem_rule(const struct ir_node *n)
{
    enum elem_type type = op_info[n->op].type;
    enum dtype t = n->in[0]->dtype;
    for (int i = 0; i < n->nin; i++) {
        if (n->in[i]->dtype != t) return "operands of different types";
        if (shapes_differ(n, n->in[i])) return "an operand's shape is not the result's";
    }
    if (type == ELEM_REAL && t != DT_REAL) return "operands must be real";
    if (type == ELEM_SAME && t == DT_BOOL) return "operands must be numbers";
    if (type == ELEM_LOGIC && t != DT_BOOL) return "operands must be bool";
    if (n->dtype != (type == ELEM_TEST ? DT_BOOL : t)) return "wrong type of result";
    return NULL;
}

static const char *rule_select(const struct ir_node *n)
{
    if (n->in[0]->dtype != DT_BOOL) return "the condition must be bool";
    if (n->in[1]->dtype != n->dtype || n->in[2]->dtype != n->dtype) return "operands of different types";
    for (int i = 0; i < 3; i++)
        if (shapes_differ(n, n->in[i])) return "an operand's shape is not the result's";
    return NULL;
}

static const char *rule_convert(const struct ir_node *n)
{
    enum dtype from = n->in[0]->dtype;
    if (shapes_differ(n, n->in[0])) return "the operand's shape is not the result's";
    if (n->op == OP_STOP_GRAD || n->op == OP_VARIABLE) return from == n->dtype ? NULL : "wrong type of result";
    if (n->dtype != (n->op == OP_TO_REAL ? DT_REAL : DT_INT)) return "wrong type of result";
    return from == n->dtype ? "the operand has the type already" : NULL;
}

static const char *rule_const(const struct ir_node *n)
{
    if (n->rank) return "a constant has rank 0";
    if (n->dtype == DT_BOOL && (n->integer < 0 || n->integer > 1)) return "a bool is 0 or 1";
    return NULL;
}

static const char *rule_leaf(const struct ir_node *n)
{
    (void)n;
    return "inputs and parameters are no nodes of a region";
}

static const char *rule_iota(const struct ir_node *n)
{
    if (n->dtype != DT_INT) return "wrong type of result";
    return n->axis < 0 || n->axis >= n->rank ? "axis out of range" : NULL;
}

static const char *rule_prompt(const struct ir_node *n)
{
    return n->dtype != DT_INT || n->rank ? "the number of a prompt is one int" : NULL;
}

static const char *rule_draw(const struct ir_node *n)
{
    if (n->nin > 1) return "wrong number of operands";
    if (n->nin && (n->in[0]->dtype != DT_INT || n->in[0]->rank)) return "the pass is one whole number";
    return n->dtype != DT_REAL ? "wrong type of result" : NULL;
}

static const char *same_type(const struct ir_node *n)
{
    return n->in[0]->dtype != n->dtype ? "wrong type of result" : NULL;
}

static const char *rule_broadcast(const struct ir_node *n)
{
    const struct ir_node *x = n->in[0];
    if (x->rank > n->rank) return "the operand has more axes than the result";
    for (int i = 0; i < x->rank; i++) {
        dim d = x->dims[i], to = n->dims[n->rank - x->rank + i];
        if (!size_is(d, 1) && differ(d, to)) return "an axis of neither size 1 nor the result's";
    }
    return same_type(n);
}

static const char *rule_reshape(const struct ir_node *n)
{
    int64_t from, to;
    if (product(n->in[0], &from) && product(n, &to) && from != to) return "the number of elements changes";
    return same_type(n);
}

static const char *rule_transpose(const struct ir_node *n)
{
    unsigned seen = 0;
    if (n->in[0]->rank != n->rank) return "wrong rank";
    for (int i = 0; i < n->rank; i++) {
        if (n->perm[i] < 0 || n->perm[i] >= n->rank || seen >> n->perm[i] & 1) return "perm is no permutation";
        seen |= 1u << n->perm[i];
        if (differ(n->dims[i], n->in[0]->dims[n->perm[i]])) return "wrong shape of result";
    }
    return same_type(n);
}

static const char *rule_slice(const struct ir_node *n)
{
    if (n->in[0]->rank != n->rank) return "wrong rank";
    for (int i = 0; i < n->rank; i++) {
        int64_t start, count, size;
        if (!n->start[i]) return "start is missing";
        if (!n->step[i]) return "a step is 0";
        if (!size_known(n->start[i], &start) || !size_known(n->dims[i], &count)) continue;
        if (!size_known(n->in[0]->dims[i], &size) || count < 1) continue;
        __int128 last = (__int128)start + (__int128)(count - 1) * n->step[i];
        if (start < 0 || start >= size || last < 0 || last >= size) return "the slice leaves the operand";
    }
    return same_type(n);
}

static const char *rule_concat(const struct ir_node *n)
{
    int64_t sum = 0, d = 0;
    bool known = true;
    if (n->nin < 1) return "no operands";
    if (n->axis < 0 || n->axis >= n->rank) return "axis out of range";
    for (int i = 0; i < n->nin; i++) {
        const struct ir_node *x = n->in[i];
        if (x->dtype != n->dtype) return "operands of different types";
        if (x->rank != n->rank) return "wrong rank";
        if (axes_differ(n, 0, x, 0, n->axis) || axes_differ(n, n->axis + 1, x, n->axis + 1, n->rank - n->axis - 1))
            return "an operand's shape is not the result's";
        known &= size_known(x->dims[n->axis], &d);
        sum += d;
    }
    return known && size_known(n->dims[n->axis], &d) && d != sum ? "wrong shape of result" : NULL;
}

static const char *rule_gather(const struct ir_node *n)
{
    const struct ir_node *x = n->in[0], *index = n->in[1];
    if (index->dtype != DT_INT) return "the index must be int";
    if (n->axis < 0 || n->axis >= x->rank) return "axis out of range";
    if (n->rank != x->rank - 1 + index->rank) return "wrong rank";
    if (axes_differ(n, 0, x, 0, n->axis) || axes_differ(n, n->axis, index, 0, index->rank) ||
        axes_differ(n, n->axis + index->rank, x, n->axis + 1, x->rank - n->axis - 1))
        return "wrong shape of result";
    return same_type(n);
}

static const char *rule_put(const struct ir_node *n)
{
    const struct ir_node *x = n->in[0], *row = n->in[1], *index = n->in[2];
    if (index->dtype != DT_INT || index->rank) return "the index must be one int";
    if (n->axis < 0 || n->axis >= n->rank) return "axis out of range";
    if (shapes_differ(n, x)) return "the operand's shape is not the result's";
    if (row->rank != x->rank - 1 || row->dtype != x->dtype || axes_differ(row, 0, x, 0, n->axis) ||
        axes_differ(row, n->axis, x, n->axis + 1, row->rank - n->axis))
        return "wrong shape of the row";
    return n->dtype == x->dtype ? NULL : "wrong type of result";
}

static const char *rule_cumsum(const struct ir_node *n)
{
    if (n->axis < 0 || n->axis >= n->rank) return "axis out of range";
    if (shapes_differ(n, n->in[0])) return "the operand's shape is not the result's";
    return n->dtype == DT_BOOL ? "the operand must be numbers" : same_type(n);
}

static const char *rule_sort(const struct ir_node *n)
{
    if (n->rank < 1) return "wrong rank";
    if (shapes_differ(n, n->in[0])) return "the operand's shape is not the result's";
    if (n->in[0]->dtype == DT_BOOL) return "the operand must be numbers";
    return n->op == OP_SORT ? same_type(n) : n->dtype != DT_INT ? "wrong type of result" : NULL;
}

static const char *rule_reduce(const struct ir_node *n)
{
    const struct ir_node *x = n->in[0];
    if (n->axis < 0 || n->axis >= x->rank) return "axis out of range";
    if (n->rank != x->rank - 1) return "wrong rank";
    if (axes_differ(n, 0, x, 0, n->axis) || axes_differ(n, n->axis, x, n->axis + 1, n->rank - n->axis))
        return "wrong shape of result";
    if (x->dtype == DT_BOOL) return "the operand must be numbers";
    bool arg = n->op == OP_ARGMAX || n->op == OP_ARGMIN;
    if (n->op != OP_SUM && n->op != OP_PROD && size_is(x->dims[n->axis], 0)) return "an empty axis has no such element";
    return arg ? (n->dtype != DT_INT ? "wrong type of result" : NULL) : same_type(n);
}

static const char *real_matrices(const struct ir_node *n)
{
    if (n->dtype != DT_REAL) return "wrong type of result";
    for (int i = 0; i < n->nin; i++) {
        if (n->in[i]->dtype != DT_REAL) return "operands must be real";
        if (n->in[i]->rank < 2) return "operands must be matrices";
        if (n->in[i]->rank != n->in[0]->rank) return "operands of different rank";
        if (axes_differ(n->in[i], 0, n->in[0], 0, n->in[0]->rank - 2)) return "leading axes differ";
    }
    return NULL;
}

static bool not_square(const struct ir_node *x)
{
    return differ(x->dims[x->rank - 1], x->dims[x->rank - 2]);
}

/* The result's leading axes are the operands', its last two have the sizes m and n. */
static bool not_matrices(const struct ir_node *n, dim rows, dim columns)
{
    return n->rank != n->in[0]->rank || axes_differ(n, 0, n->in[0], 0, n->rank - 2) ||
           differ(n->dims[n->rank - 2], rows) || differ(n->dims[n->rank - 1], columns);
}

static const char *rule_matmul(const struct ir_node *n)
{
    const char *why = real_matrices(n);
    if (why) return why;
    int r = n->in[0]->rank;
    const struct ir_node *a = n->in[0], *b = n->in[1];
    if (differ(a->dims[r - 1], b->dims[r - 2])) return "inner sizes differ";
    return not_matrices(n, a->dims[r - 2], b->dims[r - 1]) ? "wrong shape of result" : NULL;
}

/* CHOLESKY LU_LOGDET EIGH: one square operand. */
static const char *rule_square(const struct ir_node *n)
{
    const char *why = real_matrices(n);
    const struct ir_node *x = n->in[0];
    int r = x->rank;
    if (why) return why;
    if (not_square(x)) return "the operand is not square";
    if (n->op == OP_LU_LOGDET)
        return n->rank != r - 2 || axes_differ(n, 0, x, 0, r - 2) ? "wrong shape of result" : NULL;
    if (n->op == OP_CHOLESKY) return shapes_differ(n, x) ? "wrong shape of result" : NULL;
    int64_t rows, size;
    if (n->rank != r || axes_differ(n, 0, x, 0, r - 2) || differ(n->dims[r - 1], x->dims[r - 1]))
        return "wrong shape of result";
    return size_known(n->dims[r - 2], &rows) && size_known(x->dims[r - 1], &size) && rows != size + 1
               ? "wrong shape of result"
               : NULL;
}

/* TRISOLVE LU_SOLVE PINV_SOLVE: a matrix and right-hand sides. */
static const char *rule_solve(const struct ir_node *n)
{
    const char *why = real_matrices(n);
    if (why) return why;
    int r = n->in[0]->rank;
    const struct ir_node *a = n->in[0], *b = n->in[1];
    if (n->op != OP_PINV_SOLVE && not_square(a)) return "the matrix is not square";
    if (differ(a->dims[r - 2], b->dims[r - 2])) return "the right-hand side has another number of rows";
    return not_matrices(n, a->dims[r - 1], b->dims[r - 1]) ? "wrong shape of result" : NULL;
}

static const char *rule_get(const struct ir_node *n)
{
    const struct ir_node *loop = n->in[0];
    if (loop->op != OP_REPEAT) return "the operand is no repeat";
    if (n->axis < 0 || n->axis >= loop->nin) return "axis out of range";
    const struct ir_node *state = loop->in[n->axis];
    return shapes_differ(n, state) || n->dtype != state->dtype ? "not of the state's type and shape" : NULL;
}

static const char *rule_repeat(const struct ir_node *n)
{
    const struct ir_region *b = n->body;
    int64_t count;
    if (!n->count || !n->first) return "the number of passes or the first index is missing";
    if (size_known(n->count, &count) && count < 0) return "the number of passes is negative";
    if (b->params.n != n->nin + 1) return "wrong number of parameters";
    if (b->params.data[0]->dtype != DT_INT || b->params.data[0]->rank) return "the index must be an int";
    if (b->results.n != n->nin + n->stops) return "wrong number of results";
    for (int k = 0; k < n->nin; k++) {
        const struct ir_node *state = b->params.data[k + 1], *next = b->results.data[k], *first = n->in[k];
        if (state->dtype != first->dtype || shapes_differ(state, first))
            return "a state is not of its first value's type";
        if (state->dtype != next->dtype || shapes_differ(state, next))
            return "a state is not of its next value's type";
    }
    const struct ir_node *stop = n->stops ? b->results.data[n->nin] : NULL;
    return stop && (stop->dtype != DT_BOOL || stop->rank) ? "the stop condition must be a bool" : NULL;
}

static const char *rule_build(const struct ir_node *n)
{
    const struct ir_region *b = n->body;
    if (b->results.n != 1) return "wrong number of results";
    const struct ir_node *x = b->results.data[0];
    if (b->params.n < 1 || b->params.n + x->rank != n->rank) return "wrong rank";
    for (int i = 0; i < b->params.n; i++) {
        if (b->params.data[i]->dtype != DT_INT || b->params.data[i]->rank) return "an index must be an int";
        if (differ(b->counts[i], n->dims[i])) return "wrong shape of result";
    }
    if (axes_differ(n, b->params.n, x, 0, x->rank)) return "wrong shape of result";
    return n->dtype != x->dtype ? "wrong type of result" : NULL;
}

static rule_fn *const rule[OP_COUNT] = {
#define ELEM(name, text, arity, type) [OP_##name] = elem_rule,
#define OP(name, text, arity, class)
#include "compiler/op.def"
#undef ELEM
#undef OP
    [OP_SELECT] = rule_select, [OP_TO_REAL] = rule_convert, [OP_TO_INT] = rule_convert,
    [OP_STOP_GRAD] = rule_convert, [OP_VARIABLE] = rule_convert, [OP_CONST] = rule_const,
    [OP_INPUT] = rule_leaf, [OP_PARAM] = rule_leaf,
    [OP_PROMPT] = rule_prompt, [OP_IOTA] = rule_iota, [OP_DRAW_UNIFORM] = rule_draw, [OP_DRAW_NORMAL] = rule_draw,
    [OP_BROADCAST] = rule_broadcast, [OP_RESHAPE] = rule_reshape, [OP_TRANSPOSE] = rule_transpose,
    [OP_SLICE] = rule_slice, [OP_CONCAT] = rule_concat, [OP_GATHER] = rule_gather, [OP_PUT] = rule_put,
    [OP_CUMSUM] = rule_cumsum,
    [OP_SORT] = rule_sort, [OP_ARGSORT] = rule_sort, [OP_RANK] = rule_sort,
    [OP_SUM] = rule_reduce, [OP_PROD] = rule_reduce,
    [OP_MAX_OF] = rule_reduce, [OP_MIN_OF] = rule_reduce, [OP_ARGMAX] = rule_reduce, [OP_ARGMIN] = rule_reduce,
    [OP_MATMUL] = rule_matmul, [OP_CHOLESKY] = rule_square, [OP_TRISOLVE] = rule_solve, [OP_LU_SOLVE] = rule_solve,
    [OP_LU_LOGDET] = rule_square, [OP_EIGH] = rule_square, [OP_PINV_SOLVE] = rule_solve, [OP_REPEAT] = rule_repeat,
    [OP_GET] = rule_get, [OP_BUILD] = rule_build,
};

/* ---- the walk ---- */

static void fault(struct verifier *v, const struct ir_node *n, const char *what)
{
    if (!v->why) v->why = arena_printf(v->f->arena, "%%%d = %s: %s", n->id, op_info[n->op].text, what);
}

static void enter(struct verifier *v, struct ir_node *n, struct ir_region *in)
{
    if (n->id < 0 || n->id >= v->f->next_id) fault(v, n, "a node's number is out of range");
    else if (v->state[n->id]) fault(v, n, "a node's number is used twice");
    else v->state[n->id] = 1;
    if (n->region != in) fault(v, n, "a node does not know its region");
    if (n->rank < 0 || n->rank > IR_MAX_RANK) fault(v, n, "rank out of range");
    for (int i = 0; i < n->rank && !v->why; i++) {
        int64_t d;
        if (!n->dims[i]) fault(v, n, "a size is missing");
        else if (size_known(n->dims[i], &d) && d < 0) fault(v, n, "a size is negative");
    }
}

static bool in_scope(const struct verifier *v, const struct ir_node *n)
{
    return n && n->id >= 0 && n->id < v->f->next_id && v->state[n->id] == 1;
}

static void verify_region(struct verifier *v, struct ir_region *r, struct ir_node *owner);

static void verify_node(struct verifier *v, struct ir_node *n, struct ir_region *in)
{
    const struct op_info *info = &op_info[n->op];
    if (info->arity >= 0 && n->nin != info->arity) fault(v, n, "wrong number of operands");
    for (int i = 0; i < n->nin && !v->why; i++)
        if (!in_scope(v, n->in[i])) fault(v, n, "an operand does not stand before it");
        else if (n->in[i]->op == OP_REPEAT && n->op != OP_GET) fault(v, n, "a repeat is read by `get` alone");
    if ((info->class == OP_CLASS_REGION) != (n->body != NULL)) fault(v, n, "a body too many or too few");
    if (n->body && !v->why) {
        if (n->body->owner != n || n->body->parent != in) fault(v, n, "the body does not know where it stands");
        verify_region(v, n->body, n);
    }
    if (!v->why && n->op == OP_CONST && n->dtype == DT_REAL && v->f->precision == 32 && !isnan(n->real) &&
        (double)(float)n->real != n->real)
        fault(v, n, "the constant is no number of the precision");
    enter(v, n, in);
    const char *why = v->why ? NULL : rule[n->op](n);
    if (why) fault(v, n, why);
}

static void verify_region(struct verifier *v, struct ir_region *r, struct ir_node *owner)
{
    for (int i = 0; i < r->params.n && !v->why; i++) {
        struct ir_node *p = r->params.data[i];
        if (p->op != (owner ? OP_PARAM : OP_INPUT)) fault(v, p, "not a parameter");
        else if (p->slot != i) fault(v, p, "wrong slot");
        else if (p->nin || p->body) fault(v, p, "wrong number of operands");
        else enter(v, p, r);
    }
    for (int i = 0; i < r->nodes.n && !v->why; i++) verify_node(v, r->nodes.data[i], r);
    for (int i = 0; i < r->results.n && !v->why; i++) {
        struct ir_node *x = r->results.data[i];
        if (!in_scope(v, x)) fault(v, x ? x : owner, "a result is not computed in its region");
        else if (x->op == OP_REPEAT) fault(v, x, "a repeat is no result");
    }
    if (!owner) return;
    for (int i = 0; i < r->params.n; i++)
        if (r->params.data[i]->id >= 0 && r->params.data[i]->id < v->f->next_id) v->state[r->params.data[i]->id] = 2;
    for (int i = 0; i < r->nodes.n; i++)
        if (r->nodes.data[i]->id >= 0 && r->nodes.data[i]->id < v->f->next_id) v->state[r->nodes.data[i]->id] = 2;
}

/* NULL, or what is wrong. */
const char *ir_verify(struct ir_func *f)
{
    struct verifier v = { .f = f, .state = calloc((size_t)f->next_id + 1, 1) };
    if (!v.state) out_of_memory((size_t)f->next_id + 1);
    if (f->precision != 32 && f->precision != 64) v.why = "the precision is neither 32 nor 64";
    if (f->inputs.n != f->top->params.n) v.why = "the inputs are not the top region's parameters";
    for (int i = 0; i < f->inputs.n && !v.why; i++)
        if (f->inputs.data[i] != f->top->params.data[i]) v.why = "the inputs are not the top region's parameters";
    if (!v.why) verify_region(&v, f->top, NULL);
    free(v.state);
    return v.why;
}
