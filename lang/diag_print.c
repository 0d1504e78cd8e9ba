/* Messages as text: headline, place, the source lines with carets and labels under them, notes. The columns are
 * those of a terminal: tabs are expanded, combining marks take none and wide characters two; control characters and
 * bytes that are not UTF-8 are shown as `?`. */
#include "lang/diag_queue.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_SHOWN = 100, GAP = 6, LONG_LINE = 160, SHORT_LINE = 24, TAB = 4 };

struct printer {
    FILE *to;
    bool color;
    const char *ink;     /* the colour of the severity */
    int gutter;          /* digits of the line numbers */
    int width;           /* columns of the terminal; 0: no terminal */
    struct arena scratch;
};

/* One mark on one line, in display columns from 0. */
struct stroke {
    int from, to;
    const char *text; /* NULL: carets alone */
};

/* A mark as it is to be shown. */
struct shown {
    struct span where;
    const char *text;
    bool bare; /* the line alone */
};

struct section {
    const struct source *src;
    uint32_t at; /* the place named in its head */
    VEC(struct shown) marks;
};

static const char *ink(const struct printer *p, const char *code) {
    return p->color ? code : "";
}

#define PLAIN "\033[0m"
#define BLUE "\033[1;34m"
#define BOLD "\033[1m"

static void gutter(struct printer *p, int line) {
    fputs(ink(p, BLUE), p->to);
    if (line)
        fprintf(p->to, "%*d |", p->gutter, line);
    else
        fprintf(p->to, "%*s |", p->gutter, "");
    fputs(ink(p, PLAIN), p->to);
}

/* The end of the text of a line: without its line break and trailing blanks. */
static uint32_t line_end(const struct source *s, int line) {
    uint32_t from = s->line_at[line - 1], to = line < s->lines ? s->line_at[line] : (uint32_t)s->n;
    while (to > from && strchr(" \t\r\n", s->text[to - 1]) && s->text[to - 1]) to--;
    return to;
}

/* Prints the columns of a source line from `cut` to `most`, with dots where it goes on. */
static void source_text(struct printer *p, const struct source *s, int line, int cut, int most) {
    uint32_t at = s->line_at[line - 1], end = line_end(s, line);
    if (at < end) fputs(cut ? " ... " : " ", p->to);
    for (int column = 0; at < end && column < most;) {
        uint32_t code;
        int len = utf8_next(s->text + at, end - at, &code), next;
        next = s->text[at] == '\t' ? column / TAB * TAB + TAB
                                   : column + (len ? utf8_columns(s->text + at, (size_t)len) : 1);
        if (column < cut) { /* not shown; a wide one that reaches in leaves blanks */
            if (next > cut) fprintf(p->to, "%*s", next - cut, "");
        } else if (s->text[at] == '\t') {
            fprintf(p->to, "%*s", next - column, "");
        } else if (!len || code < 32 || code == 127) {
            fputc('?', p->to);
            next = column + 1;
        } else {
            fwrite(s->text + at, 1, (size_t)len, p->to);
        }
        column = next;
        at += (uint32_t)(len ? len : 1);
    }
    if (at < end) fputs(" ...", p->to);
    fputc('\n', p->to);
}

static int by_width(const void *a, const void *b) {
    const struct stroke *x = a, *y = b;
    int wx = x->to - x->from, wy = y->to - y->from;
    return wx != wy ? wy - wx : x->from - y->from;
}

/* Rightmost first; of two that start together the wider one first. */
static int by_start(const void *a, const void *b) {
    const struct stroke *x = a, *y = b;
    return x->from != y->from ? y->from - x->from : y->to - x->to;
}

/* The row of carets. A mark around another one is drawn with `~` where the inner one is not. */
static char *caret_row(struct printer *p, struct stroke *s, int n, int width) {
    char *row = ARENA_ARRAY(&p->scratch, char, width + 1);
    memset(row, ' ', (size_t)width);
    qsort(s, (size_t)n, sizeof *s, by_width);
    for (int i = 0; i < n; i++) {
        bool around = false;
        for (int k = 0; k < n; k++)
            around |= s[k].from >= s[i].from && s[k].to <= s[i].to && s[k].to - s[k].from < s[i].to - s[i].from;
        memset(row + s[i].from, around ? '~' : '^', (size_t)(s[i].to - s[i].from));
    }
    return row;
}

