/* Warnings that save a day: programs that are right by the rules and do not say what their writer thinks. */
#ifndef ICL_WARN_H
#define ICL_WARN_H

#include "compiler/script.h"

/* A warning, once a place; NULL: it was given before, or messages are muted. Library code stands for its caller. */
struct diag *ev_warn(struct ev *ev, enum diag_code code, const struct ast *at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* a[.., n, n] is to be inverted, and its rank is less than n whatever is drawn. */
void warn_singular(struct ev *ev, const struct value *a, const struct ast *at);
/* Draws of a task that neither its prompt nor what `knowing` asks for depends on. The kernel is the task's. */
void warn_unused_draws(struct ev *ev, const struct def *d, const struct frame *fr);
/* A predictor tuned on the very prompts that it is measured on. */
void warn_same_prompts(struct ev *ev, const struct value *p, const struct value *task, uint64_t seed,
                       const struct ast *at);
/* A number made of estimates is printed to more digits than their standard errors leave. */
void warn_digits(struct ev *ev, const struct value *v, const struct ast *at);
/* The standard error of `op` on scalars made of estimates, to first order, as if they were independent. */
double error_of(enum ir_op op, const struct value *a, const struct value *b, double result);

/* Some of a predictor's answers were not finite. `retry` measures it with other hyper-parameters on a few prompts and
 * tells whether all answers are finite. */
struct divergence {
    const struct value *predictor;
    const struct estimate *estimate;
    const struct ast *at;
    bool (*finite)(struct ev *ev, void *data, const struct value *predictor);
    void *data;
};
void warn_diverged(struct ev *ev, const struct divergence *d);

#endif
