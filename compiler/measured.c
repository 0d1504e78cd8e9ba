/* Measuring at script level. `risk` and `compare` only promise: a request waits until its figure is looked at, so that
 * a sweep's cells that ask about the same prompts are answered by one kernel, which draws each prompt once. */
#include <float.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include "compiler/ahead.h"
#include "compiler/answer.h"
#include "compiler/bench.h"
#include "compiler/eval.h"
#include "compiler/keeper.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"
#include "compiler/warn.h"
#include "runtime/number.h"
#include "runtime/progress.h"

enum { DEFAULT_TRIALS = 4096, MAX_GROUP = 16, MAX_CHOICES = 8 };

struct request {
    const struct value *a, *b;   /* predictors; b: compare's other side, or NULL */
    const struct value *task;
    const struct ast *at;
    struct call *calls;
    int64_t trials;
    double se;                   /* > 0: as many prompts as this standard error needs, at most `trials` */
    uint64_t seed;
    int64_t context;             /* curve: that many examples; -1: all but the last row */
    bool raw;                    /* predictions, not squared errors; with b: their difference */
    bool tuning;                 /* a candidate: it may diverge */
    struct ahead_place place;    /* in the sweep, where several processes share it */
    bool keyed;                  /* to be kept under */
    struct digest key;
    struct measured *measured;
};

/* ---- kernels ---- */

static struct value *first_rows(struct ev *ev, struct value *x, dim n)
{
    return t_slice(ev, x, 0, size_int(ev->sizes, 0), n, 1);
}

static struct value *predict(struct ev *ev, const struct value *p, struct frame *fr, dim n, const struct ast *at)
{
    struct value *x = first_rows(ev, fr->x, n), *y = first_rows(ev, fr->y, n), *query = t_at(ev, fr->x, 0, n);
    return ev_predict(ev, p, x, y, query, fr->scope, at);
}

/* A curve of a sequence model: one walk over all rows answers after every number of examples. */
static bool answers_all(const struct request *r)
{
    return r->context >= 0 && !r->raw && !r->b && r->a->kind == V_MODEL && ev_model_answers_all(r->a->model);
}

/* One number a prompt: the squared error (summed over the elements of a label), or the prediction itself; of
 * answers_all, the squared errors of all rows. */
static struct value *outcome(struct ev *ev, const struct request *r, const struct value *p, struct frame *fr)
{
    dim n = r->context >= 0 ? size_int(ev->sizes, r->context)
                            : size_sub(ev->sizes, fr->x->dims[0], size_int(ev->sizes, 1));
    struct value *truth = fr->truth;
    struct value *v = answers_all(r) ? ev_model_sequence(ev, p->model, fr->x, fr->y, r->at)
                                     : predict(ev, p, fr, n, r->at);
    if (value_poisoned(v) || r->raw) return v;
    if (!answers_all(r)) truth = t_at(ev, truth, 0, n);
    struct value *e = t_elem2(ev, OP_SUB, v, truth, r->at);
    e = t_elem2(ev, OP_MUL, e, e, r->at);
    return e->kind == V_TENSOR && e->rank && !answers_all(r) ? t_reduce(ev, OP_SUM, e, -1) : e;
}

static bool add_result(struct ev *ev, struct value *v)
{
    if (v->kind != V_TENSOR) return false;
    struct kernel *k = ev->k;
    struct ir_node *n = t_node(ev, v);
    vec_push(k->f->arena, &k->f->top->results, n);
    return true;
}

/* The result becomes one of its rows. This is after the passes: kernels of different rows are the same till here. */
static void pick_row(struct ev *ev, struct kernel *k, int64_t row)
{
    struct ir_node **result = &k->f->top->results.data[0];
    struct kernel *previous = ev->k;
    ev->k = k;
    *result = t_node(ev, t_at(ev, t_of_node(ev, *result), 0, size_int(ev->sizes, row)));
    ev->k = previous;
}

