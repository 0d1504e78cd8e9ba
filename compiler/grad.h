/* Differentiation: reverse mode on the IR. */
#ifndef ICL_GRAD_H
#define ICL_GRAD_H

#include "compiler/eval.h"

/* Applies grad(f), value_and_grad(f) or hessian(f) to arguments. */
struct value *ev_differentiate(struct ev *ev, const struct fn *fn, struct value **arg, int n, const struct ast *where);

#endif
