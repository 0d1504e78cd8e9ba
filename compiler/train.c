/* Training. One kernel draws a prompt, answers it and differentiates the squared error by every parameter; its results
 * are summed over the batch (runtime/train.h). Another applies the optimizer to one element: parameters, gradients and
 * the optimizer's states lie one after the other, and the "prompt" of that kernel is the number of the element. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compiler/ahead.h"
#include "compiler/answer.h"
#include "compiler/bench.h"
#include "compiler/grad_rules.h"
#include "compiler/keeper.h"
#include "compiler/kernel.h"
#include "compiler/rehearse.h"
#include "compiler/training.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/progress.h"

enum { UNIT = 16 };

/* ---- optimizers: states of a parameter ---- */

void ev_state(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct optimizer *o = ev->optimizer;
    struct value *start = ev_number(ev, ev_expr(ev, s, e->kid[0]));
    if (!o) {
        ev_error(ev, E_STATEMENT_PLACE, e, "`state` belongs to an optimizer");
        return;
    }
    if (value_poisoned(start)) return;
    double first;
    if (!ev_known_real(start, &first) || o->states == MAX_STATES) {
        ev_error(ev, E_TYPE, e, "a state starts from one known number; there are at most %d", MAX_STATES);
        return;
    }
    o->first[o->states] = first;
    o->name[o->states] = e->name;
    struct value *v = o->element ? o->element(ev, o, o->states) : t_unknown(ev, DT_REAL, 0, NULL);
    o->states++;
    scope_bind(ev, s, e->name, v, e->name_span);
}

/* ---- a training ---- */

/* See training.h. */
struct value *training_loss(struct ev *ev, struct training *t, struct arch *a, struct frame *fr)
{
    dim rows = fr->x->dims[0], n = size_sub(ev->sizes, rows, size_int(ev->sizes, 1));
    struct value *answer, *truth;
    *a = (struct arch){ .model = &t->model };
    if (t->arch->def->given && t->arch->def->given->n == 2) {
        answer = ev_sequence(ev, a, t->arch, fr->x, fr->y, t->at);
        truth = fr->truth;
    } else {
        dim zero = size_int(ev->sizes, 0);
        struct value *prompt[3] = { t_slice(ev, fr->x, 0, zero, n, 1), t_slice(ev, fr->y, 0, zero, n, 1),
                                    t_at(ev, fr->x, 0, n) };
        answer = ev_architecture(ev, a, t->arch, prompt, t->at);
        truth = t_at(ev, fr->truth, 0, n);
    }
    if (value_poisoned(answer)) return answer;
    struct value *e = t_elem2(ev, OP_SUB, answer, truth, t->at);
    e = t_elem2(ev, OP_MUL, e, e, t->at);
    if (e->kind != V_TENSOR || e->rank == 0) return e;
    dim count = size_int(ev->sizes, 1);
    for (int i = 0; i < e->rank; i++) count = size_mul(ev->sizes, count, e->dims[i]);
    struct value *sum = t_reduce(ev, OP_SUM, e, -1);
    return t_elem2(ev, OP_DIV, sum, t_cast(ev, value_int(ev->arena, count), DT_REAL), t->at);
}

