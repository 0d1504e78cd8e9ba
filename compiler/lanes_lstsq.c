/* Least squares of any rank for a lane a prompt, in the order of operations of linalg.inc: orthogonal reduction with
 * column pivoting, and a second one from the right for the lanes whose matrix has less than full rank.
 *
 * Columns lie one after the other, so the reduction streams through them; the right-hand sides of a tall system are
 * columns too. Each lane has its own pivots and its own rank: a lane whose rank is found goes along, its reflections
 * the identity, until all lanes are done. `live` says which columns a lane's rank covers. */
#include "compiler/lanes_matrix.h"

#define TILE_MAX 8

struct lstsq {
    int64_t m, n, k;                     /* a[m][n] x = b[m][k] */
    int64_t r, w, width;                 /* c[r][width], of which w columns are reduced */
    bool tall;
    int tile;                            /* columns that are reflected side by side; c has room for a whole last tile */
    struct matrix a, b, x, c, y, v;
    int size, head, g, order, live, most; /* buffers: by column, by column .., the largest entry */
    int scale, deficient;                /* values */
};

static struct matrix new_columns(struct lanes *l, int64_t rows, int64_t columns)
{
    int mem = lanes_buffer(l, DT_REAL, rows * columns, NULL);
    return (struct matrix){.mem = mem, .origin = ix_const(0), .row = 1, .column = rows};
}

static int new_row(struct lanes *l, enum dtype t, int64_t n)
{
    return lanes_buffer(l, t, n, NULL);
}

/* ---- the matrix, scaled ---- */

static struct ix operand_row(const struct lstsq *z, struct ix i, struct ix j)
{
    return z->tall ? i : j;
}

static int operand(struct lanes *l, const struct lstsq *z, struct ix i, struct ix j)
{
    return get(l, &z->a, operand_row(z, i, j), operand_row(z, j, i));
}

struct down {
    struct lstsq *z;
    struct ix column;
};

static void largest(struct lanes *l, struct ix i, int len, void *data)
{
    struct down *d = data;
    int most = lanes_load(l, d->z->most, ix_const(0));
    for (int e = 0; e < len; e++) {
        int x = op1(l, OP_ABS, operand(l, d->z, ix_plus(i, e), d->column));
        most = loops_select(&l->b, op2(l, OP_LT, most, x), x, most);
    }
    lanes_store(l, d->z->most, ix_const(0), most);
}

static int find_scale(struct lanes *l, struct lstsq *z)
{
    struct down d = {.z = z};
    lanes_store(l, z->most, ix_const(0), loops_real(&l->b, 0));
    int loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &d.column);
    lanes_tiles(l, 0, z->r, lanes_pick(z->r, 8), largest, &d);
    lanes_end(l, loop, NULL, NULL);
    int most = lanes_load(l, z->most, ix_const(0)), s = loops_real(&l->b, 1);
    double u = l->lf->precision == 32 ? 0x1p32 : 0x1p256, at = l->lf->precision == 32 ? 0x1p16 : 0x1p128, power = u;
    for (int k = 0; k < 3; k++, at *= u, power *= u) {
        int large = op2(l, OP_LE, loops_real(&l->b, at), most), small = op2(l, OP_LT, most, loops_real(&l->b, 1 / at));
        s = loops_select(&l->b, large, loops_real(&l->b, 1 / power), s);
        s = loops_select(&l->b, small, loops_real(&l->b, power), s);
    }
    return s;
}

/* A few columns of c and their squared lengths. */
static void load_columns(struct lanes *l, struct ix j, int len, void *data)
{
    struct lstsq *z = data;
    int sum[TILE_MAX];
    struct ix i;
    for (int e = 0; e < len; e++) sum[e] = loops_real(&l->b, 0);
    int loop = lanes_for(l, ix_const(0), ix_const(z->r), len, sum, &i);
    for (int e = 0; e < len; e++) {
        int x = op2(l, OP_MUL, operand(l, z, i, ix_plus(j, e)), z->scale);
        put(l, &z->c, i, ix_plus(j, e), x);
        sum[e] = loops_fma(&l->b, x, x, loops_carried(&l->b, loop, e));
    }
    lanes_end(l, loop, sum, sum);
    for (int e = 0; e < len; e++) lanes_store(l, z->size, ix_plus(j, e), sum[e]);
}

