/* A training as its parts see it: train_kernels.c builds kernels, train_step.c does a step, train_loop.c all. */
#ifndef ICL_TRAINING_H
#define ICL_TRAINING_H

#include "compiler/train.h"

struct training {
    const struct ast *at;
    const struct instance *arch, *task, *optimizer;
    const struct value *schedule, *curriculum;
    const struct ast *curriculum_at;
    int64_t steps, batch, every, step;
    uint64_t seed;
    double clip;
    const char *checkpoint, *key;
    int64_t kept; /* the step that the checkpoint holds */
    int number;   /* of the run's trainings */
    int64_t began; /* milliseconds of the steady clock */
    const struct instance *task_now; /* the curriculum's, */
    const int64_t *level;            /*   and what it gave */

    struct model model;
    int64_t elements; /* of all parameters */
    /* Parameters and then the optimizer's states, and the gradient, in the run's precision: what kernels read and
     * write. In a run of 64 bits these are the arrays below. */
    void *now[1 + MAX_STATES], *slope;
    double squares; /* of the gradient, summed */
    /* What the model shows, checkpoints hold and the interpreter reads: up to date after training_show. */
    double *theta, *gradient, *state[MAX_STATES];
    struct arena *lasting; /* outlives a step */
    bool torn; /* a step of the optimizer was not finished */

    struct kernel *k;
    struct train_kernel sum, update;
    struct optimizer walk;
    struct kernel *update_k;
    struct value *p_in, *g_in, *state_in[MAX_STATES], *t_in, *lr_in;
    double lr;
    struct train_memory *memory;
};

/* ---- train_kernels.c ---- */

/* Squared error of the architecture's answer to a prompt, the mean over positions of a sequence. */
struct value *training_loss(struct ev *ev, struct training *t, struct arch *a, struct frame *fr);

/* Results: the loss, then its gradient by every parameter. NULL: reported. */
struct kernel *training_gradient_kernel(struct ev *ev, struct training *t, const struct instance *task);
/* t->update_k: one element of the parameters and of the optimizer's states after a step. False: reported. */
bool training_update_kernel(struct ev *ev, struct training *t);
/* Machine code for a kernel, or who else answers. False: reported. */
bool training_ready(struct ev *ev, struct kernel *k, struct train_kernel *out, const struct ast *at);
/* What the schedule makes of the learning rate at this step. */
double training_factor(struct ev *ev, struct training *t);
/* What the curriculum gives at this step, an entry each. False: reported. */
bool training_levels(struct ev *ev, struct training *t, int64_t *level);
/* The task with the curriculum's levels. */
const struct instance *training_task(struct ev *ev, struct training *t, const int64_t *level);

/* ---- train_loop.c ---- */

/* Builds the kernel again when the curriculum has moved, in the arena that outlives the step. False: reported. */
bool training_follow(struct ev *ev, struct training *t, struct arena *lasting);
/* All steps, from where a checkpoint left them. False: stopped, or reported. */
bool training_run(struct ev *ev, struct training *t);

/* ---- train_step.c ---- */

/* Room for the numbers of a training, and the parameters in it. False: reported. */
bool training_begin(struct ev *ev, struct training *t);
/* Whether there was room for all. False: reported. */
bool training_has_room(struct ev *ev, const struct training *t);
/* Room for state i, `first` everywhere. */
void training_state(struct ev *ev, struct training *t, int i, double first);
/* *v stands for these numbers in a kernel; `shown`: as the interpreter reads them, or NULL as long as nobody does. */
void training_input(const struct ev *ev, struct value *v, void *now, double *shown);
/* The parameters, and with `states` the optimizer's states, as they are now, are shown; what is shown is taken. */
void training_show(struct ev *ev, struct training *t, bool states);
void training_take(struct ev *ev, struct training *t);
/* Shows the parameters and gives the room back. */
void training_end(struct ev *ev, struct training *t);

/* The first part of the parameters, or of their gradients, that is not finite; NULL: all are. */
const char *training_not_finite(const struct ev *ev, const struct training *t, const void *v);
/* Mean loss and gradient at the parameters as they are. False: stopped, or reported. */
bool training_gradient(struct ev *ev, struct training *t, double *loss);
/* One step of the optimizer, its learning rate times `factor`. False: stopped, or reported. */
bool training_update(struct ev *ev, struct training *t, double factor);

#endif
