/* Which matrices are symmetric by construction, bit for bit. The question asked is a wider one: is b the transposition
 * of a in the last two axes? A matrix is symmetric when it is its own. Products qualify because a chain of fused
 * multiply-adds does not care which factor comes first: (P Q)' = Q' P' holds exactly. */
#include "compiler/ir.h"

enum { FUEL = 400 }; /* nodes looked at; what is deeper counts as not known */

static bool swaps_last_two(const struct ir_node *n)
{
    if (n->op != OP_TRANSPOSE || n->rank < 2) return false;
    for (int i = 0; i < n->rank; i++) {
        int want = i == n->rank - 1 ? i - 1 : i == n->rank - 2 ? i + 1 : i;
        if (n->perm[i] != want) return false;
    }
    return true;
}

static bool swapped_shape(const struct ir_node *a, const struct ir_node *b)
{
    int r = a->rank;
    if (r != b->rank || r < 2 || !ir_same_dims(r - 2, a->dims, b->dims)) return false;
    return ir_same_dims(1, a->dims + r - 1, b->dims + r - 2) && ir_same_dims(1, a->dims + r - 2, b->dims + r - 1);
}

static bool is_one(const struct ir_node *n, int axis_from_last)
{
    return n->rank < axis_from_last || size_is(n->dims[n->rank - axis_from_last], 1);
}

static const struct ir_node *base(const struct ir_node *n)
{
    while (n->op == OP_RESHAPE) n = n->in[0];
    return n;
}

/* Stretched operands: the same one stretched along both axes, or one vector as a column and as a row. */
static bool mirror_broadcast(const struct ir_node *a, const struct ir_node *b)
{
    const struct ir_node *x = a->in[0], *y = b->in[0];
    if (x == y) return is_one(x, 1) && is_one(x, 2);
    if (base(x) != base(y)) return false;
    for (int i = 0; i < x->rank - 2; i++)
        if (!size_is(x->dims[i], 1)) return false;
    for (int i = 0; i < y->rank - 2; i++)
        if (!size_is(y->dims[i], 1)) return false;
    return (is_one(x, 1) && is_one(y, 2)) || (is_one(x, 2) && is_one(y, 1));
}

static bool mirror_iota(const struct ir_node *a, const struct ir_node *b)
{
    int last = a->rank - 1, other = a->rank - 2;
    if (a->axis < other) return a->axis == b->axis;
    return a->axis == last ? b->axis == other : b->axis == last;
}

static bool mirror(const struct ir_node *a, const struct ir_node *b, int *fuel);

static bool commutes(enum ir_op op)
{
    return op == OP_ADD || op == OP_MUL || op == OP_EQ || op == OP_NE || op == OP_AND || op == OP_OR;
}

static bool mirror_elem(const struct ir_node *a, const struct ir_node *b, int *fuel)
{
    bool all = true;
    for (int k = 0; k < a->nin && all; k++) all = mirror(a->in[k], b->in[k], fuel);
    if (all) return true;
    if (a->op == OP_ABS && a->in[0]->op == OP_SUB && b->in[0]->op == OP_SUB) {
        a = a->in[0];
        b = b->in[0];
    } else if (!commutes(a->op)) {
        return false;
    }
    return mirror(a->in[0], b->in[1], fuel) && mirror(a->in[1], b->in[0], fuel);
}

static bool mirror(const struct ir_node *a, const struct ir_node *b, int *fuel)
{
    if ((*fuel)-- <= 0 || !swapped_shape(a, b)) return false;
    bool ta = swaps_last_two(a), tb = swaps_last_two(b);
    if (ta && a->in[0] == b) return true;
    if (tb && b->in[0] == a) return true;
    if (ta && tb) return mirror(a->in[0], b->in[0], fuel);
    if (a->op != b->op) return false;
    enum op_class class = op_info[a->op].class;
    if (class == OP_CLASS_ELEM || (class == OP_CLASS_MIXED && a->op != OP_GET)) return mirror_elem(a, b, fuel);
    switch (a->op) {
    case OP_IOTA: return mirror_iota(a, b);
    case OP_BROADCAST: return mirror_broadcast(a, b);
    case OP_MATMUL: return mirror(a->in[0], b->in[1], fuel) && mirror(a->in[1], b->in[0], fuel);
    default: return false;
    }
}

/* Tells whether the matrices n are symmetric by construction; false: not known. */
bool ir_is_symmetric(const struct ir_node *n)
{
    int fuel = FUEL;
    return mirror(n, n, &fuel);
}

/* A scalar stretched over a matrix that is no negative constant: what scales a matrix without changing its sign, as
 * far as that can be told. */
static bool scales(const struct ir_node *n)
{
    const struct ir_node *c = ir_splat((struct ir_node *)n);
    if (c) return c->real >= 0;
    if (n->op != OP_BROADCAST) return false;
    for (int i = 0; i < n->in[0]->rank; i++)
        if (!size_is(n->in[0]->dims[i], 1)) return false;
    return n->in[0]->op != OP_NEG;
}

static bool is_eye(const struct ir_node *n)
{
    return n->op == OP_TO_REAL && n->in[0]->op == OP_EQ && n->in[0]->in[0]->op == OP_IOTA &&
           n->in[0]->in[1]->op == OP_IOTA;
}

static bool positive(const struct ir_node *n, int *fuel)
{
    if (--*fuel <= 0) return false;
    switch (n->op) {
    case OP_MATMUL: return mirror(n->in[0], n->in[1], fuel);
    case OP_ADD: return positive(n->in[0], fuel) && positive(n->in[1], fuel);
    case OP_MUL:
        return (scales(n->in[0]) && positive(n->in[1], fuel)) || (scales(n->in[1]) && positive(n->in[0], fuel));
    case OP_DIV: return scales(n->in[1]) && positive(n->in[0], fuel);
    case OP_BROADCAST: return n->in[0]->rank >= 2 && positive(n->in[0], fuel);
    default: return is_eye(n);
    }
}

/* Tells whether the matrices n are positive semidefinite by construction: A' A, the identity, and sums and scalings of
 * such; a scalar that is not a constant is taken to be positive, as the a of X'X + a I is. False: not known. */
bool ir_is_positive(const struct ir_node *n)
{
    int fuel = FUEL;
    return n->rank >= 2 && positive(n, &fuel) && ir_is_symmetric(n);
}
