/* What stands at a place: hover, definition, references, rename. Names are told apart by the links that the pass over
 * names leaves (inspect.h); types are those that the check found; arguments, fields and imports go by the values of
 * what they belong to. */
#include <ctype.h>
#include <string.h>
#include "compiler/complete.h"
#include "compiler/describe.h"
#include "compiler/diag_json.h"
#include "compiler/lsp.h"
#include "lang/parse.h"
#include "lang/tokens.h"

/* ---- nodes ---- */

static bool holds(const struct ast *e, uint32_t at)
{
    return e && e->span.src && e->span.from <= at && at < e->span.to;
}

int nodes_at(const struct ast *file, uint32_t offset, const struct ast **path)
{
    int n = 0;
    for (const struct ast *e = file; e && n < DEEPEST_PATH;) {
        const struct ast *in = NULL, *touches = NULL;
        path[n++] = e;
        for (int i = 0; i < e->n; i++) {
            if (holds(e->kid[i], offset)) in = e->kid[i];
            else if (e->kid[i] && e->kid[i]->span.to == offset) touches = e->kid[i];
        }
        e = in ? in : touches;
    }
    return n;
}

static const struct value *value_of_node(const struct ast *e)
{
    const struct seen *s = inspect_seen(e);
    return s ? s->value : NULL;
}

const struct def *called_definition(const struct ast *const *path, int n)
{
    for (int i = n - 1; i >= 0; i--) {
        if (path[i]->kind != A_CALL) continue;
        const struct value *v = value_of_node(path[i]->kid[0]);
        return v && v->kind == V_FN && v->fn->kind == FN_DEF ? v->fn->def : NULL;
    }
    return NULL;
}

static const struct ast *hyper_of(const struct def *d, str name)
{
    for (int i = 0; d && i < d->nhypers; i++)
        if (d->hyper[i]->name == name) return d->hyper[i];
    return NULL;
}

/* ---- the thing at a place ---- */

/* What the word at a byte is, and where it got its meaning. */
struct thing {
    str name;
    struct span word;                /* src NULL: there is no name here */
    const struct names_link *link;   /* a name of a scope */
    const struct ast *hyper;         /* the name of an argument, a field of an instance */
    const struct value *value;       /* NULL: not known */
    struct span definition;          /* src NULL: built in */
    const struct ast *node;          /* the innermost node there */
};

static struct binding *around(const struct analysis *a, str name, bool parts_first)
{
    struct binding *own = a->ev.script ? scope_find(a->ev.script, name) : NULL;
    struct binding *part = NULL;
    for (int i = 0; i < a->ev.parts->names.n; i++)
        if (a->ev.parts->names.data[i].name == name) part = &a->ev.parts->names.data[i];
    return part && (parts_first || !own) ? part : own;
}

/* Does an architecture or layer, where parts of models come first, hold the place? */
static bool in_network(const struct ast *const *path, int n)
{
    for (int i = 0; i < n; i++)
        if (path[i]->kind == A_DEF && (path[i]->integer == DEF_LAYER || path[i]->integer == DEF_ARCHITECTURE))
            return true;
    return false;
}

static struct span where_defined(const struct value *v)
{
    bool def = v && v->kind == V_FN && v->fn->kind == FN_DEF;
    return def ? v->fn->def->ast->name_span : (struct span){ 0 };
}

static void of_link(const struct analysis *a, struct thing *t, const struct ast *const *path, int n)
{
    const struct names_link *l = t->link;
    const struct ast *leaf = path[n - 1];
    bool same = leaf->kind == A_NAME && leaf->span.from == l->use.from;
    t->name = l->name;
    t->word = l->use;
    t->value = same ? value_of_node(leaf) : NULL;
    if (!t->value && l->definition.src) t->value = inspect_value(&a->inspect, l->name, l->definition);
    if (!t->value && (!l->definition.src || l->kind == N_IMPORT || l->kind == N_DEFINITION)) {
        struct binding *b = around(a, l->name, in_network(path, n));
        t->value = b ? b->value : NULL;
    }
    t->definition = l->definition;
    if (!l->definition.src || l->kind == N_IMPORT) {
        struct span of_value = where_defined(t->value);
        if (of_value.src) t->definition = of_value;
    }
}

