/* Statements: assignments, loops (a REPEAT region in kernel code), conditions, the ends of bodies. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/train.h"
#include "compiler/script.h"

/* The binding an assignment changes: one of this body, not of what is around it. */
struct binding *ev_assignable(struct scope *s, str name)
{
    for (; s; s = s->up) {
        for (int i = s->names.n - 1; i >= 0; i--)
            if (s->names.data[i].name == name) return &s->names.data[i];
        if (s->body || s->script) break;
    }
    return NULL;
}

/* A loop's state keeps its type and shape: it is checked where it is assigned. */
static bool keeps_type(struct ev *ev, const struct binding *b, struct value *v, const struct ast *at)
{
    const struct value *was = b->value;
    if (value_poisoned(was) || value_poisoned(v)) return true;
    bool same = v->kind == V_TENSOR && v->dtype == was->dtype && v->rank == was->rank;
    for (int i = 0; same && i < v->rank; i++) same = size_compare(v->dims[i], was->dims[i]) != SIZE_DIFFERENT;
    if (same) return true;
    struct diag *m = ev_error(ev, E_LOOP_STATE, at, "`%s` is carried round the loop and changes from %s to %s", b->name,
                              value_type(ev->arena, was), value_type(ev->arena, v));
    diag_label(m, at->span, "%s : %s", b->name, value_type(ev->arena, v));
    diag_label(m, b->where, "%s : %s", b->name, value_type(ev->arena, was));
    diag_note(m, "a name that exists before a loop and is assigned in it keeps its type and shape");
    if (v->kind == V_TENSOR && v->dtype == DT_REAL && was->dtype == DT_INT && !was->rank)
        diag_help(m, "start `%s` from a real number, as in `%s = 0.0`", b->name, b->name);
    else diag_help(m, "use another name inside the loop");
    return false;
}

static void assign(struct ev *ev, struct scope *s, const struct ast *target, struct value *v, const struct ast *at)
{
    struct binding *b = ev_assignable(s, target->name);
    if (b && b->state && !keeps_type(ev, b, v, at)) return;
    if (b && b->state && v->kind == V_ERROR) return;
    if (!b) {
        if (s->script && value_is_scalar(v, DT_INT) && v->known && v->size) {
            /* a named integer is shown by its name where it is a size */
            const struct size_symbol *symbol;
            if (size_symbols(v->size, &symbol, 1) == 0)
                v = value_int(ev->arena,
                              size_symbol(ev->sizes, target->name, SIZE_VALUED, v->i0, at->span, "the value"));
        }
        scope_bind(ev, s, target->name, v, target->span)->own = true;
        return;
    }
    bool state = b->state;
    struct span where = b->where;
    struct scope *owner = s;
    while (!(b >= owner->names.data && b < owner->names.data + owner->names.n)) owner = owner->up;
    b = scope_bind(ev, owner, target->name, v, state ? where : target->span);
    b->state = state;
    b->own = true;
}

/* What each of n names on the left gets: an item of a tuple or list, a slice of a tensor's first axis. NULL: reported,
 * or nothing to take apart. */
static struct value **parts_of(struct ev *ev, const struct ast *e, struct value *v, int n)
{
    bool items = v->kind == V_TUPLE || v->kind == V_LIST;
    if (items && v->n == n) return v->item;
    if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
    if (value_poisoned(v)) return NULL;
    if (v->kind == V_TENSOR && v->rank && size_compare(v->dims[0], size_int(ev->sizes, n)) != SIZE_DIFFERENT) {
        struct value **part = ARENA_ARRAY(ev->arena, struct value *, n);
        for (int i = 0; i < n; i++) part[i] = t_at(ev, v, 0, size_int(ev->sizes, i));
        return part;
    }
    struct diag *m = items ? ev_error(ev, E_TYPE, e, "%d names on the left, %d values on the right", n, v->n)
                           : ev_error(ev, E_TYPE, e, "%d names on the left, %s on the right", n,
                                      value_type(ev->arena, v));
    ev_show(ev, m, e->kid[1], v);
    return NULL;
}

static void assign_tuple(struct ev *ev, struct scope *s, const struct ast *e, struct value *v)
{
    const struct ast *target = e->kid[0];
    struct value **part = value_poisoned(v) ? NULL : parts_of(ev, e, v, target->n);
    struct value *none = v->kind == V_ANY ? v : &value_error;
    for (int i = 0; i < target->n; i++) assign(ev, s, target->kid[i], part ? part[i] : none, e);
}

