/* Open documents. A state of a text is analysed once, when somebody first asks: it is parsed and checked as `icl check`
 * does it, and what the walks find out is kept (inspect.h). A text that does not parse is told about as it is; for all
 * other questions the lines that are in the way are blanked, so that every place stays where it is: first the lines
 * changed since the text last parsed, then lines with errors. */
#include "compiler/lsp.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "compiler/cache.h"
#include "compiler/diag_json.h"
#include "lang/diag_queue.h"
#include "lang/parse.h"
#include "lang/std.h"
#include "runtime/output.h"

enum { MOST_REPAIRS = 12, REPAIR_BYTES = 1 << 22 };

/* ---- names of files ---- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) % 16 : -1;
}

/* "file:///a%20b" is /a b; what is no file is its own name. */
static char *path_of_uri(const char *uri)
{
    struct buf b = { 0 };
    const char *p = strncmp(uri, "file://", 7) ? uri : strchr(uri + 7, '/');
    buf_puts(&b, "");
    for (; p && *p; p++) {
        int high = p[0] == '%' ? hex(p[1]) : -1, low = high >= 0 ? hex(p[2]) : -1;
        buf_putc(&b, low >= 0 ? (char)(16 * high + low) : *p);
        if (low >= 0) p += 2;
    }
    return b.text;
}

static json_t *uri_of_path(const char *path)
{
    struct buf b = { 0 };
    char *full = *path == '/' ? NULL : realpath(path, NULL);
    if (full) path = full;
    buf_puts(&b, "file://");
    for (; *path; path++) {
        bool plain = strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", *path) != NULL;
        if (plain) buf_putc(&b, *path);
        else buf_printf(&b, "%%%02X", (unsigned char)*path);
    }
    json_t *j = json_string(b.text);
    buf_free(&b);
    free(full);
    return j;
}

/* The library's texts live in the program: an editor is shown a copy. NULL: there is nowhere to put it. */
static const char *library_copy(struct arena *a, const char *name)
{
    const char *folder = cache_folder(a);
    if (!folder) return NULL;
    char *path = arena_printf(a, "%s/std-" PACKAGE_VERSION, folder);
    mkdir(path, 0700);
    path = arena_printf(a, "%s/%s", path, name);
    for (int i = 0; i < std_files_count; i++) {
        if (strcmp(std_files[i].name, name)) continue;
        const char *why = NULL;
        struct source *old = source_read(a, path, &why);
        if (old && old->n == std_files[i].n && !memcmp(old->text, std_files[i].text, old->n)) return path;
        return output_write(a, path, std_files[i].text, std_files[i].n) ? NULL : path;
    }
    return NULL;
}

json_t *location_json(struct lsp *l, struct span s)
{
    struct arena a = { 0 };
    json_t *uri = NULL;
    if (!s.src) return json_null();
    for (const struct document *d = l->documents; d; d = d->next)
        if (!strcmp(d->path, s.src->path)) uri = text_value(d->uri);
    if (!uri && !strncmp(s.src->path, "<std>/", 6)) {
        const char *copy = library_copy(&a, s.src->path + 6);
        uri = copy ? uri_of_path(copy) : NULL;
    } else if (!uri) {
        uri = uri_of_path(s.src->path);
    }
    arena_free(&a);
    return uri ? json_pack("{s:o, s:o}", "uri", uri, "range", range_json(s.src, s.from, s.to)) : json_null();
}

/* ---- positions ---- */

static json_t *position_json(const struct source *src, uint32_t at)
{
    return json_pack("{s:i, s:i}", "line", source_line(src, at) - 1, "character", source_utf16(src, at));
}

json_t *range_json(const struct source *src, uint32_t from, uint32_t to)
{
    return json_pack("{s:o, s:o}", "start", position_json(src, from), "end", position_json(src, to));
}

static uint32_t offset_in(const struct source *src, const json_t *position)
{
    return source_offset(src, (int)json_integer_value(json_object_get(position, "line")),
                         (int)json_integer_value(json_object_get(position, "character")));
}

uint32_t document_offset(const struct analysis *a, const json_t *position)
{
    return offset_in(a->src, position);
}

/* ---- open documents ---- */

static void forget(struct document *d)
{
    if (!d->known) return;
    arena_free(&d->known->arena);
    free(d->known);
    d->known = NULL;
}

/* After a change others that import may have other messages. */
static void changed(struct lsp *l, struct document *d)
{
    for (struct document *o = l->documents; o; o = o->next) {
        if (o != d && !(o->known && o->known->imports)) continue;
        forget(o);
        o->told = false;
    }
}

struct document *document_find(struct lsp *l, const json_t *params)
{
    const char *uri = json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
    for (struct document *d = l->documents; uri && d; d = d->next)
        if (!strcmp(d->uri, uri)) return d;
    return NULL;
}

