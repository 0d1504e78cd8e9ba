/* `icl explain FILE`: what each kernel of a script costs, line by line. */
#ifndef ICL_EXPLAIN_H
#define ICL_EXPLAIN_H

#include "compiler/program.h"

/* Prints every kernel that the script can ask for, each once: what of a place differs in sizes alone is told by its
 * costliest. Counts come from the scheduled loops; nothing is compiled. With session->measure kernels are compiled and
 * timed alone on one thread, beside the machine's peak. */
bool explain_program(struct ev *ev, struct program *p);

/* Fused multiply-adds of one thread that does nothing else, as operations (two each) a second, in registers. */
double machine_peak(int precision);

#endif
