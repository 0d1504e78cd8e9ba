/* Draws, concatenation, running sums and sorting: ops that fill their buffer in an order of their own. */
#include "compiler/lanes.h"

/* Four elements a group; the buffer has room for a whole last group. */
void lanes_draw(struct lanes *l, const struct ir_node *node)
{
    int64_t groups = (ir_elements(node) + 3) / 4;
    int mem = lane(node)->mem = lanes_buffer(l, DT_REAL, 4 * groups, node->name), draw[4];
    int prompt = loops_prompt(&l->b, ix_value(l, l->block));
    struct ix group;
    int loop = lanes_for(l, ix_const(0), ix_const(groups), 0, NULL, &group);
    loops_draw(&l->b, node->op, node->site, node->stream, ix_value(l, group), prompt, draw);
    for (int k = 0; k < 4; k++) lanes_store(l, mem, ix_plus(ix_scale(group, 4), k), draw[k]);
    lanes_end(l, loop, NULL, NULL);
}

/* Each operand straight into its part. */
void lanes_concat(struct lanes *l, const struct ir_node *node)
{
    struct dest to = lanes_dest(node);
    int64_t from = 0;
    for (int k = 0; k < node->nin; k++) {
        struct dest part = to;
        part.origin = ix_plus(to.origin, from * to.stride[node->axis]);
        lanes_fill(l, node->in[k], &part, false);
        from += ir_dim(node->in[k], node->axis);
    }
}

/* The positions of a node with `axis` put between the others. */
static struct ix *with_axis(struct lanes *l, const struct ir_node *node, const struct ix *others, int axis, struct ix k)
{
    struct ix *at = ARENA_ARRAY(l->arena, struct ix, node->rank);
    for (int d = 0; d < node->rank; d++) at[d] = d < axis ? others[d] : d == axis ? k : others[d - 1];
    return at;
}

static void cumsum_axis(struct lanes *l, const struct ir_node *node, struct ix *others, int axis)
{
    const struct lane_node *ln = lane(node);
    if (axis < node->rank - 1) {
        int64_t n = ir_dim(node, axis < node->axis ? axis : axis + 1);
        int loop = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &others[axis]);
        cumsum_axis(l, node, others, axis + 1);
        lanes_end(l, loop, NULL, NULL);
        return;
    }
    const struct ix *at = with_axis(l, node, others, node->axis, ix_const(0));
    int sum = lanes_elem(l, node->in[0], at);
    lanes_store(l, ln->mem, lanes_number(l, ln, node->rank, at), sum);
    if (ir_dim(node, node->axis) == 1) return;
    struct ix k;
    int loop = lanes_for(l, ix_const(1), ix_const(ir_dim(node, node->axis)), 1, &sum, &k);
    at = with_axis(l, node, others, node->axis, k);
    sum = loops_elem2(&l->b, OP_ADD, loops_carried(&l->b, loop, 0), lanes_elem(l, node->in[0], at));
    lanes_store(l, ln->mem, lanes_number(l, ln, node->rank, at), sum);
    lanes_end(l, loop, &sum, &sum);
}

/* A chain along the axis, for every position on the others. */
void lanes_cumsum(struct lanes *l, const struct ir_node *node)
{
    struct ix others[IR_MAX_RANK] = {{0}};
    cumsum_axis(l, node, others, 0);
}

/* ---- sorting ---- */

/* A row's keys, and what becomes of an element's rank: the number of elements that come before it. */
struct sort {
    const struct ir_node *node;
    struct lane_node keys;
    struct ix row[IR_MAX_RANK];        /* position; the last axis is free */
    int rank;
    int64_t n;
    bool ordered;                      /* no key is NaN */
    int one, zero;                     /* of the counters: reals where these count far enough, as they are cheaper */
};

/* x comes before y: it is smaller, or y is NaN and x is not. */
static int before(struct lanes *l, const struct sort *s, int x, int y)
{
    if (s->ordered) return loops_elem2(&l->b, OP_LT, x, y);
    int not_after = loops_elem1(&l->b, OP_NOT, loops_elem2(&l->b, OP_LE, y, x));
    return loops_elem2(&l->b, OP_AND, not_after, loops_elem2(&l->b, OP_EQ, x, x));
}

static int key(struct lanes *l, struct sort *s, struct ix i)
{
    s->row[s->rank - 1] = i;
    return lanes_load(l, s->keys.mem, lanes_number(l, &s->keys, s->rank, s->row));
}

