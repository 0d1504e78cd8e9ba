/* What could stand at a place: completion (what the session offers, and the names that can be seen there), signatures
 * of what is being called; and what concerns a whole document: its symbols, its layout, repairs that messages propose.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/complete.h"
#include "compiler/describe.h"
#include "compiler/diag_json.h"
#include "compiler/lsp.h"
#include "lang/diag_queue.h"
#include "lang/fmt.h"

/* Numbers of the protocol. */
enum {
    ITEM_FUNCTION = 3, ITEM_FIELD = 5, ITEM_VARIABLE = 6, ITEM_CLASS = 7, ITEM_KEYWORD = 14, ITEM_FILE = 17,
    SYMBOL_CLASS = 5, SYMBOL_FUNCTION = 12, SYMBOL_VARIABLE = 13, SYMBOL_CONSTANT = 14, SYMBOL_STRUCT = 23,
    SYMBOL_EVENT = 24
};

/* ---- completion ---- */

struct place {
    struct analysis *a;
    uint32_t offset;
};

static const struct value *value_of(struct completer *c, const char *text)
{
    const struct place *p = c->ctx;
    return value_at(p->a, p->offset, text);
}

static bool visible(const struct names_link *l, uint32_t offset)
{
    return l->use.from == l->definition.from && l->use.src == l->definition.src && offset >= l->extent.from &&
           offset <= l->extent.to && !(l->use.from <= offset && offset <= l->use.to);
}

static void locals(struct completer *c)
{
    const struct place *p = c->ctx;
    for (int i = 0; i < p->a->inspect.links.n; i++)
        if (visible(&p->a->inspect.links.data[i], p->offset))
            complete_offer(c, "", p->a->inspect.links.data[i].name, "");
}

static bool is_keyword(const char *word)
{
    const char *keyword;
    for (int i = 0; (keyword = complete_keyword(i)); i++)
        if (!strcmp(keyword, word)) return true;
    return false;
}

/* What a word stands for: its kind as the protocol numbers it, and its type. */
static int item_kind(const struct place *p, const char *word, const char **detail)
{
    struct analysis *a = p->a;
    str name = intern(a->ev.names, word);
    const struct value *v = NULL;
    for (int i = a->inspect.links.n - 1; i >= 0 && !v; i--) {
        const struct names_link *l = &a->inspect.links.data[i];
        if (l->name == name && visible(l, p->offset)) v = inspect_value(&a->inspect, name, l->definition);
    }
    struct binding *b = v ? NULL : a->ev.script ? scope_find(a->ev.script, name) : NULL;
    if (!v && !b) b = scope_find(a->ev.parts, name);
    if (b) v = b->value;
    if (v && v->kind == V_FN && v->fn->kind == FN_DEF) {
        *detail = describe_head(&a->arena, v->fn->def->ast);
        return v->fn->def->kind == DEF_FN ? ITEM_FUNCTION : ITEM_CLASS;
    }
    if (!v && builtin_find(word)) {
        *detail = builtin_find(word)->doc;
        return ITEM_FUNCTION;
    }
    if (v) *detail = value_type(&a->arena, v);
    return !v && is_keyword(word) ? ITEM_KEYWORD : ITEM_VARIABLE;
}

static json_t *item(const struct place *p, const struct completer *c, const char *word)
{
    const char *detail = NULL;
    size_t n = strlen(word), from = c->from;
    bool argument = n > 3 && !strcmp(word + n - 3, " = ");
    bool field = c->from && c->text[c->from - 1] == '.';
    int kind = argument || field ? ITEM_FIELD : c->quote >= 0 ? ITEM_FILE : item_kind(p, word, &detail);
    const char *label = argument ? arena_strndup(&p->a->arena, word, n - 3) : word;
    json_t *j = json_pack("{s:o, s:i, s:{s:o, s:o}}", "label", text_value(label), "kind", kind, "textEdit", "range",
                          range_json(p->a->src, (uint32_t)from, p->offset), "newText", text_value(word));
    if (detail) json_object_set_new(j, "detail", text_value(detail));
    if (argument) json_object_set_new(j, "sortText", text_value(arena_printf(&p->a->arena, " %s", label)));
    return j;
}

/* In a comment there is nothing to complete. */
static bool in_comment(const char *text, size_t n)
{
    bool quote = false;
    size_t line = n;
    while (line && text[line - 1] != '\n') line--;
    for (size_t i = line; i < n; i++) {
        if (text[i] == '\\' && quote) i++;
        else if (text[i] == '"') quote = !quote;
        else if (text[i] == '#' && !quote) return true;
    }
    return false;
}

json_t *lsp_completion(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct place p = { a, document_offset(a, json_object_get(params, "position")) };
    struct completion out = { 0 };
    json_t *items = json_array();
    (void)why;
    if (!a->ev.script || in_comment(a->src->text, p.offset)) return items;
    struct completer c = { .ev = &a->ev, .ctx = &p, .value_of = value_of, .locals = locals, .out = &out };
    c.text = arena_strndup(&a->arena, a->src->text, p.offset);
    c.n = c.from = p.offset;
    complete_expression(&c);
    complete_sort(&out);
    for (int i = 0; i < out.words.n; i++) json_array_append_new(items, item(&p, &c, out.words.data[i]));
    arena_free(&out.arena);
    return items;
}

