/* The kernel of a request: prompts of a task, what the predictor answers, and how wrong that is. Requests about the
 * same prompts are answered by one kernel, which draws each prompt once. */
#include "compiler/model.h"
#include "compiler/request.h"

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
struct kernel *request_kernel(struct ev *ev, struct request **r, int n)
{
    const struct instance *task = r[0]->task->instance;
    struct ir_node **inputs[REQUEST_GROUP]; /* of each request, by slot */
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
