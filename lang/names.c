/* Names by lexical scope. A definition's body sees its signature, what it assigns, and the top level of the script,
 * whatever the order there; the script's own statements see what stands above them. Loops, sweeps, builders and
 * lambdas open scopes; `if` does not. A name first assigned in a loop ends with the pass.
 *
 * Not looked up: fields, argument and record names, paths into models (`with`, `probe`, ...), and, where a table may be
 * meant, names in `[...]` and in the braces of a plot: those are columns first, so only the run can tell. */
#include "lang/names_walk.h"

#include <string.h>

static void expression(struct walker *w, struct name_scope *s, const struct ast *e);
static void block(struct walker *w, struct name_scope *s, const struct ast *b);
static void statement(struct walker *w, struct name_scope *s, const struct ast *e);

/* --- scopes --- */

static struct name_scope *scope_below(struct walker *w, struct name_scope *up, struct span extent) {
    struct name_scope *s = ARENA_NEW(&w->arena, struct name_scope);
    s->up = up;
    s->extent = extent;
    return s;
}

static void tell(struct walker *w, const struct name_scope *s, const struct entry *e, struct span use) {
    if (!w->outer->link) return;
    struct names_link l = {e->name, e->kind, use, e->where, s->extent};
    w->outer->link(w->outer->data, &l);
}

static struct entry *find_here(const struct name_scope *s, str name) {
    for (int i = s->names.n - 1; i >= 0; i--)
        if (s->names.data[i]->name == name) return s->names.data[i];
    return NULL;
}

static struct entry *bind(struct walker *w, struct name_scope *s, str name, enum entry_kind kind, struct span where) {
    struct entry *e = ARENA_NEW(&w->arena, struct entry);
    *e = (struct entry){.name = name, .kind = kind, .where = where, .ready = true};
    vec_push(&w->arena, &s->names, e);
    tell(w, s, e, where);
    return e;
}

/* Does a name take the meaning of a builtin or a library definition away? */
static bool hides_outer(struct walker *w, str name) {
    bool script_only;
    bool script = w->mode == NAMES_SCRIPT || w->mode == NAMES_IMPORTED;
    return script && w->outer->known(w->outer->data, name, &script_only) &&
           !w->outer->distribution(w->outer->data, name);
}

/* Says that a name given here takes another meaning away. */
static void warn_hiding(struct walker *w, str name, struct span where) {
    if (w->mode == NAMES_LIBRARY) return;
    const struct entry *d = find_here(w->script, name);
    if (d && d->kind == N_DEFINITION) {
        struct diag *m = diag_new(w->ds, W_HIDES, where, "`%s` hides the definition of this name", name);
        diag_label(m, d->where, "defined here");
    } else if (!d && hides_outer(w, name)) {
        diag_new(w->ds, W_HIDES, where, "`%s` hides the builtin or library definition of this name", name);
    }
}

/* An assignment: changes the name this body has, or makes it. */
static struct entry *assign(struct walker *w, struct name_scope *s, const struct ast *name, enum entry_kind kind) {
    for (struct name_scope *at = s; at; at = at->up) {
        struct entry *e = find_here(at, name->name);
        if (e && (e->kind != N_DEFINITION || !at->script)) {
            e->ready = true;
            tell(w, at, e, name->name_span);
            return e;
        }
        if (at->body || at->script) break;
    }
    warn_hiding(w, name->name, name->name_span);
    return bind(w, s, name->name, kind, name->name_span);
}

/* --- uses --- */

static void used_before(struct walker *w, const struct ast *name, const struct entry *e) {
    for (int i = 0; i < w->reported.n; i++)
        if (w->reported.data[i] == name->name) return;
    vec_push(&w->arena, &w->reported, name->name);
    struct diag *m = diag_new(w->ds, E_USED_BEFORE, name->span, "`%s` has no value yet", name->name);
    diag_label(m, e->where, "it gets one only here");
    diag_note(m, "a script runs from top to bottom");
}

/* Looks a name up. `field`: what is taken from it, for the message. */
static void use(struct walker *w, struct name_scope *s, const struct ast *name, const struct ast *field) {
    bool script_only = false;
    for (struct name_scope *at = s; at; at = at->up) {
        struct entry *e = find_here(at, name->name);
        if (!e) continue;
        if (!e->ready && !w->later) {
            if (w->outer->known(w->outer->data, name->name, &script_only)) break;
            if (!w->columns) used_before(w, name, e);
        }
        e->used = true;
        tell(w, at, e, name->span);
        return;
    }
    struct entry around = {.name = name->name, .kind = N_IMPORT};
    tell(w, w->script, &around, name->span);
    if (w->outer->known(w->outer->data, name->name, &script_only)) {
        char what[80];
        snprintf(what, sizeof what, "`%.60s`", name->name);
        if (script_only && names_kernel(w)) names_script_only(w, name->span, what);
    } else if (!w->columns) {
        names_unknown(w, s, name, field);
    }
}

