/* The parts of differentiation: for grad*.c only. */
#ifndef ICL_GRAD_RULES_H
#define ICL_GRAD_RULES_H

#include "compiler/eval.h"

/* One walk backwards: from seeded nodes of one region to the variables. */
struct adjoint {
    struct ev *ev;
    const struct ast *at;
    struct ir_node **var;
    int nvars;
    struct ir_region *region;     /* where the nodes differentiated live */
    int slots;                    /* ids there were at the start */
    struct value **slot;          /* by id: the adjoint so far */
    signed char *known;           /* by id: 1 depends on a variable, -1 does not */
    VEC(struct ir_node *) order;  /* operands before users */
    struct value ***state_seed;   /* by id of a loop: the adjoints of its results */
};

/* Adds what leads from out[i] in region r, seeded with seed[i], to the slots of all nodes it depends on. The adjoints
 * are made in the current region. */
void adjoint_run(struct adjoint *a, struct ir_region *r, struct ir_node *const *out, struct value *const *seed, int n);
struct value *adjoint_of(struct adjoint *a, struct ir_node *var); /* zeros where nothing leads there */
void adjoint_add(struct adjoint *a, struct ir_node *n, struct value *g);
bool adjoint_needed(struct adjoint *a, struct ir_node *n);

static inline struct value **adjoint_slot(struct adjoint *a, const struct ir_node *n)
{
    return &a->slot[n->id];
}
static inline signed char *adjoint_depends(struct adjoint *a, const struct ir_node *n)
{
    return &a->known[n->id];
}

/* The rule of each op: adds to the adjoints of n's operands, given n's own. */
typedef void adjoint_rule(struct adjoint *a, struct ir_node *n, struct value *g);
extern adjoint_rule *const adjoint_rules[OP_COUNT];

/* Calls visit on every node that code inside `body` uses from outside of it. */
void grad_captures(struct adjoint *a, struct ir_region *body, struct ir_region *within,
                   void (*visit)(struct adjoint *, struct ir_node *));

#endif
