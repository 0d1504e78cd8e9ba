/* Indexing, slices, gathers, fields, and array builders. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/model.h"
#include "compiler/script.h"

/* What is indexed: for messages. */
struct indexed {
    const struct ast *ast;
    const struct value *value;
    int axis; /* of the value as written */
    dim with; /* by what; NULL: by something else than one number */
};

static struct value *out_of_range(struct ev *ev, const struct ast *at, dim size, const struct indexed *of)
{
    struct diag *m = ev_error(ev, E_INDEX_RANGE, at, "index out of range: %s of an axis of size %s", ev_text(ev, at),
                              ev_size_text(ev, size));
    if (of->value->kind == V_TENSOR) ev_show_axis(ev, m, of->ast, of->value, of->axis);
    else diag_label(m, of->ast->span, "%s : %s", ev_text(ev, of->ast), value_type(ev->arena, of->value));
    if (of->with) ev_show_size(ev, m, at, of->with);
    diag_note(m, "indices count from 0, negative ones from the end; slices are half open");
    return &value_error;
}

/* A position as written: negative ones count from the end. */
static dim from_end(struct ev *ev, dim i, dim size)
{
    int64_t v;
    bool negative = size_known(i, &v) ? v < 0 : size_never_negative(size_sub(ev->sizes, size_int(ev->sizes, 0), i));
    return negative ? size_add(ev->sizes, size, i) : i;
}

/* Known to be greater than b? */
static bool exceeds(struct ev *ev, dim a, dim b)
{
    int64_t v;
    return size_known(size_sub(ev->sizes, a, b), &v) && v > 0;
}

static struct value *slice(struct ev *ev, struct scope *s, struct value *x, int axis, const struct ast *e,
                           const struct indexed *of)
{
    dim size = x->dims[axis], part[3] = { NULL, NULL, NULL };
    int64_t step = 1;
    for (int i = 0; i < 3; i++) {
        if (i >= e->n || !e->kid[i]) continue;
        struct value *v = ev_expr(ev, s, e->kid[i]);
        if (v->kind == V_ERROR || !(part[i] = ev_size(ev, v, e->kid[i]))) return &value_error;
    }
    if (part[2] && (!size_known(part[2], &step) || step == 0)) {
        ev_error(ev, E_INDEX_RANGE, e->kid[2], "the step of a slice must be a known whole number other than 0");
        return &value_error;
    }
    dim zero = size_int(ev->sizes, 0), one = size_int(ev->sizes, 1);
    dim from = part[0] ? from_end(ev, part[0], size) : step > 0 ? zero : size_sub(ev->sizes, size, one);
    dim to = part[1] ? from_end(ev, part[1], size) : step > 0 ? size : size_int(ev->sizes, -1);
    bool nothing = !part[0] && step < 0 && size_is(size, 0); /* backwards from the end of an empty axis */
    if (nothing) from = to = zero;
    bool before = step > 0 ? exceeds(ev, zero, to) : part[1] && exceeds(ev, zero, to);
    if (exceeds(ev, to, size) || exceeds(ev, zero, from) || before ||
        (exceeds(ev, step > 0 ? from : size_add(ev->sizes, from, one), size) && !nothing))
        return out_of_range(ev, e, size, of);
    if (step > 0 && exceeds(ev, from, to)) to = from;
    dim span = step > 0 ? size_sub(ev->sizes, to, from) : size_sub(ev->sizes, from, to), count = span;
    int64_t n, by = step > 0 ? step : -step;
    if (by != 1)
        count = size_known(span, &n)
                    ? size_int(ev->sizes, n <= 0 ? 0 : (n + by - 1) / by)
                    : size_symbol(ev->sizes, intern(ev->names, ev_text(ev, e)), SIZE_OPEN, 0, e->span, NULL);
    else if (size_known(span, &n) && n < 0)
        count = zero;
    return t_slice(ev, x, axis, from, count, step);
}