/* --- expressions --- */

static bool has_comparison(const struct ast *e) {
    if (!e) return false;
    if (e->kind == A_BINARY && e->op >= AO_OR && e->op <= AO_GE) return true;
    for (int i = 0; i < e->n; i++)
        if (has_comparison(e->kid[i])) return true;
    return false;
}

/* What stands in `[...]`: of a table in a script, names are columns first. */
static void items(struct walker *w, struct name_scope *s, const struct ast *e) {
    bool was = w->columns;
    for (int i = 1; i < e->n; i++) {
        w->columns = was || !w->def || (!names_kernel(w) && has_comparison(e->kid[i]));
        expression(w, s, e->kid[i]);
    }
    w->columns = was;
}

/* A path into a model: names of layers, taps and params are the model's, indices are the script's. */
static void path(struct walker *w, struct name_scope *s, const struct ast *e) {
    for (; e->kind == A_FIELD || e->kind == A_INDEX; e = e->kid[0])
        for (int i = 1; i < e->n; i++) expression(w, s, e->kid[i]);
    if (e->kind != A_NAME) expression(w, s, e);
}

static bool takes_path(const struct ast *callee) {
    return callee->kind == A_NAME && (!strcmp(callee->name, "probe") || !strcmp(callee->name, "capture") ||
                                      !strcmp(callee->name, "features"));
}

static void call(struct walker *w, struct name_scope *s, const struct ast *e) {
    int plain = 0;
    expression(w, s, e->kid[0]);
    for (int i = 1; i < e->n; i++) {
        const struct ast *a = e->kid[i];
        bool named = a->kind == A_ARG || a->kind == A_IN;
        bool is_path = takes_path(e->kid[0]) && (named ? a->kind == A_ARG && !strcmp(a->name, "path") : plain == 1);
        plain += !named;
        if (is_path)
            path(w, s, named ? a->kid[0] : a);
        else
            expression(w, s, a);
    }
    names_once(w, e->kid + 1, e->n - 1, E_ARGUMENT_TWICE, "the argument");
}

/* The clauses of a loop, sweep or builder, each seeing the names before it. */
static struct name_scope *clauses(struct walker *w, struct name_scope *s, struct ast *const *list, int n,
                                  struct span extent) {
    struct name_scope *inner = scope_below(w, s, extent);
    names_once(w, list, n, E_DUPLICATE_NAME, "the name");
    for (int i = 0; i < n; i++) {
        expression(w, inner, list[i]->kid[0]);
        warn_hiding(w, list[i]->name, list[i]->name_span);
        bind(w, inner, list[i]->name, N_CLAUSE, list[i]->name_span);
    }
    return inner;
}

static void lambda(struct walker *w, struct name_scope *s, const struct ast *e) {
    struct name_scope *inner = scope_below(w, s, e->span);
    for (int i = 1; i < e->n; i++) {
        if (find_here(inner, e->kid[i]->name)) {
            struct diag *m = diag_new(w->ds, E_DUPLICATE_NAME, e->kid[i]->span, "the parameter `%s` stands here twice",
                                      e->kid[i]->name);
            diag_label(m, find_here(inner, e->kid[i]->name)->where, "first here");
        }
        bind(w, inner, e->kid[i]->name, N_SIGNATURE, e->kid[i]->span);
    }
    expression(w, inner, e->kid[0]);
}

/* What has been reported as a whole: its names count as used, and nothing in it is reported. */
static void pass_over(struct walker *w, struct name_scope *s, const struct ast *e) {
    const struct ast *def = w->def;
    w->def = NULL;
    w->columns = true;
    for (int i = 0; i < e->n; i++) expression(w, s, e->kid[i]);
    w->columns = false;
    w->def = def;
}

static void sweep(struct walker *w, struct name_scope *s, const struct ast *e) {
    if (names_kernel(w)) {
        names_script_only(w, e->span, "`sweep`");
        return;
    }
    struct name_scope *inner = clauses(w, s, e->kid + 1, e->n - 1, e->span);
    block(w, inner, e->kid[0]);
}