static struct thing thing_at(struct analysis *a, uint32_t offset)
{
    const struct ast *path[DEEPEST_PATH];
    struct thing t = { 0 };
    int n = nodes_at(a->file, offset, path);
    const struct ast *leaf = t.node = path[n - 1];
    for (int i = n - 1; i >= 0 && i >= n - 2; i--) {
        const struct ast *e = path[i];
        bool named = (e->kind == A_ARG || e->kind == A_IN || e->kind == A_FIELD) && e->name_span.from <= offset &&
                     offset <= e->name_span.to && e->name_span.src;
        if (!named || (e->kind == A_FIELD && offset < e->name_span.from)) continue;
        if (e->kind == A_FIELD) {
            const struct value *of = value_of_node(e->kid[0]);
            t.hyper = of && of->kind == V_INSTANCE ? hyper_of(of->instance->def, e->name) : NULL;
            t.value = value_of_node(e);
        } else {
            bool for_clause = i > 0 && path[i - 1]->kind != A_CALL;
            if (for_clause) break;
            t.hyper = hyper_of(called_definition(path, i), e->name);
            t.value = value_of_node(e->kid[0]);
        }
        t.name = e->name;
        t.word = e->name_span;
        t.definition = t.hyper ? t.hyper->name_span : (struct span){ 0 };
        t.node = e;
        return t;
    }
    t.link = inspect_at(&a->inspect, offset);
    if (t.link) of_link(a, &t, path, n);
    else t.value = value_of_node(leaf);
    return t;
}

/* ---- hover ---- */

static void say_type(struct arena *a, struct buf *b, const char *what, const struct value *v)
{
    const char *type = v->kind == V_ANY ? "known when it runs" : value_type(a, v);
    buf_printf(b, "```icl\n%s : %s\n```\n", what, type);
    double number;
    if (v->kind == V_TENSOR && !v->rank && v->dtype == DT_REAL && ev_known_real(v, &number))
        buf_printf(b, "= %g\n\n", number);
}

static void say_function(struct arena *a, struct buf *b, const struct value *v)
{
    struct buf doc = { 0 };
    buf_printf(b, "```icl\n%s\n```\n", describe_function(a, v->fn));
    describe_doc(&doc, v);
    if (doc.n) buf_printf(b, "%s\n\n", doc.text);
    if (v->fn->kind == FN_DEF && v->fn->def->library) buf_printf(b, "*library, %s*\n", v->fn->def->ast->span.src->path);
    buf_free(&doc);
}

static const char *source_text(struct arena *a, const struct ast *e)
{
    return arena_strndup(a, e->span.src->text + e->span.from, e->span.to - e->span.from);
}

static void say_thing(struct analysis *an, struct buf *b, const struct thing *t)
{
    struct arena *a = &an->arena;
    const struct value *v = t->value;
    const struct builtin *row = t->name && (!t->definition.src || !v) ? builtin_find(t->name) : NULL;
    if (t->hyper) {
        buf_printf(b, "```icl\n%s\n```\n", source_text(a, t->hyper));
        if (v && t->node->kind == A_FIELD) say_type(a, b, t->name, v);
    } else if (v && v->kind == V_FN && (v->fn->kind == FN_DEF || v->fn->kind == FN_BUILTIN)) {
        say_function(a, b, v);
    } else if (row && !v) {
        const struct fn of = { .kind = FN_BUILTIN, .builtin = row };
        const struct value f = { .kind = V_FN, .fn = &of };
        say_function(a, b, &f);
    } else if (v && v->kind != V_ERROR && v->kind != V_NONE) {
        const char *what = t->name ? t->name : ev_text(&an->ev, t->node);
        say_type(a, b, what, v);
        describe_sizes(a, b, v);
    }
}

/* The help of an option, where its name is read. */
static void say_option(const struct analysis *a, struct buf *b, const struct thing *t)
{
    for (int i = 0; t->link && t->link->kind == N_OPTION && i < a->file->n; i++) {
        const struct ast *e = a->file->kid[i];
        if (e->kind == A_OPTION && e->name == t->name && e->text) buf_printf(b, "%s\n\n", e->text);
    }
}

