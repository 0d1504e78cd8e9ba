/* Definitions: hyper-parameters, signatures with their sizes, instances, and the walk of a definition's body for one
 * prompt. A definition is walked once on its own with symbolic sizes (ev_check_def), called or not; then at every use
 * with the sizes of that use. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/script.h"
#include "compiler/warn.h"
#include "compiler/train.h"
#include "lang/names.h"

void ev_define(struct ev *ev, struct scope *s, const struct ast *e, bool library)
{
    struct def *d = ARENA_NEW(ev->arena, struct def);
    d->kind = (enum def_kind)e->integer;
    d->name = e->name;
    d->ast = e;
    d->scope = s;
    d->body = e->kid[0];
    d->given = e->kid[1];
    d->knowing = e->kid[2];
    d->type = e->kid[3];
    d->nhypers = e->n - 4;
    d->hyper = e->kid + 4;
    d->library = library;
    struct value *v = value_fn(ev->arena, (struct fn){ .kind = FN_DEF, .def = d });
    scope_bind(ev, s, d->name, v, e->name_span);
}

struct kernel *ev_kernel_begin(struct ev *ev, const char *name)
{
    struct kernel *previous = ev->k, *k = ARENA_NEW(ev->arena, struct kernel);
    k->f = ir_func_new(ev->arena, ev->sizes, intern(ev->names, name));
    k->f->precision = ev->precision;
    k->region = k->f->top;
    k->site_path = "";
    ev->k = k;
    return previous;
}

bool ev_passes(struct ev *ev, struct kernel *k, const struct ast *at)
{
    if (ev->dry && !ev->session->show_kernel) return true; /* nobody looks at this kernel's code */
    const char *why = ir_run_passes(k->f);
    if (!why) return true;
    ev_error(ev, E_INTERNAL, at, "%s", why);
    ev->session->fault = ev->session->failed = true;
    return false;
}

void ev_kernel_end(struct ev *ev, struct kernel *previous)
{
    ev->k = previous;
}

/* ---- hyper-parameters ---- */

static const struct {
    const char *name;
    enum dtype t;
} scalar_types[] = { { "real", DT_REAL }, { "int", DT_INT }, { "bool", DT_BOOL } };

static bool scalar_type(const struct ast *type, enum dtype *t)
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
    if (h->kid[0]) return scalar_type(h->kid[0], t) && h->kid[0]->n == 0;
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
static bool hyper_type(struct ev *ev, const struct def *d, const struct ast *h, enum dtype *t)
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
    if (v->kind == V_CANDIDATES || value_poisoned(v) || !hyper_type(ev, d, h, &t)) return v;
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
    return good;
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

/* ---- signatures ---- */

/* Matches a value against a pattern's sizes; a bare name that is new to the signature is bound to the size. `written`:
 * the value's own expression stands at `at`. */
static bool match(struct ev *ev, struct scope *s, const struct ast *pattern, struct value *v, bool written,
                  const struct ast *at, const char *whose)
{
    enum diag_code code = pattern->name ? E_ARGUMENT_SHAPE : E_RETURN_SHAPE;
    const char *what = pattern->name ? arena_printf(ev->arena, "`%s`", pattern->name) : "the result";
    if (value_poisoned(v)) return true;
    if (v->kind != V_TENSOR || v->rank != pattern->n) {
        struct diag *m = ev_error(ev, code, at, "%s: %s has %d ax%s, this is %s", whose, what, pattern->n,
                                  pattern->n == 1 ? "is" : "es", value_type(ev->arena, v));
        if (written) ev_show(ev, m, at, v);
        diag_label(m, pattern->span, "declared here");
        return false;
    }
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < v->rank; i++) {
            const struct ast *size = pattern->kid[i];
            if ((size->kind != A_NAME) == (pass == 0)) continue;
            struct binding *b = NULL;
            for (struct scope *up = s; size->kind == A_NAME && up && !b; up = up->body ? NULL : up->up)
                for (int k = 0; k < up->names.n; k++)
                    if (up->names.data[k].name == size->name) b = &up->names.data[k];
            if (size->kind == A_NAME && !b) {
                scope_bind(ev, s, size->name, value_int(ev->arena, v->dims[i]), size->span);
                continue;
            }
            struct value *declared = ev_expr(ev, s, size);
            dim d = declared->kind == V_ERROR ? NULL : ev_size(ev, declared, size);
            if (!d) return false;
            if (size_compare(d, v->dims[i]) != SIZE_DIFFERENT) continue;
            struct diag *m = ev_error(ev, code, at, "%s: axis %d of %s is %s, declared as %s", whose, i, what,
                                      ev_size_text(ev, v->dims[i]), ev_text(ev, size));
            if (written) ev_show_axis(ev, m, at, v, i);
            if (!strcmp(ev_text(ev, size), size_str(ev->arena, d))) diag_label(m, pattern->span, "declared here");
            else diag_label(m, pattern->span, "%s = %s here", ev_text(ev, size), size_str(ev->arena, d));
            return false;
        }
    return true;
}

