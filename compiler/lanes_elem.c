/* Pulls the values of a batch of elements. A kept node is loaded; an inline one is computed from its operands'
 * elements, recursively. Batches are remembered until the next store or the end of the block, so that a node which is
 * reached on several ways is computed once; equal instructions are one in any case (loops.c). */
#include <assert.h>
#include <math.h>
#include "compiler/lanes.h"

struct memo {
    const struct ir_node *node;
    int n, epoch, block;
    const struct ix *at;
    int *value;
};

static int current_block(const struct lanes *l)
{
    return l->b.open.data[l->b.open.n - 1];
}

/* Loads an element by its number; lanes may want different ones. */
int lanes_load(struct lanes *l, int mem, struct ix at)
{
    if (ix_has_lanes(l, &at)) return loops_gather(&l->b, mem, ix_lanes_value(l, at));
    int64_t c = at.c;
    at.c = 0;
    return loops_load(&l->b, mem, ix_value(l, at), c);
}

/* Stores an element by its number. */
void lanes_store(struct lanes *l, int mem, struct ix at, int value)
{
    int64_t c = at.c;
    at.c = 0;
    loops_store(&l->b, mem, ix_value(l, at), c, value);
}

/* The number of an element in a kept node's buffer. */
struct ix lanes_number(struct lanes *l, const struct lane_node *ln, int rank, const struct ix *at)
{
    struct ix sum = ln->origin, panel, rest;
    for (int d = 0; d < (ln->panel ? rank - 1 : rank); d++) sum = ix_add(l, sum, ix_scale(at[d], ln->stride[d]));
    if (!ln->panel) return sum;
    ix_divmod(l, at[rank - 1], ln->panel, &panel, &rest);
    return ix_add(l, sum, ix_add(l, ix_scale(panel, ln->stride[rank - 1]), rest));
}

static void views(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    const struct ir_node *x = node->in[0];
    struct ix *in = ARENA_ARRAY(l->arena, struct ix, n * x->rank + 1);
    for (int k = 0; k < n; k++) ix_view(l, node, at + k * node->rank, in + k * x->rank);
    lanes_elems(l, x, n, in, out);
}

/* True when every index that the node can hold is within 0 .. n-1. */
static bool within(const struct ir_node *index, int64_t n)
{
    switch (index->op) {
    case OP_BROADCAST: case OP_TRANSPOSE: case OP_SLICE: case OP_RESHAPE: return within(index->in[0], n);
    case OP_ARGSORT: case OP_RANK: return ir_dim(index, index->rank - 1) <= n;
    case OP_ARGMAX: case OP_ARGMIN: return ir_dim(index->in[0], index->axis) <= n;
    default: return false;
    }
}

#define FAR (INT64_C(1) << 40) /* an index of which nothing is known */

static int missing(struct lanes *l, const struct ir_node *node)
{
    if (node->dtype == DT_REAL) return loops_real(&l->b, NAN);
    return node->dtype == DT_INT ? loops_int(&l->b, 0) : loops_bool(&l->b, false);
}

/* An index known in terms of counters: a plain load, guarded where it may leave the axis. */
static struct ix counted_index(struct lanes *l, struct ix i, int64_t n, int *guard)
{
    int64_t lo, hi;
    ix_range(l, &i, &lo, &hi);
    *guard = -1;
    if (lo >= 0 && hi < n) return i;
    int value = ix_value(l, i), zero = loops_index(&l->b, 0), last = loops_index(&l->b, n - 1);
    int from = loops_index_op(&l->b, L_ILT, loops_index(&l->b, -1), value);
    *guard = loops_index_op(&l->b, L_FAND, from, loops_index_op(&l->b, L_ILT, value, loops_index(&l->b, n)));
    value = loops_index_op(&l->b, L_IMIN, loops_index_op(&l->b, L_IMAX, value, zero), last);
    return ix_of_var(ix_new_var(l, IX_COUNTER, value, 0, n - 1));
}

static struct ix lanes_index(struct lanes *l, const struct ir_node *index, const struct ix *at, int64_t n, int *guard)
{
    int v = lanes_elem(l, index, at), shared = loops_shared(&l->b, v);
    if (shared >= 0)
        return counted_index(l, ix_of_var(ix_new_var(l, IX_COUNTER, shared, -FAR, FAR)), n, guard);
    *guard = -1;
    if (!within(index, n)) {
        int low = loops_elem2(&l->b, OP_LE, loops_int(&l->b, 0), v);
        *guard = loops_elem2(&l->b, OP_AND, low, loops_elem2(&l->b, OP_LT, v, loops_int(&l->b, n)));
        v = loops_select(&l->b, *guard, v, loops_int(&l->b, 0));
    }
    return ix_of_var(ix_new_var(l, IX_LANES, v, 0, n - 1));
}

