/* The adjoint of loops and builders.
 *
 * A loop is run again backwards. Going forward it keeps every state at the start of every pass on a tape, one more
 * state of the loop (memory: the number of passes times the size of the states). Backwards, pass by pass, the body is
 * computed again from the tape and differentiated by its states and by what it uses from outside; the adjoints of the
 * states and of the outside values are the states of the backward loop. A loop that stopped early (`until`) also counts
 * its passes, and the backward loop leaves out those it did not take. */
#include <string.h>
#include "compiler/grad_rules.h"

/* ---- what a body uses from outside ---- */

static bool inside(const struct ir_region *r, const struct ir_region *of)
{
    for (; r; r = r->parent)
        if (r == of) return true;
    return false;
}

void grad_captures(struct adjoint *a, struct ir_region *body, struct ir_region *within,
                   void (*visit)(struct adjoint *, struct ir_node *))
{
    for (int i = 0; i < body->nodes.n; i++) {
        struct ir_node *n = body->nodes.data[i];
        for (int k = 0; k < n->nin; k++)
            if (!inside(n->in[k]->region, within)) visit(a, n->in[k]);
        if (n->body) grad_captures(a, n->body, within, visit);
    }
    for (int i = 0; i < body->results.n; i++)
        if (!inside(body->results.data[i]->region, within)) visit(a, body->results.data[i]);
}

struct outside {
    struct adjoint a; /* so that a visit finds its list */
    struct adjoint *of;
    VEC(struct ir_node *) list;
};

static void keep_outside(struct adjoint *a, struct ir_node *n)
{
    struct outside *o = (struct outside *)a;
    if (!adjoint_needed(o->of, n)) return;
    for (int i = 0; i < o->list.n; i++)
        if (o->list.data[i] == n) return;
    vec_push(o->of->ev->arena, &o->list, n);
}

/* ---- copying a body ---- */

struct copy {
    struct ev *ev;
    struct ir_region *from;        /* the body; its nodes are copied to the current region when they are asked for */
    struct ir_node **to;           /* by id of the original; NULL: not yet, or itself */
    int n;
    struct ir_region *old[32], *new[32]; /* regions inside it */
    int regions;
};

static struct ir_node *copied(struct copy *c, struct ir_node *n);

static void copy_body(struct copy *c, struct ir_region *from, struct ir_node *proto)
{
    struct ir_func *f = c->ev->k->f;
    struct ir_region *to = ir_region_new(f, c->ev->k->region);
    int mine = c->regions++;
    c->old[mine] = from;
    c->new[mine] = to;
    memcpy(to->counts, from->counts, sizeof to->counts);
    for (int k = 0; k < from->params.n; k++) {
        struct ir_node *p = from->params.data[k];
        c->to[p->id] = ir_param(f, to, p->dtype, p->rank, p->dims, p->name);
    }
    struct ir_region *outer = c->ev->k->region;
    c->ev->k->region = to;
    for (int k = 0; k < from->results.n; k++) vec_push(f->arena, &to->results, copied(c, from->results.data[k]));
    c->ev->k->region = outer;
    proto->body = to;
}

static struct ir_node *copied(struct copy *c, struct ir_node *n)
{
    struct kernel *k = c->ev->k;
    if (n->id < c->n && c->to[n->id]) return c->to[n->id];
    if (!inside(n->region, c->from)) return n;
    struct ir_node proto = *n, *in[n->nin + 1];
    struct ir_region *current = k->region;
    for (int i = 0; i < c->regions; i++)
        if (c->old[i] == n->region) k->region = c->new[i];
    if (n->region == c->from) k->region = c->new[0];
    for (int i = 0; i < n->nin; i++) in[i] = copied(c, n->in[i]);
    proto.in = in;
    if (n->body) copy_body(c, n->body, &proto);
    struct ir_node *made = ir_add(k->f, k->region, &proto);
    if (n->body) made->body->owner = made;
    k->region = current;
    return c->to[n->id] = made;
}

static struct copy copy_of(struct ev *ev, struct ir_region *body)
{
    struct copy c = { .ev = ev, .from = body, .n = ev->k->f->next_id, .regions = 1 };
    c.to = ARENA_ARRAY(ev->arena, struct ir_node *, c.n);
    c.old[0] = body;
    c.new[0] = ev->k->region;
    return c;
}

static struct ir_node *variable(struct ev *ev, struct ir_node *in)
{
    struct ir_node p = {
        .op = OP_VARIABLE, .dtype = in->dtype, .rank = in->rank, .nin = 1, .in = &in, .slot = ev->k->f->next_id
    };
    memcpy(p.dims, in->dims, sizeof p.dims);
    return ir_add(ev->k->f, ev->k->region, &p);
}

