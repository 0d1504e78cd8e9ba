/* Warnings. Each asks a general question of what the evaluator has at hand: the rank that a matrix of the IR can have
 * (warn_singular), what a prompt depends on (warn_unused_draws), which prompts a choice was made on
 * (warn_same_prompts), how exact a printed number is (warn_digits), and, by trying, which hyper-parameter makes
 * answers overflow (warn_diverged). A warning never changes what a script prints or its exit status. */
#include "compiler/warn.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/number.h"

/* Where the user should look, and the name of the library's definition that stands between; NULL: none. */
static struct span place_of(const struct ev *ev, const struct ast *at, const char **through)
{
    struct span where = at->span;
    *through = NULL;
    for (const struct call *c = ev->calls; c && c->library; c = c->up) {
        where = c->where;
        *through = c->what;
    }
    return where;
}

struct diag *ev_warn(struct ev *ev, enum diag_code code, const struct ast *at, const char *format, ...)
{
    char text[1024];
    va_list ap;
    const char *through;
    struct span where = place_of(ev, at, &through);
    if (!diags_once(ev->diags, code, where)) return NULL;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    return through ? diag_new(ev->diags, code, where, "in `%s`: %s", through, text)
                   : diag_new(ev->diags, code, where, "%s", text);
}

/* ---- singular matrices ---- */

enum { FUEL = 400 };

