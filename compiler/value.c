/* Values: construction, types as text, printing, equality. */
#include <math.h>
#include <string.h>
#include "compiler/eval.h"
#include "compiler/model.h"
#include "compiler/script.h"
#include "runtime/number.h"
#include "runtime/table.h"

struct value value_none = { .kind = V_NONE };
struct value value_error = { .kind = V_ERROR };
struct value value_any = { .kind = V_ANY };

struct value *value_new(struct arena *a, enum value_kind kind)
{
    struct value *v = ARENA_NEW(a, struct value);
    v->kind = kind;
    return v;
}

struct value *value_list(struct arena *a, enum value_kind kind, int n, struct value **item)
{
    struct value *v = value_new(a, kind);
    v->n = n;
    v->item = arena_copy(a, item, sizeof *item * (size_t)n);
    return v;
}

struct value *value_string(struct arena *a, const char *text)
{
    struct value *v = value_new(a, V_STRING);
    v->text = text;
    return v;
}

struct value *value_model(struct arena *a, const struct model *m)
{
    struct value *v = value_new(a, V_MODEL);
    v->model = m;
    return v;
}

struct value *value_fn(struct arena *a, struct fn fn)
{
    struct value *v = value_new(a, V_FN);
    v->fn = arena_copy(a, &fn, sizeof fn);
    return v;
}

static struct value *scalar(struct arena *a, enum dtype t, bool known, bool literal)
{
    struct value *v = value_new(a, V_TENSOR);
    v->dtype = t;
    v->known = known;
    v->literal = literal;
    v->data.dtype = t;
    if (t == DT_REAL) v->data.r = &v->r0;
    else v->data.i = &v->i0;
    return v;
}

struct value *value_real(struct arena *a, double r, bool literal)
{
    struct value *v = scalar(a, DT_REAL, true, literal);
    v->r0 = r;
    return v;
}

struct value *value_bool(struct arena *a, bool b)
{
    struct value *v = scalar(a, DT_BOOL, true, true);
    v->i0 = b;
    return v;
}

struct value *value_int(struct arena *a, dim size)
{
    int64_t i = 0;
    bool known = size_known(size, &i);
    struct value *v = scalar(a, DT_INT, known, true);
    v->i0 = i;
    v->size = size;
    return v;
}

struct value *value_host(struct arena *a, struct size_table *sizes, struct tensor data)
{
    if (data.rank == 0 && data.dtype == DT_INT) return value_int(a, size_int(sizes, data.i[0]));
    struct value *v = scalar(a, data.dtype, true, false);
    v->rank = data.rank;
    if (data.rank) {
        v->data = data;
        for (int i = 0; i < data.rank; i++) v->dims[i] = size_int(sizes, data.dims[i]);
    } else if (data.dtype == DT_REAL) {
        v->r0 = data.r[0];
    } else {
        v->i0 = data.i[0];
    }
    return v;
}

bool value_is_scalar(const struct value *v, enum dtype t)
{
    return v->kind == V_TENSOR && v->rank == 0 && v->dtype == t;
}

bool value_poisoned(const struct value *v)
{
    return v->kind == V_ERROR || v->kind == V_ANY;
}

const char *shape_text(struct arena *a, int rank, const dim *dims)
{
    if (rank == 0) return "";
    struct buf b = { 0 };
    buf_putc(&b, '[');
    for (int i = 0; i < rank; i++) {
        if (i) buf_puts(&b, ", ");
        size_text(dims[i], &b);
    }
    buf_putc(&b, ']');
    const char *text = arena_strdup(a, b.text);
    buf_free(&b);
    return text;
}

bool value_is_predictor(const struct value *v)
{
    if (v->kind == V_CHAIN) return value_is_predictor(v->item[v->n - 1]);
    return v->kind == V_MODEL || (v->kind == V_INSTANCE && v->instance->def->kind == DEF_ALGORITHM);
}

bool value_is_task(const struct value *v)
{
    return v->kind == V_INSTANCE && v->instance->def->kind == DEF_TASK;
}

static const char *const def_word[] = { "a function", "a task", "an algorithm", "a preprocess", "a layer",
                                        "an architecture", "an optimizer" };