/* Results: the loss, then its gradient by every parameter. NULL: reported. */
static struct kernel *gradient_kernel(struct ev *ev, struct training *t, const struct instance *task)
{
    struct kernel *previous = ev_kernel_begin(ev, t->arch->def->name), *k = ev->k;
    struct ir_node **var = ARENA_ARRAY(ev->arena, struct ir_node *, t->model.n + 1), *out;
    for (int i = 0; i < t->model.n; i++) var[i] = t_node(ev, t->model.weight[i].value);
    struct frame fr;
    struct arch walk;
    struct value *one = t_const(ev, 1), *loss = &value_error;
    if (ev_prompt(ev, task, &fr, t->at)) loss = training_loss(ev, t, &walk, &fr);
    bool good = loss->kind == V_TENSOR;
    if (good) {
        struct adjoint a = { .ev = ev, .at = t->at, .var = var, .nvars = t->model.n };
        out = t_node(ev, loss);
        ir_narrow(k->f, &out, 1); /* so that what is not read has no gradient, instead of one of zeros */
        vec_push(k->f->arena, &k->f->top->results, out);
        adjoint_run(&a, k->region, &out, &one, 1);
        for (int i = 0; i < t->model.n; i++) {
            struct ir_node *g = t_node(ev, adjoint_of(&a, var[i]));
            vec_push(k->f->arena, &k->f->top->results, g);
        }
    }
    ev_kernel_end(ev, previous);
    if (t->batch % UNIT == 0) k->f->summed = 1;
    return good && ev_passes(ev, k, t->at) ? k : NULL;
}

/* ---- the optimizer's kernel ---- */

static struct value *scalar_input(struct ev *ev)
{
    return value_real(ev->arena, 0, false);
}

static struct value *vector_input(struct ev *ev, int64_t n)
{
    struct tensor x = { .dtype = DT_REAL, .rank = 1, .dims = { n } };
    return value_host(ev->arena, ev->sizes, x);
}

static struct value *element_of(struct ev *ev, struct value *x)
{
    struct ir_node prompt = { .op = OP_PROMPT, .dtype = DT_INT };
    return t_gather(ev, x, t_apply(ev, &prompt, NULL, 0), 0);
}

static struct value *state_element(struct ev *ev, struct optimizer *o, int i)
{
    struct training *t = o->training;
    t->state_in[i] = vector_input(ev, t->elements);
    if (!ev->rehearsal) training_state(ev, t, i, o->first[i]);
    training_input(ev, t->state_in[i], t->now[1 + i], NULL);
    return element_of(ev, t->state_in[i]);
}

/* The hyper-parameter `lr` is the schedule's: an input that changes from step to step. */
static struct value **optimizer_hypers(struct ev *ev, struct training *t)
{
    const struct def *d = t->optimizer->def;
    struct value **h = arena_copy(ev->arena, t->optimizer->hyper, sizeof *h * (size_t)(d->nhypers + 1));
    t->lr_in = NULL;
    for (int i = 0; i < d->nhypers; i++)
        if (!strcmp(d->hyper[i]->name, "lr") && ev_known_real(h[i], &t->lr)) h[i] = t->lr_in = scalar_input(ev);
    return h;
}

static bool update_kernel(struct ev *ev, struct training *t)
{
    const struct def *d = t->optimizer->def;
    if (!d->given || d->given->n != 3) {
        ev_error(ev, E_ARGUMENT_SHAPE, d->ast, "an optimizer reads p, g and t: a parameter, its gradient and the step");
        return false;
    }
    struct kernel *previous = ev_kernel_begin(ev, d->name), *k = ev->k;
    t->walk = (struct optimizer){ .element = state_element, .training = t };
    t->p_in = vector_input(ev, t->elements);
    t->g_in = vector_input(ev, t->elements);
    training_input(ev, t->p_in, t->now[0], t->theta);
    training_input(ev, t->g_in, t->slope, t->gradient);
    t->t_in = scalar_input(ev);
    struct value *in[3] = { element_of(ev, t->p_in), element_of(ev, t->g_in), t_of_node(ev, t_node(ev, t->t_in)) };
    struct optimizer *outer = ev->optimizer;
    ev->optimizer = &t->walk;
    struct frame fr = { 0 };
    struct value *p = ev_body_frame(ev, d, optimizer_hypers(ev, t), in, 3, t->at, &fr);
    ev->optimizer = outer;
    bool good = p->kind == V_TENSOR && p->rank == 0;
    if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, p));
    for (int i = 0; i < t->walk.states && good; i++) {
        struct binding *b = scope_find(fr.scope, t->walk.name[i]);
        good = b && b->value->kind == V_TENSOR && b->value->rank == 0;
        if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, t_cast(ev, b->value, DT_REAL)));
    }
    if (!good && !value_poisoned(p))
        ev_error(ev, E_TYPE, d->ast, "an optimizer yields the parameter, element by element");
    ev_kernel_end(ev, previous);
    t->update_k = k;
    return good && ev_passes(ev, k, t->at);
}