json_t *lsp_hover(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct thing t = thing_at(a, document_offset(a, json_object_get(params, "position")));
    struct buf b = { 0 };
    json_t *result = NULL;
    (void)why;
    say_thing(a, &b, &t);
    say_option(a, &b, &t);
    if (b.n) {
        struct span at = t.word.src ? t.word : t.node->span;
        result = json_pack("{s:{s:s, s:o}, s:o}", "contents", "kind", "markdown", "value", json_string(b.text), "range",
                           range_json(a->read, at.from, at.to));
    }
    buf_free(&b);
    return result;
}

/* ---- definition ---- */

json_t *lsp_definition(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    uint32_t at = document_offset(a, json_object_get(params, "position"));
    struct thing t = thing_at(a, at);
    (void)why;
    if (t.node->kind == A_IMPORT && !t.link) {
        const char *slash = strrchr(d->path, '/');
        struct source file = { .lines = 1, .line_at = (uint32_t[]){ 0 }, .text = "" };
        file.path = *t.node->text == '/' || !slash
                        ? t.node->text
                        : arena_printf(&a->arena, "%.*s/%s", (int)(slash - d->path), d->path, t.node->text);
        return location_json(l, (struct span){ &file, 0, 0 });
    }
    return t.definition.src ? location_json(l, t.definition) : NULL;
}

/* ---- references ---- */

typedef VEC(struct span) place_list;

static void add_place(struct arena *a, place_list *list, struct span s)
{
    for (int i = 0; i < list->n; i++)
        if (list->data[i].from == s.from) return;
    vec_push(a, list, s);
}

static bool same_place(struct span a, struct span b)
{
    return a.src == b.src && a.from == b.from && a.to == b.to;
}

/* Names of arguments and fields that mean a hyper-parameter. */
static void hyper_places(struct arena *a, const struct ast *e, const struct ast *hyper, place_list *out)
{
    if (!e) return;
    if (e->kind == A_CALL) {
        const struct def *d = called_definition(&e, 1);
        for (int i = 1; d && i < e->n; i++)
            if ((e->kid[i]->kind == A_ARG || e->kid[i]->kind == A_IN) && hyper_of(d, e->kid[i]->name) == hyper)
                add_place(a, out, e->kid[i]->name_span);
    }
    if (e->kind == A_FIELD) {
        const struct value *of = value_of_node(e->kid[0]);
        if (of && of->kind == V_INSTANCE && hyper_of(of->instance->def, e->name) == hyper)
            add_place(a, out, e->name_span);
    }
    for (int i = 0; i < e->n; i++) hyper_places(a, e->kid[i], hyper, out);
}

/* The hyper-parameter that is declared at a place. */
static const struct ast *declared_hyper(const struct ast *file, struct span where)
{
    for (int i = 0; i < file->n; i++)
        for (int k = 4; file->kid[i]->kind == A_DEF && k < file->kid[i]->n; k++)
            if (same_place(file->kid[i]->kid[k]->name_span, where)) return file->kid[i]->kid[k];
    return NULL;
}

/* A name that was a column of a table is no reference to the script's name. */
static bool is_column(const struct analysis *a, struct span use)
{
    const struct ast *path[DEEPEST_PATH];
    int n = nodes_at(a->file, use.from, path);
    const struct seen *s = path[n - 1]->kind == A_NAME ? inspect_seen(path[n - 1]) : NULL;
    return s && s->column;
}

/* All places of a thing in its document. */
static place_list places_of(struct analysis *a, const struct thing *t)
{
    place_list list = { 0 };
    struct span def = t->link ? t->link->definition : t->definition;
    for (int i = 0; i < a->inspect.links.n; i++) {
        const struct names_link *l = &a->inspect.links.data[i];
        bool same = def.src == a->read ? same_place(l->definition, def) : !l->definition.src && l->name == t->name;
        if (same && !is_column(a, l->use)) add_place(&a->arena, &list, l->use);
    }
    const struct ast *hyper = t->hyper ? t->hyper : declared_hyper(a->file, def);
    if (hyper) hyper_places(&a->arena, a->file, hyper, &list);
    return list;
}