static int64_t axis_size(const struct ir_node *n, int from_last)
{
    int64_t v;
    if (n->rank < from_last) return 1;
    return size_known(n->dims[n->rank - from_last], &v) ? v : INT64_MAX;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Is it 0 in all elements, whatever is drawn? Inputs are looked up among the kernel's captured values. */
static bool is_zero(const struct kernel *k, const struct ir_node *n)
{
    while (n->op == OP_BROADCAST || n->op == OP_RESHAPE || n->op == OP_TO_REAL || n->op == OP_NEG) n = n->in[0];
    if (n->op == OP_CONST) return n->dtype == DT_REAL ? n->real == 0 : n->integer == 0;
    for (int i = 0; n->op == OP_INPUT && i < k->captures.n; i++) {
        const struct value *v = k->captures.data[i].value;
        if (k->captures.data[i].input == n) return v->known && !v->rank && v->dtype == DT_REAL && v->r0 == 0;
    }
    return false;
}

/* Does a factor only scale rows or columns (a diagonal matrix from one side), or everything? */
static bool only_scales(const struct ir_node *n)
{
    if (n->op == OP_CONST || n->rank < 2) return true;
    return n->op == OP_BROADCAST && (axis_size(n->in[0], 1) == 1 || axis_size(n->in[0], 2) == 1);
}

/* An upper bound on the rank of the matrices in the last two axes. */
static int64_t rank_bound(const struct kernel *k, const struct ir_node *n, int *fuel)
{
    int64_t most = least(axis_size(n, 1), axis_size(n, 2));
    if (--*fuel < 0 || n->rank < 2) return most;
    if (is_zero(k, n)) return 0;
    const struct ir_node *a = n->nin ? n->in[0] : NULL, *b = n->nin > 1 ? n->in[1] : NULL;
    int64_t of_a, of_b;
    switch (n->op) {
    case OP_MATMUL: return least(most, least(rank_bound(k, a, fuel), rank_bound(k, b, fuel)));
    case OP_ADD:
    case OP_SUB:
        of_a = rank_bound(k, a, fuel);
        of_b = of_a >= most ? 0 : rank_bound(k, b, fuel);
        return of_a > most - least(of_b, most) ? most : of_a + of_b;
    case OP_MUL:
    case OP_DIV:
        if (is_zero(k, a) || (n->op == OP_MUL && is_zero(k, b))) return 0;
        if (only_scales(b)) return least(most, rank_bound(k, a, fuel));
        return n->op == OP_MUL && only_scales(a) ? least(most, rank_bound(k, b, fuel)) : most;
    case OP_TRANSPOSE: {
        bool kept = n->perm[n->rank - 1] >= n->rank - 2 && n->perm[n->rank - 2] >= n->rank - 2;
        return kept ? least(most, rank_bound(k, a, fuel)) : most;
    }
    case OP_BROADCAST:
        if (axis_size(a, 1) == axis_size(n, 1) && axis_size(a, 2) == axis_size(n, 2)) return rank_bound(k, a, fuel);
        return least(most, 1);
    case OP_SLICE:
    case OP_NEG:
    case OP_STOP_GRAD:
    case OP_VARIABLE: return least(most, rank_bound(k, a, fuel));
    case OP_RESHAPE:
        if (a->rank >= 2 && axis_size(a, 1) == axis_size(n, 1) && axis_size(a, 2) == axis_size(n, 2))
            return rank_bound(k, a, fuel);
        return most;
    default: return most;
    }
}

void warn_singular(struct ev *ev, const struct value *a, const struct ast *at)
{
    int fuel = FUEL;
    if (!ev->k || ev->symbolic || !a->node || a->rank < 2) return;
    int64_t n = axis_size(a->node, 1), rank = rank_bound(ev->k, a->node, &fuel);
    if (n == INT64_MAX || rank >= n) return;
    const struct ast *matrix = at->kind == A_CALL && at->n > 1 && at->kid[1]->kind != A_ARG ? at->kid[1] : at;
    struct diag *m = ev_warn(ev, W_SINGULAR, matrix, "`%s` is singular: %lld x %lld, of rank %lld at most",
                             ev_text(ev, matrix), (long long)n, (long long)n, (long long)rank);
    if (!m) return;
    const char *through;
    place_of(ev, matrix, &through);
    if (!through) ev_show(ev, m, matrix, a);
    else diag_label(m, place_of(ev, matrix, &through), "leads to `%s`", through);
    diag_note(m, "what is solved with it is not finite, or rounding error");
    diag_help(m, through ? "a positive penalty makes it regular; `lstsq` and `ols` take the solution of smallest norm"
                         : "add a multiple of `eye(...)` to it, or take `lstsq`, the solution of smallest norm");
}

/* ---- unused draws ---- */

typedef VEC(const struct ir_node *) node_set;

static bool in_set(const node_set *s, const struct ir_node *n)
{
    for (int i = 0; i < s->n; i++)
        if (s->data[i] == n) return true;
    return false;
}

static void reach(struct arena *a, const struct ir_node *n, node_set *seen)
{
    if (in_set(seen, n)) return;
    vec_push(a, seen, n);
    for (int i = 0; i < n->nin; i++) reach(a, n->in[i], seen);
    for (int i = 0; n->body && i < n->body->results.n; i++) reach(a, n->body->results.data[i], seen);
}

static void reach_value(struct arena *a, const struct value *v, node_set *seen)
{
    if (v->kind == V_TENSOR && v->node) reach(a, v->node, seen);
    if (v->kind == V_TUPLE || v->kind == V_LIST)
        for (int i = 0; i < v->n; i++) reach_value(a, v->item[i], seen);
}

/* Do the definitions of a scope know a latent of this name? */
static bool known_latent(const struct scope *s, str name)
{
    for (int i = 0; s && i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        const struct ast *known = v->kind == V_FN && v->fn->kind == FN_DEF ? v->fn->def->knowing : NULL;
        for (int k = 0; known && k < known->n; k++)
            if (known->kid[k]->name == name) return true;
    }
    return false;
}

/* The draws of a body, at any depth. */
static void draws_of(struct arena *a, const struct ast *e, void *out)
{
    VEC(const struct ast *) *list = out;
    if (!e) return;
    if (e->kind == A_DRAW) vec_push(a, list, e);
    for (int i = 0; i < e->n; i++) draws_of(a, e->kid[i], out);
}

void warn_unused_draws(struct ev *ev, const struct def *d, const struct frame *fr)
{
    VEC(const struct ast *) draws = { 0 };
    node_set seen = { 0 };
    if (d->library) return;
    for (int i = 0; i < 3; i++) reach_value(ev->arena, i == 0 ? fr->x : i == 1 ? fr->y : fr->truth, &seen);
    for (const struct scope *s = fr->scope; s && s != d->scope; s = s->up)
        for (int i = 0; i < s->names.n; i++)
            if (known_latent(d->scope, s->names.data[i].name) || known_latent(ev->std, s->names.data[i].name))
                reach_value(ev->arena, s->names.data[i].value, &seen);
    draws_of(ev->arena, d->body, &draws);
    for (int i = 0; i < draws.n; i++) {
        const struct ast *e = draws.data[i];
        bool reached = false, made = false;
        for (int k = 0; k < ev->k->drawn.n; k++) {
            if (ev->k->drawn.data[k].draw != e) continue;
            made = true;
            reached |= in_set(&seen, ev->k->drawn.data[k].node);
        }
        if (!made || reached) continue;
        struct ast at = { .kind = A_NAME, .name = e->name, .span = e->name_span, .name_span = e->name_span };
        struct diag *m = ev_warn(ev, W_UNUSED_DRAW, &at, "`%s` is drawn, and the prompt does not depend on it",
                                 e->name);
        if (m) diag_note(m, "what is made of it does not reach x, y or the truth of `%s`", d->name);
    }
}

/* ---- selection bias ---- */

static void same_prompts(struct ev *ev, const struct instance *in, const struct value *task, uint64_t seed,
                         const struct ast *at)
{
    const struct tuning *t = in->tuning;
    if (!t || t->seed != seed || !value_same(t->task, task)) return;
    struct diag *m = ev_warn(ev, W_SAME_PROMPTS, at,
                             "`%s` was tuned on these prompts: what is measured here is too good", in->def->name);
    if (!m) return;
    diag_label(m, t->at->span, "tuned here, with seed %llu", (unsigned long long)seed);
    diag_label(m, at->span, "measured here, with seed %llu", (unsigned long long)seed);
    diag_help(m, "give `tune` prompts of its own: `tune(..., seed = %llu)`", (unsigned long long)seed + 1);
}

void warn_same_prompts(struct ev *ev, const struct value *p, const struct value *task, uint64_t seed,
                       const struct ast *at)
{
    for (int i = 0; i < (p->kind == V_CHAIN ? p->n : 1); i++) {
        const struct value *part = p->kind == V_CHAIN ? p->item[i] : p;
        if (part->kind == V_INSTANCE) same_prompts(ev, part->instance, task, seed, at);
    }
}

/* ---- digits ---- */

double error_of(enum ir_op op, const struct value *a, const struct value *b, double result)
{
    double x = a->r0, ea = a->se, y = b ? b->r0 : 0, eb = b ? b->se : 0;
    switch (op) {
    case OP_NEG:
    case OP_ABS: return ea;
    case OP_ADD:
    case OP_SUB: return hypot(ea, eb);
    case OP_MUL: return hypot(ea * y, eb * x);
    case OP_DIV: return hypot(ea / y, eb * x / (y * y));
    case OP_EXP: return ea * fabs(result);
    case OP_LOG: return ea / fabs(x);
    case OP_SQRT: return ea / (2 * result);
    default: return 0;
    }
}

/* The place of a printed number's last digit: 0.01 for "12.34" and 1e-7 for "1.234e-4". */
static double last_place(const char *text)
{
    const char *point = strchr(text, '.'), *e = strpbrk(text, "eE");
    int digits = point ? (int)strspn(point + 1, "0123456789") : 0;
    return pow(10, (e ? atoi(e + 1) : 0) - digits);
}

void warn_digits(struct ev *ev, const struct value *v, const struct ast *at)
{
    enum { FINER = 100 }; /* an estimate itself shows two digits of its standard error */
    if (ev->dry || v->kind != V_TENSOR || v->rank || !(v->se > 0) || ev->session->format != FORMAT_TEXT) return;
    struct buf shown = { 0 }, meant = { 0 };
    value_print(&shown, v, ev->precision);
    struct estimate as = { .mean = v->r0, .se = v->se, .trials = 1 };
    number_estimate(&meant, &as);
    struct diag *m = v->se < FINER * last_place(shown.text)
                         ? NULL
                         : ev_warn(ev, W_DIGITS, at, "more digits are printed than the estimate has: %s for %s",
                                   shown.text, meant.text);
    bool mean = at->kind == A_FIELD && !strcmp(at->name, "mean");
    bool difference = at->kind == A_BINARY && at->op == AO_SUB;
    if (m && mean)
        diag_help(m, "`%s` itself prints with its standard error", ev_text(ev, at->kid[0]));
    else if (m && difference)
        diag_help(m, "`compare` gives the difference on the same prompts with its standard error");
    else if (m)
        diag_note(m, "the standard error follows from those of the estimates in `%s`", ev_text(ev, at));
    buf_free(&shown);
    buf_free(&meant);
}

/* ---- divergence ---- */

enum { HALVINGS = 12 };

/* The predictor with hyper-parameter h of its part divided by 2 ** times. */
static struct value *scaled(struct ev *ev, const struct value *p, int part, int h, double factor)
{
    bool chain = p->kind == V_CHAIN;
    const struct instance *from = (chain ? p->item[part] : p)->instance;
    struct instance *in = arena_copy(ev->arena, from, sizeof *in);
    in->hyper = arena_copy(ev->arena, from->hyper, sizeof *from->hyper * (size_t)from->def->nhypers);
    in->hyper[h] = value_real(ev->arena, from->hyper[h]->r0 * factor, false);
    struct value *v = value_new(ev->arena, V_INSTANCE);
    v->instance = in;
    if (!chain) return v;
    struct value **item = arena_copy(ev->arena, p->item, sizeof *p->item * (size_t)p->n);
    item[part] = v;
    return value_list(ev->arena, V_CHAIN, p->n, item);
}

/* The library's optimisers take their step in units of 1/L on demand. */
static void offer_relative(struct diag *m, const struct instance *in, str step)
{
    bool on;
    for (int i = 0; i < in->def->nhypers; i++) {
        if (strcmp(in->def->hyper[i]->name, "relative") || !ev_known_bool(in->hyper[i], &on) || on) continue;
        diag_help(m, "`relative = true` takes `%s` in units of 1/L of each prompt, stable below 2: `%s(..., %s = 1.0, "
                     "relative = true)`", step, in->def->name, step);
    }
}

/* Names the hyper-parameter that made it diverge: the one whose reduction makes all answers finite. */
static void find_step(struct ev *ev, const struct divergence *d, struct diag *m)
{
    if (d->finite(ev, d->data, d->predictor)) return; /* the first prompts are not among them: nothing to learn */
    for (int part = 0; part < (d->predictor->kind == V_CHAIN ? d->predictor->n : 1); part++) {
        const struct value *p = d->predictor->kind == V_CHAIN ? d->predictor->item[part] : d->predictor;
        if (p->kind != V_INSTANCE) continue;
        for (int h = 0; h < p->instance->def->nhypers; h++) {
            const struct value *v = p->instance->hyper[h];
            double factor = 1;
            if (v->kind != V_TENSOR || v->rank || v->dtype != DT_REAL || !v->known || v->r0 == 0) continue;
            for (int i = 1; i <= HALVINGS && !ev_stopped(ev); i++) {
                factor /= 2;
                if (!d->finite(ev, d->data, scaled(ev, d->predictor, part, h, factor))) continue;
                str name = p->instance->def->hyper[h]->name;
                diag_note(m, "with %s = %.3g in place of %.3g they are finite: `%s` is too large", name, v->r0 * factor,
                          v->r0, name);
                offer_relative(m, p->instance, name);
                return;
            }
        }
    }
}

void warn_diverged(struct ev *ev, const struct divergence *d)
{
    struct buf name = { 0 };
    value_name(&name, d->predictor, true, ev->precision);
    struct diag *m = ev_warn(ev, W_DIVERGED, d->at, "%lld of %lld predictions of `%s` are not finite",
                             (long long)d->estimate->nonfinite, (long long)d->estimate->trials, name.text);
    buf_free(&name);
    if (!m) return;
    find_step(ev, d, m);
    diag_note(m, "these prompts are left out of the mean");
}
