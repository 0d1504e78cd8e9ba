/* Redefinition. Definitions look names up when they are used, so they follow by themselves. A value that was made of a
 * definition (`p = mine(steps = 3)`, `t = sweep ...`) does not: the statement that gave it is remembered, and when
 * something it names, directly or through others, is defined anew, the value is stale. It is computed again before the
 * next input that reads it, in the order of the inputs.
 *
 * Not computed again: what loops and updates gave, what is made of itself (`x = x + 1`) or of `_`, and values made of
 * variables that were assigned anew: an assignment is a step, not a definition. */
#include <stdio.h>
#include "compiler/repl.h"

typedef VEC(str) name_set;

static bool has(const name_set *s, str name)
{
    for (int i = 0; i < s->n; i++)
        if (s->data[i] == name) return true;
    return false;
}

static bool add(struct repl *r, name_set *s, str name)
{
    if (has(s, name)) return false;
    vec_push(r->ev->arena, s, name);
    return true;
}

static void add_names(struct repl *r, const struct ast *e, name_set *s)
{
    if (!e) return;
    if (e->kind == A_NAME) add(r, s, e->name);
    for (int i = 0; i < e->n; i++) add_names(r, e->kid[i], s);
}

static bool names_one(const struct ast *e, const name_set *s)
{
    if (!e) return false;
    if (e->kind == A_NAME && has(s, e->name)) return true;
    for (int i = 0; i < e->n; i++)
        if (names_one(e->kid[i], s)) return true;
    return false;
}

static const struct ast *definition(const struct binding *b)
{
    bool def = b->value->kind == V_FN && b->value->fn->kind == FN_DEF && !b->value->fn->def->library;
    return def ? b->value->fn->def->ast : NULL;
}

/* ---- before an input ---- */

/* All that the names on the list are made of joins it. */
static void close_over(struct repl *r, name_set *s)
{
    for (int i = 0; i < s->n; i++) {
        const struct binding *b = scope_find(r->ev->script, s->data[i]);
        if (b && definition(b)) add_names(r, definition(b), s);
        for (int k = 0; k < r->origins.n; k++)
            if (r->origins.data[k].name == s->data[i]) add_names(r, r->origins.data[k].statement->kid[1], s);
    }
}

repl_again repl_stale(struct repl *r, const struct program *p)
{
    repl_again again = { 0 };
    name_set used = { 0 };
    const struct ast *file = program_ast(p);
    for (int i = 0; i < file->n; i++) {
        const struct ast *e = file->kid[i];
        if (e->kind == A_DEF) continue;
        if (e->kind == A_ASSIGN) add_names(r, e->kid[1], &used);
        else add_names(r, e, &used);
    }
    close_over(r, &used);
    for (int i = 0; i < r->origins.n; i++) { /* in the order of the inputs */
        const struct origin *o = &r->origins.data[i];
        bool there = i && again.n && again.data[again.n - 1]->statement == o->statement; /* a, b = f() */
        if (o->stale && has(&used, o->name) && !there) vec_push(r->ev->arena, &again, o);
    }
    return again;
}

/* ---- after an input ---- */

static void forget(struct repl *r, str name)
{
    int n = 0;
    for (int i = 0; i < r->origins.n; i++)
        if (r->origins.data[i].name != name) r->origins.data[n++] = r->origins.data[i];
    r->origins.n = n;
}

/* Every name that a statement gives a value has no other origin any more. */
static void forget_assigned(struct repl *r, const struct ast *e)
{
    if (!e) return;
    if (e->kind == A_DEF || e->kind == A_OPTION) forget(r, e->name);
    if (e->kind == A_DEF) return;
    if (e->kind == A_ASSIGN || e->kind == A_UPDATE) {
        const struct ast *t = e->kid[0];
        if (t->kind != A_TUPLE) forget(r, t->name);
        for (int i = 0; t->kind == A_TUPLE && i < t->n; i++) forget(r, t->kid[i]->name);
    }
    for (int i = 0; i < e->n; i++) forget_assigned(r, e->kid[i]);
}

static void note_origin(struct repl *r, const struct ast *e)
{
    name_set targets = { 0 };
    if (e->kind != A_ASSIGN) return;
    add_names(r, e->kid[0], &targets);
    int n = targets.n;
    add(r, &targets, intern(r->ev->names, "_"));
    if (names_one(e->kid[1], &targets)) return;
    for (int i = 0; i < n; i++) {
        struct origin o = { targets.data[i], e, r->number, false };
        vec_push(r->ev->arena, &r->origins, o);
    }
}

/* A definition that no longer goes with what was defined anew is told of now, and reported when it is used. */
static void try_out(struct repl *r, const struct binding *b, str why)
{
    struct diags *ds = r->ev->diags;
    int errors = ds->errors, warnings = ds->warnings;
    struct def *d = (struct def *)b->value->fn->def;
    ds->muted++;
    d->checked = d->failed = false;
    ev_check_def(r->ev, d);
    ds->muted--;
    if (d->failed) fprintf(stderr, "note: `%s` does not go with the new `%s`\n", b->name, why);
    d->checked = d->failed = false;
    ds->errors = errors;
    ds->warnings = warnings;
}

/* The names that had another definition, or one of the library, before this input. */
static void redefined(struct repl *r, struct repl_names before, name_set *changed)
{
    const struct scope *s = r->ev->script;
    for (int i = 0; i < s->names.n; i++) {
        const struct binding *now = &s->names.data[i], *was = i < before.n ? &before.data[i] : NULL;
        if (was && was->value == now->value) continue;
        if (definition(now) || (was && definition(was))) add(r, changed, now->name);
    }
}

void repl_renewed(struct repl *r, const repl_again *again)
{
    for (int i = 0; i < again->n; i++) {
        const struct ast *statement = again->data[i]->statement;
        for (int k = 0; k < r->origins.n; k++) {
            struct origin *o = &r->origins.data[k];
            if (o->statement != statement) continue;
            o->stale = false;
            o->number = r->number;
        }
    }
}

void repl_follow(struct repl *r, const struct program *p, struct repl_names before)
{
    const struct ast *file = program_ast(p);
    const struct scope *s = r->ev->script;
    name_set changed = { 0 };
    for (int i = 0; i < file->n; i++) {
        forget_assigned(r, file->kid[i]);
        note_origin(r, file->kid[i]);
    }
    redefined(r, before, &changed);
    int direct = changed.n;
    for (int i = 0; i < before.n && direct; i++) {
        const struct ast *def = definition(&s->names.data[i]);
        if (def && !has(&changed, s->names.data[i].name) && names_one(def, &changed))
            try_out(r, &s->names.data[i], changed.data[0]);
    }
    for (bool more = changed.n > 0; more;) {
        more = false;
        for (int i = 0; i < s->names.n; i++) {
            const struct ast *def = definition(&s->names.data[i]);
            if (def && names_one(def, &changed)) more |= add(r, &changed, s->names.data[i].name);
        }
        for (int i = 0; i < r->origins.n; i++) {
            struct origin *o = &r->origins.data[i];
            if (o->number == r->number || o->stale || !names_one(o->statement->kid[1], &changed)) continue;
            o->stale = true;
            more |= add(r, &changed, o->name);
        }
    }
}