/* ---- running kernels ---- */

static bool ready(struct ev *ev, struct kernel *k, struct train_kernel *out, const struct ast *at)
{
    int64_t *elements = ARENA_ARRAY(ev->arena, int64_t, k->f->top->results.n + 1);
    *out = (struct train_kernel){ .precision = ev->precision, .summed = k->f->summed,
                                  .outputs = k->f->top->results.n, .elements = elements };
    for (int i = 0; i < out->outputs; i++) elements[i] = ir_elements(k->f->top->results.data[i]);
    struct answerer who;
    if (!answer_engine(ev, k, &who, at)) return false;
    out->kernel = who.kernel;
    out->answer = who.answer;
    out->ctx = who.ctx;
    out->in = who.in;
    return true;
}

/* A whole number that is no size: what is computed from it leaves no traces in the table of sizes. */
static struct value *count_value(struct ev *ev, int64_t n)
{
    struct value *v = value_int(ev->arena, size_int(ev->sizes, 0));
    v->i0 = n;
    v->size = NULL;
    return v;
}

static double schedule_factor(struct ev *ev, struct training *t)
{
    double factor = 1;
    if (!t->schedule) return 1;
    struct value *arg[2] = { count_value(ev, t->step), count_value(ev, t->steps) };
    struct value *v = ev_apply(ev, t->schedule->fn, arg, 2, t->at);
    if (!value_poisoned(v) && !ev_known_real(v, &factor))
        ev_error(ev, E_TYPE, t->at, "a schedule is a function of (step, steps) that gives a number");
    return factor;
}

/* Which of the task's hyper-parameters entry i of the curriculum moves; -1: reported. */
static int moved_hyper(struct ev *ev, struct training *t, int i)
{
    const struct value *c = t->curriculum;
    int k = t->task->def->nhypers - 1;
    while (k >= 0 && t->task->def->hyper[k]->name != c->key[i]) k--;
    if (k >= 0 && c->item[i]->kind == V_FN) return k;
    if (k < 0) {
        struct diag *m = ev_error(ev, E_ARGUMENT_NAME, t->at, "the task has no hyper-parameter `%s`", c->key[i]);
        struct buf b = { 0 };
        for (int j = 0; j < t->task->def->nhypers; j++)
            buf_printf(&b, "%s`%s`", j ? ", " : "", t->task->def->hyper[j]->name);
        if (b.n) diag_note(m, "`%s` has %s", t->task->def->name, b.text);
        buf_free(&b);
    }
    else ev_error(ev, E_TYPE, t->at, "`%s` of the curriculum is no function of the step", c->key[i]);
    return -1;
}

/* What the curriculum gives at this step. */
static bool curriculum_levels(struct ev *ev, struct training *t, int64_t *level)
{
    const struct value *c = t->curriculum;
    for (int i = 0; c && i < c->n; i++) {
        if (moved_hyper(ev, t, i) < 0) return false;
        struct value *step = count_value(ev, t->step);
        struct value *v = ev_apply(ev, c->item[i]->fn, &step, 1, t->at);
        if (value_poisoned(v)) return false;
        if (!ev_known_int(v, &level[i])) {
            ev_error(ev, E_TYPE, t->at, "the curriculum's `%s` gives no whole number", c->key[i]);
            return false;
        }
    }
    return true;
}

