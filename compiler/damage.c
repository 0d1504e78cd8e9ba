/* What the pass over names found wrong in a file does not keep the rest of it from being checked: the definitions and
 * statements that hold an error are left out of the walk without data, and what they would have defined is silent.
 * And the wrong that only a look at all definitions shows: those that call themselves. */
#include "compiler/damage.h"
#include "compiler/script.h"

/* ---- damage ---- */

bool damage_in(const struct ev *ev, const struct ast *e)
{
    const struct diags *ds = ev->diags;
    for (int i = 0; i < ds->n; i++) {
        struct span at = diag_span(ds->list[i]);
        if (diag_code_severity(diag_code_of(ds->list[i])) != SEV_ERROR) continue;
        if (at.src == e->span.src && at.from >= e->span.from && at.to <= e->span.to) return true;
    }
    return false;
}

/* Unbalanced brackets and texts without an end leave no statements to go by. */
bool damage_in_syntax(const struct ev *ev, const struct ast *file)
{
    const struct diags *ds = ev->diags;
    for (int i = 0; i < ds->n; i++) {
        enum diag_code code = diag_code_of(ds->list[i]);
        if (diag_code_severity(code) == SEV_ERROR && code != E_SYNTAX) return false;
    }
    for (int i = 0; i < file->n; i++)
        if (file->kid[i]->kind == A_BROKEN && file->kid[i]->integer) return false;
    return true;
}

bool damage_elsewhere(const struct ev *ev, const struct ast *file)
{
    const struct diags *ds = ev->diags;
    for (int i = 0; i < ds->n; i++) {
        bool inside = false;
        if (diag_code_severity(diag_code_of(ds->list[i])) != SEV_ERROR) continue;
        for (int k = 0; k < file->n && !inside; k++) {
            struct span at = diag_span(ds->list[i]), of = file->kid[k]->span;
            inside = at.src == of.src && at.from >= of.from && at.to <= of.to;
        }
        if (!inside) return true;
    }
    return false;
}

void damage_definitions(struct ev *ev, struct scope *s)
{
    for (int i = 0; i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        if (v->kind != V_FN || v->fn->kind != FN_DEF || !damage_in(ev, v->fn->def->ast)) continue;
        struct def *d = (struct def *)v->fn->def;
        d->checked = d->failed = true;
    }
}

/* Names that mean nothing and bodies without an end do not keep the rest of a body from having types. */
static bool readable(const struct ev *ev, const struct ast *e)
{
    const struct diags *ds = ev->diags;
    for (int i = 0; i < ds->n; i++) {
        struct span at = diag_span(ds->list[i]);
        enum diag_code code = diag_code_of(ds->list[i]);
        bool inside = at.src == e->span.src && at.from >= e->span.from && at.to <= e->span.to;
        bool harmless = code == E_UNKNOWN_NAME || code == E_UNUSED_HYPER || code == E_ENDING || code == E_USED_BEFORE;
        if (inside && !harmless && diag_code_severity(code) == SEV_ERROR) return false;
    }
    return true;
}

void damage_inspect(struct ev *ev, struct scope *s)
{
    int errors = ev->diags->errors, warnings = ev->diags->warnings;
    bool damaged = ev->damaged;
    ev->damaged = true;
    ev->diags->muted++;
    for (int i = 0; i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        if (v->kind != V_FN || v->fn->kind != FN_DEF || !v->fn->def->failed || !readable(ev, v->fn->def->ast)) continue;
        struct def *d = (struct def *)v->fn->def;
        d->checked = d->failed = false;
        ev_check_def(ev, d);
        d->failed = true;
    }
    ev->diags->muted--;
    ev->diags->errors = errors;
    ev->diags->warnings = warnings;
    ev->damaged = damaged;
}

void damage_statement(struct ev *ev, struct scope *s, const struct ast *e)
{
    if (e->kind == A_OPTION) scope_bind(ev, s, e->name, &value_error, e->name_span);
    for (int i = 0; e->kind == A_IMPORT && i < e->n; i++)
        scope_bind(ev, s, e->kid[i]->name, &value_error, e->kid[i]->span);
    ev_silence(ev, s, e);
}

/* ---- recursion ---- */