static bool node_never_negative(const struct ir_node *n)
{
    bool all = true;
    switch (n->op) {
    case OP_IOTA:
    case OP_ARGSORT:
    case OP_RANK:
    case OP_ARGMAX:
    case OP_ARGMIN: return true;
    case OP_CONST: return n->integer >= 0;
    case OP_PARAM: return n->start[0] && size_never_negative(n->start[0]); /* a loop's index: its first value */
    case OP_ADD:
    case OP_MUL:
    case OP_MAX:
    case OP_MIN:
    case OP_SLICE:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_BROADCAST:
        for (int i = 0; i < n->nin; i++) all &= node_never_negative(n->in[i]);
        return all;
    default: return false;
    }
}

/* Is an index known to count from the start? Then nothing is spent on counting from the end. */
bool ev_never_negative(struct ev *ev, const struct value *v)
{
    (void)ev;
    if (v->node) return node_never_negative(v->node);
    int64_t n = v->known ? (v->rank ? tensor_elements(&v->data) : 1) : 0;
    for (int64_t i = 0; i < n; i++)
        if (v->data.i[i] < 0) return false;
    return v->known;
}

/* Known indices must lie inside the axis; others are the kernel's. */
static bool all_inside(const struct value *index, dim size)
{
    int64_t most, n = index->known && !index->node ? tensor_elements(&index->data) : 0;
    if (!size_known(size, &most)) return true;
    for (int64_t i = 0; i < n; i++)
        if (index->data.i[i] < -most || index->data.i[i] >= most) return false;
    return true;
}

/* In a definition walked on its own: is a number made of latents alone, which may be whole numbers in the task? */
static bool of_latents(const struct ev *ev, const struct ir_node *n)
{
    bool passes = n->op == OP_SLICE || n->op == OP_RESHAPE || n->op == OP_TRANSPOSE || n->op == OP_BROADCAST ||
                  n->op == OP_GATHER || n->op == OP_ADD || n->op == OP_SUB || n->op == OP_MUL || n->op == OP_TO_REAL;
    for (int i = 0; n->op == OP_INPUT && ev->latents && i < ev->latents->n; i++)
        if (ev->latents->kid[i]->name == n->name) return true;
    for (int i = 0; i < (n->op == OP_GATHER ? 1 : n->nin) && passes; i++)
        passes = n->in[i]->dtype == DT_INT || n->in[i]->op == OP_CONST || of_latents(ev, n->in[i]);
    return passes && n->nin;
}

static struct value *index_tensor(struct ev *ev, struct scope *s, struct value *x, const struct ast *e)
{
    int axis = 0;
    if (e->n - 1 > x->rank) {
        struct diag *m = ev_error(ev, E_RANK, e,
                                  x->rank ? "%d indices, and %d ax%s to be indexed"
                                          : "a single number has no elements to index",
                                  e->n - 1, x->rank, x->rank == 1 ? "is" : "es");
        ev_show(ev, m, e->kid[0], x);
        return &value_error;
    }
    const struct value *whole = x;
    for (int i = 1; i < e->n; i++) {
        const struct ast *item = e->kid[i];
        struct indexed of = { e->kid[0], whole, i - 1, NULL };
        if (item->kind == A_RANGE) {
            x = slice(ev, s, x, axis++, item, &of);
            if (value_poisoned(x)) return x;
            continue;
        }
        struct value *v = ev_number(ev, ev_expr(ev, s, item));
        if (value_poisoned(v)) return v;
        if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
        if (ev->symbolic && v->kind == V_TENSOR && v->dtype == DT_REAL && v->node && of_latents(ev, v->node))
            v = t_cast(ev, v, DT_INT);
        int64_t known;
        if (v->kind == V_TENSOR && v->rank == 0 && v->dtype != DT_BOOL && (v->size || ev_known_int(v, &known))) {
            dim size = x->dims[axis], at = ev_size(ev, v, item);
            if (!at) return &value_error;
            of.with = at;
            at = from_end(ev, at, size);
            if (exceeds(ev, size_int(ev->sizes, 0), at) ||
                exceeds(ev, size_add(ev->sizes, at, size_int(ev->sizes, 1)), size))
                return out_of_range(ev, item, size, &of);
            of.with = NULL;
            x = t_at(ev, x, axis, at);
        } else if (v->kind == V_TENSOR && v->dtype == DT_INT) {
            if (!all_inside(v, x->dims[axis])) return out_of_range(ev, item, x->dims[axis], &of);
            int rank = v->rank;
            dim zero = size_int(ev->sizes, 0), size = x->dims[axis];
            struct value *wrapped = t_elem2(ev, OP_ADD, v, value_int(ev->arena, size), item);
            struct value *negative = t_elem2(ev, OP_LT, v, value_int(ev->arena, zero), item);
            if (!ev_never_negative(ev, v)) v = t_select(ev, negative, wrapped, v, item);
            x = t_gather(ev, x, v, axis);
            axis += rank;
        } else {
            struct diag *m = ev_error(ev, E_TYPE, item,
                                      "an index is a whole number, a slice or a tensor of whole numbers");
            ev_show(ev, m, item, v);
            if (v->kind == V_TENSOR && v->dtype == DT_REAL)
                diag_help(m, "`int(%s)` is the whole number towards 0", ev_text(ev, item));
            if (v->kind == V_TENSOR && v->dtype == DT_BOOL)
                diag_help(m, "a shape does not depend on data: `where(%s, ..., 0)` keeps it", ev_text(ev, item));
            return &value_error;
        }
        if (value_poisoned(x)) return x;
    }
    return x;
}

