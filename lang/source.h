/* Source files and positions. A span is a half-open byte range of one file. */
#ifndef ICL_SOURCE_H
#define ICL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/str.h"

struct source {
    const char *path;  /* as the user named it; "<std>/name.icl" for the library; "<repl>" */
    const char *text;  /* NUL-terminated UTF-8 */
    size_t n;
    uint32_t *line_at; /* byte offset of each line's start */
    int lines;
    bool imported;     /* by another file, which calls what stands here */
};

struct span {
    const struct source *src; /* NULL: no place (built in) */
    uint32_t from, to;
};

struct source *source_new(struct arena *a, const char *path, const char *text, size_t n);
struct source *source_read(struct arena *a, const char *path, const char **why); /* NULL and *why on failure */
int source_line(const struct source *s, uint32_t offset);                        /* from 1 */
int source_column(const struct source *s, uint32_t offset);                      /* display column, from 1 */
int source_utf16(const struct source *s, uint32_t offset);                       /* UTF-16 column, from 0 */
uint32_t source_offset(const struct source *s, int line, int utf16);             /* back again; line from 0 */
struct span span_join(struct span a, struct span b);

#endif
