/* Products as chains: a root node is read down through products, transpositions, scalings and (when told) sums, to
 * factors that are left as they are.
 *
 * A node of one axis is a column. Reshaping a vector between [d], [d, 1] and [1, d] is nothing, or a transposition.
 * Elementwise products with a stretched number are scalings, with a stretched vector diagonal factors. Only the last
 * two axes count; products of matrices in leading axes are chains too, but scaled by numbers alone. */
#include "compiler/chain.h"

enum { FUEL = 64 };

static bool is_vector(const struct ir_node *n)
{
    return n->rank == 1 || (n->rank == 2 && (size_is(n->dims[0], 1) || size_is(n->dims[1], 1)));
}

static bool is_column(const struct ir_node *n)
{
    return n->rank == 1 || size_is(n->dims[n->rank - 1], 1);
}

static int64_t rows_of(const struct ir_node *n)
{
    return ir_dim(n, n->rank == 1 ? 0 : n->rank - 2);
}

static int64_t columns_of(const struct ir_node *n)
{
    return n->rank == 1 ? 1 : ir_dim(n, n->rank - 1);
}

/* A transposition of matrices: of the last two axes. */
bool chain_is_transpose(const struct ir_node *n)
{
    if (n->op != OP_TRANSPOSE || n->rank < 2) return false;
    for (int i = 0; i < n->rank - 2; i++)
        if (n->perm[i] != i) return false;
    return n->perm[n->rank - 1] == n->rank - 2;
}

/* A node that only names its operand's elements as a matrix: *flip, when it transposes. */
static bool passes(const struct ir_node *n, bool *flip)
{
    *flip = false;
    if (n->op == OP_STOP_GRAD) return true;
    if (chain_is_transpose(n)) return *flip = true;
    if (n->op != OP_RESHAPE || !is_vector(n) || !is_vector(n->in[0])) return false;
    *flip = is_column(n) != is_column(n->in[0]);
    return true;
}

/* The number that fills a stretched operand. */
static struct ir_node *number_in(struct ir_node *n)
{
    if (n->op != OP_BROADCAST) return NULL;
    return ir_elements(n->in[0]) == 1 ? n->in[0] : NULL;
}

/* The vector that a matrix's operand repeats over rows or columns; *left: it scales rows. */
static struct ir_node *vector_in(struct ir_node *n, bool *left)
{
    if (n->op != OP_BROADCAST || n->rank != 2) return NULL;
    struct ir_node *v = n->in[0];
    if (!is_vector(v) || ir_elements(v) < 2) return NULL;
    *left = v->rank == 2 && size_is(v->dims[1], 1);
    return v;
}

static bool holds_product(const struct ir_node *n, int fuel)
{
    bool flip;
    if (n->op == OP_MATMUL) return true;
    if (!fuel) return false;
    if (passes(n, &flip) || n->op == OP_NEG) return holds_product(n->in[0], fuel - 1);
    if (n->op != OP_ADD && n->op != OP_SUB && n->op != OP_MUL && n->op != OP_DIV) return false;
    return holds_product(n->in[0], fuel - 1) || holds_product(n->in[1], fuel - 1);
}

/* A scaling of one operand by the other. */
struct scaled {
    struct ir_node *x, *number, *vector;
    bool left, inverse; /* a vector that scales rows; a division */
};

static bool scaled_vector(struct ir_node *n, struct scaled *s)
{
    int k = holds_product(n->in[0], 8) ? 0 : 1;
    if (n->op == OP_DIV ? k : !holds_product(n->in[k], 8)) return false;
    s->x = n->in[k];
    s->vector = n->in[1 - k];
    s->left = is_column(n);
    return true;
}

static bool is_scaled(struct ir_node *n, struct scaled *s)
{
    memset(s, 0, sizeof *s);
    if ((n->op != OP_MUL && n->op != OP_DIV) || n->rank < 1 || n->dtype != DT_REAL) return false;
    s->inverse = n->op == OP_DIV;
    for (int k = 1; k >= (n->op == OP_MUL ? 0 : 1); k--) {
        s->x = n->in[1 - k];
        if ((s->number = number_in(n->in[k]))) return true;
        if (n->rank == 2 && (s->vector = vector_in(n->in[k], &s->left))) return true;
    }
    return is_vector(n) && ir_elements(n) > 1 && scaled_vector(n, s);
}

/* ---- forms ---- */

static struct ir_node *plain_vector(struct ir_node *n)
{
    while (n->op == OP_RESHAPE && is_vector(n->in[0])) n = n->in[0];
    return n;
}

