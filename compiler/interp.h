/* The reference interpreter: one prompt at a time, in the order of operations that the language fixes. */
#ifndef ICL_INTERP_H
#define ICL_INTERP_H

#include "compiler/ir.h"

/* A host tensor. Reals are kept as double: in precision 32 each is exactly a binary32 number. */
struct tensor {
    enum dtype dtype;
    int rank;
    int64_t dims[IR_MAX_RANK];
    union {
        double *r;  /* DT_REAL */
        int64_t *i; /* DT_INT, DT_BOOL (0 or 1) */
    };
    const float *narrow; /* or NULL: the numbers as kernels of 32 bits read them, kept by an owner; r may lag behind */
};
int64_t tensor_elements(const struct tensor *t);
struct tensor tensor_new(struct arena *a, enum dtype t, int rank, const int64_t *dims); /* of zeros */

struct interp {
    struct arena *arena; /* interp_run: the results; what is computed on the way is freed */
    int precision;       /* 32 or 64 */
    uint64_t seed;
    uint64_t prompt;     /* number of the prompt being drawn */
};
/* Evaluates one node of any op but INPUT, PARAM, REPEAT, BUILD, GET, given its operands' values. `out` comes with the
 * node's type and shape and with memory (tensor_new), not that of an operand. Of n only the op, type, sizes and
 * attributes are read. */
void interp_node(struct interp *it, const struct ir_node *n, const struct tensor *const *in, struct tensor *out);
/* Evaluates a whole function for one prompt; results[k] for each of the top region's results. */
void interp_run(struct interp *it, const struct ir_func *f, const struct tensor *const *inputs, struct tensor *results);

#endif
