/* Loop nests over the elements of a node, a tile at a time: the values of a tile are pulled together, so that the
 * chains of its reductions run side by side and share their loads. Tiles are chosen so that accumulators fit the
 * registers; a last tile that is shorter has code of its own. */
#include "compiler/lanes.h"

struct fill {
    const struct ir_node *node;
    const struct dest *to;
    bool compute, mirror;
    int tile[IR_MAX_RANK];
    struct ix at[IR_MAX_RANK];
    int len[IR_MAX_RANK];
    int axis;                        /* how many are open */
    bool columns_outside;            /* the last axis is walked before the one before it */
    const struct ir_node *panel_of;  /* the product whose operand is copied for the outer of these two; or NULL */
};

/* A tile's length along an axis of n: n when it fits, a divisor near `most` when there are few tiles, else `most`: what
 * long axes differ in is then only the number of passes, and their code is shared (loops_sizes.c). */
int lanes_pick(int64_t n, int most)
{
    if (n <= most) return n < 1 ? 1 : (int)n;
    for (int t = most; n < 4 * most && t > 1 && 2 * t > most; t--)
        if (n % t == 0) return t;
    return most < 1 ? 1 : most;
}

/* See lanes.h. */
void lanes_tiles(struct lanes *l, int64_t from, int64_t to, int tile, lanes_body *body, void *data)
{
    int64_t whole = (to - from) / tile, rest = (to - from) % tile;
    if (whole == 1) {
        body(l, ix_const(from), tile, data);
    } else if (whole > 1) {
        int loop = loops_begin(&l->b, loops_index(&l->b, whole), 0, NULL);
        body(l, ix_plus(ix_scale(ix_counter(l, loop, whole), tile), from), tile, data);
        loops_end(&l->b, loop, NULL, -1, NULL);
    }
    if (rest > 0) body(l, ix_const(to - rest), (int)rest, data);
}

/* A new scratch buffer for elements of a type. */
int lanes_buffer(struct lanes *l, enum dtype t, int64_t elements, const char *name)
{
    return loops_mem(l->lf, l->uniform ? MEM_UNIFORM : MEM_LANES, loops_type(t), elements, 0, name);
}

/* Row-major strides of a node's shape. */
void lanes_strides(const struct ir_node *node, int64_t *stride)
{
    int64_t s = 1;
    for (int d = node->rank; d-- > 0;) {
        stride[d] = s;
        s *= ir_dim(node, d);
    }
}

/* Strides of a node's own buffer; returns its elements. Where rows are far apart, by a number of cache lines that has
 * many factors of two, a column of them would fall into a few sets of the cache: such rows get a little room between.
 * Draws come four at a time: their rows do when each begins with a draw of its own. */
static int64_t padded_strides(const struct lanes *l, const struct ir_node *node, int64_t *stride)
{
    const int64_t line = 64, far = 16 * line;
    int64_t s = 1, bytes = node->dtype == DT_BOOL ? 1 : node->dtype == DT_INT ? 8 : l->lf->precision / 8;
    bool may = node->op == OP_MATMUL || op_info[node->op].class != OP_CLASS_LINALG;
    if (!l->uniform) bytes *= l->lf->lanes;
    if (node->op == OP_DRAW_UNIFORM || node->op == OP_DRAW_NORMAL)
        may = node->rank && ir_dim(node, node->rank - 1) % 4 == 0;
    if (node->op == OP_PARAM) may = false;
    for (int d = node->rank; d-- > 0;) {
        if (may && d < node->rank - 1 && s * bytes >= far && s * bytes % (2 * line) == 0 && ir_dim(node, d) > 1)
            s += bytes < line ? line / bytes : 1;
        stride[d] = s;
        s *= ir_dim(node, d);
    }
    return s;
}

/* Gives a node a buffer of its own, rows in order. */
void lanes_keep(struct lanes *l, const struct ir_node *node)
{
    struct lane_node *ln = lane(node);
    int64_t elements = padded_strides(l, node, ln->stride);
    ln->mem = lanes_buffer(l, node->dtype, elements, node->name);
    ln->origin = ix_const(0);
}

