/* Architectures at work. A model is an architecture with its hyper-parameters and a tensor for every parameter's path;
 * answering a prompt walks the body as any kernel code is walked, with the weights as the kernel's inputs. `for` makes
 * a new call, with parameters of its own, in every pass; `repeat` is one call that is taken several times. Paths:
 * model_path.c. */
#include <stdlib.h>
#include <string.h>
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"
#include "lang/names.h"

/* ---- statements of layers and architectures ---- */

static bool in_architecture(struct ev *ev, const struct ast *e, const char *what)
{
    if (ev->arch) return true;
    struct diag *m = ev_error(ev, E_LEVEL, e, "%s belongs to a layer or an architecture that a model is made of", what);
    diag_help(m, "`init(architecture(...), task)` makes a model");
    return false;
}

/* How often a body names something. */
static int mentions(const struct ast *e, str name)
{
    int n = e && e->kind == A_NAME && e->name == name;
    for (int i = 0; e && i < e->n; i++) n += mentions(e->kid[i], name);
    return n;
}

/* The body's own variable that the tap `tap residual = h` is another name for, or NULL. */
static struct binding *tapped_name(struct scope *s, const struct ast *e)
{
    if (e->kid[0]->kind != A_NAME) return NULL;
    for (; s; s = s->up) {
        for (int i = 0; i < s->names.n; i++)
            if (s->names.data[i].name == e->kid[0]->name) return &s->names.data[i];
        if (s->body) break;
    }
    return NULL;
}

/* A replaced tap changes what follows: what reads its name, and, where it only names a variable, what reads that. */
static bool replaced_tap_matters(struct ev *ev, struct scope *s, const struct ast *e, struct value *v)
{
    struct binding *b = tapped_name(s, e);
    if (b) b->value = v;
    if (b || !ev->arch->frame->body || mentions(ev->arch->frame->body, e->name)) return true;
    struct diag *m = ev_error(ev, E_VALUE, e, "a replaced `%s` would change nothing: nothing reads it", e->name);
    diag_help(m, "`tap %s = ...` takes effect where what follows is computed from `%s`", e->name, e->name);
    return false;
}

void ev_tap(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_number(ev, ev_expr(ev, s, e->kid[0]));
    if (in_architecture(ev, e, "a tap") && v->kind == V_TENSOR) {
        int count = path_count(ev, e->name);
        struct path_step step = { e->name, ev->arch->frame->loops ? count : -1 };
        struct value *was = v;
        v = path_intervene(ev, step, v);
        if (v != was && v->kind == V_TENSOR && !replaced_tap_matters(ev, s, e, v)) v = &value_error;
        struct weight tap = { path_here(ev, step), v };
        vec_push(ev->arena, &ev->arch->taps, tap);
        path_watch(ev, step, v);
        if (ev->watch) watch_tap(ev, tap.path, v);
    }
    scope_bind(ev, s, e->name, v, e->name_span);
}

/* A parameter's first value, stretched to its shape. */
static struct value *start_value(struct ev *ev, const struct ast *e, struct value *v, int rank, const dim *dims)
{
    if (t_stretches(v, rank, dims)) return t_broadcast(ev, v, rank, dims);
    struct diag *m = ev_error(ev, E_BROADCAST, e, "parameter `%s`%s starts from a value of another shape, %s", e->name,
                              shape_text(ev->arena, rank, dims), shape_text(ev->arena, v->rank, v->dims));
    ev_show(ev, m, e->kid[0], v);
    return &value_error;
}

static struct value *initial(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct kernel *k = ev->k;
    const char *sites = k->site_path;
    struct buf prefix = { 0 };
    path_frame(&prefix, ev->arch->frame);
    k->site_path = arena_strdup(ev->arena, prefix.text ? prefix.text : "");
    buf_free(&prefix);
    struct value *v;
    if (e->integer) {
        v = ev_draw(ev, s, e);
    } else {
        dim dims[IR_MAX_RANK];
        v = t_cast(ev, ev_number(ev, ev_expr(ev, s, e->kid[0])), DT_REAL);
        for (int i = 1; i < e->n && !value_poisoned(v); i++) {
            struct value *size = ev_expr(ev, s, e->kid[i]);
            if (size->kind == V_ERROR || !(dims[i - 1] = ev_size(ev, size, e->kid[i]))) v = &value_error;
        }
        if (v->kind == V_TENSOR) {
            v = start_value(ev, e, v, e->n - 1, dims);
        }
    }
    k->site_path = sites;
    return v;
}