static struct value *index_list(struct ev *ev, struct scope *s, struct value *x, const struct ast *e)
{
    if (e->n != 2) {
        ev_error(ev, E_RANK, e, "a list has one axis");
        return &value_error;
    }
    const struct ast *item = e->kid[1];
    dim size = size_int(ev->sizes, x->n);
    struct indexed of = { e->kid[0], x, 0, NULL };
    int64_t from = 0, to = x->n, step = 1, *part[3] = { &from, &to, &step };
    if (item->kind != A_RANGE) {
        struct value *v = ev_expr(ev, s, item);
        if (value_poisoned(v)) return v;
        if (v->kind == V_TENSOR && !v->known && ev->dry) return &value_any;
        dim at = ev_size(ev, v, item);
        if (!at) return &value_error;
        if (!size_known(at, &from)) return &value_any;
        if (from < 0) from += x->n;
        of.with = at;
        return from < 0 || from >= x->n ? out_of_range(ev, item, size, &of) : x->item[from];
    }
    for (int i = 0; i < 3 && i < item->n; i++) {
        if (!item->kid[i]) continue;
        struct value *v = ev_expr(ev, s, item->kid[i]);
        if (value_poisoned(v)) return v;
        if (!ev_known_int(v, part[i])) return ev->dry ? &value_any : out_of_range(ev, item, size, &of);
        if (i < 2 && *part[i] < 0) *part[i] += x->n;
    }
    if (from < 0 || to > x->n || step < 1) return out_of_range(ev, item, size, &of);
    struct value **kept = ARENA_ARRAY(ev->arena, struct value *, x->n + 1);
    int n = 0;
    for (int64_t i = from; i < to; i += step) kept[n++] = x->item[i];
    return value_list(ev->arena, V_LIST, n, kept);
}

struct value *ev_index(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *x = ev_expr(ev, s, e->kid[0]);
    if (value_poisoned(x)) return x;
    switch (x->kind) {
    case V_TENSOR: return index_tensor(ev, s, x, e);
    case V_RANGE: return index_tensor(ev, s, ev_range_tensor(ev, x), e);
    case V_TUPLE:
    case V_LIST: return index_list(ev, s, x, e);
    case V_TABLE: return table_filter(ev, s, x, e);
    default: break;
    }
    struct diag *m = ev_error(ev, E_TYPE, e, "%s cannot be indexed", value_type(ev->arena, x));
    ev_show(ev, m, e->kid[0], x);
    return &value_error;
}

/* ---- fields ---- */

