/* The formatter: one layout for a program's text. Comments, blank lines (one in a row), the author's line breaks inside
 * brackets and the contents of strings are kept. It is stable, and the tree before is the tree after. */
#ifndef ICL_FMT_H
#define ICL_FMT_H

#include "lang/diag.h"

/* Appends the formatted text. False: the text has syntax errors, which are queued, and nothing is appended. */
bool fmt_source(struct arena *a, const struct source *src, struct diags *ds, struct buf *out);
/* Whether two texts without syntax errors are the same program. */
bool fmt_same_program(struct arena *a, const struct source *x, const struct source *y);
/* Appends the difference of two texts, line by line, with three lines around each change; nothing when there is none.
 * from, to: their names. */
void fmt_diff(struct buf *out, const char *from, const char *to, const char *before, const char *after);

#endif
