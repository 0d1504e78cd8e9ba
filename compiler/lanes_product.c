/* Products of matrices as register tiles: which tile, which of the two loops over tiles is outside, and copies of
 * operands in the order in which tiles read them. The chain of a product runs along the reduced axis, so a tile walks
 * down a column of its right operand (and, where the left one is a transpose, down one of that): each step is in
 * another line and, where rows are long, in another page. A panel, as many columns as a tile has, is therefore copied
 * together when many tiles read it: panels of operands that all prompts share once before the loop over blocks, the
 * panel of the outer loop where that loop begins. */
#include "compiler/lanes.h"

enum {
    FIRST_CACHE = 24 << 10,
    SECOND_CACHE = 768 << 10,  /* what of them one operand may fill */
    FAR_APART = 1 << 10,       /* bytes: a column whose elements are so far apart is copied, */
    LONG_ENOUGH = 12,          /*   when it is so long, */
    OFTEN_ENOUGH = 6           /*   and read by so many tiles */
};

/* What decides a product's tile. */
struct shape {
    int64_t lines, columns;
    int64_t bytes;     /* of a line of the left operand, all prompts */
    bool shared;       /* the right operand is the same for all prompts: its elements are scalars */
    bool both_orders;  /* the loop over columns may be outside */
};

static int64_t inner_length(const struct ir_node *p)
{
    return ir_dim(p->in[0], p->rank - 1);
}

/* Cycles to fetch a vector of something so large that is read again and again. */
static double fetch(int64_t bytes)
{
    return bytes <= FIRST_CACHE ? 0 : bytes <= SECOND_CACHE ? 1.5 : 4;
}

/* Time for one step of a product's inner loop over a tile, in cycles: two fused operations a cycle, four cycles each;
 * two loads a cycle from the first level of the cache. The lines of the outer loop's tile stay in the first level when
 * they fit, while the other operand passes by. */
static double step_time(const struct shape *s, int64_t rows, int64_t columns, bool columns_outside)
{
    if (rows * columns == 0) return 0;
    double work = (double)(rows * columns) / 2, loads = (double)(rows + columns) / 2, pass;
    int64_t outer = columns_outside ? columns : rows, inner = columns_outside ? rows : columns;
    pass = outer * s->bytes > FIRST_CACHE ? 2 * (double)outer : 0;
    if (!s->shared) pass += (double)inner * fetch((columns_outside ? s->lines : s->columns) * s->bytes);
    if (work < 4) work = 4;
    if (work < loads) work = loads;
    return (work > pass ? work : pass) + 0.1 * (double)(rows + columns) + 0.5;
}

/* The time of all tiles and rests. */
static double tiling_time(const struct shape *s, int64_t r, int64_t c, bool columns_outside)
{
    int64_t nr = s->lines / r, nc = s->columns / c, rest_r = s->lines % r, rest_c = s->columns % c;
    return (double)(nr * nc) * step_time(s, r, c, columns_outside) +
           (double)nr * step_time(s, r, rest_c, columns_outside) +
           (double)nc * step_time(s, rest_r, c, columns_outside) + step_time(s, rest_r, rest_c, columns_outside);
}

/* The tile and the order with the least time: a tile's accumulators, its elements of one operand, and one of the other
 * at a time fit the registers. */
static void pick_tile(int registers, const struct shape *s, struct product_tile *out)
{
    double best = 0;
    for (int outside = 0; outside <= s->both_orders; outside++)
        for (int c = 1; c <= 6 && c <= s->columns; c++)
            for (int r = 1; r <= 8 && r <= s->lines && r * c + (r < c ? r : c) + 1 <= registers; r++) {
                double time = tiling_time(s, r, c, outside);
                if (best && time >= 0.999 * best) continue;
                best = time;
                *out = (struct product_tile){.rows = r, .columns = c, .columns_outside = outside};
            }
}

