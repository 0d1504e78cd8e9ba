/* Promises. `risk` and `compare` only promise a figure: a request waits until it is looked at, so that a sweep's cells
 * that ask about the same prompts are answered together. Figures of sweeps are kept for later runs, and predictions
 * that are not finite are warned of. */
#include <string.h>
#include "compiler/answer.h"
#include "compiler/bench.h"
#include "compiler/model.h"
#include "compiler/request.h"
#include "compiler/warn.h"
#include "runtime/clock.h"
#include "runtime/progress.h"

/* ---- who joins whom ---- */

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

/* ---- keeping promises ---- */

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
    struct measure_series series[REQUEST_GROUP];
    struct estimate of[REQUEST_GROUP];
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

/* Answers what has been promised, but for requests about the same prompts as `young`. A group that took long makes
 * smaller ones follow, so that little is lost when the run is stopped; figures do not depend on who is in a group. */
static void settle(struct ev *ev, const struct request *young)
{
    enum { LONG = 10000 };
    struct session *s = ev->session;
    VEC(struct request *) waiting = { 0 };
    int most = s->singly ? 1 : REQUEST_GROUP;
    for (int i = 0; young && i < s->requests.n; i++) {
        struct request *r = s->requests.data[i];
        if (r == young || same_prompts(r, young)) vec_push(ev->arena, &waiting, r);
    }
    while (s->requests.n > waiting.n && !s->failed && !ev_stopped(ev)) {
        struct request *group[REQUEST_GROUP];
        int n = 0, left = 0;
        for (int i = 0; i < s->requests.n; i++) {
            struct request *r = s->requests.data[i];
            bool waits = young && (r == young || same_prompts(r, young));
            bool joins = !waits && (n == 0 || (n < most && same_prompts(group[0], r) && !clashes(r, group, n)));
            if (joins) group[n++] = r;
            else s->requests.data[left++] = r;
        }
        s->requests.n = left;
        int64_t began = clock_milliseconds();
        answer_group(ev, group, n);
        for (int i = 0; i < n; i++) group[i]->measured->request = NULL;
        int64_t took = clock_milliseconds() - began;
        if (!s->singly && !s->ranks && !s->bench) most = took > LONG ? (int)(n * LONG / took) + 1 : REQUEST_GROUP;
    }
    s->requests.n = waiting.n;
    for (int i = 0; i < waiting.n; i++) s->requests.data[i] = waiting.data[i];
    s->settled = clock_milliseconds();
}

void request_settle_all(struct ev *ev)
{
    settle(ev, NULL);
}

void ev_settle(struct ev *ev)
{
    if (!ev->session->replay) request_settle_all(ev);
}

void ev_settle_old(struct ev *ev)
{
    enum { OFTEN = 3000 };
    struct session *s = ev->session;
    if (!s->requests.n || s->replay || s->bench) return;
    bool due = clock_milliseconds() - s->settled > OFTEN;
    /* clocks differ: the first of several processes says when */
    if (s->ranks) due = ev_agree(ev, due ? "due" : NULL) != NULL;
    if (due) settle(ev, s->requests.data[s->requests.n - 1]);
}

void request_settle(struct ev *ev, struct request *r)
{
    if (!r) return;
    answer_group(ev, &r, 1);
    r->measured->request = NULL;
    struct session *s = ev->session;
    int left = 0;
    for (int i = 0; i < s->requests.n; i++)
        if (s->requests.data[i] != r) s->requests.data[left++] = s->requests.data[i];
    s->requests.n = left;
}

struct request *request_new(struct ev *ev, const struct request *proto)
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

void request_wait(struct ev *ev, struct request *r)
{
    if (r->measured->request) vec_push(ev->arena, &ev->session->requests, r);
}
