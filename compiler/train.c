/* `train`: its arguments, where its numbers lie, and what is done with it: steps, a rehearsal for a program that is
 * built, or steps that are timed. Trained models of a sweep are kept. */
#include <string.h>
#include "compiler/ahead.h"
#include "compiler/bench.h"
#include "compiler/keeper.h"
#include "compiler/kernel_store.h"
#include "compiler/rehearse.h"
#include "compiler/training.h"
#include "runtime/clock.h"
#include "runtime/output.h"

/* ---- arguments ---- */

static bool int_argument(struct ev *ev, struct args *a, int k, const char *name, int64_t *out)
{
    if (!a->v[k] || (ev->dry && !value_ready(a->v[k]))) return true;
    if (ev_known_int(a->v[k], out) && *out >= 1) return true;
    ev_error(ev, E_VALUE, a->at[k], "`%s` is a whole number, at least 1", name);
    return false;
}

/* The name of a schedule stands for it with its defaults: `cosine` for `cosine()`. */
static struct value *schedule_of(struct ev *ev, struct value *v, const struct ast *at)
{
    const struct def *d = v && v->kind == V_FN && v->fn->kind == FN_DEF ? v->fn->def : NULL;
    for (int i = 0; d && i < d->nhypers; i++)
        if (!d->hyper[i]->kid[1]) d = NULL;
    if (!d || d->kind != DEF_FN) return v;
    struct ast *call = arena_copy(ev->arena, at, sizeof *at);
    struct value *arg[d->nhypers + 1];
    call->kind = A_CALL;
    call->n = 1;
    call->kid = arena_copy(ev->arena, &at, sizeof at);
    if (!ev_arguments(ev, ev->parts, d, call, arg, false)) return &value_error;
    struct value *made = ev_call_def(ev, d, arg, d->nhypers, call);
    return made->kind == V_FN || value_poisoned(made) ? made : v;
}

/* What changes the course: schedule, clip, curriculum. */
static bool read_course(struct ev *ev, struct args *a, struct training *t)
{
    bool good = true;
    t->schedule = schedule_of(ev, a->v[5], a->at[5]);
    if (t->schedule && t->schedule->kind != V_FN) {
        good = false;
        if (!value_poisoned(t->schedule))
            ev_error(ev, E_TYPE, a->at[5], "a schedule is a function of (step, steps), not %s",
                     value_type(ev->arena, t->schedule));
    }
    if (a->v[6] && !(ev->dry && !value_ready(a->v[6])) &&
        (!ev_known_real(a->v[6], &t->clip) || !(t->clip > 0))) {
        ev_error(ev, E_VALUE, a->at[6], "`clip` is a number greater than 0: the largest norm of the gradient");
        good = false;
    }
    t->curriculum = a->v[7];
    t->curriculum_at = a->at[7];
    if (t->curriculum && t->curriculum->kind != V_RECORD) {
        ev_error(ev, E_TYPE, a->at[7],
                 "a curriculum is a record of functions of the step, as in { n: ramp(4, 16, by = 1, every = 100) }");
        good = false;
    }
    return good;
}

static bool read_arguments(struct ev *ev, struct args *a, struct training *t)
{
    struct value *optimizer = a->v[4] ? ev_instance_value(ev, a->v[4], a->at[4]) : NULL;
    int64_t seed = (int64_t)ev->session->seed;
    t->at = a->call;
    t->steps = 1000;
    t->batch = 64;
    bool good = int_argument(ev, a, 2, "steps", &t->steps);
    good &= int_argument(ev, a, 3, "batch", &t->batch);
    t->every = t->steps / 10 > 0 ? t->steps / 10 : 1;
    good &= int_argument(ev, a, 10, "every", &t->every);
    if (!optimizer) {
        struct binding *b = scope_find(ev->parts, intern(ev->names, "adam"));
        optimizer = ev_instance_value(ev, b->value, a->call);
    }
    if (optimizer->kind != V_INSTANCE || optimizer->instance->def->kind != DEF_OPTIMIZER) {
        if (!value_poisoned(optimizer))
            ev_error(ev, E_TYPE, a->at[4], "an optimizer is needed here, this is %s", value_type(ev->arena, optimizer));
        return false;
    }
    t->optimizer = optimizer->instance;
    good &= read_course(ev, a, t);
    if (a->v[8] && !(ev->dry && !value_ready(a->v[8])) && (!ev_known_int(a->v[8], &seed) || seed < 0)) {
        ev_error(ev, E_VALUE, a->at[8], "`seed` is a whole number, at least 0");
        good = false;
    }
    t->seed = (uint64_t)seed;
    if (a->v[9] && a->v[9]->kind != V_STRING) {
        ev_error(ev, E_TYPE, a->at[9], "`checkpoint` is the name of a file, not %s", value_type(ev->arena, a->v[9]));
        good = false;
    } else if (a->v[9] && a->v[9]->text) t->checkpoint = ev_out_path(ev, a->v[9]->text);
    return good;
}

