/* A rehearsal of a run: which kernels it can ask for. See rehearse.h. */
#include "compiler/rehearse.h"

#include <string.h>
#include "compiler/eval.h"

/* ---- kernels ---- */

static const char no_results[] =
    "a program carries its kernels: sizes, numbers of passes and predictors must not depend on results of the run";

struct looked {
    const struct size_symbol *open; /* a symbol without a value */
    dim size;
};

static void look_at(struct looked *l, dim d)
{
    const struct size_symbol *symbol[8];
    int64_t value;
    if (!d || l->size || size_known(d, &value)) return;
    l->size = d;
    int n = size_symbols(d, symbol, 8);
    for (int i = 0; i < n && i < 8 && !l->open; i++)
        if (symbol[i]->kind != SIZE_VALUED) l->open = symbol[i];
}

static void look_at_node(struct ir_node *n, void *data)
{
    struct looked *l = data;
    for (int i = 0; i < n->rank; i++) {
        look_at(l, n->dims[i]);
        look_at(l, n->start[i]);
    }
    look_at(l, n->count);
    look_at(l, n->first);
    for (int i = 0; n->op == OP_BUILD && i < IR_MAX_RANK; i++) look_at(l, n->body->counts[i]);
}

/* See rehearse.h. */
dim rehearse_open_size(struct ir_func *f, const struct size_symbol **symbol)
{
    struct looked looked = { 0 };
    ir_walk(f->top, look_at_node, &looked);
    *symbol = looked.open;
    return looked.size;
}

/* See rehearse.h. */
void rehearse_kernel(struct ev *ev, struct ir_func *f)
{
    struct rehearsed *r = ev->session->viewer;
    const struct size_symbol *open;
    if (!ev->rehearsal) return;
    dim size = rehearse_open_size(f, &open);
    if (size) {
        struct diag *m = ev_error(ev, E_BUILD, ev->at,
                                  "a size of this kernel, `%s`, is known only when the program runs",
                                  size_str(ev->arena, size));
        if (open && open->origin.src) diag_label(m, open->origin, "not known");
        diag_note(m, no_results);
        return;
    }
    uint64_t hash = ir_hash(f);
    for (int i = 0; i < r->hashes.n; i++)
        if (r->hashes.data[i] == hash) return;
    vec_push(ev->arena, &r->hashes, hash);
    vec_push(ev->arena, &r->kernels, f);
}

/* See rehearse.h. */
struct value *rehearse_refuse(struct ev *ev, const struct ast *at, const struct value *v)
{
    const char *what = !v || v->kind == V_ANY ? "this" : value_is_scalar(v, DT_BOOL) ? "this condition"
                       : value_is_scalar(v, DT_INT)                                  ? "this whole number"
                                                                                     : "this value";
    struct diag *m = ev_error(ev, E_BUILD, at, "%s decides about code and is known only when the program runs", what);
    if (v && v->kind == V_TENSOR) ev_show(ev, m, at, v);
    diag_note(m, no_results);
    return &value_error;
}

/* See rehearse.h. */
void rehearse_broken(struct ev *ev, const struct ast *at)
{
    if (ev->rehearsal && !ev->diags->errors) rehearse_refuse(ev, at, NULL);
}

/* ---- what is not known ---- */

/* See rehearse.h. */
bool rehearse_option(struct ev *ev, const struct ast *option, const struct value *v)
{
    const struct rehearsed *r = ev->session->viewer;
    if (value_poisoned(v)) return false;
    if (r->option) r->option(ev, option, v);
    for (int i = 0; i < r->nflags; i++)
        if (!strcmp(r->flag[i], option->name)) return true;
    return false;
}

/* See rehearse.h. */
struct value *rehearse_unknown(struct ev *ev, const struct value *like)
{
    switch (like->kind) {
    case V_TENSOR: return t_unknown(ev, like->dtype, like->rank, like->dims);
    case V_STRING: return value_string(ev->arena, NULL);
    case V_ESTIMATE: return value_new(ev->arena, V_ESTIMATE);
    default: return &value_any;
    }
}

/* See rehearse.h. */
void rehearse_figure(struct ev *ev)
{
    struct rehearsed *r = ev->session->viewer;
    r->figures = true;
}

/* See rehearse.h. */
struct value *rehearse_model(struct ev *ev, const struct instance *arch)
{
    struct model *m = ARENA_NEW(ev->arena, struct model);
    m->arch = arch;
    return value_model(ev->arena, m);
}

/* See rehearse.h. */
struct value *rehearse_weight(struct ev *ev, const struct model *m, const char *path, const struct value *like)
{
    struct model *model = (struct model *)m; /* of rehearse_model, or a copy `with` changes: it grows as it is walked */
    struct weight *grown = ARENA_ARRAY(ev->arena, struct weight, m->n + 1);
    if (m->n) memcpy(grown, m->weight, sizeof *grown * (size_t)m->n);
    grown[m->n] = (struct weight){ arena_strdup(ev->arena, path), t_unknown_data(ev, DT_REAL, like->rank, like->dims) };
    model->weight = grown;
    return grown[model->n++].value;
}

/* ---- ways through a block ---- */

static struct value *value_now(const struct rehearsal *r, int i)
{
    struct binding *b = ev_assignable(r->scope, r->names.data[i]);
    return b ? b->value : NULL;
}

static void set_value(const struct rehearsal *r, int i, struct value *v)
{
    struct binding *b = ev_assignable(r->scope, r->names.data[i]);
    if (b && v) b->value = v;
}

/* See rehearse.h. */
void rehearse_begin(struct ev *ev, struct rehearsal *r, struct scope *s, const struct ast *block)
{
    *r = (struct rehearsal){ .scope = s };
    ev_assigned(ev, block, &r->names);
    r->before = ARENA_ARRAY(ev->arena, struct value *, r->names.n + 1);
    r->merged = ARENA_ARRAY(ev->arena, struct value *, r->names.n + 1);
    for (int i = 0; i < r->names.n; i++) r->before[i] = value_now(r, i);
}

/* What two values have in common. */
static struct value *merge(struct ev *ev, struct value *a, struct value *b)
{
    if (!a || !b) return a ? a : b; /* assigned on one way only: whoever reads it came that way */
    if (value_same(a, b)) return a;
    bool alike = a->kind == b->kind;
    if (alike && a->kind == V_TENSOR) {
        alike = a->dtype == b->dtype && a->rank == b->rank;
        for (int i = 0; alike && i < a->rank; i++) alike = size_compare(a->dims[i], b->dims[i]) == SIZE_EQUAL;
    }
    return alike ? rehearse_unknown(ev, a) : &value_any;
}

/* See rehearse.h. */
void rehearse_branch(struct ev *ev, struct rehearsal *r)
{
    for (int i = 0; i < r->names.n; i++) {
        struct value *v = value_now(r, i);
        r->merged[i] = r->branches ? merge(ev, r->merged[i], v) : v;
    }
    r->branches++;
}

/* See rehearse.h. */
void rehearse_other(struct ev *ev, struct rehearsal *r)
{
    if (!r->scope) return;
    rehearse_branch(ev, r);
    for (int i = 0; i < r->names.n; i++) set_value(r, i, r->before[i]);
}

/* See rehearse.h. */
void rehearse_end(struct ev *ev, struct rehearsal *r)
{
    (void)ev;
    for (int i = 0; r->branches && i < r->names.n; i++) set_value(r, i, r->merged[i]);
}