/* Right-hand sides beside the matrix of a tall system; 0 in the columns that fill a last tile. */
static void load_beside(struct lanes *l, struct lstsq *z)
{
    struct ix i, e;
    if (z->tall) {
        int sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
        int rows = lanes_for(l, ix_const(0), ix_const(z->r), 0, NULL, &i);
        put(l, &z->c, i, ix_plus(e, z->w), get(l, &z->b, i, e));
        lanes_end(l, rows, NULL, NULL);
        lanes_end(l, sides, NULL, NULL);
    }
    int rest = lanes_for(l, ix_const(0), ix_const((z->tile - 1) * z->r), 0, NULL, &i);
    lanes_store(l, z->c.mem, ix_plus(i, z->width * z->r), loops_real(&l->b, 0));
    lanes_end(l, rest, NULL, NULL);
}

static void first_columns(struct lanes *l, struct lstsq *z)
{
    struct ix j;
    int zero = loops_real(&l->b, 0);
    z->scale = find_scale(l, z);
    lanes_tiles(l, 0, z->w, lanes_pick(z->w, 4), load_columns, z);
    load_beside(l, z);
    int loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &j);
    lanes_store(l, z->order, j, ix_lanes_value(l, j));
    lanes_store(l, z->live, j, loops_bool(&l->b, false));
    lanes_store(l, z->head, j, zero);
    lanes_store(l, z->g, j, zero);
    lanes_end(l, loop, NULL, NULL);
}

/* ---- the reduction ---- */

struct mirror {
    int beta, head, g;
};

static struct mirror mirror_of(struct lanes *l, int s, int alpha)
{
    int norm = op1(l, OP_SQRT, s), positive = op2(l, OP_LT, loops_real(&l->b, 0), alpha);
    struct mirror h = {.beta = loops_select(&l->b, positive, minus(l, norm), norm)};
    h.head = op2(l, OP_SUB, alpha, h.beta);
    h.g = reciprocal(l, loops_fma(&l->b, norm, op1(l, OP_ABS, alpha), s));
    return h;
}

/* The longest of the columns that are left, a lane: pivot[0] its squared length, pivot[1] its number. */
static void find_pivot(struct lanes *l, const struct lstsq *z, struct ix k, int pivot[2])
{
    struct ix j;
    pivot[0] = lanes_load(l, z->size, k);
    pivot[1] = ix_lanes_value(l, k);
    int loop = lanes_for(l, ix_plus(k, 1), ix_const(z->w), 2, pivot, &j);
    int best = loops_carried(&l->b, loop, 0), s = lanes_load(l, z->size, j), keep = op2(l, OP_LE, s, best);
    pivot[0] = loops_select(&l->b, keep, best, s);
    pivot[1] = loops_select(&l->b, keep, loops_carried(&l->b, loop, 1), ix_lanes_value(l, j));
    lanes_end(l, loop, pivot, pivot);
}

static void swap_places(struct lanes *l, int mem, struct ix here, struct ix there)
{
    int place = ix_lanes_value(l, there), mine = lanes_load(l, mem, here), other = loops_gather(&l->b, mem, place);
    loops_scatter(&l->b, mem, place, mine);
    lanes_store(l, mem, here, other);
}

/* Column k and, a lane, column p change places. */
static void swap_columns(struct lanes *l, const struct lstsq *z, struct ix k, int p)
{
    struct ix i, there = ix_of_var(ix_new_var(l, IX_LANES, p, 0, z->w - 1));
    swap_places(l, z->order, k, there);
    loops_scatter(&l->b, z->size, p, lanes_load(l, z->size, k));
    int loop = lanes_for(l, ix_const(0), ix_const(z->r), 0, NULL, &i);
    swap_places(l, z->c.mem, entry(l, &z->c, i, k), entry(l, &z->c, i, there));
    lanes_end(l, loop, NULL, NULL);
}

/* Columns j .. j + tile - 1 reflected by column k from row k on, and their squared lengths below it. */
static void reflect_columns(struct lanes *l, const struct lstsq *z, struct ix k, struct ix j, const struct mirror *h)
{
    int n = z->tile, sum[TILE_MAX], f[TILE_MAX];
    struct ix i, last = ix_const(z->r);
    for (int e = 0; e < n; e++) sum[e] = op2(l, OP_MUL, h->head, get(l, &z->c, k, ix_plus(j, e)));
    int loop = lanes_for(l, ix_plus(k, 1), last, n, sum, &i), v = get(l, &z->c, i, k);
    for (int e = 0; e < n; e++)
        sum[e] = loops_fma(&l->b, v, get(l, &z->c, i, ix_plus(j, e)), loops_carried(&l->b, loop, e));
    lanes_end(l, loop, sum, sum);
    for (int e = 0; e < n; e++) {
        f[e] = minus(l, op2(l, OP_MUL, sum[e], h->g));
        put(l, &z->c, k, ix_plus(j, e), loops_fma(&l->b, f[e], h->head, get(l, &z->c, k, ix_plus(j, e))));
        sum[e] = loops_real(&l->b, 0);
    }
    loop = lanes_for(l, ix_plus(k, 1), last, n, sum, &i);
    v = get(l, &z->c, i, k);
    for (int e = 0; e < n; e++) {
        int x = loops_fma(&l->b, f[e], v, get(l, &z->c, i, ix_plus(j, e)));
        put(l, &z->c, i, ix_plus(j, e), x);
        sum[e] = loops_fma(&l->b, x, x, loops_carried(&l->b, loop, e));
    }
    lanes_end(l, loop, sum, sum);
    for (int e = 0; e < n; e++) lanes_store(l, z->size, ix_plus(j, e), sum[e]);
}

