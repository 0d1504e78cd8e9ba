/* Text to AST. Errors are queued in `ds`; the tree holds what could be read. */
#ifndef ICL_PARSE_H
#define ICL_PARSE_H

#include "lang/ast.h"
#include "lang/diag.h"

/* Returns an A_FILE node, never NULL. `*incomplete`, when given, tells that the text ends inside an open bracket,
 * string or statement (the REPL then reads another line). */
struct ast *parse_source(struct arena *a, struct interner *names, const struct source *src, struct diags *ds,
                         bool *incomplete);

/* What stands here for a word that begins a statement, or is one, in other languages; NULL: nothing. */
const char *parse_habit(const char *word);

#endif