/* One request's kernel: one result, two for a comparison. *shared: how many inputs belong to the prompts. NULL:
 * reported. */
static struct kernel *build(struct ev *ev, const struct instance *task, const struct request *r, int *shared)
{
    struct call *calls = ev->calls;
    ev->calls = r->calls;
    struct kernel *previous = ev_kernel_begin(ev, task->def->name), *k = ev->k;
    struct frame fr;
    bool good = ev_prompt(ev, task, &fr, r->at);
    *shared = k->captures.n;
    if (good) {
        struct value *a = outcome(ev, r, r->a, &fr), *b = r->b ? outcome(ev, r, r->b, &fr) : NULL;
        if (b && r->raw && !value_poisoned(a) && !value_poisoned(b)) {
            a = t_elem2(ev, OP_SUB, a, b, r->at);
            b = NULL;
        }
        good = add_result(ev, a) && (!b || add_result(ev, b));
    }
    ev_kernel_end(ev, previous);
    ev->calls = calls;
    if (!good || !ev_passes(ev, k, r->at)) return NULL;
    if (answers_all(r)) pick_row(ev, k, r->context);
    return k;
}

/* The input of k for a captured value of another kernel. Prompts are of one task: their values come in one order. */
static struct ir_node *input_for(struct ev *ev, struct kernel *k, const struct capture *c, bool of_prompt, int slot)
{
    const struct ir_node *n = c->input;
    if (of_prompt) return k->captures.data[slot].input;
    for (int i = 0; i < k->captures.n; i++)
        if (k->captures.data[i].value == c->value) return k->captures.data[i].input;
    struct capture own = { c->value, ir_input(k->f, n->dtype, n->rank, n->dims, n->name) };
    vec_push(ev->arena, &k->captures, own);
    return own.input;
}

/* An earlier request for another row of the same walk: its kernel has the same inputs, number for number. -1: none. */
static int twin_of(struct request **r, int i)
{
    for (int k = 0; k < i; k++)
        if (answers_all(r[i]) && answers_all(r[k]) && r[i]->a->model == r[k]->a->model && r[i]->at == r[k]->at)
            return k;
    return -1;
}

/* The kernel that answers requests about the same prompts. Each is built and improved as if it were alone, so that what
 * is measured beside it changes no bit of a figure; then what they share is computed once. NULL: reported. */
static struct kernel *request_kernel(struct ev *ev, struct request **r, int n)
{
    const struct instance *task = r[0]->task->instance;
    struct ir_node **inputs[MAX_GROUP]; /* of each request, by slot */
    int shared;
    struct kernel *k = build(ev, task, r[0], &shared);
    for (int i = 0; i < n && k; i++) {
        int same;
        struct kernel *other = i ? build(ev, task, r[i], &same) : k;
        if (!other) return NULL;
        int twin = twin_of(r, i);
        struct ir_node **input = inputs[i] = ARENA_ARRAY(ev->arena, struct ir_node *, other->captures.n + 1);
        for (int c = 0; c < other->captures.n; c++)
            input[c] = twin >= 0 ? inputs[twin][c]
                       : i       ? input_for(ev, k, &other->captures.data[c], c < same, c)
                                 : k->captures.data[c].input;
        if (i) ir_move(k->f, other->f, input);
    }
    const char *why = k && n > 1 ? ir_join_done(k->f) : NULL;
    if (!why) return k;
    ev_error(ev, E_INTERNAL, r[0]->at, "%s", why);
    ev->session->fault = ev->session->failed = true;
    return NULL;
}

/* A walk without data builds the kernel for its messages, and for those who want to see it. NULL: reported. */
static struct kernel *walk(struct ev *ev, const struct request *r);

/* ---- keeping promises ---- */

static bool same_prompts(const struct request *a, const struct request *b)
{
    return a->trials == b->trials && a->seed == b->seed && a->se == 0 && b->se == 0 && value_same(a->task, b->task);
}