/* All parameters one after the other in theta; the model's weights are parts of it. */
static void lay_out(struct ev *ev, struct training *t, const struct model *start)
{
    t->model = *start;
    t->model.weight = ARENA_ARRAY(ev->arena, struct weight, start->n + 1);
    for (int i = 0; i < start->n; i++) t->elements += tensor_elements(&start->weight[i].value->data);
    t->theta = ARENA_ARRAY(ev->arena, double, t->elements + 1);
    double *at = t->theta;
    for (int i = 0; i < start->n; i++) {
        struct tensor data = start->weight[i].value->data;
        int64_t n = tensor_elements(&data);
        memcpy(at, data.r, sizeof *at * (size_t)n);
        data.r = at;
        at += n;
        t->model.weight[i].path = start->weight[i].path;
        /* a rank of 0 would copy the number: a parameter is always a part of theta */
        struct value *v = value_host(ev->arena, ev->sizes, data);
        v->data = data;
        t->model.weight[i].value = v;
    }
}

/* What a program needs of a training: the kernel of each level of the curriculum, and the optimizer's. */
static bool rehearse(struct ev *ev, struct training *t, struct args *a)
{
    if (a->v[3] && !value_ready(a->v[3])) return rehearse_refuse(ev, a->at[3], a->v[3]), false;
    if (t->curriculum && a->v[2] && !value_ready(a->v[2])) return rehearse_refuse(ev, a->at[2], a->v[2]), false;
    int levels = t->curriculum ? t->curriculum->n : 0;
    int64_t level[levels + 1], last[levels + 1];
    struct arena *arena = ev->arena, scratch = { 0 };
    bool good = true;
    for (t->step = 0; good && t->step < (levels ? t->steps : 1); t->step++) {
        ev->arena = &scratch; /* what a step makes on the way is forgotten after it */
        good = training_levels(ev, t, level);
        ev->arena = arena;
        arena_free(&scratch);
        if (t->step && !memcmp(level, last, sizeof *level * (size_t)levels)) continue;
        memcpy(last, level, sizeof *level * (size_t)levels);
        struct kernel *k = good ? training_gradient_kernel(ev, t, training_task(ev, t, level)) : NULL;
        good = k != NULL;
        if (k) ev->session->show_kernel(ev, k->f);
    }
    for (int i = 0; i < t->model.n; i++) {
        int64_t n = 1, size;
        const struct value *w = t->model.weight[i].value;
        for (int d = 0; d < w->rank; d++) n *= size_known(w->dims[d], &size) ? size : 1;
        t->elements += n;
    }
    good = good && training_update_kernel(ev, t);
    if (good) ev->session->show_kernel(ev, t->update_k->f);
    else rehearse_broken(ev, t->at);
    return good;
}

/* ---- trained models of a sweep are kept ---- */

/* Weights of an earlier run's training that was the same; one with a checkpoint has them there. */
static bool known_weights(struct ev *ev, struct training *t, struct args *a, struct digest *key, bool *keyed)
{
    struct digest_walk w;
    struct unpacker u;
    const struct instance *in[3] = { t->arch, t->task, t->optimizer };
    if (t->checkpoint || !keep_begin(ev, "training", &w)) return false;
    for (int i = 0; i < 3; i++) digest_value(&w, &(struct value){ .kind = V_INSTANCE, .instance = in[i] });
    digest_value(&w, a->v[5] ? a->v[5] : &value_none);
    digest_value(&w, a->v[7] ? a->v[7] : &value_none);
    digest_int(&w, t->steps);
    digest_int(&w, t->batch);
    digest_real(&w, t->clip);
    digest_int(&w, (int64_t)t->seed);
    *keyed = digest_end(&w, key);
    if (!*keyed || !keep_find(ev, key, &u) || u.end - u.at != t->elements * 8) return false;
    for (int64_t e = 0; e < t->elements; e++) t->theta[e] = unpack_real(&u);
    return true;
}

static void keep_weights(struct ev *ev, const struct training *t, const struct digest *key)
{
    struct buf b = { 0 };
    for (int64_t e = 0; e < t->elements; e++) pack_real(&b, t->theta[e]);
    keep_put(ev, key, &b);
    buf_free(&b);
}

/* The checkpoint's folder is there, or is made, before any work is done. */
static bool place_for(struct ev *ev, const struct training *t, const struct args *a)
{
    const char *why = NULL;
    if (t->checkpoint && ev_first(ev)) why = output_make_place(ev->arena, t->checkpoint);
    if (!t->checkpoint || !(why = ev_agree(ev, why))) return true;
    ev_error(ev, E_FILE_WRITE, a->at[9], "%s", why);
    return false;
}

