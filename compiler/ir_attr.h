/* Which attributes an op's text has; for ir_text.c and ir_read.c. */
#ifndef ICL_IR_ATTR_H
#define ICL_IR_ATTR_H

#include "compiler/ir.h"

enum { ATTR_AXIS = 1, ATTR_DRAW = 2, ATTR_PERM = 4, ATTR_SLICE = 8, ATTR_TRIANGLE = 16 };
unsigned ir_attributes(enum ir_op op);

#endif