/* The task with the curriculum's levels. */
static const struct instance *task_at(struct ev *ev, struct training *t, const int64_t *level)
{
    const struct value *c = t->curriculum;
    struct instance *now = arena_copy(ev->arena, t->task, sizeof *now);
    now->hyper = arena_copy(ev->arena, now->hyper, sizeof *now->hyper * (size_t)(now->def->nhypers + 1));
    for (int i = 0; c && i < c->n; i++) {
        dim size = size_symbol(ev->sizes, c->key[i], SIZE_VALUED, level[i], t->at->span, "the curriculum");
        now->hyper[moved_hyper(ev, t, i)] = value_int(ev->arena, size);
    }
    return now;
}

/* ---- checkpoints ---- */

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < n; i++) h = (h ^ byte[i]) * UINT64_C(0x100000001B3); /* FNV-1a */
    return h;
}

/* What the text of a key does not say: numbers of the script that the kernel reads, and, at some steps, what the
 * schedule and the curriculum give. */
static uint64_t circumstances(struct ev *ev, struct training *t)
{
    enum { STEPS = 64 };
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (int i = 0; i < t->k->captures.n; i++) {
        const struct value *v = t->k->captures.data[i].value;
        bool weight = false;
        for (int k = 0; k < t->model.n; k++) weight |= t->model.weight[k].value == v;
        if (!weight) h = hash_bytes(h, v->data.i, sizeof *v->data.i * (size_t)tensor_elements(&v->data));
    }
    int64_t step = t->step;
    for (int i = 0; i < STEPS && (t->schedule || t->curriculum); i++) {
        t->step = t->steps * i / STEPS;
        double factor = schedule_factor(ev, t);
        int64_t levels = t->curriculum ? t->curriculum->n : 0, level[levels + 1];
        h = hash_bytes(h, &factor, sizeof factor);
        if (curriculum_levels(ev, t, level)) h = hash_bytes(h, level, sizeof *level * (size_t)levels);
    }
    t->step = step;
    return h;
}

static const char *training_key(struct ev *ev, struct training *t)
{
    struct buf b = { 0 };
    struct value v = { .kind = V_INSTANCE };
    const struct instance *in[3] = { t->arch, t->task, t->optimizer };
    for (int i = 0; i < 3; i++) {
        v.instance = in[i];
        value_name(&b, &v, true, ev->precision);
        buf_puts(&b, "; ");
    }
    buf_printf(&b, "batch %lld; steps %lld; seed %llu; clip %.9g; precision %d; code %016llx %016llx",
               (long long)t->batch, (long long)t->steps, (unsigned long long)t->seed, t->clip, ev->precision,
               (unsigned long long)ir_hash(t->k->f), (unsigned long long)circumstances(ev, t));
    const char *key = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return key;
}

static struct train_state checkpoint_of(struct training *t, const char *key)
{
    struct train_state s = { .key = key, .step = t->step, .elements = t->elements, .states = t->walk.states };
    for (int i = 0; i < t->walk.states; i++) {
        s.name[i] = t->walk.name[i];
        s.state[i] = t->state[i];
    }
    return s;
}

static bool keep(struct ev *ev, struct training *t)
{
    if (!t->checkpoint) return true;
    training_show(ev, t, true);
    struct train_state s = checkpoint_of(t, t->key);
    const char *why = checkpoint_save(ev, &t->model, &s, t->checkpoint);
    t->kept = t->step;
    if (!why) return true;
    ev_error(ev, E_FILE_WRITE, t->at, "%s", why);
    return false;
}

/* ---- the loop ---- */

/* Builds the kernel again when the curriculum has moved, in the arena that outlives the step. */
static bool follow_curriculum(struct ev *ev, struct training *t, struct arena *lasting)
{
    int levels = t->curriculum ? t->curriculum->n : 0;
    int64_t level[levels + 1];
    if (!curriculum_levels(ev, t, level)) return false;
    if (t->task_now && (!levels || !memcmp(level, t->level, sizeof *level * (size_t)levels))) return true;
    struct arena *arena = ev->arena;
    ev->arena = lasting;
    t->level = arena_copy(lasting, level, sizeof level);
    t->task_now = task_at(ev, t, level);
    t->k = gradient_kernel(ev, t, t->task_now);
    bool good = t->k && ready(ev, t->k, &t->sum, t->at);
    ev->arena = arena;
    return good;
}

