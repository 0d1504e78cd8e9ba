/* Lines from a terminal: editing, history, completion. */
#ifndef ICL_REPL_LINE_H
#define ICL_REPL_LINE_H

#include "compiler/complete.h"

enum line_end { LINE_GIVEN, LINE_CANCELLED, LINE_END };

struct line_reader;
/* `complete` is asked for what could stand at the end of a line's first part. */
struct line_reader *line_open(void (*complete)(void *ctx, const char *line, struct completion *out), void *ctx);
/* *line, without its end, lives until the next call. LINE_CANCELLED: Ctrl-C; LINE_END: Ctrl-D. */
enum line_end line_read(struct line_reader *r, const char *prompt, const char **line);
void line_close(struct line_reader *r);

#endif
