/* One step of a training: the gradient over a batch, checked and clipped, and the optimizer. Kernels read and write the
 * parameters, the gradient and the optimizer's states where they lie, in the run's precision. What is shown to the rest
 * of the program (a model's weights, checkpoints, the interpreter) is in double; in a run of 64 bits it is the same
 * memory, in one of 32 bits a copy that is made when someone looks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/training.h"
#include "runtime/room.h"

enum { UNIT = 16, ROW = 16 }; /* ROW: what loops over all parameters do at a time, so that they become vectors */

/* ---- the numbers ---- */

static void widen(double *to, const float *from, int64_t n)
{
    int64_t e = 0;
    for (; e + ROW <= n; e += ROW)
        for (int i = 0; i < ROW; i++) to[e + i] = from[e + i];
    for (; e < n; e++) to[e] = from[e];
}

static void narrow(float *to, const double *from, int64_t n)
{
    for (int64_t e = 0; e < n; e++) to[e] = (float)from[e];
}

static void *numbers(const struct ev *ev, int64_t n)
{
    return room_new((size_t)(n + 1) * (ev->precision == 32 ? sizeof(float) : sizeof(double)));
}

/* See training.h. */
bool training_has_room(struct ev *ev, const struct training *t)
{
    bool all = t->slope;
    for (int i = 0; i <= t->walk.states; i++) all = all && t->now[i];
    if (!all) ev_error(ev, E_LIMIT, t->at, "not enough memory for %lld parameters", (long long)t->elements);
    return all;
}

/* See training.h. */
bool training_begin(struct ev *ev, struct training *t)
{
    t->lasting = ev->arena;
    t->memory = train_memory_new();
    t->now[0] = ev->precision == 32 ? numbers(ev, t->elements) : t->theta;
    t->slope = numbers(ev, t->elements);
    if (!training_has_room(ev, t) || !t->memory) return false;
    if (ev->precision != 32) {
        t->gradient = t->slope;
        return true;
    }
    for (int64_t i = 0, at = 0; i < t->model.n; i++) {
        struct tensor *data = &t->model.weight[i].value->data;
        data->narrow = (const float *)t->now[0] + at;
        at += tensor_elements(data);
    }
    narrow(t->now[0], t->theta, t->elements);
    return true;
}

/* See training.h. */
void training_state(struct ev *ev, struct training *t, int i, double first)
{
    double *wide = t->now[1 + i] = numbers(ev, t->elements);
    float *small = t->now[1 + i];
    for (int64_t e = 0; wide && e < t->elements; e++)
        if (ev->precision == 32) small[e] = (float)first;
        else wide[e] = first;
    if (ev->precision != 32) t->state[i] = wide;
}

/* See training.h. */
void training_input(const struct ev *ev, struct value *v, void *now, double *shown)
{
    v->data.r = ev->precision == 32 ? shown : now;
    v->data.narrow = ev->precision == 32 ? now : NULL;
}

/* See training.h. */
void training_show(struct ev *ev, struct training *t, bool states)
{
    if (ev->precision != 32 || !t->now[0]) return;
    widen(t->theta, t->now[0], t->elements);
    for (int i = 0; states && i < t->walk.states; i++) {
        if (!t->state[i]) t->state[i] = t->state_in[i]->data.r = ARENA_ARRAY(t->lasting, double, t->elements + 1);
        widen(t->state[i], t->now[1 + i], t->elements);
    }
}

/* See training.h. */
void training_take(struct ev *ev, struct training *t)
{
    if (ev->precision != 32) return;
    narrow(t->now[0], t->theta, t->elements);
    for (int i = 0; i < t->walk.states; i++) narrow(t->now[1 + i], t->state[i], t->elements);
}

/* See training.h. */
void training_end(struct ev *ev, struct training *t)
{
    training_show(ev, t, false);
    for (int i = 0; i < t->model.n; i++) t->model.weight[i].value->data.narrow = NULL;
    if (ev->precision == 32) free(t->now[0]);
    for (int i = 0; i < t->walk.states; i++) free(t->now[1 + i]);
    free(t->slope);
    train_memory_free(t->memory);
    memset(t->now, 0, sizeof t->now);
    t->slope = NULL;
    t->memory = NULL;
}

/* ---- what is not finite ---- */

static bool all_finite(const struct ev *ev, const void *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(ev->precision == 32 ? (double)((const float *)v)[i] : ((const double *)v)[i])) return false;
    return true;
}

/* See training.h. */
const char *training_not_finite(const struct ev *ev, const struct training *t, const void *v)
{
    for (int i = 0; i < t->model.n; i++) {
        int64_t n = tensor_elements(&t->model.weight[i].value->data);
        if (!all_finite(ev, v, n)) return t->model.weight[i].path;
        v = (const char *)v + (size_t)n * (ev->precision == 32 ? sizeof(float) : sizeof(double));
    }
    return NULL;
}

