/* Arguments of builtins: by position and name against the signature texts of builtin.def. */
#include <string.h>
#include "compiler/eval.h"
#include "compiler/script.h"
#include "lang/names.h"

struct parameter {
    char name[24];
    bool optional, items, path;
};

/* Reads a signature text; returns the number of parameters; rest is a parameter where `...` or `&...` follows. */
static int parameters(const char *signature, struct parameter *out, struct parameter *rest)
{
    int n = 0;
    *rest = (struct parameter){ 0 };
    for (const char *p = signature; *p;) {
        size_t length = strcspn(p, ",");
        if (!strncmp(p + (*p == '&'), "...", 3)) *rest = (struct parameter){ .optional = true, .items = *p == '&' };
        else {
            struct parameter *q = &out[n++];
            q->items = *p == '&';
            q->path = *p == '%';
            size_t mark = q->items || q->path, name = strcspn(p + mark, " ,=");
            memcpy(q->name, p + mark, name);
            q->name[name] = 0;
            q->optional = memchr(p, '=', length) != NULL;
        }
        p += length;
        p += strspn(p, ", ");
    }
    return n;
}

enum { MAX_PARAMETERS = 12, MAX_REST = 16 };

static void no_such_parameter(struct ev *ev, const struct builtin *b, const struct ast *arg, const struct parameter *p,
                              int n)
{
    struct diag *m = ev_error(ev, E_ARGUMENT_NAME, arg, "`%s` has no argument `%s`", b->name, arg->name);
    struct nearest near;
    nearest_init(&near, arg->name);
    for (int i = 0; i < n; i++) nearest_offer(&near, p[i].name);
    if (near.best) diag_help(m, "did you mean `%s`?", near.best);
    if (near.best) diag_fix(m, arg->name_span, near.best);
    diag_note(m, "%s", b->doc);
}

/* concat([a, b]): the list's items, each with its own shape. */
static struct value *items(struct ev *ev, struct scope *s, const struct ast *e)
{
    if (e->kind != A_LIST) return ev_expr(ev, s, e);
    VEC(struct value *) item = { 0 };
    for (int i = 0; i < e->n; i++) {
        bool spread = e->kid[i]->kind == A_SPREAD;
        struct value *v = ev_expr(ev, s, spread ? e->kid[i]->kid[0] : e->kid[i]);
        if (v->kind == V_ERROR) return v;
        if (!spread) {
            vec_push(ev->arena, &item, v);
            continue;
        }
        int n;
        bool unknown = false;
        struct value **of = ev_elements(ev, v, e->kid[i], &n, &unknown);
        if (unknown) return &value_any;
        if (!of) return &value_error;
        for (int k = 0; k < n; k++) vec_push(ev->arena, &item, of[k]);
    }
    return value_list(ev->arena, V_LIST, item.n, item.data);
}

/* Which parameter an argument is for; n: it is one more. -1: reported. */
static int parameter_of(struct ev *ev, const struct builtin *b, const struct ast *arg,
                        const struct parameter *p, int n, bool more, int *next)
{
    bool named = arg->kind == A_ARG;
    int k = named ? -1 : (*next)++;
    for (int j = 0; named && j < n; j++)
        if (!strcmp(p[j].name, arg->name)) k = j;
    if (named && k < 0) {
        no_such_parameter(ev, b, arg, p, n);
        return -1;
    }
    if (arg->kind == A_IN || arg->kind == A_SPREAD) {
        ev_error(ev, E_ARGUMENT_NAME, arg, "`%s` takes no %s", b->name, arg->kind == A_IN ? "candidates" : "spread");
        return -1;
    }
    if (k >= n && !more) {
        struct diag *m = ev_error(ev, E_ARGUMENT_COUNT, arg, "too many arguments for `%s`", b->name);
        diag_note(m, "%s", b->doc);
        return -1;
    }
    return k < n ? k : n;
}

/* The value of an argument, as its parameter wants it. */
static struct value *argument(struct ev *ev, struct scope *s, const struct builtin *b, const struct parameter *p,
                              const struct ast *of)
{
    if (p->path) return &value_none; /* is read by the builtin itself */
    if (p->items) return items(ev, s, of);
    return dist_find(b->name) ? ev_dist(ev, s, of) : ev_expr(ev, s, of);
}

struct value *builtin_call(struct ev *ev, struct scope *s, const struct builtin *b, const struct ast *call)
{
    struct parameter p[MAX_PARAMETERS];
    struct parameter more;
    int n = parameters(b->signature, p, &more), next = 0;
    struct value *v[MAX_PARAMETERS] = { NULL }, *rest[MAX_REST];
    const struct ast *at[MAX_PARAMETERS] = { NULL }, *rest_at[MAX_REST];
    struct args a = { .n = n, .v = v, .at = at, .rest = rest, .rest_at = rest_at, .call = call };
    if (b->level == LEVEL_SCRIPT && ev->k) {
        struct diag *m = ev_error(ev, E_LEVEL, call, "`%s` belongs to the script, not to kernel code", b->name);
        diag_note(m, "kernel code is compiled and runs for every prompt; `%s` measures whole runs", b->name);
        return &value_error;
    }
    bool error = false, unknown = false;
    for (int i = 1; i < call->n; i++) {
        const struct ast *arg = call->kid[i], *of = arg->kind == A_ARG ? arg->kid[0] : arg;
        int k = parameter_of(ev, b, arg, p, n, more.optional && a.nrest < MAX_REST, &next);
        if (k < 0) return &value_error;
        ev->parts_first = k < n && !strcmp(p[k].name, "optimizer");
        struct value *x = argument(ev, s, b, k < n ? &p[k] : &more, of);
        ev->parts_first = false;
        error |= x->kind == V_ERROR;
        unknown |= x->kind == V_ANY;
        if (k >= n) {
            rest_at[a.nrest] = of;
            rest[a.nrest++] = x;
            continue;
        }
        if (v[k]) {
            ev_error(ev, E_ARGUMENT_TWICE, arg, "`%s` is given twice", p[k].name);
            return &value_error;
        }
        v[k] = x;
        at[k] = of;
    }
    if (error) return &value_error;
    for (int k = 0; k < n; k++)
        if (!v[k] && !p[k].optional) {
            struct diag *m = ev_error(ev, E_ARGUMENT_MISSING, call, "`%s` needs `%s`", b->name, p[k].name);
            diag_note(m, "%s", b->doc);
            return &value_error;
        }
    if (unknown && b->level == LEVEL_BOTH) return &value_any;
    return b->call(ev, s, b, &a);
}

struct value *builtin_apply(struct ev *ev, const struct builtin *b, struct args *a)
{
    struct parameter p[MAX_PARAMETERS];
    struct parameter more;
    int n = parameters(b->signature, p, &more);
    struct value *v[MAX_PARAMETERS] = { NULL };
    const struct ast *at[MAX_PARAMETERS];
    struct args full = { .n = n, .v = v, .at = at, .call = a->call };
    if (a->n > n) {
        ev_error(ev, E_ARGUMENT_COUNT, a->call, "too many arguments for `%s`", b->name);
        return &value_error;
    }
    for (int i = 0; i < n; i++) {
        v[i] = i < a->n ? a->v[i] : NULL;
        at[i] = a->call;
        if (!v[i] && !p[i].optional) {
            ev_error(ev, E_ARGUMENT_MISSING, a->call, "`%s` needs `%s`", b->name, p[i].name);
            return &value_error;
        }
    }
    return b->call(ev, NULL, b, &full);
}
