/* The memory of loops at script level. What a pass makes is garbage after it, but for what the names outside the loop
 * stand for. In loops that only compute, and so leave nothing behind in the session (no requests, models, tables,
 * functions as values), passes work in an arena of their own, and with sizes that are forgotten: when there is much of
 * it, the values of the names that the loop assigns are copied, and all else is freed.
 *
 * That a loop only computes is told from its text, from the values of the names it reads, and from the functions it
 * calls: it is what cannot make any other value than numbers, tensors, texts, and tuples and lists of them. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/script.h"

enum { MUCH = 1 << 20, DEEPEST = 8 };

/* ---- which loops ---- */

static bool computes(struct ev *ev, struct scope *s, const struct ast *e, int depth);

static bool all_compute(struct ev *ev, struct scope *s, const struct ast *e, int from, int depth)
{
    for (int i = from; i < e->n; i++)
        if (!computes(ev, s, e->kid[i], depth)) return false;
    return true;
}

/* Only numbers, tensors and texts: nothing that was asked for and is not there yet. */
static bool is_data(const struct value *v)
{
    if (v->kind == V_TENSOR) return v->known && !v->node;
    if (v->kind == V_STRING) return v->text;
    bool data = v->kind == V_TUPLE || v->kind == V_LIST || v->kind == V_RANGE;
    for (int i = 0; data && i < v->n; i++) data = is_data(v->item[i]);
    return data;
}

static bool call_computes(struct ev *ev, struct scope *s, const struct ast *e, int depth)
{
    const struct ast *callee = e->kid[0];
    if (callee->kind != A_NAME || !all_compute(ev, s, e, 1, depth)) return false;
    const struct binding *found = scope_find(s, callee->name);
    const struct builtin *row = found ? NULL : builtin_find(callee->name);
    if (row) return row->level == LEVEL_BOTH && row->call != bi_dist && row->call != bi_grad;
    if (!found || found->value->kind != V_FN || found->value->fn->kind != FN_DEF || depth == DEEPEST) return false;
    struct def *d = (struct def *)found->value->fn->def;
    if (d->kind != DEF_FN) return false;
    ev_check_def(ev, d);
    bool good = !d->failed && computes(ev, d->scope, d->body, depth + 1);
    for (int i = 0; good && i < d->nhypers; i++) good = computes(ev, d->scope, d->hyper[i]->kid[1], depth + 1);
    return good;
}

/* depth: of calls; what a function returns stays in the pass, what the loop's own block returns does not. */
static bool computes(struct ev *ev, struct scope *s, const struct ast *e, int depth)
{
    if (!e) return true;
    switch (e->kind) {
    case A_NAME: {
        const struct binding *b = scope_find(s, e->name);
        return b ? is_data(b->value) : !builtin_find(e->name);
    }
    case A_CALL: return call_computes(ev, s, e, depth);
    case A_RETURN: return depth && all_compute(ev, s, e, 0, depth);
    case A_BINARY: return e->op != AO_THEN && all_compute(ev, s, e, 0, depth);
    case A_NUMBER:
    case A_INT:
    case A_BOOL: return true;
    case A_BLOCK:
    case A_ASSIGN:
    case A_UPDATE:
    case A_REPEAT:
    case A_FOR:
    case A_IF:
    case A_PRINT:
    case A_ASSERT:
    case A_STRING:
    case A_UNARY:
    case A_IFELSE:
    case A_ARG:
    case A_IN:
    case A_INDEX:
    case A_FIELD:
    case A_RANGE:
    case A_LIST:
    case A_SPREAD:
    case A_TUPLE: return all_compute(ev, s, e, 0, depth);
    default: return false;
    }
}

/* ---- what stays ---- */

static dim copy_size(const struct passes *p, dim size)
{
    return size && size_is_after(size, &p->mark) ? size_int(p->sizes, size_value(size)) : size;
}

static struct value *copy_tensor(const struct passes *p, struct arena *to, const struct value *from)
{
    struct value *v = arena_copy(to, from, sizeof *from);
    int64_t n = tensor_elements(&from->data);
    for (int i = 0; i < v->rank; i++) v->dims[i] = copy_size(p, v->dims[i]);
    v->size = copy_size(p, v->size);
    if (v->entry) {
        dim *entry = ARENA_ARRAY(to, dim, n);
        for (int64_t i = 0; i < n; i++) entry[i] = copy_size(p, from->entry[i]);
        v->entry = entry;
    }
    if (v->dtype == DT_REAL) v->data.r = v->rank ? arena_copy(to, from->data.r, sizeof(double) * (size_t)n) : &v->r0;
    else v->data.i = v->rank ? arena_copy(to, from->data.i, sizeof(int64_t) * (size_t)n) : &v->i0;
    return v;
}

static struct value *copy(const struct passes *p, struct arena *to, struct value *from)
{
    if (from->kind == V_TENSOR) return copy_tensor(p, to, from);
    if (from->kind == V_STRING) return value_string(to, arena_strdup(to, from->text));
    if (from->kind != V_TUPLE && from->kind != V_LIST && from->kind != V_RANGE) return from;
    struct value *v = value_list(to, from->kind, from->n, from->item);
    for (int i = 0; i < v->n; i++) v->item[i] = copy(p, to, from->item[i]);
    return v;
}

/* Frees what the passes made but for the values of names around the loop, which are copied into `to`. */
static void settle(struct passes *p, struct arena *to)
{
    struct arena old = p->room;
    if (to == &p->room) p->room = (struct arena){ 0 };
    size_table_rewind(p->sizes, &p->mark);
    for (int i = 0; i < p->names.n; i++) {
        struct binding *b = ev_assignable(p->scope, p->names.data[i]);
        if (b) b->value = copy(p, to, b->value);
    }
    arena_free(&old);
}

/* See eval.h. */
void ev_passes_begin(struct ev *ev, struct scope *s, const struct ast *loop, struct passes *p)
{
    *p = (struct passes){ .scope = s, .around = ev->arena, .sizes = ev->sizes };
    if (ev->dry || ev->k || ev->inspect || ev->watch) return;
    if (!ev->computing && !all_compute(ev, s, loop, 0, 0)) return;
    p->on = true;
    p->inner = ev->computing;
    ev->computing = true;
    ev_assigned(ev, loop, &p->names);
    p->mark = size_table_mark(ev->sizes, &p->room);
    ev->arena = &p->room;
}

/* See eval.h. */
void ev_passes_next(struct passes *p)
{
    if (p->on && p->room.used > MUCH + 2 * p->kept) {
        settle(p, &p->room);
        p->kept = p->room.used;
    }
}

/* See eval.h. */
void ev_passes_end(struct ev *ev, struct passes *p)
{
    if (!p->on) return;
    ev->arena = p->around;
    ev->computing = p->inner;
    size_table_leave(p->sizes, &p->mark);
    settle(p, p->around);
}
