/* What a kernel's loops cost: counted, not timed. One vector instruction does one operation for all lanes, so the
 * counts of a block are the same for every lane width. */
#ifndef ICL_COST_H
#define ICL_COST_H

#include "compiler/loops.h"

struct op_cost {
    double flops; /* additions, multiplications, divisions and roots on reals; a fused multiply-add is two */
    double slots; /* vector instructions */
    double sums;  /* of these, arithmetic on reals and products */
    double slow;  /* of these, divisions and square roots */
};
struct op_cost cost_of_op(enum ir_op op, int precision); /* one application of an ELEM or MIXED row to reals */
struct op_cost cost_of_draw(enum ir_op op, int precision); /* four elements of DRAW_UNIFORM or DRAW_NORMAL */

struct cost {
    struct op_cost work;
    double loads, stores;           /* instructions: a vector, or one element for all lanes */
    double load_bytes, store_bytes;
    double gathered;                /* of the loads and stores, those that go lane by lane */
    double cycles;                  /* at the least, see cost_cycles */
};
/* Cycles that a core needs at the least which begins four vector instructions a cycle, two of them arithmetic on reals,
 * and two loads and a store beside. */
double cost_cycles(const struct cost *c);

/* The part of a kernel that one line of a script asks for. src is NULL for what belongs to no line. */
struct line_cost {
    const struct source *src;
    int line;
    struct cost cost;
};
struct kernel_cost {
    struct cost block;              /* of one block of `lanes` prompts */
    struct cost once;               /* of what is done before the first block */
    VEC(struct line_cost) lines;    /* of a block, costliest first */
    double share[OP_COUNT];         /* of the block's instructions, by what they compute an element of */
    bool until;                     /* some loop may end early: its passes are counted as if it did not */
};
/* Loops with counts that depend on counters of outer loops (triangles) are taken at their middle. */
void cost_of_loops(struct arena *a, const struct loop_func *f, struct kernel_cost *out);

#endif
