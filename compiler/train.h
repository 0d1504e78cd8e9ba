/* Training and optimizers. */
#ifndef ICL_COMPILER_TRAIN_H
#define ICL_COMPILER_TRAIN_H

#include "compiler/model.h"
#include "compiler/script.h"
#include "runtime/train.h"

enum { MAX_STATES = 8 };

/* An optimizer's body being walked: its states in the order of declaration. */
struct training;
struct optimizer {
    int states;
    double first[MAX_STATES];
    str name[MAX_STATES];
    /* the value of state i for the element at hand; NULL: the definition is walked on its own */
    struct value *(*element)(struct ev *ev, struct optimizer *o, int i);
    struct training *training;
};

/* The statement `state` of an optimizer. */
void ev_state(struct ev *ev, struct scope *s, const struct ast *e);

/* What a checkpoint holds beside the parameters. */
struct train_state {
    const char *key; /* which training it is of */
    int64_t step;
    int64_t elements;
    int states;
    const char *name[MAX_STATES];
    double *state[MAX_STATES];
};
/* Parameters, states and key, under a temporary name that is moved to `path`. NULL, or why not. */
const char *checkpoint_save(struct ev *ev, const struct model *m, const struct train_state *t, const char *path);
/* Reads a checkpoint of the same key into the model's weights and the states. False: there is none, or it is another's
 * (*other is true then). */
bool checkpoint_load(struct ev *ev, const char *path, const struct model *m, struct train_state *t, bool *other);

#endif
