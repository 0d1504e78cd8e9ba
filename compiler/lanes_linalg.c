/* Cholesky factors, triangular systems and elimination for a lane a prompt, in the order of operations of linalg.inc.
 *
 * Cholesky goes by blocks of columns, left-looking: the tile on the diagonal, then tiles of rows below it. A tile's
 * chains over the columns already finished run side by side, then the tile's own columns one after the other. The
 * matrix is thought of as padded with the identity to whole blocks, which changes no bit of the rest, and with some
 * more rows of anything; the buffer has these rows and columns too. */
#include <math.h>
#include "compiler/lanes_matrix.h"

#define COLUMNS_MAX 5
#define ROWS_MAX 6

/* ---- Cholesky ---- */

struct cholesky {
    const struct ir_node *in;
    const struct ix *lead;
    struct matrix to;
    int64_t n;
    int columns, rows;                          /* of a block, of a tile below the diagonal */
    bool zeros;                                 /* the upper triangle is read */
    int factor[COLUMNS_MAX][COLUMNS_MAX];       /* the tile on the diagonal */
    int inverse[COLUMNS_MAX];
    int acc[ROWS_MAX * COLUMNS_MAX];            /* of a tile, by row */
};

/* Keeps a position inside the matrix; *inside becomes a flag, or stays as it is when that is certain. */
static struct ix clamped(struct lanes *l, const struct cholesky *c, struct ix i, int *inside)
{
    int64_t lo, hi;
    ix_range(l, &i, &lo, &hi);
    if (hi < c->n) return i;
    int v = ix_value(l, i), flag = loops_index_op(&l->b, L_ILT, v, loops_index(&l->b, c->n));
    *inside = *inside < 0 ? flag : loops_index_op(&l->b, L_FAND, *inside, flag);
    v = loops_index_op(&l->b, L_IMIN, v, loops_index(&l->b, c->n - 1));
    return ix_of_var(ix_new_var(l, IX_COUNTER, v, 0, c->n - 1));
}

/* Entry (i, j) of the operand; beyond its edge, of the identity if `exact`, else of anything. */
static int padded(struct lanes *l, const struct cholesky *c, struct ix i, struct ix j, bool exact)
{
    struct ix at[IR_MAX_RANK];
    int r = c->in->rank, inside = -1;
    for (int d = 0; d < r - 2; d++) at[d] = c->lead[d];
    at[r - 2] = clamped(l, c, i, &inside);
    at[r - 1] = clamped(l, c, j, &inside);
    int value = lanes_elem(l, c->in, at);
    if (inside < 0 || !exact) return value;
    int same = loops_index_op(&l->b, L_IEQ, ix_value(l, i), ix_value(l, j));
    int identity = loops_select(&l->b, same, loops_real(&l->b, 1), loops_real(&l->b, 0));
    return loops_select(&l->b, inside, value, identity);
}

/* Subtracts the part of the finished columns 0 .. j-1 from `rows` rows of accumulators, from row i on. */
static void finished_columns(struct lanes *l, struct cholesky *c, struct ix i, struct ix j, int rows, bool diagonal)
{
    int w = c->columns, n = rows * w, *acc = c->acc, x[COLUMNS_MAX];
    struct ix k;
    int64_t lo, hi;
    ix_range(l, &j, &lo, &hi);
    if (hi == 0) return;
    int loop = lanes_for(l, ix_const(0), j, n, acc, &k);
    for (int p = 0; p < w; p++) x[p] = get(l, &c->to, ix_plus(j, p), k);
    for (int r = 0; r < rows; r++) {
        int y = minus(l, diagonal ? x[r] : get(l, &c->to, ix_plus(i, r), k));
        for (int p = 0; p < w; p++) {
            acc[r * w + p] = loops_carried(&l->b, loop, r * w + p);
            if (!diagonal || p <= r) acc[r * w + p] = loops_fma(&l->b, y, x[p], acc[r * w + p]);
        }
    }
    lanes_end(l, loop, acc, acc);
}

