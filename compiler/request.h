/* A figure that was asked for, and what answers it: `risk` and its kin make requests, which wait until a figure is
 * looked at (promise.c), so that those about the same prompts are answered by one kernel (request.c). */
#ifndef ICL_REQUEST_H
#define ICL_REQUEST_H

#include "compiler/ahead.h"
#include "compiler/keeper.h"
#include "compiler/script.h"

enum { REQUEST_GROUP = 16 }; /* requests that one kernel answers, at most */

struct request {
    const struct value *a, *b;   /* predictors; b: compare's other side, or NULL */
    const struct value *task;
    const struct ast *at;
    struct call *calls;
    int64_t trials;
    double se;                   /* > 0: as many prompts as this standard error needs, at most `trials` */
    uint64_t seed;
    int64_t context;             /* curve: that many examples; -1: all but the last row */
    bool raw;                    /* predictions, not squared errors; with b: their difference */
    bool tuning;                 /* a candidate: it may diverge */
    struct ahead_place place;    /* in the sweep, where several processes share it */
    bool keyed;                  /* to be kept under */
    struct digest key;
    struct measured *measured;
};

/* ---- request.c ---- */

/* The kernel that answers n <= REQUEST_GROUP requests about the same prompts, whose results are the requests' in order:
 * one result each, two for a comparison. NULL: reported. */
struct kernel *request_kernel(struct ev *ev, struct request **r, int n);

/* ---- promise.c ---- */

/* A copy of the request with a place for its figure, which may be known already: then measured->request is NULL. */
struct request *request_new(struct ev *ev, const struct request *proto);
/* It waits for the figure to be looked at; nothing if that is known. */
void request_wait(struct ev *ev, struct request *r);
void request_settle_all(struct ev *ev);
/* Answers this one at once; NULL is allowed. */
void request_settle(struct ev *ev, struct request *r);

/* ---- measured.c ---- */

/* Predictors, task, `trials` and `seed` from arguments, predictors first. NULL: they are in *r; else the result. */
struct value *request_arguments(struct ev *ev, struct args *a, int predictors, struct request *r);

/* ---- tune.c ---- */

/* A walk without data builds the kernels that the run may ask for, for their messages and for those who want to see
 * them: one, or where `tune` will choose one for each choice. NULL: reported. */
struct kernel *request_walk(struct ev *ev, const struct request *asked);

#endif
