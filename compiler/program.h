/* A script: read, checked, run; its options, imports and tests. */
#ifndef ICL_PROGRAM_H
#define ICL_PROGRAM_H

#include "compiler/script.h"

struct program;

/* Reads and parses a file and what it imports. Errors are queued; NULL only when the file cannot be read. */
struct program *program_load(struct ev *ev, const char *path);
/* The same of a text that need not be in a file. */
struct program *program_of_source(struct ev *ev, const struct source *src);
/* Checks its names, then walks it without data: all errors that can be known before a run are queued. */
bool program_check(struct ev *ev, struct program *p);
/* Runs it. False: an error was queued, or it was interrupted. */
bool program_run(struct ev *ev, struct program *p);
/* Gives ev->script the definition of that name, and what it needs, with data: runs nothing else. */
void program_values(struct ev *ev, struct program *p, str name);
/* Walks it without data wherever a run may go (rehearse.h). False: an error was queued. */
bool program_rehearse(struct ev *ev, struct program *p);
/* Runs its tests, a line each on stdout. Returns how many failed. */
int program_test(struct ev *ev, struct program *p, int *passed);
/* The options it declares, for --help; and the flags given that it does not have (NULL: none). */
void program_options(struct ev *ev, struct program *p, struct buf *out);
void program_each_option(struct ev *ev, const struct program *p,
                         void (*each)(struct ev *, const struct ast *, void *), void *data); /* A_OPTION */
/* The texts it is made of, its own first; one that is imported twice comes twice. */
void program_each_source(const struct program *p, void (*each)(const struct source *, void *), void *data);
void program_describe_option(struct ev *ev, const struct ast *option, struct buf *out); /* a line of --help */
const char *program_near_option(const struct program *p, const char *name); /* NULL: none is near */
const char *program_unknown_option(struct ev *ev, struct program *p);
const struct ast *program_ast(const struct program *p);
uint64_t program_digest(const struct program *p); /* of its text and that of what it imports */

/* A REPL's inputs, one after the other in a top level that stays (ev->script). */
void program_session(struct ev *ev); /* begins one: nothing is defined */
/* Parses an input with what it imports and checks its names; errors are queued. */
struct program *program_input(struct ev *ev, const struct source *src);
void program_define(struct ev *ev, struct program *p); /* all its definitions */
/* Runs its i-th statement, or, while ev->dry, walks it without data. */
void program_statement(struct ev *ev, struct program *p, int i, struct frame *fr);

/* The library: definitions of every script. Call once a session. */
void library_load(struct ev *ev);

#endif
