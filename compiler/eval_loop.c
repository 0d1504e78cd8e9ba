/* Loops. In kernel code one is a REPEAT region, which carries round what its block assigns; a loop whose passes call
 * layers is unrolled. At script level the passes run one after the other. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"

/* A walk without data has seen enough of a long loop after some passes. */
enum { DRY_PASSES = 1000 };

/* After some passes of many: what the loop assigns is not known. */
static void forget(struct ev *ev, struct scope *s, const struct ast *block)
{
    struct name_list names = { 0 };
    ev_assigned(ev, block, &names);
    for (int i = 0; i < names.n; i++) {
        struct binding *b = ev_assignable(s, names.data[i]);
        if (b && b->value->kind != V_ERROR) b->value = &value_any;
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
    const struct ast *loop, *block, *until; /* until may be NULL */
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

/* What a loop carries round: names of the scope that its block assigns. */
struct carried {
    int n;
    struct binding **name;
    struct ir_node **init; /* what they are before it */
    bool *was_state;
};

/* False: one of them cannot be carried, and that is reported. */
static bool carry(struct ev *ev, struct scope *s, const struct ast *e, const struct loop *l, struct carried *c)
{
    struct name_list names = { 0 };
    ev_assigned(ev, l->block, &names);
    *c = (struct carried){ 0, ARENA_ARRAY(ev->arena, struct binding *, names.n + 1),
                           ARENA_ARRAY(ev->arena, struct ir_node *, names.n + 1),
                           ARENA_ARRAY(ev->arena, bool, names.n + 1) };
    for (int i = 0; i < names.n; i++) {
        struct binding *b = ev_assignable(s, names.data[i]);
        if (!b || value_poisoned(b->value)) continue;
        if (b->value->kind != V_TENSOR) {
            struct diag *m = ev_error(ev, E_LOOP_STATE, e, "`%s` is carried round the loop but is %s", b->name,
                                      value_type(ev->arena, b->value));
            diag_note(m, "a loop in kernel code carries numbers and tensors");
            ev_silence(ev, s, l->block);
            return false;
        }
        c->name[c->n] = b;
        c->init[c->n++] = t_node(ev, b->value);
    }
    return true;
}

/* In the body they are its parameters. */
static void carry_in(struct ev *ev, struct ir_region *body, struct carried *c)
{
    for (int i = 0; i < c->n; i++) {
        const struct ir_node *init = c->init[i];
        c->was_state[i] = c->name[i]->state;
        c->name[i]->value = t_of_node(ev, ir_param(ev->k->f, body, init->dtype, init->rank, init->dims,
                                                   c->name[i]->name));
        c->name[i]->state = true;
    }
}

/* After it they are what the loop gives, or, without a loop, not known. */
static void carry_out(struct ev *ev, struct ir_node *loop, struct value *unknown, struct carried *c)
{
    for (int i = 0; i < c->n; i++) {
        const struct ir_node *init = c->init[i];
        struct ir_node get = {
            .op = OP_GET, .dtype = init->dtype, .rank = init->rank, .axis = i, .nin = 1, .in = &loop
        };
        memcpy(get.dims, init->dims, sizeof get.dims);
        c->name[i]->value = loop ? t_of_node(ev, ir_add(ev->k->f, ev->k->region, &get)) : unknown;
        if (ev->watch) watch_name(ev, c->name[i]->name, c->name[i]->value);
        c->name[i]->state = c->was_state[i];
    }
}

/* The loop becomes a REPEAT: its states are the names that exist before and are assigned inside. */
static void loop_kernel(struct ev *ev, struct scope *s, const struct ast *e, const struct loop *l)
{
    struct kernel *k = ev->k;
    struct ir_region *outer = k->region, *body = ir_region_new(k->f, outer);
    struct carried c;
    if (!carry(ev, s, e, l, &c)) return;
    struct ir_node *index = ir_param(k->f, body, DT_INT, 0, NULL, l->index);
    bool plain = l->index && !l->over.of && l->over.step == 1; /* the loop's own index is the value */
    dim first = index->start[0] = plain ? l->over.from : size_int(ev->sizes, 0);
    struct scope *inner = scope_new(ev, s);
    carry_in(ev, body, &c);
    k->region = body;
    struct value *pass = k->pass, *at = t_of_node(ev, index);
    int64_t passes = k->passes;
    bool counted = !draws(l->block) || count_passes(ev, e, l, index);
    if (l->index) scope_bind(ev, inner, l->index, plain ? at : ev_series_value(ev, &l->over, at, e), l->index_span);
    ev_block(ev, inner, l->block, l->fr);
    struct value *stop = l->until ? truth(ev, inner, l->until) : NULL;
    k->pass = pass;
    k->passes = passes;
    bool broken = !counted || (stop && value_poisoned(stop));
    struct value *unknown = stop && stop->kind == V_ERROR ? &value_error : &value_any;
    for (int i = 0; i < c.n; i++) {
        struct value *v = c.name[i]->value;
        broken |= v->kind != V_TENSOR;
        if (v->kind == V_ERROR) unknown = v;
        vec_push(k->f->arena, &body->results, v->kind == V_TENSOR ? t_node(ev, v) : c.init[i]);
    }
    if (stop && !broken) vec_push(k->f->arena, &body->results, t_node(ev, stop));
    k->region = outer;
    struct ir_node p = { .op = OP_REPEAT, .nin = c.n, .in = c.init, .body = body, .count = l->count, .first = first,
                         .stops = stop && !broken, .where = e->span };
    struct ir_node *node = c.n && !broken ? ir_add(k->f, outer, &p) : NULL;
    if (node) body->owner = node;
    carry_out(ev, node, unknown, &c);
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
    bool some = ev->dry && !ev->rehearsal && count > DRY_PASSES;
    if (some) count = DRY_PASSES;
    struct passes passes;
    ev_passes_begin(ev, s, l->loop, &passes);
    for (int64_t i = 0; i < count && !l->fr->ended && !ev_stopped(ev); i++) {
        ev_passes_next(&passes);
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
    ev_passes_end(ev, &passes);
    if (some) forget(ev, s, l->block);
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

void ev_repeat(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct value *count = ev_expr(ev, s, e->kid[0]);
    dim n = count->kind == V_ERROR ? NULL : ev_size(ev, count, e->kid[0]);
    if (!n) n = size_symbol(ev->sizes, intern(ev->names, "?"), SIZE_OPEN, 0, e->span, NULL);
    struct series over = { .from = size_int(ev->sizes, 0), .count = n, .step = 1 };
    loop(ev, s, e, &(struct loop){ e, e->kid[2], e->kid[1], n, over, NULL, e->span, fr });
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
    loop(ev, s, e, &(struct loop){ e, block, NULL, series.count, series, c->name, c->name_span, fr });
}

/* At script level. How often only the run may know: then once more, with what the first pass has changed unknown. */
static void for_script(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    struct rehearsal r = { 0 };
    struct for_body body = { e->kid[0], fr, 0 };
    int unsure = ev->unsure;
    if (!ev->dry) { /* clause by clause: the passes of each are a loop */
        body.block = inner_loop(ev, e);
        ev_loop_clause(ev, s, e, for_pass, &body);
        return;
    }
    for (int again = 0; again < 2; again++) {
        if (ev->rehearsal) {
            rehearse_begin(ev, &r, s, e->kid[0]);
            rehearse_branch(ev, &r); /* it may take no pass */
        }
        ev_clauses(ev, s, e->kid + 1, e->n - 1, for_pass, &body);
        if (body.passes == DRY_PASSES) forget(ev, s, e->kid[0]);
        if (!ev->rehearsal || ev->unsure == unsure) return;
        rehearse_branch(ev, &r);
        rehearse_end(ev, &r);
    }
}

void ev_for(struct ev *ev, struct scope *s, const struct ast *e, struct frame *fr)
{
    if (ev->k) for_kernel(ev, s, e, fr);
    else for_script(ev, s, e, fr);
}
