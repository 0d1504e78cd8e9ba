/* What the rules of the builtins share: builtins*.c. A rule checks its arguments, and makes its value of operations. */
#ifndef ICL_BUILTINS_H
#define ICL_BUILTINS_H

#include "compiler/eval.h"
#include "compiler/script.h"

/* Makes argument k a tensor; false: reported, or nothing to do with a poisoned one (*out is the result then). */
bool builtin_tensor(struct ev *ev, struct args *a, int k, struct value **out);
#define TENSOR(k)                                      \
    do {                                               \
        struct value *bad_;                            \
        if (!builtin_tensor(ev, a, k, &bad_)) return bad_;     \
    } while (0)

/* Reports that argument k has the wrong number of axes, and what was wanted ("a vector"). */
struct value *builtin_wrong_rank(struct ev *ev, struct args *a, int k, const char *wanted);
/* The axis argument k of tensor x: -1 when it is not given, -2 when it was wrong. */
int builtin_axis(struct ev *ev, struct args *a, int k, const struct value *x);
/* A truth value that is known before the run; false where it is not given, or reported. */
bool builtin_flag(struct ev *ev, struct args *a, int k);
/* Puts the axis of x that was reduced to v (all, where axis < 0) back with size 1. */
struct value *builtin_keepdims(struct ev *ev, struct value *v, const struct value *x, int axis);
/* The diagonals of the matrices in x's last two axes, along the last axis. */
struct value *builtin_diagonal(struct ev *ev, struct value *x);
/* A shape given as sizes or as one list of them. Returns the rank; -1: reported. */
int builtin_shape(struct ev *ev, struct value **v, const struct ast **at, int n, dim *dims, const struct ast *call);
/* Is one of the sizes known to be negative? Then that is reported. */
bool builtin_negative(struct ev *ev, int rank, const dim *dims, const struct ast *at);

#endif
