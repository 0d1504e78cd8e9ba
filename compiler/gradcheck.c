/* `icl gradcheck`: the gradients of every definition that can be differentiated, against central differences in
 * binary64. Inputs are standard normal, sizes small and distinct; what a definition gives is weighted and summed.
 * Parameters of layers and architectures are inputs too. Of an input with many elements some are moved one by one, and
 * all of them together in one direction. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/gradcheck.h"
#include "compiler/grad_rules.h"
#include "compiler/model.h"
#include "compiler/scalar.h"

enum { MAX_INPUTS = 256, MAX_ALONE = 24 };
static const double step = 1e-5, tolerance = 1e-5;

/* A definition with inputs that are tensors of the session: by argument, prompt part or hyper-parameter. */
struct subject {
    const struct def *def;
    const char *name[MAX_INPUTS];
    struct value *input[MAX_INPUTS];
    int n, given; /* the first `given` are no parameters */
    struct value *hyper[16];
    int sizes; /* given out so far */
    uint32_t site;
};

/* What the definition is part of a model: it has parameters. Its widths are even: two heads divide them. */
static bool has_parameters(const struct def *d)
{
    return d->kind == DEF_LAYER || d->kind == DEF_ARCHITECTURE;
}

/* A size that only a latent has is that of the prompt's rows: the context, of 6, and the query. */
static int64_t small_size(struct subject *s)
{
    bool latent = s->n >= 3 && !has_parameters(s->def) && s->def->kind != DEF_FN;
    if (latent) return 7;
    static const int64_t sizes[] = { 6, 3, 4, 2, 5 }, even[] = { 6, 4, 2, 8, 10 };
    return (s->def->kind == DEF_LAYER ? even : sizes)[s->sizes++ % 5];
}

static struct value *normal_input(struct ev *ev, struct subject *s, int rank, const dim *dims)
{
    int64_t size[IR_MAX_RANK] = { 0 };
    for (int i = 0; i < rank; i++) size[i] = size_value(dims[i]);
    struct tensor t = tensor_new(ev->arena, DT_REAL, rank, size);
    int64_t n = tensor_elements(&t);
    s->site++;
    for (int64_t i = 0; i < n; i += 4) {
        uint32_t words[4];
        double four[4];
        icl_draw_words(ev->session->seed, s->site, 0, 0, (uint32_t)(i / 4), words);
        scalar_normals(64, words, four);
        for (int k = 0; k < 4 && i + k < n; k++) t.r[i + k] = four[k];
    }
    struct value *v = value_host(ev->arena, ev->sizes, t);
    memcpy(v->dims, dims, sizeof(dim) * (size_t)rank);
    return v;
}

/* The sizes of a pattern: names new to the scope get a size. */
static int pattern_dims(struct ev *ev, struct subject *s, struct scope *scope, const struct ast *p, dim *dims)
{
    for (int i = 0; i < p->n; i++) {
        const struct ast *e = p->kid[i];
        struct binding *b = NULL;
        for (int k = 0; k < scope->names.n; k++)
            if (scope->names.data[k].name == e->name) b = &scope->names.data[k];
        if (e->kind == A_NAME && !b) {
            dims[i] = size_symbol(ev->sizes, e->name, SIZE_VALUED, small_size(s), e->span, "the check");
            scope_bind(ev, scope, e->name, value_int(ev->arena, dims[i]), e->span);
            continue;
        }
        struct value *v = ev_expr(ev, scope, e);
        int64_t known;
        if (v->kind == V_ERROR || !(dims[i] = ev_size(ev, v, e)) || !size_known(dims[i], &known)) return -1;
    }
    return p->n;
}

static bool add_input(struct ev *ev, struct subject *s, struct scope *scope, const struct ast *pattern,
                      const char *name)
{
    dim dims[IR_MAX_RANK];
    int rank = pattern_dims(ev, s, scope, pattern, dims);
    if (rank < 0 || s->n == MAX_INPUTS) return false;
    s->name[s->n] = name;
    s->input[s->n++] = normal_input(ev, s, rank, dims);
    return true;
}

