/* Plans become nodes. A node goes to the innermost region of its operands, at the end of what that region holds so far:
 * the pass walks the regions in order and lists their nodes anew, so this is in front of what uses it, and in front of
 * the loops that do not change it. Products that several plans make are made once. */
#include "compiler/chain.h"

struct made {
    uint64_t key;
    bool flipped;
    struct ir_node *node;
};

struct chain_emitter {
    struct chains *c;
    struct ir_func *f;
    const struct plan *plan;
    int term;
    struct span where;
    VEC(struct made) products;
    VEC(struct ir_node *) replaced; /* by id; NULL: not */
};

/* An emitter for the function, which has replaced nothing. */
struct chain_emitter *chain_emitter_new(struct chains *c)
{
    struct chain_emitter *e = ARENA_NEW(c->arena, struct chain_emitter);
    e->c = c;
    e->f = c->f;
    return e;
}

struct ir_node *chain_current(struct chain_emitter *e, struct ir_node *n)
{
    return n->id < e->replaced.n && e->replaced.data[n->id] ? e->replaced.data[n->id] : n;
}

void chain_replace(struct chain_emitter *e, struct ir_node *n, struct ir_node *by)
{
    while (e->replaced.n <= n->id) vec_push(e->c->arena, &e->replaced, NULL);
    e->replaced.data[n->id] = by;
}

/* ---- nodes ---- */

static dim number(struct chain_emitter *e, int64_t n)
{
    return size_int(e->f->sizes, n);
}

static struct ir_node *add(struct chain_emitter *e, struct ir_node *proto, struct ir_node *x, struct ir_node *y)
{
    struct ir_node *in[] = { x, y };
    proto->nin = y ? 2 : 1;
    proto->in = in;
    proto->where = e->where;
    const struct ir_region *home = y ? chain_inner(x->region, y->region) : x->region;
    return ir_add(e->f, (struct ir_region *)home, proto);
}

static struct ir_node *elementwise(struct chain_emitter *e, enum ir_op op, struct ir_node *x, struct ir_node *y)
{
    struct ir_node p = { .op = op, .dtype = DT_REAL, .rank = x->rank };
    memcpy(p.dims, x->dims, sizeof p.dims);
    return add(e, &p, x, y);
}

static struct ir_node *reshape(struct chain_emitter *e, struct ir_node *x, int rank, int64_t rows, int64_t columns)
{
    struct ir_node p = { .op = OP_RESHAPE, .dtype = DT_REAL, .rank = rank };
    if (rank > 0) p.dims[0] = number(e, rows);
    if (rank > 1) p.dims[1] = number(e, columns);
    return add(e, &p, x, NULL);
}

static struct ir_node *transpose(struct chain_emitter *e, struct ir_node *x)
{
    int r = x->rank;
    if (r < 2) return x;
    struct ir_node p = { .op = OP_TRANSPOSE, .dtype = DT_REAL, .rank = r };
    for (int i = 0; i < r; i++) p.perm[i] = i < r - 2 ? i : i == r - 2 ? r - 1 : r - 2;
    for (int i = 0; i < r; i++) p.dims[i] = x->dims[p.perm[i]];
    return add(e, &p, x, NULL);
}

static struct ir_node *stretch(struct chain_emitter *e, struct ir_node *x, const struct ir_node *like)
{
    struct ir_node p = { .op = OP_BROADCAST, .dtype = DT_REAL, .rank = like->rank };
    memcpy(p.dims, like->dims, sizeof p.dims);
    return add(e, &p, x, NULL);
}

/* ---- scalings ---- */

static struct ir_node *one(struct chain_emitter *e)
{
    return ir_const_real(e->f, e->f->top, 1);
}

/* One number: the product of all, what changes least first. */
static struct ir_node *scaling(struct chain_emitter *e, const struct scalings *s)
{
    struct ir_node *all = NULL;
    bool done[CHAIN_SCALARS] = { false };
    for (int k = 0; k < s->n; k++) {
        int next = -1;
        for (int i = 0; i < s->n; i++) /* chain_inner gives the first of equals */
            if (!done[i] && (next < 0 || chain_inner(s->of[i].node->region, s->of[next].node->region) !=
                                             s->of[i].node->region))
                next = i;
        done[next] = true;
        struct ir_node *x = reshape(e, chain_current(e, s->of[next].node), 0, 0, 0);
        bool constant = ir_splat(x) != NULL;
        if (s->of[next].inverse && (constant || !all)) x = elementwise(e, OP_DIV, one(e), x);
        if (!all) all = x;
        else all = elementwise(e, s->of[next].inverse && !constant ? OP_DIV : OP_MUL, all, x);
    }
    return all;
}

static struct ir_node *scale(struct chain_emitter *e, struct ir_node *x, const struct scalings *s)
{
    return elementwise(e, OP_MUL, x, stretch(e, scaling(e, s), x));
}

/* ---- parts ---- */