/* A label's text; its second column, after a tab, starts at `align`. */
static void label_text(struct printer *p, const char *text, int column, int align) {
    const char *tab = strchr(text, '\t');
    if (!tab) {
        fputs(text, p->to);
        return;
    }
    int width = utf8_columns(text, (size_t)(tab - text));
    fprintf(p->to, "%.*s%*s%s", (int)(tab - text), text, align - column - width, "", tab + 1);
}

static int first_width(const char *text) {
    const char *tab = strchr(text, '\t');
    return tab ? utf8_columns(text, (size_t)(tab - text)) : -1;
}

/* The column at which second columns start: behind the longest first column. */
static int alignment(const struct stroke *s, int n, bool beside) {
    int align = 0;
    for (int i = 0; i < n; i++) {
        int width = first_width(s[i].text), at = i == 0 && beside ? s[i].to + 1 : s[i].from;
        if (width >= 0 && at + width + GAP > align) align = at + width + GAP;
    }
    return align;
}

/* Connectors at the marks i.. of a list sorted from the right; returns the column reached. */
static void connectors(struct printer *p, const struct stroke *s, int i, int n, int upto) {
    int column = 0;
    for (int k = n - 1; k >= i; k--) {
        if (s[k].from < column || s[k].from >= upto) continue;
        fprintf(p->to, "%*s|", s[k].from - column, "");
        column = s[k].from + 1;
    }
    if (upto < 1 << 20) fprintf(p->to, "%*s", upto - column, "");
}

/* Carets and labels under one line. */
static void mark_rows(struct printer *p, struct stroke *s, int n) {
    int width = 0, labels = 0;
    for (int i = 0; i < n; i++) width = s[i].to > width ? s[i].to : width;
    char *row = caret_row(p, s, n, width);
    for (int i = 0; i < n; i++)
        if (s[i].text) s[labels++] = s[i];
    qsort(s, (size_t)labels, sizeof *s, by_start);
    bool beside = labels && s[0].to == width;
    if (beside && p->width && p->gutter + width + utf8_columns(s[0].text, strlen(s[0].text)) + 4 > p->width)
        beside = false; /* it has more room further to the left */
    int align = alignment(s, labels, beside);
    gutter(p, 0);
    fprintf(p->to, " %s%s", ink(p, p->ink), row);
    if (beside) {
        fputc(' ', p->to);
        label_text(p, s[0].text, width + 1, align);
    }
    fprintf(p->to, "%s\n", ink(p, PLAIN));
    for (int i = beside; i < labels; i++) {
        if (i == beside) {
            gutter(p, 0);
            fprintf(p->to, " %s", ink(p, p->ink));
            connectors(p, s, i, labels, 1 << 20);
            fprintf(p->to, "%s\n", ink(p, PLAIN));
        }
        gutter(p, 0);
        fprintf(p->to, " %s", ink(p, p->ink));
        connectors(p, s, i + 1, labels, s[i].from);
        label_text(p, s[i].text, s[i].from, align);
        fprintf(p->to, "%s\n", ink(p, PLAIN));
    }
}

/* Columns of a source line that are shown, between dots: what a narrow terminal has room for. */
static int room_of(const struct printer *p) {
    int room = p->width - p->gutter - 12;
    return !p->width || room > LONG_LINE ? LONG_LINE : room < SHORT_LINE ? SHORT_LINE : room;
}

static void one_line(struct printer *p, const struct section *c, int line) {
    const struct source *src = c->src;
    struct stroke *s = ARENA_ARRAY(&p->scratch, struct stroke, c->marks.n + 1);
    int n = 0, first = 1 << 30, last = 0, cut = 0, room = room_of(p), margin = room / 4;
    uint32_t end = line_end(src, line);
    for (int i = 0; i < c->marks.n; i++) {
        const struct shown *m = &c->marks.data[i];
        if (source_line(src, m->where.from) != line || m->bare) continue;
        uint32_t to = m->where.to < end ? m->where.to : end;
        s[n].from = source_column(src, m->where.from) - 1;
        s[n].to = to > m->where.from ? source_column(src, to) - 1 : s[n].from + 1;
        if (s[n].to <= s[n].from) s[n].to = s[n].from + 1;
        s[n].text = m->text;
        first = s[n].from < first ? s[n].from : first;
        last = s[n].to > last ? s[n].to : last;
        n++;
    }
    if (n && first > margin && (first > room - margin || last > room)) cut = first - margin;
    for (int i = 0; i < n; i++) { /* the dots take four columns */
        s[i].from -= cut ? cut - 4 : 0;
        s[i].to -= cut ? cut - 4 : 0;
        if (s[i].to > room) s[i].to = room;
        if (s[i].from >= room) s[i].from = room - 1;
    }
    gutter(p, line);
    source_text(p, src, line, cut, cut + room);
    if (n) mark_rows(p, s, n);
}

