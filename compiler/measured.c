/* Measuring at script level: estimates as values, and the builtins that measure. */
#include <math.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/replay.h"
#include "compiler/request.h"
#include "compiler/warn.h"
#include "runtime/number.h"

enum { DEFAULT_TRIALS = 4096 };

/* ---- estimates as values ---- */

void measured_print(struct buf *out, const struct measured *m)
{
    number_estimate(out, &m->of);
    if (m->of.nonfinite)
        buf_printf(out, " (%lld of %lld prompts diverged)", (long long)m->of.nonfinite, (long long)m->of.trials);
    else if (estimate_heavy(&m->of))
        buf_printf(out, " (one prompt carries %.0f%% of the sum)", 100 * m->of.largest_share);
}

/* {"mean":..,"se":..,"trials":..,"nonfinite":..} */
void measured_json(struct buf *out, const struct measured *m)
{
    struct cell c = cell_estimate(m->of);
    cell_json(out, &c, 64);
}

bool value_ready(const struct value *v)
{
    switch (v->kind) {
    case V_ANY:
    case V_ERROR: return false;
    case V_TENSOR: return v->known;
    case V_STRING: return v->text != NULL;
    case V_ESTIMATE: return v->measured != NULL;
    case V_TABLE: return !v->open;
    case V_TUPLE:
    case V_LIST:
    case V_RECORD:
    case V_RANGE:
        for (int i = 0; i < v->n; i++)
            if (!value_ready(v->item[i])) return false;
        return true;
    default: return true;
    }
}

/* The cells of a table made in a sweep's body, whose figures are promises yet. */
static void ready_cells(struct ev *ev, struct table *t)
{
    for (int c = 0; c < t->columns; c++)
        for (int r = 0; r < t->rows; r++) {
            struct cell *cell = &t->column[c].cells[r];
            const struct value *owner = cell->kind == CELL_ESTIMATE ? cell->owner : NULL;
            if (!owner || !owner->measured) continue;
            if (owner->measured->request) request_settle_all(ev);
            cell->estimate = owner->measured->of;
        }
}

struct value *ev_ready(struct ev *ev, struct value *v)
{
    if (v->kind == V_TABLE && !v->open) ready_cells(ev, v->table);
    if (v->kind == V_ESTIMATE && v->measured && v->measured->request) request_settle(ev, v->measured->request);
    if (v->kind == V_TUPLE || v->kind == V_LIST || v->kind == V_RECORD)
        for (int i = 0; i < v->n; i++) ev_ready(ev, v->item[i]);
    return v;
}

static struct value *real_of(struct ev *ev, double v)
{
    return value_real(ev->arena, ev->precision == 32 ? (float)v : v, false);
}

static struct value *mean_of(struct ev *ev, const struct estimate *e)
{
    struct value *v = real_of(ev, e->mean);
    v->se = e->se;
    return v;
}

/* A list of estimates and numbers is a vector of their means. */
static struct value *numbers(struct ev *ev, struct value *list)
{
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, list->n + 1);
    for (int i = 0; i < list->n; i++) {
        bool number = list->item[i]->kind == V_ESTIMATE || (list->item[i]->kind == V_TENSOR && !list->item[i]->rank);
        if (!number) return list;
        item[i] = ev_number(ev, list->item[i]);
    }
    static const struct ast at = { .kind = A_LIST };
    return list->n ? t_stack(ev, item, list->n, 0, &at) : list;
}

struct value *ev_number(struct ev *ev, struct value *v)
{
    if (v->kind == V_LIST) return numbers(ev, v);
    if (v->kind != V_ESTIMATE) return v;
    if (!v->measured) return t_unknown(ev, DT_REAL, 0, NULL);
    ev_ready(ev, v);
    return mean_of(ev, &v->measured->of);
}

struct value *measured_field(struct ev *ev, struct value *v, str name)
{
    static const char *const fields[] = { "mean", "se", "trials", "nonfinite" };
    int k = 0;
    while (k < 4 && strcmp(fields[k], name)) k++;
    if (k == 4) return NULL;
    if (!v->measured) return k < 2 ? t_unknown(ev, DT_REAL, 0, NULL) : &value_any;
    const struct estimate *e = &ev_ready(ev, v)->measured->of;
    if (k < 2) return k ? real_of(ev, e->se) : mean_of(ev, e);
    return value_int(ev->arena, size_int(ev->sizes, k == 2 ? e->trials : e->nonfinite));
}

