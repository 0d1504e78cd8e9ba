/* Architectures at work. A model is an architecture with its hyper-parameters and a tensor for every parameter's path;
 * answering a prompt walks the body as any kernel code is walked, with the weights as the kernel's inputs. Paths are
 * built on the way: the i-th call of a layer inside another is `layer[i]`, a parameter or tap is a field of the call it
 * stands in, a tap inside an unrolled loop is numbered too. `for` makes a new call, with parameters of its own, in
 * every pass; `repeat` is one call that is taken several times. */
#include <stdlib.h>
#include <string.h>
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"
#include "lang/names.h"

/* ---- paths ---- */

static void frame_text(struct buf *out, const struct arch_frame *f)
{
    if (f->top) return;
    frame_text(out, f->up);
    buf_printf(out, "%s[%d].", f->step.name, f->step.index);
}

static const char *path_text(struct ev *ev, struct path_step last)
{
    struct buf b = { 0 };
    frame_text(&b, ev->arch->frame);
    if (last.index < 0) buf_puts(&b, last.name);
    else buf_printf(&b, "%s[%d]", last.name, last.index);
    const char *text = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return text;
}

/* How often this name came up in the frame before. */
static int count_step(struct ev *ev, str name)
{
    struct arch_frame *f = ev->arch->frame;
    for (int i = 0; i < f->seen.n; i++)
        if (f->seen.data[i].name == name) return ++f->seen.data[i].index;
    struct path_step step = { name, 0 };
    vec_push(ev->arena, &f->seen, step);
    return 0;
}

/* ---- interventions ---- */

static bool item_matches(const struct path_item *item, int index)
{
    int64_t from = 0, to = INT64_MAX;
    if (!item->slice) return size_is(item->from, index);
    if (item->from && !size_known(item->from, &from)) return false;
    if (item->to && !size_known(item->to, &to)) return false;
    return index >= from && index < to;
}

/* Does a path name this step of the frames, innermost last? *rest: the first index that is the value's. */
static bool matches(const struct path *p, const struct arch_frame *frame, struct path_step last, int *rest)
{
    int n = p->n - 1;
    const struct path_name *name = &p->name[n];
    if (name->name != last.name) return false;
    *rest = last.index >= 0 && name->n ? 1 : 0;
    if (*rest && !item_matches(&name->item[0], last.index)) return false;
    for (n--; !frame->top; frame = frame->up, n--) {
        if (n < 0 || p->name[n].name != frame->step.name || p->name[n].n > 1) return false;
        if (p->name[n].n && !item_matches(&p->name[n].item[0], frame->step.index)) return false;
    }
    return n < 0;
}

/* A position of an axis; negative ones count from its end. */
static dim position(struct ev *ev, dim i, dim size)
{
    int64_t n;
    return size_known(i, &n) && n < 0 ? size_add(ev->sizes, size, i) : i;
}

static bool outside(struct ev *ev, const struct value *v, const struct path_item *item, int n, const struct ast *at)
{
    for (int i = 0; i < n; i++)
        for (int end = 0; end < 1 + item[i].slice; end++) {
            dim x = end ? item[i].to : item[i].from;
            int64_t k, size;
            if (!x || !size_known(position(ev, x, v->dims[i]), &k) || !size_known(v->dims[i], &size)) continue;
            if (k >= 0 && k < size + (item[i].slice ? 1 : 0)) continue;
            ev_error(ev, E_INDEX_RANGE, at, "index out of range: %s of an axis of size %s", size_str(ev->arena, x),
                     size_str(ev->arena, v->dims[i]));
            return true;
        }
    return false;
}

/* The part of v that indices pick. */
static struct value *picked(struct ev *ev, struct value *v, const struct path_item *item, int n)
{
    int axis = 0;
    for (int i = 0; i < n && !value_poisoned(v); i++) {
        dim size = v->dims[axis], zero = size_int(ev->sizes, 0);
        dim from = item[i].from ? position(ev, item[i].from, size) : zero,
            to = item[i].to ? position(ev, item[i].to, size) : size;
        if (item[i].slice) {
            v = t_slice(ev, v, axis, from, size_sub(ev->sizes, to, from), 1);
            axis++;
        } else {
            v = t_at(ev, v, axis, from);
        }
    }
    return v;
}

static struct value *zeros_like(struct ev *ev, const struct value *like, int axis, dim count)
{
    dim dims[IR_MAX_RANK];
    memcpy(dims, like->dims, sizeof dims);
    dims[axis] = count;
    return t_full(ev, t_const(ev, 0), like->rank, dims);
}

