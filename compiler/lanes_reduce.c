/* Reductions and products of a batch of elements: the batch's accumulators are a register tile, the loop over the
 * reduced axis is innermost. Orders are the language's: a product is one chain of fused multiply-adds from 0, index
 * ascending; a sum is min(16, n) strided partial sums joined in a fixed tree; the others are chains. */
#include "compiler/lanes.h"

#define STRAIGHT 4 /* loops of so few passes are written out */

/* The operand's positions with the reduced axis at k. */
static const struct ix *inside(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, struct ix k)
{
    const struct ir_node *x = node->in[0];
    struct ix *in = ARENA_ARRAY(l->arena, struct ix, n * x->rank);
    for (int e = 0; e < n; e++) {
        const struct ix *o = at + e * node->rank;
        for (int d = 0; d < x->rank; d++)
            in[e * x->rank + d] = d < node->axis ? o[d] : d == node->axis ? k : o[d - 1];
    }
    return in;
}

static void add_to(struct lanes *l, int n, int *sum, const int *x)
{
    for (int e = 0; e < n; e++) sum[e] = loops_elem2(&l->b, OP_ADD, sum[e], x[e]);
}

/* The whole groups of 16 after the first, in a loop that carries all partial sums. */
static void sum_groups(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int64_t groups,
                       int *part) {
    int *x = ARENA_ARRAY(l->arena, int, n);
    if (groups <= 1) return;
    if (groups - 1 <= 1) {
        for (int p = 0; p < 16; p++) {
            lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_const(16 + p)), x);
            add_to(l, n, part + p * n, x);
        }
        return;
    }
    int loop = loops_begin(&l->b, loops_index(&l->b, groups - 1), 16 * n, part);
    struct ix from = ix_plus(ix_scale(ix_counter(l, loop, groups - 1), 16), 16);
    int *next = ARENA_ARRAY(l->arena, int, 16 * n);
    for (int p = 0; p < 16; p++) {
        for (int e = 0; e < n; e++) next[p * n + e] = loops_carried(&l->b, loop, p * n + e);
        lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_plus(from, p)), x);
        add_to(l, n, next + p * n, x);
    }
    loops_end(&l->b, loop, next, -1, part);
}

static void sum(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    int64_t length = ir_dim(node->in[0], node->axis);
    int m = length < 16 ? (int)length : 16, *part = ARENA_ARRAY(l->arena, int, 16 * n),
        *x = ARENA_ARRAY(l->arena, int, n);
    for (int p = 0; p < m; p++) lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_const(p)), part + p * n);
    sum_groups(l, node, n, at, length / 16, part);
    for (int64_t k = length / 16 * 16; k < length && length > 16; k++) {
        lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_const(k)), x);
        add_to(l, n, part + (k % 16) * n, x);
    }
    for (int h = 8; h >= 1; h /= 2)
        for (int p = 0; p < h && p + h < m; p++) add_to(l, n, part + p * n, part + (p + h) * n);
    for (int e = 0; e < n; e++) out[e] = part[e];
}

static int is_nan(struct lanes *l, int x)
{
    return loops_elem2(&l->b, OP_NE, x, x);
}

/* One link of a chain. `best` and `which` are batches; ARG ops keep the first of the best, and the first NaN. */
static void link(struct lanes *l, const struct ir_node *node, int n, int *best, int *which, const int *x, int k)
{
    enum ir_op op = node->op;
    for (int e = 0; e < n; e++) {
        if (op == OP_ARGMAX || op == OP_ARGMIN) {
            int less =
                op == OP_ARGMAX ? loops_elem2(&l->b, OP_LT, best[e], x[e]) : loops_elem2(&l->b, OP_LT, x[e], best[e]);
            if (node->in[0]->dtype == DT_REAL) {
                int keeps = loops_elem1(&l->b, OP_NOT, is_nan(l, best[e]));
                less = loops_elem2(&l->b, OP_AND, keeps, loops_elem2(&l->b, OP_OR, less, is_nan(l, x[e])));
            }
            best[e] = loops_select(&l->b, less, x[e], best[e]);
            which[e] = loops_select(&l->b, less, k, which[e]);
        } else {
            enum ir_op scalar = op == OP_PROD ? OP_MUL : op == OP_MAX_OF ? OP_MAX : OP_MIN;
            best[e] = loops_elem2(&l->b, scalar, best[e], x[e]);
        }
    }
}

