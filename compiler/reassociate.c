/* Products of matrices in the order of least cost.
 *
 * Every product with the scalings around it is a root. It can stay, or be computed in another way: another order of
 * its chain, scalings moved to where there are fewest elements, sums taken apart so that what does not change in a
 * loop moves in front of it: X'(X w - y) becomes (X'X) w - X'y when the loop is long enough to pay for X'X. Which of
 * its plans a root takes is decided by the cost of the whole function, so that what is shared counts once, and what
 * is needed anyway counts even if no root of the chain reads it any more: first root by root, then, for each X'X that
 * several could use, all of them together. The model of cost is in chain_cost.c, from sizes alone.
 *
 * Rounding is not kept; docs/language.md ("Numbers") says what is promised. ICL_GRAM=off in the environment keeps the
 * pass from making new products of a matrix with itself, and sums whole: to measure what they bring. */
#include "compiler/chain.h"

#include <stdlib.h>

enum { ROUNDS = 4, CANDIDATES = 8 };
#define WORK 1e7 /* nodes visited in search of better plans */

struct root {
    struct ir_node *node;
    VEC(struct plan *) plans;
    const struct plan *plan; /* NULL: as it is */
};

struct product { /* a MATMUL that may serve others while it stays */
    bool simple;
    uint64_t key;
    struct step stream;
    struct form form;
};

struct pass {
    struct chains c;
    bool gram; /* new products of a matrix with itself, sums taken apart */
    struct arena scratch;
    struct ir_node **user;     /* by id: the only one */
    struct root **root_of;     /* by id */
    struct product **product;  /* by id */
    double *cost;              /* by id */
    VEC(struct root *) roots;
    uint64_t candidate[CANDIDATES];
    int candidates;
    double work;
    /* while a choice is priced */
    unsigned char *live;       /* by id */
    struct ir_node **queue;
    int queued;
    uint64_t *seen;            /* keys of products that are paid for: open addressing */
    int nseen, seen_size, products;
};

/* ---- what there is ---- */

static void note_user(struct ir_node *n, void *data)
{
    struct pass *p = data;
    for (int i = 0; i < n->nin; i++) p->user[n->in[i]->id] = n;
}

static void find_root(struct pass *p, struct ir_node *product)
{
    struct ir_node *n = chain_root(p->user, product);
    struct form form;
    if (p->root_of[n->id] || !ir_elements(n)) return;
    struct root *r = ARENA_NEW(&p->scratch, struct root);
    r->node = n;
    bool any = false;
    for (unsigned through = 0; through < FORM_KINDS && !any; through++)
        any = (p->gram || !(through & FORM_SUMS)) && chain_form(n, through, &form) &&
              (form.n > 1 || form.term[0].n > 2 || form.term[0].scale.n);
    if (!any) return;
    p->root_of[n->id] = r;
    vec_push(&p->scratch, &p->roots, r);
}

static void visit(struct ir_node *n, void *data)
{
    struct pass *p = data;
    p->cost[n->id] = chain_node_cost(n);
    if (n->op != OP_MATMUL) return;
    find_root(p, n);
    struct product *x = ARENA_NEW(&p->scratch, struct product);
    const struct term *t = &x->form.term[0];
    x->simple = chain_form(n, FORM_SHARED, &x->form) && x->form.n == 1 && !t->scale.n && !t->negative;
    if (x->simple) x->key = chain_key((struct part){ t, 0, t->n - 1 }, NULL);
    x->stream = chain_stream(n);
    p->product[n->id] = x;
    p->products++;
}

static bool inside(const struct ir_region *r, const struct ir_region *around)
{
    for (; r; r = r->parent)
        if (r == around) return true;
    return false;
}

/* Products of something with itself that stand outside of the loop they would serve. */
static void find_candidates(struct pass *p, const struct form *form)
{
    for (int t = 0; t < form->n; t++)
        for (int i = 0; i < form->term[t].n; i++)
            for (int j = i + 1; j < form->term[t].n && j < i + 3; j++) {
                struct part part = { &form->term[t], i, j };
                if (chain_diagonal(part) || !chain_palindrome(part)) continue;
                const struct ir_region *home = chain_home(part);
                if (home == form->root->region || !inside(form->root->region, home)) continue;
                uint64_t key = chain_key(part, NULL);
                bool new = p->candidates < CANDIDATES;
                for (int k = 0; k < p->candidates; k++) new &= p->candidate[k] != key;
                if (new) p->candidate[p->candidates++] = key;
            }
}