static void diagonal_tile(struct lanes *l, struct cholesky *c, struct ix j)
{
    int w = c->columns, zero = loops_real(&l->b, 0);
    bool exact = c->n % w != 0;
    for (int r = 0; r < w; r++)
        for (int p = 0; p < w; p++)
            c->acc[r * w + p] = p <= r ? padded(l, c, ix_plus(j, r), ix_plus(j, p), exact) : zero;
    finished_columns(l, c, j, j, w, true);
    for (int p = 0; p < w; p++)
        for (int r = p; r < w; r++) {
            int x = c->acc[r * w + p];
            for (int k = 0; k < p; k++) x = loops_fma(&l->b, minus(l, c->factor[r][k]), c->factor[p][k], x);
            if (r == p) {
                int positive = loops_elem2(&l->b, OP_LT, zero, x);
                x = loops_select(&l->b, positive, loops_elem1(&l->b, OP_SQRT, x), loops_real(&l->b, NAN));
                c->inverse[p] = reciprocal(l, x);
            } else {
                x = loops_elem2(&l->b, OP_MUL, x, c->inverse[p]);
            }
            c->factor[r][p] = x;
            put(l, &c->to, ix_plus(j, r), ix_plus(j, p), x);
            if (r != p && c->zeros) put(l, &c->to, ix_plus(j, p), ix_plus(j, r), zero);
        }
}

static void lower_tile(struct lanes *l, struct cholesky *c, struct ix i, struct ix j)
{
    int w = c->columns, *acc = c->acc, zero = loops_real(&l->b, 0);
    bool exact = c->n % w != 0;
    for (int r = 0; r < c->rows; r++)
        for (int p = 0; p < w; p++) acc[r * w + p] = padded(l, c, ix_plus(i, r), ix_plus(j, p), exact);
    finished_columns(l, c, i, j, c->rows, false);
    for (int p = 0; p < w; p++)
        for (int r = 0; r < c->rows; r++) {
            int x = acc[r * w + p];
            for (int k = 0; k < p; k++) x = loops_fma(&l->b, minus(l, acc[r * w + k]), c->factor[p][k], x);
            acc[r * w + p] = loops_elem2(&l->b, OP_MUL, x, c->inverse[p]);
            put(l, &c->to, ix_plus(i, r), ix_plus(j, p), acc[r * w + p]);
            if (c->zeros) put(l, &c->to, ix_plus(j, p), ix_plus(i, r), zero);
        }
}

static bool upper_is_read(const struct ir_node *node)
{
    for (int k = 0; k < lane(node)->seen.n; k++) {
        const struct ir_node *by = lane(node)->seen.data[k].by->node;
        if (!by || by->op != OP_TRISOLVE || by->in[0] != node || by->in[1] == node) return true;
    }
    return false;
}

static int block_columns(int64_t n)
{
    if (n <= 4) return (int)n;
    return n % 4 == 0 ? 4 : n % 5 == 0 ? 5 : n % 3 == 0 && n < 12 ? 3 : 4;
}

/* Columns in whole blocks, and rows for a last tile that reaches beyond them. */
static int64_t padded_size(int64_t n)
{
    int w = block_columns(n);
    return (n + w - 1) / w * w + (n > w ? ROWS_MAX : 0);
}

static void cholesky(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    struct cholesky c = {.in = node->in[0], .lead = lead, .n = ir_dim(node, node->rank - 1)};
    c.to = matrix_of(l, lane(node), node->rank, lead);
    c.columns = block_columns(c.n);
    c.rows = l->registers / c.columns - 2 < ROWS_MAX ? l->registers / c.columns - 2 : ROWS_MAX;
    c.zeros = upper_is_read(node);
    int64_t blocks = (c.n + c.columns - 1) / c.columns;
    struct ix j, t, tiles, rest;
    int columns = lanes_for(l, ix_const(0), ix_const(blocks), 0, NULL, &j);
    j = ix_scale(j, c.columns);
    diagonal_tile(l, &c, j);
    if (blocks > 1) {
        struct ix below = ix_add(l, ix_const((blocks - 1) * c.columns + c.rows - 1), ix_scale(j, -1));
        ix_divmod(l, below, c.rows, &tiles, &rest);
        int loop = lanes_for(l, ix_const(0), tiles, 0, NULL, &t);
        lower_tile(l, &c, ix_add(l, ix_plus(j, c.columns), ix_scale(t, c.rows)), j);
        lanes_end(l, loop, NULL, NULL);
    }
    lanes_end(l, columns, NULL, NULL);
}

