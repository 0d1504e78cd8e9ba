/* Checking on where a part of a file is known to be wrong; definitions that call themselves. */
#ifndef ICL_DAMAGE_H
#define ICL_DAMAGE_H

#include "compiler/eval.h"

bool damage_in(const struct ev *ev, const struct ast *e);               /* is an error queued for a place inside e? */
bool damage_in_syntax(const struct ev *ev, const struct ast *file); /* syntax errors at most, and no broken import */
bool damage_elsewhere(const struct ev *ev, const struct ast *file);     /* is one outside the file's statements? */
void damage_definitions(struct ev *ev, struct scope *s);                /* those that hold an error count as failed */
/* For an editor: types inside definitions that were left out for a name, in silence. */
void damage_inspect(struct ev *ev, struct scope *s);
void damage_statement(struct ev *ev, struct scope *s, const struct ast *e); /* what it would have defined is silent */
void check_recursion(struct ev *ev, const struct ast *file);

#endif
