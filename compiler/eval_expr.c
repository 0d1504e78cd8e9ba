/* Expressions. The same walk at script level (host values) and in kernel code (IR nodes). */
#include <math.h>
#include <string.h>
#include "compiler/eval.h"
#include "compiler/inspect.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"
#include "compiler/warn.h"
#include "lang/names.h"

struct scope *scope_new(struct ev *ev, struct scope *up)
{
    struct scope *s = ARENA_NEW(ev->arena, struct scope);
    s->up = up;
    return s;
}

struct binding *scope_find(struct scope *s, str name)
{
    for (; s; s = s->up)
        for (int i = s->names.n - 1; i >= 0; i--)
            if (s->names.data[i].name == name) return &s->names.data[i];
    return NULL;
}

struct binding *scope_bind(struct ev *ev, struct scope *s, str name, struct value *v, struct span where)
{
    if (ev->inspect) inspect_binding(ev->inspect, name, where, v);
    if (ev->watch) watch_name(ev, name, v);
    if (s->script && value_is_scalar(v, DT_REAL) && v->literal) {
        /* a named real may change without a kernel changing: it becomes an input there, not a constant */
        struct value *copy = value_real(ev->arena, v->r0, false);
        copy->size = v->size;
        v = copy;
    }
    for (int i = 0; i < s->names.n; i++)
        if (s->names.data[i].name == name) {
            s->names.data[i] = (struct binding){ .name = name, .value = v, .where = where };
            return &s->names.data[i];
        }
    struct binding b = { .name = name, .value = v, .where = where };
    vec_push(ev->arena, &s->names, b);
    return &s->names.data[s->names.n - 1];
}

bool ev_known_int(const struct value *v, int64_t *out)
{
    if (v->kind != V_TENSOR || v->rank || v->node) return false;
    if (v->size && size_known(v->size, out)) return true;
    if (!v->known || v->dtype == DT_BOOL) return false;
    if (v->dtype == DT_INT) *out = v->i0;
    else if (v->r0 > -9e15 && v->r0 < 9e15 && v->r0 == (double)(int64_t)v->r0) *out = (int64_t)v->r0;
    else return false;
    return true;
}

bool ev_known_real(const struct value *v, double *out)
{
    if (v->kind != V_TENSOR || v->rank || v->node || !v->known) return false;
    *out = v->dtype == DT_REAL ? v->r0 : (double)v->i0;
    return true;
}

bool ev_known_bool(const struct value *v, bool *out)
{
    if (!value_is_scalar(v, DT_BOOL) || v->node || !v->known) return false;
    *out = v->i0;
    return true;
}

/* Does a number come from the indices of loops and builders alone? */
static bool of_index(const struct ir_node *n)
{
    bool arithmetic = n->op == OP_ADD || n->op == OP_SUB || n->op == OP_MUL || n->op == OP_NEG, index = false;
    if (n->op == OP_PARAM) return n->dtype == DT_INT && !n->rank;
    for (int i = 0; i < n->nin && arithmetic; i++) {
        if (n->in[i]->op != OP_CONST && !of_index(n->in[i])) return false;
        index |= n->in[i]->op != OP_CONST;
    }
    return index;
}

dim ev_size(struct ev *ev, struct value *v, const struct ast *at)
{
    int64_t n;
    if (v->kind == V_ERROR) return NULL;
    if (v->kind == V_ANY) return size_symbol(ev->sizes, intern(ev->names, "?"), SIZE_OPEN, 0, at->span, NULL);
    if (v->kind == V_TENSOR && !v->rank && v->size) {
        if (v->dtype == DT_INT || size_known(v->size, &n) || !v->known) return v->size;
    }
    if (ev_known_int(v, &n)) return size_int(ev->sizes, n);
    if (v->kind == V_TENSOR && !v->rank && !v->known && !v->node && v->dtype != DT_BOOL)
        return size_symbol(ev->sizes, intern(ev->names, ev_text(ev, at)), SIZE_OPEN, 0, at->span, NULL);
    bool quotient = v->kind == V_TENSOR && v->known && !v->rank && v->dtype == DT_REAL && at->kind == A_BINARY &&
                    at->op == AO_DIV;
    if (quotient && !isfinite(v->r0)) {
        struct diag *by_zero = ev_error(ev, E_SIZE, at, "a size is divided by 0");
        diag_label(by_zero, at->kid[1]->span, "is 0");
        return NULL;
    }
    bool divided = quotient && v->size;
    struct diag *m = divided ? ev_error(ev, E_SIZE_DIVIDES, at, "`%s` does not divide `%s`", ev_text(ev, at->kid[1]),
                                        ev_text(ev, at->kid[0]))
                             : ev_error(ev, E_SIZE, at, "a size must be a whole number that is known before the run");
    ev_show(ev, m, at, v);
    bool fraction = v->kind == V_TENSOR && v->known && !v->node && !v->rank && v->dtype == DT_REAL;
    bool shown = at->kind == A_NUMBER;
    if (divided || (fraction && !shown)) diag_note(m, "`%s` is %g", ev_text(ev, at), v->r0);
    if (fraction && !divided && !shown) diag_help(m, "`int(%s)` is a whole number", ev_text(ev, at));
    if (v->node && of_index(v->node)) {
        diag_note(m, "the index of a loop: its body is compiled once for all passes, and so are the sizes in it");
        diag_help(m, "take all elements, and put 0 where `range(n) < i` does not hold, with `where`");
    } else if (v->node) {
        diag_note(m, "it depends on what is drawn or computed in the kernel");
    }
    return NULL;
}

