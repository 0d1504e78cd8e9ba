/* Interned names in an open-addressing table of power-of-two size, kept at most half full; a heap buffer; and two
 * measures of text: display columns and edit distance. */
#include "lang/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct interner {
    struct arena *arena;
    str *slot;
    size_t n, capacity;
};

static uint64_t hash(const char *text, size_t n) { /* FNV-1a */
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < n; i++) h = (h ^ (unsigned char)text[i]) * 1099511628211u;
    return h ^ h >> 29;
}

/* Returns an empty table of names, whose text lives as long as the arena. */
struct interner *interner_new(struct arena *a) {
    struct interner *in = ARENA_NEW(a, struct interner);
    in->arena = a;
    in->capacity = 256;
    in->slot = ARENA_ARRAY(a, str, in->capacity);
    return in;
}

static void rehash(struct interner *in) {
    str *old = in->slot;
    size_t n = in->capacity;
    in->capacity *= 2;
    in->slot = ARENA_ARRAY(in->arena, str, in->capacity);
    for (size_t i = 0; i < n; i++) {
        if (!old[i]) continue;
        size_t k = hash(old[i], strlen(old[i])) & (in->capacity - 1);
        while (in->slot[k]) k = (k + 1) & (in->capacity - 1);
        in->slot[k] = old[i];
    }
}

/* Returns the one copy of the n bytes at text. */
str intern_n(struct interner *in, const char *text, size_t n) {
    size_t k = hash(text, n) & (in->capacity - 1);
    for (; in->slot[k]; k = (k + 1) & (in->capacity - 1))
        if (!strncmp(in->slot[k], text, n) && !in->slot[k][n]) return in->slot[k];
    str s = arena_strndup(in->arena, text, n);
    in->slot[k] = s;
    if (++in->n * 2 > in->capacity) rehash(in);
    return s;
}

/* Returns the one copy of text. */
str intern(struct interner *in, const char *text) {
    return intern_n(in, text, strlen(text));
}

static void reserve(struct buf *b, size_t more) {
    size_t need = b->n + more + 1;
    if (need <= b->capacity) return;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < need) capacity *= 2;
    b->text = realloc(b->text, capacity);
    if (!b->text) out_of_memory(capacity);
    b->capacity = capacity;
}

/* Appends n bytes. */
void buf_add(struct buf *b, const char *text, size_t n) {
    reserve(b, n);
    if (n) memcpy(b->text + b->n, text, n);
    b->n += n;
    b->text[b->n] = 0;
}

/* Appends a text. */
void buf_puts(struct buf *b, const char *text) {
    buf_add(b, text, strlen(text));
}

/* Appends one byte. */
void buf_putc(struct buf *b, char c) {
    buf_add(b, &c, 1);
}

/* Appends formatted text. */
void buf_vprintf(struct buf *b, const char *format, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = format ? vsnprintf(NULL, 0, format, ap) : 0;
    if (n > 0) {
        reserve(b, (size_t)n);
        vsnprintf(b->text + b->n, (size_t)n + 1, format, again);
        b->n += (size_t)n;
    } else {
        reserve(b, 0);
        b->text[b->n] = 0;
    }
    va_end(again);
}

/* Appends formatted text. */
void buf_printf(struct buf *b, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    buf_vprintf(b, format, ap);
    va_end(ap);
}

/* Frees the text; the buffer is empty and usable again. */
void buf_free(struct buf *b) {
    free(b->text);
    memset(b, 0, sizeof *b);
}

/* Reads one code point; a malformed byte reads as itself, one byte long. */
int utf8_next(const char *text, size_t n, uint32_t *code) {
    const unsigned char *s = (const unsigned char *)text;
    *code = s[0];
    int len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (len < 2) return len;
    if ((size_t)len > n) return 0;
    uint32_t c = s[0] & (0x7f >> len);
    for (int i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    bool bad = (len == 3 && c < 0x800) || (len == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c < 0xe000);
    if (bad) return 0;
    *code = c;
    return len;
}

/* Returns the offset of the first byte that is not UTF-8, or n. */
size_t utf8_check(const char *text, size_t n) {
    uint32_t code;
    for (size_t i = 0; i < n;) {
        int len = utf8_next(text + i, n - i, &code);
        if (!len) return i;
        i += (size_t)len;
    }
    return n;
}

static const struct range {
    uint32_t from, to;
    int columns;
} odd_width[] = {
    {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x200b, 0x200f, 0},
    {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2},
    {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},
    {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
};

/* Display columns of UTF-8 text: combining marks 0, wide characters 2, all others 1. */
int utf8_columns(const char *text, size_t n) {
    int columns = 0;
    for (size_t i = 0; i < n;) {
        uint32_t code;
        int len = utf8_next(text + i, n - i, &code), wide = 1;
        for (size_t k = 0; k < sizeof odd_width / sizeof *odd_width; k++)
            if (code >= odd_width[k].from && code <= odd_width[k].to) wide = odd_width[k].columns;
        columns += wide;
        i += (size_t)(len ? len : 1);
    }
    return columns;
}

static int least(int a, int b) {
    return a < b ? a : b;
}

/* Optimal string alignment (Damerau-Levenshtein without repeated edits) over bytes; texts beyond 63 bytes are far. */
int edit_distance(const char *a, const char *b) {
    enum { MOST = 64 };
    int n = (int)strlen(a), m = (int)strlen(b), row[3][MOST];
    if (n >= MOST || m >= MOST) return strcmp(a, b) ? MOST : 0;
    int *before = row[0], *last = row[1], *now = row[2];
    for (int j = 0; j <= m; j++) last[j] = before[j] = j;
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int j = 1; j <= m; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        int *spare = before;
        before = last, last = now, now = spare;
    }
    return last[m];
}
