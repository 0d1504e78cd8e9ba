/* Loops and builders of the tensor IR.
 *
 * A REPEAT keeps its states in buffers, or in registers where a state is one element. At the end of a pass all next
 * values are computed from the old states: stored at once where nothing else reads the old one any more, else by way
 * of a copy. With a stop condition, lanes that stopped keep their state, and the loop ends when all have. */
#include "compiler/lanes.h"

struct repeat {
    const struct ir_node *node;
    int loop, active;
    int *next; /* carried values: states of one element, then `active` */
};

static bool in_register(const struct ir_node *state)
{
    return ir_elements(state) == 1;
}

static int one_element(struct lanes *l, const struct ir_node *n)
{
    struct ix at[IR_MAX_RANK] = {{0}};
    return lanes_elem(l, n, at);
}

/* First values: in buffers of their own, or as the values that the loop carries. */
static int first_states(struct lanes *l, const struct ir_node *node, int *init)
{
    int n = 0;
    for (int k = 0; k < node->nin; k++) {
        const struct ir_node *state = node->body->params.data[k + 1];
        struct lane_node *ln = lane(node)->state[k] = lane(state);
        if (in_register(state)) {
            ln->place = AT_VALUE;
            ln->value = init[n++] = one_element(l, node->in[k]);
            continue;
        }
        ln->place = AT_BUFFER;
        lanes_keep(l, state);
        struct dest to = lanes_dest(state);
        lanes_fill(l, node->in[k], &to, false);
    }
    if (node->stops) init[n++] = loops_bool(&l->b, true);
    return n;
}

static void carried_states(struct lanes *l, struct repeat *p)
{
    int n = 0;
    for (int k = 0; k < p->node->nin; k++) {
        const struct ir_node *state = p->node->body->params.data[k + 1];
        if (in_register(state)) lane(state)->value = loops_carried(&l->b, p->loop, n++);
    }
    p->active = p->node->stops ? loops_carried(&l->b, p->loop, n) : -1;
}

/* Next values of states in registers, and which lanes go on; returns the flag "another pass". */
static int next_values(struct lanes *l, struct repeat *p)
{
    const struct ir_region *body = p->node->body;
    int n = 0;
    for (int k = 0; k < p->node->nin; k++) {
        const struct ir_node *state = body->params.data[k + 1];
        if (!in_register(state)) continue;
        int new = one_element(l, body->results.data[k]), old = lane(state)->value;
        p->next[n++] = p->active < 0 ? new : loops_select(&l->b, p->active, new, old);
    }
    if (!p->node->stops) return -1;
    int stop = one_element(l, body->results.data[p->node->nin]);
    p->next[n] = loops_elem2(&l->b, OP_AND, p->active, loops_elem1(&l->b, OP_NOT, stop));
    return loops_any(&l->b, p->next[n]);
}

static void copy(struct lanes *l, const struct ir_node *state, const struct dest *from, const struct dest *to)
{
    const struct lane_node old = *lane(state);
    lane(state)->mem = from->mem;
    lane(state)->origin = from->origin;
    lanes_fill(l, state, to, false);
    *lane(state) = old;
}

/* The next state is the old one with a row put in: only that row is stored. */
static bool put_row(struct lanes *l, const struct ir_node *state, const struct ir_node *new, int active)
{
    struct ix index, none[IR_MAX_RANK] = {{0}};
    int64_t lo, hi;
    if (new->op != OP_PUT || new->in[0] != state || lane(new)->place != AT_INLINE || !lanes_in_place(state))
        return false;
    if (!ix_of_node(l, new->in[2], none, &index) || ix_has_lanes(l, &index)) return false;
    ix_range(l, &index, &lo, &hi);
    if (lo < 0 || hi >= ir_dim(state, new->axis)) return false;
    struct dest to = lanes_dest(state);
    to.active = active;
    to.origin = ix_add(l, to.origin, ix_scale(index, to.stride[new->axis]));
    for (int d = new->axis; d < state->rank - 1; d++) to.stride[d] = to.stride[d + 1];
    lanes_fill(l, new->in[1], &to, false);
    return true;
}