/* A written type as a pattern: real[n, d]. Of a parameter, or without a name of a function's result. */
static bool match_type(struct ev *ev, struct scope *s, const struct ast *type, struct value **v, const char *name,
                       bool written, const struct ast *at, const char *whose)
{
    enum dtype t;
    if (!type || type->kind != A_TYPE || value_poisoned(*v) || !scalar_type(type, &t)) return true;
    *v = ev_number(ev, *v);
    if (value_poisoned(*v)) return true;
    if ((*v)->kind == V_TENSOR && (*v)->dtype == DT_INT && t == DT_REAL) *v = t_cast(ev, *v, DT_REAL);
    if ((*v)->kind != V_TENSOR || (*v)->dtype != t) {
        struct diag *m = ev_error(ev, name ? E_TYPE : E_RETURN_SHAPE, at, "%s: %s is declared %s, this is %s", whose,
                                  name ? arena_printf(ev->arena, "`%s`", name) : "the result", ev_text(ev, type),
                                  value_type(ev->arena, *v));
        if (written) ev_show(ev, m, at, *v);
        diag_label(m, type->span, "declared here");
        return false;
    }
    struct ast pattern = *type;
    pattern.name = name;
    return match(ev, s, &pattern, *v, written, at, whose);
}

/* What a function returns, where it is written. */
static const struct ast *returned(const struct def *d)
{
    const struct ast *last = d->body->n ? d->body->kid[d->body->n - 1] : d->body;
    return last->kind == A_RETURN && last->n == 1 ? last->kid[0] : last;
}

static struct scope *body_scope(struct ev *ev, const struct def *d)
{
    struct scope *s = scope_new(ev, d->scope);
    s->body = true;
    return s;
}

static bool returns(const struct ast *e)
{
    if (!e || e->kind == A_RETURN) return e;
    bool found = false;
    for (int i = 0; i < e->n && !found; i++) found = returns(e->kid[i]);
    return found;
}

/* The value of a body, whose kind says what must end it. One that ends in branches may come to its end without; an fn
 * that only prints has no value. */
static struct value *run_body(struct ev *ev, const struct def *d, struct scope *s, struct frame *fr)
{
    int errors = ev->diags->errors;
    fr->def = d;
    fr->scope = s;
    ev_block(ev, s, d->body, fr);
    if (fr->ended) return fr->result;
    if (fr->may_end) return &value_any;
    if (d->kind == DEF_FN && !returns(d->body)) return ev->diags->errors == errors ? &value_none : &value_error;
    if (ev->diags->errors == errors && !ev->damaged && !ev_stopped(ev)) {
        struct diag *m = ev_error(ev, E_ENDING, ev->at, "`%s` comes to its end without `%s`",
                                  d->name, ast_def_end(d->kind));
        diag_label(m, d->ast->name_span, "none of its conditions holds");
    }
    return &value_error;
}

/* Argument i of a call as it is written; the call where it is not. */
static const struct ast *written_argument(const struct def *d, const struct ast *call, int i)
{
    for (int k = 1; call->kind == A_CALL && k < call->n; k++) {
        const struct ast *arg = call->kid[k];
        if (arg->kind == A_ARG ? arg->name == d->hyper[i]->name : k == i + 1)
            return arg->kind == A_ARG ? arg->kid[0] : arg;
    }
    return call;
}

