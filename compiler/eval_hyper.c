/* Hyper-parameters: their types, what a call gives them, the instance that comes of it; and what stands for a task, a
 * predictor or an architecture. */
#include "compiler/eval_def.h"
#include "compiler/rehearse.h"
#include "lang/names.h"

static const struct {
    const char *name;
    enum dtype t;
} scalar_types[] = { { "real", DT_REAL }, { "int", DT_INT }, { "bool", DT_BOOL } };

/* See eval_def.h. */
bool def_scalar_type(const struct ast *type, enum dtype *t)
{
    for (int i = 0; type && type->kind == A_TYPE && i < 3; i++)
        if (!strcmp(type->name, scalar_types[i].name)) {
            *t = scalar_types[i].t;
            return true;
        }
    return false;
}

/* The type a hyper-parameter has: written, or its default's; false: any. */
static bool type_in(struct ev *ev, struct scope *s, const struct ast *h, enum dtype *t)
{
    if (h->kid[0]) return def_scalar_type(h->kid[0], t) && h->kid[0]->n == 0;
    if (!h->kid[1]) return false;
    int errors = ev->diags->errors, warnings = ev->diags->warnings;
    ev->diags->muted++;
    bool dry = ev->dry;
    ev->dry = true;
    struct value *v = ev_expr(ev, s, h->kid[1]);
    ev->dry = dry;
    ev->diags->muted--;
    ev->diags->errors = errors;
    ev->diags->warnings = warnings;
    if (v->kind != V_TENSOR || v->rank) return false;
    *t = v->dtype;
    return true;
}

/* A default may use the hyper-parameters before it. */
bool def_hyper_type(struct ev *ev, const struct def *d, const struct ast *h, enum dtype *t)
{
    struct scope *s = scope_new(ev, d->scope);
    for (int i = 0; i < d->nhypers && d->hyper[i] != h && h->kid[1]; i++) {
        bool known = type_in(ev, s, d->hyper[i], t);
        scope_bind(ev, s, d->hyper[i]->name, known ? t_unknown(ev, *t, 0, NULL) : &value_any, d->hyper[i]->span);
    }
    return type_in(ev, s, h, t);
}

/* Fits a value to a hyper-parameter's type; integers get the name they have inside. NULL: reported. */
struct value *ev_fit_hyper(struct ev *ev, const struct def *d, const struct ast *h, struct value *v,
                           const struct ast *at)
{
    enum dtype t;
    int64_t n;
    if (v->kind == V_CANDIDATES || value_poisoned(v) || !def_hyper_type(ev, d, h, &t)) return v;
    v = ev_number(ev, v);
    if (value_poisoned(v)) return v;
    bool scalar = v->kind == V_TENSOR && !v->rank;
    if (scalar && t == DT_REAL && v->dtype == DT_INT) {
        v = t_cast(ev, v, DT_REAL);
    } else if (scalar && t == DT_INT && v->dtype == DT_REAL && ev_known_int(v, &n)) {
        v = value_int(ev->arena, size_int(ev->sizes, n));
    } else if (!scalar || v->dtype != t) {
        struct diag *m = ev_error(ev, E_HYPER_TYPE, at, "`%s` of `%s` is %s, not %s", h->name, d->name,
                                  t == DT_REAL ? "a real number" : t == DT_INT ? "a whole number" : "true or false",
                                  value_type(ev->arena, v));
        diag_label(m, h->span, "declared here");
        return NULL;
    }
    if (v->literal && !v->node && v->known && v->dtype == DT_REAL) return value_real(ev->arena, v->r0, false);
    const struct size_symbol *symbol;
    if (ev->rehearsal && v->dtype == DT_INT && !v->known && !v->size && !v->node) /* messages tell where it was given */
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_OPEN, 0, at->span, "the argument"));
    if (v->dtype == DT_INT && v->known && v->size && !size_symbols(v->size, &symbol, 1))
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_VALUED, v->i0, at->span,
                                                 at == h ? "the default" : "the argument"));
    return v;
}

static struct value *candidates(struct ev *ev, struct scope *s, const struct def *d, const struct ast *h,
                                const struct ast *arg)
{
    int n;
    bool unknown = false;
    struct value *list = ev_expr(ev, s, arg->kid[0]);
    if (list->kind == V_ERROR) return list;
    struct value **item = ev_elements(ev, list, arg->kid[0], &n, &unknown);
    if (unknown) return &value_any;
    if (!item) return &value_error;
    if (n == 0) {
        ev_error(ev, E_CANDIDATES, arg, "no candidates for `%s`", arg->name);
        return &value_error;
    }
    struct value **fitted = ARENA_ARRAY(ev->arena, struct value *, n);
    for (int i = 0; i < n; i++)
        if (!(fitted[i] = ev_fit_hyper(ev, d, h, item[i], arg))) return &value_error;
    return value_list(ev->arena, V_CANDIDATES, n, fitted);
}