/* The lower factor of every matrix. */
void lanes_cholesky(struct lanes *l, const struct ir_node *node)
{
    struct lane_node *ln = lane(node);
    int r = node->rank;
    int64_t n = padded_size(ir_dim(node, r - 1)), size = n * n;
    ln->stride[r - 1] = 1;
    ln->stride[r - 2] = n;
    for (int d = r - 2; d-- > 0; size *= ir_dim(node, d)) ln->stride[d] = size;
    ln->mem = lanes_buffer(l, node->dtype, size, node->name);
    lanes_batches(l, node, r - 2, cholesky);
}

/* ---- triangular systems ---- */

/* Rows are counted in the order in which they are solved: row `step` is n - 1 - step of an upper system. So both kinds
 * are blocks of rows whose chains over the rows solved before run side by side. */
struct triangular {
    const struct ir_node *factor; /* pulled by element; NULL: `kept` */
    struct matrix kept;
    const struct ir_node *right;  /* NULL: `x` holds the right-hand sides */
    const struct ix *lead;
    int rank;
    struct matrix x;
    int64_t n, m;
    bool up, swapped;
    struct ix step;               /* the first of the rows being solved */
    int rows;
};

static struct ix row_of(struct lanes *l, const struct triangular *t, struct ix step)
{
    return t->up ? ix_add(l, ix_const(t->n - 1), ix_scale(step, -1)) : step;
}

/* Entry of the triangle at the rows of two steps. */
static int factor_entry(struct lanes *l, const struct triangular *t, struct ix step, struct ix before)
{
    struct ix at[IR_MAX_RANK], i = row_of(l, t, step), k = row_of(l, t, before);
    if (!t->factor) return get(l, &t->kept, i, k);
    for (int d = 0; d < t->rank - 2; d++) at[d] = t->lead[d];
    at[t->rank - 2] = t->swapped ? k : i;
    at[t->rank - 1] = t->swapped ? i : k;
    return lanes_elem(l, t->factor, at);
}

static int right_entry(struct lanes *l, const struct triangular *t, struct ix step, struct ix c)
{
    struct ix at[IR_MAX_RANK], i = row_of(l, t, step);
    if (!t->right) return get(l, &t->x, i, c);
    for (int d = 0; d < t->rank - 2; d++) at[d] = t->lead[d];
    at[t->rank - 2] = i;
    at[t->rank - 1] = c;
    return lanes_elem(l, t->right, at);
}

/* One step of all chains of a tile: `rows` rows, `len` columns from c on, the term of the row solved in step k. */
static void chains(struct lanes *l, const struct triangular *t, struct ix k, struct ix c, int len, const int *from,
                   int *acc) {
    for (int r = 0; r < t->rows; r++) {
        int y = minus(l, factor_entry(l, t, ix_plus(t->step, r), k));
        for (int e = 0; e < len; e++)
            acc[r * len + e] = loops_fma(&l->b, y, get(l, &t->x, row_of(l, t, k), ix_plus(c, e)), from[r * len + e]);
    }
}

