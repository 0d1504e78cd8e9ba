/* Calls: functions of the script, builtins, lambdas, gradients; a call of a definition of another kind makes an
 * instance, and calling an instance with a prompt's data answers it. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/grad.h"
#include "compiler/model.h"
#include "compiler/script.h"

enum { MAX_DEPTH = 200 };

bool ev_enter(struct ev *ev, struct call *c, struct span where, const char *what, bool library)
{
    *c = (struct call){ ev->calls, where, what, library };
    ev->calls = c;
    return ++ev->depth <= MAX_DEPTH;
}

void ev_leave(struct ev *ev, struct call *c)
{
    ev->calls = c->up;
    ev->depth--;
}

static struct value *lambda(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *where)
{
    const struct ast *l = fn->lambda;
    if (n != l->n - 1) {
        ev_error(ev, E_ARGUMENT_COUNT, where, "this function takes %d argument%s, not %d", l->n - 1,
                 l->n == 2 ? "" : "s", n);
        return &value_error;
    }
    struct scope *s = scope_new(ev, fn->scope);
    for (int i = 0; i < n; i++) scope_bind(ev, s, l->kid[i + 1]->name, arg[i], l->kid[i + 1]->span);
    struct call c;
    struct value *v = &value_error;
    if (ev_enter(ev, &c, where->span, "function", false)) v = ev_expr(ev, s, l->kid[0]);
    else ev_error(ev, E_RECURSION, where, "calls are nested too deeply");
    ev_leave(ev, &c);
    return v;
}

struct value *ev_apply(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *where)
{
    switch (fn->kind) {
    case FN_LAMBDA: return lambda(ev, fn, arg, n, where);
    case FN_DEF: return ev_call_def(ev, fn->def, arg, n, where);
    case FN_BUILTIN: {
        struct args a = { .n = n, .v = arg, .call = where };
        return builtin_apply(ev, fn->builtin, &a);
    }
    default: return ev_differentiate(ev, fn, arg, n, where);
    }
}

/* A function of the script: arguments by position and name, defaults for the rest. */
static struct value *call_fn(struct ev *ev, struct scope *s, const struct def *d, const struct ast *e)
{
    struct value *arg[d->nhypers + 1];
    if (!ev_arguments(ev, s, d, e, arg, false)) return &value_error;
    return ev_call_def(ev, d, arg, d->nhypers, e);
}

static struct value *
positional(struct ev *ev, struct scope *s, const struct ast *e,
           struct value *(*apply)(struct ev *, const void *, struct value **, int, const struct ast *), const void *of)
{
    struct value *arg[e->n + 1];
    for (int i = 1; i < e->n; i++) {
        if (e->kid[i]->kind == A_ARG || e->kid[i]->kind == A_IN) {
            ev_error(ev, E_ARGUMENT_NAME, e->kid[i], "this function takes its arguments by position, not by name");
            return &value_error;
        }
        arg[i - 1] = ev_expr(ev, s, e->kid[i]);
        if (arg[i - 1]->kind == V_ERROR) return &value_error;
    }
    return apply(ev, of, arg, e->n - 1, e);
}

static struct value *apply_fn(struct ev *ev, const void *of, struct value **arg, int n, const struct ast *at)
{
    return ev_apply(ev, of, arg, n, at);
}

/* ridge(a = 1)(X, y, q) in kernel code: an algorithm or preprocess is a function of a prompt. */
static struct value *apply_instance(struct ev *ev, const void *of, struct value **arg, int n, const struct ast *at)
{
    const struct value *v = of;
    if (n != 3 || !ev->k) {
        struct diag *m = ev_error(ev, n != 3 ? E_ARGUMENT_COUNT : E_LEVEL, at,
                                  "%s is called with X, y and q in kernel code", value_type(ev->arena, v));
        if (!ev->k) diag_help(m, "at script level `risk`, `predictions` and `disagreement` put prompts before it");
        return &value_error;
    }
    if (value_poisoned(arg[0]) || value_poisoned(arg[1]) || value_poisoned(arg[2])) return &value_any;
    return ev_predict(ev, v, arg[0], arg[1], arg[2], NULL, at);
}

struct value *ev_call(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *callee = ev_expr(ev, s, e->kid[0]);
    if (value_poisoned(callee)) return callee;
    if (callee->kind == V_FN) {
        const struct fn *fn = callee->fn;
        if (fn->kind == FN_BUILTIN) return builtin_call(ev, s, fn->builtin, e);
        if (fn->kind != FN_DEF) return positional(ev, s, e, apply_fn, fn);
        if (fn->def->kind == DEF_LAYER) return ev_layer(ev, s, fn->def, e);
        if (ev_called_with_prompt(fn->def, e)) {
            struct value *plain = ev_stands_for(ev, callee, e->kid[0]);
            return value_poisoned(plain) ? plain : positional(ev, s, e, apply_instance, plain);
        }
        return fn->def->kind == DEF_FN ? call_fn(ev, s, fn->def, e) : ev_instance(ev, s, fn->def, e);
    }
    if (callee->kind == V_INSTANCE || callee->kind == V_CHAIN || callee->kind == V_MODEL)
        return positional(ev, s, e, apply_instance, callee);
    struct diag *m = ev_error(ev, E_NOT_CALLABLE, e, "%s is not a function", value_type(ev->arena, callee));
    ev_show(ev, m, e->kid[0], callee);
    if (callee->kind == V_TENSOR) diag_help(m, "elements are read with brackets, a product is written with `*`");
    return &value_error;
}