static void leaf(struct ir_node *n, bool transposed, struct form *out)
{
    struct term *t = &out->term[0];
    out->n = 1;
    memset(t, 0, sizeof *t);
    t->n = 1;
    t->factor[0] = (struct factor){ .node = n, .transposed = transposed && ir_elements(n) != 1 };
    t->factor[0].rows = transposed ? columns_of(n) : rows_of(n);
    t->factor[0].columns = transposed ? rows_of(n) : columns_of(n);
}

static bool scale_all(struct form *out, struct scaling s)
{
    for (int i = 0; i < out->n; i++)
        if (out->term[i].scale.n == CHAIN_SCALARS) return false;
    for (int i = 0; i < out->n; i++) out->term[i].scale.of[out->term[i].scale.n++] = s;
    return true;
}

/* A diagonal factor on the left or right of all terms. */
static bool put_diagonal(struct form *out, struct ir_node *vector, bool left, bool inverse)
{
    int64_t n = ir_elements(vector);
    struct factor d = { .node = plain_vector(vector), .diagonal = true, .inverse = inverse, .rows = n, .columns = n };
    for (int i = 0; i < out->n; i++)
        if (out->term[i].n == CHAIN_FACTORS) return false;
    for (int i = 0; i < out->n; i++) {
        struct term *t = &out->term[i];
        if (left) memmove(t->factor + 1, t->factor, sizeof d * (size_t)t->n);
        t->factor[left ? 0 : t->n] = d;
        t->n++;
    }
    return true;
}

static bool add_scalings(struct scalings *to, const struct scalings *from)
{
    if (to->n + from->n > CHAIN_SCALARS) return false;
    for (int i = 0; i < from->n; i++) to->of[to->n++] = from->of[i];
    return true;
}

static bool multiply(const struct form *a, const struct form *b, struct form *out)
{
    out->n = 0;
    if (a->n * b->n > CHAIN_TERMS) return false;
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++) {
            struct term *t = &out->term[out->n++];
            const struct term *x = &a->term[i], *y = &b->term[k];
            *t = *x;
            t->negative = x->negative != y->negative;
            if (x->n + y->n > CHAIN_FACTORS || !add_scalings(&t->scale, &y->scale)) return false;
            memcpy(t->factor + x->n, y->factor, sizeof *y->factor * (size_t)y->n);
            t->n = x->n + y->n;
        }
    return true;
}

/* A sum may fall into its terms inside loops whose number of passes is known: elsewhere nothing is gained by it, and a
 * test for convergence is not to meet the rounding errors of a difference of two products. */
static bool in_counted_loop(const struct ir_region *r)
{
    bool any = false;
    for (; r->owner; r = r->parent) {
        if (r->owner->op == OP_REPEAT && r->owner->stops) return false;
        any |= r->owner->op == OP_REPEAT;
    }
    return any;
}

struct reading {
    unsigned through;
    int fuel;
};

static void read(struct reading *r, struct ir_node *n, bool root, bool transposed, struct form *out);

static bool read_sum(struct reading *r, struct ir_node *n, bool transposed, struct form *out)
{
    struct form b = { 0 };
    read(r, n->in[0], false, transposed, out);
    read(r, n->in[1], false, transposed, &b);
    if (out->n + b.n > CHAIN_TERMS) return false;
    for (int i = 0; i < b.n; i++) {
        out->term[out->n] = b.term[i];
        out->term[out->n++].negative ^= n->op == OP_SUB;
    }
    return true;
}

static bool read_product(struct reading *r, struct ir_node *n, bool transposed, struct form *out)
{
    struct form a = { 0 }, b = { 0 };
    read(r, n->in[transposed], false, transposed, &a);
    read(r, n->in[!transposed], false, transposed, &b);
    return multiply(&a, &b, out);
}

static bool read_inside(struct reading *r, struct ir_node *n, bool root, bool transposed, struct form *out)
{
    struct scaled s;
    bool flip, whole = root || n->uses < 2 || r->through & FORM_SHARED;
    if (r->fuel-- <= 0 || n->dtype != DT_REAL) return false;
    if (passes(n, &flip)) {
        read(r, n->in[0], false, transposed != flip, out);
        return true;
    }
    if (n->op == OP_NEG) {
        read(r, n->in[0], false, transposed, out);
        for (int i = 0; i < out->n; i++) out->term[i].negative ^= true;
        return true;
    }
    if (is_scaled(n, &s)) {
        read(r, s.x, false, transposed, out);
        if (s.number) return scale_all(out, (struct scaling){ s.number, s.inverse });
        return put_diagonal(out, s.vector, s.left != transposed, s.inverse);
    }
    if (n->op == OP_MATMUL) return whole && read_product(r, n, transposed, out);
    if (n->op != OP_ADD && n->op != OP_SUB) return false;
    return whole && r->through & FORM_SUMS && in_counted_loop(n->region) && read_sum(r, n, transposed, out);
}