/* See lanes.h. */
struct product_tile lanes_symmetric_tile(const struct lanes *l, int64_t n)
{
    struct product_tile t = {0};
    pick_tile(l->registers, &(struct shape){.lines = n, .columns = n}, &t);
    return t;
}

/* See lanes.h. */
struct product_tile lanes_product_tile(const struct lanes *l, const struct ir_node *p, int64_t lines, int64_t columns,
                                       bool both_orders)
{
    struct product_tile t = {0};
    struct shape s = {.lines = lines, .columns = columns, .shared = !p->in[1]->varying};
    s.both_orders = both_orders && !s.shared;
    s.bytes = inner_length(p) * l->lf->lanes * (l->lf->precision / 8);
    pick_tile(l->registers, &s, &t);
    return t;
}

/* Bytes between neighbours along an axis of an operand that lies in memory; 0: it does not, or they are not evenly
 * spaced. */
static int64_t spacing(struct lanes *l, const struct ir_node *x, int axis)
{
    struct ix at[IR_MAX_RANK], in[IR_MAX_RANK], number;
    int64_t n = ir_dim(x, axis);
    if (n < 2) return 0;
    int var = ix_new_var(l, IX_COUNTER, -1, 0, n - 1);
    for (int d = 0; d < x->rank; d++) at[d] = d == axis ? ix_of_var(var) : ix_const(0);
    for (; lane(x)->place == AT_INLINE && op_info[x->op].class == OP_CLASS_VIEW; x = x->in[0]) {
        ix_view(l, x, at, in);
        memcpy(at, in, sizeof *at * (size_t)x->in[0]->rank);
    }
    if (lane(x)->place != AT_BUFFER || x->dtype != DT_REAL) return 0;
    number = lanes_number(l, lane(x), x->rank, at);
    if (number.n != 1 || number.t[0].var != var) return 0;
    int64_t bytes = l->lf->precision / 8;
    return number.t[0].k * (x->varying ? bytes * l->lf->lanes : bytes);
}

static bool worth_copying(struct lanes *l, const struct ir_node *p, int which, int64_t readers)
{
    if (inner_length(p) < LONG_ENOUGH || readers < OFTEN_ENOUGH) return false;
    return spacing(l, p->in[which], p->rank - (which ? 2 : 1)) >= FAR_APART;
}

/* See lanes.h. */
bool lanes_wants_panel(struct lanes *l, const struct ir_node *p, int which, int64_t readers)
{
    return p->in[which]->varying && worth_copying(l, p, which, readers);
}

struct panel {
    const struct ir_node *product;
    int which, len, width; /* lines or columns of it, and room for them */
    struct ix at[IR_MAX_RANK]; /* of the operand: its first element, but for the reduced axis */
    int mem;
    struct ix to;          /* the number of its first element there */
};

/* One element of each line or column of the panel. */
static void copy_step(struct lanes *l, struct ix k, int len, void *data)
{
    struct panel *p = data;
    const struct ir_node *x = p->product->in[p->which];
    int across = p->which ? x->rank - 1 : x->rank - 2, along = p->which ? x->rank - 2 : x->rank - 1;
    struct ix at[IR_MAX_RANK];
    for (int d = 0; d < x->rank; d++) at[d] = p->at[d];
    for (int e = 0; e < p->len * len; e++) {
        at[along] = ix_plus(k, e / p->len);
        at[across] = ix_plus(p->at[across], e % p->len);
        struct ix to = ix_add(l, p->to, ix_scale(at[along], p->width));
        lanes_store(l, p->mem, ix_plus(to, e % p->len), lanes_elem(l, x, at));
    }
}

static void copy_panel(struct lanes *l, struct panel *p)
{
    int64_t length = inner_length(p->product);
    lanes_tiles(l, 0, length, length % 2 ? 1 : 2, copy_step, p);
}

