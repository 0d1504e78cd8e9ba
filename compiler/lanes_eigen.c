/* Eigenvalues and vectors of symmetric matrices for a lane a prompt, by Jacobi's method in the order of operations of
 * linalg.inc. The number of sweeps is fixed, so all lanes do the same. */
#include "compiler/lanes_matrix.h"
#include "compiler/linalg.h"

static struct matrix new_matrix(struct lanes *l, int64_t n)
{
    int mem = lanes_buffer(l, DT_REAL, n * n, NULL);
    return (struct matrix){.mem = mem, .origin = ix_const(0), .row = n, .column = 1};
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
static void rotate_columns(struct lanes *l, const struct matrix *t, int64_t rows, const struct angle *g, struct ix p,
                           struct ix q) {
    struct ix i;
    int loop = lanes_for(l, ix_const(0), ix_const(rows), 0, NULL, &i);
    int x = get(l, t, i, p), y = get(l, t, i, q);
    rotate(l, g, &x, &y);
    put(l, t, i, p, x);
    put(l, t, i, q, y);
    lanes_end(l, loop, NULL, NULL);
}

static void identity(struct lanes *l, const struct matrix *t, int64_t n)
{
    struct ix i, j;
    int rows = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &i);
    int columns = lanes_for(l, ix_const(0), ix_const(n), 0, NULL, &j);
    int same = loops_index_op(&l->b, L_IEQ, ix_value(l, i), ix_value(l, j));
    put(l, t, i, j, loops_select(&l->b, same, loops_real(&l->b, 1), loops_real(&l->b, 0)));
    lanes_end(l, columns, NULL, NULL);
    lanes_end(l, rows, NULL, NULL);
}

struct eigh {
    struct matrix a, v, out;
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
    struct matrix from = matrix_of(l, in, r, lead);
    e.a = new_matrix(l, e.n);
    e.v = new_matrix(l, e.n);
    e.out = matrix_of(l, ln, r, lead);
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