static struct value *hyper_field(struct ev *ev, struct value *v, str name)
{
    if (v->kind == V_CHAIN) {
        for (int i = v->n - 1; i >= 0; i--) {
            struct value *found = hyper_field(ev, v->item[i], name);
            if (found) return found;
        }
        return NULL;
    }
    v = ev_stands_for(ev, v, ev->at);
    const struct instance *of = v->kind == V_INSTANCE ? v->instance : v->kind == V_MODEL ? v->model->arch : NULL;
    for (int i = 0; of && i < of->def->nhypers; i++)
        if (of->def->hyper[i]->name == name) return of->hyper[i];
    return NULL;
}

struct value *ev_field(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *parameter = ev_model_parameter(ev, s, e);
    if (parameter) return parameter;
    struct value *x = ev_expr(ev, s, e->kid[0]);
    if (value_poisoned(x)) return x;
    if (x->kind == V_TENSOR && !strcmp(e->name, "T")) {
        if (x->rank >= 2) return t_swap(ev, x);
        struct diag *m = ev_error(ev, E_RANK, e, "`.T` swaps the last two axes");
        ev_show(ev, m, e->kid[0], x);
        diag_help(m, x->rank == 1 ? "a vector is a row on the left of `@` and a column on the right: no `.T` is needed"
                                  : "a scalar has none");
        return &value_error;
    }
    if (x->kind == V_TENSOR && !strcmp(e->name, "shape")) {
        struct value *dims[IR_MAX_RANK];
        for (int i = 0; i < x->rank; i++) dims[i] = value_int(ev->arena, x->dims[i]);
        return value_list(ev->arena, V_LIST, x->rank, dims);
    }
    if (x->kind == V_RECORD)
        for (int i = 0; i < x->n; i++)
            if (x->key[i] == e->name) return x->item[i];
    struct value *found = x->kind == V_ESTIMATE ? measured_field(ev, x, e->name)
                          : x->kind == V_TABLE  ? table_column(ev, x, e)
                                                : hyper_field(ev, x, e->name);
    if (found && found->kind == V_CANDIDATES && ev->rehearsal) return &value_any; /* what tune will have chosen */
    if (found) return found;
    struct diag *m = ev_error(ev, E_NO_FIELD, e, "%s has no field `%s`", value_type(ev->arena, x), e->name);
    ev_show(ev, m, e->kid[0], x);
    if (x->kind == V_TENSOR && builtin_find(e->name)) /* x.sum() */
        diag_help(m, "did you mean `%s(%s)`?", e->name, ev_text(ev, e->kid[0]));
    if (x->kind == V_TENSOR) diag_note(m, "a tensor has `.T` and `.shape`");
    bool estimates = !strcmp(e->name, "mean") || !strcmp(e->name, "se");
    if (x->kind == V_TENSOR && x->dtype == DT_REAL && estimates)
        diag_help(m, "a column of several estimates is the tensor of their means; in one row it is an estimate: "
                     "t[0].risk");
    if (x->kind == V_ESTIMATE) diag_note(m, "an estimate has `.mean`, `.se`, `.trials` and `.nonfinite`");
    return &value_error;
}

/* ---- builders ---- */

struct collect {
    const struct ast *value;
    VEC(struct value *) item;
    bool tensors, error;
};

static bool collect(struct ev *ev, struct scope *s, void *data)
{
    struct collect *c = data;
    struct value *v = ev_expr(ev, s, c->value);
    if (v->kind == V_ERROR) {
        c->error = true;
        return false;
    }
    vec_push(ev->arena, &c->item, v);
    c->tensors &= v->kind == V_TENSOR;
    if (ev_stopped(ev)) return false;
    /* without data the first tells the type of all */
    return !(ev->dry && !ev->rehearsal && !ev->k && v->kind == V_TENSOR);
}

/* The number of values of each clause, when they do not depend on each other. */
static bool clause_counts(struct ev *ev, struct scope *s, const struct ast *e, dim *counts)
{
    for (int i = 1; i < e->n; i++) {
        struct value *v = ev_expr(ev, s, e->kid[i]->kid[0]);
        if (value_poisoned(v)) return false;
        if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
        if (v->kind == V_TENSOR && v->rank) counts[i - 1] = v->dims[0];
        else if (v->kind == V_LIST || v->kind == V_TUPLE) counts[i - 1] = size_int(ev->sizes, v->n);
        else return false;
    }
    return true;
}