static int hyper_index(const struct def *d, str name)
{
    for (int i = 0; i < d->nhypers; i++)
        if (d->hyper[i]->name == name) return i;
    return -1;
}

static void unknown_argument(struct ev *ev, const struct def *d, const struct ast *arg)
{
    struct diag *m = ev_error(ev, E_ARGUMENT_NAME, arg, "`%s` has no parameter `%s`", d->name, arg->name);
    struct nearest near;
    struct buf all = { 0 };
    nearest_init(&near, arg->name);
    for (int i = 0; i < d->nhypers; i++) {
        nearest_offer(&near, d->hyper[i]->name);
        buf_printf(&all, "%s`%s`", i ? ", " : "", d->hyper[i]->name);
    }
    if (near.best) diag_help(m, "did you mean `%s`?", near.best);
    if (near.best) diag_fix(m, arg->name_span, near.best);
    else diag_note(m, d->nhypers ? "it has %s" : "it has none%s", d->nhypers ? all.text : "");
    buf_free(&all);
}

static void too_many_arguments(struct ev *ev, const struct def *d, const struct ast *arg)
{
    struct diag *m = ev_error(ev, E_ARGUMENT_COUNT, arg,
                              d->nhypers ? "`%s` takes %d argument%s" : "`%s` takes no arguments", d->name, d->nhypers,
                              d->nhypers == 1 ? "" : "s");
    bool answers = d->kind == DEF_ALGORITHM || d->kind == DEF_PREPROCESS || d->kind == DEF_ARCHITECTURE;
    if (answers)
        diag_help(m, "hyper-parameters stand in the first call, a prompt in a second: `%s(...)(X, y, q)`", d->name);
}

/* `ols(X, y, q)`: without hyper-parameters a prompt is what it can be called with. */
bool ev_called_with_prompt(const struct def *d, const struct ast *call)
{
    bool answers = d->kind == DEF_ALGORITHM || d->kind == DEF_PREPROCESS;
    for (int i = 1; i < call->n; i++) answers &= call->kid[i]->kind != A_ARG && call->kid[i]->kind != A_IN;
    return answers && d->nhypers == 0 && call->n == 4;
}

bool ev_arguments(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call, struct value **out,
                  bool tunable)
{
    const struct ast *at[d->nhypers + 1];
    bool good = true;
    for (int i = 0; i < d->nhypers; i++) {
        out[i] = NULL;
        at[i] = d->hyper[i];
    }
    for (int i = 1, next = 0; call && i < call->n; i++) {
        const struct ast *arg = call->kid[i];
        bool named = arg->kind == A_ARG || arg->kind == A_IN;
        int k = named ? hyper_index(d, arg->name) : next++;
        if (k < 0 || k >= d->nhypers) {
            if (named) unknown_argument(ev, d, arg);
            else if (k == d->nhypers) too_many_arguments(ev, d, arg); /* the first of them */
            good = false;
            continue;
        }
        if (out[k]) {
            ev_error(ev, E_ARGUMENT_TWICE, arg, "`%s` is given twice", d->hyper[k]->name);
            good = false;
            continue;
        }
        at[k] = arg;
        if (arg->kind == A_IN && !tunable) {
            ev_error(ev, E_CANDIDATES, arg, "candidates (`%s in ...`) are for predictors that `tune` is given",
                     arg->name);
            out[k] = &value_error;
        } else {
            out[k] = arg->kind == A_IN ? candidates(ev, s, d, d->hyper[k], arg)
                                       : ev_expr(ev, s, named ? arg->kid[0] : arg);
        }
        good &= out[k]->kind != V_ERROR;
    }
    struct scope *defaults = scope_new(ev, d->scope);
    for (int i = 0; i < d->nhypers && good; i++) {
        if (!out[i] && d->hyper[i]->kid[1]) out[i] = ev_expr(ev, defaults, d->hyper[i]->kid[1]);
        if (!out[i]) {
            struct diag *m = ev_error(ev, E_ARGUMENT_MISSING, call ? call : d->ast, "`%s` needs `%s`", d->name,
                                      d->hyper[i]->name);
            diag_label(m, d->hyper[i]->span, "it has no default");
            return false;
        }
        out[i] = ev_fit_hyper(ev, d, d->hyper[i], out[i], at[i]);
        if (!out[i]) return false;
        scope_bind(ev, defaults, d->hyper[i]->name, out[i], d->hyper[i]->span);
    }
    if (!good || d->kind == DEF_FN) return good; /* a function matches its arguments when it is called */
    return def_bind_hypers(ev, def_scope(ev, d), d, out, at, call ? call : d->ast);
}