/* A kept node's buffer as a destination. */
struct dest lanes_dest(const struct ir_node *node)
{
    const struct lane_node *ln = lane(node);
    struct dest to = {.mem = ln->mem, .origin = ln->origin, .active = -1};
    for (int d = 0; d < node->rank; d++) to.stride[d] = ln->stride[d];
    return to;
}

struct weight {
    int accumulators; /* that one element needs */
    bool product;     /* a MATMUL's among them */
    double code;      /* operations and loads for it */
};

/* What computing an element of n in line takes; `self`: n's own place is being filled. */
static struct weight weigh(const struct ir_node *n, bool self)
{
    struct lane_node *ln = lane(n);
    struct weight w = {.code = 1};
    if (!self && (ln->place == AT_BUFFER || ln->place == AT_VALUE)) return w;
    if (!self && ln->weighed) return (struct weight){ln->accumulators, ln->product, ln->code};
    w.code = op_info[n->op].class == OP_CLASS_VIEW ? 0 : 2 * lanes_op_cost(n->op);
    for (int k = 0; k < n->nin; k++) {
        struct weight x = weigh(n->in[k], false);
        if (x.accumulators > w.accumulators) w.accumulators = x.accumulators;
        w.product |= x.product;
        w.code += x.code;
    }
    if (n->op == OP_MATMUL) {
        w.product = true;
        if (w.accumulators < 1) w.accumulators = 1;
    } else if (op_info[n->op].class == OP_CLASS_REDUCE) {
        int64_t length = ir_dim(n->in[0], n->axis);
        int own = n->op != OP_SUM ? 2 : length < 16 ? (int)length : 16;
        if (own > w.accumulators) w.accumulators = own;
    }
    if (!self) {
        ln->weighed = true;
        ln->accumulators = w.accumulators;
        ln->product = w.product;
        ln->code = w.code;
    }
    return w;
}

/* See lanes.h. */
bool lanes_is_straight(const struct ir_node *n)
{
    return !weigh(n, false).accumulators;
}

/* A product in line in n, or NULL. */
static const struct ir_node *product_in(const struct ir_node *n, bool self)
{
    if (!self && (lane(n)->place == AT_BUFFER || lane(n)->place == AT_VALUE)) return NULL;
    const struct ir_node *found = n->op == OP_MATMUL ? n : NULL;
    for (int k = 0; k < n->nin && !found; k++) found = product_in(n->in[k], false);
    return found;
}

/* A product in line in n that n gives element by element, so that tiles of both are the same; or NULL. */
static const struct ir_node *plain_product(const struct ir_node *n, bool self)
{
    if (!self && (lane(n)->place == AT_BUFFER || lane(n)->place == AT_VALUE)) return NULL;
    if (n->op == OP_MATMUL) return n;
    enum op_class c = op_info[n->op].class;
    const struct ir_node *found = NULL;
    for (int k = 0; k < n->nin && !found && (c == OP_CLASS_ELEM || c == OP_CLASS_MIXED); k++)
        if (n->in[k]->rank == n->rank) found = plain_product(n->in[k], false);
    return found;
}

/* The tile of a product, the order of its loops, and whether the outer one's panel is copied. */
static void choose_product(struct lanes *l, struct fill *f, int last, int64_t lines, int64_t columns)
{
    const struct ir_node *p = plain_product(f->node, f->compute);
    bool plain = p && last == f->node->rank - 1 && ir_dim(p, last) == columns && ir_dim(p, last - 1) == lines;
    if (!plain) p = product_in(f->node, f->compute);
    struct product_tile t = lanes_product_tile(l, p, lines, columns, plain);
    f->tile[last - 1] = t.rows;
    f->tile[last] = t.columns;
    if (!plain) return;
    f->columns_outside = t.columns_outside;
    int64_t readers = t.columns_outside ? lines / t.rows : columns / t.columns;
    if (lanes_wants_panel(l, p, t.columns_outside, readers)) f->panel_of = p;
}

