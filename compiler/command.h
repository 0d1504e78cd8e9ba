/* The command line as icl and the programs it builds read it; a session from its opening to its exit status. */
#ifndef ICL_COMMAND_H
#define ICL_COMMAND_H

#include "compiler/program.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_FAULT = 3, MOST_OPTIONS = 128 };

/* What the command line says. */
struct command_line {
    const char *program;             /* what messages begin with */
    bool standalone;                 /* a program built from a script */
    const char *command, *file;
    struct session session;
    int precision;
    struct option_value options[MOST_OPTIONS];
    const char *color, *progress;
    bool help, json;
    int extra_files;
    const char **files;
};

/* A command of the tool. */
struct command {
    const char *name, *arguments, *help;
    int (*act)(struct command_line *);
    bool script; /* takes a script's options */
    int (*bare)(int argc, char **argv); /* reads its arguments itself */
    const char *own;                    /* the flags it reads then, for completion; NULL: none */
    const char *page;                   /* and what they are; NULL: it tells itself */
};

struct flag {
    const char *name, *values, *help; /* values NULL: it stands alone */
    bool (*set)(struct command_line *, const char *);
    bool program;        /* programs have it, too */
    const char *command; /* the only command that has it; NULL: all */
};
const struct flag *flag_find(const char *name, bool program); /* NULL: there is none */
const struct flag *flag_at(int i); /* NULL: there are no more */
void flags_help(bool program, const char *command); /* those of one command; NULL: all */
/* Gives a flag its value (NULL: none is given). Returns 0, or the exit status after a message. */
int flag_set(struct command_line *c, const struct flag *flag, const char *value);
/* Messages about flags; they return the exit status. */
int flag_error(const struct command_line *c, const struct flag *flag, const char *value);
int flag_unknown(const struct command_line *c, const char *name);
/* Takes an option for the script; value NULL: it stands alone. Returns 0, or the exit status after a message. */
int command_option(struct command_line *c, const char *name, const char *value);

struct tool {
    struct arena arena;
    struct ev ev;
    struct diags diags;
    struct command_line *line;
};
/* Begins a session with the library; kernels come from what new_kernels makes. */
void tool_open(struct tool *t, struct command_line *line, struct kernel_store *(*new_kernels)(struct arena *));
int tool_status(const struct session *s, bool good); /* what the exit status will be */
/* Ends it: messages are printed; returns the exit status. */
int tool_close(struct tool *t, bool good);
/* What a program ends with: is all that was printed written? Returns the exit status, another when it is not. */
int tool_finish(const char *program, int status);
/* Flags after the file that the script does not declare are the tool's. 0, or the exit status after a message. */
int tool_settle_options(struct tool *t, struct program *p);
/* Where several processes share the run: are all about to do the same? False: reported. */
bool tool_share_out(struct tool *t, const struct program *p);
/* Checks, runs, or both; a run leaves behind what it did (store.h). Warnings and errors known before the run are
 * printed before it. */
bool tool_check(struct ev *ev, struct program *p);
bool tool_go(struct ev *ev, struct program *p);
bool tool_run(struct ev *ev, struct program *p);
const volatile sig_atomic_t *tool_interrupt(void); /* the signal that came, or 0 */
/* An interrupt stops the run, a second one the process; so do SIGTERM, SIGXCPU and SIGHUP, unless that is ignored. */
void tool_catch_signals(void);
void tool_start(void); /* first of all: a file that may not become so large is one that cannot be written */

#endif