static void log_line(struct ev *ev, struct training *t, double loss)
{
    struct keeper *keeper = ev->session->keeper;
    struct buf name = { 0 };
    struct value v = { .kind = V_INSTANCE, .instance = t->arch };
    value_name(&name, &v, false, ev->precision);
    if (keeper) {
        double seconds = (double)(clock_milliseconds() - t->began) / 1000;
        keeper->training(keeper, ev, t->number, t->step, name.text, t->steps, loss, seconds);
    }
    if (ev->session->progress != PROGRESS_NEVER)
        fprintf(stderr, "%s: step %lld of %lld, loss %.4g\n", name.text, (long long)t->step, (long long)t->steps, loss);
    buf_free(&name);
}

/* The checkpoint of another training (also: of the same, built by another icl) may have cost hours: it gets another
 * name, and this training starts over. */
static void set_aside(struct ev *ev, const struct training *t)
{
    const char *old = arena_printf(ev->arena, "%s.before", t->checkpoint);
    if (ev_first(ev) && rename(t->checkpoint, old) != 0) old = NULL;
    fprintf(stderr, "note: %s is of another training; %s%s%sthis one starts over\n", t->checkpoint,
            old ? "it is kept as " : "", old ? old : "", old ? ", " : "");
}

static bool train_loop(struct ev *ev, struct training *t)
{
    double loss = 0, sum = 0;
    struct progress progress;
    bool good = follow_curriculum(ev, t, ev->arena) && update_kernel(ev, t) && training_has_room(ev, t) &&
                ready(ev, t->update_k, &t->update, t->at);
    if (!good) return false;
    int errors = ev->diags->errors;
    t->key = training_key(ev, t);
    if (ev->diags->errors > errors) return false; /* a schedule or curriculum that gives no number */
    if (t->checkpoint) training_show(ev, t, true);
    struct train_state s = checkpoint_of(t, t->key);
    bool other = false;
    if (t->checkpoint && checkpoint_load(ev, t->checkpoint, &t->model, &s, &other)) {
        t->step = t->kept = s.step;
        training_take(ev, t);
    }
    if (other) set_aside(ev, t);
    progress_init(&progress, stderr, ev->session->progress);
    progress_begin(&progress, "training", t->steps);
    progress_from(&progress, t->step);
    int64_t counted = 0;
    struct arena *arena = ev->arena, scratch = { 0 };
    bool due = false; /* these parameters are to be kept once their loss is known to be finite */
    while (good && (t->step < t->steps || due)) {
        /* what a step makes on the way (schedule, curriculum) is forgotten after it */
        ev->arena = &scratch;
        if (t->step < t->steps) good = follow_curriculum(ev, t, arena);
        good = good && training_gradient(ev, t, &loss) && (!due || keep(ev, t));
        due = false;
        if (good && t->step < t->steps) {
            good = training_update(ev, t, schedule_factor(ev, t));
            t->step += good;
            due = good && t->checkpoint && (t->step % t->every == 0 || t->step == t->steps);
            sum += loss;
            counted++;
        }
        ev->arena = arena;
        arena_free(&scratch);
        if (!good || !counted) break;
        progress_to(&progress, t->step);
        if (t->step % t->every && t->step != t->steps) continue;
        progress_clear(&progress);
        log_line(ev, t, sum / (double)counted);
        sum = 0;
        counted = 0;
    }
    progress_end(&progress);
    bool interrupted = ev->session->stop && *ev->session->stop;
    if (!good && interrupted && t->step > t->kept && !t->torn && !training_not_finite(ev, t, t->now[0])) keep(ev, t);
    return good;
}

/* ---- the builtin ---- */