void ev_param(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = &value_error;
    if (!in_architecture(ev, e, "a parameter")) {
        scope_bind(ev, s, e->name, v, e->name_span);
        return;
    }
    struct path_step step = { e->name, -1 };
    const char *path = path_here(ev, step);
    struct arch *a = ev->arch;
    struct ir_region *region = ev->k->region;
    ev->k->region = ev->k->f->top;
    struct value *start = initial(ev, s, e);
    ev->k->region = region;
    if (!a->model) {
        if (path_count(ev, e->name)) ev_error(ev, E_DUPLICATE_NAME, e, "a second parameter `%s` in one layer", e->name);
        struct weight w = { path, start };
        vec_push(ev->arena, &a->declared, w);
        v = start;
    } else {
        for (int i = 0; i < a->model->n; i++)
            if (!strcmp(a->model->weight[i].path, path)) v = a->model->weight[i].value;
        if (ev->rehearsal && v->kind == V_ERROR && start->kind == V_TENSOR)
            v = rehearse_weight(ev, a->model, path, start);
        bool same = v->kind == V_TENSOR && start->kind == V_TENSOR && v->rank == start->rank;
        for (int i = 0; same && i < v->rank; i++) same = size_compare(v->dims[i], start->dims[i]) != SIZE_DIFFERENT;
        if (v->kind == V_ERROR) ev_error(ev, E_NO_FIELD, e, "the model has no parameter `%s`", path);
        else if (v->kind == V_TENSOR && start->kind == V_TENSOR && !same) {
            const char *made = ev_type_known(ev, v), *asked = ev_type_known(ev, start);
            struct diag *m = ev_error(ev, E_SHAPE, e, "parameter `%s` is %s in the model, and %s here", path, made,
                                      asked);
            ev_show(ev, m, e, start);
            diag_help(m, "a model keeps the sizes of the task and the hyper-parameters that it was made with");
            v = &value_error;
        }
        if (v->kind == V_TENSOR) v = t_of_node(ev, t_node(ev, v));
    }
    scope_bind(ev, s, e->name, path_intervene(ev, step, v), e->name_span);
}

/* ---- calls of layers ---- */

struct value *ev_layer(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call)
{
    int inputs = d->given ? d->given->n : 0;
    struct value *in[inputs + 1], *hyper[d->nhypers + 1];
    if (!in_architecture(ev, call, "a call of a layer")) return &value_error;
    for (int i = 0; i < inputs; i++) {
        const struct ast *arg = i + 1 < call->n ? call->kid[i + 1] : NULL;
        if (!arg || arg->kind == A_ARG || arg->kind == A_IN) {
            struct diag *m = ev_error(ev, E_ARGUMENT_MISSING, call, "layer `%s` reads %d input%s, given first", d->name,
                                      inputs, inputs == 1 ? "" : "s");
            diag_label(m, d->given->span, "declared here");
            return &value_error;
        }
        in[i] = ev_number(ev, ev_expr(ev, s, arg));
        if (value_poisoned(in[i])) return in[i];
        if (in[i]->kind == V_TENSOR) in[i] = t_cast(ev, in[i], DT_REAL);
    }
    struct ast rest = *call, *kids[call->n + 1];
    rest.n = call->n - inputs;
    rest.kid = kids;
    kids[0] = call->kid[0];
    for (int i = 1; i < rest.n; i++) kids[i] = call->kid[i + inputs];
    if (!ev_arguments(ev, s, d, &rest, hyper, false)) return &value_error;
    struct arch_frame frame = { .up = ev->arch->frame, .step = { d->name, path_count(ev, d->name) },
                                .body = d->body };
    ev->arch->frame = &frame;
    struct value *v = ev_body(ev, d, hyper, in, inputs, NULL, call);
    ev->arch->frame = frame.up;
    return v;
}