/* ---- parts of expressions ---- */

static struct value *type_error(struct ev *ev, const struct ast *at, const struct value *v, const char *wanted)
{
    struct diag *m = ev_error(ev, E_TYPE, at, "%s is needed here, this is %s", wanted, value_type(ev->arena, v));
    ev_show(ev, m, at, v);
    return &value_error;
}

static const enum ir_op elem_of[AO_COUNT] = {
    [AO_OR] = OP_OR,  [AO_AND] = OP_AND, [AO_EQ] = OP_EQ,  [AO_NE] = OP_NE,   [AO_LT] = OP_LT,  [AO_LE] = OP_LE,
    [AO_GT] = OP_LT,  [AO_GE] = OP_LE,   [AO_ADD] = OP_ADD, [AO_SUB] = OP_SUB, [AO_MUL] = OP_MUL, [AO_DIV] = OP_DIV,
    [AO_NEG] = OP_NEG, [AO_NOT] = OP_NOT,
};

/* Strings and predictors compare with strings by name. */
static struct value *compare_names(struct ev *ev, enum ast_op op, struct value *a, struct value *b)
{
    if (op != AO_EQ && op != AO_NE) return NULL;
    a = ev_stands_for(ev, a, ev->at);
    b = ev_stands_for(ev, b, ev->at);
    if (value_poisoned(a) || value_poisoned(b)) return value_poisoned(a) ? a : b;
    bool string = a->kind == V_STRING || b->kind == V_STRING;
    bool nameable = (a->kind == V_STRING || a->kind == V_INSTANCE || a->kind == V_CHAIN || a->kind == V_MODEL) &&
                    (b->kind == V_STRING || b->kind == V_INSTANCE || b->kind == V_CHAIN || b->kind == V_MODEL);
    if (!nameable) return NULL;
    bool open = (a->kind == V_STRING && !a->text) || (b->kind == V_STRING && !b->text);
    if (open || (!string && !(value_ready(a) && value_ready(b)))) return &value_any;
    bool equal;
    if (!value_ready(a) || !value_ready(b)) return t_unknown(ev, DT_BOOL, 0, NULL);
    if (string) {
        struct buf x = { 0 }, y = { 0 };
        value_print(&x, a, ev->precision);
        value_print(&y, b, ev->precision);
        equal = !strcmp(x.text ? x.text : "", y.text ? y.text : "");
        buf_free(&x);
        buf_free(&y);
    } else {
        equal = value_same(a, b);
    }
    return value_bool(ev->arena, equal == (op == AO_EQ));
}

static struct value *binary(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *a = ev_expr(ev, s, e->kid[0]);
    if (e->op == AO_THEN) return ev_then(ev, a, ev_expr(ev, s, e->kid[1]), e);
    bool left;
    if ((e->op == AO_AND || e->op == AO_OR) && !ev->symbolic && ev_known_bool(a, &left) && left == (e->op == AO_OR))
        return a;
    struct value *b = ev_expr(ev, s, e->kid[1]);
    if (a->kind == V_ERROR || b->kind == V_ERROR) return &value_error;
    if (a->kind == V_ANY || b->kind == V_ANY) return &value_any;
    struct value *named = compare_names(ev, e->op, a, b);
    if (named) return named;
    a = ev_number(ev, a);
    b = ev_number(ev, b);
    if (value_poisoned(a) || value_poisoned(b)) return a->kind == V_ANY ? a : b;
    for (int i = 0; i < 2; i++) {
        const struct value *v = i ? b : a;
        if (v->kind == V_TENSOR) continue;
        struct diag *m = ev_error(ev, E_TYPE, e, "`%s` is not defined for %s", ast_op_text(e->op),
                                  value_type(ev->arena, v));
        ev_show(ev, m, e->kid[i], v);
        if (v->kind == V_DIST)
            diag_help(m, "a number drawn from it has a name of its own: `x ~ %s(...)`", v->dist->name);
        if (v->kind == V_STRING && e->op == AO_ADD) diag_help(m, "texts are joined by `\"{a}{b}\"`");
        return &value_error;
    }
    switch (e->op) {
    case AO_MATMUL: return t_matmul(ev, a, b, e);
    case AO_POW: return t_pow(ev, a, b, e);
    case AO_GT:
    case AO_GE: return t_elem2(ev, elem_of[e->op], b, a, e);
    default: return t_elem2(ev, elem_of[e->op], a, b, e);
    }
}

