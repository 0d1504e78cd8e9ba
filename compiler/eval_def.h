/* What the files about definitions offer each other: eval_def.c, eval_hyper.c, eval_check.c. */
#ifndef ICL_EVAL_DEF_H
#define ICL_EVAL_DEF_H

#include "compiler/eval.h"

/* `real`, `int` or `bool`, with or without sizes after it; false: another type, or none. */
bool def_scalar_type(const struct ast *type, enum dtype *t);
/* The type of a hyper-parameter: as written, or that of its default. False: it depends on what is not known. */
bool def_hyper_type(struct ev *ev, const struct def *d, const struct ast *h, enum dtype *t);
/* Matches *v against a written type, whose new names are bound to its sizes. False: reported. */
bool def_match_type(struct ev *ev, struct scope *s, const struct ast *type, struct value **v, const char *name,
                    bool written, const struct ast *at, const char *whose);
/* Binds hyper-parameters; tensors among them (pool: real[m, d]) name their sizes as inputs do. at: where each is
 * written (NULL, or the hyper-parameter itself: nowhere but in the call, `where`). False: reported. */
bool def_bind_hypers(struct ev *ev, struct scope *s, const struct def *d, struct value **hyper, const struct ast **at,
                     const struct ast *where);
const struct ast *def_returned(const struct def *d);             /* what a function returns, where it is written */
struct scope *def_scope(struct ev *ev, const struct def *d);     /* the scope of its body */
struct value *def_run(struct ev *ev, const struct def *d, struct scope *s, struct frame *fr); /* its body's value */
/* Whether what a definition ends with fits its signature. at: where it is used; NULL: on its own. False: reported. */
bool def_check_prompt(struct ev *ev, const struct def *d, struct frame *fr);
bool def_check_answer(struct ev *ev, const char *name, const struct def *d, const struct value *v,
                      const struct value *y, const struct ast *at);
bool def_check_yield(struct ev *ev, const char *name, const struct def *d, struct value *v, const struct ast *at);

#endif