/* See `reduce` of linalg.inc. */
static void reduce(struct lanes *l, struct lstsq *z)
{
    struct loop_builder *b = &l->b;
    struct ix k, t, tiles, rest;
    double epsilon = l->lf->precision == 32 ? 0x1p-23 : 0x1p-52;
    int state[2] = {loops_bool(b, true), loops_real(b, 0)}, pivot[2], tol = loops_real(b, (double)z->r * epsilon);
    int steps = lanes_for(l, ix_const(0), ix_const(z->w), 2, state, &k);
    find_pivot(l, z, k, pivot);
    int norm = op1(l, OP_SQRT, pivot[0]), cut = loops_carried(b, steps, 1);
    int live = op2(l, OP_AND, loops_carried(b, steps, 0), op1(l, OP_NOT, op2(l, OP_LE, norm, cut)));
    int first = loops_index_op(b, L_IEQ, ix_value(l, k), loops_index(b, 0));
    lanes_store(l, z->live, k, live);
    swap_columns(l, z, k, loops_select(b, live, pivot[1], ix_lanes_value(l, k)));
    struct mirror h = mirror_of(l, pivot[0], get(l, &z->c, k, k));
    h.g = loops_select(b, live, h.g, loops_real(b, 0));
    lanes_store(l, z->head, k, h.head);
    lanes_store(l, z->g, k, h.g);
    ix_divmod(l, ix_add(l, ix_const(z->width - 1 + z->tile - 1), ix_scale(k, -1)), z->tile, &tiles, &rest);
    int loop = lanes_for(l, ix_const(0), tiles, 0, NULL, &t);
    reflect_columns(l, z, k, ix_add(l, ix_plus(k, 1), ix_scale(t, z->tile)), &h);
    lanes_end(l, loop, NULL, NULL);
    put(l, &z->c, k, k, h.beta);
    state[0] = live;
    state[1] = loops_select(b, first, op2(l, OP_MUL, tol, norm), cut);
    loops_end(b, steps, state, loops_any(b, live), state);
    z->deficient = op1(l, OP_NOT, state[0]);
}

/* ---- the second reduction, of lanes without full rank ---- */

/* Row i of the triangle, and which lanes and columns it concerns. */
struct again {
    struct ix i;
    int active, head, g;
};

/* Lanes in which column j has part in the reflection. */
static int part(struct lanes *l, const struct lstsq *z, const struct again *g, struct ix j)
{
    return op2(l, OP_AND, g->active, op1(l, OP_NOT, lanes_load(l, z->live, j)));
}

/* Column `column` of m reflected by row i of v. */
static void reflect(struct lanes *l, const struct lstsq *z, const struct again *g, const struct matrix *m,
                    struct ix column)
{
    struct loop_builder *b = &l->b;
    struct ix j;
    int own = get(l, m, g->i, column), dot = op2(l, OP_MUL, g->head, own);
    int loop = lanes_for(l, ix_plus(g->i, 1), ix_const(z->w), 1, &dot, &j), old = loops_carried(b, loop, 0);
    dot = loops_select(b, part(l, z, g, j), loops_fma(b, get(l, &z->v, g->i, j), get(l, m, j, column), old), old);
    lanes_end(l, loop, &dot, &dot);
    int f = minus(l, op2(l, OP_MUL, dot, g->g));
    put(l, m, g->i, column, loops_select(b, g->active, loops_fma(b, f, g->head, own), own));
    loop = lanes_for(l, ix_plus(g->i, 1), ix_const(z->w), 0, NULL, &j);
    old = get(l, m, j, column);
    put(l, m, j, column, loops_select(b, part(l, z, g, j), loops_fma(b, f, get(l, &z->v, g->i, j), old), old));
    lanes_end(l, loop, NULL, NULL);
}

