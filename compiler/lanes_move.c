/* Draws, concatenation and running sums: ops that fill their buffer in an order of their own. */
#include "compiler/lanes.h"

/* One group: four elements from place `to` on. */
static void draw_group(struct lanes *l, const struct ir_node *node, struct ix group, struct ix to)
{
    int draw[4], prompt = loops_prompt(&l->b, ix_value(l, l->block)), pass = -1;
    struct ix number;
    if (node->nin && !ix_of_node(l, node->in[0], NULL, &number)) l->why = "a draw's pass is not a number of loops";
    else if (node->nin) pass = ix_value(l, number);
    loops_draw(&l->b, node->op, node->site, node->stream, ix_value(l, group), prompt, pass, draw);
    for (int k = 0; k < 4; k++) lanes_store(l, lane(node)->mem, ix_plus(to, k), draw[k]);
}

/* A row that begins with a group of its own. */
static void draw_row(struct lanes *l, const struct ir_node *node, const struct ix *at)
{
    int64_t groups = ir_dim(node, node->rank - 1) / 4;
    struct ix first = ix_const(0), to = ix_const(0), group;
    for (int d = 0; d < node->rank - 1; d++) {
        first = ix_add(l, ix_scale(first, ir_dim(node, d)), at[d]);
        to = ix_add(l, to, ix_scale(at[d], lane(node)->stride[d]));
    }
    int loop = lanes_for(l, ix_const(0), ix_const(groups), 0, NULL, &group);
    draw_group(l, node, ix_add(l, ix_scale(first, groups), group), ix_add(l, to, ix_scale(group, 4)));
    lanes_end(l, loop, NULL, NULL);
}

/* Four elements a group, row by row where rows have room between; else the buffer has room for a whole last group. */
void lanes_draw(struct lanes *l, const struct ir_node *node)
{
    int64_t elements = ir_elements(node), groups = (elements + 3) / 4;
    struct loop_mem *m = &l->lf->mems.data[lane(node)->mem];
    struct ix group;
    if (m->elements != elements) {
        lanes_batches(l, node, node->rank - 1, draw_row);
        return;
    }
    m->elements = 4 * groups;
    int loop = lanes_for(l, ix_const(0), ix_const(groups), 0, NULL, &group);
    draw_group(l, node, group, ix_scale(group, 4));
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