const char *value_type(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case V_TENSOR: return arena_printf(a, "%s%s", dtype_name[v->dtype], shape_text(a, v->rank, v->dims));
    case V_TUPLE: return arena_printf(a, "a tuple of %d values", v->n);
    case V_LIST: return arena_printf(a, "a list of %d", v->n);
    case V_RECORD: return "a record";
    case V_RANGE: return "a range";
    case V_STRING: return "a string";
    case V_FN: return v->fn->kind == FN_DEF ? def_word[v->fn->def->kind] : "a function";
    case V_INSTANCE: return def_word[v->instance->def->kind];
    case V_CHAIN: return value_is_predictor(v) ? "a predictor" : "a preprocess";
    case V_MODEL: return "a model";
    case V_FEATURES: return "a preprocess";
    case V_DIST: return "a distribution";
    case V_TABLE: return "a table";
    case V_ESTIMATE: return "an estimate";
    case V_CANDIDATES: return "candidates";
    case V_NONE: return "nothing";
    case V_ERROR:
    case V_ANY: break;
    }
    return "a value";
}

/* ---- printing ---- */

static void print_scalar(struct buf *out, const struct tensor *t, int64_t at, int precision, int digits)
{
    char text[64];
    if (t->dtype == DT_BOOL) buf_puts(out, t->i[at] ? "true" : "false");
    else if (t->dtype == DT_INT) buf_printf(out, "%lld", (long long)t->i[at]);
    else if (!isfinite(t->r[at])) buf_puts(out, isnan(t->r[at]) ? "nan" : t->r[at] > 0 ? "inf" : "-inf");
    else if (digits) buf_printf(out, "%.*g", digits, t->r[at]);
    else {
        number_text(text, t->r[at], precision);
        buf_puts(out, text);
    }
}

/* What is left of axes that are longer than `most`: `head` elements and the last `tail`. */
struct elision {
    int most, head, tail;
};

/* Columns of a tensor's last axis are padded to one width, so that rows stand under each other. cuts[0] is for the last
 * axis, cuts[1] for the one before, cuts[2] for the others. */
static void print_tensor(struct buf *out, const struct tensor *t, int axis, int64_t at, int width,
                         const struct elision *const cuts[3])
{
    if (axis == t->rank) {
        struct buf cell = { 0 };
        print_scalar(&cell, t, at, 0, 6);
        buf_printf(out, "%*s", width, cell.text);
        buf_free(&cell);
        return;
    }
    int64_t inner = 1;
    const struct elision *cut = cuts[axis < t->rank - 2 ? 2 : t->rank - 1 - axis];
    for (int i = axis + 1; i < t->rank; i++) inner *= t->dims[i];
    buf_putc(out, '[');
    for (int64_t i = 0; i < t->dims[axis]; i++) {
        if (i) buf_puts(out, axis == t->rank - 1 ? ", " : ",\n");
        if (i && axis < t->rank - 1) buf_printf(out, "%*s", axis + 1, "");
        if (t->dims[axis] > cut->most && i == cut->head) {
            buf_puts(out, "...");
            i = t->dims[axis] - cut->tail - 1;
            continue;
        }
        print_tensor(out, t, axis + 1, at + i * inner, width, cuts);
    }
    buf_putc(out, ']');
}

static void print_data(struct buf *out, const struct tensor *t, int precision, const struct elision *const cuts[3])
{
    if (t->rank == 0) {
        print_scalar(out, t, 0, precision, 0);
        return;
    }
    int width = 0;
    int64_t n = tensor_elements(t);
    for (int64_t i = 0; t->rank > 1 && i < n && i < 100000; i++) {
        struct buf cell = { 0 };
        print_scalar(&cell, t, i, precision, 6);
        if ((int)cell.n > width) width = (int)cell.n;
        buf_free(&cell);
    }
    print_tensor(out, t, 0, 0, width, cuts);
}

static void print_items(struct buf *out, const struct value *v, int precision, const char *open, const char *close)
{
    buf_puts(out, open);
    for (int i = 0; i < v->n; i++) {
        if (i) buf_puts(out, ", ");
        if (v->kind == V_RECORD) buf_printf(out, "%s: ", v->key[i]);
        value_print(out, v->item[i], precision);
    }
    buf_puts(out, close);
}

static const struct elision thousand = { 1000, 6, 3 }, ten = { 10, 6, 3 }, seven = { 7, 4, 2 }, five = { 5, 3, 1 },
                            two = { 2, 1, 1 };
static const struct elision *const whole[] = { &thousand, &thousand, &thousand }, *const brief[] = { &ten, &ten, &ten },
                            *const corners[] = { &seven, &five, &two };

