/* Numbers as people and programs read them. */
#ifndef ICL_NUMBER_H
#define ICL_NUMBER_H

#include "lang/str.h"
#include "runtime/estimate.h"

enum { NUMBER_MAX = 48 }; /* bytes that any of the texts below needs, with its NUL */

/* The shortest decimal that reads back as v in the precision (32, 64): "0.1", "1e-05", "12000"; valid JSON for finite
 * v, otherwise "nan", "inf" or "-inf". Whole numbers below 1e15 have no exponent. */
void number_text(char out[NUMBER_MAX], double v, int precision);
/* v to `digits` (1 to 17) significant digits, trailing zeros kept; digits before the point are never dropped. */
void number_round(char out[NUMBER_MAX], double v, int digits);
/* "0.0647 ± 0.0012": the standard error to two digits, the mean to the same place. */
void number_estimate(struct buf *out, const struct estimate *e);

#endif
