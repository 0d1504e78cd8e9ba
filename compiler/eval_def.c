/* Definitions: signatures with their sizes, and the walk of a definition's body for one prompt. A definition is walked
 * once on its own with symbolic sizes (eval_check.c), called or not; then at every use with the sizes of that use. */
#include "compiler/eval_def.h"
#include "compiler/train.h"

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
    k->passes = 1;
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

/* ---- signatures ---- */

static const char *matched(struct ev *ev, const struct ast *pattern)
{
    return pattern->name ? arena_printf(ev->arena, "`%s`", pattern->name) : "the result";
}

/* The pattern, and the size that its name already had: that of the pattern that bound it. */
static void declared_here(struct ev *ev, struct diag *m, const struct ast *pattern, const struct ast *size, dim d,
                          const struct binding *b)
{
    const char *name = ev_text(ev, size), *is = size_str(ev->arena, d);
    struct span by = b ? b->where : pattern->span, in = pattern->span;
    bool elsewhere = by.src && (by.src != in.src || by.from < in.from || by.to > in.to);
    int64_t n;
    bool bound = size->kind == A_NAME && size_known(d, &n);
    if (!strcmp(name, is)) is = bound ? arena_printf(ev->arena, "%lld", (long long)n) : NULL;
    if (elsewhere || !is) diag_label(m, in, "declared here");
    if (is) diag_label(m, elsewhere ? by : in, "%s = %s here", name, is);
}

/* Matches a value against a pattern's sizes; a bare name that is new to the signature is bound to the size. `written`:
 * the value's own expression stands at `at`. */
static bool match(struct ev *ev, struct scope *s, const struct ast *pattern, struct value *v, bool written,
                  const struct ast *at, const char *whose)
{
    enum diag_code code = pattern->name ? E_ARGUMENT_SHAPE : E_RETURN_SHAPE;
    if (value_poisoned(v)) return true;
    if (v->kind != V_TENSOR || v->rank != pattern->n) {
        struct diag *m = ev_error(ev, code, at, "%s: %s has %d ax%s, this is %s", whose, matched(ev, pattern),
                                  pattern->n,
                                  pattern->n == 1 ? "is" : "es", value_type(ev->arena, v));
        if (written) ev_show(ev, m, at, v);
        else if (pattern->name) ev_show_input(ev, m, at, pattern->name, v, -1);
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
            const char *is = ev_size_text(ev, v->dims[i]), *as = ev_text(ev, size);
            if (!strcmp(size_str(ev->arena, v->dims[i]), as)) { /* one name, two sizes */
                const char *bound = ev_size_text(ev, d);
                as = strncmp(bound, as, strlen(as)) ? arena_printf(ev->arena, "%s = %s", as, bound) : bound;
            }
            struct diag *m = ev_error(ev, code, at, "%s: axis %d of %s is %s, declared as %s", whose, i,
                                      matched(ev, pattern), is, as);
            if (written) ev_show_axis(ev, m, at, v, i);
            else if (pattern->name) ev_show_input(ev, m, at, pattern->name, v, i);
            declared_here(ev, m, pattern, size, d, b);
            return false;
        }
    return true;
}

