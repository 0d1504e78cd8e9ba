/* Rules of the builtins of linear algebra: the last two axes are a matrix, those before them are many of them. */
#include "compiler/builtins.h"
#include "compiler/warn.h"

static bool square(struct ev *ev, struct args *a, int k)
{
    const struct value *x = a->v[k];
    if (x->rank >= 2 && size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) != SIZE_DIFFERENT) {
        a->v[k] = t_cast(ev, a->v[k], DT_REAL);
        return true;
    }
    struct diag *m = ev_error(ev, E_SHAPE, a->at[k], "a square matrix is needed here");
    ev_show(ev, m, a->at[k], x);
    return false;
}

SCRIPT_BUILTIN(bi_square)
{
    (void)s;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    warn_singular(ev, a->v[0], a->call);
    return t_unary_op(ev, b->op, a->v[0], 0);
}

/* Does B hold a vector for each of several matrices A? Else matrices: `ambiguous` where it could be either. */
static bool is_vectors(const struct value *A, const struct value *B, bool *ambiguous)
{
    bool each = B->rank == A->rank - 1 && A->rank > 2;
    for (int i = 0; each && i < B->rank; i++) each = size_compare(A->dims[i], B->dims[i]) == SIZE_EQUAL;
    *ambiguous = each && size_compare(B->dims[B->rank - 2], B->dims[B->rank - 1]) == SIZE_EQUAL;
    return B->rank == 1 || each;
}

/* Shows the matrix and the right side. NULL. */
static struct value *both_shown(struct ev *ev, struct args *a, struct diag *m)
{
    ev_show(ev, m, a->at[0], a->v[0]);
    ev_show(ev, m, a->at[1], a->v[1]);
    return NULL;
}

/* The right side as a matrix, or several; *vector: its last axis was added. NULL: reported. */
static struct value *right_side(struct ev *ev, struct args *a, dim rows, bool *vector)
{
    struct value *A = a->v[0], *B = t_cast(ev, a->v[1], DT_REAL);
    bool ambiguous = false;
    dim dims[IR_MAX_RANK];
    if (B->rank == 0) {
        builtin_wrong_rank(ev, a, 1, "a vector or a matrix");
        return NULL;
    }
    *vector = is_vectors(A, B, &ambiguous);
    if (ambiguous) {
        struct diag *m = ev_error(ev, E_BROADCAST, a->call,
                                  "the right side is one matrix, or a vector for each matrix");
        diag_help(m, "give it the axis that is meant: `reshape(%s, [1, n, n])` or `reshape(%s, [n, n, 1])`",
                  ev_text(ev, a->at[1]), ev_text(ev, a->at[1]));
        return both_shown(ev, a, m);
    }
    if (*vector) {
        memcpy(dims, B->dims, sizeof B->dims);
        dims[B->rank] = size_int(ev->sizes, 1);
        B = t_reshape(ev, B, B->rank + 1, dims);
    }
    if (size_compare(B->dims[B->rank - 2], rows) == SIZE_DIFFERENT)
        return both_shown(ev, a, ev_error(ev, E_SHAPE, a->call, "the right side has %s rows, the matrix %s",
                                          size_str(ev->arena, B->dims[B->rank - 2]), size_str(ev->arena, rows)));
    if (t_join_leading(A, B, dims) < 0)
        return both_shown(ev, a, ev_error(ev, E_BROADCAST, a->call, "the matrices and the right sides differ in their "
                                                                    "leading axes"));
    return B;
}

static struct value *as_vector(struct ev *ev, struct value *x, bool vector)
{
    return vector && x->kind == V_TENSOR ? t_reshape(ev, x, x->rank - 1, x->dims) : x;
}

SCRIPT_BUILTIN(bi_solve)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (!square(ev, a, 0)) return &value_error;
    struct value *B = right_side(ev, a, a->v[0]->dims[a->v[0]->rank - 1], &vector);
    return B ? as_vector(ev, t_solve(ev, a->v[0], B, a->call), vector) : &value_error;
}

SCRIPT_BUILTIN(bi_trisolve)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (!square(ev, a, 0)) return &value_error;
    struct value *B = right_side(ev, a, a->v[0]->dims[a->v[0]->rank - 1], &vector);
    if (!B) return &value_error;
    bool upper = builtin_flag(ev, a, 2), transposed = builtin_flag(ev, a, 3);
    return as_vector(ev, t_trisolve(ev, a->v[0], B, upper, transposed), vector);
}

SCRIPT_BUILTIN(bi_lstsq)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    bool vector;
    if (a->v[0]->rank < 2) return builtin_wrong_rank(ev, a, 0, "a matrix");
    struct value *A = a->v[0] = t_cast(ev, a->v[0], DT_REAL);
    struct value *B = right_side(ev, a, A->dims[A->rank - 2], &vector);
    if (!B) return &value_error;
    return as_vector(ev, t_matrix_op(ev, (struct ir_node){ .op = OP_PINV_SOLVE }, A, B), vector);
}

SCRIPT_BUILTIN(bi_inv)
{
    (void)s, (void)b;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *A = a->v[0], *I = t_broadcast(ev, t_eye(ev, A->dims[A->rank - 1]), A->rank, A->dims);
    return t_solve(ev, A, I, a->call);
}

/* By Cholesky (twice the sum of the logarithms of the diagonal) when a Gram matrix by construction, else by LU. */
SCRIPT_BUILTIN(bi_logdet)
{
    (void)s, (void)b;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *A = a->v[0];
    warn_singular(ev, A, a->call);
    if (!A->node || !ir_is_positive(A->node)) return t_unary_op(ev, OP_LU_LOGDET, A, 0);
    struct value *d = builtin_diagonal(ev, t_unary_op(ev, OP_CHOLESKY, A, 0));
    return t_elem2(ev, OP_MUL, t_const(ev, 2), t_reduce(ev, OP_SUM, t_elem1(ev, OP_LOG, d, a->call), A->rank - 2),
                   a->call);
}

SCRIPT_BUILTIN(bi_eigh)
{
    (void)s, (void)b;
    TENSOR(0);
    if (!square(ev, a, 0)) return &value_error;
    struct value *both = t_unary_op(ev, OP_EIGH, a->v[0], 0);
    if (both->kind != V_TENSOR) return both;
    int axis = both->rank - 2;
    dim n = a->v[0]->dims[a->v[0]->rank - 1];
    struct value *part[2] = { t_at(ev, both, axis, size_int(ev->sizes, 0)),
                              t_slice(ev, both, axis, size_int(ev->sizes, 1), n, 1) };
    return value_list(ev->arena, V_TUPLE, 2, part);
}