/* Hyper-parameters: the default, else 2 or 0.5. */
static bool set_hypers(struct ev *ev, struct subject *s)
{
    const struct def *d = s->def;
    for (int i = 0; i < d->nhypers; i++) {
        const struct ast *h = d->hyper[i];
        const char *type = h->kid[0] ? h->kid[0]->name : "";
        if (h->kid[1]) s->hyper[i] = ev_expr(ev, d->scope, h->kid[1]);
        else if (!strcmp(type, "int")) s->hyper[i] = value_int(ev->arena, size_int(ev->sizes, 2));
        else if (!strcmp(type, "real") && h->kid[0]->n == 0) s->hyper[i] = value_real(ev->arena, 0.5, false);
        else if (!strcmp(type, "bool")) s->hyper[i] = value_bool(ev->arena, false);
        else return false;
        s->hyper[i] = ev_fit_hyper(ev, d, h, s->hyper[i], h);
        if (!s->hyper[i] || s->hyper[i]->kind != V_TENSOR) return false;
    }
    return true;
}

/* False: there is nothing to differentiate, or its arguments cannot be made up. */
static bool set_inputs(struct ev *ev, struct subject *s)
{
    const struct def *d = s->def;
    struct scope *scope = scope_new(ev, d->scope);
    if (d->kind == DEF_FN) {
        for (int i = 0; i < d->nhypers; i++) {
            const struct ast *type = d->hyper[i]->kid[0];
            if (!type || type->kind != A_TYPE) return false;
            if (!strcmp(type->name, "int") && type->n == 0) {
                s->hyper[i] = value_int(ev->arena, size_int(ev->sizes, 2));
                scope_bind(ev, scope, d->hyper[i]->name, s->hyper[i], d->hyper[i]->span);
            } else if (strcmp(type->name, "real") || !add_input(ev, s, scope, type, d->hyper[i]->name)) {
                return false;
            }
        }
        return s->n > 0;
    }
    if (d->kind != DEF_ALGORITHM && d->kind != DEF_PREPROCESS && !has_parameters(d)) return false;
    if ((!d->given && d->kind != DEF_LAYER) || !set_hypers(ev, s)) return false;
    for (int i = 0; i < d->nhypers; i++) scope_bind(ev, scope, d->hyper[i]->name, s->hyper[i], d->hyper[i]->span);
    for (int i = 0; d->given && i < d->given->n; i++)
        if (!add_input(ev, s, scope, d->given->kid[i], d->given->kid[i]->name)) return false;
    for (int i = 0; d->knowing && i < d->knowing->n; i++)
        if (!add_input(ev, s, scope, d->knowing->kid[i], d->knowing->kid[i]->name)) return false;
    return s->n >= 3 || has_parameters(d);
}

/* The body of a layer or an architecture; `m`: its parameters, NULL: they are declared in *a. */
static struct value *walk(struct ev *ev, struct subject *s, const struct model *m, struct arch *a, struct value **x)
{
    struct arch_frame top = { .top = true };
    *a = (struct arch){ .model = m, .frame = &top };
    ev->arch = a;
    struct value *v = ev_body(ev, s->def, s->hyper, x, s->given, NULL, s->def->ast);
    ev->arch = NULL;
    return v;
}

/* Makes an input of every parameter. False: reported, or there are too many. */
static bool set_parameters(struct ev *ev, struct subject *s)
{
    struct kernel *previous = ev_kernel_begin(ev, s->def->name);
    struct value *x[MAX_INPUTS];
    struct arch a;
    for (int i = 0; i < s->n; i++) x[i] = t_of_node(ev, t_node(ev, s->input[i]));
    bool good = !value_poisoned(walk(ev, s, NULL, &a, x)) && s->n + a.declared.n <= MAX_INPUTS;
    for (int i = 0; i < a.declared.n && good; i++) {
        const struct value *v = a.declared.data[i].value;
        good = v->kind == V_TENSOR;
        if (!good) break;
        s->name[s->n] = a.declared.data[i].path;
        s->input[s->n++] = normal_input(ev, s, v->rank, v->dims);
    }
    ev_kernel_end(ev, previous);
    return good;
}

