/* The cost model of products, and the best way to compute a chain by it.
 *
 * Costs count multiply-adds for one prompt, from sizes alone: no machine is asked, so that every machine computes the
 * same numbers. A product of [m, k] and [k, n] makes m k n multiply-adds (half of them where the result is symmetric),
 * loads each operand once for every four rows or columns of the result, and stores m n. What a load costs depends on
 * the size of the matrix, by the caches of a machine that is usual when sixteen prompts are computed at a time. A
 * matrix that several products with vectors read in the same loop is read once for all of them (X' (X w)).
 * Code in a loop costs as often as the loop has passes (half of them where it may stop early). What stands in the
 * function and is the same for all prompts costs a 64th; what a plan would make is priced as if it were not, since a
 * kernel may run for one batch of prompts only: products of weights are not made to save a product with activations.
 *
 * The order of a chain is the well-known dynamic programme over its parts (Cormen et al., Introduction to Algorithms,
 * 15.2), with diagonal factors, with parts outside of loops, and with parts that are there already at no cost. */
#include "compiler/chain.h"

#include <math.h>

#define COST_STORE 1.0
#define COST_DIVIDE 6.0
#define COST_FUNCTION 12.0
#define SAME_FOR_ALL (1.0 / 64)
#define SHARED_LOADS 4 /* rows or columns that share a load */

/* The cost of loading an element of a matrix with at most so many: 32 KiB and 1 MiB at 64 bytes an element. */
static const struct { double elements, cost; } cache[] = { { 400, 0.5 }, { 14000, 1.5 }, { INFINITY, 4 } };

/* How often code in region r runs for a prompt. */
static double weight(const struct ir_region *r)
{
    double w = 1;
    for (; r->owner; r = r->parent) {
        const struct ir_node *o = r->owner;
        if (o->op == OP_REPEAT) {
            double count = (double)size_value(o->count);
            w *= o->stops && count > 1 ? count / 2 : count;
        } else {
            for (int k = 0; k < r->params.n; k++) w *= (double)size_value(r->counts[k]);
        }
    }
    return w;
}

static double node_weight(const struct ir_node *n)
{
    return weight(n->region) * (n->varying ? 1 : SAME_FOR_ALL);
}

static double load_cost(double elements)
{
    int i = 0;
    while (elements > cache[i].elements) i++;
    return elements * cache[i].cost;
}

/* Without the loads of a matrix that is multiplied by a vector: see stream_cost. */
static double product_cost(double m, double k, double n, bool symmetric)
{
    double cost = m * k * n;
    if (n > 1) cost += load_cost(m * k) * fmax(1, n / SHARED_LOADS);
    if (m > 1) cost += load_cost(k * n) * fmax(1, m / SHARED_LOADS);
    return (symmetric ? cost * (n + 1) / (2 * n) : cost) + COST_STORE * m * n;
}

static double stream_cost(double m, double k, double n)
{
    return m == 1 && n == 1 ? 0 : n == 1 ? load_cost(m * k) : m == 1 ? load_cost(k * n) : 0;
}

static uint64_t stream_key(uint64_t matrix, const struct ir_region *r)
{
    uint64_t h = (matrix ^ 0x5EED) * 0x9E3779B97F4A7C15u;
    return (h ^ h >> 31 ^ (r->owner ? (uint64_t)r->owner->id + 1 : 0)) * 0xD6E8FEB86659FD93u;
}

static double matmul_cost(const struct ir_node *n)
{
    int r = n->rank;
    double m = (double)ir_dim(n, r - 2), k = (double)ir_dim(n->in[0], r - 1), c = (double)ir_dim(n, r - 1);
    if (!ir_elements(n)) return 0;
    return (double)ir_elements(n) / (m * c) * product_cost(m, k, c, m == c && ir_is_symmetric(n));
}

/* The loads of a matrix that the product n multiplies by a vector. */
struct step chain_stream(struct ir_node *n)
{
    struct form f;
    int r = n->rank;
    double m = (double)ir_dim(n, r - 2), k = (double)ir_dim(n->in[0], r - 1), c = (double)ir_dim(n, r - 1);
    double cost = ir_elements(n) ? stream_cost(m, k, c) * (double)ir_elements(n) / (m * c) : 0;
    if (!(cost > 0)) return (struct step){ 0, 0 };
    chain_leaf(n->in[c > 1], &f);
    uint64_t key = stream_key(chain_key((struct part){ &f.term[0], 0, 0 }, NULL), n->region);
    return (struct step){ key, cost * node_weight(n) };
}

