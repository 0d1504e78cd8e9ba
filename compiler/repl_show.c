/* How a session shows a value: the value and its type on one line, or the type above a value of several lines. */
#include <stdio.h>
#include <string.h>
#include "compiler/describe.h"
#include "compiler/repl.h"
#include "runtime/output.h"
#include "runtime/table.h"

static const char *table_type(struct arena *a, const struct value *v)
{
    struct buf b = { 0 };
    if (v->open) buf_puts(&b, "table of ");
    else buf_printf(&b, "table, %d row%s of ", v->table->rows, v->table->rows == 1 ? "" : "s");
    for (int c = 0; c < v->table->columns; c++) buf_printf(&b, "%s%s", c ? ", " : "", v->table->column[c].name);
    const char *text = arena_strdup(a, v->table->columns ? b.text : "table");
    buf_free(&b);
    return text;
}

const char *repl_type(struct repl *r, const struct value *v)
{
    struct arena *a = r->ev->arena;
    const char *text;
    switch (v->kind) {
    case V_FN: return describe_function(a, v->fn);
    case V_TABLE: return table_type(a, v);
    case V_INSTANCE: return ast_def_word(v->instance->def->kind);
    case V_ESTIMATE:
        if (!v->measured) return "estimate";
        return arena_printf(a, "estimate, %lld prompts", (long long)v->measured->of.trials);
    case V_TENSOR:
        if (v->known && v->rank) { /* sizes as numbers, whatever they are called */
            struct buf b = { 0 };
            for (int i = 0; i < v->rank; i++) buf_printf(&b, "%s%lld", i ? ", " : "", (long long)v->data.dims[i]);
            text = arena_printf(a, "%s[%s]", dtype_name[v->dtype], b.text);
            buf_free(&b);
            return text;
        }
        break;
    default: break;
    }
    text = value_type(a, v);
    return !strncmp(text, "a ", 2) ? text + 2 : !strncmp(text, "an ", 3) ? text + 3 : text;
}

static void as_json(struct repl *r, const struct value *v, struct buf *out)
{
    if (v->kind == V_TABLE) {
        table_json(out, v->table);
        return;
    }
    value_json(out, v, r->ev->precision);
    buf_putc(out, '\n');
}

static bool is_wider(const struct buf *b, int width)
{
    for (size_t from = 0, n; from < b->n; from += n + 1) {
        const char *end = memchr(b->text + from, '\n', b->n - from);
        n = end ? (size_t)(end - b->text) - from : b->n - from;
        if (utf8_columns(b->text + from, n) > width) return true;
    }
    return false;
}

static void as_text(struct repl *r, const struct value *v, struct buf *out)
{
    int width = output_width(stdout), precision = r->ev->precision;
    struct buf b = { 0 };
    const char *type = repl_type(r, v);
    if (v->kind == V_FN) {
        buf_printf(out, "%s\n", type);
        return;
    }
    if (v->kind == V_TABLE) {
        buf_printf(out, "%s\n", type);
        table_print(out, v->table, width);
        return;
    }
    if (v->kind == V_INSTANCE || v->kind == V_CHAIN) value_name(&b, v, true, precision);
    else if (v->kind == V_STRING) buf_printf(&b, "\"%s\"", v->text);
    else value_print_brief(&b, v, precision);
    if (width && v->kind == V_TENSOR && v->known && v->rank > 1 && is_wider(&b, width)) { /* rows would be broken */
        b.n = 0;
        value_print_corners(&b, v, precision);
    }
    size_t columns = (size_t)utf8_columns(b.text, b.n) + strlen(type) + 3;
    bool one_line = !memchr(b.text, '\n', b.n) && columns <= (width ? (size_t)width : 100);
    if (one_line) buf_printf(out, "%s : %s\n", b.text, type);
    else buf_printf(out, "%s\n%s\n", type, b.text);
    buf_free(&b);
}

void repl_show(struct repl *r, struct value *v)
{
    struct buf out = { 0 };
    if (r->ev->session->format == FORMAT_JSON) as_json(r, v, &out);
    else as_text(r, v, &out);
    fwrite(out.text, 1, out.n, stdout);
    fflush(stdout);
    buf_free(&out);
}