static void solve_columns(struct lanes *l, struct ix c, int len, void *data)
{
    const struct triangular *t = data;
    int n = t->rows * len, *acc = ARENA_ARRAY(l->arena, int, n), *from = ARENA_ARRAY(l->arena, int, n);
    struct ix k;
    for (int r = 0; r < t->rows; r++)
        for (int e = 0; e < len; e++) acc[r * len + e] = right_entry(l, t, ix_plus(t->step, r), ix_plus(c, e));
    int64_t lo, hi;
    ix_range(l, &t->step, &lo, &hi);
    if (hi > 0) {
        int loop = lanes_for(l, ix_const(0), t->step, n, acc, &k);
        for (int e = 0; e < n; e++) from[e] = loops_carried(&l->b, loop, e);
        chains(l, t, k, c, len, from, acc);
        lanes_end(l, loop, acc, acc);
    }
    for (int r = 0; r < t->rows; r++) {
        struct ix step = ix_plus(t->step, r);
        for (int p = 0; p < r; p++) {
            int y = minus(l, factor_entry(l, t, step, ix_plus(t->step, p)));
            for (int e = 0; e < len; e++) acc[r * len + e] = loops_fma(&l->b, y, acc[p * len + e], acc[r * len + e]);
        }
        int inverse = reciprocal(l, factor_entry(l, t, step, step));
        for (int e = 0; e < len; e++) {
            acc[r * len + e] = loops_elem2(&l->b, OP_MUL, acc[r * len + e], inverse);
            put(l, &t->x, row_of(l, t, step), ix_plus(c, e), acc[r * len + e]);
        }
    }
}

static void solve_rows(struct lanes *l, struct ix step, int len, void *data)
{
    struct triangular *t = data;
    t->step = step;
    t->rows = len;
    int most = len > 1 ? (l->registers - 1) / (len + 1) : 8; /* accumulators, and what they share */
    lanes_tiles(l, 0, t->m, lanes_pick(t->m, most < 6 ? most : 6), solve_columns, t);
}

static void solve(struct lanes *l, struct triangular *t)
{
    lanes_tiles(l, 0, t->n, lanes_pick(t->n, t->m == 1 ? 8 : 4), solve_rows, t);
}

/* See lanes_matrix.h. */
void lanes_triangle(struct lanes *l, const struct matrix *t, const struct matrix *x, int64_t n, int64_t m, bool up)
{
    struct triangular s = {.kept = *t, .x = *x, .n = n, .m = m, .up = up};
    solve(l, &s);
}

static void trisolve(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    struct triangular t = {.factor = node->in[0], .right = node->in[1], .lead = lead, .rank = node->rank};
    t.x = matrix_of(l, lane(node), node->rank, lead);
    t.n = ir_dim(node, node->rank - 2);
    t.m = ir_dim(node, node->rank - 1);
    t.up = node->upper != node->transposed;
    t.swapped = node->transposed;
    solve(l, &t);
}

/* L X = B or L' X = B for every matrix. */
void lanes_trisolve(struct lanes *l, const struct ir_node *node)
{
    lanes_batches(l, node, node->rank - 2, trisolve);
}

/* ---- elimination with partial pivoting ---- */

struct lu {
    struct matrix a, b;
    int64_t n, m;
};

/* The row, a lane, whose entry in column k is the largest from row k on. */
static int pivot_row(struct lanes *l, const struct lu *u, struct ix k)
{
    int state[2] = {loops_elem1(&l->b, OP_ABS, get(l, &u->a, k, k)), ix_lanes_value(l, k)};
    struct ix i;
    int loop = lanes_for(l, ix_plus(k, 1), ix_const(u->n), 2, state, &i);
    int size = loops_elem1(&l->b, OP_ABS, get(l, &u->a, i, k)), best = loops_carried(&l->b, loop, 0);
    int larger = loops_elem2(&l->b, OP_LT, best, size);
    state[0] = loops_select(&l->b, larger, size, best);
    state[1] = loops_select(&l->b, larger, ix_lanes_value(l, i), loops_carried(&l->b, loop, 1));
    lanes_end(l, loop, state, state);
    return state[1];
}

/* Rows k and (a lane) p change places in columns from .. to-1. */
static void swap_rows(struct lanes *l, const struct matrix *m, struct ix k, int p, struct ix from, int64_t to)
{
    struct ix j, row = ix_of_var(ix_new_var(l, IX_LANES, p, 0, INT64_C(1) << 30));
    int loop = lanes_for(l, from, ix_const(to), 0, NULL, &j);
    int place = ix_lanes_value(l, entry(l, m, row, j));
    int here = get(l, m, k, j), there = loops_gather(&l->b, m->mem, place);
    loops_scatter(&l->b, m->mem, place, here);
    put(l, m, k, j, there);
    lanes_end(l, loop, NULL, NULL);
}