json_t *lsp_references(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct thing t = thing_at(a, document_offset(a, json_object_get(params, "position")));
    bool declaration = json_is_true(json_object_get(json_object_get(params, "context"), "includeDeclaration"));
    json_t *list = json_array();
    (void)why;
    if (!t.name) return list;
    place_list places = places_of(a, &t);
    for (int i = 0; i < places.n; i++)
        if (declaration || !same_place(places.data[i], t.definition))
            json_array_append_new(list, location_json(l, places.data[i]));
    return list;
}

json_t *lsp_highlight(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct thing t = thing_at(a, document_offset(a, json_object_get(params, "position")));
    json_t *list = json_array();
    (void)why;
    place_list places = { 0 };
    if (t.name) places = places_of(a, &t);
    for (int i = 0; i < places.n; i++)
        json_array_append_new(list,
                              json_pack("{s:o}", "range", range_json(a->read, places.data[i].from, places.data[i].to)));
    return list;
}

/* ---- rename ---- */

/* Is a name also the name of a column? Then its text is part of what tables look like. */
static bool names_column(const struct ast *e, str name)
{
    const struct seen *s = e ? inspect_seen(e) : NULL;
    if (!e) return false;
    if (e->kind == A_NAME && e->name == name && s && s->column) return true;
    if (e->kind == A_FIELD && e->name == name) {
        const struct value *v = value_of_node(e->kid[0]);
        if (v && v->kind == V_TABLE) return true;
    }
    for (int i = 0; i < e->n; i++)
        if (names_column(e->kid[i], name)) return true;
    return false;
}

/* Does an algorithm ask the task for it by name? */
static bool is_latent(const struct ast *file, str name)
{
    for (int i = 0; i < file->n; i++) {
        const struct ast *known = file->kid[i]->kind == A_DEF ? file->kid[i]->kid[2] : NULL;
        for (int k = 0; known && k < known->n; k++)
            if (known->kid[k]->name == name) return true;
    }
    return false;
}

/* Why a thing keeps its name; NULL: it can have another. */
static const char *keeps_name(struct analysis *a, const struct thing *t)
{
    struct arena *m = &a->arena;
    struct span def = t->link ? t->link->definition : t->definition;
    if (!t->name) return "there is no name here";
    if (t->hyper && t->definition.src != a->read)
        return arena_printf(m, "`%s` is declared in %s", t->name, t->definition.src->path);
    if (!def.src) return arena_printf(m, "`%s` is not declared in this file", t->name);
    if (t->link && t->link->kind == N_IMPORT) return arena_printf(m, "`%s` is declared in the imported file", t->name);
    if (t->link && (t->link->kind == N_CLAUSE || t->link->kind == N_LOCAL || t->link->kind == N_OPTION) &&
        names_column(a->file, t->name))
        return arena_printf(m, "`%s` is also a column of a table", t->name);
    if (is_latent(a->file, t->name))
        return arena_printf(m, "`%s` is a latent that is asked for by this name (`knowing`)", t->name);
    return NULL;
}

/* Why a text cannot be a name; NULL: it can. */
static const char *no_name(struct analysis *a, const char *text)
{
    struct arena *m = &a->arena;
    const char *keyword;
    for (int i = 0; (keyword = complete_keyword(i)); i++)
        if (!strcmp(keyword, text)) return arena_printf(m, "`%s` is a word of the language", text);
    struct diags ds;
    diags_init(&ds, m);
    const struct source *src = source_new(m, "", text, strlen(text));
    const struct ast *file = parse_source(m, a->ev.names, src, &ds, NULL);
    bool one = !ds.errors && file->n == 1 && file->kid[0]->kind == A_EXPR && file->kid[0]->kid[0]->kind == A_NAME &&
               file->kid[0]->kid[0]->span.to - file->kid[0]->kid[0]->span.from == src->n;
    if (!one) return arena_printf(m, "`%s` is no name", text);
    str name = intern(a->ev.names, text);
    if (builtin_find(text) || dist_find(text)) return arena_printf(m, "`%s` is a builtin", text);
    if (scope_find(a->ev.parts, name)) return arena_printf(m, "`%s` is a definition of the library", text);
    return NULL;
}

static bool overlap(struct span a, struct span b)
{
    return a.from < b.to && b.from < a.to;
}

