/* Differentiation in reverse mode, on the IR: the adjoint of a node is built of ordinary nodes in the region that holds
 * the node, so gradients nest, fuse and run on every engine. Each op has one rule; loops are in grad_loop.c.
 *
 * The argument that is differentiated by becomes a VARIABLE node, an identity of its own: what the function captures
 * from outside stays constant even where it is the same value. Passes take these nodes away. */
#include <string.h>
#include "compiler/answer.h"
#include "compiler/grad.h"
#include "compiler/grad_rules.h"

/* ---- which nodes depend on the variables ---- */

static bool depends(struct adjoint *a, struct ir_node *n)
{
    signed char *known = adjoint_depends(a, n);
    if (*known) return *known > 0;
    *known = -1;
    bool d = false;
    for (int i = 0; i < a->nvars; i++) d |= n == a->var[i];
    for (int i = 0; i < n->nin && !d; i++) d = depends(a, n->in[i]);
    for (int i = 0; n->body && i < n->body->results.n && !d; i++) d = depends(a, n->body->results.data[i]);
    *adjoint_depends(a, n) = d ? 1 : -1;
    return d;
}

bool adjoint_needed(struct adjoint *a, struct ir_node *n)
{
    return n->dtype == DT_REAL && depends(a, n);
}

void adjoint_add(struct adjoint *a, struct ir_node *n, struct value *g)
{
    if (!adjoint_needed(a, n)) return;
    struct value **slot = adjoint_slot(a, n);
    *slot = *slot ? t_elem2(a->ev, OP_ADD, *slot, g, a->at) : g;
}

/* ---- the walk ---- */

static void collect(struct adjoint *a, struct ir_node *n)
{
    if (n->region != a->region || !depends(a, n)) return;
    for (int i = 0; i < a->order.n; i++)
        if (a->order.data[i] == n) return;
    for (int i = 0; i < n->nin; i++) collect(a, n->in[i]);
    if (n->body) grad_captures(a, n->body, n->body, collect);
    vec_push(a->ev->arena, &a->order, n);
}

void adjoint_run(struct adjoint *a, struct ir_region *r, struct ir_node *const *out, struct value *const *seed, int n)
{
    a->slots = a->ev->k->f->next_id;
    a->slot = ARENA_ARRAY(a->ev->arena, struct value *, a->slots);
    a->known = ARENA_ARRAY(a->ev->arena, signed char, a->slots);
    a->region = r;
    for (int i = 0; i < n; i++) collect(a, out[i]);
    for (int i = 0; i < n; i++) adjoint_add(a, out[i], seed[i]);
    struct ir_func *f = a->ev->k->f;
    struct span around = f->here;
    for (int i = a->order.n - 1; i >= 0; i--) {
        struct ir_node *node = a->order.data[i];
        struct value *g = *adjoint_slot(a, node);
        bool variable = false;
        f->here = node->where;
        for (int k = 0; k < a->nvars; k++) variable |= node == a->var[k];
        if (!variable && (g || node->op == OP_REPEAT)) adjoint_rules[node->op](a, node, g);
    }
    f->here = around;
}

struct value *adjoint_of(struct adjoint *a, struct ir_node *var)
{
    struct value *g = *adjoint_slot(a, var);
    if (g) return g;
    return t_full(a->ev, t_const(a->ev, 0), var->rank, var->dims);
}

/* ---- grad, value_and_grad, hessian ---- */

static struct value *as_variable(struct ev *ev, struct value *x)
{
    struct ir_node *in = t_node(ev, x);
    struct ir_node p = {
        .op = OP_VARIABLE, .dtype = in->dtype, .rank = in->rank, .nin = 1, .in = &in, .slot = ev->k->f->next_id
    };
    memcpy(p.dims, in->dims, sizeof p.dims);
    return t_of_node(ev, ir_add(ev->k->f, ev->k->region, &p));
}

/* f and its gradient by argument k. False: reported. */
static bool value_and_grad(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *at,
                           struct value **value, struct value **gradient)
{
    int k = fn->wrt;
    if (k >= n) {
        ev_error(ev, E_ARGUMENT_COUNT, at, "the gradient is by argument %d, and %d are given", k, n);
        return false;
    }
    struct value *in[n + 1], *x = ev_number(ev, arg[k]);
    memcpy(in, arg, sizeof *in * (size_t)n);
    if (value_poisoned(x)) {
        *value = *gradient = x;
        return true;
    }
    if (x->kind != V_TENSOR || x->dtype == DT_BOOL) {
        ev_error(ev, E_TYPE, at, "a gradient is by a number or tensor, not %s", value_type(ev->arena, x));
        return false;
    }
    in[k] = as_variable(ev, t_cast(ev, x, DT_REAL));
    struct value *y = ev_apply(ev, fn->of, in, n, at);
    *value = *gradient = y;
    if (value_poisoned(y)) return y->kind == V_ANY;
    if (y->kind != V_TENSOR || y->rank) {
        struct diag *m = ev_error(ev, E_SHAPE, at, "a gradient is of one number; the function gives %s",
                                  value_type(ev->arena, y));
        diag_help(m, "sum or average what it gives");
        return false;
    }
    y = t_cast(ev, y, DT_REAL);
    struct adjoint a = { .ev = ev, .at = at, .nvars = 1 };
    struct ir_node *var = in[k]->node, *out = t_node(ev, y);
    struct value *one = t_const(ev, 1);
    a.var = &var;
    adjoint_run(&a, ev->k->region, &out, &one, 1);
    *value = y;
    *gradient = adjoint_of(&a, var);
    return true;
}