/* ---- signatures ---- */

/* A signature being written: its text, and where each parameter stands in it. */
struct signature {
    struct buf text;
    json_t *parameters;
    VEC(const char *) names;
};

static void parameter(struct analysis *a, struct signature *s, const char *name, const char *text)
{
    struct arena scratch = { 0 };
    if (s->names.n) buf_puts(&s->text, ", ");
    const struct source *before = source_new(&scratch, "", s->text.text, s->text.n);
    int from = source_utf16(before, (uint32_t)before->n);
    buf_puts(&s->text, text);
    const struct source *after = source_new(&scratch, "", s->text.text, s->text.n);
    json_array_append_new(s->parameters,
                          json_pack("{s:[i, i]}", "label", from, source_utf16(after, (uint32_t)after->n)));
    vec_push(&a->arena, &s->names, name);
    arena_free(&scratch);
}

static void of_builtin(struct analysis *a, struct signature *s, const struct builtin *b)
{
    for (const char *p = b->signature; *p; p += *p == ',') {
        p += strspn(p, " &%");
        size_t n = strcspn(p, ","), name = strcspn(p, " =,");
        if (n) parameter(a, s, arena_strndup(&a->arena, p, name), arena_strndup(&a->arena, p, n));
        p += n;
    }
}

static void of_definition(struct analysis *a, struct signature *s, const struct def *d)
{
    for (int i = 0; i < d->nhypers; i++) {
        const struct ast *h = d->hyper[i];
        parameter(a, s, h->name,
                  arena_strndup(&a->arena, h->span.src->text + h->span.from, h->span.to - h->span.from));
    }
}

/* Which parameter the text after the bracket is at: by name, or by position. */
static int active(const struct completer *c, size_t open, const struct signature *s)
{
    int depth = 0, commas = 0;
    size_t start = open + 1;
    for (size_t i = open + 1; i < c->n; i++) {
        if (strchr("([{", c->text[i])) depth++;
        else if (strchr(")]}", c->text[i])) depth--;
        else if (c->text[i] == ',' && depth == 0) {
            commas++;
            start = i + 1;
        }
    }
    while (start < c->n && isspace((unsigned char)c->text[start])) start++;
    size_t end = start;
    while (end < c->n && complete_word_char(c->text[end])) end++;
    size_t after = end;
    while (after < c->n && c->text[after] == ' ') after++;
    bool named = after < c->n && (c->text[after] == '=' || !strncmp(c->text + after, "in ", 3)) && end > start;
    for (int i = 0; named && i < s->names.n; i++)
        if (strlen(s->names.data[i]) == end - start && !strncmp(s->names.data[i], c->text + start, end - start))
            return i;
    return commas;
}

/* What is called by a name: a part of a network first where one is being written. */
static const struct value *callee_value(struct analysis *a, uint32_t offset, const char *name)
{
    const struct ast *path[DEEPEST_PATH];
    int n = nodes_at(a->file, offset, path);
    bool network = false;
    for (int i = 0; i < n; i++)
        network |= path[i]->kind == A_DEF && (path[i]->integer == DEF_LAYER || path[i]->integer == DEF_ARCHITECTURE);
    a->ev.parts_first = network;
    const struct value *v = value_at(a, offset, name);
    a->ev.parts_first = false;
    return v;
}

json_t *lsp_signature(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    uint32_t offset = document_offset(a, json_object_get(params, "position"));
    struct completion out = { 0 };
    struct completer c = { .ev = &a->ev, .out = &out, .n = offset };
    c.text = arena_strndup(&a->arena, a->src->text, offset);
    struct signature s = { .parameters = json_array() };
    json_t *result = NULL;
    (void)why;
    complete_scan(&c);
    size_t open = c.open.n ? c.open.data[c.open.n - 1] : 0;
    const char *name = c.open.n && c.text[open] == '(' ? complete_name_before(&c, open) : "";
    const struct value *v = *name ? callee_value(a, offset, name) : NULL;
    bool known = v && v->kind == V_FN && (v->fn->kind == FN_DEF || v->fn->kind == FN_BUILTIN);
    if (known) {
        struct buf doc = { 0 };
        buf_printf(&s.text, "%s(", name);
        if (v->fn->kind == FN_DEF) of_definition(a, &s, v->fn->def);
        else of_builtin(a, &s, v->fn->builtin);
        buf_puts(&s.text, ")");
        describe_doc(&doc, v);
        result = json_pack("{s:[{s:o, s:o, s:o}], s:i, s:i}", "signatures", "label", text_value(s.text.text),
                           "parameters", json_incref(s.parameters), "documentation", text_value(doc.n ? doc.text : ""),
                           "activeSignature", 0, "activeParameter", active(&c, open, &s));
        buf_free(&doc);
    }
    json_decref(s.parameters);
    buf_free(&s.text);
    arena_free(&out.arena);
    return result;
}