/* ---- changing a loop: one more state ---- */

/* Moves a node, and those it is made of, before the loop that now starts from it. */
static struct ir_node *move_before(struct ir_node *loop, struct ir_node *n)
{
    struct ir_region *r = loop->region;
    int at = 0, to = 0;
    if (n->region != r) return n;
    for (int i = 0; i < n->nin; i++) move_before(loop, n->in[i]);
    while (r->nodes.data[at] != n) at++;
    while (r->nodes.data[to] != loop) to++;
    if (at < to) return n;
    memmove(&r->nodes.data[to + 1], &r->nodes.data[to], sizeof n * (size_t)(at - to));
    r->nodes.data[to] = n;
    return n;
}

/* Adds a state that starts as `init`; its next value is set by the caller. Returns its parameter. */
static struct ir_node *add_state(struct ev *ev, struct ir_node *loop, struct ir_node *init)
{
    struct ir_func *f = ev->k->f;
    struct ir_region *b = loop->body;
    struct ir_node **in = arena_alloc(f->arena, sizeof *in * (size_t)(loop->nin + 1));
    memcpy(in, loop->in, sizeof *in * (size_t)loop->nin);
    in[loop->nin++] = init;
    loop->in = in;
    struct ir_node *p = ir_param(f, b, init->dtype, init->rank, init->dims, NULL);
    vec_push(f->arena, &b->results, p);
    for (int i = b->results.n - 1; i > loop->nin - 1; i--) b->results.data[i] = b->results.data[i - 1];
    b->results.data[loop->nin - 1] = p;
    return p;
}

static struct ir_node *get(struct ev *ev, struct ir_node *loop, int state)
{
    struct ir_node *like = loop->in[state];
    struct ir_node p = { .op = OP_GET, .dtype = like->dtype, .rank = like->rank, .axis = state, .nin = 1, .in = &loop };
    memcpy(p.dims, like->dims, sizeof p.dims);
    return ir_add(ev->k->f, ev->k->region, &p);
}

static struct value *constant_like(struct ev *ev, struct ir_node *n, int rank, const dim *dims)
{
    struct value *zero = n->dtype == DT_REAL ? t_const(ev, 0) : value_int(ev->arena, size_int(ev->sizes, 0));
    if (n->dtype == DT_BOOL) zero = value_bool(ev->arena, false);
    return t_full(ev, zero, rank, dims);
}

/* The pass number, from 0, inside the loop's body. */
static struct value *pass_number(struct ev *ev, struct ir_node *loop)
{
    struct value *i = t_of_node(ev, loop->body->params.data[0]);
    return size_is(loop->first, 0) ? i : t_elem2(ev, OP_SUB, i, value_int(ev->arena, loop->first), NULL);
}

/* Tapes of the first `states` states. */
static void add_tapes(struct adjoint *a, struct ir_node *loop, int states, struct ir_node **tape)
{
    struct ev *ev = a->ev;
    struct ir_region *outer = ev->k->region;
    for (int s = 0; s < states; s++) {
        struct ir_node *like = loop->in[s];
        dim dims[IR_MAX_RANK] = { loop->count };
        memcpy(dims + 1, like->dims, sizeof(dim) * (IR_MAX_RANK - 1));
        ev->k->region = loop->region;
        struct ir_node *empty = t_node(ev, constant_like(ev, like, like->rank + 1, dims));
        struct ir_node *param = add_state(ev, loop, move_before(loop, empty));
        ev->k->region = loop->body;
        struct ir_node *in[3] = { param, loop->body->params.data[s + 1], t_node(ev, pass_number(ev, loop)) };
        struct ir_node put = { .op = OP_PUT, .dtype = param->dtype, .rank = param->rank, .nin = 3, .in = in };
        memcpy(put.dims, param->dims, sizeof put.dims);
        loop->body->results.data[loop->nin - 1] = ir_add(ev->k->f, loop->body, &put);
        ev->k->region = outer;
        tape[s] = get(ev, loop, loop->nin - 1);
    }
}

/* Counts the passes taken by a loop that may stop early. */
static struct ir_node *add_counter(struct ev *ev, struct ir_node *loop)
{
    struct ir_region *outer = ev->k->region;
    ev->k->region = loop->region;
    struct ir_node *zero = t_node(ev, value_int(ev->arena, size_int(ev->sizes, 0)));
    struct ir_node *param = add_state(ev, loop, move_before(loop, zero));
    ev->k->region = loop->body;
    struct value *next = t_elem2(ev, OP_ADD, t_of_node(ev, param), value_int(ev->arena, size_int(ev->sizes, 1)), NULL);
    loop->body->results.data[loop->nin - 1] = t_node(ev, next);
    ev->k->region = outer;
    return get(ev, loop, loop->nin - 1);
}