/* Script names in kernel code are inputs, kernels' values are nodes: a function may be used on both levels. */
struct value *ev_call_def(struct ev *ev, const struct def *d, struct value **arg, int n, const struct ast *where)
{
    if (d->kind != DEF_FN || n != d->nhypers) {
        ev_error(ev, E_ARGUMENT_COUNT, where, "`%s` takes %d argument%s, not %d", d->name, d->nhypers,
                 d->nhypers == 1 ? "" : "s", n);
        return &value_error;
    }
    ev_check_def(ev, (struct def *)d);
    struct scope *s = body_scope(ev, d);
    struct call c;
    struct value *v = &value_error;
    bool deep = !ev_enter(ev, &c, where->span, d->name, d->library), good = !deep;
    if (deep) ev_error(ev, E_RECURSION, where, "calls of `%s` are nested too deeply", d->name);
    for (int i = 0; i < n; i++) scope_bind(ev, s, d->hyper[i]->name, arg[i], d->hyper[i]->span);
    for (int i = 0; i < n && good; i++) {
        struct value *fitted = arg[i];
        const struct ast *at = written_argument(d, where, i);
        good = match_type(ev, s, d->hyper[i]->kid[0], &fitted, d->hyper[i]->name, at != where, at, d->name);
        scope_bind(ev, s, d->hyper[i]->name, fitted, d->hyper[i]->span);
    }
    if (good && !d->failed) {
        struct frame fr = { 0 };
        v = run_body(ev, d, s, &fr);
        if (fr.ended && !value_poisoned(v) && !match_type(ev, s, d->type, &v, NULL, true, returned(d), d->name))
            v = &value_error;
    }
    ev_leave(ev, &c);
    return v;
}

/* ---- prompts and predictions ---- */

/* Tensors among the hyper-parameters (pool: real[m, d]) name their sizes as inputs do. False: reported. */
static bool bind_hypers(struct ev *ev, struct scope *s, const struct instance *i, const struct ast *at)
{
    const struct def *d = i->def;
    bool good = true;
    for (int k = 0; k < d->nhypers; k++) scope_bind(ev, s, d->hyper[k]->name, i->hyper[k], d->hyper[k]->span);
    for (int k = 0; k < d->nhypers && good; k++) {
        struct value *fitted = i->hyper[k];
        if (!d->hyper[k]->kid[0] || !d->hyper[k]->kid[0]->n) continue;
        good = match_type(ev, s, d->hyper[k]->kid[0], &fitted, d->hyper[k]->name, false, at, d->name);
        scope_bind(ev, s, d->hyper[k]->name, fitted, d->hyper[k]->span);
    }
    return good;
}

static bool no_candidates(struct ev *ev, const struct instance *i, const struct ast *at)
{
    for (int k = 0; k < i->def->nhypers; k++)
        if (i->hyper[k]->kind == V_CANDIDATES) {
            struct diag *m = ev_error(ev, E_CANDIDATES, at, "`%s` of `%s` is a list of candidates",
                                      i->def->hyper[k]->name, i->def->name);
            diag_help(m, "`tune(...)` chooses one of them");
            return false;
        }
    return true;
}

static const struct ast *last_statement(const struct def *d)
{
    return d->body->n ? d->body->kid[d->body->n - 1] : d->body;
}

/* One part of a prompt has a row for each example, and at least one, the query. False: reported. */
static bool check_part(struct ev *ev, const struct def *d, struct frame *fr, int i, struct value **part)
{
    static const char *const name[] = { "x", "y", "truth" };
    const struct ast *at = last_statement(d), *of = at->kind == A_PROMPT && at->n > i && at->kid[i] ? at->kid[i] : at;
    int64_t rows;
    struct value *v = *part = ev_number(ev, *part);
    if (value_poisoned(v)) return false;
    if (v->kind != V_TENSOR || v->rank == 0) {
        struct diag *m = ev_error(ev, E_PROMPT, of, "`%s` of a prompt is a tensor with a row for each example, not %s",
                                  name[i], value_type(ev->arena, v));
        if (v->kind == V_TENSOR) ev_show(ev, m, of, v);
        return false;
    }
    if (size_known(v->dims[0], &rows) && rows < 1) {
        struct diag *m = ev_error(ev, E_PROMPT, of, "a prompt has at least one row, the query");
        ev_show_axis(ev, m, of, v, 0);
        return false;
    }
    if (size_compare(v->dims[0], fr->x->dims[0]) != SIZE_DIFFERENT) return true;
    struct diag *m = ev_error(ev, E_PROMPT, at, "a prompt's parts have one row for each example");
    if (at->kind == A_PROMPT) ev_show_axis(ev, m, at->kid[0], fr->x, 0);
    ev_show_axis(ev, m, of, v, 0);
    return false;
}

