/* Ranges, and the clauses of loops, comprehensions and sweeps: what a name goes through. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/script.h"

enum { MOST_VALUES = 1 << 28 };

static int64_t range_count(int64_t a, int64_t b, int64_t by)
{
    int64_t span, more;
    bool huge = by > 0 ? __builtin_sub_overflow(b, a, &span) : __builtin_sub_overflow(a, b, &span);
    huge |= __builtin_add_overflow(span, (by > 0 ? by : -by) - 1, &more);
    if (huge) return (by > 0) == (b > a) ? INT64_MAX : 0;
    return span <= 0 ? 0 : more / (by > 0 ? by : -by);
}

struct value *ev_range_tensor(struct ev *ev, struct value *range)
{
    dim from = range->item[0]->size, to = range->item[1]->size, step = range->item[2]->size;
    int64_t a, b, by;
    if (!from || !to || !step) return &value_any;
    if (!size_known(from, &a) || !size_known(to, &b) || !size_known(step, &by) || by == 0) {
        dim count = size_sub(ev->sizes, to, from);
        if (!size_is(step, 1))
            count = size_symbol(ev->sizes, intern(ev->names, "?"), SIZE_OPEN, 0, (struct span){ 0 }, NULL);
        return t_unknown(ev, DT_INT, 1, &count);
    }
    int64_t n = range_count(a, b, by);
    if (n > MOST_VALUES) {
        struct diag *m = ev_error(ev, E_LIMIT, ev->at, "a range of %lld values is too large", (long long)n);
        diag_note(m, "a tensor has at most %d elements", MOST_VALUES);
        return &value_error;
    }
    struct tensor t = tensor_new(ev->arena, DT_INT, 1, &n);
    for (int64_t i = 0; i < n; i++) t.i[i] = a + i * by;
    struct value *v = value_host(ev->arena, ev->sizes, t);
    if (by == 1) v->dims[0] = size_sub(ev->sizes, to, from);
    v->literal = true;
    return v;
}

/* `for i in 0:n:2`: as many passes as fit. */
static dim stepped_count(struct ev *ev, dim from, dim to, int64_t step, const struct ast *at)
{
    int64_t a, b, n;
    if (size_known(from, &a) && size_known(to, &b)) return size_int(ev->sizes, range_count(a, b, step));
    if (step != 1) return size_symbol(ev->sizes, intern(ev->names, ev_text(ev, at)), SIZE_OPEN, 0, at->span, NULL);
    dim count = size_sub(ev->sizes, to, from);
    return size_known(count, &n) && n < 0 ? size_int(ev->sizes, 0) : count;
}

bool ev_series(struct ev *ev, struct value *over, const struct ast *at, struct series *out)
{
    *out = (struct series){ .from = size_int(ev->sizes, 0), .step = 1 };
    if (over->kind == V_TENSOR && over->rank) {
        out->count = over->dims[0];
        out->of = over;
        return true;
    }
    if (over->kind != V_RANGE) {
        struct diag *m = ev_error(ev, E_TYPE, at, "%s has no elements to run over", value_type(ev->arena, over));
        ev_show(ev, m, at, over);
        diag_help(m, "a range is written `from:to`");
        return false;
    }
    const struct ast *end[3];
    for (int i = 0; i < 3; i++) end[i] = at->kind == A_RANGE && i < at->n && at->kid[i] ? at->kid[i] : at;
    dim to = NULL, step;
    out->from = ev_size(ev, over->item[0], end[0]);
    if (out->from) to = ev_size(ev, over->item[1], end[1]);
    if (!to || !(step = ev_size(ev, over->item[2], end[2]))) return false;
    if (!size_known(step, &out->step)) {
        if (ev->symbolic) out->step = 2; /* any: only the shape counts */
        else ev_error(ev, E_NOT_KNOWN, end[2], "the step of a range must be known");
        if (!ev->symbolic) return false;
    }
    out->count = stepped_count(ev, out->from, to, out->step, at);
    return true;
}

/* The value in pass `index`, which counts from 0; of a plain range it counts from `from`. */
struct value *ev_series_value(struct ev *ev, const struct series *s, struct value *index, const struct ast *at)
{
    if (s->of) return t_gather(ev, s->of, index, 0);
    if (s->step != 1) index = t_elem2(ev, OP_MUL, index, value_int(ev->arena, size_int(ev->sizes, s->step)), at);
    return size_is(s->from, 0) ? index : t_elem2(ev, OP_ADD, index, value_int(ev->arena, s->from), at);
}

struct value **ev_elements(struct ev *ev, struct value *v, const struct ast *where, int *n, bool *unknown)
{
    *n = 0;
    if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
    if (v->kind == V_ANY || (v->kind == V_TENSOR && v->rank && !v->known && !v->node)) {
        *unknown = true;
        return NULL;
    }
    if (v->kind == V_LIST || v->kind == V_TUPLE) {
        *n = v->n;
        return v->item;
    }
    int64_t count;
    if (v->kind == V_TENSOR && v->rank && size_known(v->dims[0], &count)) {
        struct value **item = ARENA_ARRAY(ev->arena, struct value *, count + 1);
        for (int64_t i = 0; i < count; i++) item[i] = t_at(ev, v, 0, size_int(ev->sizes, i));
        *n = (int)count;
        return item;
    }
    if (v->kind == V_ERROR) return NULL;
    struct diag *m = ev_error(ev, E_TYPE, where, "%s has no elements to run over", value_type(ev->arena, v));
    ev_show(ev, m, where, v);
    return NULL;
}