static void update(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct ast binary = *e;
    binary.kind = A_BINARY;
    assign(ev, s, e->kid[0], ev_expr(ev, s, &binary), e);
}

/* ---- ranges and clauses ---- */

/* A walk without data has seen enough of a long loop after some passes. */
enum { MOST_VALUES = 1 << 28, DRY_PASSES = 1000 };

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

bool ev_clauses(struct ev *ev, struct scope *s, struct ast *const *clause, int n,
                bool (*each)(struct ev *, struct scope *, void *), void *data)
{
    if (n == 0) return each(ev, s, data);
    struct value *over = ev_expr(ev, s, clause[0]->kid[0]);
    int count;
    bool unknown = false;
    int64_t from, to, by;
    if (over->kind == V_RANGE && ev_known_int(over->item[0], &from) && ev_known_int(over->item[1], &to) &&
        ev_known_int(over->item[2], &by) && by) {
        int64_t passes = range_count(from, to, by);
        for (int64_t i = 0; i < passes; i++)
            if (!clause_value(ev, s, clause, n, value_int(ev->arena, size_int(ev->sizes, from + i * by)), each, data))
                return false;
        return true;
    }
    struct value **item = ev_elements(ev, over, clause[0]->kid[0], &count, &unknown);
    ev->unsure += unknown;
    if (!item && !unknown) return false;
    for (int i = 0; i < (unknown ? 1 : count); i++)
        if (!clause_value(ev, s, clause, n, unknown ? &value_any : item[i], each, data)) return false;
    return true;
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

/* ---- loops ---- */

/* See eval.h. */
void ev_assigned(struct ev *ev, const struct ast *e, struct name_list *names)
{
    if (!e) return;
    if (e->kind == A_ASSIGN || e->kind == A_UPDATE || (e->kind == A_TAP && e->kid[0]->kind == A_NAME)) {
        const struct ast *t = e->kid[0]; /* a tap of a name may replace what the name stands for */
        for (int i = 0; i < (t->kind == A_TUPLE ? t->n : 1); i++) {
            str name = t->kind == A_TUPLE ? t->kid[i]->name : t->name;
            bool seen = false;
            for (int k = 0; k < names->n; k++) seen |= names->data[k] == name;
            if (!seen) vec_push(ev->arena, names, name);
        }
    }
    if (e->kind == A_BLOCK || e->kind == A_IF || e->kind == A_FOR || e->kind == A_REPEAT)
        for (int i = 0; i < e->n; i++) ev_assigned(ev, e->kid[i], names);
    for (int i = 0; e->kind == A_BROKEN && i < e->n; i++) vec_push(ev->arena, names, e->kid[i]->name);
}

/* After an error: what a block would have assigned is not known, and that is not reported again. */
void ev_silence(struct ev *ev, struct scope *s, const struct ast *block)
{
    struct name_list names = { 0 };
    ev_assigned(ev, block, &names);
    for (int i = 0; i < names.n; i++) {
        struct binding *b = ev_assignable(s, names.data[i]);
        if (!b) scope_bind(ev, s, names.data[i], &value_error, block->span);
        else if (!b->state && b->value->kind != V_FN) b->value = &value_error;
    }
}

/* The condition after `until`. */
static struct value *truth(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e);
    if (value_poisoned(v) || value_is_scalar(v, DT_BOOL)) return v;
    struct diag *m = ev_error(ev, E_TYPE, e, "`until` needs one truth value");
    ev_show(ev, m, e, v);
    return &value_error;
}

struct loop {
    const struct ast *block, *until; /* until may be NULL */
    dim count;
    struct series over;
    str index;                       /* NULL: none */
    struct span index_span;
    struct frame *fr;
};

/* Is there a draw in the block? */
static bool draws(const struct ast *e)
{
    if (!e) return false;
    if (e->kind == A_DRAW) return true;
    for (int i = 0; i < e->n; i++)
        if (draws(e->kid[i])) return true;
    return false;
}

