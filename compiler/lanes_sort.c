/* Sorting for a lane a prompt, by a network of exchanges, so that control flow depends on the length alone: ascending,
 * NaN last. ARGSORT and RANK keep equal keys as they stood: the places they came from travel with them and decide. What
 * SORT gives is x + 0, so equal keys are equal in every bit and their order is nobody's concern. */
#include "compiler/lanes.h"

struct sort {
    const struct ir_node *node;
    struct lane_node keys;
    struct ix row[IR_MAX_RANK];        /* position; the last axis is free */
    int rank;
    int64_t n;
    bool ordered;                      /* no key is NaN */
    bool reals;                        /* places are reals, as these count far enough and are cheaper */
    int index;                         /* buffer of the places that the keys came from, or -1 */
    struct ix first;                   /* number of the row's first key in its buffer */
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

static int sorted_value(struct lanes *l, int x)
{
    return l->lf->ins.data[x].type == LT_REAL ? loops_elem2(&l->b, OP_ADD, x, loops_real(&l->b, 0)) : x;
}

static int to_int(struct lanes *l, int x)
{
    return l->lf->ins.data[x].type == LT_REAL ? loops_elem(&l->b, OP_TO_INT, LT_INT, 1, &x) : x;
}

/* Elements i and k change places if the second comes before the first, or as they stood first when neither does. */
static void exchange(struct lanes *l, const struct sort *s, int i, int k)
{
    struct loop_builder *b = &l->b;
    int x = loops_load(b, s->keys.mem, i, 0), y = loops_load(b, s->keys.mem, k, 0), swap = before(l, s, y, x);
    if (s->index >= 0) {
        int from = loops_index_op(b, L_ISUB, i, ix_value(l, s->first));
        int to = loops_index_op(b, L_ISUB, k, ix_value(l, s->first));
        int p = loops_load(b, s->index, from, 0), q = loops_load(b, s->index, to, 0);
        int stays = before(l, s, x, y), later = loops_elem2(b, OP_LT, q, p);
        swap = loops_elem2(b, OP_OR, swap, loops_elem2(b, OP_AND, later, loops_elem1(b, OP_NOT, stays)));
        loops_store(b, s->index, from, 0, loops_select(b, swap, q, p));
        loops_store(b, s->index, to, 0, loops_select(b, swap, p, q));
    }
    loops_store(b, s->keys.mem, i, 0, loops_select(b, swap, y, x));
    loops_store(b, s->keys.mem, k, 0, loops_select(b, swap, x, y));
}

/* All pairs (i, i + d), i < n - d, in which bit p of i is that of r: runs of p every 2p from r on. */
static void exchanges(struct lanes *l, const struct sort *s, int p, int r, int d)
{
    struct loop_builder *b = &l->b;
    int one = loops_index(b, 1), zero = loops_index(b, 0);
    int length = loops_index_op(b, L_ISUB, loops_index_op(b, L_ISUB, loops_index(b, s->n), d), r);
    int period = loops_index_op(b, L_IADD, p, p), runs = loops_index_op(b, L_IDIV, length, period);
    int rest = loops_index_op(b, L_ISUB, length, loops_index_op(b, L_IMUL, runs, period));
    int pairs = loops_index_op(b, L_IADD, loops_index_op(b, L_IMUL, runs, p), loops_index_op(b, L_IMIN, rest, p));
    int state[2] = {loops_index_op(b, L_IADD, ix_value(l, s->first), r), zero}; /* i, its place in the run */
    int loop = loops_begin(b, pairs, 2, state), i = loops_carried(b, loop, 0);
    exchange(l, s, i, loops_index_op(b, L_IADD, i, d));
    int place = loops_index_op(b, L_IADD, loops_carried(b, loop, 1), one), next = loops_index_op(b, L_IADD, i, one);
    int end = loops_index_op(b, L_IEQ, place, p);
    state[0] = loops_select(b, end, loops_index_op(b, L_IADD, next, p), next);
    state[1] = loops_select(b, end, zero, place);
    loops_end(b, loop, state, -1, state);
}

/* Merge exchange (Batcher; Knuth, The Art of Computer Programming, 5.2.2, algorithm M), n > 1: t (t + 1) / 2 rounds of
 * exchanges, 2^t >= n, each with p, q, r, d that follow from the round before. */
static void network(struct lanes *l, const struct sort *s)
{
    struct loop_builder *b = &l->b;
    int64_t t = 0;
    while (INT64_C(1) << t < s->n) t++;
    int top = loops_index(b, INT64_C(1) << (t - 1)), two = loops_index(b, 2), zero = loops_index(b, 0);
    int state[4] = {top, top, zero, top};
    int rounds = loops_begin(b, loops_index(b, t * (t + 1) / 2), 4, state);
    int p = loops_carried(b, rounds, 0), q = loops_carried(b, rounds, 1);
    exchanges(l, s, p, loops_carried(b, rounds, 2), loops_carried(b, rounds, 3));
    int last = loops_index_op(b, L_IEQ, p, q), half = loops_index_op(b, L_IDIV, p, two);
    state[0] = loops_select(b, last, half, p);
    state[1] = loops_select(b, last, top, loops_index_op(b, L_IDIV, q, two));
    state[2] = loops_select(b, last, zero, p);
    state[3] = loops_select(b, last, half, loops_index_op(b, L_ISUB, q, p));
    loops_end(b, rounds, state, -1, state);
}

static int first_place(struct lanes *l, const struct sort *s, struct ix i)
{
    int place = ix_lanes_value(l, i);
    return s->reals ? loops_elem(&l->b, OP_TO_REAL, LT_REAL, 1, &place) : place;
}

/* Sorts the row's keys where they are, the places they came from with them; then fills the row of the node. */
static void exchange_row(struct lanes *l, struct sort *s)
{
    const struct lane_node *ln = lane(s->node);
    struct ix i;
    s->row[s->rank - 1] = ix_const(0);
    s->first = lanes_number(l, &s->keys, s->rank, s->row);
    s->index = s->node->op == OP_SORT ? -1 : lanes_buffer(l, s->reals ? DT_REAL : DT_INT, s->n, NULL);
    if (s->index >= 0) {
        int loop = lanes_for(l, ix_const(0), ix_const(s->n), 0, NULL, &i);
        lanes_store(l, s->index, i, first_place(l, s, i));
        lanes_end(l, loop, NULL, NULL);
    }
    if (s->n > 1) network(l, s);
    int loop = lanes_for(l, ix_const(0), ix_const(s->n), 0, NULL, &i);
    int value = s->index < 0 ? sorted_value(l, key(l, s, i)) : to_int(l, lanes_load(l, s->index, i));
    s->row[s->rank - 1] = s->node->op == OP_RANK ? ix_const(0) : i;
    struct ix to = lanes_number(l, ln, s->rank, s->row);
    if (s->node->op != OP_RANK) lanes_store(l, ln->mem, to, value);
    else loops_scatter(&l->b, ln->mem, loops_elem2(&l->b, OP_ADD, ix_lanes_value(l, to), value), ix_lanes_value(l, i));
    lanes_end(l, loop, NULL, NULL);
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
    s.reals = s.n < 1 << 24;
    exchange_row(l, &s);
}

/* SORT, ARGSORT and RANK. */
void lanes_sort(struct lanes *l, const struct ir_node *node)
{
    struct lane_node keys = lanes_kept(l, node->in[0], true);
    lane(node)->kept = &keys;
    lanes_batches(l, node, node->rank - 1, sort_row);
}
