/* Where a script will write: see places.c. */
#ifndef ICL_PLACES_H
#define ICL_PLACES_H

#include "compiler/program.h"

/* Makes the folders of the files that a run of the script writes. False: one cannot be written; reported. */
bool places_make(struct ev *ev, struct program *p);

#endif
