/* The scalar meaning of the ELEM rows of op.def on the host: for the interpreter and for folding constants.
 *
 * A real travels as double; in precision 32 it is exactly a binary32 number and all arithmetic is binary32. Every row
 * of op.def with a real meaning is a function of elementary.inc; results are the bits that compiled kernels give (a
 * NaN may differ in its payload). None of these functions fails; an op that has no such meaning gives NaN or 0. */
#ifndef ICL_SCALAR_H
#define ICL_SCALAR_H

#include "compiler/ir.h"

double scalar_real(enum ir_op op, int precision, const double *args); /* SAME and REAL rows */
int64_t scalar_test(enum ir_op op, const double *args);               /* TEST rows: 0 or 1 */
/* SAME and TEST rows on 64-bit integers (arithmetic wraps around); LOGIC and TEST rows on bools 0 and 1. */
int64_t scalar_int(enum ir_op op, const int64_t *args);

/* The same for n elements; b is not read where the op has one operand; out may be a or b. */
void scalar_real_n(enum ir_op op, int precision, int64_t n, const double *a, const double *b, double *out);
void scalar_test_n(enum ir_op op, int64_t n, const double *a, const double *b, int64_t *out);
void scalar_int_n(enum ir_op op, int64_t n, const int64_t *a, const int64_t *b, int64_t *out);

double scalar_round(int precision, double x);             /* the nearest number of the precision */
double scalar_fma(int precision, double a, double b, double c);
double scalar_to_real(int precision, int64_t i);          /* TO_REAL: nearest */
int64_t scalar_to_int(double x);                          /* TO_INT: floor, saturating; NaN gives 0 */

double scalar_uniform(uint32_t word);                     /* in (0, 1), exact in both precisions */
void scalar_normals(int precision, const uint32_t words[4], double out[4]);

#endif