static void read(struct reading *r, struct ir_node *n, bool root, bool transposed, struct form *out)
{
    if (!read_inside(r, n, root, transposed, out)) leaf(n, transposed, out);
}

static bool take_scaling(struct scalings *s, struct scaling x)
{
    for (int i = 0; i < s->n; i++) {
        if (s->of[i].node != x.node || s->of[i].inverse != x.inverse) continue;
        s->of[i] = s->of[--s->n];
        return true;
    }
    return false;
}

/* Scalings that all terms of a sum have are the sum's. */
static void find_common(struct form *out)
{
    for (int i = 0; out->n > 1 && i < out->term[0].scale.n;) {
        struct scaling x = out->term[0].scale.of[i];
        struct form without = *out;
        bool all = out->common.n < CHAIN_SCALARS;
        for (int t = 0; t < out->n && all; t++) all = take_scaling(&without.term[t].scale, x);
        if (!all) {
            i++;
            continue;
        }
        *out = without;
        out->common.of[out->common.n++] = x;
    }
}

/* The chains whose sum is the root's value, read through what `through` says; false when there is no product. */
bool chain_form(struct ir_node *root, unsigned through, struct form *out)
{
    struct reading r = { through, FUEL };
    memset(out, 0, sizeof *out);
    read(&r, root, true, false, out);
    out->root = root;
    out->rows = rows_of(root);
    out->columns = columns_of(root);
    out->batch = ir_elements(root);
    if (out->batch) out->batch /= out->rows * out->columns;
    bool product = false;
    for (int i = 0; i < out->n; i++) product |= out->term[i].n > 1;
    find_common(out);
    return product;
}

void chain_leaf(struct ir_node *n, struct form *out)
{
    bool flip, all = false;
    for (; passes(n, &flip); n = n->in[0]) all ^= flip;
    leaf(n, all, out);
}

static bool climbs(struct ir_node *user, struct ir_node *n)
{
    struct scaled s;
    bool flip;
    if (user->region != n->region || user->dtype != DT_REAL || user->rank < 1) return false;
    if (passes(user, &flip) || user->op == OP_NEG) return true;
    return is_scaled(user, &s) && s.x == n;
}

/* See chain.h; user[id]: the one node that reads a node, or NULL. */
struct ir_node *chain_root(struct ir_node **user, struct ir_node *product)
{
    struct ir_node *n = product;
    while (n->uses == 1 && user[n->id] && climbs(user[n->id], n)) n = user[n->id];
    return n;
}

/* ---- parts ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

static uint64_t directed_key(struct part p, bool reverse)
{
    uint64_t h = 0x2545F4914F6CDD1Du;
    for (int i = p.from; i <= p.to; i++) {
        const struct factor *f = &p.term->factor[reverse ? p.from + p.to - i : i];
        bool flip = reverse && !f->diagonal && f->rows * f->columns != 1;
        h = mix(h, (uint64_t)f->node->id << 3 | (uint64_t)f->diagonal << 2 | (uint64_t)f->inverse << 1 |
                       (f->transposed != flip));
    }
    return h;
}

uint64_t chain_key(struct part p, bool *flipped)
{
    uint64_t forth = directed_key(p, false), back = directed_key(p, true);
    if (flipped) *flipped = back < forth;
    return back < forth ? back : forth;
}

bool chain_palindrome(struct part p)
{
    return directed_key(p, false) == directed_key(p, true);
}

bool chain_diagonal(struct part p)
{
    for (int i = p.from; i <= p.to; i++)
        if (!p.term->factor[i].diagonal) return false;
    return true;
}

static int depth(const struct ir_region *r)
{
    int d = 0;
    while ((r = r->parent)) d++;
    return d;
}

/* Of two regions one of which is around the other, the inner one. */
const struct ir_region *chain_inner(const struct ir_region *a, const struct ir_region *b)
{
    return depth(b) > depth(a) ? b : a;
}

const struct ir_region *chain_home(struct part p)
{
    const struct ir_region *home = p.term->factor[p.from].node->region;
    for (int i = p.from + 1; i <= p.to; i++) home = chain_inner(home, p.term->factor[i].node->region);
    return home;
}