void value_print(struct buf *out, const struct value *v, int precision)
{
    switch (v->kind) {
    case V_TENSOR: print_data(out, &v->data, precision, whole); break;
    case V_TUPLE: print_items(out, v, precision, "(", ")"); break;
    case V_LIST: print_items(out, v, precision, "[", "]"); break;
    case V_RECORD: print_items(out, v, precision, "{ ", " }"); break;
    case V_RANGE:
        value_print(out, v->item[0], precision);
        buf_putc(out, ':');
        value_print(out, v->item[1], precision);
        if (v->item[2]->i0 == 1) break;
        buf_putc(out, ':');
        value_print(out, v->item[2], precision);
        break;
    case V_STRING: buf_puts(out, v->text); break;
    case V_TABLE: table_print(out, v->table, 0); break;
    case V_ESTIMATE: measured_print(out, v->measured); break;
    default: value_name(out, v, false, precision);
    }
}

void value_print_brief(struct buf *out, const struct value *v, int precision)
{
    bool big = v->kind == V_TENSOR && tensor_elements(&v->data) > 1000;
    if (big) print_data(out, &v->data, precision, brief);
    else value_print(out, v, precision);
}

void value_print_corners(struct buf *out, const struct value *v, int precision)
{
    print_data(out, &v->data, precision, corners);
}

static void json_scalar(struct buf *out, const struct tensor *t, int64_t at, int precision)
{
    if (t->dtype == DT_REAL && !isfinite(t->r[at])) buf_puts(out, "null");
    else print_scalar(out, t, at, precision, 0);
}

static void json_tensor(struct buf *out, const struct tensor *t, int axis, int64_t at, int precision)
{
    if (axis == t->rank) {
        json_scalar(out, t, at, precision);
        return;
    }
    int64_t inner = 1;
    for (int i = axis + 1; i < t->rank; i++) inner *= t->dims[i];
    buf_putc(out, '[');
    for (int64_t i = 0; i < t->dims[axis]; i++) {
        if (i) buf_putc(out, ',');
        json_tensor(out, t, axis + 1, at + i * inner, precision);
    }
    buf_putc(out, ']');
}

/* The numbers of a range, as of a tensor. */
static void json_range(struct buf *out, const struct value *v)
{
    int64_t part[3], written = 0;
    for (int i = 0; i < 3; i++)
        if (!v->item[i]->known || v->item[i]->dtype != DT_INT) {
            buf_puts(out, "null");
            return;
        } else {
            part[i] = v->item[i]->i0;
        }
    buf_putc(out, '[');
    for (int64_t x = part[0]; part[2] > 0 ? x < part[1] : x > part[1];) {
        buf_printf(out, written++ ? ",%lld" : "%lld", (long long)x);
        if (__builtin_add_overflow(x, part[2], &x)) break;
    }
    buf_putc(out, ']');
}

void value_json(struct buf *out, const struct value *v, int precision)
{
    struct buf name = { 0 };
    switch (v->kind) {
    case V_TENSOR: json_tensor(out, &v->data, 0, 0, precision); break;
    case V_RECORD:
    case V_TUPLE:
    case V_LIST:
        buf_putc(out, v->kind == V_RECORD ? '{' : '[');
        for (int i = 0; i < v->n; i++) {
            if (i) buf_putc(out, ',');
            if (v->kind == V_RECORD) {
                text_json(out, v->key[i]);
                buf_putc(out, ':');
            }
            value_json(out, v->item[i], precision);
        }
        buf_putc(out, v->kind == V_RECORD ? '}' : ']');
        break;
    case V_RANGE: json_range(out, v); break;
    case V_ESTIMATE: measured_json(out, v->measured); break;
    case V_STRING: text_json(out, v->text); break;
    default:
        value_name(&name, v, false, precision);
        text_json(out, name.text ? name.text : "");
        buf_free(&name);
    }
}

/* A model with interventions is another predictor, and says so. */
static void print_changes(struct buf *out, const struct model *m)
{
    if (m->ninterventions == 1) {
        const struct span at = m->intervention[0].path.ast->span, to = m->intervention[0].expr->span;
        buf_printf(out, " with %.*s = %.*s", (int)(at.to - at.from), at.src->text + at.from, (int)(to.to - to.from),
                   to.src->text + to.from);
    } else if (m->ninterventions) {
        buf_printf(out, " with %d changes", m->ninterventions);
    }
}

