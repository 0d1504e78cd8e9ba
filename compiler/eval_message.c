/* What the evaluator's messages have in common: the place, the calls that led there, expressions as the user wrote
 * them, types with the origin of every size. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "compiler/eval.h"

enum { MAX_CALLS = 8 }; /* shown in a message: the innermost and the outermost half */

struct diag *ev_error(struct ev *ev, enum diag_code code, const struct ast *at, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    struct diag *m = diag_new(ev->diags, code, at ? at->span : (struct span){ 0 }, "%s", text);
    int depth = 0, shown = 0;
    for (struct call *c = ev->calls; c; c = c->up) depth++;
    for (struct call *c = ev->calls; c; c = c->up, shown++)
        if (depth <= MAX_CALLS || shown < MAX_CALLS / 2 || shown >= depth - MAX_CALLS / 2)
            diag_call(m, c->where, c->what);
    return m;
}

const char *ev_text(struct ev *ev, const struct ast *at)
{
    if (!at->span.src) return at->name ? at->name : "this";
    const char *from = at->span.src->text + at->span.from;
    size_t n = at->span.to - at->span.from;
    char *text = arena_strndup(ev->arena, from, n), *out = text;
    for (const char *p = text; *p; p++) {
        if (!isspace((unsigned char)*p)) *out++ = *p;
        else if (out > text && out[-1] != ' ') *out++ = ' ';
    }
    *out = 0;
    if (out - text > 60) {
        size_t cut = 57;
        while (cut && ((unsigned char)text[cut] & 0xc0) == 0x80) cut--; /* not inside a character */
        strcpy(text + cut, "...");
    }
    return text;
}

enum { MOST_SYMBOLS = 8 };
struct symbols {
    int n;
    const struct size_symbol *of[MOST_SYMBOLS];
};

static void add_symbols(struct symbols *s, dim d)
{
    const struct size_symbol *of[MOST_SYMBOLS];
    int count = size_symbols(d, of, MOST_SYMBOLS);
    for (int j = 0; j < count && j < MOST_SYMBOLS && s->n < MOST_SYMBOLS; j++) {
        bool seen = false;
        for (int k = 0; k < s->n; k++) seen |= s->of[k] == of[j];
        if (!seen) s->of[s->n++] = of[j];
    }
}

static bool same_origin(const struct size_symbol *a, const struct size_symbol *b)
{
    return a->origin.src == b->origin.src && a->what == b->what && a->origin.src && a->what &&
           source_line(a->origin.src, a->origin.from) == source_line(b->origin.src, b->origin.from);
}

/* A line of the library is no line of the user's. */
static bool library(const struct source *src)
{
    return !strncmp(src->path, "<std>", 5);
}

/* "\tn = 40, d = 20 from the options on line 8": names that come from one line are named together. */
static const char *origins(struct ev *ev, struct diag *m, const struct ast *at, const struct symbols *s)
{
    struct buf b = { 0 };
    for (int i = 0; i < s->n; i++) {
        const struct size_symbol *one = s->of[i];
        buf_puts(&b, i ? ", " : "\t");
        if (one->kind == SIZE_VALUED) buf_printf(&b, "%s = %lld", one->name, (long long)one->value);
        else buf_puts(&b, one->name);
        if (i + 1 < s->n && same_origin(one, s->of[i + 1])) continue;
        bool elsewhere = one->origin.src && one->origin.src != at->span.src && library(one->origin.src);
        if (one->origin.src && one->what)
            buf_printf(&b, "%s from %s on line %d%s%s", one->kind == SIZE_VALUED ? "," : "", one->what,
                       source_line(one->origin.src, one->origin.from), elsewhere ? " of " : "",
                       elsewhere ? one->origin.src->path : "");
        if (one->origin.src == at->span.src && at->span.src) diag_context(m, one->origin);
    }
    const char *text = arena_strdup(ev->arena, b.text ? b.text : "");
    buf_free(&b);
    return text;
}

/* All axes when axis < 0. */
static void show(struct ev *ev, struct diag *m, const struct ast *at, const char *name, const struct value *v, int axis)
{
    struct symbols s = { 0 };
    if (v->kind == V_TENSOR && !v->rank && v->size) add_symbols(&s, v->size);
    for (int i = 0; v->kind == V_TENSOR && i < v->rank; i++)
        if (axis < 0 || i == axis) add_symbols(&s, v->dims[i]);
    diag_label(m, at->span, "%s : %s%s", name, value_type(ev->arena, v), origins(ev, m, at, &s));
}