struct value *ev_instance(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call)
{
    struct value **hyper = ARENA_ARRAY(ev->arena, struct value *, d->nhypers + 1);
    if (!ev_arguments(ev, s, d, call, hyper, true)) return &value_error;
    ev_check_def(ev, (struct def *)d);
    if (d->failed) return &value_error;
    struct value *v = value_new(ev->arena, V_INSTANCE);
    struct instance *i = ARENA_NEW(ev->arena, struct instance);
    *i = (struct instance){ .def = d, .hyper = hyper };
    v->instance = i;
    return v;
}

/* ---- coercions ---- */

struct value *ev_stands_for(struct ev *ev, struct value *v, const struct ast *at)
{
    if (v->kind != V_FN || v->fn->kind != FN_DEF || v->fn->def->kind == DEF_FN) return v;
    struct ast none = *at;
    none.n = 0;
    return ev_instance(ev, NULL, v->fn->def, &none);
}

struct value *ev_instance_value(struct ev *ev, struct value *v, const struct ast *at)
{
    return ev_stands_for(ev, v, at);
}

struct value *ev_predictor(struct ev *ev, struct value *v, const struct ast *at)
{
    v = ev_stands_for(ev, v, at);
    if (ev->rehearsal && v->kind == V_ANY) return rehearse_refuse(ev, at, v);
    if (value_poisoned(v) || value_is_predictor(v)) return v;
    struct diag *m = ev_error(ev, E_TYPE, at, "a predictor is needed here, this is %s", value_type(ev->arena, v));
    ev_show(ev, m, at, v);
    diag_note(m, "a predictor is an algorithm, a model, or preprocesses `then` one of these");
    if (v->kind == V_INSTANCE && v->instance->def->kind == DEF_ARCHITECTURE)
        diag_help(m, "`init(%s(...), task)` makes a model of an architecture", v->instance->def->name);
    return &value_error;
}

struct value *ev_architecture_value(struct ev *ev, struct value *v, const struct ast *at)
{
    v = ev_stands_for(ev, v, at);
    if (ev->rehearsal && v->kind == V_ANY) return rehearse_refuse(ev, at, v);
    if (value_poisoned(v) || (v->kind == V_INSTANCE && v->instance->def->kind == DEF_ARCHITECTURE)) return v;
    struct diag *m = ev_error(ev, E_TYPE, at, "an architecture is needed here, this is %s", value_type(ev->arena, v));
    ev_show(ev, m, at, v);
    return &value_error;
}

struct value *ev_task(struct ev *ev, struct value *v, const struct ast *at)
{
    v = ev_stands_for(ev, v, at);
    if (ev->rehearsal && v->kind == V_ANY) return rehearse_refuse(ev, at, v);
    if (value_poisoned(v) || value_is_task(v)) return v;
    struct diag *m = ev_error(ev, E_TYPE, at, "a task is needed here, this is %s", value_type(ev->arena, v));
    ev_show(ev, m, at, v);
    return &value_error;
}

static bool chainable(const struct value *v)
{
    return v->kind == V_CHAIN || v->kind == V_FEATURES ||
           (v->kind == V_INSTANCE && v->instance->def->kind == DEF_PREPROCESS);
}

struct value *ev_then(struct ev *ev, struct value *a, struct value *b, const struct ast *e)
{
    a = ev_stands_for(ev, a, e->kid[0]);
    b = ev_stands_for(ev, b, e->kid[1]);
    if (a->kind == V_ERROR || b->kind == V_ERROR) return &value_error;
    if (a->kind == V_ANY || b->kind == V_ANY) return &value_any;
    bool first = chainable(a) && !value_is_predictor(a), second = chainable(b) || value_is_predictor(b);
    if (!first || !second) {
        const struct value *bad = first ? b : a;
        struct diag *m = ev_error(ev, E_TYPE, e, "`then` chains preprocesses and a predictor; this is %s",
                                  value_type(ev->arena, bad));
        ev_show(ev, m, e->kid[first ? 1 : 0], bad);
        if (!first && value_is_predictor(a)) diag_help(m, "the predictor stands last: `preprocess then algorithm`");
        return &value_error;
    }
    VEC(struct value *) item = { 0 };
    for (int side = 0; side < 2; side++) {
        struct value *v = side ? b : a;
        for (int i = 0; i < (v->kind == V_CHAIN ? v->n : 1); i++)
            vec_push(ev->arena, &item, v->kind == V_CHAIN ? v->item[i] : v);
    }
    return value_list(ev->arena, V_CHAIN, item.n, item.data);
}