/* Row i of a matrix loses y times row k in columns from .. to-1. */
static void subtract_row(struct lanes *l, const struct matrix *m, struct ix i, struct ix k, int y, struct ix from,
                         int64_t to) {
    struct ix j;
    int loop = lanes_for(l, from, ix_const(to), 0, NULL, &j);
    put(l, m, i, j, loops_fma(&l->b, y, get(l, m, k, j), get(l, m, i, j)));
    lanes_end(l, loop, NULL, NULL);
}

static void eliminate(struct lanes *l, const struct lu *u)
{
    struct ix k, i;
    int columns = lanes_for(l, ix_const(0), ix_const(u->n), 0, NULL, &k);
    int p = pivot_row(l, u, k);
    swap_rows(l, &u->a, k, p, k, u->n);
    if (u->m) swap_rows(l, &u->b, k, p, ix_const(0), u->m);
    int inverse = reciprocal(l, get(l, &u->a, k, k));
    int below = lanes_for(l, ix_plus(k, 1), ix_const(u->n), 0, NULL, &i);
    int y = minus(l, loops_elem2(&l->b, OP_MUL, get(l, &u->a, i, k), inverse));
    subtract_row(l, &u->a, i, k, y, ix_plus(k, 1), u->n);
    if (u->m) subtract_row(l, &u->b, i, k, y, ix_const(0), u->m);
    lanes_end(l, below, NULL, NULL);
    lanes_end(l, columns, NULL, NULL);
}

static int log_of_entry(struct lanes *l, const struct lu *u, struct ix i)
{
    return loops_elem1(&l->b, OP_LOG, loops_elem1(&l->b, OP_ABS, get(l, &u->a, i, i)));
}

static void log_determinant(struct lanes *l, const struct ir_node *node, const struct lu *u, const struct ix *lead)
{
    struct ix i;
    int sum = log_of_entry(l, u, ix_const(0));
    if (u->n > 1) {
        int loop = lanes_for(l, ix_const(1), ix_const(u->n), 1, &sum, &i);
        sum = loops_elem2(&l->b, OP_ADD, loops_carried(&l->b, loop, 0), log_of_entry(l, u, i));
        lanes_end(l, loop, &sum, &sum);
    }
    lanes_store(l, lane(node)->mem, lanes_number(l, lane(node), node->rank, lead), sum);
}

static void lu(struct lanes *l, const struct ir_node *node, const struct ix *lead)
{
    const struct lane_node *kept = lane(node)->kept;
    int r = node->in[0]->rank;
    struct lu u = {.a = matrix_of(l, &kept[0], r, lead), .n = ir_dim(node->in[0], r - 1)};
    if (node->op == OP_LU_SOLVE) {
        u.b = matrix_of(l, lane(node), r, lead);
        u.m = ir_dim(node, r - 1);
    }
    eliminate(l, &u);
    if (node->op == OP_LU_LOGDET) {
        log_determinant(l, node, &u, lead);
        return;
    }
    lanes_triangle(l, &u.a, &u.b, u.n, u.m, true);
}

/* LU_SOLVE and LU_LOGDET: elimination in a copy of the matrix; the result's buffer starts as the right-hand sides. */
void lanes_lu(struct lanes *l, const struct ir_node *node)
{
    struct lane_node kept = lanes_kept(l, node->in[0], true);
    lane(node)->kept = &kept;
    if (ir_elements(node->in[0]) == 0) { /* the determinant of an empty matrix */
        lanes_store(l, lane(node)->mem, ix_const(0), loops_real(&l->b, 0));
        return;
    }
    if (node->op == OP_LU_SOLVE) {
        struct dest to = lanes_dest(node);
        lanes_fill(l, node->in[1], &to, false);
    }
    lanes_batches(l, node, node->in[0]->rank - 2, lu);
}