static bool int_argument(struct ev *ev, struct args *a, int k, const char *name, int64_t *out)
{
    if (!a->v[k] || (ev->dry && !value_ready(a->v[k]))) return true;
    if (ev_known_int(a->v[k], out) && *out >= 1) return true;
    ev_error(ev, E_VALUE, a->at[k], "`%s` is a whole number, at least 1", name);
    return false;
}

static bool read_arguments(struct ev *ev, struct args *a, struct training *t)
{
    struct value *optimizer = a->v[4] ? ev_instance_value(ev, a->v[4], a->at[4]) : NULL;
    int64_t seed = (int64_t)ev->session->seed;
    t->at = a->call;
    t->steps = 1000;
    t->batch = 64;
    if (!int_argument(ev, a, 2, "steps", &t->steps) || !int_argument(ev, a, 3, "batch", &t->batch)) return false;
    t->every = t->steps / 10 > 0 ? t->steps / 10 : 1;
    if (!int_argument(ev, a, 10, "every", &t->every)) return false;
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
    t->schedule = a->v[5];
    if (t->schedule && t->schedule->kind != V_FN) {
        ev_error(ev, E_TYPE, a->at[5], "a schedule is a function of (step, steps), not %s",
                 value_type(ev->arena, t->schedule));
        return false;
    }
    if (a->v[6] && !(ev->dry && !value_ready(a->v[6])) &&
        (!ev_known_real(a->v[6], &t->clip) || !(t->clip > 0))) {
        ev_error(ev, E_VALUE, a->at[6], "`clip` is a number greater than 0: the largest norm of the gradient");
        return false;
    }
    t->curriculum = a->v[7];
    if (t->curriculum && t->curriculum->kind != V_RECORD) {
        ev_error(ev, E_TYPE, a->at[7],
                 "a curriculum is a record of functions of the step, as in { n: ramp(4, 16, by = 1, every = 100) }");
        return false;
    }
    if (a->v[8] && !(ev->dry && !value_ready(a->v[8])) && (!ev_known_int(a->v[8], &seed) || seed < 0)) {
        ev_error(ev, E_VALUE, a->at[8], "`seed` is a whole number, at least 0");
        return false;
    }
    t->seed = (uint64_t)seed;
    if (a->v[9] && a->v[9]->kind != V_STRING) {
        ev_error(ev, E_TYPE, a->at[9], "`checkpoint` is the name of a file, not %s", value_type(ev->arena, a->v[9]));
        return false;
    }
    if (a->v[9] && a->v[9]->text) t->checkpoint = ev_out_path(ev, a->v[9]->text);
    return true;
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
        good = curriculum_levels(ev, t, level);
        ev->arena = arena;
        arena_free(&scratch);
        if (t->step && !memcmp(level, last, sizeof *level * (size_t)levels)) continue;
        memcpy(last, level, sizeof *level * (size_t)levels);
        struct kernel *k = good ? gradient_kernel(ev, t, task_at(ev, t, level)) : NULL;
        good = k != NULL;
        if (k) ev->session->show_kernel(ev, k->f);
    }
    for (int i = 0; i < t->model.n; i++) {
        int64_t n = 1, size;
        const struct value *w = t->model.weight[i].value;
        for (int d = 0; d < w->rank; d++) n *= size_known(w->dims[d], &size) ? size : 1;
        t->elements += n;
    }
    good = good && update_kernel(ev, t);
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
        good = training_gradient(ev, &b->t, &loss) && training_update(ev, &b->t, schedule_factor(ev, &b->t));
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
    schedule_factor(ev, t);
    if (ev->diags->errors || !training_begin(ev, t) || !follow_curriculum(ev, t, ev->arena) || !update_kernel(ev, t) ||
        !training_has_room(ev, t) || !ready(ev, t->update_k, &t->update, t->at) ||
        !prompt_rows(ev, t->task_now, t->at, &rows)) {
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
    bool good = training_begin(ev, t) && train_loop(ev, t);
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
        struct kernel *k = curriculum_levels(ev, &t, level) ? gradient_kernel(ev, &t, task_at(ev, &t, level)) : NULL;
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
