/* Parts of the program that are loaded when they are first needed: icl-llvm.so, icl-mpi.so. */
#ifndef ICL_PLUGIN_H
#define ICL_PLUGIN_H

#include <stdbool.h>
#include "lang/arena.h"

/* The file of a plugin: beside the program, in ICL_LIBEXEC, or where it was installed. NULL: nowhere. */
const char *plugin_path(struct arena *a, const char *file);
/* Whose build a plugin must be of: all of icl's, or that of the link between processes. */
enum plugin_part { PLUGIN_OF_BUILD, PLUGIN_OF_LINK };
/* A symbol of a plugin, which stays loaded. NULL and *why on failure. Names of a PLUGIN_OF_LINK are seen by what it
 * loads. */
void *plugin_symbol(struct arena *a, const char *file, const char *symbol, enum plugin_part part, const char **why);

#endif
