#ifndef ICL_TENSOR_SAY_H
#define ICL_TENSOR_SAY_H

/* Messages about shapes that do not go together. */
#include "compiler/eval.h"

void say_no_broadcast(struct ev *ev, struct value *x, struct value *y, int ix, int iy, const struct ast *at);
void say_condition(struct ev *ev, const struct value *c, const struct value *joined,
                   const struct value *const alternative[2], const struct ast *at);
struct value *say_no_join(struct ev *ev, struct value **item, int i, int axis, const struct ast *at);
void say_inner_sizes(struct ev *ev, struct value *a, struct value *b, const struct ast *at);
void say_factors(struct ev *ev, struct diag *m, const struct value *a, const struct value *b, const struct ast *at);

#endif
