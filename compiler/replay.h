/* `icl replay FILE --prompt N`: one prompt of what a script measures, in the interpreter, with all its values. */
#ifndef ICL_REPLAY_H
#define ICL_REPLAY_H

#include "compiler/program.h"

/* Runs the script without printing or writing, then shows prompt session->prompt of a task that it measures on: the
 * task's values, what every predictor that is measured on it answers, and the values of these. */
bool replay_program(struct ev *ev, struct program *p);

/* What measuring notes while a script is replayed. */
struct asked {
    const struct value *a, *b; /* predictors; b: or NULL */
    const struct value *task;
    const struct ast *at;
    struct call *calls;
    uint64_t seed;
    int64_t trials;
};
void replay_asked(struct ev *ev, const struct asked *asked);

/* A name of kernel code got a value, a tap was passed (ev->watch is not NULL). */
void watch_name(struct ev *ev, str name, struct value *v);
void watch_tap(struct ev *ev, const char *path, struct value *v);

#endif