static bool check_prompt(struct ev *ev, const struct def *d, struct frame *fr)
{
    struct value **part[3] = { &fr->x, &fr->y, &fr->truth };
    for (int i = 0; i < 3; i++)
        if (!check_part(ev, d, fr, i, part[i])) return false;
    struct value *y = fr->y = t_cast(ev, fr->y, DT_REAL), *truth = fr->truth = t_cast(ev, fr->truth, DT_REAL);
    const struct ast *at = last_statement(d);
    bool same = y->rank == truth->rank;
    for (int i = 1; same && i < y->rank; i++) same = size_compare(y->dims[i], truth->dims[i]) != SIZE_DIFFERENT;
    if (same) return true;
    struct diag *m = ev_error(ev, E_PROMPT, at, "`truth` has the shape of the labels");
    if (at->kind == A_PROMPT && at->n > 2 && at->kid[2]) {
        ev_show(ev, m, at->kid[1], y);
        ev_show(ev, m, at->kid[2], truth);
    }
    return false;
}

bool ev_prompt(struct ev *ev, const struct instance *task, struct frame *fr, const struct ast *where)
{
    const struct def *d = task->def;
    struct scope *s = body_scope(ev, d);
    struct call c;
    *fr = (struct frame){ 0 };
    if (!no_candidates(ev, task, where)) return false;
    bool good = ev_enter(ev, &c, where->span, d->name, d->library) && !d->failed;
    good = good && bind_hypers(ev, s, task, where);
    if (good) run_body(ev, d, s, fr);
    good = good && fr->ended && check_prompt(ev, d, fr);
    ev_leave(ev, &c);
    return good;
}

/* Binds the latents that a definition knows, by their names in the task. */
static bool bind_latents(struct ev *ev, struct scope *s, const struct def *d, struct scope *latents,
                         const struct ast *at)
{
    for (int i = 0; d->knowing && i < d->knowing->n; i++) {
        const struct ast *p = d->knowing->kid[i];
        struct binding *b = NULL;
        for (struct scope *up = latents; up && !b; up = up->body ? NULL : up->up)
            for (int k = 0; k < up->names.n; k++)
                if (up->names.data[k].name == p->name) b = &up->names.data[k];
        if (!b) {
            struct diag *m = ev_error(ev, E_LATENT, at, "`%s` knows `%s`, which this task does not have", d->name,
                                      p->name);
            diag_label(m, p->span, "asked for here");
            return false;
        }
        if (!match(ev, s, p, b->value, false, at, d->name)) return false;
        scope_bind(ev, s, p->name, b->value, p->span);
    }
    return true;
}

static struct value *body(struct ev *ev, const struct def *d, struct value **hyper, struct value **in, int n,
                          struct scope *latents, const struct ast *where, struct frame *fr)
{
    struct scope *s = body_scope(ev, d);
    struct call c;
    if (d->failed) return &value_error;
    bool good = ev_enter(ev, &c, where->span, d->name, d->library);
    for (int k = 0; k < d->nhypers; k++) scope_bind(ev, s, d->hyper[k]->name, hyper[k], d->hyper[k]->span);
    for (int i = 0; i < n && good; i++) good = match(ev, s, d->given->kid[i], in[i], false, where, d->name);
    for (int i = 0; i < n && good; i++) scope_bind(ev, s, d->given->kid[i]->name, in[i], d->given->kid[i]->span);
    good = good && bind_latents(ev, s, d, latents, where);
    struct value *v = good ? run_body(ev, d, s, fr) : &value_error;
    ev_leave(ev, &c);
    return v;
}