/* A kernel of the taps' values in the order in which they are computed (not of those inside loops), and the loss. */
static struct kernel *taps_kernel(struct ev *ev, struct training *t, struct arch *walk)
{
    struct kernel *previous = ev_kernel_begin(ev, t->arch->def->name), *k = ev->k;
    struct frame fr;
    bool good = ev_prompt(ev, t->task_now, &fr, t->at) && training_loss(ev, t, walk, &fr)->kind == V_TENSOR;
    int n = 0;
    for (int i = 0; i < walk->taps.n && good; i++) {
        struct ir_node *node = t_node(ev, t_cast(ev, walk->taps.data[i].value, DT_REAL));
        if (node->region != k->f->top) continue;
        walk->taps.data[n++] = walk->taps.data[i];
        vec_push(k->f->arena, &k->f->top->results, node);
    }
    walk->taps.n = n;
    ev_kernel_end(ev, previous);
    return good && ev_passes(ev, k, t->at) ? k : NULL;
}

static bool finite_tensor(const struct tensor *x)
{
    int64_t n = tensor_elements(x), i = 0;
    while (i < n && isfinite(x->r[i])) i++;
    return i == n;
}

/* The first tensor that is not finite in a step whose loss is not. */
static const char *culprit(struct ev *ev, struct training *t, int64_t first)
{
    const char *path = training_not_finite(ev, t, t->now[0]);
    struct arch walk = { 0 };
    struct kernel *k = path ? NULL : taps_kernel(ev, t, &walk);
    if (path) return arena_printf(ev->arena, "parameter `%s`", path);
    training_show(ev, t, false);
    for (int64_t p = 0; k && p < t->batch; p++) {
        struct tensor tap[walk.taps.n + 1];
        answer_prompt(ev, k, t->seed, (uint64_t)(first + p), tap);
        for (int i = 0; i < walk.taps.n; i++)
            if (!finite_tensor(&tap[i]))
                return arena_printf(ev->arena, "`%s` of prompt %lld", walk.taps.data[i].path, (long long)p);
    }
    return "the loss";
}

static bool step_failed(struct ev *ev, struct training *t, const char *what)
{
    struct diag *m = ev_error(ev, E_VALUE, t->at, "training stopped at step %lld: %s is not finite",
                              (long long)t->step, what);
    diag_help(m, "a smaller learning rate, `clip`, or a warm-up in the schedule may keep it finite");
    if (t->checkpoint && t->kept) diag_note(m, "%s keeps step %lld", t->checkpoint, (long long)t->kept);
    return false;
}

/* ---- the step ---- */

/* Why a step has no gradient, if it is a failure. */
static bool summed(struct ev *ev, struct training *t, enum train_status status)
{
    if (status == TRAIN_NO_MEMORY)
        ev_error(ev, E_LIMIT, t->at, "not enough memory for a batch of %lld", (long long)t->batch);
    if (status == TRAIN_RANK_LOST) ev_rank_lost(ev, t->at);
    return status == TRAIN_DONE;
}

/* See training.h. */
bool training_gradient(struct ev *ev, struct training *t, double *loss)
{
    int64_t first = t->step * ((t->batch + UNIT - 1) / UNIT * UNIT);
    struct train_means means = { .rest = t->slope };
    if (!t->sum.kernel.run) training_show(ev, t, false);
    answer_pack(ev, t->k, t->sum.in);
    if (!summed(ev, t, train_sum(t->memory, &t->sum, session_threads(ev), ev->session->ranks, t->seed, first, t->batch,
                                 &means)))
        return false;
    *loss = means.first;
    t->squares = means.squares;
    if (!isfinite(*loss)) return step_failed(ev, t, culprit(ev, t, first));
    const char *path = isfinite(t->squares) ? NULL : training_not_finite(ev, t, t->slope);
    return !path || step_failed(ev, t, arena_printf(ev->arena, "the gradient of `%s`", path));
}

static void clip_gradient(struct ev *ev, struct training *t)
{
    double norm = sqrt(t->squares);
    if (t->clip > 0 && norm > t->clip)
        train_scale(session_threads(ev), t->slope, ev->precision, t->clip / norm, t->elements);
}

/* The interpreter reads what is shown. */
static void show_gradient(struct ev *ev, struct training *t)
{
    training_show(ev, t, true);
    if (ev->precision != 32) return;
    if (!t->gradient) t->gradient = t->g_in->data.r = ARENA_ARRAY(t->lasting, double, t->elements + 1);
    widen(t->gradient, t->slope, t->elements);
}

/* See training.h. */
bool training_update(struct ev *ev, struct training *t, double factor)
{
    double lr = t->lr * factor;
    clip_gradient(ev, t);
    if (t->lr_in) t->lr_in->r0 = ev->precision == 32 ? (double)(float)lr : lr;
    t->t_in->r0 = (double)(t->step + 1);
    if (!t->update.kernel.run) show_gradient(ev, t);
    answer_pack(ev, t->update_k, t->update.in);
    t->torn = train_elements(t->memory, &t->update, session_threads(ev), t->elements, t->now) != TRAIN_DONE;
    return !t->torn;
}