/* ---- symbols ---- */

static int symbol_kind(const struct ast *e)
{
    if (e->kind == A_OPTION) return SYMBOL_CONSTANT;
    if (e->kind != A_DEF) return e->kind == A_TEST ? SYMBOL_EVENT : SYMBOL_VARIABLE;
    return e->integer == DEF_FN                                       ? SYMBOL_FUNCTION
           : e->integer == DEF_TASK                                   ? SYMBOL_STRUCT
           : e->integer == DEF_LAYER || e->integer == DEF_ARCHITECTURE ? SYMBOL_CLASS
                                                                      : SYMBOL_FUNCTION;
}

json_t *lsp_symbols(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    json_t *list = json_array();
    (void)params, (void)why;
    for (int i = 0; i < a->file->n; i++) {
        const struct ast *e = a->file->kid[i], *target = e->kind == A_ASSIGN ? e->kid[0] : NULL;
        bool plain = target && target->kind == A_NAME;
        const char *name = e->kind == A_TEST ? e->text : plain ? target->name : e->name;
        struct span at = e->kind == A_TEST ? e->span : plain ? target->span : e->name_span;
        if (!plain && e->kind != A_DEF && e->kind != A_OPTION && e->kind != A_TEST) continue;
        const char *detail = e->kind == A_DEF ? ast_def_word((enum def_kind)e->integer) : ast_kind_name(e->kind);
        const struct value *v = plain ? inspect_value(&a->inspect, target->name, target->span) : NULL;
        if (v) detail = value_type(&a->arena, v);
        json_array_append_new(list,
                              json_pack("{s:o, s:o, s:i, s:o, s:o}", "name", text_value(name && *name ? name : "?"),
                                        "detail", text_value(detail), "kind", symbol_kind(e), "range",
                                        range_json(a->read, e->span.from, e->span.to), "selectionRange",
                                        range_json(a->read, at.from, at.to)));
    }
    return list;
}

/* ---- layout ---- */

/* One edit: what lies between the first and the last line that change. */
static json_t *difference(const struct source *src, const struct buf *text)
{
    size_t head = 0, tail = 0, n = src->n, m = text->n;
    while (head < n && head < m && src->text[head] == text->text[head]) head++;
    while (head && src->text[head - 1] != '\n') head--;
    while (tail < n - head && tail < m - head && src->text[n - 1 - tail] == text->text[m - 1 - tail]) tail++;
    while (tail && src->text[n - tail - 1] != '\n') tail--;
    char *middle = strndup(text->text + head, m - tail - head);
    json_t *edit = json_pack("[{s:o, s:s}]", "range", range_json(src, (uint32_t)head, (uint32_t)(n - tail)), "newText",
                             middle);
    free(middle);
    return edit;
}

json_t *lsp_format(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    struct diags silent;
    struct buf text = { 0 };
    json_t *result = NULL;
    (void)params;
    diags_init(&silent, &a->arena);
    buf_puts(&text, "");
    if (!fmt_source(&a->arena, a->src, &silent, &text)) {
        buf_free(&text); /* its messages say why */
        return NULL;
    }
    const struct source *after = source_new(&a->arena, d->path, text.text, text.n);
    if (!fmt_same_program(&a->arena, a->src, after)) *why = "a fault of the formatter: it would change the program";
    else if (after->n == a->src->n && !memcmp(after->text, a->src->text, after->n)) result = json_array();
    else result = difference(a->src, &text);
    buf_free(&text);
    return result;
}

/* ---- repairs ---- */

json_t *lsp_actions(struct lsp *l, struct document *d, const json_t *params, const char **why)
{
    struct analysis *a = document_known(l, d);
    const json_t *range = json_object_get(params, "range");
    uint32_t from = document_offset(a, json_object_get(range, "start"));
    uint32_t to = document_offset(a, json_object_get(range, "end"));
    json_t *list = json_array();
    (void)why;
    for (int i = 0; i < a->diags.n; i++) {
        const struct diag *m = a->diags.list[i];
        struct span at = diag_place(m);
        if (!m->fix || m->fix_where.src != a->src || at.src != a->src || at.from > to || at.to < from) continue;
        json_t *changes = json_object(), *edit = json_pack("{s:o, s:o}", "range",
                                                           range_json(a->src, m->fix_where.from, m->fix_where.to),
                                                           "newText", text_value(m->fix));
        json_object_set_new(changes, d->uri, json_pack("[o]", edit));
        json_array_append_new(list,
                              json_pack("{s:o, s:s, s:{s:o}}", "title",
                                        text_value(arena_printf(&a->arena, "write `%s`", m->fix)), "kind", "quickfix",
                                        "edit", "changes", changes));
    }
    return list;
}
