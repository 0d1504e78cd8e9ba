/* `icl gradcheck`. */
#ifndef ICL_GRADCHECK_H
#define ICL_GRADCHECK_H

#include "compiler/program.h"

/* Prints a line a definition: each input with the largest relative difference of its gradient from central differences
 * in binary64. False: one is larger than 1e-5, or an error was queued. */
bool gradcheck(struct ev *ev, struct program *p);

#endif