/* One value of a clause, and the clauses after it. */
static bool clause_value(struct ev *ev, struct scope *s, struct ast *const *clause, int n, struct value *v,
                         bool (*each)(struct ev *, struct scope *, void *), void *data)
{
    const struct ast *c = clause[0];
    struct scope *inner = scope_new(ev, s);
    if (value_is_scalar(v, DT_INT) && v->known && !v->node)
        v = value_int(ev->arena, size_symbol(ev->sizes, c->name, SIZE_VALUED, v->i0, c->span, "the values"));
    scope_bind(ev, inner, c->name, v, c->name_span);
    return ev_clauses(ev, inner, clause + 1, n - 1, each, data);
}

/* The values of the first clause. `loop`, or NULL: a statement of the script with no other clause, whose passes these
 * are. */
static bool each_value(struct ev *ev, struct scope *s, const struct ast *loop, struct ast *const *clause, int n,
                       bool (*each)(struct ev *, struct scope *, void *), void *data)
{
    struct value *over = ev_expr(ev, s, clause[0]->kid[0]), **item = NULL;
    bool unknown = false, more = true;
    int64_t from = 0, to, by = 1, count;
    if (over->kind == V_RANGE && ev_known_int(over->item[0], &from) && ev_known_int(over->item[1], &to) &&
        ev_known_int(over->item[2], &by) && by) {
        count = range_count(from, to, by);
    } else {
        int items;
        item = ev_elements(ev, over, clause[0]->kid[0], &items, &unknown);
        ev->unsure += unknown;
        if (!item && !unknown) return false;
        count = unknown ? 1 : items;
    }
    struct passes passes;
    if (loop) ev_passes_begin(ev, s, loop, &passes);
    for (int64_t i = 0; i < count && more; i++) {
        if (loop) ev_passes_next(&passes);
        struct value *v = unknown ? &value_any
                          : item  ? item[i]
                                  : value_int(ev->arena, size_int(ev->sizes, from + i * by));
        more = clause_value(ev, s, clause, n, v, each, data);
    }
    if (loop) ev_passes_end(ev, &passes);
    return more;
}

bool ev_clauses(struct ev *ev, struct scope *s, struct ast *const *clause, int n,
                bool (*each)(struct ev *, struct scope *, void *), void *data)
{
    return n == 0 ? each(ev, s, data) : each_value(ev, s, NULL, clause, n, each, data);
}

void ev_loop_clause(struct ev *ev, struct scope *s, const struct ast *loop,
                    bool (*each)(struct ev *, struct scope *, void *), void *data)
{
    each_value(ev, s, loop, loop->kid + 1, 1, each, data);
}

/* Does the expression call something, or read that name? */
static bool depends(const struct ast *e, str name)
{
    bool found = e && (e->kind == A_CALL || (e->kind == A_NAME && e->name == name));
    for (int i = 0; e && i < e->n && !found; i++) found = depends(e->kid[i], name);
    return found;
}

/* How many values a clause has, where looking is no work and no clause before it decides; else 1. */
static int64_t clause_count(struct ev *ev, struct scope *s, struct ast *const *clause, int k)
{
    const struct ast *over = clause[k]->kid[0];
    int64_t from, to, by, n;
    for (int i = 0; i <= k; i++)
        if (over->kind != A_LIST && depends(over, i < k ? clause[i]->name : NULL)) return 1;
    if (over->kind != A_RANGE && over->kind != A_NAME) return over->kind == A_LIST ? over->n : 1;
    struct value *v = ev_expr(ev, s, over);
    if (v->kind == V_LIST || v->kind == V_TUPLE) return v->n;
    if (v->kind == V_TENSOR && v->rank && size_known(v->dims[0], &n)) return n;
    bool known = v->kind == V_RANGE && ev_known_int(v->item[0], &from) && ev_known_int(v->item[1], &to) &&
                 ev_known_int(v->item[2], &by) && by;
    return known ? range_count(from, to, by) : 1;
}

bool ev_clauses_fit(struct ev *ev, struct scope *s, struct ast *const *clause, int n, const char *what,
                    const struct ast *at)
{
    enum { MOST = 1 << 24 };
    int64_t all = 1, count[n + 1];
    int errors = ev->diags->errors;
    for (int i = 0; i < n; i++) {
        count[i] = clause_count(ev, s, clause, i);
        if (ev->diags->errors > errors) return false;
        if (__builtin_mul_overflow(all, count[i], &all)) all = INT64_MAX;
    }
    if (all <= MOST) return true;
    struct diag *m = ev_error(ev, E_LIMIT, at, "%s of %s%lld %s", what, all == INT64_MAX ? "more than " : "",
                              (long long)all, n == 1 ? "values" : "combinations of values");
    for (int i = 0; i < n; i++) diag_label(m, clause[i]->span, "%lld values", (long long)count[i]);
    diag_note(m, "there are at most %d", MOST);
    return false;
}
