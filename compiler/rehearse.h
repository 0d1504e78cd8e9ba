/* A rehearsal: a walk without data that goes wherever a run may go, to find every kernel that the run can ask for.
 *
 * It is the walk of the static check (ev->dry) without its shortcuts: all cells of sweeps, all passes of loops, all
 * levels of a curriculum. What only the run knows (results, files, options that stay flags) is unknown in it, and what
 * is computed from unknown values is unknown: so a kernel whose sizes or structure depend on them is seen, and refused.
 * Both branches of a condition that is not known are walked; a name that they leave different is unknown after it. */
#ifndef ICL_REHEARSE_H
#define ICL_REHEARSE_H

#include "compiler/model.h"
#include "compiler/script.h"

/* The walk's session->viewer. */
struct rehearsed {
    VEC(struct ir_func *) kernels;
    VEC(uint64_t) hashes;
    const char *const *flag; /* options that only the run knows */
    int nflags;
    void (*option)(struct ev *ev, const struct ast *option, const struct value *v); /* is told each; or NULL */
    void *data;              /*   its own */
    bool figures;            /* some are drawn to files */
};

/* The walk's session->show_kernel. */
void rehearse_kernel(struct ev *ev, struct ir_func *f);
/* The first size of a kernel that has no value yet, and where it comes from (NULL: not from one symbol); NULL: none. */
dim rehearse_open_size(struct ir_func *f, const struct size_symbol **symbol);
/* Reports that v, the value of the expression, must be known when the program is built; NULL: some value. */
struct value *rehearse_refuse(struct ev *ev, const struct ast *at, const struct value *v);
/* A kernel could not be made. Where nothing says why, something in it is known only when the program runs. */
void rehearse_broken(struct ev *ev, const struct ast *at);
bool rehearse_option(struct ev *ev, const struct ast *option, const struct value *v); /* does it stay a flag? */
struct value *rehearse_unknown(struct ev *ev, const struct value *like); /* another value of that type */
void rehearse_figure(struct ev *ev); /* one is drawn to a file */
/* A model whose file the run reads; its parameters are made as the architecture is walked. */
struct value *rehearse_model(struct ev *ev, const struct instance *arch);
struct value *rehearse_weight(struct ev *ev, const struct model *m, const char *path, const struct value *like);

/* What a block leaves in the names it assigns, over the ways in which it may be passed. */
struct rehearsal {
    struct name_list names;
    struct scope *scope;
    struct value **before, **merged; /* NULL: not bound; merged: over the branches so far */
    int branches;
};
void rehearse_begin(struct ev *ev, struct rehearsal *r, struct scope *s, const struct ast *block);
void rehearse_branch(struct ev *ev, struct rehearsal *r); /* it may end as the names are now */
void rehearse_other(struct ev *ev, struct rehearsal *r);  /* the same, and the next way starts from the beginning */
void rehearse_end(struct ev *ev, struct rehearsal *r);    /* the names get what all ways have in common */

#endif