static bool same_sizes(const struct instance *a, const struct instance *b)
{
    if (a->def != b->def) return false;
    for (int i = 0; i < a->def->nhypers; i++) {
        const struct value *x = a->hyper[i], *y = b->hyper[i];
        if (!(value_is_scalar(x, DT_REAL) && value_is_scalar(y, DT_REAL)) && !value_same(x, y)) return false;
    }
    return true;
}

/* The same code with other real numbers: such requests share machine code, so each gets a call of its own. */
static bool same_code(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind) return false;
    if (a->kind == V_MODEL) return same_sizes(a->model->arch, b->model->arch);
    if (a->kind == V_FEATURES) return a->features == b->features;
    if (a->kind != V_CHAIN) return same_sizes(a->instance, b->instance);
    if (a->n != b->n) return false;
    for (int i = 0; i < a->n; i++)
        if (!same_code(a->item[i], b->item[i])) return false;
    return true;
}

static bool clashes(const struct request *r, struct request **group, int n)
{
    for (int i = 0; i < n; i++)
        if (same_code(r->a, group[i]->a) && r->context == group[i]->context && !r->b == !group[i]->b &&
            (!r->b || same_code(r->b, group[i]->b)))
            return true;
    return false;
}

/* ---- predictions that are not finite ---- */

enum { FEW = 1024 };

/* Are a predictor's answers to the first prompts of a request finite? */
static bool all_finite(struct ev *ev, void *data, const struct value *predictor)
{
    struct request r = *(const struct request *)data, *one = &r;
    struct measure_series series = { 0, -1 };
    struct estimate of;
    int progress = ev->session->progress;
    r.a = predictor;
    r.b = NULL;
    r.trials = r.trials < FEW ? r.trials : FEW;
    struct kernel *k = request_kernel(ev, &one, 1);
    ev->session->progress = PROGRESS_NEVER;
    bool good = k && answer_foreseen(ev, k) && answer_estimates(ev, k, r.trials, 0, r.seed, &series, 1, &of, r.at);
    good = good && of.nonfinite == 0;
    ev->session->progress = progress;
    return good;
}

/* A learning curve starts where nothing can be known yet: only whole prompts are looked at. */
static void look_for_divergence(struct ev *ev, struct request *r, const struct estimate *e)
{
    if (!e->nonfinite || r->tuning || r->context >= 0 || ahead_alone(ev) || ev->session->quiet) return;
    struct call *calls = ev->calls;
    ev->calls = r->calls;
    const struct value *p = r->b && all_finite(ev, r, r->a) ? r->b : r->a;
    warn_diverged(ev, &(struct divergence){ p, e, r->at, all_finite, r });
    ev->calls = calls;
}

/* What tells figures of different kinds apart. */
static uint64_t kind_of(const struct request *r)
{
    uint64_t se;
    memcpy(&se, &r->se, sizeof se);
    return ((uint64_t)r->trials * 31 + r->seed) * 31 + se * 7 + (uint64_t)r->context * 5 + (uint64_t)r->raw * 3 + !r->b;
}

/* ---- figures of sweeps are kept ---- */

/* Gives the request its key, and its answer if it is known from an earlier run. */
static bool known_answer(struct ev *ev, struct request *r)
{
    struct digest_walk w;
    struct unpacker u;
    if (!keep_begin(ev, "figure", &w)) return false;
    digest_value(&w, r->a);
    digest_value(&w, r->b ? r->b : &value_none);
    digest_value(&w, r->task);
    digest_int(&w, r->trials);
    digest_real(&w, r->se);
    digest_int(&w, (int64_t)r->seed);
    digest_int(&w, r->context);
    digest_int(&w, r->raw);
    r->keyed = digest_end(&w, &r->key);
    if (!r->keyed || !keep_find(ev, &r->key, &u)) return false;
    struct cell c = unpack_cell(ev->arena, &u);
    if (u.bad || c.kind != CELL_ESTIMATE) return false;
    r->measured->of = c.estimate;
    r->measured->request = NULL;
    return true;
}

