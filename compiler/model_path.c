/* Paths of parameters and taps, built on the way through a body: the i-th call of a layer inside another is `layer[i]`,
 * a parameter or tap is a field of the call it stands in, a tap inside an unrolled loop is numbered too. And what is
 * done by path: `model with PATH = value`, taps that are asked for, `model.PATH`. */
#include <string.h>
#include "compiler/model.h"
#include "compiler/script.h"

/* ---- paths ---- */

void path_frame(struct buf *out, const struct arch_frame *f)
{
    if (f->top) return;
    path_frame(out, f->up);
    buf_printf(out, "%s[%d].", f->step.name, f->step.index);
}

const char *path_here(struct ev *ev, struct path_step last)
{
    struct buf b = { 0 };
    path_frame(&b, ev->arch->frame);
    if (last.index < 0) buf_puts(&b, last.name);
    else buf_printf(&b, "%s[%d]", last.name, last.index);
    const char *text = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return text;
}

int path_count(struct ev *ev, str name)
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
                     ev_size_text(ev, v->dims[i]));
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

/* v with the picked part replaced by x, which broadcasts to it. */
static struct value *replaced(struct ev *ev, struct value *v, const struct path_item *item, int n, struct value *x,
                              const struct ast *at)
{
    struct value *part = picked(ev, v, item, n), *fitted = t_cast(ev, x, DT_REAL), *mask = value_bool(ev->arena, true);
    if (value_poisoned(part) || value_poisoned(fitted)) return value_poisoned(part) ? part : fitted;
    if (!t_stretches(fitted, part->rank, part->dims)) {
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
            struct value *parts[3] = { t_zeros_like(ev, fitted, i, from), fitted,
                                       t_zeros_like(ev, fitted, i, size_sub(ev->sizes, v->dims[i], to)) };
            fitted = t_concat(ev, parts, 3, i, at);
            struct value *after = t_elem2(ev, OP_LE, value_int(ev->arena, from), index, at);
            struct value *before = t_elem2(ev, OP_LT, index, value_int(ev->arena, to), at);
            in = t_elem2(ev, OP_AND, after, before, at);
        }
        mask = t_elem2(ev, OP_AND, mask, in, at);
    }
    return t_select(ev, mask, fitted, v, at);
}

struct value *path_intervene(struct ev *ev, struct path_step last, struct value *v)
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
            diag_note(d, "`%s` has %d axes", path_here(ev, last), v->rank);
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

void path_watch(struct ev *ev, struct path_step step, struct value *v)
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
    if (!found && p.n > 2 && e->kind == A_FIELD && strcmp(e->name, "T") && strcmp(e->name, "shape"))
        return ev_no_parameter(ev, m, e);
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
