/* What `icl emit` and `icl doc` show. */
#ifndef ICL_EMIT_H
#define ICL_EMIT_H

#include "compiler/program.h"

/* Between these a walk without data shows every kernel it finds at that stage. emit_end tells how many there were. */
void emit_begin(struct ev *ev, const char *stage);
int emit_end(struct ev *ev);
/* Prints the syntax tree, or session->stage of every kernel that the script can ask for, each once. */
bool emit_program(struct ev *ev, struct program *p);
/* Prints the documentation of a builtin or of a definition of the library. False: there is none of that name. */
bool emit_doc(struct ev *ev, const char *name);

#endif
