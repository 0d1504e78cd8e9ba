/* Source files: the text, and where its lines start. A byte order mark at the start is skipped; `\r\n` ends a line as
 * `\n` does (the lexer takes `\r` for a blank). Offsets fit 32 bits, so files beyond 1 GiB are refused. */
#include "lang/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAB = 4, LARGEST = 1 << 30 };

/* Copies the text and finds its lines. */
struct source *source_new(struct arena *a, const char *path, const char *text, size_t n) {
    if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) text += 3, n -= 3;
    struct source *s = ARENA_NEW(a, struct source);
    s->path = arena_strdup(a, path);
    s->text = arena_strndup(a, text, n);
    s->n = n;
    s->lines = 1;
    for (size_t i = 0; i < n; i++) s->lines += text[i] == '\n';
    s->line_at = ARENA_ARRAY(a, uint32_t, s->lines);
    for (size_t i = 0, k = 1; i < n; i++)
        if (text[i] == '\n') s->line_at[k++] = (uint32_t)i + 1;
    return s;
}

static bool slurp(FILE *f, struct buf *b) {
    char piece[1 << 15];
    for (size_t got; (got = fread(piece, 1, sizeof piece, f)) > 0;) {
        if (b->n + got > LARGEST) {
            errno = EFBIG;
            return false;
        }
        buf_add(b, piece, got);
    }
    return !ferror(f);
}

/* Reads a file ("-": standard input). Returns NULL with the reason in *why when it cannot be read. */
struct source *source_read(struct arena *a, const char *path, const char **why) {
    bool standard = !strcmp(path, "-");
    FILE *f = standard ? stdin : fopen(path, "rb");
    struct buf b = {0};
    struct source *s = NULL;
    if (f && slurp(f, &b))
        s = source_new(a, standard ? "<stdin>" : path, b.text ? b.text : "", b.n);
    else
        *why = arena_strdup(a, strerror(errno));
    if (f && !standard) fclose(f);
    buf_free(&b);
    return s;
}

/* Returns the line, from 1, that holds a byte. */
int source_line(const struct source *s, uint32_t offset) {
    int low = 0, high = s->lines; /* line_at[low] <= offset < line_at[high] */
    while (high - low > 1) {
        int mid = low + (high - low) / 2;
        if (s->line_at[mid] <= offset)
            low = mid;
        else
            high = mid;
    }
    return low + 1;
}

/* Returns the display column, from 1; tabs stop at every fourth column. */
int source_column(const struct source *s, uint32_t offset) {
    uint32_t at = s->line_at[source_line(s, offset) - 1];
    if (offset > s->n) offset = (uint32_t)s->n;
    int column = 0;
    while (at < offset) {
        uint32_t stop = at;
        while (stop < offset && s->text[stop] != '\t') stop++;
        column += utf8_columns(s->text + at, stop - at);
        if (stop < offset) column = column / TAB * TAB + TAB, stop++;
        at = stop;
    }
    return column + 1;
}

/* The smallest span that holds both; a span without a place gives the other. */
struct span span_join(struct span a, struct span b) {
    if (!a.src || (b.src && a.src != b.src)) return a.src ? a : b;
    if (!b.src) return a;
    if (b.from < a.from) a.from = b.from;
    if (b.to > a.to) a.to = b.to;
    return a;
}

/* UTF-16 code units from the start of the line to a byte: the columns of language servers, from 0. */
int source_utf16(const struct source *s, uint32_t offset) {
    uint32_t at = s->line_at[source_line(s, offset) - 1], code;
    int units = 0;
    while (at < offset && at < s->n) {
        int n = utf8_next(s->text + at, s->n - at, &code);
        units += n == 4 ? 2 : 1;
        at += n > 0 ? (uint32_t)n : 1;
    }
    return units;
}

/* The byte at a line (from 0) and a UTF-16 column; beyond a line's end, its end; beyond the text, its end. */
uint32_t source_offset(const struct source *s, int line, int utf16) {
    if (line < 0 || line >= s->lines) return line < 0 ? 0 : (uint32_t)s->n;
    uint32_t at = s->line_at[line], code;
    while (utf16 > 0 && at < s->n && s->text[at] != '\n') {
        int n = utf8_next(s->text + at, s->n - at, &code);
        utf16 -= n == 4 ? 2 : 1;
        at += n > 0 ? (uint32_t)n : 1;
    }
    return at;
}