/* What is drawn in a loop is drawn anew in every pass: by the number of the pass, counted through all loops around. */
static bool count_passes(struct ev *ev, const struct ast *e, const struct loop *l, struct ir_node *index)
{
    enum { MOST_PASSES = 1 << 28 };
    struct kernel *k = ev->k;
    struct value *number = t_of_node(ev, index), *count = value_int(ev->arena, l->count);
    int64_t passes;
    if (!size_is(index->start[0], 0))
        number = t_elem2(ev, OP_SUB, number, value_int(ev->arena, index->start[0]), e);
    if (k->pass) number = t_elem2(ev, OP_ADD, t_elem2(ev, OP_MUL, k->pass, count, e), number, e);
    k->pass = number;
    if (size_known(l->count, &passes) && __builtin_mul_overflow(passes, k->passes, &k->passes)) k->passes = INT64_MAX;
    if (k->passes <= MOST_PASSES) return true;
    struct diag *m = ev_error(ev, E_LIMIT, e, "draws in a loop of more than %d passes", MOST_PASSES);
    ev_show_size(ev, m, e, l->count);
    return false;
}

/* The loop becomes a REPEAT: its states are the names that exist before and are assigned inside. */
static void loop_kernel(struct ev *ev, struct scope *s, const struct ast *e, const struct loop *l)
{
    struct name_list names = { 0 };
    ev_assigned(ev, l->block, &names);
    struct kernel *k = ev->k;
    struct ir_region *outer = k->region, *body = ir_region_new(k->f, outer);
    struct binding *state[names.n + 1];
    struct ir_node *init[names.n + 1];
    int n = 0;
    for (int i = 0; i < names.n; i++) {
        struct binding *b = ev_assignable(s, names.data[i]);
        if (!b || value_poisoned(b->value)) continue;
        if (b->value->kind != V_TENSOR) {
            struct diag *m = ev_error(ev, E_LOOP_STATE, e, "`%s` is carried round the loop but is %s", b->name,
                                      value_type(ev->arena, b->value));
            diag_note(m, "a loop in kernel code carries numbers and tensors");
            ev_silence(ev, s, l->block);
            return;
        }
        state[n] = b;
        init[n++] = t_node(ev, b->value);
    }
    bool was_state[n + 1];
    struct ir_node *index = ir_param(k->f, body, DT_INT, 0, NULL, l->index);
    bool plain = l->index && !l->over.of && l->over.step == 1; /* the loop's own index is the value */
    dim first = index->start[0] = plain ? l->over.from : size_int(ev->sizes, 0);
    struct scope *inner = scope_new(ev, s);
    for (int i = 0; i < n; i++) {
        was_state[i] = state[i]->state;
        state[i]->value = t_of_node(ev,
                                    ir_param(k->f, body, init[i]->dtype, init[i]->rank, init[i]->dims, state[i]->name));
        state[i]->state = true;
    }
    k->region = body;
    struct value *pass = k->pass, *at = t_of_node(ev, index);
    int64_t passes = k->passes;
    bool counted = !draws(l->block) || count_passes(ev, e, l, index);
    if (l->index) scope_bind(ev, inner, l->index, plain ? at : ev_series_value(ev, &l->over, at, e), l->index_span);
    ev_block(ev, inner, l->block, l->fr);
    struct value *stop = NULL;
    if (l->until) {
        stop = truth(ev, inner, l->until);
    }
    k->pass = pass;
    k->passes = passes;
    bool broken = !counted || (stop && value_poisoned(stop));
    struct value *unknown = stop && stop->kind == V_ERROR ? &value_error : &value_any;
    for (int i = 0; i < n; i++) {
        struct value *v = state[i]->value;
        broken |= v->kind != V_TENSOR;
        if (v->kind == V_ERROR) unknown = v;
        vec_push(k->f->arena, &body->results, v->kind == V_TENSOR ? t_node(ev, v) : init[i]);
    }
    if (stop && !broken) vec_push(k->f->arena, &body->results, t_node(ev, stop));
    k->region = outer;
    struct ir_node p = { .op = OP_REPEAT, .nin = n, .in = init, .body = body, .count = l->count, .first = first,
                         .stops = stop && !broken, .where = e->span };
    struct ir_node *node = n && !broken ? ir_add(k->f, outer, &p) : NULL;
    if (node) body->owner = node;
    for (int i = 0; i < n; i++) {
        struct ir_node get = {
            .op = OP_GET, .dtype = init[i]->dtype, .rank = init[i]->rank, .axis = i, .nin = 1, .in = &node
        };
        memcpy(get.dims, init[i]->dims, sizeof get.dims);
        state[i]->value = node ? t_of_node(ev, ir_add(k->f, outer, &get)) : unknown;
        if (ev->watch) watch_name(ev, state[i]->name, state[i]->value);
        state[i]->state = was_state[i];
    }
}