/* ---- the backward loop ---- */

/* What one backward pass adds: `results` of the copied body seeded, by `vars`. */
static void differentiate_body(struct adjoint *a, struct ir_node **results, struct value **seed, int n,
                               struct ir_node **var, int nvars, struct value **out)
{
    struct adjoint inner = { .ev = a->ev, .at = a->at, .var = var, .nvars = nvars };
    struct ir_node *real[n + 1];
    struct value *g[n + 1];
    int m = 0;
    for (int i = 0; i < n; i++)
        if (results[i]->dtype == DT_REAL) {
            real[m] = results[i];
            g[m++] = seed[i];
        }
    if (m) adjoint_run(&inner, a->ev->k->region, real, g, m);
    for (int i = 0; i < nvars; i++) out[i] = m ? adjoint_of(&inner, var[i]) : NULL;
}

adjoint_rule adj_REPEAT, adj_GET, adj_BUILD;

void adj_REPEAT(struct adjoint *a, struct ir_node *loop, struct value *unused)
{
    struct ev *ev = a->ev;
    struct ir_func *f = ev->k->f;
    (void)unused;
    struct value **seed = a->state_seed ? a->state_seed[loop->id] : NULL;
    if (!seed) return;
    int states = loop->nin;
    struct outside out = { .of = a };
    grad_captures(&out.a, loop->body, loop->body, keep_outside);
    struct ir_node *tape[states + 1], *passes = loop->stops ? add_counter(ev, loop) : NULL;
    add_tapes(a, loop, states, tape);

    /* states of the backward loop: adjoints of the real states, then of the outside values */
    int reals = 0, of_state[states + 1], n = 0;
    struct ir_node *init[states + out.list.n + 1];
    for (int s = 0; s < states; s++)
        if (loop->in[s]->dtype == DT_REAL) {
            of_state[reals++] = s;
            struct value *g = seed[s] ? seed[s] : constant_like(ev, loop->in[s], loop->in[s]->rank, loop->in[s]->dims);
            init[n++] = t_node(ev, g);
        }
    for (int i = 0; i < out.list.n; i++) {
        struct ir_node *x = out.list.data[i];
        init[n++] = t_node(ev, constant_like(ev, x, x->rank, x->dims));
    }
    struct ir_region *outer = ev->k->region, *body = ir_region_new(f, outer);
    struct value *j = t_of_node(ev, ir_param(f, body, DT_INT, 0, NULL, NULL)), *was[n + 1];
    for (int i = 0; i < n; i++)
        was[i] = t_of_node(ev, ir_param(f, body, init[i]->dtype, init[i]->rank, init[i]->dims, NULL));
    ev->k->region = body;
    dim last = size_sub(ev->sizes, loop->count, size_int(ev->sizes, 1));
    struct value *pass = t_elem2(ev, OP_SUB, value_int(ev->arena, last), j, a->at);
    struct copy c = copy_of(ev, loop->body);
    struct ir_node *var[n + 1];
    struct value *index = size_is(loop->first, 0) ? pass
                                                  : t_elem2(ev, OP_ADD, pass, value_int(ev->arena, loop->first), a->at);
    c.to[loop->body->params.data[0]->id] = t_node(ev, index);
    for (int s = 0; s < states; s++)
        c.to[loop->body->params.data[s + 1]->id] = t_node(ev, t_gather(ev, t_of_node(ev, tape[s]), pass, 0));
    for (int i = 0; i < reals; i++) {
        struct ir_node *p = loop->body->params.data[of_state[i] + 1];
        c.to[p->id] = var[i] = variable(ev, c.to[p->id]);
    }
    for (int i = 0; i < out.list.n; i++) c.to[out.list.data[i]->id] = var[reals + i] = variable(ev, out.list.data[i]);
    struct ir_node *real_result[reals + 1];
    for (int i = 0; i < reals; i++) real_result[i] = copied(&c, loop->body->results.data[of_state[i]]);
    struct value *next[n + 1];
    differentiate_body(a, real_result, was, reals, var, n, next);
    for (int i = 0; i < n; i++) {
        struct value *v = next[i] ? next[i] : constant_like(ev, init[i], init[i]->rank, init[i]->dims);
        if (i >= reals) v = t_elem2(ev, OP_ADD, was[i], v, a->at);
        if (passes) v = t_select(ev, t_elem2(ev, OP_LT, pass, t_of_node(ev, passes), a->at), v, was[i], a->at);
        vec_push(f->arena, &body->results, t_node(ev, v));
    }
    ev->k->region = outer;
    if (n == 0) return;
    struct ir_node p = { .op = OP_REPEAT, .nin = n, .in = init, .body = body, .count = loop->count,
                         .first = size_int(ev->sizes, 0), .where = loop->where };
    struct ir_node *back = ir_add(f, outer, &p);
    body->owner = back;
    for (int i = 0; i < n; i++)
        adjoint_add(a, i < reals ? loop->in[of_state[i]] : out.list.data[i - reals], t_of_node(ev, get(ev, back, i)));
}

