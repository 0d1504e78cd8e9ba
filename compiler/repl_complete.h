/* What could stand at the end of a text in a session. */
#ifndef ICL_REPL_COMPLETE_H
#define ICL_REPL_COMPLETE_H

#include "compiler/repl.h"
#include "compiler/repl_line.h"

/* `text` is the whole input up to the cursor. */
void repl_complete(struct repl *r, const char *text, struct completion *out);

#endif