struct document *document_open(struct lsp *l, const char *uri, const char *text, json_int_t version)
{
    struct document *d = l->documents;
    while (d && strcmp(d->uri, uri)) d = d->next;
    if (!d) {
        d = calloc(1, sizeof *d);
        if (!d) out_of_memory(sizeof *d);
        d->uri = strdup(uri);
        if (!d->uri) out_of_memory(strlen(uri) + 1);
        d->path = path_of_uri(uri);
        d->next = l->documents;
        l->documents = d;
    }
    d->version = version;
    d->text.n = 0;
    buf_puts(&d->text, text);
    changed(l, d);
    return d;
}

void document_close(struct lsp *l, struct document *d)
{
    struct document **at = &l->documents;
    while (*at && *at != d) at = &(*at)->next;
    if (*at) *at = d->next;
    forget(d);
    buf_free(&d->text);
    buf_free(&d->good);
    free(d->uri);
    free(d->path);
    free(d);
}

void document_change(struct lsp *l, struct document *d, const json_t *changes)
{
    size_t i;
    json_t *c;
    json_array_foreach((json_t *)changes, i, c) {
        const char *text = json_string_value(json_object_get(c, "text"));
        const json_t *range = json_object_get(c, "range");
        struct arena a = { 0 };
        if (!text) continue;
        struct buf whole = { 0 };
        buf_puts(&whole, "");
        if (range) {
            const struct source *src = source_new(&a, d->path, d->text.text, d->text.n);
            uint32_t from = offset_in(src, json_object_get(range, "start"));
            uint32_t to = offset_in(src, json_object_get(range, "end"));
            if (to < from) to = from;
            buf_add(&whole, src->text, from);
            buf_puts(&whole, text);
            buf_add(&whole, src->text + to, src->n - to);
        } else {
            buf_puts(&whole, text);
        }
        buf_free(&d->text);
        d->text = whole;
        arena_free(&a);
    }
    changed(l, d);
}

/* ---- a text that parses ---- */

/* The number of syntax errors; *where: a line of one, from 0. */
static int errors_of(const char *text, size_t n, int *where)
{
    struct arena a = { 0 };
    struct diags ds;
    diags_init(&ds, &a);
    parse_source(&a, interner_new(&a), source_new(&a, "", text, n), &ds, NULL);
    int errors = ds.errors;
    diags_sort(&ds);
    *where = 0;
    for (int i = 0; i < ds.n; i++) {
        struct span s = diag_place(ds.list[i]);
        if (diag_code_severity(ds.list[i]->code) != SEV_ERROR || !s.src) continue;
        *where = source_line(s.src, s.from) - 1;
        break;
    }
    arena_free(&a);
    return errors;
}

static bool blank(char *text, const struct source *src, int line)
{
    uint32_t from = src->line_at[line], to = line + 1 < src->lines ? src->line_at[line + 1] : (uint32_t)src->n;
    bool some = false;
    for (uint32_t i = from; i < to; i++) {
        some |= !strchr(" \t\r\n", text[i]);
        if (text[i] != '\n') text[i] = ' ';
    }
    return some;
}

/* Blanks the lines that differ from a text that parsed. */
static void blank_changes(char *text, const struct source *src, const struct buf *good)
{
    size_t head = 0, tail = 0, n = src->n, m = good->n;
    while (head < n && head < m && text[head] == good->text[head]) head++;
    while (tail < n - head && tail < m - head && text[n - 1 - tail] == good->text[m - 1 - tail]) tail++;
    int first = source_line(src, (uint32_t)head) - 1, last = source_line(src, (uint32_t)(n - tail)) - 1;
    for (int line = first; line <= last; line++) blank(text, src, line);
}

/* Blanks the line of an error, or the one before it, whichever leaves fewer; returns how many are left. */
static int blank_error(struct arena *a, char *text, const struct source *src, int where, int errors, int *next)
{
    int best = errors + 1, choice = -1;
    for (int back = 0, line = where; line >= 0 && back < 2; line--) {
        char *trial = arena_strndup(a, text, src->n);
        int at, left;
        if (!blank(trial, src, line)) continue;
        back++;
        left = errors_of(trial, src->n, &at);
        if (left >= best) continue;
        best = left;
        choice = line;
        *next = at;
    }
    if (choice >= 0) blank(text, src, choice);
    return choice >= 0 ? best : -1;
}

static const struct source *readable(struct document *d, struct arena *a, const struct source *src)
{
    struct arena scratch = { 0 };
    char *text = arena_strndup(&scratch, src->text, src->n);
    int where, errors;
    size_t read = 0;
    if (d->good.n) blank_changes(text, src, &d->good);
    errors = errors_of(text, src->n, &where);
    if (errors && d->good.n) {
        memcpy(text, src->text, src->n);
        errors = errors_of(text, src->n, &where);
    }
    for (int i = 0; i < MOST_REPAIRS && errors > 0 && read < REPAIR_BYTES; i++, read += 3 * src->n)
        errors = blank_error(&scratch, text, src, where, errors, &where);
    if (errors)
        for (int line = 0; line < src->lines; line++) blank(text, src, line);
    struct source *s = source_new(a, src->path, text, src->n);
    arena_free(&scratch);
    return s;
}