/* ---- the builtins ---- */

/* trials, seed: arguments k and k + 1. */
static bool common(struct ev *ev, struct args *a, int k, struct request *r)
{
    int64_t n;
    r->trials = DEFAULT_TRIALS;
    r->seed = ev->session->seed;
    r->at = a->call;
    r->context = -1;
    r->calls = ev->calls;
    if (a->v[k] && a->v[k]->kind != V_ANY) {
        if (!ev_known_int(a->v[k], &n) || n < 1) {
            if (a->v[k]->kind == V_TENSOR && !a->v[k]->known && ev->dry) return true;
            ev_error(ev, E_VALUE, a->at[k], "`trials` is a whole number of prompts, at least 1");
            return false;
        }
        r->trials = n;
    }
    if (a->v[k + 1] && a->v[k + 1]->kind != V_ANY) {
        if (!ev_known_int(a->v[k + 1], &n) || n < 0) {
            ev_error(ev, E_VALUE, a->at[k + 1], "`seed` is a whole number, at least 0");
            return false;
        }
        r->seed = (uint64_t)n;
    }
    return true;
}

/* Tells a replay what is measured. */
static void note_asked(struct ev *ev, const struct request *r)
{
    if (ev->session->replay)
        replay_asked(ev, &(struct asked){ r->a, r->b, r->task, r->at, r->calls, r->seed, r->trials });
}

/* See script.h. */
bool measured_prompt(struct ev *ev, const struct asked *q, uint64_t prompt, struct tensor *prediction,
                     struct tensor *error)
{
    struct request r = { .a = q->a, .task = q->task, .at = q->at, .calls = q->calls, .seed = q->seed, .context = -1 };
    struct request *one = &r;
    for (int raw = 0; raw < 2; raw++) {
        r.raw = raw;
        struct kernel *k = request_kernel(ev, &one, 1);
        if (!k) return false;
        answer_prompt(ev, k, q->seed, prompt, raw ? prediction : error);
    }
    return true;
}

static struct value *estimate_value(struct ev *ev, struct measured *m)
{
    struct value *v = value_new(ev->arena, V_ESTIMATE);
    v->measured = m;
    return v;
}

/* se, max_trials: arguments k and k + 1. */
static bool precise(struct ev *ev, struct args *a, int k, struct request *r)
{
    double se;
    if (!a->v[k] && a->v[k + 1]) {
        ev_error(ev, E_VALUE, a->at[k + 1],
                 "`max_trials` bounds `se`, which is not given; `trials` is the number of prompts");
        return false;
    }
    if (!a->v[k]) return true;
    if (ev->dry && !a->v[k]->known) return true;
    if (!ev_known_real(a->v[k], &se) || !(se > 0)) {
        ev_error(ev, E_VALUE, a->at[k], "`se` is a number greater than 0");
        return false;
    }
    r->se = se;
    r->trials = INT64_C(1) << 31;
    if (!a->v[k + 1] || (ev_known_int(a->v[k + 1], &r->trials) && r->trials >= 1)) return true;
    ev_error(ev, E_VALUE, a->at[k + 1], "`max_trials` is a whole number, at least 1");
    return false;
}

static bool is_task(const struct value *v)
{
    return value_is_task(v) || (v->kind == V_FN && v->fn->kind == FN_DEF && v->fn->def->kind == DEF_TASK);
}

/* risk(task, predictor): one message rather than one for each. */
static bool exchanged(struct ev *ev, struct args *a, int predictors)
{
    const struct value *last = a->v[predictors];
    bool answers = value_is_predictor(last) ||
                   (last->kind == V_FN && last->fn->kind == FN_DEF && last->fn->def->kind == DEF_ALGORITHM);
    if (!is_task(a->v[0]) || !answers) return false;
    struct diag *m = ev_error(ev, E_TYPE, a->call, "the task stands after the predictor%s", predictors == 2 ? "s" : "");
    ev_show(ev, m, a->at[0], a->v[0]);
    ev_show(ev, m, a->at[predictors], last);
    if (predictors == 1)
        diag_help(m, "did you mean `%s(%s, %s)`?", ev_text(ev, a->call->kid[0]), ev_text(ev, a->at[1]),
                  ev_text(ev, a->at[0]));
    return true;
}