static struct value *call(struct ev *ev, struct subject *s, struct value **x)
{
    const struct def *d = s->def;
    if (has_parameters(d)) {
        struct arch a;
        struct weight *w = ARENA_ARRAY(ev->arena, struct weight, s->n + 1);
        struct model m = { .n = s->n - s->given, .weight = w };
        for (int i = s->given; i < s->n; i++) w[i - s->given] = (struct weight){ s->name[i], x[i] };
        return walk(ev, s, &m, &a, x);
    }
    if (d->kind == DEF_FN) {
        struct value *arg[16];
        for (int i = 0, k = 0; i < d->nhypers; i++) arg[i] = s->hyper[i] ? s->hyper[i] : x[k++];
        return ev_call_def(ev, d, arg, d->nhypers, d->ast);
    }
    struct value *v = value_new(ev->arena, V_INSTANCE);
    struct instance in = { .def = d, .hyper = s->hyper };
    v->instance = arena_copy(ev->arena, &in, sizeof in);
    struct scope *latents = scope_new(ev, NULL);
    for (int i = 3; i < s->n; i++) scope_bind(ev, latents, intern(ev->names, s->name[i]), x[i], d->ast->span);
    return ev_predict(ev, v, x[0], x[1], x[2], latents, d->ast);
}

/* sum over all elements of the result, weighted by 1, 1/2, 1/3 ... */
static struct value *weighted(struct ev *ev, struct value *v, const struct ast *at)
{
    if (v->kind == V_TUPLE) {
        struct value *sum = t_const(ev, 0);
        for (int i = 0; i < v->n; i++) sum = t_elem2(ev, OP_ADD, sum, weighted(ev, v->item[i], at), at);
        return sum;
    }
    if (v->kind != V_TENSOR || v->dtype != DT_REAL) return t_const(ev, 0);
    dim n = size_int(ev->sizes, 1);
    for (int i = 0; i < v->rank; i++) n = size_mul(ev->sizes, n, v->dims[i]);
    struct value *index = t_cast(ev, t_iota(ev, 1, &n, 0), DT_REAL);
    struct value *weight = t_elem2(ev, OP_DIV, t_const(ev, 1), t_elem2(ev, OP_ADD, index, t_const(ev, 1), at), at);
    return t_reduce(ev, OP_SUM, t_elem2(ev, OP_MUL, t_reshape(ev, v, 1, &n), weight, at), 0);
}

/* The function and, when they are wanted, its gradients by all inputs as one kernel. NULL: reported, or nothing real
 * comes out. */
static struct kernel *build(struct ev *ev, struct subject *s, bool gradients)
{
    struct kernel *previous = ev_kernel_begin(ev, s->def->name), *k = ev->k;
    struct ir_node *var[MAX_INPUTS], *out;
    struct value *x[MAX_INPUTS], *one = t_const(ev, 1);
    for (int i = 0; i < s->n; i++) {
        x[i] = t_of_node(ev, t_node(ev, s->input[i]));
        var[i] = x[i]->node;
    }
    struct value *y = call(ev, s, x);
    bool good = !value_poisoned(y);
    y = good ? weighted(ev, y, s->def->ast) : y;
    if (good && y->node) {
        struct adjoint a = { .ev = ev, .at = s->def->ast, .var = var, .nvars = s->n };
        out = t_node(ev, y);
        vec_push(k->f->arena, &k->f->top->results, out);
        if (gradients) adjoint_run(&a, k->region, &out, &one, 1);
        for (int i = 0; i < s->n && gradients; i++) {
            struct ir_node *g = t_node(ev, adjoint_of(&a, var[i]));
            vec_push(k->f->arena, &k->f->top->results, g);
        }
    } else {
        good = false;
    }
    ev_kernel_end(ev, previous);
    return good && ev_passes(ev, k, s->def->ast) ? k : NULL;
}