/* A diagonal as a vector of one axis, anything else as a matrix. */
static struct ir_node *factor(struct chain_emitter *e, const struct factor *f)
{
    struct ir_node *n = chain_current(e, f->node);
    if (f->diagonal) {
        n = reshape(e, n, 1, f->rows, 0);
        return f->inverse ? elementwise(e, OP_DIV, stretch(e, one(e), n), n) : n;
    }
    if (n->rank == 1) return reshape(e, n, 2, f->rows, f->columns);
    return f->transposed ? transpose(e, n) : n;
}

/* A' B' is (B A)': as it was written, most often. */
static struct ir_node *matmul(struct chain_emitter *e, struct ir_node *x, struct ir_node *y)
{
    if (chain_is_transpose(x) && chain_is_transpose(y)) return transpose(e, matmul(e, y->in[0], x->in[0]));
    int r = x->rank;
    struct ir_node p = { .op = OP_MATMUL, .dtype = DT_REAL, .rank = r };
    for (int i = 0; i < r - 1; i++) p.dims[i] = x->dims[i];
    p.dims[r - 1] = y->dims[r - 1];
    return add(e, &p, x, y);
}

static struct ir_node *join(struct chain_emitter *e, struct ir_node *x, bool x_diagonal, struct ir_node *y,
                            bool y_diagonal)
{
    if (x_diagonal && y_diagonal) return elementwise(e, OP_MUL, x, y);
    if (x_diagonal) return elementwise(e, OP_MUL, y, stretch(e, reshape(e, x, 2, ir_dim(x, 0), 1), y));
    if (y_diagonal) return elementwise(e, OP_MUL, x, stretch(e, reshape(e, y, 2, 1, ir_dim(y, 0)), x));
    return matmul(e, x, y);
}

static bool holds_scaled(const struct chain_emitter *e, struct part p, bool inside)
{
    int from = e->plan->scaled[e->term].from, to = e->plan->scaled[e->term].to;
    return from >= p.from && to <= p.to && (!inside || from > p.from || to < p.to);
}

static struct ir_node *find(struct chain_emitter *e, struct part p)
{
    bool flipped;
    uint64_t key = chain_key(p, &flipped);
    for (int i = 0; i < e->products.n; i++) {
        const struct made *m = &e->products.data[i];
        if (m->key == key) return m->flipped != flipped && !chain_palindrome(p) ? transpose(e, m->node) : m->node;
    }
    return NULL;
}

static struct ir_node *emit_part(struct chain_emitter *e, struct part p)
{
    bool known = !holds_scaled(e, p, true), flipped;
    struct ir_node *n = p.from == p.to ? factor(e, &p.term->factor[p.from]) : known ? find(e, p) : NULL;
    if (!n) {
        int k = e->plan->split[e->term][p.from][p.to];
        struct part a = { p.term, p.from, k }, b = { p.term, k + 1, p.to };
        struct ir_node *x = emit_part(e, a), *y = emit_part(e, b);
        n = join(e, x, chain_diagonal(a), y, chain_diagonal(b));
        uint64_t key = chain_key(p, &flipped);
        if (known) vec_push(e->c->arena, &e->products, ((struct made){ key, flipped, n }));
    }
    if (!known || !holds_scaled(e, p, false)) return n;
    return scale(e, n, &p.term->scale);
}

/* The sum of a form's terms; the first that is not subtracted comes first. */
static struct ir_node *emit_terms(struct chain_emitter *e, const struct plan *p)
{
    const struct form *f = &p->form;
    struct ir_node *value[CHAIN_TERMS], *sum = NULL;
    for (int t = 0; t < f->n; t++) {
        e->term = t;
        value[t] = emit_part(e, (struct part){ &f->term[t], 0, f->term[t].n - 1 });
        if (!sum && !f->term[t].negative) {
            sum = value[t];
            value[t] = NULL;
        }
    }
    bool negative = !sum;
    for (int t = 0; t < f->n; t++) {
        if (!value[t]) continue;
        if (!sum) sum = value[t];
        else sum = elementwise(e, f->term[t].negative == negative ? OP_ADD : OP_SUB, sum, value[t]);
    }
    return negative ? elementwise(e, OP_NEG, sum, NULL) : sum;
}

/* The value of the plan's root, computed as planned. */
struct ir_node *chain_emit(struct chain_emitter *e, const struct plan *p)
{
    struct ir_node *root = p->form.root;
    e->plan = p;
    e->where = root->where;
    struct ir_node *n = emit_terms(e, p);
    if (root->rank == 1) n = reshape(e, n, 1, p->form.rows, 0);
    if (p->form.common.n) n = scale(e, n, &p->form.common);
    if (!n->name) n->name = root->name;
    return n;
}

/* Tells that a product which stays has been reached. */
void chain_made(struct chain_emitter *e, struct ir_node *product, const struct form *form)
{
    bool flipped;
    const struct term *t = &form->term[0];
    if (form->n != 1 || t->scale.n || t->negative || t->n < 2) return;
    struct part p = { t, 0, t->n - 1 };
    uint64_t key = chain_key(p, &flipped);
    if (!find(e, p)) vec_push(e->c->arena, &e->products, ((struct made){ key, flipped, product }));
}