static void choose_tile(struct lanes *l, struct fill *f)
{
    const struct ir_node *n = f->node;
    struct weight w = weigh(n, f->compute);
    int last = n->rank - 1;
    for (int d = 0; d < n->rank; d++) f->tile[d] = 1;
    while (last > 0 && ir_dim(n, last) == 1) last--;
    if (last < 0) return;
    int64_t columns = ir_dim(n, last), lines = last > 0 ? ir_dim(n, last - 1) : 1;
    if (!w.accumulators) {
        f->tile[last] = lanes_pick(columns, w.code <= 8 ? 4 : w.code <= 16 ? 2 : 1);
    } else if (w.product && w.accumulators == 1 && columns >= 2 && lines >= 2) {
        choose_product(l, f, last, lines, columns);
    } else {
        int total = w.accumulators == 1 ? 8 : w.accumulators >= 16 ? 1 : 16 / w.accumulators;
        f->tile[last] = lanes_pick(columns, total);
        if (last > 0 && f->tile[last] < total) f->tile[last - 1] = lanes_pick(lines, total / f->tile[last]);
    }
}

static struct ix number(struct lanes *l, const struct dest *to, int rank, const struct ix *at, bool mirror)
{
    struct ix sum = to->origin;
    for (int d = 0; d < rank; d++) {
        int axis = mirror && d >= rank - 2 ? 2 * rank - 3 - d : d;
        sum = ix_add(l, sum, ix_scale(at[axis], to->stride[d]));
    }
    return sum;
}

/* Computes and stores one tile. */
static void one_tile(struct lanes *l, struct fill *f)
{
    int rank = f->node->rank, n = 1;
    for (int d = 0; d < rank; d++) n *= f->len[d];
    struct ix *at = ARENA_ARRAY(l->arena, struct ix, n * rank + 1);
    int *value = ARENA_ARRAY(l->arena, int, n);
    for (int e = 0; e < n; e++)
        for (int d = rank, rest = e; d-- > 0; rest /= f->len[d]) at[e * rank + d] = ix_plus(f->at[d], rest % f->len[d]);
    if (f->compute) lanes_compute(l, f->node, n, at, value);
    else lanes_elems(l, f->node, n, at, value);
    for (int e = 0; e < n; e++) {
        struct ix place = number(l, f->to, rank, at + e * rank, false);
        if (f->to->active >= 0) {
            int old = lanes_load(l, f->to->mem, place);
            value[e] = loops_select(&l->b, f->to->active, value[e], old);
        }
        lanes_store(l, f->to->mem, place, value[e]);
        if (f->mirror) lanes_store(l, f->to->mem, number(l, f->to, rank, at + e * rank, true), value[e]);
    }
}

/* The axis that is walked next. */
static int open_axis(const struct fill *f)
{
    return f->columns_outside && f->axis >= f->node->rank - 2 ? 2 * f->node->rank - 3 - f->axis : f->axis;
}

static void next_axis(struct lanes *l, struct ix at, int len, void *data)
{
    struct fill *f = data;
    int axis = open_axis(f), rank = f->node->rank;
    f->at[axis] = at;
    f->len[axis] = len;
    if (f->panel_of && f->axis == rank - 2) lanes_copy_panel(l, f->panel_of, f->columns_outside, f->at, len);
    f->axis++;
    if (f->axis == rank) one_tile(l, f);
    else lanes_tiles(l, 0, ir_dim(f->node, open_axis(f)), f->tile[open_axis(f)], next_axis, f);
    f->axis--;
    if (f->panel_of && f->axis == rank - 2) lane(f->panel_of)->copy[f->columns_outside] = NULL;
}

/* One band of rows of a symmetric product: the tiles that reach the diagonal or lie left of it, stored twice. */
static void band(struct lanes *l, struct ix at, int len, void *data)
{
    struct fill *f = data;
    int row = f->node->rank - 2, tile = f->tile[row + 1];
    int64_t lo, hi, n = ir_dim(f->node, row);
    struct ix tiles, rest, column;
    ix_divmod(l, ix_plus(at, len + tile - 1), tile, &tiles, &rest);
    ix_range(l, &tiles, &lo, &hi);
    int count = ix_value(l, tiles);
    if (hi > n / tile) count = loops_index_op(&l->b, L_IMIN, count, loops_index(&l->b, n / tile));
    f->at[row] = at;
    f->len[row] = len;
    f->len[row + 1] = tile;
    int loop = loops_begin(&l->b, count, 0, NULL);
    column = ix_of_var(ix_new_var(l, IX_COUNTER, loops_counter(&l->b, loop), 0, n / tile - 1));
    f->at[row + 1] = ix_scale(column, tile);
    one_tile(l, f);
    loops_end(&l->b, loop, NULL, -1, NULL);
}