/* What a node costs all in all, but for chain_stream; views and what the pass never removes cost nothing. */
double chain_node_cost(const struct ir_node *n)
{
    double elements = (double)ir_elements(n), w = node_weight(n);
    if (n->op == OP_MATMUL) return w * matmul_cost(n);
    if (n->op == OP_DIV || n->op == OP_SQRT) return w * elements * COST_DIVIDE;
    if (n->op == OP_EXP || n->op == OP_LOG || n->op == OP_TANH) return w * elements * COST_FUNCTION;
    return op_info[n->op].class == OP_CLASS_ELEM || n->op == OP_SELECT ? w * elements : 0;
}

/* ---- parts ---- */

static double part_weight(struct part p)
{
    return weight(chain_home(p));
}

static double part_elements(struct part p)
{
    double rows = (double)p.term->factor[p.from].rows;
    return chain_diagonal(p) ? rows : rows * (double)p.term->factor[p.to].columns;
}

static bool mirrored(struct part a, struct part b)
{
    bool flip_a, flip_b;
    if (chain_key(a, &flip_a) != chain_key(b, &flip_b) || chain_diagonal(a)) return false;
    return flip_a != flip_b || (chain_palindrome(a) && a.to > a.from);
}

struct join {
    struct step product, stream;
    struct part matrix; /* what is streamed */
};

/* The cost of multiplying the two parts that p falls into after factor k. */
static struct join join(struct part p, int k, double batch)
{
    struct part a = { p.term, p.from, k }, b = { p.term, k + 1, p.to };
    double w = part_weight(p) * batch;
    struct join j = { .product.key = chain_key(p, NULL) };
    if (chain_diagonal(a) || chain_diagonal(b)) {
        j.product.cost = w * (1 + COST_STORE) * part_elements(p);
        return j;
    }
    double m = (double)p.term->factor[p.from].rows, inner = (double)p.term->factor[k].columns;
    double n = (double)p.term->factor[p.to].columns;
    j.product.cost = w * product_cost(m, inner, n, mirrored(a, b));
    j.stream.cost = w * stream_cost(m, inner, n);
    j.matrix = n == 1 ? a : b;
    if (j.stream.cost > 0) j.stream.key = stream_key(chain_key(j.matrix, NULL), chain_home(p));
    return j;
}

/* The same with a share of the loads only, where the chain has the matrix more than once. */
static double join_cost(struct part p, int k, double batch)
{
    struct join j = join(p, k, batch);
    double times = 0;
    uint64_t key = j.stream.cost > 0 ? chain_key(j.matrix, NULL) : 0;
    int length = j.matrix.to - j.matrix.from;
    for (int i = 0; j.stream.cost > 0 && i + length < p.term->n; i++)
        times += chain_key((struct part){ p.term, i, i + length }, NULL) == key;
    return j.product.cost + (times ? j.stream.cost / times : 0);
}

static double factor_cost(struct part p)
{
    return p.term->factor[p.from].inverse ? part_weight(p) * COST_DIVIDE * part_elements(p) : 0;
}

/* The products of a term in the order of least cost. */
static void order(struct plan *plan, int t, bool squares)
{
    const struct term *term = &plan->form.term[t];
    double cost[CHAIN_FACTORS][CHAIN_FACTORS];
    for (int i = 0; i < term->n; i++) cost[i][i] = factor_cost((struct part){ term, i, i });
    for (int length = 2; length <= term->n; length++)
        for (int i = 0, j = length - 1; j < term->n; i++, j++) {
            struct part p = { term, i, j };
            cost[i][j] = INFINITY;
            for (int k = i; k < j; k++) {
                bool twice = mirrored((struct part){ term, i, k }, (struct part){ term, k + 1, j });
                double all = cost[i][k] + (twice ? 0 : cost[k + 1][j]) + join_cost(p, k, (double)plan->form.batch);
                if (!squares && length < term->n && chain_palindrome(p)) all = INFINITY;
                if (all < cost[i][j] || k == i) plan->split[t][i][j] = (signed char)k;
                if (all < cost[i][j]) cost[i][j] = all;
            }
            if (plan->free && chain_key(p, NULL) == plan->free) cost[i][j] = 0;
        }
}