/* ---- models as predictors ---- */

/* The value of an architecture's body, with *a as the record of its parameters and taps. */
static struct value *walk(struct ev *ev, struct arch *a, const struct instance *arch, struct value **in, int n,
                          const struct ast *where)
{
    struct arch *outer = ev->arch;
    struct arch_frame top = { .top = true, .body = arch->def->body };
    a->frame = &top;
    ev->arch = a;
    struct value *v = ev_body(ev, arch->def, arch->hyper, in, n, NULL, where);
    ev->arch = outer;
    return v;
}

static bool reads_sequence(const struct def *d)
{
    return d->given && d->given->n == 2;
}

/* The labels with one more, which is hidden. */
static struct value *and_hidden(struct ev *ev, struct value *y, const struct ast *where)
{
    struct value *labels[2] = { y, t_zeros_like(ev, y, 0, size_int(ev->sizes, 1)) };
    return t_concat(ev, labels, 2, 0, where);
}

struct value *ev_architecture(struct ev *ev, struct arch *a, const struct instance *arch, struct value **prompt,
                              const struct ast *where)
{
    const struct def *d = arch->def;
    struct value *in[3] = { prompt[0], prompt[1], prompt[2] };
    int inputs = d->given ? d->given->n : 0;
    if (reads_sequence(d)) { /* the query stands last, its label hidden */
        dim one = size_int(ev->sizes, 1), dims[IR_MAX_RANK];
        dims[0] = one;
        memcpy(dims + 1, prompt[2]->dims, sizeof(dim) * (IR_MAX_RANK - 1));
        struct value *rows[2] = { prompt[0], t_reshape(ev, prompt[2], prompt[2]->rank + 1, dims) };
        in[0] = t_concat(ev, rows, 2, 0, where);
        in[1] = and_hidden(ev, prompt[1], where);
    } else if (inputs != 3) {
        ev_error(ev, E_ARGUMENT_SHAPE, d->ast, "an architecture reads X, y and q, or a sequence x and y");
        return &value_error;
    }
    struct value *v = walk(ev, a, arch, in, inputs, where);
    if (inputs == 2 && v->kind == V_TENSOR && v->rank)
        v = t_at(ev, v, 0, size_sub(ev->sizes, v->dims[0], size_int(ev->sizes, 1)));
    return v;
}

struct value *ev_sequence(struct ev *ev, struct arch *a, const struct instance *arch, struct value *x, struct value *y,
                          const struct ast *where)
{
    return walk(ev, a, arch, (struct value *[]){ x, y }, 2, where);
}

/* The same path but for its indices. */
static bool same_but_numbers(const char *a, const char *b)
{
    while (*a && *b) {
        a += strspn(a, "0123456789");
        b += strspn(b, "0123456789");
        if (*a != *b) return false;
        if (*a) a++, b++;
    }
    return !*a && !*b;
}

/* Path k of a list, its indices as slices over all paths that differ in them alone; nothing for all of these but the
 * first. */
static void list_path(struct buf *out, const char **path, int n, int k)
{
    for (int i = 0; i < k; i++)
        if (same_but_numbers(path[i], path[k])) return;
    buf_puts(out, out->n ? ", `" : "`");
    for (const char *p = path[k]; *p; p++) {
        size_t digits = p > path[k] && p[-1] == '[' ? strspn(p, "0123456789") : 0;
        long most = 0;
        for (int i = k; i < n && digits; i++) {
            const char *q = path[i];
            if (!same_but_numbers(q, path[k])) continue;
            int place = 0;
            for (const char *r = path[k]; r < p; r++) place += *r == '[';
            while (place) place -= *q++ == '[';
            most = strtol(q, NULL, 10) > most ? strtol(q, NULL, 10) : most;
        }
        if (!digits) buf_putc(out, *p);
        else if (most) buf_printf(out, "0:%ld", most + 1);
        else buf_putc(out, '0');
        p += digits ? digits - 1 : 0;
    }
    buf_putc(out, '`');
}

