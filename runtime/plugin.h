/* Parts of the program that are loaded when they are first needed: icl-llvm.so, icl-mpi.so. */
#ifndef ICL_PLUGIN_H
#define ICL_PLUGIN_H

#include <stdbool.h>
#include "lang/arena.h"

/* The file of a plugin: beside the program, in ICL_LIBEXEC, or where it was installed. NULL: nowhere. */
const char *plugin_path(struct arena *a, const char *file);
/* A symbol of a plugin, which stays loaded. NULL and *why on failure. `global`: its names are seen by what it loads. */
void *plugin_symbol(struct arena *a, const char *file, const char *symbol, bool global, const char **why);

#endif