struct value *ev_body_frame(struct ev *ev, const struct def *d, struct value **hyper, struct value **in, int n,
                            const struct ast *where, struct frame *fr)
{
    return body(ev, d, hyper, in, n, NULL, where, fr);
}

struct value *ev_body(struct ev *ev, const struct def *d, struct value **hyper, struct value **in, int n,
                      struct scope *latents, const struct ast *where)
{
    struct frame fr = { 0 };
    return body(ev, d, hyper, in, n, latents, where, &fr);
}

static struct value *answer(struct ev *ev, const struct value *part, struct value **prompt, struct scope *latents,
                            const struct ast *where)
{
    if (part->kind == V_MODEL) return ev_model_answer(ev, part->model, prompt, where);
    if (part->kind == V_FEATURES) return ev_features(ev, part->features, prompt, where);
    const struct instance *in = part->instance;
    int n = in->def->given ? in->def->given->n : 0;
    if (!no_candidates(ev, in, where)) return &value_error;
    if (n == 3) return ev_body(ev, in->def, in->hyper, prompt, n, latents, where);
    ev_error(ev, E_ARGUMENT_SHAPE, in->def->ast, "`%s` reads %d inputs; a prompt has X, y and q", in->def->name, n);
    return &value_error;
}

static const char *name_of(struct ev *ev, const struct value *v)
{
    struct buf b = { 0 };
    value_name(&b, v, false, ev->precision);
    const char *name = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return name;
}

static const struct def *definition_of(const struct value *part)
{
    return part->kind == V_INSTANCE ? part->instance->def : part->kind == V_MODEL ? part->model->arch->def : NULL;
}

/* What a body ends with, where it is written. */
static const struct ast *given_back(const struct def *d, enum ast_kind kind)
{
    const struct ast *last = last_statement(d);
    return last->kind == kind && last->n == 1 ? last->kid[0] : last;
}

/* An answer has the shape of one label. at: where it is used; NULL: on its own. False: reported. */
static bool check_answer(struct ev *ev, const char *name, const struct def *d, const struct value *v,
                         const struct value *y, const struct ast *at)
{
    bool fits = v->kind == V_TENSOR && y->kind == V_TENSOR && v->rank == y->rank - 1;
    for (int i = 0; fits && i < v->rank; i++) fits = size_compare(v->dims[i], y->dims[i + 1]) != SIZE_DIFFERENT;
    if (fits || value_poisoned(v) || value_poisoned(y)) return fits;
    const struct ast *of = d && (!at || !d->library) ? given_back(d, A_PREDICT) : NULL;
    struct diag *m = ev_error(ev, E_PREDICT, at ? at : of, "`%s` predicts %s; an answer has the shape of one label",
                              name, value_type(ev->arena, v));
    if (of) ev_show(ev, m, of, v);
    diag_note(m, "the labels are y : %s, so an answer is %s", value_type(ev->arena, y),
              y->rank > 1 ? arena_printf(ev->arena, "real%s", shape_text(ev->arena, y->rank - 1, y->dims + 1))
                          : "one number");
    return false;
}

/* A preprocess yields a prompt again: X[n, ..], y[n], q[..]. at: where it is used; NULL: on its own. False: reported.
 */
