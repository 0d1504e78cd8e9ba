/* The session at the terminal: inputs one after the other, each checked by a walk without data before it runs. */
#ifndef ICL_REPL_H
#define ICL_REPL_H

#include "compiler/program.h"

/* Reads inputs from standard input until it ends or `:quit`. At a terminal: with a prompt, editing and history;
 * otherwise a transcript, whose results alone are written. The library is loaded. False: an input of a transcript
 * failed. */
bool repl(struct ev *ev);

/* ---- for repl*.c ---- */

/* The statement that gave a name its value, for values that can be computed again. */
struct origin {
    str name;
    const struct ast *statement;
    int number;  /* of the input */
    bool stale;  /* something it is made of was defined anew */
};

struct repl {
    struct ev *ev;
    bool terminal;
    bool quit, failed;
    struct buf pending;            /* lines of an input that is not complete */
    int number;                    /* of the current input */
    VEC(const struct ast *) kept;  /* statements of the inputs that worked, for `:save` */
    VEC(struct origin) origins;
    const char *last_code;         /* of the last message: "E0203" */
};

/* Runs one input; of a file (a path that is not REPL_PATH) without its tests, as `icl run` does. False: it failed, and
 * the session is as it was. */
#define REPL_PATH "<repl>"
bool repl_input(struct repl *r, const char *path, const char *text);
/* The value or type of an expression from a walk without data; V_ERROR when it has errors, which are queued. */
struct value *repl_peek(struct repl *r, const char *text);
void repl_messages(struct repl *r); /* prints what is queued */
void repl_reset(struct repl *r);

/* ---- repl_show.c ---- */
void repl_show(struct repl *r, struct value *v);
/* "real[2, 3]", "int", "table", "algorithm ridge(a: real = 1.0) given X[n, d], y[n], q[d]". */
const char *repl_type(struct repl *r, const struct value *v);

/* ---- repl_commands.c ---- */
/* What stands behind a command, for completion. */
enum repl_argument { ARG_NONE, ARG_EXPR, ARG_NAME, ARG_HELP, ARG_FILE, ARG_ENGINE, ARG_CODE, ARG_NUMBER };
struct repl_command {
    const char *name, *arguments, *help;
    enum repl_argument argument;
    bool (*act)(struct repl *r, const char *argument); /* false: it failed */
};
extern const struct repl_command repl_commands[];
extern const int repl_command_count;
bool repl_command(struct repl *r, const char *line); /* the line starts with `:` */

/* ---- repl_follow.c ---- */
typedef VEC(const struct origin *) repl_again;
/* The statements whose values must be computed again before the input: it reads them, directly or not. */
repl_again repl_stale(struct repl *r, const struct program *p);
void repl_renewed(struct repl *r, const repl_again *again); /* they have been computed again */
/* After an input that worked: notes what its statements gave, and which values are stale. `before` are the names as
 * they were. */
struct repl_names {
    struct binding *data;
    int n;
};
void repl_follow(struct repl *r, const struct program *p, struct repl_names before);

#endif