static bool holds(const struct form *form, uint64_t key)
{
    for (int t = 0; t < form->n; t++)
        for (int i = 0; i < form->term[t].n; i++)
            for (int j = i + 1; j < form->term[t].n; j++)
                if (chain_key((struct part){ &form->term[t], i, j }, NULL) == key) return true;
    return false;
}

static void add_plans(struct pass *p, struct root *r, bool candidates)
{
    struct form form[FORM_KINDS];
    int n = 0;
    for (unsigned through = 0; through < FORM_KINDS; through++) {
        if (!p->gram && through & FORM_SUMS) continue;
        if (!chain_form(r->node, through, &form[n])) continue;
        bool new = true;
        for (int k = 0; k < n; k++) new &= memcmp(&form[k], &form[n], sizeof form[k]) != 0;
        if (!new) continue;
        if (candidates) find_candidates(p, &form[n]);
        else vec_push(&p->scratch, &r->plans, chain_plan(&p->c, &form[n], false, 0));
        if (!candidates && p->gram) vec_push(&p->scratch, &r->plans, chain_plan(&p->c, &form[n], true, 0));
        for (int k = 0; k < p->candidates && !candidates; k++)
            if (holds(&form[n], p->candidate[k]))
                vec_push(&p->scratch, &r->plans, chain_plan(&p->c, &form[n], p->gram, p->candidate[k]));
        n++;
    }
}

/* ---- the cost of a choice ---- */

static bool first_time(struct pass *p, uint64_t key)
{
    size_t mask = (size_t)p->seen_size - 1, at = (size_t)key & mask;
    while (p->seen[at] && p->seen[at] != key) at = (at + 1) & mask;
    if (p->seen[at] || p->nseen + 1 >= p->seen_size) return !p->seen[at];
    p->seen[at] = key;
    p->nseen++;
    return true;
}

static void need(struct pass *p, struct ir_node *n)
{
    if (p->live[n->id]) return;
    p->live[n->id] = 1;
    p->queue[p->queued++] = n;
}

static double need_plan(struct pass *p, const struct plan *plan)
{
    double cost = plan->own;
    const struct form *f = &plan->form;
    for (int i = 0; i < plan->steps.n; i++)
        if (first_time(p, plan->steps.data[i].key)) cost += plan->steps.data[i].cost;
    for (int i = 0; i < f->common.n; i++) need(p, f->common.of[i].node);
    for (int t = 0; t < f->n; t++) {
        for (int i = 0; i < f->term[t].n; i++) need(p, f->term[t].factor[i].node);
        for (int i = 0; i < f->term[t].scale.n; i++) need(p, f->term[t].scale.of[i].node);
    }
    return cost;
}

static double need_node(struct pass *p, struct ir_node *n)
{
    const struct product *x = p->product[n->id];
    for (int i = 0; i < n->nin; i++) need(p, n->in[i]);
    for (int i = 0; n->body && i < n->body->results.n; i++) need(p, n->body->results.data[i]);
    if (n->region->owner) need(p, n->region->owner);
    double cost = x && x->stream.key && first_time(p, x->stream.key) ? x->stream.cost : 0;
    return x && x->simple && !first_time(p, x->key) ? cost : cost + p->cost[n->id];
}

/* What all that is needed costs, `free` not counted. Leaves in `live` what is needed. */
static double price(struct pass *p, uint64_t free)
{
    const struct ir_region *top = p->c.f->top;
    double cost = 0;
    memset(p->live, 0, (size_t)p->c.f->next_id);
    memset(p->seen, 0, sizeof *p->seen * (size_t)p->seen_size);
    p->nseen = p->queued = 0;
    if (free) first_time(p, free);
    for (int i = 0; i < top->results.n; i++) need(p, top->results.data[i]);
    for (int i = 0; i < p->queued; i++) {
        struct ir_node *n = p->queue[i];
        const struct root *r = p->root_of[n->id];
        cost += r && r->plan ? need_plan(p, r->plan) : need_node(p, n);
    }
    p->work -= p->queued;
    return cost;
}

/* ---- the choice ---- */

static bool better(double cost, double than)
{
    return cost < than * (1 - 1e-9);
}