static void keep_answer(struct ev *ev, const struct request *r)
{
    struct buf b = { 0 };
    struct cell c = cell_estimate(r->measured->of);
    if (!r->keyed) return;
    pack_cell(&b, &c);
    keep_put(ev, &r->key, &b);
    buf_free(&b);
}

/* How many calls besides the first one's a group answers. */
static int other_calls(struct request **group, int n)
{
    int others = 0;
    for (int i = 1; i < n; i++) {
        bool met = false;
        for (int k = 0; k < i; k++) met |= group[k]->at == group[i]->at;
        others += !met;
    }
    return others;
}

static void answer_group(struct ev *ev, struct request **group, int n)
{
    if (ev->session->bench) bench_with(ev, other_calls(group, n));
    struct kernel *k = request_kernel(ev, group, n);
    struct measure_series series[MAX_GROUP];
    struct estimate of[MAX_GROUP];
    int outputs = 0;
    if (!k) ev->session->failed = true;
    for (int i = 0; i < n; i++) {
        series[i] = (struct measure_series){ outputs, group[i]->b ? outputs + 1 : -1 };
        outputs += group[i]->b ? 2 : 1;
    }
    if (!k || !answer_estimates(ev, k, group[0]->trials, group[0]->se, group[0]->seed, series, n, of, group[0]->at))
        return;
    for (int i = 0; i < n; i++) {
        group[i]->measured->of = of[i];
        ahead_put(ev, group[i]->place, kind_of(group[i]), &of[i]);
        keep_answer(ev, group[i]);
    }
    for (int i = 0; i < n; i++) look_for_divergence(ev, group[i], &of[i]);
}

static int64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Answers what has been promised, but for requests about the same prompts as `young`. A group that took long makes
 * smaller ones follow, so that little is lost when the run is stopped; figures do not depend on who is in a group. */
static void settle(struct ev *ev, const struct request *young)
{
    enum { LONG = 10000 };
    struct session *s = ev->session;
    VEC(struct request *) waiting = { 0 };
    int most = s->singly ? 1 : MAX_GROUP;
    for (int i = 0; young && i < s->requests.n; i++) {
        struct request *r = s->requests.data[i];
        if (r == young || same_prompts(r, young)) vec_push(ev->arena, &waiting, r);
    }
    while (s->requests.n > waiting.n && !s->failed && !ev_stopped(ev)) {
        struct request *group[MAX_GROUP];
        int n = 0, left = 0;
        for (int i = 0; i < s->requests.n; i++) {
            struct request *r = s->requests.data[i];
            bool waits = young && (r == young || same_prompts(r, young));
            bool joins = !waits && (n == 0 || (n < most && same_prompts(group[0], r) && !clashes(r, group, n)));
            if (joins) group[n++] = r;
            else s->requests.data[left++] = r;
        }
        s->requests.n = left;
        int64_t began = milliseconds();
        answer_group(ev, group, n);
        for (int i = 0; i < n; i++) group[i]->measured->request = NULL;
        int64_t took = milliseconds() - began;
        if (!s->singly && !s->ranks && !s->bench) most = took > LONG ? (int)(n * LONG / took) + 1 : MAX_GROUP;
    }
    s->requests.n = waiting.n;
    for (int i = 0; i < waiting.n; i++) s->requests.data[i] = waiting.data[i];
    s->settled = milliseconds();
}

void ev_settle(struct ev *ev)
{
    if (!ev->session->replay) settle(ev, NULL);
}

void ev_settle_old(struct ev *ev)
{
    enum { OFTEN = 3000 };
    struct session *s = ev->session;
    if (!s->requests.n || s->replay || s->bench) return;
    bool due = milliseconds() - s->settled > OFTEN;
    /* clocks differ: the first of several processes says when */
    if (s->ranks) due = ev_agree(ev, due ? "due" : NULL) != NULL;
    if (due) settle(ev, s->requests.data[s->requests.n - 1]);
}