static int by_number(const void *a, const void *b) {
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static void section(struct printer *p, const struct section *c, bool first) {
    fprintf(p->to, "%s%*s%s%s ", ink(p, BLUE), p->gutter - 2, "", first ? "-->" : ":::", ink(p, PLAIN));
    fprintf(p->to, "%s:%d:%d\n", c->src->path, source_line(c->src, c->at), source_column(c->src, c->at));
    int *line = ARENA_ARRAY(&p->scratch, int, c->marks.n + 1);
    for (int i = 0; i < c->marks.n; i++) line[i] = source_line(c->src, c->marks.data[i].where.from);
    qsort(line, (size_t)c->marks.n, sizeof *line, by_number);
    for (int i = 0; i < c->marks.n; i++)
        if (!i || line[i] != line[i - 1]) one_line(p, c, line[i]);
}

/* Adds a mark to the section of its source; a label at the primary's span takes its place. */
static void place(struct printer *p, struct section *c, int *n, struct shown m) {
    int k = 0;
    while (k < *n && c[k].src != m.where.src) k++;
    if (k == *n) {
        c[k].src = m.where.src;
        c[k].at = m.where.from;
        ++*n;
    }
    for (int i = 0; i < c[k].marks.n; i++) {
        struct shown *old = &c[k].marks.data[i];
        bool same_place = old->where.from == m.where.from && old->where.to == m.where.to;
        if (old->text || old->bare || m.bare || !same_place) continue;
        old->text = m.text;
        return;
    }
    vec_push(&p->scratch, &c[k].marks, m);
}

static int digits_of_last_line(const struct section *c, int n) {
    int most = 0, digits = 4;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < c[k].marks.n; i++) {
            int line = source_line(c[k].src, c[k].marks.data[i].where.from);
            most = line > most ? line : most;
        }
    for (int limit = 10000; most >= limit && digits < 9; limit *= 10) digits++;
    return digits;
}

/* Where a line of text is broken so that it fits beside the gutter: at a blank, if there is one. */
static const char *fitting(const struct printer *p, const char *text, const char *end) {
    enum { LEAST = 20 };
    int room = p->width - p->gutter - 3;
    const char *at = text, *blank = NULL;
    if (!p->width || room < LEAST || utf8_columns(text, (size_t)(end - text)) <= room) return end;
    while (at < end && utf8_columns(text, (size_t)(at - text)) <= room) {
        if (*at == ' ' && at > text) blank = at;
        at++;
    }
    return blank ? blank : end; /* a word longer than the line is left to the terminal */
}

static void notes(struct printer *p, const struct diag *m) {
    for (int help = 0; help < 2; help++)
        for (int i = 0; i < m->notes.n; i++) {
            if (m->notes.data[i].help != help) continue;
            const char *text = m->notes.data[i].text;
            for (const char *end; *text; text = *end ? end + 1 : end) {
                end = fitting(p, text, strchrnul(text, '\n'));
                bool first = text == m->notes.data[i].text;
                fprintf(p->to, "%s%*s %s%s %.*s\n", ink(p, BLUE), p->gutter, "", first ? "=" : " ", ink(p, PLAIN),
                        (int)(end - text), text);
            }
        }
}

static void frames(struct printer *p, const struct diag *m, struct span shown) {
    for (int i = 0; i < m->calls.n; i++) {
        struct span call = m->calls.data[i].call;
        if (!call.src || (call.src == shown.src && call.from == shown.from && call.to == shown.to)) continue;
        fprintf(p->to, "%s%*s =%s in `%s`, called at %s:%d:%d\n", ink(p, BLUE), p->gutter, "", ink(p, PLAIN),
                m->calls.data[i].what, call.src->path, source_line(call.src, call.from),
                source_column(call.src, call.from));
    }
}

/* The definition whose call is the message's place; NULL: the place is that of the mistake itself. */
static const char *called_at(const struct diag *m, struct span at) {
    if (at.src == m->where.src && at.from == m->where.from && at.to == m->where.to) return NULL;
    for (int i = 0; i < m->calls.n; i++) {
        struct span call = m->calls.data[i].call;
        if (call.src == at.src && call.from == at.from && call.to == at.to) return m->calls.data[i].what;
    }
    return NULL;
}

