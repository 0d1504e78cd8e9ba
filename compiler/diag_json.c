/* Messages as JSON objects. A message in the library stands at the call that led there, as in the printed form; the
 * place in the library is then among the related ones. */
#include "compiler/diag_json.h"
#include <string.h>
#include "lang/diag_queue.h"

static json_t *position(const struct source *src, uint32_t offset)
{
    return json_pack("{s:i, s:i, s:i, s:I}", "line", source_line(src, offset), "column", source_column(src, offset),
                     "utf16", source_utf16(src, offset), "byte", (json_int_t)offset);
}

json_t *span_json(struct span s)
{
    if (!s.src) return json_null();
    return json_pack("{s:o, s:o, s:o}", "file", text_value(s.src->path), "start", position(s.src, s.from), "end",
                     position(s.src, s.to));
}

static bool same_place(struct span a, struct span b)
{
    return a.src == b.src && a.from == b.from && a.to == b.to;
}

json_t *text_value(const char *text)
{
    struct buf plain = { 0 };
    uint32_t code;
    size_t n = strlen(text);
    buf_puts(&plain, "");
    for (size_t i = 0; i < n;) {
        int bytes = utf8_next(text + i, n - i, &code);
        if (bytes <= 0) buf_putc(&plain, '?');
        else if (text[i] == '\t') buf_putc(&plain, ' ');
        else buf_add(&plain, text + i, (size_t)bytes);
        i += bytes > 0 ? (size_t)bytes : 1;
    }
    json_t *j = json_string(plain.text);
    buf_free(&plain);
    return j;
}

static json_t *related(const struct diag *m)
{
    json_t *list = json_array();
    struct span at = diag_place(m);
    for (int i = 0; i < m->marks.n; i++)
        if (m->marks.data[i].text)
            json_array_append_new(list, json_pack("{s:o, s:o}", "place", span_json(m->marks.data[i].where), "message",
                                                  text_value(m->marks.data[i].text)));
    if (!same_place(at, m->where))
        json_array_append_new(list, json_pack("{s:o, s:s}", "place", span_json(m->where), "message", "found here"));
    for (int i = 0; i < m->calls.n; i++) {
        char what[128];
        snprintf(what, sizeof what, "in `%.100s`, called here", m->calls.data[i].what);
        json_array_append_new(list, json_pack("{s:o, s:o}", "place", span_json(m->calls.data[i].call), "message",
                                              text_value(what)));
    }
    return list;
}

static json_t *lines(const struct diag *m, bool help)
{
    json_t *list = json_array();
    for (int i = 0; i < m->notes.n; i++)
        if (m->notes.data[i].help == help) json_array_append_new(list, text_value(m->notes.data[i].text));
    return list;
}

json_t *diag_json(const struct diag *m)
{
    bool error = diag_code_severity(m->code) == SEV_ERROR;
    json_t *j = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "place", span_json(diag_place(m)), "code",
                          diag_code_text(m->code), "kind", diag_code_kind(m->code), "severity",
                          error ? "error" : "warning", "message", text_value(m->message), "related",
                          related(m), "notes", lines(m, false), "hints", lines(m, true));
    if (j && m->fix)
        json_object_set_new(j, "fix", json_pack("{s:o, s:o}", "place", span_json(m->fix_where), "text",
                                                text_value(m->fix)));
    return j;
}

void diags_write_json(struct diags *ds, FILE *to)
{
    diags_sort(ds);
    for (int i = 0; i < ds->n; i++) {
        json_t *j = diag_json(ds->list[i]);
        json_dumpf(j, to, JSON_COMPACT | JSON_REAL_PRECISION(17));
        fputc('\n', to);
        json_decref(j);
    }
    diags_clear(ds);
}