/* Next values of states in buffers: first where rows are put, as these read other states' old values. */
static void next_buffers(struct lanes *l, const struct repeat *p)
{
    const struct ir_region *body = p->node->body;
    int n = p->node->nin;
    struct dest *temporary = ARENA_ARRAY(l->arena, struct dest, n);
    bool *done = ARENA_ARRAY(l->arena, bool, n);
    for (int k = 0; k < n; k++) {
        const struct ir_node *state = body->params.data[k + 1], *new = body->results.data[k];
        temporary[k].mem = -1;
        done[k] = in_register(state) || new == state || put_row(l, state, new, p->active);
    }
    for (int k = 0; k < n; k++) {
        const struct ir_node *state = body->params.data[k + 1], *new = body->results.data[k];
        if (done[k]) continue;
        struct dest to = lanes_dest(state);
        to.active = p->active;
        bool early = new->op == OP_PUT && new->in[0] == state; /* not done above: others no longer wait for it */
        if (early || !lanes_in_place(state)) {
            temporary[k] = to;
            temporary[k].active = -1;
            temporary[k].mem = lanes_buffer(l, state->dtype, ir_elements(state), NULL);
            lanes_fill(l, new, &temporary[k], false);
        } else {
            lanes_fill(l, new, &to, false);
        }
    }
    for (int k = 0; k < n; k++) {
        if (temporary[k].mem < 0) continue;
        const struct ir_node *state = body->params.data[k + 1];
        struct dest to = lanes_dest(state);
        to.active = p->active;
        copy(l, state, &temporary[k], &to);
    }
}

/* A REPEAT; its states' places stay with its parameters, where GET finds them. */
void lanes_repeat(struct lanes *l, const struct ir_node *node)
{
    const struct ir_region *body = node->body;
    int64_t count = size_value(node->count);
    struct repeat p = {.node = node};
    p.next = ARENA_ARRAY(l->arena, int, node->nin + 1);
    lane(node)->state = ARENA_ARRAY(l->arena, struct lane_node *, node->nin);
    int carried = first_states(l, node, p.next);
    if (count > 0) {
        p.loop = loops_begin(&l->b, loops_index(&l->b, count), carried, p.next);
        lane(body->params.data[0])->bound = ix_plus(ix_counter(l, p.loop, count), size_value(node->first));
        carried_states(l, &p);
        lanes_region(l, body, LANES_ALL);
        l->b.at = (struct ir_node *)node;
        int going = next_values(l, &p);
        next_buffers(l, &p);
        loops_end(&l->b, p.loop, p.next, going, p.next);
    }
    for (int k = 0, n = 0; k < node->nin; k++) {
        struct lane_node *state = lane(node)->state[k];
        if (state->place == AT_VALUE) state->value = p.next[n++];
        else loops_mem_done(&l->b, state->mem);
    }
}

static void build_axis(struct lanes *l, const struct ir_node *node, struct dest *to, int axis)
{
    const struct ir_region *body = node->body;
    if (axis == body->params.n) {
        lanes_region(l, body, LANES_ALL);
        l->b.at = (struct ir_node *)node;
        struct dest here = *to;
        for (int d = axis; d < node->rank; d++) here.stride[d - axis] = to->stride[d];
        lanes_fill(l, body->results.data[0], &here, false);
        return;
    }
    int64_t count = size_value(body->counts[axis]);
    struct ix origin = to->origin, at = ix_const(0);
    int loop = count > 1 ? loops_begin(&l->b, loops_index(&l->b, count), 0, NULL) : -1;
    if (loop >= 0) at = ix_counter(l, loop, count);
    lane(body->params.data[axis])->bound = at;
    to->origin = ix_add(l, origin, ix_scale(at, to->stride[axis]));
    build_axis(l, node, to, axis + 1);
    to->origin = origin;
    if (loop >= 0) loops_end(&l->b, loop, NULL, -1, NULL);
}

/* A BUILD: a loop an index around the body's code. */
void lanes_build(struct lanes *l, const struct ir_node *node)
{
    struct dest to = lanes_dest(node);
    build_axis(l, node, &to, 0);
}
