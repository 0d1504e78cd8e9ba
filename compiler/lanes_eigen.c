/* Jacobi's methods for a lane a prompt, in the order of operations of linalg.inc: eigenvalues of symmetric matrices,
 * and least squares of any rank. The numbers of sweeps are fixed, so all lanes do the same. */
#include "compiler/lanes.h"
#include "compiler/linalg.h"

struct table { /* a working matrix: element (i, j) is number origin + i * row + j */
    int mem;
    struct ix origin;
    int64_t row;
};

static struct ix entry(struct lanes *l, const struct table *t, struct ix i, struct ix j)
{
    return ix_add(l, t->origin, ix_add(l, ix_scale(i, t->row), j));
}

static int get(struct lanes *l, const struct table *t, struct ix i, struct ix j)
{
    return lanes_load(l, t->mem, entry(l, t, i, j));
}

static void put(struct lanes *l, const struct table *t, struct ix i, struct ix j, int value)
{
    lanes_store(l, t->mem, entry(l, t, i, j), value);
}

static struct table new_table(struct lanes *l, int64_t rows, int64_t columns)
{
    return (struct table){.mem = lanes_buffer(l, DT_REAL, rows * columns, NULL), .origin = ix_const(0), .row = columns};
}

static int op1(struct lanes *l, enum ir_op op, int x)
{
    return loops_elem1(&l->b, op, x);
}

static int op2(struct lanes *l, enum ir_op op, int x, int y)
{
    return loops_elem2(&l->b, op, x, y);
}

struct angle {
    int app, aqq, s, u, swap;
};

/* The rotation of linalg.inc. */
static struct angle rotation(struct lanes *l, int first, int second, int apq)
{
    struct loop_builder *b = &l->b;
    int one = loops_real(b, 1), zero = loops_real(b, 0);
    struct angle g = {.swap = op2(l, OP_LT, first, second)};
    int app = loops_select(b, g.swap, second, first), aqq = loops_select(b, g.swap, first, second);
    int tau = op2(l, OP_DIV, op2(l, OP_SUB, aqq, app), op2(l, OP_ADD, apq, apq));
    int root = op1(l, OP_SQRT, loops_fma(b, tau, tau, one));
    int t = op2(l, OP_DIV, one, op2(l, OP_ADD, op1(l, OP_ABS, tau), root));
    t = loops_select(b, op2(l, OP_LT, tau, zero), op1(l, OP_NEG, t), t);
    t = loops_select(b, op2(l, OP_EQ, apq, zero), zero, t);
    int c = op2(l, OP_DIV, one, op1(l, OP_SQRT, loops_fma(b, t, t, one)));
    g.s = op2(l, OP_MUL, t, c);
    g.u = op2(l, OP_DIV, g.s, op2(l, OP_ADD, one, c));
    g.app = loops_fma(b, op1(l, OP_NEG, t), apq, app);
    g.aqq = loops_fma(b, t, apq, aqq);
    return g;
}

static void rotate(struct lanes *l, const struct angle *g, int *px, int *py)
{
    struct loop_builder *b = &l->b;
    int x = loops_select(b, g->swap, *py, *px), y = loops_select(b, g->swap, *px, *py);
    *px = loops_fma(b, op1(l, OP_NEG, g->s), loops_fma(b, g->u, x, y), x);
    *py = loops_fma(b, g->s, loops_fma(b, op1(l, OP_NEG, g->u), y, x), y);
}

/* Rotates columns p and q of all rows. */
static void rotate_columns(struct lanes *l, const struct table *t, int64_t rows, const struct angle *g, struct ix p,
                           struct ix q) {
    struct ix i;
    int loop = lanes_for(l, ix_const(0), ix_const(rows), 0, NULL, &i);
    int x = get(l, t, i, p), y = get(l, t, i, q);
    rotate(l, g, &x, &y);
    put(l, t, i, p, x);
    put(l, t, i, q, y);
    lanes_end(l, loop, NULL, NULL);
}

static void identity(struct lanes *l, const struct table *t, int64_t n)
{
    struct ix i, j;
    int rows = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &i);
    int columns = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &j);
    int same = loops_index_op(&l->b, L_IEQ, ix_value(l, i), ix_value(l, j));
    put(l, t, i, j, loops_select(&l->b, same, loops_real(&l->b, 1), loops_real(&l->b, 0)));
    lanes_end(l, columns, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
}