/* A written type as a pattern: real[n, d]. Of a parameter, or without a name of a function's result. */
bool def_match_type(struct ev *ev, struct scope *s, const struct ast *type, struct value **v, const char *name,
                    bool written, const struct ast *at, const char *whose)
{
    enum dtype t;
    if (!type || type->kind != A_TYPE || value_poisoned(*v) || !def_scalar_type(type, &t)) return true;
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
const struct ast *def_returned(const struct def *d)
{
    const struct ast *last = d->body->n ? d->body->kid[d->body->n - 1] : d->body;
    return last->kind == A_RETURN && last->n == 1 ? last->kid[0] : last;
}

/* See eval_def.h. */
struct scope *def_scope(struct ev *ev, const struct def *d)
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
struct value *def_run(struct ev *ev, const struct def *d, struct scope *s, struct frame *fr)
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
    struct scope *s = def_scope(ev, d);
    struct call c;
    struct value *v = &value_error;
    bool deep = !ev_enter(ev, &c, where->span, d->name, d->library), good = !deep;
    if (deep) ev_error(ev, E_RECURSION, where, "calls of `%s` are nested too deeply", d->name);
    for (int i = 0; i < n; i++) scope_bind(ev, s, d->hyper[i]->name, arg[i], d->hyper[i]->span);
    for (int i = 0; i < n && good; i++) {
        struct value *fitted = arg[i];
        const struct ast *at = written_argument(d, where, i);
        good = def_match_type(ev, s, d->hyper[i]->kid[0], &fitted, d->hyper[i]->name, at != where, at, d->name);
        scope_bind(ev, s, d->hyper[i]->name, fitted, d->hyper[i]->span);
    }
    if (good && !d->failed) {
        struct frame fr = { 0 };
        v = def_run(ev, d, s, &fr);
        if (fr.ended && !value_poisoned(v) && !def_match_type(ev, s, d->type, &v, NULL, true, def_returned(d), d->name))
            v = &value_error;
    }
    ev_leave(ev, &c);
    return v;
}

/* ---- prompts and predictions ---- */

/* See eval_def.h. */
bool def_bind_hypers(struct ev *ev, struct scope *s, const struct def *d, struct value **hyper, const struct ast **at,
                     const struct ast *where)
{
    bool good = true;
    for (int k = 0; k < d->nhypers; k++) scope_bind(ev, s, d->hyper[k]->name, hyper[k], d->hyper[k]->span);
    for (int k = 0; k < d->nhypers && good; k++) {
        const struct ast *type = d->hyper[k]->kid[0], *of = at && at[k] != d->hyper[k] ? at[k] : NULL;
        struct value *fitted = hyper[k];
        if (!type || !type->n || fitted->kind == V_CANDIDATES) continue;
        if (of && of->kind == A_ARG) of = of->kid[0];
        good = def_match_type(ev, s, type, &fitted, d->hyper[k]->name, of, of ? of : where, d->name);
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

/* See eval_def.h. */
bool def_check_prompt(struct ev *ev, const struct def *d, struct frame *fr)
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
    struct scope *s = def_scope(ev, d);
    struct call c;
    *fr = (struct frame){ 0 };
    if (!no_candidates(ev, task, where)) return false;
    bool good = ev_enter(ev, &c, where->span, d->name, d->library) && !d->failed;
    good = good && def_bind_hypers(ev, s, d, task->hyper, NULL, where);
    if (good) def_run(ev, d, s, fr);
    good = good && fr->ended && def_check_prompt(ev, d, fr);
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
    struct scope *s = def_scope(ev, d);
    struct call c;
    if (d->failed) return &value_error;
    bool good = ev_enter(ev, &c, where->span, d->name, d->library);
    good = def_bind_hypers(ev, s, d, hyper, NULL, where) && good;
    for (int i = 0; i < n && good; i++) good = match(ev, s, d->given->kid[i], in[i], false, where, d->name);
    for (int i = 0; i < n && good; i++) scope_bind(ev, s, d->given->kid[i]->name, in[i], d->given->kid[i]->span);
    good = good && bind_latents(ev, s, d, latents, where);
    struct value *v = good ? def_run(ev, d, s, fr) : &value_error;
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
bool def_check_answer(struct ev *ev, const char *name, const struct def *d, const struct value *v,
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
bool def_check_yield(struct ev *ev, const char *name, const struct def *d, struct value *v, const struct ast *at)
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
            return def_check_answer(ev, name_of(ev, part), definition_of(part), v, prompt[1], where)
                       ? t_cast(ev, v, DT_REAL)
                       : &value_error;
        }
        if (!def_check_yield(ev, name_of(ev, part), definition_of(part), v, where)) return &value_error;
        for (int k = 0; k < 3; k++) prompt[k] = v->item[k];
    }
    return value_list(ev->arena, V_TUPLE, 3, prompt);
}
