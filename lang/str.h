/* Interned names (equal text, equal pointer) and a growing text buffer. */
#ifndef ICL_STR_H
#define ICL_STR_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/arena.h"

typedef const char *str; /* interned, NUL-terminated: compare with == */

struct interner;
struct interner *interner_new(struct arena *a);
str intern(struct interner *in, const char *text);
str intern_n(struct interner *in, const char *text, size_t n);

/* A growing heap buffer; `text` is always NUL-terminated once anything was added. Free with buf_free. */
struct buf {
    char *text;
    size_t n, capacity;
};
void buf_add(struct buf *b, const char *text, size_t n);
void buf_puts(struct buf *b, const char *text);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list ap);
void buf_free(struct buf *b);

int utf8_columns(const char *text, size_t n); /* display columns of UTF-8 text (combining 0, wide 2, others 1) */
int utf8_next(const char *text, size_t n, uint32_t *code); /* bytes of the first character; 0: not UTF-8 */
size_t utf8_check(const char *text, size_t n); /* offset of the first byte that is not UTF-8, or n */
int edit_distance(const char *a, const char *b); /* Damerau-Levenshtein over bytes: "did you mean" */

#endif