static void reflect_all(struct lanes *l, const struct lstsq *z, const struct again *g, const struct matrix *m,
                        struct ix columns)
{
    struct ix e;
    int loop = lanes_for(l, ix_const(0), columns, 0, NULL, &e);
    reflect(l, z, g, m, e);
    lanes_end(l, loop, NULL, NULL);
}

/* The row's vector: v[i][j] and its g; the row itself then ends at the diagonal. */
static struct again reduce_row(struct lanes *l, const struct lstsq *z, struct ix i)
{
    struct loop_builder *b = &l->b;
    struct ix j;
    int live = lanes_load(l, z->live, i), zero = loops_real(b, 0);
    int own = get(l, &z->c, i, i), s = op2(l, OP_MUL, own, own);
    struct again g = {.i = i, .active = op2(l, OP_AND, live, z->deficient)};
    int loop = lanes_for(l, ix_plus(i, 1), ix_const(z->w), 1, &s, &j);
    int entry = get(l, &z->c, i, j), x = loops_select(b, part(l, z, &g, j), entry, zero);
    put(l, &z->v, i, j, x);
    put(l, &z->c, i, j, loops_select(b, op2(l, OP_AND, live, lanes_load(l, z->live, j)), entry, zero));
    s = loops_fma(b, x, x, loops_carried(b, loop, 0));
    lanes_end(l, loop, &s, &s);
    struct mirror h = mirror_of(l, s, own);
    int diagonal = loops_select(b, g.active, h.beta, own);
    put(l, &z->c, i, i, loops_select(b, live, diagonal, loops_real(b, 1)));
    put(l, &z->v, i, i, h.head);
    put(l, &z->v, i, ix_const(z->w), h.g);
    g.head = h.head;
    g.g = h.g;
    return g;
}

static int when_deficient(struct lanes *l, const struct lstsq *z)
{
    struct loop_builder *b = &l->b;
    int passes = loops_select(b, loops_any(b, z->deficient), loops_index(b, 1), loops_index(b, 0));
    return loops_begin(b, passes, 0, NULL);
}

static void reduce_again(struct lanes *l, const struct lstsq *z)
{
    struct ix step, i, e;
    struct matrix rows = matrix_transposed(z->c);
    int once = when_deficient(l, z), loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &step);
    i = ix_add(l, ix_const(z->w - 1), ix_scale(step, -1));
    struct again g = reduce_row(l, z, i);
    reflect_all(l, z, &g, &rows, i);
    if (!z->tall) reflect_all(l, z, &g, &z->y, ix_const(z->k));
    lanes_end(l, loop, NULL, NULL);
    loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &i);
    int live = lanes_load(l, z->live, i), sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    put(l, &z->y, i, e, loops_select(&l->b, live, get(l, &z->y, i, e), loops_real(&l->b, 0)));
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
    loops_end(&l->b, once, NULL, -1, NULL);
}

/* Solutions of a tall system: reflected back, to the places the columns came from. */
static void finish_tall(struct lanes *l, const struct lstsq *z)
{
    struct ix i, e;
    int once = when_deficient(l, z), loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &i);
    struct again g = {.i = i, .head = get(l, &z->v, i, i), .g = get(l, &z->v, i, ix_const(z->w))};
    g.active = op2(l, OP_AND, lanes_load(l, z->live, i), z->deficient);
    reflect_all(l, z, &g, &z->y, ix_const(z->k));
    lanes_end(l, loop, NULL, NULL);
    loops_end(&l->b, once, NULL, -1, NULL);
    loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &i);
    struct ix row = ix_of_var(ix_new_var(l, IX_LANES, lanes_load(l, z->order, i), 0, z->w - 1));
    int sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    int value = op2(l, OP_MUL, get(l, &z->y, i, e), z->scale);
    loops_scatter(&l->b, z->x.mem, ix_lanes_value(l, entry(l, &z->x, row, e)), value);
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
}

/* ---- wide systems ---- */

/* y = (b in the order of the columns, 0). */
static void ordered_sides(struct lanes *l, const struct lstsq *z)
{
    struct ix j, e;
    int loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &j);
    struct ix row = ix_of_var(ix_new_var(l, IX_LANES, lanes_load(l, z->order, j), 0, z->w - 1));
    int sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    put(l, &z->y, j, e, loops_gather(&l->b, z->b.mem, ix_lanes_value(l, entry(l, &z->b, row, e))));
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
    loop = lanes_for(l, ix_const(z->w), ix_const(z->r), 0, NULL, &j);
    sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    put(l, &z->y, j, e, loops_real(&l->b, 0));
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
}

