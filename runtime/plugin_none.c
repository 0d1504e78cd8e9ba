/* In place of plugin.c where nothing can be loaded: in programs that are linked statically. */
#include "runtime/plugin.h"

/* See plugin.h. */
const char *plugin_path(struct arena *a, const char *file)
{
    (void)a, (void)file;
    return NULL;
}

/* See plugin.h. */
void *plugin_symbol(struct arena *a, const char *file, const char *symbol, bool global, const char **why)
{
    (void)symbol, (void)global;
    *why = arena_printf(a, "a program that is linked statically cannot load %s", file);
    return NULL;
}