/* Answers one request at once. */
static void settle_one(struct ev *ev, struct request *r)
{
    if (!r) return;
    answer_group(ev, &r, 1);
    r->measured->request = NULL;
    VEC(struct request *) left = { 0 };
    for (int i = 0; i < ev->session->requests.n; i++)
        if (ev->session->requests.data[i] != r) vec_push(ev->arena, &left, ev->session->requests.data[i]);
    ev->session->requests.data = left.data;
    ev->session->requests.n = left.n;
    ev->session->requests.capacity = left.capacity;
}

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
            if (owner->measured->request) settle(ev, NULL);
            cell->estimate = owner->measured->of;
        }
}

struct value *ev_ready(struct ev *ev, struct value *v)
{
    if (v->kind == V_TABLE && !v->open) ready_cells(ev, v->table);
    if (v->kind == V_ESTIMATE && v->measured && v->measured->request) settle_one(ev, v->measured->request);
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

#define SCRIPT(name) struct value *name(struct ev *ev, struct scope *s, const struct builtin *b, struct args *a)
#define UNUSED (void)s, (void)b

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

static struct request *request_new(struct ev *ev, const struct request *proto)
{
    struct request *r = arena_copy(ev->arena, proto, sizeof *proto);
    r->measured = ARENA_NEW(ev->arena, struct measured);
    r->measured->request = r;
    r->place = ahead_here(ev);
    /* the calls in progress are on the walker's stack: keep what messages need */
    struct call **up = &r->calls;
    for (struct call *c = r->calls; c; c = c->up) {
        *up = arena_copy(ev->arena, c, sizeof *c);
        up = &(*up)->up;
    }
    bool known = known_answer(ev, r);
    if (ahead_find(ev, r->place, kind_of(r), &r->measured->of)) {
        r->measured->request = NULL;
        if (!known) keep_answer(ev, r);
        look_for_divergence(ev, r, &r->measured->of);
    } else if (known) {
        look_for_divergence(ev, r, &r->measured->of);
    }
    return r;
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
    if (ev->dry) return walk(ev, &r) ? value_new(ev->arena, V_ESTIMATE) : &value_error;
    note_asked(ev, &r);
    struct request *kept = request_new(ev, &r);
    if (kept->measured->request) vec_push(ev->arena, &ev->session->requests, kept);
    return estimate_value(ev, kept->measured);
}

SCRIPT(bi_risk)
{
    UNUSED;
    return measure(ev, a, 1);
}

SCRIPT(bi_compare)
{
    UNUSED;
    return measure(ev, a, 2);
}

/* Predictors and task of `predictions` and `disagreement`. NULL: go on; else the result. */
static struct value *raw_request(struct ev *ev, struct args *a, int predictors, struct request *r)
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

SCRIPT(bi_predictions)
{
    UNUSED;
    struct request r = { 0 }, *one = &r;
    struct digest key;
    bool keyed;
    struct value *done = raw_request(ev, a, 1, &r);
    if (done || (done = known_value(ev, "predictions", &r, &key, &keyed))) return done;
    struct kernel *k = ev->dry ? walk(ev, &r) : request_kernel(ev, &one, 1);
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

SCRIPT(bi_disagreement)
{
    UNUSED;
    static const char *const keys[] = { "max", "mean", "rms" };
    struct request r = { 0 }, *one = &r;
    struct digest key;
    bool keyed;
    struct value *done = raw_request(ev, a, 2, &r), *field[3], *v;
    if (done || (done = known_value(ev, "disagreement", &r, &key, &keyed))) return done;
    struct kernel *k = ev->dry ? walk(ev, &r) : request_kernel(ev, &one, 1);
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

SCRIPT(bi_curve)
{
    UNUSED;
    struct request r = { 0 };
    struct value *out = value_new(ev->arena, V_TABLE), *done = raw_request(ev, a, 1, &r);
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
            if (!walk(ev, &r)) return &value_error;
            continue;
        }
        struct request *one = request_new(ev, &r);
        if (one->measured->request) vec_push(ev->arena, &ev->session->requests, one);
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

/* ---- tune ---- */

/* The hyper-parameters that have candidates, through all parts of a chain. */
struct choice {
    const struct instance *part;
    int hyper;
    int at; /* the candidate being tried */
};

static int choices(const struct value *p, struct choice *out, int max)
{
    int n = 0;
    for (int i = 0; i < (p->kind == V_CHAIN ? p->n : 1); i++) {
        const struct value *part = p->kind == V_CHAIN ? p->item[i] : p;
        if (part->kind != V_INSTANCE) continue;
        const struct instance *in = part->instance;
        for (int h = 0; h < in->def->nhypers && n < max; h++)
            if (in->hyper[h]->kind == V_CANDIDATES) out[n++] = (struct choice){ in, h, 0 };
    }
    return n;
}

/* The predictor with the current candidates in place. */
static struct value *chosen(struct ev *ev, const struct value *p, const struct choice *c, int n,
                            const struct tuning *tuning)
{
    struct value *item[p->kind == V_CHAIN ? p->n : 1];
    int parts = p->kind == V_CHAIN ? p->n : 1;
    for (int i = 0; i < parts; i++) {
        const struct value *from = p->kind == V_CHAIN ? p->item[i] : p;
        if (from->kind != V_INSTANCE) {
            item[i] = (struct value *)from;
            continue;
        }
        struct instance *in = arena_copy(ev->arena, from->instance, sizeof *in);
        bool *tuned = ARENA_ARRAY(ev->arena, bool, in->def->nhypers + 1);
        in->hyper = arena_copy(ev->arena, in->hyper, sizeof *in->hyper * (size_t)in->def->nhypers);
        for (int k = 0; k < n; k++)
            if (c[k].part == from->instance) {
                const struct ast *h = in->def->hyper[c[k].hyper];
                struct value *v = ev_fit_hyper(ev, in->def, h, from->instance->hyper[c[k].hyper]->item[c[k].at], h);
                in->hyper[c[k].hyper] = v ? v : &value_error;
                tuned[c[k].hyper] = true;
            }
        in->tuned = tuned;
        in->tuning = tuning;
        item[i] = value_new(ev->arena, V_INSTANCE);
        item[i]->instance = in;
    }
    return parts == 1 && p->kind != V_CHAIN ? item[0] : value_list(ev->arena, V_CHAIN, parts, item);
}

static bool next_choice(struct choice *c, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        if (++c[i].at < c[i].part->hyper[c[i].hyper]->n) return true;
        c[i].at = 0;
    }
    return false;
}

/* The kernel of a walk that nobody looks at, but for its shape: it is in the memory of the one before. */
static struct kernel *walk_aside(struct ev *ev, const struct request *asked)
{
    struct request r = *asked, *one = &r;
    struct arena *kept = ev->arena;
    arena_reset(&ev->session->aside);
    ev->arena = &ev->session->aside;
    struct kernel *k = request_kernel(ev, &one, 1);
    ev->arena = kept;
    if (!k) rehearse_broken(ev, asked->at);
    return k;
}

static bool is_algorithm(const struct value *p)
{
    bool all = p->kind == V_INSTANCE || p->kind == V_CHAIN;
    for (int i = 0; p->kind == V_CHAIN && i < p->n; i++) all &= p->item[i]->kind == V_INSTANCE;
    return all;
}

/* Nothing that a walk makes is used after it? Models keep what they find out about themselves. */
static bool walked_for_shape(const struct ev *ev, const struct request *r)
{
    const struct session *s = ev->session;
    return !ev->rehearsal && !ev->inspect && !ev->damaged && !s->show_kernel && !s->replay && !s->bench &&
           ev->arena != &s->aside && is_algorithm(r->a) && (!r->b || is_algorithm(r->b));
}

static struct kernel *walk(struct ev *ev, const struct request *asked)
{
    if (walked_for_shape(ev, asked)) return walk_aside(ev, asked);
    struct choice c[MAX_CHOICES];
    struct request r = *asked, *one = &r;
    struct kernel *k;
    int n = ev->rehearsal ? choices(asked->a, c, MAX_CHOICES) : 0; /* what tune will have chosen: any of them */
    if (ev->rehearsal && asked->b) n += choices(asked->b, c + n, MAX_CHOICES - n);
    do {
        if (n) r.a = chosen(ev, asked->a, c, n, NULL);
        if (n && asked->b) r.b = chosen(ev, asked->b, c, n, NULL);
        k = request_kernel(ev, &one, 1);
        if (k && ev->session->show_kernel) ev->session->show_kernel(ev, k->f);
    } while (k && next_choice(c, n));
    if (!k) rehearse_broken(ev, asked->at);
    return k;
}

/* What tune will give, when only the run knows: real numbers are unknown, others, which are part of the code, stay
 * candidates. */
static struct value *undecided(struct ev *ev, const struct value *p, struct choice *c, int n)
{
    struct value *v = chosen(ev, p, c, n, NULL);
    for (int k = 0; k < n; k++) {
        const struct value *all = c[k].part->hyper[c[k].hyper];
        bool real = true;
        for (int i = 0; i < all->n; i++) real &= value_is_scalar(all->item[i], DT_REAL);
        for (int i = 0; i < (p->kind == V_CHAIN ? p->n : 1); i++) {
            const struct value *from = p->kind == V_CHAIN ? p->item[i] : p, *to = p->kind == V_CHAIN ? v->item[i] : v;
            if (from->kind != V_INSTANCE || from->instance != c[k].part) continue;
            to->instance->hyper[c[k].hyper] = real ? t_unknown(ev, DT_REAL, 0, NULL) : (struct value *)all;
        }
    }
    return v;
}

SCRIPT(bi_tune)
{
    UNUSED;
    struct request r = { 0 };
    struct value *done = raw_request(ev, a, 1, &r), *best = NULL;
    struct choice c[MAX_CHOICES];
    if (done) return done;
    r.raw = false;
    const struct value *family = r.a;
    int n = choices(family, c, MAX_CHOICES);
    if (n == 0) {
        struct diag *m = ev_error(ev, E_ARGUMENT_MISSING, a->at[0], "`tune` is given nothing to choose");
        diag_help(m, "give candidates with `in`, as in gd(steps = 10, eta in [0.01, 0.1])");
        return &value_error;
    }
    double least = INFINITY;
    struct tuning *tuning = ARENA_NEW(ev->arena, struct tuning);
    *tuning = (struct tuning){ r.task, r.seed, a->call };
    r.tuning = true;
    if (ev->rehearsal) {
        r.a = best = undecided(ev, family, c, n);
        return walk(ev, &r) ? best : &value_error;
    }
    do {
        struct value *p = chosen(ev, family, c, n, tuning);
        r.a = p;
        if (ev->dry) return walk(ev, &r) ? p : &value_error;
        struct request *one = request_new(ev, &r);
        settle_one(ev, one->measured->request);
        const struct estimate *e = &one->measured->of;
        if (ev->session->failed || ev_stopped(ev)) return &value_error;
        if (e->nonfinite || !(e->mean < least)) continue;
        least = e->mean;
        best = p;
    } while (next_choice(c, n));
    if (best) return best;
    struct diag *m = ev_error(ev, E_VALUE, a->call, "no candidate gave finite predictions on all %lld prompts",
                              (long long)r.trials);
    diag_help(m, "offer smaller steps or stronger regularisation");
    ev->session->failed = true;
    return &value_error;
}