/* The value of an unrolled loop's index. */
static struct value *unrolled_value(struct ev *ev, const struct loop *l, int64_t i)
{
    int64_t first;
    if (l->over.of) return t_at(ev, l->over.of, 0, size_int(ev->sizes, i));
    if (!size_known(l->over.from, &first)) first = 0;
    return value_int(
        ev->arena, size_symbol(ev->sizes, l->index, SIZE_VALUED, first + i * l->over.step, l->index_span, "the loop"));
}

static void loop_script(struct ev *ev, struct scope *s, const struct loop *l)
{
    int64_t count;
    struct rehearsal r = { 0 };
    if (ev->rehearsal && ev->k && !size_known(l->count, &count)) rehearse_refuse(ev, ev->at, NULL);
    if (ev->rehearsal && !ev->k) rehearse_begin(ev, &r, s, l->block);
    if (!size_known(l->count, &count)) count = 1;
    if (ev->dry && !ev->rehearsal && count > DRY_PASSES) count = DRY_PASSES;
    for (int64_t i = 0; i < count && !l->fr->ended && !ev_stopped(ev); i++) {
        struct scope *inner = scope_new(ev, s);
        if (l->index)
            scope_bind(ev, inner, l->index, unrolled_value(ev, l, i), l->index_span);
        ev_block(ev, inner, l->block, l->fr);
        if (!l->until || l->fr->ended) continue;
        bool stop;
        struct value *v = truth(ev, inner, l->until);
        bool known = !value_poisoned(v) && ev_known_bool(v, &stop);
        if (ev->rehearsal && !known) rehearse_branch(ev, &r); /* it may end here */
        else if (!known || stop) break;
    }
    if (r.branches) {
        rehearse_branch(ev, &r);
        rehearse_end(ev, &r);
    }
}

static void loop(struct ev *ev, struct scope *s, const struct ast *e, const struct loop *l)
{
    int64_t n;
    if (size_known(l->count, &n) && n < 0) {
        const struct ast *at = e->kind == A_REPEAT ? e->kid[0] : e;
        struct diag *m = ev_error(ev, E_SIZE, at, "a loop of %lld passes", (long long)n);
        ev_show_size(ev, m, at, l->count);
        ev_silence(ev, s, l->block);
        return;
    }
    bool calls = ev->k && ev->arch && l->index && l->fr->def &&
                 (l->fr->def->kind == DEF_LAYER || l->fr->def->kind == DEF_ARCHITECTURE);
    if (calls) { /* each pass calls layers of its own */
        ev->arch->frame->loops++;
        loop_script(ev, s, l);
        ev->arch->frame->loops--;
    } else if (!ev->k) loop_script(ev, s, l);
    else loop_kernel(ev, s, e, l);
}

static void repeat(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct value *count = ev_expr(ev, s, e->kid[0]);
    dim n = count->kind == V_ERROR ? NULL : ev_size(ev, count, e->kid[0]);
    if (!n) n = size_symbol(ev->sizes, intern(ev->names, "?"), SIZE_OPEN, 0, e->span, NULL);
    struct series over = { .from = size_int(ev->sizes, 0), .count = n, .step = 1 };
    loop(ev, s, e, &(struct loop){ e->kid[2], e->kid[1], n, over, NULL, e->span, fr });
}

struct for_body {
    const struct ast *block;
    struct frame *fr;
    int passes;
};

static bool for_pass(struct ev *ev, struct scope *s, void *data)
{
    struct for_body *b = data;
    ev_block(ev, s, b->block, b->fr);
    return !b->fr->ended && !ev_stopped(ev) && !(ev->dry && ++b->passes == DRY_PASSES && !ev->rehearsal);
}