/* Both branches are walked when only the run, or only a prompt, knows the condition. */
static struct value *conditional(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *c = ev_expr(ev, s, e->kid[1]);
    bool known;
    if (c->kind == V_ERROR) return c;
    if (ev_known_bool(c, &known)) return ev_expr(ev, s, e->kid[known ? 0 : 2]);
    struct value *a = ev_number(ev, ev_expr(ev, s, e->kid[0])), *b = ev_number(ev, ev_expr(ev, s, e->kid[2]));
    if (a->kind == V_ERROR || b->kind == V_ERROR) return &value_error;
    if (ev->rehearsal && ev->k && (c->kind == V_ANY || !c->node)) return rehearse_refuse(ev, e->kid[1], c);
    if (c->kind == V_ANY || (ev->dry && (a->kind != V_TENSOR || b->kind != V_TENSOR))) return &value_any;
    if (c->kind != V_TENSOR || c->rank || c->dtype != DT_BOOL) {
        struct value *bad = type_error(ev, e->kid[1], c, "one truth value");
        return bad;
    }
    if (a->kind != V_TENSOR) return type_error(ev, e->kid[0], a, "a number or tensor");
    if (b->kind != V_TENSOR) return type_error(ev, e->kid[2], b, "a number or tensor");
    return t_select(ev, c, a, b, e);
}

enum { LONGEST_TEXT = 1 << 24, MOST_ITEMS = 1 << 16 };

static struct value *string(struct ev *ev, struct scope *s, const struct ast *e)
{
    if (e->n == 0) return value_string(ev->arena, e->text);
    struct buf b = { 0 };
    bool known = true, error = false;
    for (int i = 0; i < e->n; i++) {
        if (e->kid[i]->kind == A_STRING && e->kid[i]->n == 0) {
            buf_puts(&b, e->kid[i]->text);
            continue;
        }
        struct value *v = ev_expr(ev, s, e->kid[i]);
        error |= v->kind == V_ERROR;
        if (!value_ready(v)) known = false;
        else {
            value_print(&b, ev_ready(ev, v), ev->precision);
            warn_digits(ev, v, e->kid[i]);
        }
        if (b.n <= LONGEST_TEXT || error) continue;
        ev_error(ev, E_LIMIT, e, "a text of more than %d bytes", LONGEST_TEXT);
        error = true;
        break;
    }
    struct value *v = error ? &value_error
                            : value_string(ev->arena, known ? arena_strdup(ev->arena, b.text ? b.text : "") : NULL);
    buf_free(&b);
    return v;
}

/* [x..., a] of long tensors: joined as they are, not item by item. NULL: not of that kind. */
static struct value *joined(struct ev *ev, const struct ast *e, struct value *const *v)
{
    struct value **part = ARENA_ARRAY(ev->arena, struct value *, e->n + 1);
    int64_t n;
    bool long_ = false;
    int rank = -1;
    for (int i = 0; i < e->n; i++) {
        bool spread = e->kid[i]->kind == A_SPREAD;
        if (v[i]->kind != V_TENSOR || (spread && !v[i]->rank) || v[i]->rank + !spread > IR_MAX_RANK) return NULL;
        if (rank >= 0 && v[i]->rank + !spread != rank) return NULL;
        rank = v[i]->rank + !spread;
        long_ |= spread && size_known(v[i]->dims[0], &n) && n > 16;
        dim dims[IR_MAX_RANK] = { size_int(ev->sizes, 1) };
        for (int k = 1; k < rank; k++) dims[k] = v[i]->dims[k - !spread];
        part[i] = spread ? v[i] : t_reshape(ev, v[i], rank, dims);
    }
    return long_ ? t_concat(ev, part, e->n, 0, e) : NULL;
}