static void gather(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    const struct ir_node *x = node->in[0], *index = node->in[1];
    int64_t length = ir_dim(x, node->axis);
    struct ix *in = ARENA_ARRAY(l->arena, struct ix, n * x->rank);
    int *guard = ARENA_ARRAY(l->arena, int, n);
    for (int k = 0; k < n; k++) {
        const struct ix *o = at + k * node->rank;
        struct ix *i = in + k * x->rank, known;
        for (int d = 0; d < x->rank; d++)
            if (d != node->axis) i[d] = d < node->axis ? o[d] : o[d + index->rank - 1];
        if (!length) out[k] = missing(l, node);
        else if (ix_of_node(l, index, o + node->axis, &known) && !ix_has_lanes(l, &known))
            i[node->axis] = counted_index(l, known, length, &guard[k]);
        else i[node->axis] = lanes_index(l, index, o + node->axis, length, &guard[k]);
    }
    if (!length) return;
    lanes_elems(l, x, n, in, out);
    for (int k = 0; k < n; k++)
        if (guard[k] >= 0) out[k] = loops_select(&l->b, guard[k], out[k], missing(l, node));
}

/* The row where the axis is at the index, else x. */
static void put(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    struct ix known, here, *in = ARENA_ARRAY(l->arena, struct ix, n * node->rank);
    int *row = ARENA_ARRAY(l->arena, int, n), inner = node->rank - 1;
    for (int k = 0; k < n; k++)
        for (int d = 0; d < inner; d++) in[k * inner + d] = at[k * node->rank + (d < node->axis ? d : d + 1)];
    lanes_elems(l, node->in[0], n, at, out);
    lanes_elems(l, node->in[1], n, in, row);
    bool counted = ix_of_node(l, node->in[2], in, &known) && !ix_has_lanes(l, &known);
    for (int k = 0; k < n; k++) {
        here = at[k * node->rank + node->axis];
        int same = counted && !ix_has_lanes(l, &here)
                       ? loops_index_op(&l->b, L_IEQ, ix_value(l, known), ix_value(l, here))
                       : loops_elem2(&l->b, OP_EQ, lanes_elem(l, node->in[2], in), ix_lanes_value(l, here));
        out[k] = loops_select(&l->b, same, row[k], out[k]);
    }
}

/* A bool known from counters alone, for element k; -1: it is not. */
static int known_flag(struct lanes *l, const struct ir_node *node, const struct ix *at, bool *negated)
{
    int flag;
    return ix_flag_of_node(l, node, at, &flag, negated) ? flag : -1;
}

static void mixed(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    int *x[3];
    for (int i = 0; i < node->nin; i++) {
        x[i] = ARENA_ARRAY(l->arena, int, n);
        if (node->op != OP_SELECT || i) lanes_elems(l, node->in[i], n, at, x[i]);
    }
    for (int k = 0; k < n; k++) {
        const struct ix *p = at + k * node->rank;
        bool negated;
        int flag;
        switch (node->op) {
        case OP_STOP_GRAD: case OP_VARIABLE: out[k] = x[0][k]; break;
        case OP_SELECT:
            flag = known_flag(l, node->in[0], p, &negated);
            if (flag < 0) flag = lanes_elem(l, node->in[0], p);
            out[k] =
                negated ? loops_select(&l->b, flag, x[2][k], x[1][k]) : loops_select(&l->b, flag, x[1][k], x[2][k]);
            break;
        default:
            if (node->dtype == loops_dtype(l->lf->ins.data[x[0][k]].type)) out[k] = x[0][k];
            else out[k] = loops_elem(&l->b, node->op, loops_type(node->dtype), 1, &x[0][k]);
        }
    }
}

static void elementwise(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    int *x[3] = {0};
    bool negated;
    if (node->dtype == DT_BOOL && n) {
        int k;
        for (k = 0; k < n; k++) {
            int flag = known_flag(l, node, at + k * node->rank, &negated);
            if (flag < 0) break;
            out[k] = loops_splat(&l->b, flag);
            if (negated) out[k] = loops_elem1(&l->b, OP_NOT, out[k]);
        }
        if (k == n) return;
    }
    for (int i = 0; i < node->nin; i++) {
        x[i] = ARENA_ARRAY(l->arena, int, n);
        lanes_elems(l, node->in[i], n, at, x[i]);
    }
    for (int k = 0; k < n; k++) {
        int arg[3];
        for (int i = 0; i < node->nin; i++) arg[i] = x[i][k];
        out[k] = loops_elem(&l->b, node->op, loops_type(node->dtype), node->nin, arg);
    }
}

