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

/* x before y: smaller, or y is NaN and x is not. */
static int before(struct lanes *l, int x, int y)
{
    int less = loops_elem2(&l->b, OP_LT, x, y);
    if (l->lf->ins.data[x].type != LT_REAL) return less;
    int x_is = loops_elem2(&l->b, OP_EQ, x, x), y_not = loops_elem2(&l->b, OP_NE, y, y);
    return loops_elem2(&l->b, OP_OR, less, loops_elem2(&l->b, OP_AND, x_is, y_not));
}

struct sort {
    struct lane_node keys;
    struct ix *row; /* position; the last axis is free */
    int rank;
    int64_t n;
};

static int key(struct lanes *l, struct sort *s, struct ix i)
{
    s->row[s->rank - 1] = i;
    return lanes_load(l, s->keys.mem, lanes_number(l, &s->keys, s->rank, s->row));
}

/* Counts, for `len` elements from i on, those that come before each: all before it in place that are not after it in
 * order, and all after it in place that are before it in order. */
static void ranks(struct lanes *l, struct sort *s, struct ix i, int len, int *rank)
{
    int *x = ARENA_ARRAY(l->arena, int, len), one = loops_int(&l->b, 1), zero = loops_int(&l->b, 0);
    struct ix j;
    for (int e = 0; e < len; e++) {
        x[e] = key(l, s, ix_plus(i, e));
        rank[e] = zero;
    }
    int loop = lanes_for(l, ix_const(0), i, len, rank, &j);
    int y = key(l, s, j);
    for (int e = 0; e < len; e++) {
        int add = loops_select(&l->b, before(l, x[e], y), zero, one);
        rank[e] = loops_elem2(&l->b, OP_ADD, loops_carried(&l->b, loop, e), add);
    }
    lanes_end(l, loop, rank, rank);
    for (int e = 0; e < len; e++)
        for (int o = 0; o < len; o++) {
            if (o == e) continue;
            int add = o < e ? loops_select(&l->b, before(l, x[e], x[o]), zero, one)
                            : loops_select(&l->b, before(l, x[o], x[e]), one, zero);
            rank[e] = loops_elem2(&l->b, OP_ADD, rank[e], add);
        }
    loop = lanes_for(l, ix_plus(i, len), ix_const(s->n), len, rank, &j);
    y = key(l, s, j);
    for (int e = 0; e < len; e++) {
        int add = loops_select(&l->b, before(l, y, x[e]), one, zero);
        rank[e] = loops_elem2(&l->b, OP_ADD, loops_carried(&l->b, loop, e), add);
    }
    lanes_end(l, loop, rank, rank);
}

struct sort_row {
    struct sort s;
    const struct ir_node *node;
};

static void place(struct lanes *l, struct ix i, int len, void *data)
{
    struct sort_row *r = data;
    const struct lane_node *ln = lane(r->node);
    int *rank = ARENA_ARRAY(l->arena, int, len);
    ranks(l, &r->s, i, len, rank);
    r->s.row[r->s.rank - 1] = ix_const(0);
    int start = ix_lanes_value(l, lanes_number(l, ln, r->s.rank, r->s.row));
    for (int e = 0; e < len; e++) {
        int to = loops_elem2(&l->b, OP_ADD, start, rank[e]);
        int value = r->node->op == OP_SORT ? key(l, &r->s, ix_plus(i, e)) : ix_lanes_value(l, ix_plus(i, e));
        loops_scatter(&l->b, ln->mem, to, value);
    }
}

static void sort_row(struct lanes *l, const struct ir_node *node, const struct ix *at)
{
    struct ix row[IR_MAX_RANK];
    struct sort_row r = {.node = node};
    for (int d = 0; d < node->rank; d++) row[d] = at[d];
    r.s = (struct sort){.keys = *lane(node)->kept, .row = row, .rank = node->rank, .n = ir_dim(node, node->rank - 1)};
    lanes_tiles(l, 0, r.s.n, lanes_pick(r.s.n, 4), place, &r);
}

/* Stable sorting by counting: an element's place is the number of elements before it. No branch, no dependence
 * between lanes; n * n comparisons. */
void lanes_sort(struct lanes *l, const struct ir_node *node)
{
    struct lane_node keys = lanes_kept(l, node->in[0], false);
    lane(node)->kept = &keys;
    lanes_batches(l, node, node->rank - 1, sort_row);
}
