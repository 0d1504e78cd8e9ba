/* Matrices in buffers of the lanes schedule, for its linear algebra. */
#ifndef ICL_LANES_MATRIX_H
#define ICL_LANES_MATRIX_H

#include "compiler/lanes.h"

/* Element (i, j) is number origin + i * row + j * column. */
struct matrix {
    int mem;
    struct ix origin;
    int64_t row, column;
};

/* The matrix of a batch at `lead`, its first rank - 2 indices. */
static inline struct matrix matrix_of(struct lanes *l, const struct lane_node *ln, int rank, const struct ix *lead)
{
    struct matrix m = {
        .mem = ln->mem, .origin = ln->origin, .row = ln->stride[rank - 2], .column = ln->stride[rank - 1]};
    for (int d = 0; d < rank - 2; d++) m.origin = ix_add(l, m.origin, ix_scale(lead[d], ln->stride[d]));
    return m;
}

static inline struct matrix matrix_transposed(struct matrix m)
{
    return (struct matrix){.mem = m.mem, .origin = m.origin, .row = m.column, .column = m.row};
}

static inline struct ix entry(struct lanes *l, const struct matrix *m, struct ix i, struct ix j)
{
    return ix_add(l, m->origin, ix_add(l, ix_scale(i, m->row), ix_scale(j, m->column)));
}

static inline int get(struct lanes *l, const struct matrix *m, struct ix i, struct ix j)
{
    return lanes_load(l, m->mem, entry(l, m, i, j));
}

static inline void put(struct lanes *l, const struct matrix *m, struct ix i, struct ix j, int value)
{
    lanes_store(l, m->mem, entry(l, m, i, j), value);
}

static inline int op1(struct lanes *l, enum ir_op op, int x)
{
    return loops_elem1(&l->b, op, x);
}

static inline int op2(struct lanes *l, enum ir_op op, int x, int y)
{
    return loops_elem2(&l->b, op, x, y);
}

static inline int minus(struct lanes *l, int x)
{
    return loops_elem1(&l->b, OP_NEG, x);
}

static inline int reciprocal(struct lanes *l, int x)
{
    return loops_elem2(&l->b, OP_DIV, loops_real(&l->b, 1), x);
}

/* x[n][m] becomes the solution for it as right-hand sides; t: the lower or (`up`) upper triangle (lanes_linalg.c). */
void lanes_triangle(struct lanes *l, const struct matrix *t, const struct matrix *x, int64_t n, int64_t m, bool up);

#endif