/* The replacements of a `with`. */
static void replacements(struct walker *w, struct name_scope *s, const struct ast *e) {
    for (int i = 0; i < e->n; i++) {
        const struct ast *x = e->kid[i];
        if (!x) continue;
        if (x->kind == A_SET) {
            path(w, s, x->kid[0]);
            expression(w, s, x->kid[1]);
        } else if (x->kind == A_FOR) {
            struct name_scope *inner = clauses(w, s, x->kid + 1, x->n - 1, x->span);
            replacements(w, inner, x->kid[0]);
        } else if (x->kind == A_IF) {
            expression(w, s, x->kid[0]);
            replacements(w, s, x->kid[1]);
            if (x->kid[2]) replacements(w, s, &(struct ast){.kind = A_BLOCK, .n = 1, .kid = &x->kid[2]});
        } else if (x->kind == A_BLOCK) {
            replacements(w, s, x);
        }
    }
}

static void with(struct walker *w, struct name_scope *s, const struct ast *e) {
    if (names_kernel(w)) names_script_only(w, e->span, "`with`");
    expression(w, s, e->kid[0]);
    replacements(w, s, e->kid[1]);
}

static void expression(struct walker *w, struct name_scope *s, const struct ast *e) {
    if (!e) return;
    switch (e->kind) {
    case A_NAME: use(w, s, e, NULL); return;
    case A_FIELD:
        if (e->kid[0]->kind == A_NAME)
            use(w, s, e->kid[0], e);
        else
            expression(w, s, e->kid[0]);
        return;
    case A_INDEX:
        expression(w, s, e->kid[0]);
        items(w, s, e);
        return;
    case A_CALL: call(w, s, e); return;
    case A_BUILD: {
        struct name_scope *inner = clauses(w, s, e->kid + 1, e->n - 1, e->span);
        expression(w, inner, e->kid[0]);
        return;
    }
    case A_LAMBDA: lambda(w, s, e); return;
    case A_SWEEP: sweep(w, s, e); return;
    case A_WITH: with(w, s, e); return;
    case A_RECORD: names_once(w, e->kid, e->n, E_DUPLICATE_NAME, "the name"); break;
    default: break;
    }
    for (int i = 0; i < e->n; i++) expression(w, s, e->kid[i]);
}

/* --- statements --- */

static void assignment(struct walker *w, struct name_scope *s, const struct ast *e) {
    const struct ast *t = e->kid[0];
    expression(w, s, e->kid[1]);
    if (t->kind == A_TUPLE) {
        names_once(w, t->kid, t->n, E_DUPLICATE_NAME, "the name");
        for (int i = 0; i < t->n; i++) assign(w, s, t->kid[i], N_LOCAL)->used |= w->def != NULL;
        return;
    }
    assign(w, s, t, N_LOCAL)->lone = true;
}

/* tap, param, state and draws: a name of the body with what stands in its shape. */
static void declare(struct walker *w, struct name_scope *s, const struct ast *e) {
    for (int i = e->n - 1; i >= 0; i--) expression(w, s, e->kid[i]);
    struct entry *was = find_here(s, e->name);
    if (was && e->kind != A_TAP) {
        struct diag *m = diag_new(w->ds, E_DUPLICATE_NAME, e->name_span, "`%s` has a value already", e->name);
        diag_label(m, was->where, "from here");
    }
    struct entry *x = assign(w, s, e, e->kind == A_DRAW ? N_DRAW : N_LOCAL);
    if (e->kind == A_TAP) x->used = true;
    x->lone = e->kind == A_PARAM || e->kind == A_STATE;
}

static void loop(struct walker *w, struct name_scope *s, const struct ast *e) {
    if (e->kind == A_FOR) {
        block(w, clauses(w, s, e->kid + 1, e->n - 1, e->span), e->kid[0]);
        return;
    }
    struct name_scope *inner = scope_below(w, s, e->span);
    expression(w, s, e->kid[0]);
    block(w, inner, e->kid[2]);
    expression(w, inner, e->kid[1]); /* `until` is asked after a pass */
}

static void drawing(struct walker *w, struct name_scope *s, const struct ast *e) {
    expression(w, s, e->kid[0]);
    w->columns = true;
    expression(w, s, e->kid[1]);
    w->columns = false;
    expression(w, s, e->kid[2]);
}

static void definition(struct walker *w, struct name_scope *s, const struct ast *def);

/* What could not be read: its names count as used, and those that mean nothing as given a value there. */
static void broken(struct walker *w, struct name_scope *s, const struct ast *e) {
    bool script_only;
    for (int i = 0; i < e->n; i++) {
        struct entry *known = NULL;
        for (struct name_scope *at = s; at && !known; at = at->up) known = find_here(at, e->kid[i]->name);
        if (!known && w->outer->known(w->outer->data, e->kid[i]->name, &script_only)) continue;
        if (!known) known = bind(w, s, e->kid[i]->name, N_IMPORT, e->kid[i]->span);
        known->used = known->ready = true;
    }
}

