/* The lanes schedule's frame: what does not depend on draws is computed once, before the loop over blocks of prompts;
 * the rest and the outputs inside it. Kept nodes are computed where they stand in the IR. */
#include "compiler/lanes.h"

typedef void root_function(struct lanes *l, const struct ir_node *node);

/* Ops that fill their buffer in a way of their own. */
static root_function *const root_function_of[OP_COUNT] = {
    [OP_DRAW_UNIFORM] = lanes_draw, [OP_DRAW_NORMAL] = lanes_draw, [OP_CONCAT] = lanes_concat,
    [OP_CUMSUM] = lanes_cumsum, [OP_SORT] = lanes_sort, [OP_ARGSORT] = lanes_sort,
    [OP_RANK] = lanes_sort,
    [OP_CHOLESKY] = lanes_cholesky, [OP_TRISOLVE] = lanes_trisolve, [OP_LU_SOLVE] = lanes_lu,
    [OP_LU_LOGDET] = lanes_lu, [OP_EIGH] = lanes_eigh, [OP_PINV_SOLVE] = lanes_lstsq,
    [OP_BUILD] = lanes_build,
};

static void one_value(struct lanes *l, const struct ir_node *node)
{
    struct ix *at = ARENA_ARRAY(l->arena, struct ix, node->rank + 1);
    lanes_compute(l, node, 1, at, &lane(node)->value);
}

/* Computes a node that has a place. */
void lanes_root(struct lanes *l, const struct ir_node *node)
{
    struct lane_node *ln = lane(node);
    l->b.at = (struct ir_node *)node;
    if (node->op == OP_GET) {
        const struct lane_node *loop = lane(node->in[0]);
        if (loop->place == AT_NONE) return;
        const struct lane_node *state = loop->state[node->axis];
        ln->place = state->place;
        ln->mem = state->mem;
        ln->value = state->value;
        ln->origin = state->origin;
        memcpy(ln->stride, state->stride, sizeof ln->stride);
        return;
    }
    if (ln->place != AT_BUFFER && ln->place != AT_VALUE) return;
    if (node->op == OP_REPEAT) {
        lanes_repeat(l, node);
        return;
    }
    if (ln->place == AT_VALUE) {
        one_value(l, node);
        return;
    }
    lanes_keep(l, node);
    if (ir_elements(node) == 0) return;
    if (root_function_of[node->op]) {
        root_function_of[node->op](l, node);
    } else if (ln->accumulate) {
        lanes_accumulate(l, node);
    } else {
        struct dest to = lanes_dest(node);
        lanes_fill(l, node, &to, true);
    }
    loops_mem_done(&l->b, ln->mem);
}

/* The kept nodes of a region, in order. */
void lanes_region(struct lanes *l, const struct ir_region *r, enum lanes_part part)
{
    for (int k = 0; k < r->nodes.n; k++) {
        const struct ir_node *n = r->nodes.data[k];
        if (part == LANES_ALL || (part == LANES_VARYING) == n->varying) lanes_root(l, n);
    }
}

static void open_inputs(struct lanes *l)
{
    for (int k = 0; k < l->f->inputs.n; k++) {
        const struct ir_node *n = l->f->inputs.data[k];
        struct lane_node *ln = lane(n);
        ln->place = AT_BUFFER;
        ln->mem = loops_mem(l->lf, MEM_INPUT, loops_type(n->dtype), ir_elements(n), n->slot, n->name);
        ln->origin = ix_const(0);
        lanes_strides(n, ln->stride);
    }
}

static void write_outputs(struct lanes *l)
{
    const struct ir_region *top = l->f->top;
    for (int k = 0; k < top->results.n; k++) {
        const struct ir_node *n = top->results.data[k];
        int64_t elements = ir_elements(n);
        struct dest to = {.active = -1, .origin = ix_scale(l->block, elements)};
        enum mem_kind kind = l->f->summed && k >= l->f->summed ? MEM_SUMS : MEM_OUTPUT;
        to.mem = loops_mem(l->lf, kind, loops_type(n->dtype), elements, k, n->name);
        lanes_strides(n, to.stride);
        lanes_fill(l, n, &to, false);
    }
}

/* See lanes.h. */
struct loop_func *lanes_schedule(struct arena *a, struct ir_func *f, int lanes, int registers, const char **why)
{
    struct lanes *l = ARENA_NEW(a, struct lanes);
    l->arena = a;
    l->f = f;
    l->registers = registers;
    l->lf = loops_new(a, f->name ? f->name : "kernel", lanes, f->precision);
    loops_builder(&l->b, l->lf);
    lanes_plan(l);
    open_inputs(l);
    l->uniform = true;
    lanes_region(l, f->top, LANES_UNIFORM);
    lanes_copy_shared(l, f->top);
    l->uniform = false;
    int loop = loops_begin(&l->b, loops_blocks(&l->b), 0, NULL);
    l->block = ix_of_var(ix_new_var(l, IX_COUNTER, loops_counter(&l->b, loop), 0, INT64_C(1) << 40));
    lanes_region(l, f->top, LANES_VARYING);
    write_outputs(l);
    loops_end(&l->b, loop, NULL, -1, NULL);
    loops_clean(l->lf);
    loops_place(l->lf);
    *why = l->why ? l->why : loops_verify(l->lf);
    return *why ? NULL : l->lf;
}
