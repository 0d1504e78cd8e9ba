/* Which build a part of icl is of. icl, icl-llvm.so and the runtimes for programs are made of the same sources and know
 * each other's structures: parts of two builds do not fit together, whatever their version says.
 *
 * The build is the version and a sum of all sources; it is found in a section of each part's file, so that it can be
 * asked before anything of the part runs. icl-mpi.so, which programs built long ago load as well, is asked for what
 * they share alone: the sum of ranks_link.h. */
#ifndef ICL_IDENTITY_H
#define ICL_IDENTITY_H

#include "lang/arena.h"

#define IDENTITY_BUILD_SECTION ".icl.build"
#define ICL_LINK_SECTION ".icl.link"

/* This program's build, "0.1.0-1a2b3c4d", and its link to other processes. */
const char *identity_build(void);
const char *identity_link(void);
/* NULL, or that the file is not of that build: both files and what to do. `own`: what icl expects there. */
const char *identity_differs(struct arena *a, const char *path, const char *section, const char *own);

#endif