/* All bands; then the corner that is left of the last columns. */
static void symmetric(struct lanes *l, struct fill *f, int axis)
{
    int64_t n = ir_dim(f->node, axis);
    if (axis == f->node->rank - 2) {
        int *tile = f->tile + axis, rest;
        f->mirror = true;
        struct product_tile t = lanes_symmetric_tile(l, n);
        tile[0] = t.rows;
        tile[1] = t.columns;
        f->panel_of = NULL;
        lanes_tiles(l, 0, n, tile[0], band, f);
        rest = (int)(n % tile[1]);
        f->at[axis] = f->at[axis + 1] = ix_const(n - rest);
        f->len[axis] = f->len[axis + 1] = rest;
        if (rest) one_tile(l, f);
        return;
    }
    int loop = loops_begin(&l->b, loops_index(&l->b, n), 0, NULL);
    f->at[axis] = ix_counter(l, loop, n);
    f->len[axis] = 1;
    symmetric(l, f, axis + 1);
    loops_end(&l->b, loop, NULL, -1, NULL);
}

/* Stores all elements of a node; `compute`: even if it has a place (that is the place being filled). */
void lanes_fill(struct lanes *l, const struct ir_node *node, const struct dest *to, bool compute)
{
    struct fill f = {.node = node, .to = to, .compute = compute};
    if (ir_elements(node) == 0) return;
    choose_tile(l, &f);
    if (node->rank == 0) one_tile(l, &f);
    else if (compute && node->op == OP_MATMUL && ir_dim(node, node->rank - 1) >= 8 && ir_is_symmetric(node))
        symmetric(l, &f, 0);
    else lanes_tiles(l, 0, ir_dim(node, open_axis(&f)), f.tile[open_axis(&f)], next_axis, &f);
}

/* See lanes.h. */
int lanes_for(struct lanes *l, struct ix from, struct ix to, int ncarried, const int *init, struct ix *at)
{
    struct ix count = ix_add(l, to, ix_scale(from, -1));
    int64_t lo, hi;
    ix_range(l, &count, &lo, &hi);
    int loop = loops_begin(&l->b, ix_value(l, count), ncarried, init);
    struct ix counter = ix_of_var(ix_new_var(l, IX_COUNTER, loops_counter(&l->b, loop), 0, hi < 1 ? 0 : hi - 1));
    *at = ix_add(l, from, counter);
    return loop;
}

/* Ends a loop of lanes_for. */
void lanes_end(struct lanes *l, int loop, const int *next, int *results)
{
    loops_end(&l->b, loop, next, -1, results);
}

/* See lanes.h. */
struct lane_node lanes_kept(struct lanes *l, const struct ir_node *operand, bool own_copy)
{
    if (lane(operand)->place == AT_BUFFER && !own_copy) return *lane(operand);
    struct lane_node kept = {.place = AT_BUFFER, .origin = ix_const(0)};
    struct dest to = {.origin = ix_const(0), .active = -1};
    kept.mem = to.mem = lanes_buffer(l, operand->dtype, ir_elements(operand), NULL);
    lanes_strides(operand, kept.stride);
    lanes_strides(operand, to.stride);
    lanes_fill(l, operand, &to, false);
    if (!own_copy) loops_mem_done(&l->b, kept.mem);
    return kept;
}

static void batch_axis(struct lanes *l, const struct ir_node *node, int axes, int axis, struct ix *at,
                       lanes_batch *body) {
    if (axis == axes) {
        body(l, node, at);
        return;
    }
    int64_t n = ir_dim(node, axis);
    if (n == 1) {
        at[axis] = ix_const(0);
        batch_axis(l, node, axes, axis + 1, at, body);
        return;
    }
    int loop = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &at[axis]);
    batch_axis(l, node, axes, axis + 1, at, body);
    lanes_end(l, loop, NULL, NULL);
}

/* See lanes.h. */
void lanes_batches(struct lanes *l, const struct ir_node *node, int axes, lanes_batch *body)
{
    struct ix at[IR_MAX_RANK] = {{0}};
    batch_axis(l, node, axes, 0, at, body);
}
