/* Functions and definitions in words: for the session and for editors. */
#include "compiler/describe.h"
#include <ctype.h>
#include <string.h>

/* A definition's head on one line: what stands before its body. */
const char *describe_head(struct arena *a, const struct ast *def)
{
    const struct span s = def->span, body = def->kid[0]->span;
    char *text = arena_strndup(a, s.src->text + s.from, body.from - s.from), *out = text;
    for (const char *p = text; *p; p++) {
        if (!isspace((unsigned char)*p)) *out++ = *p;
        else if (out > text && out[-1] != ' ') *out++ = ' ';
    }
    while (out > text && out[-1] == ' ') out--;
    *out = 0;
    return text;
}

const char *describe_function(struct arena *a, const struct fn *fn)
{
    switch (fn->kind) {
    case FN_DEF: return describe_head(a, fn->def->ast);
    case FN_BUILTIN: {
        struct buf b = { 0 };
        buf_printf(&b, "builtin %s(", fn->builtin->name);
        for (const char *p = fn->builtin->signature; *p; p++)
            if (*p != '&' && *p != '%') buf_putc(&b, *p);
        buf_putc(&b, ')');
        const char *text = arena_strdup(a, b.text);
        buf_free(&b);
        return text;
    }
    case FN_LAMBDA: return "function";
    default: return "gradient";
    }
}

void describe_doc(struct buf *out, const struct value *v)
{
    if (v->kind != V_FN) return;
    if (v->fn->kind == FN_BUILTIN) buf_puts(out, v->fn->builtin->doc);
    if (v->fn->kind == FN_DEF && v->fn->def->ast->text) buf_puts(out, v->fn->def->ast->text);
}

static void describe_symbol(struct arena *a, struct buf *out, const struct size_symbol *s)
{
    const char *value = s->kind == SIZE_VALUED ? arena_printf(a, " = %lld", (long long)s->value) : "";
    if (s->origin.src && s->what)
        buf_printf(out, "`%s`%s: %s on line %d\n\n", s->name, value, s->what,
                   source_line(s->origin.src, s->origin.from));
    else if (*value) buf_printf(out, "`%s`%s\n\n", s->name, value);
}

void describe_sizes(struct arena *a, struct buf *out, const struct value *v)
{
    const struct size_symbol *seen[16], *of[8];
    int n = 0;
    if (v->kind != V_TENSOR) return;
    for (int i = -1; i < v->rank; i++) {
        dim d = i < 0 ? v->size : v->dims[i];
        int count = d ? size_symbols(d, of, 8) : 0;
        for (int k = 0; k < count && k < 8; k++) {
            bool again = false;
            for (int j = 0; j < n; j++) again |= seen[j] == of[k];
            if (again || n == 16) continue;
            seen[n++] = of[k];
            describe_symbol(a, out, of[k]);
        }
    }
}