/* See lanes.h. */
void lanes_copy_panel(struct lanes *l, const struct ir_node *product, int which, const struct ix *at, int len)
{
    int r = product->rank, across = which ? r - 1 : r - 2;
    struct lane_node *copy = ARENA_NEW(l->arena, struct lane_node);
    struct panel p = {.product = product, .which = which, .len = len, .width = len, .to = ix_const(0)};
    memcpy(p.at, at, sizeof *at * (size_t)r);
    p.mem = copy->mem = lanes_buffer(l, DT_REAL, inner_length(product) * len, NULL);
    copy->place = AT_BUFFER;
    copy->origin = ix_scale(at[across], -1);
    copy->stride[across] = 1;
    copy->stride[which ? r - 2 : r - 1] = len;
    copy_panel(l, &p);
    loops_mem_done(&l->b, p.mem);
    lane(product)->copy[which] = copy;
}

/* ---- operands that all prompts share ---- */

static void copy_columns(struct lanes *l, struct ix j, int len, void *data)
{
    struct panel p = *(struct panel *)data;
    int r = p.product->rank;
    struct lane_node *copy = lane(p.product)->copy[1];
    p.len = len;
    p.at[r - 1] = j;
    p.at[r - 2] = ix_const(0);
    p.to = lanes_number(l, copy, r, p.at);
    copy_panel(l, &p);
}

static void copy_matrices(struct lanes *l, struct panel *p, int axis)
{
    int r = p->product->rank;
    if (axis == r - 2) {
        lanes_tiles(l, 0, ir_dim(p->product, r - 1), p->width, copy_columns, p);
        return;
    }
    struct ix k;
    int loop = lanes_for(l, ix_const(0), ix_const(ir_dim(p->product, axis)), 0, NULL, &k);
    p->at[axis] = k;
    copy_matrices(l, p, axis + 1);
    lanes_end(l, loop, NULL, NULL);
}

/* All of a product's right operand, panel after panel; products with tiles of one width share it. */
static void copy_shared(struct lanes *l, const struct ir_node *product)
{
    int r = product->rank;
    int64_t lines = ir_dim(product, r - 2), columns = ir_dim(product, r - 1), elements;
    struct lane_node *copy, *operand = lane(product->in[1]);
    struct panel p = {.product = product, .which = 1};
    p.width = lanes_product_tile(l, product, lines, columns, false).columns;
    if (operand->panels && operand->panels->panel == p.width) {
        lane(product)->copy[1] = operand->panels;
        return;
    }
    copy = operand->panels = ARENA_NEW(l->arena, struct lane_node);
    copy->place = AT_BUFFER;
    copy->origin = ix_const(0);
    copy->panel = p.width;
    copy->stride[r - 2] = p.width;
    copy->stride[r - 1] = inner_length(product) * p.width; /* of panels */
    elements = (columns + p.width - 1) / p.width * copy->stride[r - 1];
    for (int d = r - 2; d-- > 0; elements *= ir_dim(product, d)) copy->stride[d] = elements;
    p.mem = copy->mem = lanes_buffer(l, DT_REAL, elements, NULL);
    lane(product)->copy[1] = copy;
    copy_matrices(l, &p, 0);
    loops_mem_done(&l->b, p.mem);
}

/* See lanes.h. */
void lanes_copy_shared(struct lanes *l, const struct ir_region *region)
{
    for (int k = 0; k < region->nodes.n; k++) {
        const struct ir_node *n = region->nodes.data[k];
        if (n->body) lanes_copy_shared(l, n->body);
        if (n->op != OP_MATMUL || !n->varying || n->in[1]->varying || lane(n)->place == AT_NONE) continue;
        int64_t lines = ir_dim(n, n->rank - 2), columns = ir_dim(n, n->rank - 1);
        if (columns >= 2 && !lane(n)->accumulate && worth_copying(l, n, 1, lines / 2)) copy_shared(l, n);
    }
}