static struct value *build_host(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct collect c = { .value = e->kid[0], .tensors = true };
    int unsure = ev->unsure;
    if (!ev_clauses_fit(ev, s, e->kid + 1, e->n - 1, "a list", e)) return &value_error;
    if (!ev_clauses(ev, s, e->kid + 1, e->n - 1, collect, &c) && (c.error || !c.item.n)) return &value_error;
    if (ev->rehearsal && ev->unsure > unsure) return &value_any;
    dim dims[IR_MAX_RANK];
    bool regular = e->n - 1 < IR_MAX_RANK && clause_counts(ev, s, e, dims);
    if (!c.tensors || !regular || !c.item.n) {
        for (int i = 0; i < c.item.n; i++)
            if (c.item.data[i]->kind == V_ANY) return &value_any;
        return value_list(ev->arena, V_LIST, c.item.n, c.item.data);
    }
    int rank = e->n - 1;
    struct value *first = c.item.data[0];
    for (int i = 0; i < first->rank && rank < IR_MAX_RANK; i++) dims[rank++] = first->dims[i];
    if (ev->dry && !ev->rehearsal && !ev->k) return t_unknown(ev, first->dtype, rank, dims);
    struct value *flat = t_stack(ev, c.item.data, c.item.n, 0, e);
    return value_poisoned(flat) ? flat : t_reshape(ev, flat, rank, dims);
}

/* In kernel code a builder is a region that is evaluated once an index. */
static struct value *build_kernel(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct kernel *k = ev->k;
    struct ir_region *outer = k->region, *body = ir_region_new(k->f, outer);
    struct scope *inner = scope_new(ev, s);
    int n = e->n - 1;
    k->region = outer;
    for (int i = 0; i < n; i++) {
        const struct ast *clause = e->kid[i + 1];
        struct value *v = ev_expr(ev, s, clause->kid[0]);
        if (value_poisoned(v)) return v;
        struct series series;
        if (!ev_series(ev, v, clause->kid[0], &series)) return &value_error;
        body->counts[i] = series.count;
        struct ir_node *p = ir_param(k->f, body, DT_INT, 0, NULL, clause->name);
        p->start[0] = size_int(ev->sizes, 0);
        k->region = body;
        struct value *index = ev_series_value(ev, &series, t_of_node(ev, p), clause);
        k->region = outer;
        scope_bind(ev, inner, clause->name, index, clause->name_span);
    }
    k->region = body;
    struct value *v = ev_number(ev, ev_expr(ev, inner, e->kid[0]));
    struct ir_node *result = value_poisoned(v) || v->kind != V_TENSOR ? NULL : t_node(ev, v);
    k->region = outer;
    if (value_poisoned(v)) return v;
    if (!result || n + v->rank > IR_MAX_RANK) {
        ev_error(ev, result ? E_RANK : E_TYPE, e, "a builder in kernel code makes a tensor of at most %d axes",
                 IR_MAX_RANK);
        return &value_error;
    }
    vec_push(k->f->arena, &body->results, result);
    struct ir_node p = {
        .op = OP_BUILD, .dtype = result->dtype, .rank = n + result->rank, .body = body, .where = e->span
    };
    for (int i = 0; i < p.rank; i++) p.dims[i] = i < n ? body->counts[i] : result->dims[i - n];
    struct ir_node *node = ir_add(k->f, outer, &p);
    body->owner = node;
    return t_of_node(ev, node);
}

/* Over a list of the script a builder of kernel code is unrolled. */
struct value *ev_build(struct ev *ev, struct scope *s, const struct ast *e)
{
    bool lists = !ev->k;
    for (int i = 1; i < e->n && !lists; i++) {
        enum value_kind kind = e->kid[i]->kid[0]->kind == A_RANGE ? V_RANGE : ev_expr(ev, s, e->kid[i]->kid[0])->kind;
        lists = kind == V_LIST || kind == V_TUPLE;
    }
    return lists ? build_host(ev, s, e) : build_kernel(ev, s, e);
}