/* [a, b, rest...]: numbers and tensors stack; anything else is a list of the script. */
static struct value *list(struct ev *ev, struct scope *s, const struct ast *e)
{
    VEC(struct value *) item = { 0 };
    bool numbers = true, unknown = false;
    struct value **part = ARENA_ARRAY(ev->arena, struct value *, e->n + 1);
    for (int i = 0; i < e->n; i++) {
        part[i] = ev_expr(ev, s, e->kid[i]->kind == A_SPREAD ? e->kid[i]->kid[0] : e->kid[i]);
        if (part[i]->kind == V_ERROR) return part[i];
    }
    struct value *whole = joined(ev, e, part);
    if (whole) return whole;
    for (int i = 0; i < e->n; i++) {
        const struct ast *kid = e->kid[i];
        struct value *v = part[i];
        if (kid->kind != A_SPREAD) {
            vec_push(ev->arena, &item, v);
            numbers &= v->kind == V_TENSOR;
            continue;
        }
        int n;
        bool open = false;
        struct value **of = ev_elements(ev, v, kid->kid[0], &n, &open);
        if (!of && !open) return &value_error;
        unknown |= open;
        if (item.n + n > MOST_ITEMS) {
            struct diag *m = ev_error(ev, E_LIMIT, kid, "a list of more than %d items", MOST_ITEMS);
            diag_help(m, "tensors are joined by `concat`");
            return &value_error;
        }
        for (int j = 0; j < n; j++) {
            vec_push(ev->arena, &item, of[j]);
            numbers &= of[j]->kind == V_TENSOR;
        }
    }
    if (unknown) return &value_any;
    for (int i = 0; i < item.n; i++)
        if (item.data[i]->kind == V_ANY && numbers) return &value_any;
    if (!numbers || !item.n) return value_list(ev->arena, V_LIST, item.n, item.data);
    struct value *v = t_stack(ev, item.data, item.n, 0, e);
    dim *entry = ARENA_ARRAY(ev->arena, dim, item.n);
    bool sizes = v->kind == V_TENSOR && v->dtype == DT_INT;
    for (int i = 0; i < item.n && sizes; i++) sizes = (entry[i] = item.data[i]->size) != NULL;
    if (sizes) v->entry = entry;
    return v;
}

/* Ends and steps of a range are whole numbers, a step not 0. */
static bool counts(struct ev *ev, const struct value *v, const struct ast *at, bool step)
{
    int64_t n;
    bool whole = ev_known_int(v, &n);
    if (whole && (n || !step)) return true;
    if (!whole && (v->size || !v->known || v->node)) return true;
    struct diag *m = ev_error(ev, E_VALUE, at,
                              whole ? "the step of a range is not 0" : "a range counts in whole numbers");
    ev_show(ev, m, at, v);
    if (!whole) diag_help(m, "equally spaced reals: `linspace(from, to, count)`");
    return false;
}

static struct value *range(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = value_new(ev->arena, V_RANGE);
    v->n = 3;
    v->item = ARENA_ARRAY(ev->arena, struct value *, 3);
    for (int i = 0; i < 3; i++) {
        if (i < e->n && e->kid[i]) {
            v->item[i] = ev_expr(ev, s, e->kid[i]);
            if (value_poisoned(v->item[i])) return v->item[i];
            if (v->item[i]->kind != V_TENSOR || v->item[i]->rank || v->item[i]->dtype == DT_BOOL)
                return type_error(ev, e->kid[i], v->item[i], "a whole number");
            if (!counts(ev, v->item[i], e->kid[i], i == 2)) return &value_error;
        } else if (i == 1) {
            ev_error(ev, E_TYPE, e, "this range has no end");
            return &value_error;
        } else {
            v->item[i] = value_int(ev->arena, size_int(ev->sizes, i == 2));
        }
    }
    return v;
}

static struct value *tuple(struct ev *ev, struct scope *s, const struct ast *e, enum value_kind kind)
{
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, e->n + 1);
    for (int i = 0; i < e->n; i++) {
        item[i] = ev_expr(ev, s, e->kid[i]);
        if (item[i]->kind == V_ERROR) return item[i];
    }
    return value_list(ev->arena, kind, e->n, item);
}