static void one_message(struct printer *p, const struct diag *m) {
    bool error = diag_code_severity(m->code) == SEV_ERROR;
    struct span at = diag_place(m);
    const char *what = called_at(m, at);
    struct section *c = ARENA_ARRAY(&p->scratch, struct section, m->marks.n + 2);
    int n = 0;
    p->ink = error ? "\033[1;31m" : "\033[1;33m";
    if (what) place(p, c, &n, (struct shown){at, arena_printf(&p->scratch, "in `%s`, called here", what), false});
    if (m->where.src) place(p, c, &n, (struct shown){m->where, NULL, false});
    for (int i = 0; i < m->marks.n; i++)
        place(p, c, &n, (struct shown){m->marks.data[i].where, m->marks.data[i].text, !m->marks.data[i].text});
    p->gutter = digits_of_last_line(c, n);
    fprintf(p->to, "%s%s[%s]%s%s: %s%s\n", ink(p, p->ink), error ? "error" : "warning", diag_code_text(m->code),
            ink(p, PLAIN), ink(p, BOLD), m->message, ink(p, PLAIN));
    for (int k = 0; k < n; k++) section(p, &c[k], k == 0);
    notes(p, m);
    frames(p, m, at);
}

struct entry {
    const struct diag *m;
    struct span at;
    int number;
};

static int by_place(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->at.src != y->at.src) {
        if (!x->at.src || !y->at.src) return x->at.src ? 1 : -1;
        int order = strcmp(x->at.src->path, y->at.src->path);
        if (order) return order;
    }
    if (x->at.from != y->at.from) return x->at.from < y->at.from ? -1 : 1;
    if (x->at.to != y->at.to) return x->at.to < y->at.to ? -1 : 1;
    return x->number - y->number;
}

/* One call may show what is wrong with two definitions of the library. */
static bool same(const struct entry *x, const struct entry *y) {
    const char *a = called_at(x->m, x->at), *b = called_at(y->m, y->at);
    if (a && b && strcmp(a, b)) return false;
    return x->at.src && x->m->code == y->m->code && x->at.src == y->at.src && x->at.from == y->at.from &&
           x->at.to == y->at.to;
}

static void summary(const struct diags *ds, FILE *to) {
    if (ds->errors < 2) return;
    const struct source *src = ds->n ? diag_place(ds->list[0]).src : NULL;
    for (int i = 1; i < ds->n; i++)
        if (diag_place(ds->list[i]).src != src) src = NULL;
    fprintf(to, "%d errors", ds->errors);
    if (ds->warnings) fprintf(to, " and %d warning%s", ds->warnings, ds->warnings == 1 ? "" : "s");
    if (src) fprintf(to, " in %s", src->path);
    fputc('\n', to);
}

/* Sorts the messages by place and leaves each once. */
void diags_sort(struct diags *ds) {
    struct arena scratch = {0};
    struct entry *e = ARENA_ARRAY(&scratch, struct entry, ds->n + 1);
    int n = 0;
    for (int i = 0; i < ds->n; i++) e[i] = (struct entry){ds->list[i], diag_place(ds->list[i]), i};
    qsort(e, (size_t)ds->n, sizeof *e, by_place);
    for (int i = 0; i < ds->n; i++) {
        bool again = false;
        for (int k = n - 1; k >= 0 && e[k].at.src && e[k].at.from == e[i].at.from && !again; k--)
            again = same(&e[k], &e[i]);
        if (!again) {
            e[n++] = e[i];
        } else if (diag_code_severity(e[i].m->code) == SEV_ERROR) {
            ds->errors--;
        } else {
            ds->warnings--;
        }
    }
    for (int i = 0; i < n; i++) ds->list[i] = (struct diag *)e[i].m;
    ds->n = n;
    arena_free(&scratch);
}

/* Sorts the messages by place, prints each once, and clears the queue. */
void diags_print(struct diags *ds, FILE *to, bool color) {
    struct printer p = {.to = to, .color = color, .width = ds->width};
    int shown = 0;
    diags_sort(ds);
    for (; shown < ds->n && shown < MOST_SHOWN; shown++) one_message(&p, ds->list[shown]);
    if (shown < ds->n) fprintf(to, "... and %d more\n", ds->n - shown);
    summary(ds, to);
    arena_free(&p.scratch);
    diags_clear(ds);
}