/* What risk and compare share; the predictors are the first arguments. */
static struct value *measure(struct ev *ev, struct args *a, int predictors)
{
    struct request r = { 0 };
    struct value *p[2] = { NULL, NULL };
    if (exchanged(ev, a, predictors)) return &value_error;
    for (int i = 0; i < predictors; i++) p[i] = ev_predictor(ev, a->v[i], a->at[i]);
    struct value *task = ev_task(ev, a->v[predictors], a->at[predictors]);
    bool good = common(ev, a, predictors + 1, &r) && precise(ev, a, predictors + 3, &r);
    r.a = p[0];
    r.b = p[1];
    r.task = task;
    for (int i = 0; i < predictors; i++)
        if (p[i]->kind == V_ERROR) return p[i];
    if (task->kind == V_ERROR || !good) return &value_error;
    bool unknown = task->kind == V_ANY;
    for (int i = 0; i < predictors; i++) unknown |= p[i]->kind == V_ANY;
    if (unknown) return ev->dry ? value_new(ev->arena, V_ESTIMATE) : &value_error;
    for (int i = 0; i < predictors; i++) warn_same_prompts(ev, p[i], task, r.seed, r.at);
    if (ev->dry) return request_walk(ev, &r) ? value_new(ev->arena, V_ESTIMATE) : &value_error;
    note_asked(ev, &r);
    struct request *kept = request_new(ev, &r);
    request_wait(ev, kept);
    return estimate_value(ev, kept->measured);
}

SCRIPT_BUILTIN(bi_risk)
{
    (void)s, (void)b;
    return measure(ev, a, 1);
}

SCRIPT_BUILTIN(bi_compare)
{
    (void)s, (void)b;
    return measure(ev, a, 2);
}

struct value *request_arguments(struct ev *ev, struct args *a, int predictors, struct request *r)
{
    struct value *p[2] = { NULL, NULL }, *task;
    for (int i = 0; i < predictors; i++) {
        p[i] = ev_predictor(ev, a->v[i], a->at[i]);
        if (value_poisoned(p[i])) return p[i];
    }
    task = ev_task(ev, a->v[predictors], a->at[predictors]);
    if (value_poisoned(task)) return task;
    if (!common(ev, a, predictors + 1, r)) return &value_error;
    r->a = p[0];
    r->b = p[1];
    r->task = task;
    r->raw = true;
    return NULL;
}

/* What an earlier run found out about the predictions; NULL: nothing. */
static struct value *known_value(struct ev *ev, const char *what, const struct request *r, struct digest *key,
                                 bool *keyed)
{
    struct digest_walk w;
    *keyed = false;
    if (!keep_begin(ev, what, &w)) return NULL;
    digest_value(&w, r->a);
    digest_value(&w, r->b ? r->b : &value_none);
    digest_value(&w, r->task);
    digest_int(&w, r->trials);
    digest_int(&w, (int64_t)r->seed);
    return keep_known(ev, &w, key, keyed);
}

SCRIPT_BUILTIN(bi_predictions)
{
    (void)s, (void)b;
    struct request r = { 0 }, *one = &r;
    struct digest key;
    bool keyed;
    struct value *done = request_arguments(ev, a, 1, &r);
    if (done || (done = known_value(ev, "predictions", &r, &key, &keyed))) return done;
    struct kernel *k = ev->dry ? request_walk(ev, &r) : request_kernel(ev, &one, 1);
    if (!k) return &value_error;
    const struct ir_node *out = k->f->top->results.data[0];
    dim dims[IR_MAX_RANK] = { size_int(ev->sizes, r.trials) };
    for (int i = 0; i < out->rank; i++) dims[i + 1] = out->dims[i];
    if (ev->dry) return t_unknown_data(ev, out->dtype, out->rank + 1, dims);
    struct tensor t = { .dtype = DT_REAL };
    note_asked(ev, &r);
    if (!answer_collect(ev, k, r.trials, r.seed, &t, a->call)) return &value_error;
    struct value *v = value_host(ev->arena, ev->sizes, t);
    if (keyed) keep_value(ev, &key, v);
    return v;
}

