/* The queue of messages. A message is copied into the arena as it is built and printed later by diag_print.c, so that
 * all messages of a run come out sorted by place. Invariant: two queued messages never have the same code at the same
 * span, except in library text, where the caller tells them apart. */
#include "lang/diag_queue.h"

#include <string.h>

static const struct {
    const char *code, *kind, *page;
    enum severity severity;
} rows[] = {
#define DIAG(name, code, severity, kind, page) {code, kind, page, severity},
#include "lang/diag.def"
#undef DIAG
};

/* Makes an empty queue. */
void diags_init(struct diags *ds, struct arena *a) {
    memset(ds, 0, sizeof *ds);
    ds->arena = a;
}

/* Forgets all messages and counts. */
void diags_clear(struct diags *ds) {
    ds->n = ds->errors = ds->warnings = 0;
}

/* What was said in the life of the queue: it outlasts printing. */
struct diag_said {
    struct diag_said *next;
    enum diag_code code;
    struct span where;
};

static bool same_span(struct span a, struct span b) {
    return a.src == b.src && a.from == b.from && a.to == b.to;
}

/* For warnings that several walks find: true the first time, and never while messages are muted. */
bool diags_once(struct diags *ds, enum diag_code code, struct span where) {
    if (ds->muted) return false;
    for (const struct diag_said *s = ds->said; s; s = s->next)
        if (s->code == code && same_span(s->where, where)) return false;
    struct diag_said *s = ARENA_NEW(ds->arena, struct diag_said);
    *s = (struct diag_said){ds->said, code, where};
    ds->said = s;
    return true;
}

/* "E0203". */
const char *diag_code_text(enum diag_code code) {
    return rows[code].code;
}

/* "shape", "syntax", ... */
const char *diag_code_kind(enum diag_code code) {
    return rows[code].kind;
}

/* Whether messages of this code are errors or warnings. */
enum severity diag_code_severity(enum diag_code code) {
    return rows[code].severity;
}

/* The page of a code ("E0203" or "e0203"); NULL when there is no such code. */
const char *diag_code_page(const char *code_text) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcasecmp(rows[i].code, code_text)) return rows[i].page;
    return NULL;
}

/* The headline. */
const char *diag_message(const struct diag *m) {
    return m->message;
}

enum diag_code diag_code_of(const struct diag *m) {
    return m->code;
}

/* The place as it was given to diag_new. */
struct span diag_span(const struct diag *m) {
    return m->where;
}

/* Whether a place lies in the embedded library. */
bool diag_in_library(struct span s) {
    return s.src && !strncmp(s.src->path, "<std>/", 6);
}

/* How far a place is from what the user is writing: the script, a file that it imports, the library. */
static int distance(struct span s) {
    return diag_in_library(s) ? 2 : s.src && s.src->imported;
}

/* Where the user should look: text of the library gives way to the innermost call from outside it, and a file that is
 * imported to the innermost call from the script. */
struct span diag_place(const struct diag *m) {
    struct span at = m->where;
    for (int i = 0; i < m->calls.n; i++)
        if (m->calls.data[i].call.src && distance(m->calls.data[i].call) < distance(at)) at = m->calls.data[i].call;
    return at;
}

static char *format_text(struct arena *a, const char *format, va_list ap) {
    struct buf b = {0};
    buf_vprintf(&b, format, ap);
    char *text = arena_strdup(a, b.text ? b.text : "");
    buf_free(&b);
    return text;
}

static bool repeated(struct diags *ds, const struct diag *m) {
    if (!m->where.src || distance(m->where)) return false;
    for (int i = 0; i < ds->n; i++)
        if (ds->list[i]->code == m->code && same_span(ds->list[i]->where, m->where)) return true;
    return false;
}

/* Queues a message and returns it to be filled in; a muted or repeated one is filled in and forgotten. */
struct diag *diag_new(struct diags *ds, enum diag_code code, struct span where, const char *format, ...) {
    struct diag *m = ARENA_NEW(ds->arena, struct diag);
    va_list ap;
    va_start(ap, format);
    m->arena = ds->arena;
    m->code = code;
    m->where = where;
    m->message = format_text(ds->arena, format, ap);
    va_end(ap);
    if (repeated(ds, m)) return m;
    if (rows[code].severity == SEV_ERROR)
        ds->errors++;
    else
        ds->warnings++;
    if (ds->muted) return m;
    if (ds->n == ds->capacity) {
        int capacity = ds->capacity ? 2 * ds->capacity : 16;
        struct diag **list = ARENA_ARRAY(ds->arena, struct diag *, capacity);
        if (ds->n) memcpy(list, ds->list, sizeof *list * (size_t)ds->n);
        ds->list = list;
        ds->capacity = capacity;
    }
    ds->list[ds->n++] = m;
    return m;
}

static void add_mark(struct diag *m, struct span where, const char *text) {
    struct diag_mark mark = {where, text};
    if (where.src) vec_push(m->arena, &m->marks, mark);
}

/* Marks a place with a text; a tab in the text starts a second column, aligned over the labels of one line. */
void diag_label(struct diag *m, struct span where, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    add_mark(m, where, format_text(m->arena, format, ap));
    va_end(ap);
}

/* Shows the line of a place too, without a mark. */
void diag_context(struct diag *m, struct span where) {
    add_mark(m, where, NULL);
}

static void add_note(struct diag *m, bool help, const char *text) {
    for (int i = 0; i < m->notes.n; i++)
        if (!strcmp(m->notes.data[i].text, text)) return;
    struct diag_note note = {text, help};
    vec_push(m->arena, &m->notes, note);
}

/* Adds a line of explanation. */
void diag_note(struct diag *m, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    add_note(m, false, format_text(m->arena, format, ap));
    va_end(ap);
}

/* Adds a proposal; proposals are printed after the explanations. */
void diag_help(struct diag *m, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    add_note(m, true, format_text(m->arena, format, ap));
    va_end(ap);
}

/* Says what to write in place of a text. */
void diag_fix(struct diag *m, struct span where, const char *text) {
    m->fix = arena_strdup(m->arena, text);
    m->fix_where = where;
}

/* Adds a call that led here, innermost first; what is the name of the definition called. */
void diag_call(struct diag *m, struct span call, const char *what) {
    struct diag_frame frame = {call, arena_strdup(m->arena, what)};
    vec_push(m->arena, &m->calls, frame);
}
