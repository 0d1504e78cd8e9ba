/* `tune`: of the candidates of hyper-parameters (`eta in [0.1, 1.0]`) those with the least risk; every combination is
 * tried. */
#include <math.h>
#include "compiler/rehearse.h"
#include "compiler/request.h"

/* The hyper-parameters that have candidates, through all parts of a chain. */
struct choice {
    const struct instance *part;
    int hyper;
    int at; /* the candidate being tried */
};

typedef VEC(struct choice) choice_list;

static void find_choices(struct ev *ev, const struct value *p, choice_list *out)
{
    for (int i = 0; i < (p->kind == V_CHAIN ? p->n : 1); i++) {
        const struct value *part = p->kind == V_CHAIN ? p->item[i] : p;
        if (part->kind != V_INSTANCE) continue;
        const struct instance *in = part->instance;
        for (int h = 0; h < in->def->nhypers; h++)
            if (in->hyper[h]->kind == V_CANDIDATES) vec_push(ev->arena, out, ((struct choice){ in, h, 0 }));
    }
}

/* The predictor with the current candidates in place. */
static struct value *chosen(struct ev *ev, const struct value *p, const choice_list *c, const struct tuning *tuning)
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
        for (int k = 0; k < c->n; k++) {
            const struct choice *choice = &c->data[k];
            if (choice->part != from->instance) continue;
            const struct ast *h = in->def->hyper[choice->hyper];
            struct value *v = ev_fit_hyper(ev, in->def, h, choice->part->hyper[choice->hyper]->item[choice->at], h);
            in->hyper[choice->hyper] = v ? v : &value_error;
            tuned[choice->hyper] = true;
        }
        in->tuned = tuned;
        in->tuning = tuning;
        item[i] = value_new(ev->arena, V_INSTANCE);
        item[i]->instance = in;
    }
    return parts == 1 && p->kind != V_CHAIN ? item[0] : value_list(ev->arena, V_CHAIN, parts, item);
}

/* The next combination. False: that was the last. */
static bool next_choice(choice_list *c)
{
    for (int i = c->n - 1; i >= 0; i--) {
        struct choice *choice = &c->data[i];
        if (++choice->at < choice->part->hyper[choice->hyper]->n) return true;
        choice->at = 0;
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

struct kernel *request_walk(struct ev *ev, const struct request *asked)
{
    if (walked_for_shape(ev, asked)) return walk_aside(ev, asked);
    choice_list c = { 0 };
    struct request r = *asked, *one = &r;
    struct kernel *k;
    if (ev->rehearsal) find_choices(ev, asked->a, &c); /* what tune will have chosen: any of them */
    if (ev->rehearsal && asked->b) find_choices(ev, asked->b, &c);
    do {
        if (c.n) r.a = chosen(ev, asked->a, &c, NULL);
        if (c.n && asked->b) r.b = chosen(ev, asked->b, &c, NULL);
        k = request_kernel(ev, &one, 1);
        if (k && ev->session->show_kernel) ev->session->show_kernel(ev, k->f);
    } while (k && next_choice(&c));
    if (!k) rehearse_broken(ev, asked->at);
    return k;
}

/* What tune will give, when only the run knows: real numbers are unknown, others, which are part of the code, stay
 * candidates. */
static struct value *undecided(struct ev *ev, const struct value *p, const choice_list *c)
{
    struct value *v = chosen(ev, p, c, NULL);
    for (int k = 0; k < c->n; k++) {
        const struct choice *choice = &c->data[k];
        const struct value *all = choice->part->hyper[choice->hyper];
        bool real = true;
        for (int i = 0; i < all->n; i++) real &= value_is_scalar(all->item[i], DT_REAL);
        for (int i = 0; i < (p->kind == V_CHAIN ? p->n : 1); i++) {
            const struct value *from = p->kind == V_CHAIN ? p->item[i] : p, *to = p->kind == V_CHAIN ? v->item[i] : v;
            if (from->kind != V_INSTANCE || from->instance != choice->part) continue;
            to->instance->hyper[choice->hyper] = real ? t_unknown(ev, DT_REAL, 0, NULL) : (struct value *)all;
        }
    }
    return v;
}

SCRIPT_BUILTIN(bi_tune)
{
    (void)s, (void)b;
    struct request r = { 0 };
    struct value *done = request_arguments(ev, a, 1, &r), *best = NULL;
    choice_list c = { 0 };
    if (done) return done;
    r.raw = false;
    const struct value *family = r.a;
    find_choices(ev, family, &c);
    if (c.n == 0) {
        struct diag *m = ev_error(ev, E_ARGUMENT_MISSING, a->at[0], "`tune` is given nothing to choose");
        diag_help(m, "give candidates with `in`, as in gd(steps = 10, eta in [0.01, 0.1])");
        return &value_error;
    }
    double least = INFINITY;
    struct tuning *tuning = ARENA_NEW(ev->arena, struct tuning);
    *tuning = (struct tuning){ r.task, r.seed, a->call };
    r.tuning = true;
    if (ev->rehearsal) {
        r.a = best = undecided(ev, family, &c);
        return request_walk(ev, &r) ? best : &value_error;
    }
    do {
        struct value *p = chosen(ev, family, &c, tuning);
        r.a = p;
        if (ev->dry) return request_walk(ev, &r) ? p : &value_error;
        struct request *one = request_new(ev, &r);
        request_settle(ev, one->measured->request);
        const struct estimate *e = &one->measured->of;
        if (ev->session->failed || ev_stopped(ev)) return &value_error;
        if (e->nonfinite || !(e->mean < least)) continue;
        least = e->mean;
        best = p;
    } while (next_choice(&c));
    if (best) return best;
    struct diag *m = ev_error(ev, E_VALUE, a->call, "no candidate gave finite predictions on all %lld prompts",
                              (long long)r.trials);
    diag_help(m, "offer smaller steps or stronger regularisation");
    ev->session->failed = true;
    return &value_error;
}
