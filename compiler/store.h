/* The keeper of a run, by `icl run` or a program built: everything goes to icl.sqlite in the folder of --out. */
#ifndef ICL_STORE_H
#define ICL_STORE_H

#include "compiler/keeper.h"
#include "compiler/program.h"

/* A keeper for one run of the program. The file is opened when there is something to keep: a sweep, a training, a file
 * that was written; a script without these leaves none behind. */
struct keeper *store_new(struct ev *ev, struct program *p);
void store_end(struct keeper *k, struct ev *ev, int status);

#define STORE_FILE "icl.sqlite"

#endif