static bool check_yield(struct ev *ev, const char *name, const struct def *d, struct value *v, const struct ast *at)
{
    const struct ast *last = d ? last_statement(d) : at;
    if (value_poisoned(v)) return false;
    if (v->kind != V_TUPLE || v->n != 3) {
        struct diag *m = ev_error(ev, E_PREDICT, last, "`%s` yields %s; a preprocess yields X, y and q", name,
                                  v->kind == V_TUPLE ? arena_printf(ev->arena, "%d values", v->n)
                                                     : value_type(ev->arena, v));
        diag_help(m, "for example `yield X, y, q`");
        return false;
    }
    for (int i = 0; i < 3; i++) {
        v->item[i] = ev_number(ev, v->item[i]);
        if (value_poisoned(v->item[i])) return v->item[i]->kind == V_ANY;
    }
    struct value *X = v->item[0], *y = v->item[1], *q = v->item[2];
    bool fits = X->kind == V_TENSOR && y->kind == V_TENSOR && q->kind == V_TENSOR && X->rank && y->rank &&
                q->rank == X->rank - 1;
    fits = fits && size_compare(X->dims[0], y->dims[0]) != SIZE_DIFFERENT;
    for (int i = 0; fits && i < q->rank; i++) fits = size_compare(q->dims[i], X->dims[i + 1]) != SIZE_DIFFERENT;
    if (fits) return true;
    struct diag *m = ev_error(ev, E_PREDICT, last,
                              "`%s` yields no prompt: y has a row for each row of X, q the shape of one row", name);
    for (int i = 0; i < 3 && last->kind == A_YIELD && last->n == 3; i++) ev_show(ev, m, last->kid[i], v->item[i]);
    return false;
}

struct value *ev_predict(struct ev *ev, const struct value *predictor, struct value *X, struct value *y,
                         struct value *q, struct scope *latents, const struct ast *where)
{
    struct value *prompt[3] = { X, y, q };
    int n = predictor->kind == V_CHAIN ? predictor->n : 1;
    for (int i = 0; i < n; i++) {
        const struct value *part = predictor->kind == V_CHAIN ? predictor->item[i] : predictor;
        struct value *v = answer(ev, part, prompt, latents, where);
        if (v->kind == V_ERROR) return v;
        if (value_is_predictor(part)) {
            if (value_poisoned(v)) return v;
            return check_answer(ev, name_of(ev, part), definition_of(part), v, prompt[1], where)
                       ? t_cast(ev, v, DT_REAL)
                       : &value_error;
        }
        if (!check_yield(ev, name_of(ev, part), definition_of(part), v, where)) return &value_error;
        for (int k = 0; k < 3; k++) prompt[k] = v->item[k];
    }
    return value_list(ev->arena, V_TUPLE, 3, prompt);
}

/* ---- the definition on its own ---- */

/* An input of the signature: sizes named there are rigid, other sizes are expressions. */
static struct value *rigid_input(struct ev *ev, struct scope *s, const struct ast *sizes, enum dtype t, str name)
{
    dim dims[IR_MAX_RANK];
    for (int i = 0; i < sizes->n && i < IR_MAX_RANK; i++) {
        const struct ast *size = sizes->kid[i];
        struct binding *b = NULL;
        for (int k = 0; size->kind == A_NAME && k < s->names.n; k++)
            if (s->names.data[k].name == size->name) b = &s->names.data[k];
        if (size->kind == A_NAME && !b) {
            dims[i] = size_symbol(ev->sizes, size->name, SIZE_RIGID, 0, size->span, "the signature");
            scope_bind(ev, s, size->name, value_int(ev->arena, dims[i]), size->span);
            continue;
        }
        struct value *v = ev_expr(ev, s, size);
        dims[i] = v->kind == V_ERROR ? NULL : ev_size(ev, v, size);
        if (!dims[i]) return &value_error;
    }
    return t_of_node(ev, ir_input(ev->k->f, t, sizes->n, dims, name));
}

/* Bare names first, so that `a: real[n + 1], b: real[n]` binds n. */
static void declare(struct ev *ev, struct scope *s, const struct ast *list, struct value **out)
{
    for (int i = 0; list && i < list->n; i++) {
        out[i] = rigid_input(ev, s, list->kid[i], DT_REAL, list->kid[i]->name);
        scope_bind(ev, s, list->kid[i]->name, out[i], list->kid[i]->span);
    }
}

static struct value *open_hyper(struct ev *ev, const struct def *d, struct scope *s, const struct ast *h)
{
    enum dtype t;
    const struct ast *type = h->kid[0];
    if (type && scalar_type(type, &t) && type->n) return rigid_input(ev, s, type, t, h->name);
    if (!hyper_type(ev, d, h, &t)) return &value_any;
    if (t == DT_INT && (d->kind != DEF_FN || h->kid[1]))
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_OPEN, 0, h->span, "the hyper-parameter"));
    if (t == DT_INT)
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_OPEN, 0, h->span, "the parameter"));
    return t_unknown(ev, t, 0, NULL);
}