static int count(struct lanes *l, const struct sort *s, int so_far, int condition, bool when)
{
    int add = loops_select(&l->b, condition, when ? s->one : s->zero, when ? s->zero : s->one);
    return loops_elem2(&l->b, OP_ADD, so_far, add);
}

/* Counts, for `len` elements from i on, those that come before each: all earlier ones that are not after it in order,
 * and all later ones that are before it in order. */
static void ranks(struct lanes *l, struct sort *s, struct ix i, int len, int *rank)
{
    int *x = ARENA_ARRAY(l->arena, int, len);
    struct ix j;
    for (int e = 0; e < len; e++) {
        x[e] = key(l, s, ix_plus(i, e));
        rank[e] = s->zero;
    }
    int loop = lanes_for(l, ix_const(0), i, len, rank, &j), y = key(l, s, j);
    for (int e = 0; e < len; e++)
        rank[e] = count(l, s, loops_carried(&l->b, loop, e), before(l, s, x[e], y), false);
    lanes_end(l, loop, rank, rank);
    for (int e = 0; e < len; e++)
        for (int o = 0; o < len; o++)
            if (o < e) rank[e] = count(l, s, rank[e], before(l, s, x[e], x[o]), false);
            else if (o > e) rank[e] = count(l, s, rank[e], before(l, s, x[o], x[e]), true);
    loop = lanes_for(l, ix_plus(i, len), ix_const(s->n), len, rank, &j);
    y = key(l, s, j);
    for (int e = 0; e < len; e++)
        rank[e] = count(l, s, loops_carried(&l->b, loop, e), before(l, s, y, x[e]), true);
    lanes_end(l, loop, rank, rank);
}

/* The rank is stored itself, or says where the element or its index goes. */
static void place(struct lanes *l, struct ix i, int len, void *data)
{
    struct sort *s = data;
    const struct lane_node *ln = lane(s->node);
    int *rank = ARENA_ARRAY(l->arena, int, len);
    bool store_rank = s->node->op == OP_RANK;
    ranks(l, s, i, len, rank);
    for (int e = 0; e < len; e++) {
        struct ix at = ix_plus(i, e);
        int value = s->node->op == OP_SORT ? key(l, s, at) : store_rank ? -1 : ix_lanes_value(l, at);
        if (l->lf->ins.data[rank[e]].type == LT_REAL) rank[e] = loops_elem(&l->b, OP_TO_INT, LT_INT, 1, &rank[e]);
        s->row[s->rank - 1] = store_rank ? at : ix_const(0);
        struct ix to = lanes_number(l, ln, s->rank, s->row);
        if (store_rank) lanes_store(l, ln->mem, to, rank[e]);
        else loops_scatter(&l->b, ln->mem, loops_elem2(&l->b, OP_ADD, ix_lanes_value(l, to), rank[e]), value);
    }
}

static bool never_nan(const struct ir_node *n)
{
    if (n->dtype != DT_REAL) return true;
    if (op_info[n->op].class == OP_CLASS_VIEW || n->op == OP_NEG || n->op == OP_ABS) return never_nan(n->in[0]);
    return n->op == OP_DRAW_UNIFORM || n->op == OP_DRAW_NORMAL || n->op == OP_TO_REAL;
}

static void sort_row(struct lanes *l, const struct ir_node *node, const struct ix *at)
{
    struct sort s = {.node = node, .keys = *lane(node)->kept, .rank = node->rank};
    for (int d = 0; d < node->rank; d++) s.row[d] = at[d];
    s.n = ir_dim(node, node->rank - 1);
    s.ordered = never_nan(node->in[0]);
    s.one = s.n < 1 << 24 ? loops_real(&l->b, 1) : loops_int(&l->b, 1);
    s.zero = s.n < 1 << 24 ? loops_real(&l->b, 0) : loops_int(&l->b, 0);
    lanes_tiles(l, 0, s.n, lanes_pick(s.n, 4), place, &s);
}

/* SORT, ARGSORT and RANK: stable sorting by counting: an element's place is the number of elements before it. No
 * branch, no dependence between lanes; n * n comparisons. */
void lanes_sort(struct lanes *l, const struct ir_node *node)
{
    struct lane_node keys = lanes_kept(l, node->in[0], false);
    lane(node)->kept = &keys;
    lanes_batches(l, node, node->rank - 1, sort_row);
}