/* An int node that counters decide. */
static bool counted(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    struct ix p;
    for (int k = 0; k < n; k++) {
        if (!ix_of_node(l, node, at + k * node->rank, &p)) return false;
        out[k] = ix_lanes_value(l, p);
    }
    return true;
}

static int constant(struct lanes *l, const struct ir_node *node)
{
    if (node->dtype == DT_REAL) return loops_real(&l->b, node->real);
    return node->dtype == DT_INT ? loops_int(&l->b, node->integer) : loops_bool(&l->b, node->integer);
}

static void compute(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    if (node->dtype == DT_INT && counted(l, node, n, at, out)) return;
    switch (op_info[node->op].class) {
    case OP_CLASS_VIEW: views(l, node, n, at, out); return;
    case OP_CLASS_ELEM: elementwise(l, node, n, at, out); return;
    case OP_CLASS_REDUCE: lanes_reduction(l, node, n, at, out); return;
    default: break;
    }
    switch (node->op) {
    case OP_CONST:
        for (int k = 0; k < n; k++) out[k] = constant(l, node);
        return;
    case OP_SELECT: case OP_TO_REAL: case OP_TO_INT: case OP_STOP_GRAD: case OP_VARIABLE:
        mixed(l, node, n, at, out);
        return;
    case OP_PROMPT:
        for (int k = 0; k < n; k++) out[k] = loops_prompt(&l->b, ix_value(l, l->block));
        return;
    case OP_PUT: put(l, node, n, at, out); return;
    case OP_GATHER: gather(l, node, n, at, out); return;
    case OP_MATMUL: lanes_matmul(l, node, n, at, out); return;
    default: assert(!"a node without a place");
    }
}

/* Computes a batch of a node, whatever its place. */
void lanes_compute(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    struct ir_node *around = l->b.at;
    l->b.at = (struct ir_node *)node;
    compute(l, node, n, at, out);
    l->b.at = around;
}

static uint64_t batch_hash(const struct ir_node *node, int n, const struct ix *at)
{
    uint64_t h = (uint64_t)node->id * 0x9E3779B97F4A7C15u + (uint64_t)n;
    for (int k = 0; k < n * node->rank; k++) h = (h ^ ix_hash(&at[k])) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static bool batch_same(const struct memo *m, const struct ir_node *node, int n, const struct ix *at)
{
    if (m->node != node || m->n != n) return false;
    for (int k = 0; k < n * node->rank; k++)
        if (!ix_same(&m->at[k], &at[k])) return false;
    return true;
}

static void inline_batch(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    if (!node->nin) {
        lanes_compute(l, node, n, at, out);
        return;
    }
    struct memo **slot = &l->memo[batch_hash(node, n, at) % 256];
    const struct memo *m = *slot;
    if (m && m->epoch == l->b.epoch && m->block == current_block(l) && batch_same(m, node, n, at)) {
        memcpy(out, m->value, sizeof *out * (size_t)n);
        return;
    }
    lanes_compute(l, node, n, at, out);
    struct memo *new = ARENA_NEW(l->arena, struct memo);
    *new = (struct memo){.node = node, .n = n, .epoch = l->b.epoch, .block = current_block(l), .at = at};
    new->value = arena_copy(l->arena, out, sizeof *out * (size_t)n);
    *slot = new;
}

/* Values of n elements of a node. */
void lanes_elems(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    const struct lane_node *ln = lane(node);
    if (ln->place == AT_VALUE || ln->place == AT_BUFFER) {
        if (node->dtype == DT_INT && counted(l, node, n, at, out)) return;
        for (int k = 0; k < n; k++)
            out[k] = ln->place == AT_VALUE
                         ? ln->value
                         : lanes_load(l, ln->mem, lanes_number(l, ln, node->rank, at + k * node->rank));
        return;
    }
    inline_batch(l, node, n, at, out);
}

/* The value of one element. */
int lanes_elem(struct lanes *l, const struct ir_node *node, const struct ix *at)
{
    struct ix *copy = ARENA_ARRAY(l->arena, struct ix, node->rank + 1);
    for (int d = 0; d < node->rank; d++) copy[d] = at[d];
    int v;
    lanes_elems(l, node, 1, copy, &v);
    return v;
}