/* ---- icl bench: steps of a training whose result nobody looks at ---- */

struct bench_training {
    struct ev *ev;
    struct training t;
    int64_t first, done; /* of the steps that are taken again and again */
};

static bool bench_steps(void *ctx, int64_t n)
{
    struct bench_training *b = ctx;
    struct ev *ev = b->ev;
    struct arena *arena = ev->arena, scratch = { 0 };
    double loss;
    bool good = true;
    for (int64_t i = 0; i < n && good; i++) {
        b->t.step = b->first + b->done++ % (b->t.steps - b->first);
        ev->arena = &scratch;
        good = training_gradient(ev, &b->t, &loss) && training_update(ev, &b->t, training_factor(ev, &b->t));
        ev->arena = arena;
        arena_free(&scratch);
    }
    return good;
}

static void bench_end(void *ctx)
{
    struct bench_training *b = ctx;
    training_end(b->ev, &b->t);
}

/* Steps at the end of the training, where its curriculum is, but with a learning rate of 0: the parameters stay what
 * they were, so that no step is of other numbers than the first. */
static bool train_bench(struct ev *ev, const struct training *of)
{
    enum { LAST = 64 };
    struct bench_training *b = ARENA_NEW(ev->arena, struct bench_training);
    *b = (struct bench_training){ .ev = ev, .t = *of, .first = of->steps > LAST ? of->steps - LAST : 0 };
    struct training *t = &b->t;
    bool jit = ev->session->engine == ENGINE_JIT;
    struct kernel_counts before = { 0 };
    int64_t rows;
    if (jit) before = bench_counts(ev);
    t->step = t->steps - 1;
    training_factor(ev, t);
    if (ev->diags->errors || !training_begin(ev, t) || !training_follow(ev, t, ev->arena) ||
        !training_update_kernel(ev, t) || !training_has_room(ev, t) ||
        !training_ready(ev, t->update_k, &t->update, t->at) || !prompt_rows(ev, t->task_now, t->at, &rows)) {
        training_end(ev, t);
        return false;
    }
    t->lr = 0;
    struct bench_work w = { .at = t->at, .unit = "steps", .total = t->steps, .least = 1, .tokens = t->batch * rows,
                            .run = bench_steps, .end = bench_end, .ctx = b };
    if (jit) bench_compiled(ev, &before, &w);
    bench_note(ev, &w);
    return true;
}

static bool train_all(struct ev *ev, struct training *t)
{
    if (ev->session->keeper) t->number = ev->session->keeper->trainings++;
    t->began = clock_milliseconds();
    bool good = training_begin(ev, t) && training_run(ev, t);
    training_end(ev, t);
    if (good && t->checkpoint) keep_file(ev, t->checkpoint);
    return good;
}

struct value *bi_train(struct ev *ev, struct scope *s, const struct builtin *b, struct args *a)
{
    struct training t = { 0 };
    if (ahead_alone(ev)) {
        ahead_refuse(ev);
        return &value_error;
    }
    struct args init = { .n = 3, .v = (struct value *[]){ a->v[0], a->v[1], a->v[8] },
                         .at = (const struct ast *[]){ a->at[0], a->at[1], a->at[8] }, .call = a->call };
    struct value *start = bi_init(ev, s, b, &init);
    if (value_poisoned(start) || !read_arguments(ev, a, &t)) return value_poisoned(start) ? start : &value_error;
    t.arch = start->model->arch;
    t.task = ev_task(ev, a->v[1], a->at[1])->instance;
    if (ev->dry) t.model = *start->model;
    if (ev->rehearsal) return rehearse(ev, &t, a) ? start : &value_error;
    if (ev->dry) {
        int64_t level[(t.curriculum ? t.curriculum->n : 0) + 1];
        const struct instance *task = training_levels(ev, &t, level) ? training_task(ev, &t, level) : NULL;
        struct kernel *k = task ? training_gradient_kernel(ev, &t, task) : NULL;
        if (k && ev->session->show_kernel) ev->session->show_kernel(ev, k->f);
        return k ? start : &value_error;
    }
    lay_out(ev, &t, start->model);
    if (ev->session->bench) {
        if (train_bench(ev, &t)) return start;
        ev->session->failed = true;
        return &value_error;
    }
    struct digest key;
    bool keyed = false, known = known_weights(ev, &t, a, &key, &keyed);
    bool good = known || (place_for(ev, &t, a) && train_all(ev, &t));
    if (!good) {
        ev->session->failed = true;
        return &value_error;
    }
    if (!known && keyed) keep_weights(ev, &t, &key);
    return value_model(ev->arena, arena_copy(ev->arena, &t.model, sizeof t.model));
}