/* Row i of the Hessian is the gradient of element i of the gradient; a builder's region does all rows. */
static struct value *hessian(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *at)
{
    struct kernel *k = ev->k;
    struct value *x = fn->wrt < n ? ev_number(ev, arg[fn->wrt]) : NULL, *in[n + 1], *value, *gradient;
    if (!x || value_poisoned(x)) return x ? x : &value_error;
    if (x->kind != V_TENSOR || x->rank != 1) {
        ev_error(ev, E_RANK, at, "`hessian` is by a vector, not %s", value_type(ev->arena, x));
        return &value_error;
    }
    memcpy(in, arg, sizeof *in * (size_t)n);
    in[fn->wrt] = as_variable(ev, t_cast(ev, x, DT_REAL));
    if (!value_and_grad(ev, fn, in, n, at, &value, &gradient)) return &value_error;
    if (value_poisoned(gradient)) return gradient;
    struct ir_region *outer = k->region, *body = ir_region_new(k->f, outer);
    body->counts[0] = x->dims[0];
    struct value *i = t_of_node(ev, ir_param(k->f, body, DT_INT, 0, NULL, NULL));
    struct ir_node *var = in[fn->wrt]->node, *out = t_node(ev, gradient);
    /* seeded with the i-th unit vector, the adjoint walk runs outside: only the seed depends on i */
    k->region = body;
    struct value *unit = t_cast(ev, t_elem2(ev, OP_EQ, t_iota(ev, 1, x->dims, 0), i, at), DT_REAL);
    struct adjoint a = { .ev = ev, .at = at, .nvars = 1, .var = &var };
    adjoint_run(&a, outer, &out, &unit, 1);
    struct ir_node *row = t_node(ev, adjoint_of(&a, var));
    k->region = outer;
    vec_push(k->f->arena, &body->results, row);
    struct ir_node p = { .op = OP_BUILD, .dtype = DT_REAL, .rank = 2, .body = body, .where = at->span };
    p.dims[0] = p.dims[1] = x->dims[0];
    struct ir_node *node = ir_add(k->f, outer, &p);
    body->owner = node;
    return t_of_node(ev, node);
}

static struct value *in_kernel(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *at)
{
    struct value *both[2];
    if (fn->kind == FN_HESSIAN) return hessian(ev, fn, arg, n, at);
    if (!value_and_grad(ev, fn, arg, n, at, &both[0], &both[1])) return &value_error;
    return fn->kind == FN_GRAD || value_poisoned(both[0]) ? both[1] : value_list(ev->arena, V_TUPLE, 2, both);
}

/* At script level the gradient is a kernel of its own, run once by the interpreter. */
static struct value *run_once(struct ev *ev, struct kernel *k, struct value *v, const struct ast *at)
{
    int n = v->kind == V_TUPLE ? v->n : 1;
    struct value *item[n];
    struct tensor result[n];
    bool ready = !ev->dry;
    for (int i = 0; i < n; i++) {
        struct value *part = v->kind == V_TUPLE ? v->item[i] : v;
        struct ir_node *node = t_node(ev, part);
        vec_push(k->f->arena, &k->f->top->results, node);
        item[i] = t_unknown(ev, part->dtype, part->rank, part->dims);
    }
    for (int i = 0; i < k->captures.n; i++) ready &= k->captures.data[i].value->known;
    if (ready) {
        if (!ev_passes(ev, k, at)) return &value_error;
        answer_once(ev, k, 0, result);
        for (int i = 0; i < n; i++) item[i] = value_host(ev->arena, ev->sizes, result[i]);
    }
    return v->kind == V_TUPLE ? value_list(ev->arena, V_TUPLE, n, item) : item[0];
}

struct value *ev_differentiate(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *at)
{
    if (ev->k) return in_kernel(ev, fn, arg, n, at);
    struct kernel *previous = ev_kernel_begin(ev, "gradient"), *k = ev->k;
    struct value *v = in_kernel(ev, fn, arg, n, at);
    if (v->kind == V_TENSOR || v->kind == V_TUPLE) v = run_once(ev, k, v, at);
    ev_kernel_end(ev, previous);
    return v;
}
