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
        if (depth <= MAX_CALLS || shown < MAX_CALLS / 2 || shown >= depth - MAX_CALLS / 2) diag_call(m, c->where, c->what);
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
    if (out - text > 60) strcpy(text + 57, "...");
    return text;
}

const char *ev_size_text(struct ev *ev, dim d)
{
    const struct size_symbol *symbol;
    int64_t n;
    bool named = size_symbols(d, &symbol, 1) > 0;
    return named && size_known(d, &n) ? arena_printf(ev->arena, "%s = %lld", size_str(ev->arena, d), (long long)n)
                                      : size_str(ev->arena, d);
}

void ev_show(struct ev *ev, struct diag *m, const struct ast *at, const struct value *v)
{
    const struct size_symbol *symbol[8];
    struct buf origin = { 0 };
    int n = 0;
    dim whole = v->kind == V_TENSOR && !v->rank ? v->size : NULL;
    for (int i = 0; v->kind == V_TENSOR && i < (whole ? 1 : v->rank); i++) {
        const struct size_symbol *of[8];
        int count = size_symbols(whole ? whole : v->dims[i], of, 8);
        for (int j = 0; j < count && j < 8 && n < 8; j++) {
            bool seen = false;
            for (int k = 0; k < n; k++) seen |= symbol[k] == of[j];
            if (!seen) symbol[n++] = of[j];
        }
    }
    for (int i = 0; i < n; i++) {
        const struct size_symbol *s = symbol[i];
        buf_puts(&origin, i ? ", " : "      ");
        if (s->kind == SIZE_VALUED) buf_printf(&origin, "%s = %lld", s->name, (long long)s->value);
        else buf_puts(&origin, s->name);
        if (s->origin.src && s->what)
            buf_printf(&origin, "%s from %s on line %d", s->kind == SIZE_VALUED ? "," : "", s->what, source_line(s->origin.src, s->origin.from));
    }
    diag_label(m, at->span, "%s : %s%s", ev_text(ev, at), value_type(ev->arena, v), origin.text ? origin.text : "");
    for (int i = 0; i < n; i++)
        if (symbol[i]->origin.src == at->span.src && at->span.src) diag_context(m, symbol[i]->origin);
    buf_free(&origin);
}