/* ---- scalings ---- */

static double scalings_cost(const struct scalings *s, const struct ir_region **home)
{
    double work = 0;
    for (int i = 0; i < s->n; i++) {
        *home = i ? chain_inner(*home, s->of[i].node->region) : s->of[i].node->region;
        work += s->of[i].inverse && !ir_splat(s->of[i].node) ? COST_DIVIDE : 1;
    }
    return s->n > 1 || s->of[0].inverse ? work * weight(*home) : 0;
}

struct scaler {
    struct plan *plan;
    int term;
    const struct ir_region *home; /* of the scaling */
    double best;
};

/* Finds the part of the plan with the fewest elements to scale. */
static void find_smallest(struct scaler *s, struct part p)
{
    double elements = part_elements(p) * (double)s->plan->form.batch;
    double cost = elements * weight(chain_inner(chain_home(p), s->home));
    const struct factor *f = &p.term->factor[p.from];
    if (p.from == p.to && !f->diagonal && f->rows > 1 && f->columns > 1) /* another matrix to be kept and loaded */
        cost = (1 + COST_STORE) * cost + load_cost(elements) * weight(s->plan->form.root->region);
    if (cost < s->best) {
        s->best = cost;
        s->plan->scaled[s->term].from = p.from;
        s->plan->scaled[s->term].to = p.to;
    }
    if (p.from == p.to || chain_key(p, NULL) == s->plan->free) return;
    int k = s->plan->split[s->term][p.from][p.to];
    find_smallest(s, (struct part){ p.term, p.from, k });
    find_smallest(s, (struct part){ p.term, k + 1, p.to });
}

static void scale(struct plan *plan, int t)
{
    const struct term *term = &plan->form.term[t];
    struct scaler s = { plan, t, NULL, INFINITY };
    plan->scaled[t].from = -1;
    if (!term->scale.n) return;
    plan->own += scalings_cost(&term->scale, &s.home);
    find_smallest(&s, (struct part){ term, 0, term->n - 1 });
    plan->own += s.best;
}

static bool holds_scaled(const struct plan *plan, int t, struct part p)
{
    return plan->scaled[t].from >= p.from && plan->scaled[t].to <= p.to;
}

static void list_steps(struct chains *c, struct plan *plan, int t, struct part p)
{
    if (p.from == p.to) {
        plan->own += factor_cost(p);
        return;
    }
    int k = plan->split[t][p.from][p.to];
    struct join j = join(p, k, (double)plan->form.batch);
    if (holds_scaled(plan, t, p) && (plan->scaled[t].from > p.from || plan->scaled[t].to < p.to))
        plan->own += j.product.cost; /* a factor of it is scaled: nobody else wants that */
    else vec_push(c->arena, &plan->steps, j.product);
    if (j.stream.cost > 0) {
        if (holds_scaled(plan, t, j.matrix)) plan->own += j.stream.cost;
        else vec_push(c->arena, &plan->steps, j.stream);
    }
    list_steps(c, plan, t, (struct part){ p.term, p.from, k });
    list_steps(c, plan, t, (struct part){ p.term, k + 1, p.to });
}

/* The best plan for a form; `squares`: parts may be products of something with its own transposition; `free`: the key
 * of a product that costs nothing, or 0. */
struct plan *chain_plan(struct chains *c, const struct form *form, bool squares, uint64_t free)
{
    struct plan *plan = ARENA_NEW(c->arena, struct plan);
    const struct ir_region *home = form->root->region;
    plan->form = *form;
    plan->free = free;
    for (int t = 0; t < form->n; t++) {
        order(plan, t, squares);
        scale(plan, t);
        list_steps(c, plan, t, (struct part){ &plan->form.term[t], 0, form->term[t].n - 1 });
    }
    double elements = (double)(form->rows * form->columns * form->batch), w = weight(home);
    plan->own += (form->n - 1) * elements * w;
    if (!form->common.n) return plan;
    plan->own += scalings_cost(&form->common, &home) + elements * w;
    return plan;
}