/* Is another thing of the new name visible where the old one is, or does the file use such a one from around it? */
static const char *clash(struct analysis *a, const struct thing *t, str name)
{
    const struct ast *hyper = t->hyper ? t->hyper : NULL;
    struct span extent = t->link ? t->link->extent : hyper ? hyper->span : a->file->span;
    for (int i = 0; i < a->inspect.links.n; i++) {
        const struct names_link *l = &a->inspect.links.data[i];
        if (hyper && same_place(l->definition, hyper->name_span)) extent = l->extent;
    }
    for (int i = 0; i < a->inspect.links.n; i++) {
        const struct names_link *l = &a->inspect.links.data[i];
        bool seen = l->definition.src ? overlap(l->extent, extent)
                                      : l->use.from >= extent.from && l->use.to <= extent.to;
        if (l->name == name && seen)
            return arena_printf(&a->arena, "there is a `%s` already, on line %d", name,
                                source_line(l->use.src, l->definition.src ? l->definition.from : l->use.from));
    }
    return NULL;
}

/* `{ name }` is short for `{ name: name }`: the key stays. */
static bool is_shorthand(const struct analysis *a, struct span use)
{
    const struct ast *path[DEEPEST_PATH];
    int n = nodes_at(a->file, use.from, path);
    const struct ast *arg = n > 1 ? path[n - 2] : NULL;
    return arg && arg->kind == A_ARG && path[n - 1]->kind == A_NAME && same_place(arg->name_span, path[n - 1]->span);
}

json_t *lsp_prepare_rename(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct thing t = thing_at(a, document_offset(a, json_object_get(params, "position")));
    *why = keeps_name(a, &t);
    return *why ? NULL : range_json(a->read, t.word.from, t.word.to);
}

json_t *lsp_rename(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct thing t = thing_at(a, document_offset(a, json_object_get(params, "position")));
    const char *text = json_string_value(json_object_get(params, "newName"));
    *why = keeps_name(a, &t);
    if (!*why) *why = text ? no_name(a, text) : "no new name is given";
    if (!*why && strcmp(t.name, text)) *why = clash(a, &t, intern(a->ev.names, text));
    if (!*why && a->read != a->src) *why = "the file has syntax errors; mend them first";
    if (*why) return NULL;
    place_list places = places_of(a, &t);
    json_t *edits = json_array();
    for (int i = 0; i < places.n; i++) {
        bool shorthand = is_shorthand(a, places.data[i]);
        const char *with = shorthand ? arena_printf(&a->arena, "%s: %s", t.name, text) : text;
        json_array_append_new(edits, json_pack("{s:o, s:o}", "range",
                                               range_json(a->read, places.data[i].from, places.data[i].to), "newText",
                                               text_value(with)));
    }
    json_t *changes = json_object();
    json_object_set_new(changes, d->uri, edits);
    return json_pack("{s:o}", "changes", changes);
}

/* ---- for completion ---- */

/* The names that can be seen at a byte, innermost last in what `links` holds. */
static void bind_visible(struct analysis *a, struct scope *s, uint32_t offset)
{
    for (int i = 0; i < a->inspect.links.n; i++) {
        const struct names_link *l = &a->inspect.links.data[i];
        if (!same_place(l->use, l->definition) || offset < l->extent.from || offset > l->extent.to) continue;
        const struct value *v = inspect_value(&a->inspect, l->name, l->definition);
        if (v) scope_bind(&a->ev, s, l->name, (struct value *)v, l->definition);
    }
}

const struct value *value_at(struct analysis *a, uint32_t offset, const char *text)
{
    struct diags silent;
    struct ev ev = a->ev;
    if (!ev.script) return NULL;
    diags_init(&silent, &a->arena);
    silent.muted = 1;
    ev.diags = &silent;
    ev.dry = ev.damaged = true;
    ev.calls = NULL;
    ev.k = NULL;
    const struct ast *file = parse_source(ev.arena, ev.names, source_new(ev.arena, "<cursor>", text, strlen(text)),
                                          &silent, NULL);
    if (silent.errors || file->n != 1 || file->kid[0]->kind != A_EXPR) return NULL;
    struct scope *s = scope_new(&ev, ev.script);
    bind_visible(a, s, offset);
    return ev_expr(&ev, s, file->kid[0]->kid[0]);
}