static struct value *named(struct ev *ev, int n, const char *const *key, struct value **item)
{
    struct value *v = value_list(ev->arena, V_RECORD, n, item);
    v->key = ARENA_ARRAY(ev->arena, str, n);
    for (int i = 0; i < n; i++) v->key[i] = intern(ev->names, key[i]);
    return v;
}

SCRIPT_BUILTIN(bi_disagreement)
{
    (void)s, (void)b;
    static const char *const keys[] = { "max", "mean", "rms" };
    struct request r = { 0 }, *one = &r;
    struct digest key;
    bool keyed;
    struct value *done = request_arguments(ev, a, 2, &r), *field[3], *v;
    if (done || (done = known_value(ev, "disagreement", &r, &key, &keyed))) return done;
    struct kernel *k = ev->dry ? request_walk(ev, &r) : request_kernel(ev, &one, 1);
    if (!k) return &value_error;
    if (ev->dry) {
        for (int i = 0; i < 3; i++) field[i] = t_unknown(ev, DT_REAL, 0, NULL);
        return named(ev, 3, keys, field);
    }
    struct tensor t = { .dtype = DT_REAL };
    note_asked(ev, &r);
    if (!answer_collect(ev, k, r.trials, r.seed, &t, a->call)) return &value_error;
    double most = 0, sum = 0, squares = 0;
    int64_t n = tensor_elements(&t);
    for (int64_t i = 0; i < n; i++) {
        double d = fabs(t.r[i]);
        if (!(d <= most)) most = d; /* NaN stays */
        sum += d;
        squares += d * d;
    }
    field[0] = real_of(ev, most);
    field[1] = real_of(ev, sum / (double)n);
    field[2] = real_of(ev, sqrt(squares / (double)n));
    v = named(ev, 3, keys, field);
    if (keyed) keep_value(ev, &key, v);
    return v;
}

/* See script.h. From a walk without draws. */
bool prompt_rows(struct ev *ev, const struct instance *task, const struct ast *at, int64_t *rows)
{
    struct frame fr;
    bool dry = ev->dry;
    ev->dry = true;
    struct kernel *previous = ev_kernel_begin(ev, "rows");
    bool good = ev_prompt(ev, task, &fr, at) && size_known(fr.x->dims[0], rows);
    ev_kernel_end(ev, previous);
    ev->dry = dry;
    return good;
}

SCRIPT_BUILTIN(bi_curve)
{
    (void)s, (void)b;
    struct request r = { 0 };
    struct value *out = value_new(ev->arena, V_TABLE), *done = request_arguments(ev, a, 1, &r);
    if (done && done->kind != V_ANY) return done;
    out->table = table_new(ev->arena, ev->precision);
    int k = table_add_column(out->table, "k"), risk = table_add_column(out->table, "risk");
    out->open = ev->dry;
    int64_t rows;
    if (done) return out;
    r.raw = false;
    if (!prompt_rows(ev, r.task->instance, a->call, &rows)) return &value_error;
    if (!ev->dry) note_asked(ev, &r);
    for (int64_t n = 0; n < rows; n++) {
        r.context = n;
        if (ev->dry) {
            if (!request_walk(ev, &r)) return &value_error;
            continue;
        }
        struct request *one = request_new(ev, &r);
        request_wait(ev, one);
        int row = table_add_row(out->table);
        table_set(out->table, row, k, cell_int(n));
        struct cell c = cell_estimate((struct estimate){ 0 });
        c.owner = estimate_value(ev, one->measured);
        table_set(out->table, row, risk, c);
    }
    if (ev->dry || ev->sweep) return out;
    ev_settle(ev);
    for (int row = 0; row < out->table->rows; row++) {
        struct cell *c = &out->table->column[risk].cells[row];
        c->estimate = ((const struct value *)c->owner)->measured->of;
    }
    return out;
}