void ev_show(struct ev *ev, struct diag *m, const struct ast *at, const struct value *v)
{
    show(ev, m, at, ev_text(ev, at), v, -1);
}

void ev_show_axis(struct ev *ev, struct diag *m, const struct ast *at, const struct value *v, int axis)
{
    show(ev, m, at, ev_text(ev, at), v, axis);
}

void ev_show_input(struct ev *ev, struct diag *m, const struct ast *at, const char *name, const struct value *v,
                   int axis)
{
    show(ev, m, at, name, v, axis);
}

const char *ev_size_text(struct ev *ev, dim d)
{
    int64_t n;
    const char *text = size_str(ev->arena, d);
    if (!size_known(d, &n)) return text;
    const char *number = arena_printf(ev->arena, "%lld", (long long)n);
    return strcmp(text, number) ? arena_printf(ev->arena, "%s = %s", text, number) : number;
}

void ev_show_size(struct ev *ev, struct diag *m, const struct ast *at, dim d)
{
    struct symbols s = { 0 };
    int64_t n;
    const char *text = ev_text(ev, at);
    add_symbols(&s, d);
    if (!s.n) return; /* a number: it is there to be read */
    if (!size_known(d, &n) || (s.n == 1 && !strcmp(s.of[0]->name, text))) { /* the origin says it all */
        const char *from = origins(ev, m, at, &s);
        diag_label(m, at->span, "%s", *from ? from + 1 : size_str(ev->arena, d));
        return;
    }
    diag_label(m, at->span, "%s = %lld%s", text, (long long)n, origins(ev, m, at, &s));
}

const char *ev_type_known(struct ev *ev, const struct value *v)
{
    struct value plain = *v;
    int64_t n;
    for (int i = 0; i < v->rank; i++)
        if (size_known(v->dims[i], &n)) plain.dims[i] = size_int(ev->sizes, n);
    return value_type(ev->arena, &plain);
}

/* Two sizes may have one name and come from different places: then their numbers tell them apart. */
void ev_size_pair(struct ev *ev, dim a, dim b, const char **a_text, const char **b_text)
{
    *a_text = size_str(ev->arena, a);
    *b_text = size_str(ev->arena, b);
    if (strcmp(*a_text, *b_text)) return;
    *a_text = ev_size_text(ev, a);
    *b_text = ev_size_text(ev, b);
}

/* A name that a signature of the script gives to a size. */
static bool is_any(const struct size_symbol *s)
{
    return s->kind == SIZE_RIGID && s->origin.src && !library(s->origin.src);
}

/* A name of a signature in `a` that hides one of the script's in `b`. */
static bool hidden_size(struct diag *m, const struct symbols *a, const struct symbols *b)
{
    for (int i = 0; i < a->n * b->n; i++) {
        const struct size_symbol *any = a->of[i / b->n], *other = b->of[i % b->n];
        if (!is_any(any) || any->name != other->name || other->kind != SIZE_VALUED || !other->origin.src) continue;
        diag_help(m, "`%s` in the signature stands for any size, and hides `%s = %lld` of line %d", any->name,
                  other->name, (long long)other->value, source_line(other->origin.src, other->origin.from));
        return true;
    }
    return false;
}

void ev_help_size(struct ev *ev, struct diag *m, dim a, dim b)
{
    struct symbols x = { 0 }, y = { 0 };
    int64_t n;
    add_symbols(&x, a);
    add_symbols(&y, b);
    if (hidden_size(m, &x, &y) || hidden_size(m, &y, &x)) return;
    dim known = size_known(b, &n) ? b : a, open = known == b ? a : b;
    const struct size_symbol *any = (known == b ? x : y).of[0];
    if (!size_known(known, &n) || !any || !is_any(any) || strcmp(size_str(ev->arena, open), any->name)) return;
    const char *text = size_str(ev->arena, known);
    bool name = !strpbrk(text, " +-*/()"); /* alone it would stand for any size, too */
    if (name) text = arena_printf(ev->arena, "%lld", (long long)n);
    diag_help(m, "`%s` stands for any size here; where it is always %s, the signature says `%s` in its place",
              any->name, ev_size_text(ev, known), text);
}