/* The block of a loop's first clause: the loop over the others. */
static const struct ast *inner_loop(struct ev *ev, const struct ast *e)
{
    if (e->n == 2) return e->kid[0];
    struct ast *wrapped = arena_copy(ev->arena, e, sizeof *e), *block = arena_copy(ev->arena, e->kid[0], sizeof *e);
    wrapped->n = e->n - 1;
    wrapped->kid = ARENA_ARRAY(ev->arena, struct ast *, wrapped->n);
    wrapped->kid[0] = e->kid[0];
    for (int i = 2; i < e->n; i++) wrapped->kid[i - 1] = e->kid[i];
    block->n = 1;
    block->kid = arena_copy(ev->arena, &wrapped, sizeof wrapped);
    return block;
}

/* In kernel code the first clause is the outer loop. Over a list of the script it is unrolled. */
static void for_kernel(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    const struct ast *c = e->kid[1], *block = inner_loop(ev, e);
    struct value *over = ev_expr(ev, s, c->kid[0]);
    struct series series;
    if (over->kind == V_LIST || over->kind == V_TUPLE) {
        for (int i = 0; i < over->n && !fr->ended; i++) {
            struct scope *inner = scope_new(ev, s);
            scope_bind(ev, inner, c->name, over->item[i], c->name_span);
            ev_block(ev, inner, block, fr);
        }
        return;
    }
    if (value_poisoned(over) || !ev_series(ev, over, c->kid[0], &series)) {
        ev_silence(ev, s, block);
        return;
    }
    loop(ev, s, e, &(struct loop){ block, NULL, series.count, series, c->name, c->name_span, fr });
}

/* At script level. How often only the run may know: then once more, with what the first pass has changed unknown. */
static void for_script(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct rehearsal r = { 0 };
    struct for_body body = { e->kid[0], fr, 0 };
    int unsure = ev->unsure;
    for (int again = 0; again < 2; again++) {
        if (ev->rehearsal) {
            rehearse_begin(ev, &r, s, e->kid[0]);
            rehearse_branch(ev, &r); /* it may take no pass */
        }
        ev_clauses(ev, s, e->kid + 1, e->n - 1, for_pass, &body);
        if (!ev->rehearsal || ev->unsure == unsure) return;
        rehearse_branch(ev, &r);
        rehearse_end(ev, &r);
    }
}

static void condition(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct value *c = ev_expr(ev, s, e->kid[0]);
    bool known;
    if (ev_known_bool(c, &known)) {
        const struct ast *branch = e->kid[known ? 1 : 2];
        if (branch) ev_statement(ev, s, branch, fr);
        return;
    }
    bool bad = c->kind == V_ERROR;
    if (!bad && c->kind != V_ANY && !value_is_scalar(c, DT_BOOL)) {
        struct diag *m = ev_error(ev, E_TYPE, e->kid[0], "`if` needs one truth value");
        ev_show(ev, m, e->kid[0], c);
        bad = true;
    } else if (!bad && c->kind != V_ANY && c->node) {
        struct diag *m = ev_error(ev, E_NOT_KNOWN, e->kid[0],
                                  "in kernel code `if` needs a condition that is known before the run");
        ev_show(ev, m, e->kid[0], c);
        diag_help(m, "`a if condition else b` and `where(condition, a, b)` choose a value for each prompt");
        bad = true;
    }
    if (bad) {
        ev_silence(ev, s, e);
        return;
    }
    struct frame branch[2] = { *fr, *fr }; /* only the run knows: both are walked */
    struct rehearsal r = { 0 };
    if (ev->rehearsal && (ev->k || ev->with)) rehearse_refuse(ev, e->kid[0], c);
    else if (ev->rehearsal) rehearse_begin(ev, &r, s, e);
    for (int i = 0; i < 2; i++) {
        if (e->kid[i + 1]) ev_statement(ev, s, e->kid[i + 1], &branch[i]);
        if (ev->rehearsal) rehearse_other(ev, &r);
    }
    rehearse_end(ev, &r);
    if (branch[0].ended && branch[1].ended) *fr = branch[0];
    else fr->may_end |= branch[0].ended || branch[1].ended || branch[0].may_end || branch[1].may_end;
}

/* ---- ends of bodies ---- */