/* The adjoint of a loop's result is kept until the loop itself is reached. */
void adj_GET(struct adjoint *a, struct ir_node *n, struct value *g)
{
    struct ir_node *loop = n->in[0];
    if (!g) return;
    if (!a->state_seed) a->state_seed = ARENA_ARRAY(a->ev->arena, struct value **, a->slots);
    struct value ***seed = &a->state_seed[loop->id];
    if (!*seed) *seed = ARENA_ARRAY(a->ev->arena, struct value *, loop->nin + 1);
    struct value **slot = &(*seed)[n->axis];
    *slot = *slot ? t_elem2(a->ev, OP_ADD, *slot, g, a->at) : g;
}

/* A builder's elements, one after the other: nested loops over its indices that add up the adjoints of what it uses. */
struct build_walk {
    struct adjoint *a;
    struct ir_node *build;
    struct value *g;
    struct outside *out;
    struct value *index[IR_MAX_RANK];
    int indices;
};

static void build_level(struct build_walk *w, int level, struct value **sum, struct value **result)
{
    struct ev *ev = w->a->ev;
    struct ir_func *f = ev->k->f;
    int n = w->out->list.n;
    if (level == w->indices) {
        struct value *g = w->g;
        for (int i = 0; i < w->indices; i++) g = t_gather(ev, g, w->index[i], 0);
        struct copy c = copy_of(ev, w->build->body);
        struct ir_node *var[n + 1];
        for (int i = 0; i < w->indices; i++) c.to[w->build->body->params.data[i]->id] = t_node(ev, w->index[i]);
        for (int i = 0; i < n; i++) c.to[w->out->list.data[i]->id] = var[i] = variable(ev, w->out->list.data[i]);
        struct ir_node *made = copied(&c, w->build->body->results.data[0]);
        struct value *add[n + 1];
        differentiate_body(w->a, &made, &g, 1, var, n, add);
        for (int i = 0; i < n; i++) result[i] = add[i] ? t_elem2(ev, OP_ADD, sum[i], add[i], w->a->at) : sum[i];
        return;
    }
    struct ir_region *outer = ev->k->region, *body = ir_region_new(f, outer);
    struct ir_node *init[n + 1];
    struct value *was[n + 1], *next[n + 1];
    w->index[level] = t_of_node(ev, ir_param(f, body, DT_INT, 0, NULL, NULL));
    for (int i = 0; i < n; i++) {
        init[i] = t_node(ev, sum[i]);
        was[i] = t_of_node(ev, ir_param(f, body, DT_REAL, init[i]->rank, init[i]->dims, NULL));
    }
    ev->k->region = body;
    build_level(w, level + 1, was, next);
    for (int i = 0; i < n; i++) {
        struct ir_node *r = t_node(ev, next[i]);
        vec_push(f->arena, &body->results, r);
    }
    ev->k->region = outer;
    struct ir_node p = { .op = OP_REPEAT, .nin = n, .in = init, .body = body, .count = w->build->body->counts[level],
                         .first = size_int(ev->sizes, 0), .where = w->build->where };
    struct ir_node *loop = ir_add(f, outer, &p);
    body->owner = loop;
    for (int i = 0; i < n; i++) result[i] = t_of_node(ev, get(ev, loop, i));
}

void adj_BUILD(struct adjoint *a, struct ir_node *n, struct value *g)
{
    struct outside out = { .of = a };
    grad_captures(&out.a, n->body, n->body, keep_outside);
    if (out.list.n == 0) return;
    struct build_walk w = { a, n, g, &out, { NULL }, n->body->params.n };
    struct value *zero[out.list.n], *sum[out.list.n];
    for (int i = 0; i < out.list.n; i++) {
        struct ir_node *x = out.list.data[i];
        zero[i] = constant_like(a->ev, x, x->rank, x->dims);
    }
    build_level(&w, 0, zero, sum);
    for (int i = 0; i < out.list.n; i++) adjoint_add(a, out.list.data[i], sum[i]);
}