static void statement(struct walker *w, struct name_scope *s, const struct ast *e) {
    if (!e) return;
    names_place(w, e);
    switch (e->kind) {
    case A_BLOCK: block(w, s, e); return;
    case A_ASSIGN: assignment(w, s, e); return;
    case A_UPDATE:
        expression(w, s, e->kid[0]);
        expression(w, s, e->kid[1]);
        assign(w, s, e->kid[0], N_LOCAL);
        return;
    case A_DRAW: case A_PARAM: case A_TAP: case A_STATE: declare(w, s, e); return;
    case A_REPEAT: case A_FOR: loop(w, s, e); return;
    case A_IF:
        expression(w, s, e->kid[0]);
        statement(w, s, e->kid[1]);
        statement(w, s, e->kid[2]);
        return;
    case A_DEF:
        if (!w->def) definition(w, s, e);
        return;
    case A_TEST: {
        struct name_scope *inner = scope_below(w, s, e->span);
        if (w->def) return;
        inner->body = w->later = true;
        block(w, inner, e->kid[0]);
        w->later = false;
        return;
    }
    case A_PLOT: case A_HEATMAP:
        if (names_kernel(w))
            pass_over(w, s, e);
        else
            drawing(w, s, e);
        return;
    case A_PRINT: case A_SAVE: case A_RECORD_STMT: case A_ASSERT:
        if (!names_kernel(w)) break;
        pass_over(w, s, e);
        return;
    case A_OPTION: {
        expression(w, s, e->kid[1]);
        struct entry *x = find_here(s, e->name);
        if (x) x->ready = true;
        return;
    }
    case A_IMPORT: case A_LANGUAGE: return;
    case A_BROKEN: broken(w, s, e); return;
    default: break;
    }
    for (int i = 0; i < e->n; i++) expression(w, s, e->kid[i]);
}

static void block(struct walker *w, struct name_scope *s, const struct ast *b) {
    for (int i = 0; b && i < b->n; i++) statement(w, s, b->kid[i]);
}

/* --- definitions --- */

/* A size in a signature: a name there is bound where it means nothing yet, or, in `given`, always. */
static void size(struct walker *w, struct name_scope *s, const struct ast *e, bool hides) {
    bool script_only;
    if (e->kind == A_NAME && !find_here(s, e->name)) {
        struct entry *outer = hides ? NULL : find_here(w->script, e->name);
        bool builtin = !hides && !outer && w->outer->known(w->outer->data, e->name, &script_only);
        if (!outer && !builtin) {
            bind(w, s, e->name, N_SIGNATURE, e->span);
            return;
        }
    }
    expression(w, s, e);
}

static void sizes(struct walker *w, struct name_scope *s, const struct ast *list, bool hides) {
    for (int i = 0; list && i < list->n; i++) {
        if (list->kind == A_TUPLE)
            sizes(w, s, list->kid[i], hides);
        else
            size(w, s, list->kid[i], hides);
    }
}

/* `given` and `knowing`: names first, so that a size may not be mistaken for one, then their sizes. */
static void patterns(struct walker *w, struct name_scope *s, const struct ast *given) {
    for (int i = 0; given && i < given->n; i++)
        if (!find_here(s, given->kid[i]->name)) bind(w, s, given->kid[i]->name, N_SIGNATURE, given->kid[i]->name_span);
    for (int i = 0; given && i < given->n; i++) sizes(w, s, given->kid[i], true);
}

static void check_unused(struct walker *w, const struct name_scope *s, const struct ast *def) {
    for (int i = 0; i < s->names.n; i++) {
        const struct entry *e = s->names.data[i];
        if (e->used || *e->name == '_') continue;
        if (e->kind == N_HYPER) {
            bool fn = def->integer == DEF_FN;
            struct diag *m = diag_new(w->ds, E_UNUSED_HYPER, e->where, "nothing reads %s `%s` of `%s`",
                                      fn ? "the argument" : "the hyper-parameter", e->name, def->name);
            diag_help(m, "use it, or take it out of the signature");
        }
        bool latent = false;
        for (int k = 0; k < w->known_latent.n; k++) latent |= w->known_latent.data[k] == e->name;
        if (w->mode == NAMES_LIBRARY || latent) continue;
        if (e->kind == N_DRAW) diag_new(w->ds, W_UNUSED_DRAW, e->where, "`%s` is drawn, and nothing reads it", e->name);
        if (e->kind == N_LOCAL && e->lone && def->integer != DEF_TASK)
            diag_new(w->ds, W_UNUSED_NAME, e->where, "nothing reads `%s`", e->name);
    }
}