static void finish(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct value *item[e->n + 1];
    for (int i = 0; i < e->n; i++) item[i] = e->kid[i] ? ev_expr(ev, s, e->kid[i]) : NULL;
    if (e->kind == A_PROMPT) {
        fr->x = item[0];
        fr->y = item[1];
        fr->truth = item[2] ? item[2] : item[1];
        fr->result = &value_none;
    } else {
        fr->result = e->n == 1 ? item[0] : value_list(ev->arena, V_TUPLE, e->n, item);
    }
    fr->scope = s;
    fr->ended = true;
}

static void assertion(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *c = ev_expr(ev, s, e->kid[0]);
    bool holds;
    if (value_poisoned(c)) return;
    if (c->kind != V_TENSOR || c->dtype != DT_BOOL || c->rank) {
        struct diag *m = ev_error(ev, E_TYPE, e->kid[0], "`assert` needs one truth value");
        ev_show(ev, m, e->kid[0], c);
        return;
    }
    if (ev->dry || ev->session->quiet || !ev_known_bool(c, &holds) || holds) return;
    struct value *text = e->kid[1] ? ev_expr(ev, s, e->kid[1]) : NULL;
    struct diag *m = text && text->kind == V_STRING ? ev_error(ev, E_ASSERT, e, "assertion failed: %s", text->text)
                                                    : ev_error(ev, E_ASSERT, e, "assertion failed");
    const struct ast *test = e->kid[0];
    for (int i = 0; test->kind == A_BINARY && i < 2; i++) {
        struct buf b = { 0 };
        struct value *v = ev_expr(ev, s, test->kid[i]);
        if (!value_poisoned(v) && value_ready(v)) {
            value_print(&b, ev_ready(ev, v), ev->precision);
            if (b.n < 200) diag_label(m, test->kid[i]->span, "is %s", b.text);
        }
        buf_free(&b);
    }
    ev->session->failed = true;
}

static void statement(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    switch (e->kind) {
    case A_ASSIGN:
        if (e->kid[0]->kind == A_TUPLE) assign_tuple(ev, s, e, ev_expr(ev, s, e->kid[1]));
        else assign(ev, s, e->kid[0], ev_expr(ev, s, e->kid[1]), e);
        break;
    case A_UPDATE: update(ev, s, e); break;
    case A_DRAW: scope_bind(ev, s, e->name, ev_draw(ev, s, e), e->name_span); break;
    case A_REPEAT: repeat(ev, s, e, fr); break;
    case A_FOR:
        if (ev->k) for_kernel(ev, s, e, fr);
        else for_script(ev, s, e, fr);
        break;
    case A_IF: condition(ev, s, e, fr); break;
    case A_BLOCK: ev_block(ev, s, e, fr); break;
    case A_BROKEN: ev_silence(ev, s, e); break;
    case A_EXPR: fr->result = ev_expr(ev, s, e->kid[0]); break;
    case A_RETURN:
    case A_PREDICT:
    case A_YIELD:
    case A_PROMPT: finish(ev, s, e, fr); break;
    case A_PARAM: ev_param(ev, s, e); break;
    case A_TAP: ev_tap(ev, s, e); break;
    case A_STATE: ev_state(ev, s, e); break;
    case A_SET: ev_set(ev, s, e); break;
    case A_ASSERT: assertion(ev, s, e); break;
    case A_PRINT: ev_print(ev, s, e); break;
    case A_SAVE: ev_save(ev, s, e); break;
    case A_PLOT:
    case A_HEATMAP: ev_plot(ev, s, e); break;
    case A_RECORD_STMT: ev_record(ev, s, e); break;
    case A_LANGUAGE:
    case A_DEF:
    case A_OPTION:
    case A_IMPORT:
    case A_TEST: break; /* the program's: see program.c */
    default: ev_error(ev, E_LEVEL, e, "%s does not belong here", ast_kind_name(e->kind));
    }
}

void ev_statement(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    if (fr->ended || ev_stopped(ev)) return;
    const struct ast *around = ev->at;
    ev->at = e;
    statement(ev, s, e, fr);
    ev->at = around;
}

void ev_block(struct ev *ev, struct scope *s, const struct ast *block, struct frame *fr)
{
    if (block->kind != A_BLOCK && block->kind != A_FILE) {
        ev_statement(ev, s, block, fr);
        return;
    }
    for (int i = 0; i < block->n && !fr->ended; i++) ev_statement(ev, s, block->kid[i], fr);
}