/* (f(x + step u) - f(x - step u)) / (2 step), where u is 1 at one element, or, for alone < 0, sin(1 + e) at every e. */
static double difference(struct ev *ev, struct kernel *k, struct tensor *x, const double *was, int64_t alone)
{
    int64_t n = tensor_elements(x);
    double f[2];
    for (int side = 0; side < 2; side++) {
        double h = side ? -step : step;
        struct tensor result;
        for (int64_t e = 0; e < n; e++)
            x->r[e] = was[e] + (alone < 0 ? h * sin(1 + (double)e) : e == alone ? h : 0);
        answer_once(ev, k, 0, &result);
        f[side] = result.r[0];
    }
    memcpy(x->r, was, sizeof *was * (size_t)n);
    return (f[0] - f[1]) / (2 * step);
}

/* The largest difference of an input's gradient from central differences, relative to 1 + its size. */
static double worst(struct ev *ev, struct kernel *k, struct subject *s, int input, const struct tensor *gradient)
{
    struct tensor *x = &s->input[input]->data;
    int64_t n = tensor_elements(x), every = n > MAX_ALONE ? (n + MAX_ALONE - 1) / MAX_ALONE : 1;
    double *was = ARENA_ARRAY(ev->arena, double, n + 1), largest = 0, along = 0;
    memcpy(was, x->r, sizeof *was * (size_t)n);
    for (int64_t i = 0; i < n; i++) along += gradient->r[i] * sin(1 + (double)i);
    for (int64_t i = every > 1 ? -1 : 0; i < n; i = i < 0 ? 0 : i + every) {
        double numeric = difference(ev, k, x, was, i);
        double gap = fabs((i < 0 ? along : gradient->r[i]) - numeric) / (1 + fabs(numeric));
        if (!(gap <= largest)) largest = gap;
    }
    return largest;
}

/* One line for a definition: how far off each input's gradient is; of the parameters the worst. */
static bool check(struct ev *ev, struct subject *s, struct kernel *k, struct kernel *value)
{
    struct tensor result[MAX_INPUTS + 1];
    double largest = 0;
    int which = s->given;
    bool fits = true;
    answer_once(ev, k, 0, result);
    printf("%s:", s->def->name);
    for (int n = 0; n < s->n; n++) {
        double gap = worst(ev, value, s, n, &result[n + 1]);
        fits &= gap <= tolerance;
        if (n < s->given) printf(" %s %.1e", s->name[n], gap);
        else if (!(gap <= largest)) {
            largest = gap;
            which = n;
        }
    }
    int parameters = s->n - s->given;
    const char *plural = parameters == 1 ? "" : "s";
    if (parameters) printf(" %d parameter%s, worst %s %.1e", parameters, plural, s->name[which], largest);
    printf(fits ? "  ok\n" : "  WRONG\n");
    fflush(stdout);
    return fits;
}

/* Does the kernel read values of the script that the check has no data of? */
static bool waits(const struct kernel *k)
{
    bool any = false;
    for (int i = 0; i < k->captures.n; i++) any |= !value_ready(k->captures.data[i].value);
    return any;
}

static bool check_definition(struct ev *ev, struct program *p, const struct value *v)
{
    if (v->kind != V_FN || v->fn->kind != FN_DEF) return true;
    struct subject s = { .def = v->fn->def };
    if (!set_inputs(ev, &s)) return true;
    s.given = s.n;
    bool good = !has_parameters(s.def) || set_parameters(ev, &s);
    struct kernel *k = good ? build(ev, &s, true) : NULL, *value = k ? build(ev, &s, false) : NULL;
    if (ev->diags->errors || (!value && !p)) return !ev->diags->errors;
    if (p && (!value || waits(k))) {
        program_values(ev, p, s.def->name);
        const struct binding *b = scope_find(ev->script, s.def->name);
        return b && !ev->diags->errors && check_definition(ev, NULL, b->value);
    }
    if (ev->session->show_kernel) ev->session->show_kernel(ev, value->f);
    return check(ev, &s, k, value);
}

bool gradcheck(struct ev *ev, struct program *p)
{
    bool good = true;
    ev->precision = 64;
    if (!program_check(ev, p)) return false;
    const struct scope *script = ev->script;
    for (int i = 0; i < script->names.n; i++) {
        good &= check_definition(ev, p, script->names.data[i].value);
        ev->script = (struct scope *)script;
    }
    return good && !ev->diags->errors;
}