/* Does v broadcast to a shape that stays as it is? */
static bool stretches(const struct value *v, int rank, const dim *dims)
{
    bool fits = v->rank <= rank;
    for (int i = 0; fits && i < v->rank; i++)
        fits = size_is(v->dims[i], 1) || size_compare(v->dims[i], dims[rank - v->rank + i]) != SIZE_DIFFERENT;
    return fits;
}

/* v with the picked part replaced by x, which broadcasts to it. */
static struct value *replaced(struct ev *ev, struct value *v, const struct path_item *item, int n, struct value *x,
                              const struct ast *at)
{
    struct value *part = picked(ev, v, item, n), *fitted = t_cast(ev, x, DT_REAL), *mask = value_bool(ev->arena, true);
    if (value_poisoned(part) || value_poisoned(fitted)) return value_poisoned(part) ? part : fitted;
    if (!stretches(fitted, part->rank, part->dims)) {
        struct diag *m = ev_error(ev, E_BROADCAST, at, "`%s` is replaced by a value of another shape, %s",
                                  ev_text(ev, at), value_type(ev->arena, fitted));
        ev_show(ev, m, at, part);
        return &value_error;
    }
    fitted = t_broadcast(ev, fitted, part->rank, part->dims);
    if (n == 0) return fitted;
    dim wide[IR_MAX_RANK];
    for (int i = 0, k = 0; i < v->rank; i++)
        wide[i] = i < n && !item[i].slice ? size_int(ev->sizes, 1) : fitted->dims[k++];
    fitted = t_reshape(ev, fitted, v->rank, wide);
    for (int i = 0; i < n; i++) {
        struct value *index = t_iota(ev, v->rank, v->dims, i), *in;
        dim from = item[i].from ? position(ev, item[i].from, v->dims[i]) : size_int(ev->sizes, 0);
        if (!item[i].slice) {
            in = t_elem2(ev, OP_EQ, index, value_int(ev->arena, from), at);
        } else {
            dim to = item[i].to ? position(ev, item[i].to, v->dims[i]) : v->dims[i];
            struct value *parts[3] = { zeros_like(ev, fitted, i, from), fitted,
                                       zeros_like(ev, fitted, i, size_sub(ev->sizes, v->dims[i], to)) };
            fitted = t_concat(ev, parts, 3, i, at);
            struct value *after = t_elem2(ev, OP_LE, value_int(ev->arena, from), index, at);
            struct value *before = t_elem2(ev, OP_LT, index, value_int(ev->arena, to), at);
            in = t_elem2(ev, OP_AND, after, before, at);
        }
        mask = t_elem2(ev, OP_AND, mask, in, at);
    }
    return t_select(ev, mask, fitted, v, at);
}

static struct value *intervene(struct ev *ev, struct path_step last, struct value *v)
{
    const struct model *m = ev->arch->model;
    for (int i = 0; m && i < m->ninterventions && !value_poisoned(v); i++) {
        struct intervention *in = &m->intervention[i];
        int rest;
        if (!matches(&in->path, ev->arch->frame, last, &rest)) continue;
        const struct path_name *name = &in->path.name[in->path.n - 1];
        *in->hit = true;
        if (name->n - rest > v->rank) {
            struct diag *d = ev_error(ev, E_RANK, in->path.ast, "%d indices into %s", name->n - rest,
                                      value_type(ev->arena, v));
            diag_note(d, "`%s` has %d axes", path_text(ev, last), v->rank);
            return &value_error;
        }
        if (outside(ev, v, name->item + rest, name->n - rest, in->path.ast)) return &value_error;
        struct value *x = in->value, *it = ev->it;
        if (!x) {
            ev->it = picked(ev, v, name->item + rest, name->n - rest);
            x = ev_number(ev, ev_expr(ev, in->scope, in->expr));
            ev->it = it;
        }
        if (!value_poisoned(x) && x->kind != V_TENSOR) {
            ev_error(ev, E_TYPE, in->path.ast, "a tap or parameter is replaced by numbers, not %s",
                     value_type(ev->arena, x));
            return &value_error;
        }
        v = value_poisoned(x) ? x : replaced(ev, v, name->item + rest, name->n - rest, x, in->path.ast);
    }
    return v;
}

/* ---- statements of layers and architectures ---- */

static bool in_architecture(struct ev *ev, const struct ast *e, const char *what)
{
    if (ev->arch) return true;
    struct diag *m = ev_error(ev, E_LEVEL, e, "%s belongs to a layer or an architecture that a model is made of", what);
    diag_help(m, "`init(architecture(...), task)` makes a model");
    return false;
}