/* Column e of y reflected by column j of c from row j on. */
static void reflect_side(struct lanes *l, const struct lstsq *z, struct ix j, struct ix e)
{
    struct ix i;
    int head = lanes_load(l, z->head, j), own = get(l, &z->y, j, e), dot = op2(l, OP_MUL, head, own);
    int loop = lanes_for(l, ix_plus(j, 1), ix_const(z->r), 1, &dot, &i);
    dot = loops_fma(&l->b, get(l, &z->c, i, j), get(l, &z->y, i, e), loops_carried(&l->b, loop, 0));
    lanes_end(l, loop, &dot, &dot);
    int f = minus(l, op2(l, OP_MUL, dot, lanes_load(l, z->g, j)));
    put(l, &z->y, j, e, loops_fma(&l->b, f, head, own));
    loop = lanes_for(l, ix_plus(j, 1), ix_const(z->r), 0, NULL, &i);
    put(l, &z->y, i, e, loops_fma(&l->b, f, get(l, &z->c, i, j), get(l, &z->y, i, e)));
    lanes_end(l, loop, NULL, NULL);
}

/* x = Q y; beyond a lane's rank y is 0 and stays so. */
static void finish_wide(struct lanes *l, const struct lstsq *z)
{
    struct ix step, i, e;
    int loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &step);
    int sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    reflect_side(l, z, ix_add(l, ix_const(z->w - 1), ix_scale(step, -1)), e);
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
    loop = lanes_for(l, ix_const(0), ix_const(z->r), 0, NULL, &i);
    sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    put(l, &z->x, i, e, op2(l, OP_MUL, get(l, &z->y, i, e), z->scale));
    lanes_end(l, sides, NULL, NULL);
    lanes_end(l, loop, NULL, NULL);
}

/* ---- the whole ---- */

static void workspace(struct lanes *l, struct lstsq *z)
{
    z->tall = z->m >= z->n;
    z->r = z->tall ? z->m : z->n;
    z->w = z->tall ? z->n : z->m;
    z->width = z->tall ? z->w + z->k : z->w;
    z->tile = z->width <= 2 ? 1 : z->width < 5 ? (int)z->width - 1 : 4;
    z->c = new_columns(l, z->r, z->width + z->tile - 1);
    z->v = new_columns(l, z->w, z->w + 1); /* column w: their g */
    z->size = new_row(l, DT_REAL, z->width + z->tile);
    z->head = new_row(l, DT_REAL, z->w);
    z->g = new_row(l, DT_REAL, z->w);
    z->order = new_row(l, DT_INT, z->w);
    z->live = new_row(l, DT_BOOL, z->w);
    z->most = new_row(l, DT_REAL, 1);
    if (z->tall) {
        z->y = z->c;
        z->y.origin = ix_const(z->w * z->r);
    } else {
        z->y = new_columns(l, z->r, z->k);
    }
}

static void solve(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    const struct lane_node *kept = lane(node)->kept;
    int r = node->rank;
    struct lstsq z = {.m = ir_dim(node->in[0], r - 2), .n = ir_dim(node, r - 2), .k = ir_dim(node, r - 1)};
    z.a = matrix_of(l, &kept[0], r, lead);
    z.b = matrix_of(l, &kept[1], r, lead);
    z.x = matrix_of(l, lane(node), r, lead);
    workspace(l, &z);
    first_columns(l, &z);
    reduce(l, &z);
    if (!z.tall) ordered_sides(l, &z);
    reduce_again(l, &z);
    struct matrix t = z.tall ? z.c : matrix_transposed(z.c);
    lanes_triangle(l, &t, &z.y, z.w, z.k, z.tall);
    if (z.tall) finish_tall(l, &z);
    else finish_wide(l, &z);
}

/* Minimum-norm least squares of every matrix. */
void lanes_lstsq(struct lanes *l, const struct ir_node *node)
{
    struct lane_node kept[2];
    if (ir_elements(node->in[0]) == 0) { /* no equations */
        struct ix e;
        int loop = lanes_for(l, ix_const(0), ix_const(ir_elements(node)), 0, NULL, &e);
        lanes_store(l, lane(node)->mem, e, loops_real(&l->b, 0));
        lanes_end(l, loop, NULL, NULL);
        return;
    }
    for (int k = 0; k < 2; k++) kept[k] = lanes_kept(l, node->in[k], false);
    lane(node)->kept = kept;
    lanes_batches(l, node, node->rank - 2, solve);
}