/* ---- symmetric matrices ---- */

struct eigh {
    struct table a, v, out;
    int64_t n;
};

/* The entries beside the pair's own. */
static void rotate_rest(struct lanes *l, const struct eigh *e, const struct angle *g, struct ix p, struct ix q)
{
    struct ix k;
    int loop = lanes_for(l, ix_const(0), ix_const(e->n), 0, NULL, &k), vk = ix_value(l, k);
    int is_p = loops_index_op(&l->b, L_IEQ, vk, ix_value(l, p)),
        is_q = loops_index_op(&l->b, L_IEQ, vk, ix_value(l, q));
    int x = get(l, &e->a, k, p), y = get(l, &e->a, k, q), old_x = x, old_y = y;
    rotate(l, g, &x, &y);
    x = loops_select(&l->b, is_p, old_x, loops_select(&l->b, is_q, old_x, x));
    y = loops_select(&l->b, is_p, old_y, loops_select(&l->b, is_q, old_y, y));
    put(l, &e->a, k, p, x);
    put(l, &e->a, k, q, y);
    put(l, &e->a, p, k, x);
    put(l, &e->a, q, k, y);
    lanes_end(l, loop, NULL, NULL);
}

static void eigh_sweeps(struct lanes *l, const struct eigh *e)
{
    int sweeps = linalg_sweeps(l->lf->precision, e->n), zero = loops_real(&l->b, 0);
    struct ix sweep, p, q;
    int outer = lanes_for(l, ix_const(0), ix_const(sweeps), 0, NULL, &sweep);
    int rows = lanes_for(l, ix_const(0), ix_const(e->n), 0, NULL, &p);
    int pairs = lanes_for(l, ix_plus(p, 1), ix_const(e->n), 0, NULL, &q);
    struct angle g = rotation(l, get(l, &e->a, p, p), get(l, &e->a, q, q), get(l, &e->a, p, q));
    put(l, &e->a, p, p, g.app);
    put(l, &e->a, q, q, g.aqq);
    put(l, &e->a, p, q, zero);
    put(l, &e->a, q, p, zero);
    rotate_columns(l, &e->v, e->n, &g, p, q);
    rotate_rest(l, e, &g, p, q);
    lanes_end(l, pairs, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
    lanes_end(l, outer, NULL, NULL);
}

/* How many values stand before value i. */
static int place_of(struct lanes *l, const struct eigh *e, struct ix i)
{
    struct ix j;
    int w = get(l, &e->a, i, i), nan = op2(l, OP_NE, w, w), place = loops_int(&l->b, 0);
    int loop = lanes_for(l, ix_const(0), ix_const(e->n), 1, &place, &j);
    int other = get(l, &e->a, j, j), other_nan = op2(l, OP_NE, other, other);
    int less = op2(l, OP_OR, op2(l, OP_LT, other, w), op2(l, OP_AND, nan, op1(l, OP_NOT, other_nan)));
    int same = op2(l, OP_OR, op2(l, OP_EQ, other, w), op2(l, OP_AND, nan, other_nan));
    int earlier = loops_splat(&l->b, loops_index_op(&l->b, L_ILT, ix_value(l, j), ix_value(l, i)));
    int counts = op2(l, OP_OR, less, op2(l, OP_AND, same, earlier));
    int add = loops_select(&l->b, counts, loops_int(&l->b, 1), loops_int(&l->b, 0));
    place = op2(l, OP_ADD, loops_carried(&l->b, loop, 0), add);
    lanes_end(l, loop, &place, &place);
    return place;
}

/* Value and vector i go to their column, the vector with its sign. */
static void eigh_column(struct lanes *l, const struct eigh *e, struct ix i)
{
    struct ix k, at = ix_of_var(ix_new_var(l, IX_LANES, place_of(l, e, i), 0, e->n - 1));
    int big = get(l, &e->v, ix_const(0), i);
    int loop = lanes_for(l, ix_const(1), ix_const(e->n), 1, &big, &k);
    int x = get(l, &e->v, k, i), old = loops_carried(&l->b, loop, 0);
    big = loops_select(&l->b, op2(l, OP_LT, op1(l, OP_ABS, old), op1(l, OP_ABS, x)), x, old);
    lanes_end(l, loop, &big, &big);
    int negative = op2(l, OP_LT, big, loops_real(&l->b, 0));
    loops_scatter(&l->b, e->out.mem, ix_lanes_value(l, entry(l, &e->out, ix_const(0), at)), get(l, &e->a, i, i));
    loop = lanes_for(l, ix_const(0), ix_const(e->n), 0, NULL, &k);
    x = get(l, &e->v, k, i);
    x = loops_select(&l->b, negative, op1(l, OP_NEG, x), x);
    loops_scatter(&l->b, e->out.mem, ix_lanes_value(l, entry(l, &e->out, ix_plus(k, 1), at)), x);
    lanes_end(l, loop, NULL, NULL);
}

static void eigh(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    const struct lane_node *in = lane(node)->kept, *ln = lane(node);
    int r = node->rank;
    struct eigh e = {.n = ir_dim(node, r - 1)};
    struct table from = {.mem = in->mem, .origin = in->origin, .row = in->stride[r - 2]};
    e.a = new_table(l, e.n, e.n);
    e.v = new_table(l, e.n, e.n);
    e.out = (struct table){.mem = ln->mem, .origin = ln->origin, .row = ln->stride[r - 2]};
    for (int d = 0; d < r - 2; d++) {
        from.origin = ix_add(l, from.origin, ix_scale(lead[d], in->stride[d]));
        e.out.origin = ix_add(l, e.out.origin, ix_scale(lead[d], ln->stride[d]));
    }
    struct ix i, j;
    int rows = lanes_for(l, ix_const(0), ix_const(e.n), 0, NULL, &i);
    int columns = lanes_for(l, ix_const(0), ix_plus(i, 1), 0, NULL, &j);
    int x = get(l, &from, i, j);
    put(l, &e.a, i, j, x);
    put(l, &e.a, j, i, x);
    lanes_end(l, columns, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
    identity(l, &e.v, e.n);
    eigh_sweeps(l, &e);
    rows = lanes_for(l, ix_const(0), ix_const(e.n), 0, NULL, &i);
    eigh_column(l, &e, i);
    lanes_end(l, rows, NULL, NULL);
}

/* Values and vectors of every matrix, by cyclic Jacobi. */
void lanes_eigh(struct lanes *l, const struct ir_node *node)
{
    struct lane_node kept = lanes_kept(l, node->in[0], false);
    lane(node)->kept = &kept;
    lanes_batches(l, node, node->rank - 2, eigh);
}

/* ---- least squares ---- */

struct pinv {
    struct table a, b, x, c, v, s, z;
    int64_t m, n, k, r, w;
    bool tall;
};

/* Chain from 0 over rows i of x[i][p] * y[i][q]. */
static int column_product(struct lanes *l, int64_t rows, const struct table *x, struct ix p, const struct table *y,
                          struct ix q) {
    struct ix i;
    int sum = loops_real(&l->b, 0), loop = lanes_for(l, ix_const(0), ix_const(rows), 1, &sum, &i);
    sum = loops_fma(&l->b, get(l, x, i, p), get(l, y, i, q), loops_carried(&l->b, loop, 0));
    lanes_end(l, loop, &sum, &sum);
    return sum;
}

static void pinv_sweeps(struct lanes *l, const struct pinv *z)
{
    int sweeps = linalg_sweeps(l->lf->precision, z->w), sums[3];
    struct ix sweep, p, q, i;
    int outer = lanes_for(l, ix_const(0), ix_const(sweeps), 0, NULL, &sweep);
    int rows = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &p);
    int pairs = lanes_for(l, ix_plus(p, 1), ix_const(z->w), 0, NULL, &q);
    for (int k = 0; k < 3; k++) sums[k] = loops_real(&l->b, 0);
    int loop = lanes_for(l, ix_const(0), ix_const(z->r), 3, sums, &i);
    int x = get(l, &z->c, i, p), y = get(l, &z->c, i, q);
    sums[0] = loops_fma(&l->b, x, x, loops_carried(&l->b, loop, 0));
    sums[1] = loops_fma(&l->b, y, y, loops_carried(&l->b, loop, 1));
    sums[2] = loops_fma(&l->b, x, y, loops_carried(&l->b, loop, 2));
    lanes_end(l, loop, sums, sums);
    struct angle g = rotation(l, sums[0], sums[1], sums[2]);
    rotate_columns(l, &z->c, z->r, &g, p, q);
    rotate_columns(l, &z->v, z->w, &g, p, q);
    lanes_end(l, pairs, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
    lanes_end(l, outer, NULL, NULL);
}

/* Squared singular values; returns the bound up to which they count as 0. */
static int singular_values(struct lanes *l, const struct pinv *z)
{
    struct ix j;
    int most = column_product(l, z->r, &z->c, ix_const(0), &z->c, ix_const(0));
    put(l, &z->s, ix_const(0), ix_const(0), most);
    int loop = lanes_for(l, ix_const(1), ix_const(z->w), 1, &most, &j), old = loops_carried(&l->b, loop, 0);
    int s = column_product(l, z->r, &z->c, j, &z->c, j);
    put(l, &z->s, ix_const(0), j, s);
    most = loops_select(&l->b, op2(l, OP_LT, old, s), s, old);
    lanes_end(l, loop, &most, &most);
    bool single = l->lf->precision == 32;
    double tol = (double)z->r * (single ? 0x1p-23 : 0x1p-52);
    int t = loops_real(&l->b, tol);
    return op2(l, OP_MUL, op2(l, OP_MUL, t, t), most);
}

static void pinv_solve(struct lanes *l, const struct pinv *z, int cut)
{
    const struct table *left = z->tall ? &z->c : &z->v, *right = z->tall ? &z->v : &z->c;
    struct ix e, j, i;
    int zero = loops_real(&l->b, 0), sides = lanes_for(l, ix_const(0), ix_const(z->k), 0, NULL, &e);
    int loop = lanes_for(l, ix_const(0), ix_const(z->w), 0, NULL, &j);
    int y = column_product(l, z->m, left, j, &z->b, e), s = get(l, &z->s, ix_const(0), j);
    int inverse = op2(l, OP_DIV, loops_real(&l->b, 1), s);
    put(l, &z->z, ix_const(0), j, loops_select(&l->b, op2(l, OP_LE, s, cut), zero, op2(l, OP_MUL, y, inverse)));
    lanes_end(l, loop, NULL, NULL);
    loop = lanes_for(l, ix_const(0), ix_const(z->n), 0, NULL, &i);
    int sum = zero, inner = lanes_for(l, ix_const(0), ix_const(z->w), 1, &sum, &j);
    sum = loops_fma(&l->b, get(l, right, i, j), get(l, &z->z, ix_const(0), j), loops_carried(&l->b, inner, 0));
    lanes_end(l, inner, &sum, &sum);
    put(l, &z->x, i, e, sum);
    lanes_end(l, loop, NULL, NULL);
    lanes_end(l, sides, NULL, NULL);
}

static struct table batch_of(struct lanes *l, const struct lane_node *ln, int rank, const struct ix *lead)
{
    struct table t = {.mem = ln->mem, .origin = ln->origin, .row = ln->stride[rank - 2]};
    for (int d = 0; d < rank - 2; d++) t.origin = ix_add(l, t.origin, ix_scale(lead[d], ln->stride[d]));
    return t;
}

static void pinv(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    const struct lane_node *kept = lane(node)->kept;
    int r = node->rank;
    struct pinv z = {.m = ir_dim(node->in[0], r - 2), .n = ir_dim(node, r - 2), .k = ir_dim(node, r - 1)};
    z.tall = z.m >= z.n;
    z.r = z.tall ? z.m : z.n;
    z.w = z.tall ? z.n : z.m;
    z.a = batch_of(l, &kept[0], r, lead);
    z.b = batch_of(l, &kept[1], r, lead);
    z.x = batch_of(l, lane(node), r, lead);
    z.c = new_table(l, z.r, z.w);
    z.v = new_table(l, z.w, z.w);
    z.s = new_table(l, 1, z.w);
    z.z = new_table(l, 1, z.w);
    struct ix i, j;
    int rows = lanes_for(l, ix_const(0), ix_const(z.r), 0, NULL, &i);
    int columns = lanes_for(l, ix_const(0), ix_const(z.w), 0, NULL, &j);
    put(l, &z.c, i, j, z.tall ? get(l, &z.a, i, j) : get(l, &z.a, j, i));
    lanes_end(l, columns, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
    identity(l, &z.v, z.w);
    pinv_sweeps(l, &z);
    pinv_solve(l, &z, singular_values(l, &z));
}

/* Minimum-norm least squares of every matrix, by one-sided Jacobi. */
void lanes_pinv(struct lanes *l, const struct ir_node *node)
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
    lanes_batches(l, node, node->rank - 2, pinv);
}