void value_name(struct buf *out, const struct value *v, bool full, int precision)
{
    if (v->kind == V_CHAIN) {
        for (int i = 0; i < v->n; i++) {
            if (i) buf_puts(out, " then ");
            value_name(out, v->item[i], full, precision);
        }
        return;
    }
    if (v->kind == V_FN) {
        buf_puts(out, v->fn->kind == FN_DEF ? v->fn->def->name : "function");
        return;
    }
    if (v->kind == V_FEATURES) {
        const struct span at = v->features->path.ast->span;
        buf_printf(out, "%.*s of %s", (int)(at.to - at.from), at.src->text + at.from,
                   v->features->model->arch->def->name);
        return;
    }
    if (v->kind != V_INSTANCE && v->kind != V_MODEL) {
        buf_puts(out, v->kind == V_NONE ? "nothing" : "value");
        return;
    }
    const struct instance *in = v->kind == V_MODEL ? v->model->arch : v->instance;
    const struct def *d = in->def;
    buf_puts(out, d->name);
    if (v->kind == V_MODEL) print_changes(out, v->model);
    if (!full || !d->nhypers) return;
    buf_putc(out, '(');
    for (int i = 0; i < d->nhypers; i++) {
        if (i) buf_puts(out, ", ");
        buf_printf(out, "%s = ", d->hyper[i]->name);
        value_print(out, in->hyper[i], precision);
    }
    buf_putc(out, ')');
}

static const struct instance *part(const struct value *v, int i)
{
    if (v->kind == V_CHAIN) return i < v->n ? part(v->item[i], 0) : NULL;
    if (v->kind == V_MODEL) return i == 0 ? v->model->arch : NULL;
    return i == 0 && v->kind == V_INSTANCE ? v->instance : NULL;
}

/* Does hyper-parameter h of part i differ from that of another? Chosen ones only when `tuned`. */
static bool differs(const struct value *v, const struct value *const *other, int n, int i, int h, bool tuned)
{
    const struct instance *a = part(v, i);
    if (!tuned && a->tuned && a->tuned[h]) return false;
    for (int k = 0; k < n; k++) {
        const struct instance *b = part(other[k], i);
        if (!b || b->def != a->def || !value_same(a->hyper[h], b->hyper[h])) return true;
    }
    return false;
}

void value_name_apart(struct buf *out, const struct value *v, const struct value *const *other, int n, int precision)
{
    bool plain = false;
    const struct instance *a;
    for (int i = 0; (a = part(v, i)); i++)
        for (int h = 0; h < a->def->nhypers; h++) plain |= differs(v, other, n, i, h, false);
    for (int i = 0; (a = part(v, i)); i++) {
        int shown = 0;
        buf_printf(out, "%s%s", i ? " then " : "", a->def->name);
        for (int h = 0; h < a->def->nhypers; h++) {
            if (!differs(v, other, n, i, h, !plain)) continue;
            buf_printf(out, "%s%s = ", shown++ ? ", " : "(", a->def->hyper[h]->name);
            value_print(out, a->hyper[h], precision);
        }
        if (shown) buf_putc(out, ')');
    }
}

bool value_same(const struct value *a, const struct value *b)
{
    if (a == b) return true;
    if (a->kind != b->kind) return false;
    switch (a->kind) {
    case V_TENSOR: {
        if (a->dtype != b->dtype || a->rank != b->rank || !a->known || !b->known || a->node || b->node) return false;
        for (int i = 0; i < a->rank; i++)
            if (a->data.dims[i] != b->data.dims[i]) return false;
        size_t n = (size_t)tensor_elements(&a->data);
        return a->dtype == DT_REAL ? !memcmp(a->data.r, b->data.r, n * sizeof(double))
                                   : !memcmp(a->data.i, b->data.i, n * sizeof(int64_t));
    }
    case V_TUPLE:
    case V_LIST:
    case V_CHAIN:
    case V_RANGE:
        if (a->n != b->n) return false;
        for (int i = 0; i < a->n; i++)
            if (!value_same(a->item[i], b->item[i])) return false;
        return true;
    case V_MODEL: return a->model == b->model;
    case V_FEATURES: return a->features == b->features;
    case V_STRING: return a->text && b->text && !strcmp(a->text, b->text);
    case V_INSTANCE:
        if (a->instance->def != b->instance->def) return false;
        for (int i = 0; i < a->instance->def->nhypers; i++)
            if (!value_same(a->instance->hyper[i], b->instance->hyper[i])) return false;
        return true;
    default: return false;
    }
}