static void chain(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    int64_t length = ir_dim(node->in[0], node->axis);
    bool arg = node->op == OP_ARGMAX || node->op == OP_ARGMIN;
    int *state = ARENA_ARRAY(l->arena, int, 2 * n), *which = state + n, *x = ARENA_ARRAY(l->arena, int, n);
    lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_const(0)), state);
    for (int e = 0; e < n; e++) which[e] = loops_int(&l->b, 0);
    if (length <= STRAIGHT) {
        for (int k = 1; k < length; k++) {
            lanes_elems(l, node->in[0], n, inside(l, node, n, at, ix_const(k)), x);
            link(l, node, n, state, which, x, loops_int(&l->b, k));
        }
    } else {
        int loop = loops_begin(&l->b, loops_index(&l->b, length - 1), arg ? 2 * n : n, state);
        struct ix k = ix_plus(ix_counter(l, loop, length - 1), 1);
        for (int e = 0; e < (arg ? 2 * n : n); e++) state[e] = loops_carried(&l->b, loop, e);
        lanes_elems(l, node->in[0], n, inside(l, node, n, at, k), x);
        link(l, node, n, state, which, x, arg ? ix_lanes_value(l, k) : -1);
        loops_end(&l->b, loop, state, -1, state);
    }
    for (int e = 0; e < n; e++) out[e] = arg ? which[e] : state[e];
}

/* The value of a reduction of nothing. */
static int empty(struct lanes *l, const struct ir_node *node)
{
    int one = node->op == OP_PROD;
    return node->dtype == DT_INT ? loops_int(&l->b, one) : loops_real(&l->b, one);
}

/* A batch of SUM, PROD, MAX_OF, MIN_OF, ARGMAX or ARGMIN. */
void lanes_reduction(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    if (ir_dim(node->in[0], node->axis) == 0)
        for (int e = 0; e < n; e++) out[e] = empty(l, node);
    else if (node->op == OP_SUM) sum(l, node, n, at, out);
    else chain(l, node, n, at, out);
}

/* Elements of an operand, from its copy where there is one. */
static void operand(struct lanes *l, const struct ir_node *node, int which, int n, const struct ix *at, int *out)
{
    const struct lane_node *copy = lane(node)->copy[which];
    if (!copy) lanes_elems(l, node->in[which], n, at, out);
    for (int e = 0; copy && e < n; e++)
        out[e] = lanes_load(l, copy->mem, lanes_number(l, copy, node->rank, at + e * node->rank));
}

static bool is_straight(const struct ir_node *node, int which)
{
    return lane(node)->copy[which] || lanes_is_straight(node->in[which]);
}

/* One step of a product's chains: out += a[.., k] * b[k, ..]. Operands that are loaded are so right before their use:
 * then one of the side with more of them is in a register at a time. */
static void product_step(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, struct ix k, int *out)
{
    int r = node->rank, *a = ARENA_ARRAY(l->arena, int, n), *b = ARENA_ARRAY(l->arena, int, n);
    struct ix *pa = ARENA_ARRAY(l->arena, struct ix, n * r), *pb = ARENA_ARRAY(l->arena, struct ix, n * r);
    for (int e = 0; e < n; e++) {
        for (int d = 0; d < r; d++) pa[e * r + d] = pb[e * r + d] = at[e * r + d];
        pa[e * r + r - 1] = k;
        pb[e * r + r - 2] = k;
    }
    int columns = 1;
    while (columns < n && ix_same(&at[columns * r + r - 2], &at[r - 2])) columns++;
    if (n % columns || !is_straight(node, 0) || !is_straight(node, 1)) {
        operand(l, node, 0, n, pa, a);
        operand(l, node, 1, n, pb, b);
        for (int e = 0; e < n; e++) out[e] = loops_fma(&l->b, a[e], b[e], out[e]);
        return;
    }
    int rows = n / columns;
    for (int i = 0; i < n; i++) {
        int e = columns > rows ? i % rows * columns + i / rows : i;
        operand(l, node, 0, 1, pa + e * r, a);
        operand(l, node, 1, 1, pb + e * r, b);
        out[e] = loops_fma(&l->b, a[0], b[0], out[e]);
    }
}

/* A batch of MATMUL. */
void lanes_matmul(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out)
{
    int64_t length = ir_dim(node->in[0], node->rank - 1);
    for (int e = 0; e < n; e++) out[e] = loops_real(&l->b, 0);
    if (length <= STRAIGHT) {
        for (int k = 0; k < length; k++) product_step(l, node, n, at, ix_const(k), out);
        return;
    }
    int loop = loops_begin(&l->b, loops_index(&l->b, length), n, out);
    for (int e = 0; e < n; e++) out[e] = loops_carried(&l->b, loop, e);
    product_step(l, node, n, at, ix_counter(l, loop, length), out);
    loops_end(&l->b, loop, out, -1, out);
}

/* ---- accumulation: the reduced axis outside ---- */

struct accumulate {
    const struct ir_node *node;
    const struct ir_node *narrow, *wide; /* the operand computed row by row, and the other */
    bool left;                           /* narrow is the first operand */
    int64_t across, along;               /* columns of the narrow one; elements of the result for each of them */
    struct ix *outer;                    /* leading axes */
    int *row;                            /* values of the narrow operand: [rows, across] */
    int rows;
    struct ix first;                     /* the first of them */
    bool begin;                          /* the chains start here, from 0 */
};

