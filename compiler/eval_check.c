/* The check of a definition on its own: a walk of its body without data, the sizes of its signature as symbols. */
#include "compiler/eval_def.h"
#include "compiler/warn.h"
#include "compiler/train.h"

/* An input of the signature: sizes named there are rigid, other sizes are expressions. */
static struct value *rigid_input(struct ev *ev, struct scope *s, const struct ast *sizes, enum dtype t, str name)
{
    dim dims[IR_MAX_RANK];
    for (int i = 0; i < sizes->n && i < IR_MAX_RANK; i++) {
        const struct ast *size = sizes->kid[i];
        struct binding *b = NULL;
        for (int k = 0; size->kind == A_NAME && k < s->names.n; k++)
            if (s->names.data[k].name == size->name) b = &s->names.data[k];
        if (size->kind == A_NAME && !b) {
            dims[i] = size_symbol(ev->sizes, size->name, SIZE_RIGID, 0, size->span, "the signature");
            scope_bind(ev, s, size->name, value_int(ev->arena, dims[i]), size->span);
            continue;
        }
        struct value *v = ev_expr(ev, s, size);
        dims[i] = v->kind == V_ERROR ? NULL : ev_size(ev, v, size);
        if (!dims[i]) return &value_error;
    }
    return t_of_node(ev, ir_input(ev->k->f, t, sizes->n, dims, name));
}

/* Bare names first, so that `a: real[n + 1], b: real[n]` binds n. */
static void declare(struct ev *ev, struct scope *s, const struct ast *list, struct value **out)
{
    for (int i = 0; list && i < list->n; i++) {
        out[i] = rigid_input(ev, s, list->kid[i], DT_REAL, list->kid[i]->name);
        scope_bind(ev, s, list->kid[i]->name, out[i], list->kid[i]->span);
    }
}

static struct value *open_hyper(struct ev *ev, const struct def *d, struct scope *s, const struct ast *h)
{
    enum dtype t;
    const struct ast *type = h->kid[0];
    if (type && def_scalar_type(type, &t) && type->n) return rigid_input(ev, s, type, t, h->name);
    if (!def_hyper_type(ev, d, h, &t)) return &value_any;
    if (t == DT_INT && (d->kind != DEF_FN || h->kid[1]))
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_OPEN, 0, h->span, "the hyper-parameter"));
    if (t == DT_INT)
        return value_int(ev->arena, size_symbol(ev->sizes, h->name, SIZE_OPEN, 0, h->span, "the parameter"));
    return t_unknown(ev, t, 0, NULL);
}

/* Does it use what only a script can do? Such a function runs where it is called, on values. */
static bool script_only(struct ev *ev, struct scope *s, const struct ast *e, int depth)
{
    if (!e) return false;
    switch (e->kind) {
    case A_SWEEP: case A_RECORD_STMT: case A_PRINT: case A_SAVE: case A_PLOT: case A_HEATMAP: case A_WITH: return true;
    case A_NAME: {
        const struct builtin *b = builtin_find(e->name);
        const struct binding *of = scope_find(s, e->name);
        if (!of) return b && b->level == LEVEL_SCRIPT;
        const struct value *v = of->value;
        bool calls = v && v->kind == V_FN && v->fn->kind == FN_DEF && v->fn->def->kind == DEF_FN;
        return calls && depth && script_only(ev, v->fn->def->scope, v->fn->def->body, depth - 1);
    }
    default:
        for (int i = 0; i < e->n; i++)
            if (script_only(ev, s, e->kid[i], depth)) return true;
        return false;
    }
}

/* Can it be walked without knowing its arguments? Functions of the script level, or without types, cannot. */
static bool checkable(struct ev *ev, const struct def *d)
{
    enum { NESTED = 8 };
    if (d->kind != DEF_FN) return true;
    for (int i = 0; i < d->nhypers; i++) {
        enum dtype t;
        if (!def_scalar_type(d->hyper[i]->kid[0], &t)) return false;
    }
    return d->nhypers > 0 && !script_only(ev, d->scope, d->body, NESTED);
}

void ev_check_def(struct ev *ev, struct def *d)
{
    if (d->checked) return;
    d->checked = true;
    if (!checkable(ev, d)) return;
    int errors = ev->diags->errors;
    bool dry = ev->dry, symbolic = ev->symbolic, rehearsal = ev->rehearsal;
    struct call *calls = ev->calls;
    ev->calls = NULL;
    ev->dry = ev->symbolic = true;
    const struct ast *latents = ev->latents;
    ev->latents = d->knowing;
    ev->rehearsal = false;
    struct kernel *previous = ev_kernel_begin(ev, d->name);
    struct scope *s = def_scope(ev, d);
    struct frame fr = { 0 };
    for (int i = 0; i < d->nhypers; i++)
        scope_bind(ev, s, d->hyper[i]->name, open_hyper(ev, d, s, d->hyper[i]), d->hyper[i]->span);
    struct value *in[d->given ? d->given->n + 1 : 1], *known[d->knowing ? d->knowing->n + 1 : 1];
    declare(ev, s, d->given, in);
    declare(ev, s, d->knowing, known);
    struct arch_frame top = { .top = true };
    struct arch a = { .frame = &top }, *outer = ev->arch;
    ev->arch = d->kind == DEF_LAYER || d->kind == DEF_ARCHITECTURE ? &a : NULL;
    struct optimizer states = { 0 }, *optimizer = ev->optimizer;
    ev->optimizer = d->kind == DEF_OPTIMIZER ? &states : NULL;
    struct value *v = def_run(ev, d, s, &fr);
    ev->optimizer = optimizer;
    ev->arch = outer;
    if (fr.ended && d->kind == DEF_FN) def_match_type(ev, s, d->type, &v, NULL, true, def_returned(d), d->name);
    bool prompts = fr.ended && d->given && d->given->n == 3;
    if (prompts && (d->kind == DEF_ALGORITHM || d->kind == DEF_ARCHITECTURE))
        def_check_answer(ev, d->name, d, ev_number(ev, v), in[1], NULL);
    if (prompts && d->kind == DEF_PREPROCESS) def_check_yield(ev, d->name, d, v, NULL);
    if (fr.ended && d->kind == DEF_TASK && def_check_prompt(ev, d, &fr)) warn_unused_draws(ev, d, &fr);
    ev_kernel_end(ev, previous);
    ev->calls = calls;
    ev->dry = dry;
    ev->symbolic = symbolic;
    ev->latents = latents;
    ev->rehearsal = rehearsal;
    d->failed = ev->diags->errors > errors;
}
