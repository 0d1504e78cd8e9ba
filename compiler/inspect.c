/* Facts about a file, as the check finds them. An expression keeps its fact itself, so noting costs next to nothing;
 * values that the walk could not know (V_ANY, V_ERROR) give way to what a later walk knows. */
#include "compiler/inspect.h"

static bool says_nothing(const struct value *v)
{
    return v->kind == V_ANY || v->kind == V_ERROR;
}

static bool is_column(const struct scope *s, str name)
{
    for (; s; s = s->up)
        for (int i = 0; i < s->names.n; i++)
            if (s->names.data[i].name == name) return s->columns;
    return false;
}

void inspect_expression(struct inspect *in, const struct scope *s, const struct ast *e, const struct value *v)
{
    struct seen *seen = e->info;
    if (e->span.src != in->src) return;
    if (!seen) {
        seen = ARENA_NEW(in->arena, struct seen);
        *seen = (struct seen){ v, e->kind == A_NAME && is_column(s, e->name) };
        ((struct ast *)e)->info = seen;
    } else if (says_nothing(seen->value)) {
        seen->value = v;
    }
}

void inspect_binding(struct inspect *in, str name, struct span where, const struct value *v)
{
    if (where.src != in->src || says_nothing(v)) return;
    if (inspect_value(in, name, where)) return;
    int *head = &in->bucket[where.from % INSPECT_BUCKETS];
    struct named_value n = { name, where, v, *head }, none = { 0 };
    if (!in->values.n) vec_push(in->arena, &in->values, none);
    *head = in->values.n;
    vec_push(in->arena, &in->values, n);
}

void inspect_link(struct inspect *in, const struct names_link *link)
{
    if (link->use.src == in->src) vec_push(in->arena, &in->links, *link);
}

const struct seen *inspect_seen(const struct ast *e)
{
    return e->info;
}

/* Places of patterns hold their sizes, too: where they start is what counts. */
const struct value *inspect_value(const struct inspect *in, str name, struct span where)
{
    for (int i = in->bucket[where.from % INSPECT_BUCKETS]; i; i = in->values.data[i].next)
        if (in->values.data[i].where.from == where.from && in->values.data[i].name == name)
            return in->values.data[i].value;
    return NULL;
}

const struct names_link *inspect_at(const struct inspect *in, uint32_t offset)
{
    for (int touch = 0; touch < 2; touch++) /* the end of a name counts when nothing starts there */
        for (int i = 0; i < in->links.n; i++) {
            struct span s = in->links.data[i].use;
            if (s.from <= offset && offset < s.to + (uint32_t)touch) return &in->links.data[i];
        }
    return NULL;
}