static void definition(struct walker *w, struct name_scope *s, const struct ast *def) {
    struct name_scope *inner = scope_below(w, s, def->span);
    bool later = w->later;
    inner->body = true;
    w->def = def;
    w->later = true;
    w->reported.n = 0;
    names_definition(w, def);
    for (int i = 4; i < def->n; i++) {
        const struct ast *h = def->kid[i];
        if (h->kid[0]) sizes(w, inner, h->kid[0], false);
        expression(w, inner, h->kid[1]);
        if (!find_here(inner, h->name)) bind(w, inner, h->name, N_HYPER, h->name_span);
    }
    patterns(w, inner, def->kid[1]);
    patterns(w, inner, def->kid[2]);
    if (def->kid[3]) sizes(w, inner, def->kid[3], false);
    block(w, inner, def->kid[0]);
    check_unused(w, inner, def);
    w->def = NULL;
    w->later = later;
    w->reported.n = 0;
}

/* --- the top level --- */

static void declare_top(struct walker *w, str name, enum entry_kind kind, struct span where) {
    struct entry *was = find_here(w->script, name);
    bool both = was && kind != N_LOCAL && was->kind != N_LOCAL;
    if (both && w->mode != NAMES_REPL) {
        struct diag *m = diag_new(w->ds, E_DUPLICATE_DEF, where, "`%s` is defined twice", name);
        diag_label(m, was->where, "first here");
    }
    if (was && (kind == N_LOCAL || both)) return;
    struct entry *e = bind(w, w->script, name, kind, where);
    e->ready = kind == N_DEFINITION || kind == N_IMPORT;
}

/* Names of the top level, before anything is looked up: definitions, options, what is assigned. */
static void collect(struct walker *w, const struct ast *e) {
    if (!e) return;
    if (e->kind == A_DEF) declare_top(w, e->name, N_DEFINITION, e->name_span);
    if (e->kind == A_OPTION) declare_top(w, e->name, N_OPTION, e->name_span);
    if (e->kind == A_IMPORT)
        for (int i = 0; i < e->n; i++) declare_top(w, e->kid[i]->name, N_IMPORT, e->kid[i]->span);
    if (e->kind == A_ASSIGN && e->kid[0]->kind == A_NAME) declare_top(w, e->kid[0]->name, N_LOCAL, e->kid[0]->span);
    if (e->kind == A_ASSIGN && e->kid[0]->kind == A_TUPLE)
        for (int i = 0; i < e->kid[0]->n; i++)
            declare_top(w, e->kid[0]->kid[i]->name, N_LOCAL, e->kid[0]->kid[i]->span);
    if (e->kind == A_FILE || e->kind == A_BLOCK || e->kind == A_IF)
        for (int i = 0; i < e->n; i++) collect(w, e->kid[i]);
    if (e->kind == A_DEF && e->kid[2])
        for (int i = 0; i < e->kid[2]->n; i++) vec_push(&w->arena, &w->known_latent, e->kid[2]->kid[i]->name);
}

/* Definitions and options that take a name from the library or the builtins. */
static void check_top(struct walker *w) {
    for (int i = 0; i < w->script->names.n; i++) {
        const struct entry *e = w->script->names.data[i];
        if (e->kind != N_IMPORT && hides_outer(w, e->name))
            diag_new(w->ds, W_HIDES, e->where, "`%s` hides the builtin or library definition of this name", e->name);
        if (e->kind == N_OPTION && !e->used && w->mode == NAMES_SCRIPT)
            diag_new(w->ds, W_UNUSED_OPTION, e->where, "nothing reads the option `%s`", e->name);
    }
}

/* Checks a file's names and places. */
void names_check(struct diags *ds, const struct ast *file, const struct names_outer *outer, enum names_mode mode) {
    struct walker w = {.ds = ds, .outer = outer, .mode = mode};
    w.script = scope_below(&w, NULL, file->span);
    w.script->script = true;
    collect(&w, file);
    for (int i = 0; i < file->n; i++) /* definitions among them can be used before */
        if (file->kid[i]->kind == A_BROKEN) broken(&w, w.script, file->kid[i]);
    for (int i = 0; i < file->n; i++) {
        const struct ast *e = file->kid[i];
        if (e->kind == A_LANGUAGE && i > 0)
            diag_new(ds, E_LANGUAGE, e->span, "`language` is the first statement of a script");
        statement(&w, w.script, e);
    }
    check_top(&w);
    arena_free(&w.arena);
}
