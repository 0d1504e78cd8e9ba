/* Statements: assignments, conditions, the ends of bodies. Loops: eval_loop.c. */
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

/* ---- what a block assigns ---- */

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

/* ---- conditions ---- */

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
    case A_REPEAT: ev_repeat(ev, s, e, fr); break;
    case A_FOR: ev_for(ev, s, e, fr); break;
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