/* Does it use what only a script can do? Such a function runs where it is called, on values. */
static bool script_only(struct ev *ev, struct scope *s, const struct ast *e, int depth)
{
    if (!e) return false;
    switch (e->kind) {
    case A_SWEEP: case A_RECORD_STMT: case A_PRINT: case A_SAVE: case A_PLOT: case A_HEATMAP: case A_WITH: return true;
    case A_NAME: {
        const struct builtin *b = builtin_find(e->name);
        const struct binding *of = scope_find(s, e->name);
        if (!of) return b && b->level == LEVEL_SCRIPT;
        const struct value *v = of->value;
        bool calls = v && v->kind == V_FN && v->fn->kind == FN_DEF && v->fn->def->kind == DEF_FN;
        return calls && depth && script_only(ev, v->fn->def->scope, v->fn->def->body, depth - 1);
    }
    default:
        for (int i = 0; i < e->n; i++)
            if (script_only(ev, s, e->kid[i], depth)) return true;
        return false;
    }
}

/* Can it be walked without knowing its arguments? Functions of the script level, or without types, cannot. */
static bool checkable(struct ev *ev, const struct def *d)
{
    enum { NESTED = 8 };
    if (d->kind != DEF_FN) return true;
    for (int i = 0; i < d->nhypers; i++) {
        enum dtype t;
        if (!scalar_type(d->hyper[i]->kid[0], &t)) return false;
    }
    return d->nhypers > 0 && !script_only(ev, d->scope, d->body, NESTED);
}

void ev_check_def(struct ev *ev, struct def *d)
{
    if (d->checked) return;
    d->checked = true;
    if (!checkable(ev, d)) return;
    int errors = ev->diags->errors;
    bool dry = ev->dry, symbolic = ev->symbolic, rehearsal = ev->rehearsal;
    struct call *calls = ev->calls;
    ev->calls = NULL;
    ev->dry = ev->symbolic = true;
    const struct ast *latents = ev->latents;
    ev->latents = d->knowing;
    ev->rehearsal = false;
    struct kernel *previous = ev_kernel_begin(ev, d->name);
    struct scope *s = body_scope(ev, d);
    struct frame fr = { 0 };
    for (int i = 0; i < d->nhypers; i++)
        scope_bind(ev, s, d->hyper[i]->name, open_hyper(ev, d, s, d->hyper[i]), d->hyper[i]->span);
    struct value *in[d->given ? d->given->n + 1 : 1], *known[d->knowing ? d->knowing->n + 1 : 1];
    declare(ev, s, d->given, in);
    declare(ev, s, d->knowing, known);
    struct arch_frame top = { .top = true };
    struct arch a = { .frame = &top }, *outer = ev->arch;
    ev->arch = d->kind == DEF_LAYER || d->kind == DEF_ARCHITECTURE ? &a : NULL;
    struct optimizer states = { 0 }, *optimizer = ev->optimizer;
    ev->optimizer = d->kind == DEF_OPTIMIZER ? &states : NULL;
    struct value *v = run_body(ev, d, s, &fr);
    ev->optimizer = optimizer;
    ev->arch = outer;
    if (fr.ended && d->kind == DEF_FN) match_type(ev, s, d->type, &v, NULL, true, returned(d), d->name);
    bool prompts = fr.ended && d->given && d->given->n == 3;
    if (prompts && (d->kind == DEF_ALGORITHM || d->kind == DEF_ARCHITECTURE))
        check_answer(ev, d->name, d, ev_number(ev, v), in[1], NULL);
    if (prompts && d->kind == DEF_PREPROCESS) check_yield(ev, d->name, d, v, NULL);
    if (fr.ended && d->kind == DEF_TASK && check_prompt(ev, d, &fr)) warn_unused_draws(ev, d, &fr);
    ev_kernel_end(ev, previous);
    ev->calls = calls;
    ev->dry = dry;
    ev->symbolic = symbolic;
    ev->latents = latents;
    ev->rehearsal = rehearsal;
    d->failed = ev->diags->errors > errors;
}