/* Updates the results of `len` places along the wide operand: their chains run side by side. */
static void update(struct lanes *l, struct ix j, int len, void *data)
{
    const struct accumulate *a = data;
    const struct lane_node *ln = lane(a->node);
    int r = a->node->rank, across = (int)a->across, *x = ARENA_ARRAY(l->arena, int, a->rows * len);
    int *sum = ARENA_ARRAY(l->arena, int, len * across);
    struct ix to[IR_MAX_RANK], *from = ARENA_ARRAY(l->arena, struct ix, a->rows * len * r);
    struct ix *place = ARENA_ARRAY(l->arena, struct ix, len * across);
    for (int d = 0; d < r - 2; d++) to[d] = a->outer[d];
    for (int e = 0; e < len * across; e++) {
        to[a->left ? r - 2 : r - 1] = ix_const(e % across);
        to[a->left ? r - 1 : r - 2] = ix_plus(j, e / across);
        place[e] = lanes_number(l, ln, r, to);
        sum[e] = a->begin ? loops_real(&l->b, 0) : lanes_load(l, ln->mem, place[e]);
    }
    for (int e = 0; e < a->rows * len; e++) {
        struct ix *p = from + e * r;
        for (int d = 0; d < r - 2; d++) p[d] = a->outer[d];
        p[a->left ? r - 1 : r - 2] = ix_plus(j, e % len);
        p[a->left ? r - 2 : r - 1] = ix_plus(a->first, e / len);
    }
    lanes_elems(l, a->wide, a->rows * len, from, x);
    for (int i = 0; i < a->rows; i++)
        for (int e = 0; e < len * across; e++)
            sum[e] = loops_fma(&l->b, x[i * len + e / across], a->row[i * across + e % across], sum[e]);
    for (int e = 0; e < len * across; e++) lanes_store(l, ln->mem, place[e], sum[e]);
}

/* Computes `len` rows of the narrow operand and adds their part to all results. */
static void rows(struct lanes *l, struct ix i, int len, void *data)
{
    struct accumulate *a = data;
    int r = a->node->rank, n = len * (int)a->across;
    struct ix *at = ARENA_ARRAY(l->arena, struct ix, n * r);
    for (int e = 0; e < n; e++) {
        struct ix *p = at + e * r;
        for (int d = 0; d < r - 2; d++) p[d] = a->outer[d];
        p[a->left ? r - 1 : r - 2] = ix_plus(i, e / (int)a->across);
        p[a->left ? r - 2 : r - 1] = ix_const(e % (int)a->across);
    }
    a->row = ARENA_ARRAY(l->arena, int, n);
    lanes_elems(l, a->narrow, n, at, a->row);
    a->rows = len;
    a->first = i;
    lanes_tiles(l, 0, a->along, lanes_pick(a->along, 4), update, a);
}

/* Stores the zeros that the chains start from. */
static void clear(struct lanes *l, struct ix j, int len, void *data)
{
    const struct accumulate *a = data;
    int r = a->node->rank, zero = loops_real(&l->b, 0);
    struct ix to[IR_MAX_RANK];
    for (int d = 0; d < r - 2; d++) to[d] = a->outer[d];
    for (int e = 0; e < len; e++)
        for (int64_t c = 0; c < a->across; c++) {
            to[a->left ? r - 2 : r - 1] = ix_const(c);
            to[a->left ? r - 1 : r - 2] = ix_plus(j, e);
            lanes_store(l, lane(a->node)->mem, lanes_number(l, lane(a->node), r, to), zero);
        }
}

static void one_matrix(struct lanes *l, struct accumulate *a, int axis)
{
    const struct ir_node *node = a->node;
    if (axis < node->rank - 2) {
        int64_t count = ir_dim(node, axis);
        int loop = loops_begin(&l->b, loops_index(&l->b, count), 0, NULL);
        a->outer[axis] = ix_counter(l, loop, count);
        one_matrix(l, a, axis + 1);
        loops_end(&l->b, loop, NULL, -1, NULL);
        return;
    }
    int64_t length = ir_dim(node->in[0], node->rank - 1);
    int tile = lanes_pick(length, 8 / (int)a->across);
    a->begin = tile == length;
    if (!a->begin) lanes_tiles(l, 0, a->along, lanes_pick(a->along, 4), clear, a);
    lanes_tiles(l, 0, length, tile, rows, a);
}

/* A product one of whose operands is computed a few rows at a time: every result gets its part of these rows before
 * the next are computed. */
void lanes_accumulate(struct lanes *l, const struct ir_node *node)
{
    struct ix outer[IR_MAX_RANK];
    bool left = lane(node)->left;
    int r = node->rank;
    struct accumulate a = {.node = node, .left = left, .outer = outer};
    a.narrow = node->in[left ? 0 : 1];
    a.wide = node->in[left ? 1 : 0];
    a.across = ir_dim(node, left ? r - 2 : r - 1);
    a.along = ir_dim(node, left ? r - 1 : r - 2);
    one_matrix(l, &a, 0);
}
