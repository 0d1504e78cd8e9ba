/* Linear algebra of one matrix, in the order of operations that the language fixes; the algorithms are stated in
 * linalg.inc. Compiled kernels do the same operations in the same order. */
#ifndef ICL_LINALG_H
#define ICL_LINALG_H

#include "compiler/ir.h"

struct linalg {
    enum ir_op op;      /* MATMUL CHOLESKY TRISOLVE LU_SOLVE LU_LOGDET EIGH PINV_SOLVE, SUM (of m rows of n) */
    int precision;
    int64_t m, n, k;    /* a is [m, n]; b is [n, k] for MATMUL, [m, k] else */
    bool upper, transposed;
    const double *a, *b;
    double *out;
};
void linalg_run(const struct linalg *l);

/* Sweeps of Jacobi rotations over a matrix of n columns: fixed, so that control flow does not depend on data. */
int linalg_sweeps(int precision, int64_t n);

#endif