/* The path that ends as what is written, or is near to it. NULL: none. */
static const char *path_meant(const char *written, const char **path, int n)
{
    size_t size = strlen(written);
    struct nearest near;
    nearest_init(&near, written);
    for (int k = 0; k < n; k++) {
        size_t all = strlen(path[k]);
        if (same_but_numbers(written, path[k])) return NULL;
        if (all > size && path[k][all - size - 1] == '.' && !strcmp(path[k] + all - size, written)) return path[k];
        nearest_offer(&near, path[k]);
    }
    return near.best;
}

/* Notes of a message: what there is, and what may have been meant. */
static struct value *say_paths(struct diag *d, const char *written, const char **path, int n)
{
    const char *meant = path_meant(written, path, n);
    struct buf b = { 0 };
    for (int k = 0; k < n && b.n < 1000; k++) list_path(&b, path, n, k);
    diag_note(d, "it has %s", b.text ? b.text : "none");
    if (meant) diag_help(d, "did you mean `%s`?", meant);
    buf_free(&b);
    return &value_error;
}

static struct value *no_such_path(struct ev *ev, const struct model *m, const struct arch *a, const struct ast *at)
{
    struct diag *d = ev_error(ev, E_NO_FIELD, at, "the model has no tap or parameter `%s`", ev_text(ev, at));
    int n = 0;
    const char **path = ARENA_ARRAY(ev->arena, const char *, m->n + a->taps.n + 1);
    for (int k = 0; k < a->taps.n; k++) path[n++] = a->taps.data[k].path;
    for (int k = 0; k < m->n; k++) path[n++] = m->weight[k].path;
    return say_paths(d, ev_text(ev, at), path, n);
}

struct value *ev_no_parameter(struct ev *ev, const struct model *m, const struct ast *at)
{
    const char *text = ev_text(ev, at), *written = strchr(text, '.');
    written = written ? written + 1 : text;
    struct diag *d = ev_error(ev, E_NO_FIELD, at, "the model has no parameter `%s`", written);
    const char **path = ARENA_ARRAY(ev->arena, const char *, m->n + 1);
    for (int k = 0; k < m->n; k++) path[k] = m->weight[k].path;
    return say_paths(d, written, path, m->n);
}

struct value *ev_model_walk(struct ev *ev, const struct model *m, struct arch *a, struct value **prompt,
                            const struct ast *where)
{
    a->model = m;
    for (int i = 0; i < m->ninterventions; i++) *m->intervention[i].hit = false;
    struct value *v = ev_architecture(ev, a, m->arch, prompt, where);
    for (int i = 0; i < m->ninterventions && !value_poisoned(v); i++)
        if (!*m->intervention[i].hit) return no_such_path(ev, m, a, m->intervention[i].path.ast);
    if (value_poisoned(v) || !a->watch || a->watched == 1) return v;
    if (a->watched == 0) return no_such_path(ev, m, a, a->watch->ast);
    ev_error(ev, E_VALUE, a->watch->ast, "`%s` names %d taps; one is needed", ev_text(ev, a->watch->ast), a->watched);
    return &value_error;
}

struct value *ev_model_answer(struct ev *ev, const struct model *m, struct value **prompt, const struct ast *where)
{
    struct arch a = { 0 };
    return ev_model_walk(ev, m, &a, prompt, where);
}

bool ev_model_answers_all(const struct model *m)
{
    return reads_sequence(m->arch->def) && !m->ninterventions;
}

struct value *ev_model_sequence(struct ev *ev, const struct model *m, struct value *x, struct value *y,
                                const struct ast *where)
{
    struct arch a = { .model = m };
    dim before = size_sub(ev->sizes, x->dims[0], size_int(ev->sizes, 1));
    struct value *seen = t_slice(ev, y, 0, size_int(ev->sizes, 0), before, 1);
    struct value *v = ev_sequence(ev, &a, m->arch, x, and_hidden(ev, seen, where), where);
    return v->kind == V_TENSOR ? t_cast(ev, v, DT_REAL) : v;
}