static void watch(struct ev *ev, struct path_step step, struct value *v);

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
        int count = count_step(ev, e->name);
        struct path_step step = { e->name, ev->arch->frame->loops ? count : -1 };
        struct value *was = v;
        v = intervene(ev, step, v);
        if (v != was && v->kind == V_TENSOR && !replaced_tap_matters(ev, s, e, v)) v = &value_error;
        struct weight tap = { path_text(ev, step), v };
        vec_push(ev->arena, &ev->arch->taps, tap);
        watch(ev, step, v);
        if (ev->watch) watch_tap(ev, tap.path, v);
    }
    scope_bind(ev, s, e->name, v, e->name_span);
}

/* The value a parameter starts from, as a node of the kernel's top: loops share it. */
/* A parameter's first value, stretched to its shape. */
static struct value *start_value(struct ev *ev, const struct ast *e, struct value *v, int rank, const dim *dims)
{
    if (stretches(v, rank, dims)) return t_broadcast(ev, v, rank, dims);
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
    frame_text(&prefix, ev->arch->frame);
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
    const char *path = path_text(ev, step);
    struct arch *a = ev->arch;
    struct ir_region *region = ev->k->region;
    ev->k->region = ev->k->f->top;
    struct value *start = initial(ev, s, e);
    ev->k->region = region;
    if (!a->model) {
        if (count_step(ev, e->name)) ev_error(ev, E_DUPLICATE_NAME, e, "a second parameter `%s` in one layer", e->name);
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
            struct diag *m = ev_error(ev, E_SHAPE, e, "parameter `%s` is %s in the model, and %s here", path,
                                      value_type(ev->arena, v), value_type(ev->arena, start));
            ev_show(ev, m, e, start);
            diag_help(m, "a stored model is loaded with the hyper-parameters, and for the task, that it was made with");
            v = &value_error;
        }
        if (v->kind == V_TENSOR) v = t_of_node(ev, t_node(ev, v));
    }
    scope_bind(ev, s, e->name, intervene(ev, step, v), e->name_span);
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
    struct arch_frame frame = { .up = ev->arch->frame, .step = { d->name, count_step(ev, d->name) },
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
    struct value *labels[2] = { y, zeros_like(ev, y, 0, size_int(ev->sizes, 1)) };
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

static struct value *no_such_path(struct ev *ev, const struct model *m, const struct arch *a, const struct ast *at)
{
    struct diag *d = ev_error(ev, E_NO_FIELD, at, "the model has no tap or parameter `%s`", ev_text(ev, at));
    int n = 0;
    const char **path = ARENA_ARRAY(ev->arena, const char *, m->n + a->taps.n + 1);
    for (int k = 0; k < a->taps.n; k++) path[n++] = a->taps.data[k].path;
    for (int k = 0; k < m->n; k++) path[n++] = m->weight[k].path;
    const char *meant = path_meant(ev_text(ev, at), path, n);
    struct buf b = { 0 };
    for (int k = 0; k < n && b.n < 1000; k++) list_path(&b, path, n, k);
    diag_note(d, "it has %s", b.text ? b.text : "none");
    if (meant) diag_help(d, "did you mean `%s`?", meant);
    buf_free(&b);
    return &value_error;
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

/* A tap that someone asks for. */
static void watch(struct ev *ev, struct path_step step, struct value *v)
{
    struct arch *a = ev->arch;
    int rest;
    if (!a->watch || !matches(a->watch, a->frame, step, &rest)) return;
    const struct path_name *name = &a->watch->name[a->watch->n - 1];
    a->watched++;
    if (name->n - rest > v->rank) {
        ev_error(ev, E_RANK, a->watch->ast, "%d indices into %s", name->n - rest, value_type(ev->arena, v));
        a->seen = &value_error;
    } else if (!outside(ev, v, name->item + rest, name->n - rest, a->watch->ast)) {
        a->seen = picked(ev, v, name->item + rest, name->n - rest);
    }
}

/* model.attention[0].Wq as an expression: a parameter's value. NULL: e is no such path. */
struct value *ev_model_parameter(struct ev *ev, struct scope *s, const struct ast *e)
{
    const struct ast *root = e;
    while (root->kind == A_FIELD || root->kind == A_INDEX) root = root->kid[0];
    struct binding *b = root->kind == A_NAME ? scope_find(s, root->name) : NULL;
    struct path p = { 0 };
    if (!b || b->value->kind != V_MODEL || !ev_path(ev, s, e, &p) || p.n < 2) return NULL;
    const struct model *m = b->value->model;
    struct buf text = { 0 };
    for (int i = 1; i < p.n; i++) {
        int64_t k = 0;
        bool last = i == p.n - 1;
        if (!last && p.name[i].n) size_known(p.name[i].item[0].from, &k);
        buf_puts(&text, p.name[i].name);
        if (!last) buf_printf(&text, "[%lld].", (long long)k);
    }
    struct value *found = NULL;
    for (int i = 0; i < m->n; i++)
        if (!strcmp(m->weight[i].path, text.text)) found = m->weight[i].value;
    buf_free(&text);
    const struct path_name *last = &p.name[p.n - 1];
    if (found && (last->n > found->rank || outside(ev, found, last->item, last->n, e))) return &value_error;
    return found ? picked(ev, found, last->item, last->n) : NULL;
}

/* ---- with ---- */

static bool path_item(struct ev *ev, struct scope *s, const struct ast *e, struct path_item *out)
{
    *out = (struct path_item){ .slice = e->kind == A_RANGE };
    dim *part[2] = { &out->from, &out->to };
    if (e->kind == A_RANGE && e->n > 2 && e->kid[2]) {
        ev_error(ev, E_INDEX_RANGE, e->kid[2], "a slice in a path has no step");
        return false;
    }
    for (int i = 0; i < (out->slice ? 2 : 1); i++) {
        const struct ast *of = out->slice ? (i < e->n ? e->kid[i] : NULL) : e;
        if (!of) continue;
        struct value *v = ev_number(ev, ev_expr(ev, s, of));
        if (v->kind == V_ERROR || !(*part[i] = ev_size(ev, v, of))) return false;
    }
    return true;
}

bool ev_path(struct ev *ev, struct scope *s, const struct ast *e, struct path *out)
{
    if (e->kind == A_NAME || e->kind == A_FIELD) {
        if (e->kind == A_FIELD && !ev_path(ev, s, e->kid[0], out)) return false;
        struct path_name *name = ARENA_ARRAY(ev->arena, struct path_name, out->n + 1);
        if (out->n) memcpy(name, out->name, sizeof *name * (size_t)out->n);
        name[out->n++].name = e->name;
        out->name = name;
        out->ast = e;
        return true;
    }
    if (e->kind == A_INDEX && ev_path(ev, s, e->kid[0], out)) {
        struct path_name *last = &out->name[out->n - 1];
        struct path_item *item = ARENA_ARRAY(ev->arena, struct path_item, last->n + e->n);
        if (last->n) memcpy(item, last->item, sizeof *item * (size_t)last->n);
        for (int i = 1; i < e->n; i++)
            if (!path_item(ev, s, e->kid[i], &item[last->n++])) return false;
        last->item = item;
        out->ast = e;
        return true;
    }
    if (e->kind != A_INDEX)
        ev_error(ev, E_TYPE, e, "this is no path of a tap or parameter, such as attention[0].head[2]");
    return false;
}

static bool mentions_it(const struct ast *e)
{
    bool found = e && e->kind == A_IT;
    for (int i = 0; e && i < e->n && !found; i++) found = mentions_it(e->kid[i]);
    return found;
}

void ev_set(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct intervention in = { .expr = e->kid[1], .scope = s, .hit = ARENA_NEW(ev->arena, bool) };
    if (!ev->with) {
        ev_error(ev, E_STATEMENT_PLACE, e, "a path is set inside `with { ... }`");
        return;
    }
    if (!ev_path(ev, s, e->kid[0], &in.path)) return;
    in.path.ast = e->kid[0];
    if (!mentions_it(e->kid[1])) {
        in.value = ev_number(ev, ev_expr(ev, s, e->kid[1]));
        if (in.value->kind == V_ERROR) return;
    }
    vec_push(ev->arena, ev->with, in);
}

struct value *ev_with(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e->kid[0]);
    if (value_poisoned(v)) return v;
    if (v->kind != V_MODEL) {
        struct diag *m = ev_error(ev, E_TYPE, e->kid[0], "`with` changes a model, this is %s",
                                  value_type(ev->arena, v));
        ev_show(ev, m, e->kid[0], v);
        return &value_error;
    }
    struct intervention_list list = { 0 }, *outer = ev->with;
    for (int i = 0; i < v->model->ninterventions; i++) vec_push(ev->arena, &list, v->model->intervention[i]);
    struct frame fr = { 0 };
    int errors = ev->diags->errors;
    ev->with = &list;
    ev_block(ev, scope_new(ev, s), e->kid[1], &fr);
    ev->with = outer;
    if (ev->diags->errors > errors) return &value_error;
    struct model *m = arena_copy(ev->arena, v->model, sizeof *m);
    m->ninterventions = list.n;
    m->intervention = list.data;
    return value_model(ev->arena, m);
}