static struct value *record(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = value_new(ev->arena, V_RECORD);
    v->n = e->n;
    v->item = ARENA_ARRAY(ev->arena, struct value *, e->n + 1);
    v->key = ARENA_ARRAY(ev->arena, str, e->n + 1);
    for (int i = 0; i < e->n; i++) {
        v->key[i] = e->kid[i]->name;
        v->item[i] = ev_expr(ev, s, e->kid[i]->kid[0]);
        if (v->item[i]->kind == V_ERROR) return v->item[i];
    }
    return v;
}

/* A part of the library; what the script defines comes before it. */
static struct value *part(struct ev *ev, const struct binding *found, str name)
{
    const struct binding *std = ev->std->names.data;
    bool own = found && !(found >= std && found < std + ev->std->names.n);
    bool first = ev->arch || ev->parts_first;
    for (int i = 0; !own && (first || !found) && i < ev->parts->names.n; i++)
        if (ev->parts->names.data[i].name == name) return ev->parts->names.data[i].value;
    return NULL;
}

static struct value *name(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct binding *b = scope_find(s, e->name);
    struct value *of_library = part(ev, b, e->name);
    if (of_library) return of_library;
    if (b) return b->value;
    const struct builtin *row = builtin_find(e->name);
    if (row) return value_fn(ev->arena, (struct fn){ .kind = FN_BUILTIN, .builtin = row });
    bool columns_seen = false;
    for (const struct scope *up = s; up; up = up->up) columns_seen |= up->columns;
    if (ev->damaged && !columns_seen) return &value_error;
    struct diag *m = ev_error(ev, E_UNKNOWN_NAME, e, "unknown name `%s`", e->name);
    struct nearest near;
    struct buf columns = { 0 };
    nearest_init(&near, e->name);
    for (; s; s = s->up)
        for (int i = 0; i < s->names.n; i++) {
            nearest_offer(&near, s->names.data[i].name);
            if (s->columns) buf_printf(&columns, "%s`%s`", columns.n ? ", " : "", s->names.data[i].name);
        }
    if (columns.n) diag_note(m, "the columns of the table are %s", columns.text);
    if (near.best) diag_help(m, "did you mean `%s`?", near.best);
    if (near.best) diag_fix(m, e->span, near.best);
    buf_free(&columns);
    return &value_error;
}

static struct value *expression(struct ev *ev, struct scope *s, const struct ast *e)
{
    switch (e->kind) {
    case A_NUMBER: return t_const(ev, e->number);
    case A_INT: return value_int(ev->arena, size_int(ev->sizes, e->integer));
    case A_BOOL: return value_bool(ev->arena, e->integer);
    case A_STRING: return string(ev, s, e);
    case A_NAME: return name(ev, s, e);
    case A_IT: return ev->it ? ev->it : &value_error;
    case A_BINARY: return binary(ev, s, e);
    case A_UNARY: {
        struct value *v = ev_number(ev, ev_expr(ev, s, e->kid[0]));
        if (value_poisoned(v)) return v;
        if (v->kind != V_TENSOR) return type_error(ev, e->kid[0], v, "a number or tensor");
        return t_elem1(ev, elem_of[e->op], v, e);
    }
    case A_IFELSE: return conditional(ev, s, e);
    case A_CALL: return ev_call(ev, s, e);
    case A_INDEX: return ev_index(ev, s, e);
    case A_FIELD: return ev_field(ev, s, e);
    case A_RANGE: return range(ev, s, e);
    case A_LIST: return list(ev, s, e);
    case A_BUILD: return ev_build(ev, s, e);
    case A_TUPLE: return tuple(ev, s, e, V_TUPLE);
    case A_RECORD: return record(ev, s, e);
    case A_LAMBDA: return value_fn(ev->arena, (struct fn){ .kind = FN_LAMBDA, .lambda = e, .scope = s });
    case A_WITH: return ev_with(ev, s, e);
    case A_SWEEP: return ev_sweep(ev, s, e);
    case A_ARG:
    case A_IN:
    case A_SPREAD:
    default: break;
    }
    ev_error(ev, E_TYPE, e, "%s is no value here", ast_kind_name(e->kind));
    return &value_error;
}

struct value *ev_expr(struct ev *ev, struct scope *s, const struct ast *e)
{
    const struct ast *around = ev->at;
    ev->at = e;
    struct value *v = expression(ev, s, e);
    if (v->kind == V_ERROR && !ev->dry && !ev->diags->errors && !ev->damaged && !ev_stopped(ev))
        ev_error(ev, E_INTERNAL, e, "`%s` has no value, and no message says why", ev_text(ev, e));
    ev->at = around;
    if (ev->inspect) inspect_expression(ev->inspect, s, e, v);
    return v;
}