/* Does a definition give this name a meaning of its own? Then its uses there are no calls of another definition. */
static bool hides(const struct ast *e, str name)
{
    if (!e) return false;
    bool named = e->kind == A_HYPER || e->kind == A_PATTERN || e->kind == A_DRAW || e->kind == A_PARAM ||
                 e->kind == A_TAP || e->kind == A_IN || e->kind == A_STATE;
    if (named && e->name == name) return true;
    const struct ast *target = e->kind == A_ASSIGN ? e->kid[0] : NULL;
    if (target && target->name == name) return true;
    for (int i = 0; target && target->kind == A_TUPLE && i < target->n; i++)
        if (target->kid[i]->name == name) return true;
    for (int i = 1; e->kind == A_LAMBDA && i < e->n; i++)
        if (e->kid[i]->name == name) return true;
    for (int i = 0; i < e->n; i++)
        if (hides(e->kid[i], name)) return true;
    return false;
}

/* On the right of `~` the name of a distribution means it, whatever the script calls so. */
static const struct ast *use_in_distribution(const struct ast *e, str name);

/* The first use of a name below e. */
static const struct ast *use_of(const struct ast *e, str name)
{
    if (!e) return NULL;
    if ((e->kind == A_DRAW || (e->kind == A_PARAM && e->integer)) && dist_find(name)) {
        const struct ast *found = use_in_distribution(e->kid[0], name);
        for (int i = 1; i < e->n && !found; i++) found = use_of(e->kid[i], name);
        return found;
    }
    if (e->kind == A_NAME && e->name == name) return e;
    const struct ast *found = NULL;
    for (int i = 0; i < e->n && !found; i++) found = use_of(e->kid[i], name);
    return found;
}

static const struct ast *use_in_distribution(const struct ast *e, str name)
{
    const struct ast *found = NULL;
    bool dist = e->kind == A_CALL && e->kid[0]->kind == A_NAME && dist_find(e->kid[0]->name);
    if (!dist) return use_of(e, name);
    for (int i = 1; i < e->n && !found; i++) found = use_in_distribution(e->kid[i], name);
    return found;
}

struct search {
    const struct ast *file;
    const struct ast **use; /* of definition k by definition i, at [i * n + k]; NULL: none */
    int *from;              /* the definition from which k was reached; -1: not reached */
};

/* A shortest chain of uses from a definition back to itself through later ones. */
static bool reaches_itself(struct ev *ev, struct search *s, int start)
{
    int n = s->file->n, *queue = ARENA_ARRAY(ev->arena, int, n + 1), head = 0, tail = 0;
    for (int k = 0; k < n; k++) s->from[k] = -1;
    queue[tail++] = start;
    while (head < tail) {
        int i = queue[head++];
        for (int k = start; k < n; k++) {
            if (!s->use[i * n + k] || s->from[k] >= 0) continue;
            s->from[k] = i;
            if (k == start) return true;
            queue[tail++] = k;
        }
    }
    return false;
}

static void report(struct ev *ev, const struct search *s, int start)
{
    int n = s->file->n, i = start;
    const struct ast *d = s->file->kid[start];
    bool direct = s->from[start] == start;
    const struct ast *at = s->use[s->from[start] * n + start];
    struct diag *m = ev_error(ev, E_RECURSION, at, direct ? "`%s` calls itself" : "`%s` calls itself through others",
                              d->name);
    for (; !direct && s->from[i] != start; i = s->from[i]) {
        int by = s->from[s->from[i]];
        diag_label(m, s->use[by * n + s->from[i]]->span, "`%s` calls `%s`", s->file->kid[by]->name,
                   s->file->kid[s->from[i]]->name);
    }
    if (!direct) diag_label(m, at->span, "`%s` calls `%s`", s->file->kid[s->from[start]]->name, d->name);
    diag_help(m, "write a loop: `repeat k { ... }` or `for i in 0:n { ... }`");
}

void check_recursion(struct ev *ev, const struct ast *file)
{
    int n = file->n;
    struct search s = { file, ARENA_ARRAY(ev->arena, const struct ast *, n * n + 1),
                        ARENA_ARRAY(ev->arena, int, n + 1) };
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n && file->kid[i]->kind == A_DEF; k++)
            if (file->kid[k]->kind == A_DEF && !hides(file->kid[i], file->kid[k]->name))
                s.use[i * n + k] = use_of(file->kid[i], file->kid[k]->name);
    for (int i = 0; i < n; i++)
        if (file->kid[i]->kind == A_DEF && reaches_itself(ev, &s, i)) report(ev, &s, i);
}