/* Gives the root the best of its plans that were made for `free`. */
static double improve(struct pass *p, struct root *r, uint64_t free, double cost)
{
    const struct plan *best = r->plan;
    for (int i = 0; i < r->plans.n && p->work > 0; i++) {
        if (r->plans.data[i]->free && r->plans.data[i]->free != free) continue;
        r->plan = r->plans.data[i];
        double now = price(p, free);
        if (!better(now, cost)) continue;
        cost = now;
        best = r->plan;
    }
    r->plan = best;
    return cost;
}

/* All roots that a product would serve, together. */
static double improve_together(struct pass *p, uint64_t key, double cost)
{
    const struct plan **before = ARENA_ARRAY(&p->scratch, const struct plan *, p->roots.n);
    double with = price(p, key);
    for (int i = 0; i < p->roots.n; i++) before[i] = p->roots.data[i]->plan;
    for (int i = 0; i < p->roots.n; i++) with = improve(p, p->roots.data[i], key, with);
    double now = price(p, 0);
    if (better(now, cost)) return now;
    for (int i = 0; i < p->roots.n; i++) p->roots.data[i]->plan = before[i];
    return cost;
}

static void choose(struct pass *p)
{
    double cost = price(p, 0);
    for (int round = 0; round < ROUNDS; round++) {
        double before = cost;
        for (int i = 0; i < p->roots.n; i++) cost = improve(p, p->roots.data[i], 0, cost);
        for (int i = 0; i < p->candidates; i++) cost = improve_together(p, p->candidate[i], cost);
        if (!better(cost, before)) break;
    }
    price(p, 0);
}

/* ---- the new function ---- */

static void rewrite(struct pass *p, struct chain_emitter *e, struct ir_region *r)
{
    struct ir_region old = *r;
    memset(&r->nodes, 0, sizeof r->nodes);
    for (int i = 0; i < old.nodes.n; i++) {
        struct ir_node *n = old.nodes.data[i];
        for (int k = 0; k < n->nin; k++) n->in[k] = chain_current(e, n->in[k]);
        if (n->body) rewrite(p, e, n->body);
        const struct root *root = p->root_of[n->id];
        bool live = p->live[n->id];
        if (live && root && root->plan) chain_replace(e, n, chain_emit(e, root->plan));
        else if (live && p->product[n->id]) chain_made(e, n, &p->product[n->id]->form);
        vec_push(p->c.f->arena, &r->nodes, n);
    }
    for (int i = 0; i < r->results.n; i++) r->results.data[i] = chain_current(e, r->results.data[i]);
}

static void check_sizes(struct ir_node *n, void *data)
{
    for (int i = 0; i < n->rank; i++) *(bool *)data &= size_known(n->dims[i], NULL);
    if (n->op == OP_REPEAT) *(bool *)data &= size_known(n->count, NULL);
}

static void *table(struct pass *p, size_t size)
{
    return arena_alloc(&p->scratch, size * (size_t)(p->c.f->next_id + 1));
}

/* Computes products in the order of least cost. Leaves what is not needed any more. */
void ir_pass_reassociate(struct ir_func *f)
{
    struct pass p = { .work = WORK };
    bool known = true;
    const char *gram = getenv("ICL_GRAM");
    ir_walk(f->top, check_sizes, &known);
    if (!known) return;
    p.c = (struct chains){ &p.scratch, f };
    p.gram = !gram || strcmp(gram, "off");
    ir_count_uses(f);
    ir_mark_varying(f);
    p.user = table(&p, sizeof *p.user);
    p.root_of = table(&p, sizeof *p.root_of);
    p.product = table(&p, sizeof *p.product);
    p.cost = table(&p, sizeof *p.cost);
    p.live = table(&p, 1);
    p.queue = table(&p, sizeof *p.queue);
    ir_walk(f->top, note_user, &p);
    ir_walk(f->top, visit, &p);
    for (p.seen_size = 64; p.seen_size < 4 * p.products + 32 * (p.roots.n + 4); p.seen_size *= 2) continue;
    p.seen = ARENA_ARRAY(&p.scratch, uint64_t, p.seen_size);
    for (int i = 0; i < p.roots.n; i++) add_plans(&p, p.roots.data[i], true);
    for (int i = 0; i < p.roots.n; i++) add_plans(&p, p.roots.data[i], false);
    if (p.roots.n) {
        choose(&p);
        rewrite(&p, chain_emitter_new(&p.c), f->top);
    }
    arena_free(&p.scratch);
}
