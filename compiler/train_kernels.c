/* The kernels of a training. One draws a prompt, answers it and differentiates the squared error by every parameter;
 * its results are summed over the batch (runtime/train.h). Another applies the optimizer to one element: parameters,
 * gradients and the optimizer's states lie one after the other, and the "prompt" of that kernel is the number of the
 * element. What changes from step to step: the schedule's factor and the curriculum's levels. */
#include <string.h>
#include "compiler/answer.h"
#include "compiler/grad_rules.h"
#include "compiler/kernel.h"
#include "compiler/training.h"

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

struct kernel *training_gradient_kernel(struct ev *ev, struct training *t, const struct instance *task)
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

bool training_update_kernel(struct ev *ev, struct training *t)
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

bool training_ready(struct ev *ev, struct kernel *k, struct train_kernel *out, const struct ast *at)
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

double training_factor(struct ev *ev, struct training *t)
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
        struct diag *m = ev_error(ev, E_ARGUMENT_NAME, t->curriculum_at, "the task has no hyper-parameter `%s`",
                                  c->key[i]);
        struct buf b = { 0 };
        for (int j = 0; j < t->task->def->nhypers; j++)
            buf_printf(&b, "%s`%s`", j ? ", " : "", t->task->def->hyper[j]->name);
        if (b.n) diag_note(m, "`%s` has %s", t->task->def->name, b.text);
        buf_free(&b);
    }
    else ev_error(ev, E_TYPE, t->curriculum_at, "`%s` of the curriculum is no function of the step", c->key[i]);
    return -1;
}

bool training_levels(struct ev *ev, struct training *t, int64_t *level)
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

const struct instance *training_task(struct ev *ev, struct training *t, const int64_t *level)
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
