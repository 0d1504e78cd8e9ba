/* In place of plugin.c where nothing can be loaded: in programs that are linked statically. SQLite would load its
 * extensions, which nobody asks for: its dlopen is this one, so that the C library's stays out. */
#include "runtime/plugin.h"

void *__wrap_dlopen(const char *file, int mode);

/* See plugin.h. */
const char *plugin_path(struct arena *a, const char *file)
{
    (void)a, (void)file;
    return NULL;
}

/* See plugin.h. */
void *plugin_symbol(struct arena *a, const char *file, const char *symbol, enum plugin_part part, const char **why)
{
    (void)symbol, (void)part;
    *why = arena_printf(a, "a program that is linked statically cannot load %s", file);
    return NULL;
}

/* What `dlopen` means in such a program: see -Wl,--wrap in compiler/local.mk. */
void *__wrap_dlopen(const char *file, int mode)
{
    (void)file, (void)mode;
    return NULL;
}