/* ---- analysis ---- */

static void begin(struct lsp *l, struct analysis *a)
{
    struct embedded_file *open;
    int n = 0;
    for (struct document *d = l->documents; d; d = d->next) n++;
    open = ARENA_ARRAY(&a->arena, struct embedded_file, n + 1);
    n = 0;
    for (struct document *d = l->documents; d; d = d->next)
        open[n++] = (struct embedded_file){ .path = d->path, .text = d->text.text, .n = d->text.n };
    diags_init(&a->diags, &a->arena);
    a->session.open_files = open;
    a->ev.arena = &a->arena;
    a->ev.names = interner_new(&a->arena);
    a->ev.sizes = size_table_new(&a->arena);
    a->ev.diags = &a->diags;
    a->ev.session = &a->session;
    a->ev.precision = 32;
    library_load(&a->ev);
    a->inspect.arena = &a->arena;
}

static void check(struct analysis *a, const struct source *src)
{
    a->read = a->inspect.src = src;
    struct program *p = program_of_source(&a->ev, src);
    a->file = program_ast(p);
    a->ev.inspect = &a->inspect;
    program_check(&a->ev, p);
    a->ev.inspect = NULL;
    a->session.open_files = NULL;
}

struct analysis *document_known(struct lsp *l, struct document *d)
{
    if (d->known) return d->known;
    struct analysis *a = d->known = calloc(1, sizeof *a);
    int where;
    if (!a) out_of_memory(sizeof *a);
    begin(l, a);
    a->src = source_new(&a->arena, d->path, d->text.text, d->text.n);
    if (!errors_of(a->src->text, a->src->n, &where)) {
        check(a, a->src);
        d->good.n = 0;
        buf_add(&d->good, a->src->text, a->src->n);
    } else {
        struct diags of_rest = a->diags;
        parse_source(&a->arena, a->ev.names, a->src, &a->diags, NULL);
        a->ev.diags = &of_rest;
        check(a, readable(d, &a->arena, a->src));
        a->ev.diags = &a->diags;
    }
    for (int i = 0; i < a->file->n; i++) a->imports |= a->file->kid[i]->kind == A_IMPORT;
    return a;
}

/* ---- messages ---- */

static json_t *related(struct lsp *l, const struct analysis *a, const struct diag *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->marks.n; i++)
        if (m->marks.data[i].text && m->marks.data[i].where.src == a->src)
            json_array_append_new(list, json_pack("{s:o, s:o}", "location", location_json(l, m->marks.data[i].where),
                                                  "message", text_value(m->marks.data[i].text)));
    return list;
}

static json_t *message(const struct diag *m, const struct source *elsewhere)
{
    struct buf b = { 0 };
    struct span at = diag_place(m);
    if (elsewhere) buf_printf(&b, "%s:%d: ", elsewhere->path, source_line(elsewhere, at.from));
    buf_puts(&b, m->message);
    for (int help = 0; help < 2; help++)
        for (int i = 0; i < m->notes.n; i++)
            if (m->notes.data[i].help == help) buf_printf(&b, "\n%s", m->notes.data[i].text);
    json_t *j = text_value(b.text);
    buf_free(&b);
    return j;
}

/* What is wrong in an imported file is shown where it is imported. */
static struct span shown_at(const struct analysis *a, const struct diag *m)
{
    struct span at = diag_place(m);
    if (at.src == a->src) return at;
    for (int i = 0; at.src && i < a->file->n; i++)
        if (a->file->kid[i]->kind == A_IMPORT) return a->file->kid[i]->span;
    return (struct span){ a->src, 0, 0 };
}

json_t *document_messages(struct lsp *l, struct document *d)
{
    struct analysis *a = document_known(l, d);
    json_t *list = json_array();
    diags_sort(&a->diags);
    for (int i = 0; i < a->diags.n; i++) {
        const struct diag *m = a->diags.list[i];
        struct span at = shown_at(a, m);
        const struct source *elsewhere = diag_place(m).src != a->src ? diag_place(m).src : NULL;
        bool unused = m->code == W_UNUSED_DRAW || m->code == W_UNUSED_NAME || m->code == W_UNUSED_OPTION;
        json_t *j = json_pack("{s:o, s:i, s:s, s:s, s:o, s:o}", "range", range_json(a->src, at.from, at.to), "severity",
                              diag_code_severity(m->code) == SEV_ERROR ? 1 : 2, "code", diag_code_text(m->code),
                              "source", "icl", "message", message(m, elsewhere), "relatedInformation",
                              related(l, a, m));
        if (unused) json_object_set_new(j, "tags", json_pack("[i]", 1));
        json_array_append_new(list, j);
    }
    return json_pack("{s:o, s:I, s:o}", "uri", text_value(d->uri), "version", d->version, "diagnostics", list);
}
