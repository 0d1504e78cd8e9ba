/* Architectures at work: layers with their parameters, taps, interventions; models as values. */
#ifndef ICL_MODEL_H
#define ICL_MODEL_H

#include "compiler/eval.h"

/* One step of a path: `attention[2]`, `Wq`. */
struct path_step {
    str name;
    int index; /* which call of that layer, or tap of a loop; -1: it stands once */
};

/* A path as a script writes it: names, each followed by indices whose values are known. */
struct path_item {
    bool slice;
    dim from, to; /* slice: NULL for an open end; else from alone is the index */
};
struct path_name {
    str name;
    int n;
    struct path_item *item;
};
struct path {
    int n;
    struct path_name *name;
    const struct ast *ast;
};

/* `PATH = expr`: the value is known, or it is an expression with `it`, evaluated where it applies. */
struct intervention {
    struct path path;
    struct value *value;     /* NULL: */
    const struct ast *expr;
    struct scope *scope;
    bool *hit;               /* some tap or parameter matched */
};

struct weight {
    const char *path;
    struct value *value;
};

struct model {
    const struct instance *arch;
    int n;
    struct weight *weight;
    int ninterventions;
    struct intervention *intervention;
};

/* A walk through an architecture's body. */
struct arch_frame {
    struct arch_frame *up;
    struct path_step step;      /* of this layer in the one around it */
    bool top;
    const struct ast *body;     /* what is being walked */
    int loops;                  /* unrolled loops around the statement being walked */
    VEC(struct path_step) seen; /* layers called, parameters and taps named, with how often */
};
struct arch {
    const struct model *model;  /* NULL: parameters are being declared */
    struct arch_frame *frame;
    VEC(struct weight) declared;
    VEC(struct weight) taps;
    const struct path *watch;   /* a tap that is asked for, */
    int watched;                /*   how many it names, */
    struct value *seen;         /*   and what it is */
};

struct intervention_list {
    struct intervention *data;
    int n, capacity;
};

/* A call of a layer: its body is walked in a frame of its own, which parameters and taps are named by. */
struct value *ev_layer(struct ev *ev, struct scope *s, const struct def *d, const struct ast *call);
/* The statements `param` and `tap`. */
void ev_param(struct ev *ev, struct scope *s, const struct ast *e);
void ev_tap(struct ev *ev, struct scope *s, const struct ast *e);
/* Answers a prompt: X, y, q for an architecture of the query, or the sequence x, y. */
struct value *ev_model_answer(struct ev *ev, const struct model *m, struct value **prompt, const struct ast *where);
/* The same with the walk's own record of parameters and taps in *a. */
struct value *ev_architecture(struct ev *ev, struct arch *a, const struct instance *arch, struct value **prompt,
                              const struct ast *where);
/* A sequence architecture's answers for all positions. */
struct value *ev_sequence(struct ev *ev, struct arch *a, const struct instance *arch, struct value *x, struct value *y,
                          const struct ast *where);
struct value *value_model(struct arena *a, const struct model *m);
/* As ev_model_answer, with the caller's record: a tap that a->watch names is a->seen. */
struct value *ev_model_walk(struct ev *ev, const struct model *m, struct arch *a, struct value **prompt,
                            const struct ast *where);
struct value *ev_model_parameter(struct ev *ev, struct scope *s, const struct ast *e);

/* features(model, PATH): a preprocess. */
struct features {
    const struct model *model;
    struct path path;
};
struct value *ev_features(struct ev *ev, const struct features *f, struct value **prompt, const struct ast *where);
struct value *ev_with(struct ev *ev, struct scope *s, const struct ast *e);
void ev_set(struct ev *ev, struct scope *s, const struct ast *e);
bool ev_path(struct ev *ev, struct scope *s, const struct ast *e, struct path *out);

/* Reports that m has no such parameter. */
struct value *ev_no_parameter(struct ev *ev, const struct model *m, const struct ast *at);

/* ---- model_path.c ---- */

/* The path of a frame, as the start of what stands in it: "block[0].attention[0]." */
void path_frame(struct buf *out, const struct arch_frame *f);
/* The path of a step in the frame at hand. */
const char *path_here(struct ev *ev, struct path_step last);
/* How often this name came up in the frame at hand before. */
int path_count(struct ev *ev, str name);
/* What the model's interventions make of v, the value at this step. */
struct value *path_intervene(struct ev *ev, struct path_step last, struct value *v);
/* A tap that someone asks for. */
void path_watch(struct ev *ev, struct path_step step, struct value *v);

/* ---- model_causal.c, model_file.c ---- */

/* Entry i of what a sequence architecture predicts comes from the rows before i and x[i] alone, so one walk over all
 * rows answers every query: what m predicts for x[t, d], y[t], the last label unseen. An intervention may break that:
 * not for a model with one. */
bool ev_model_answers_all(const struct model *m);
struct value *ev_model_sequence(struct ev *ev, const struct model *m, struct value *x, struct value *y,
                                const struct ast *where);
/* Looks for sequence architectures that look ahead (model_causal.c). False: reported. */
bool model_causal(struct ev *ev, const struct model *m, const struct instance *task, uint64_t seed,
                  const struct ast *at);

const char *model_save(struct ev *ev, const struct model *m, const char *path); /* NULL, or why not */

#endif
