/* Where plugins lie: in the build tree beside the program, else in the folder that the user names, else installed. */
#include "runtime/plugin.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "runtime/identity.h"

#ifndef PKGLIBEXECDIR
#define PKGLIBEXECDIR "/usr/local/libexec/icl"
#endif

/* A place told from the program's own folder. */
static const char *beside_program(struct arena *a, const char *place, const char *file)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return "";
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash) *slash = 0;
    return arena_printf(a, "%s/%s%s", path, place, file);
}

/* The first of the places that has it. */
const char *plugin_path(struct arena *a, const char *file)
{
    const char *said = getenv("ICL_LIBEXEC");
    const char *place[] = {said ? arena_printf(a, "%s/%s", said, file) : "", beside_program(a, "", file),
                           beside_program(a, "../libexec/icl/", file), arena_printf(a, PKGLIBEXECDIR "/%s", file)};
    for (size_t k = 0; k < sizeof place / sizeof *place; k++)
        if (access(place[k], R_OK) == 0) return place[k];
    return NULL;
}

/* Loads it and finds the symbol. */
void *plugin_symbol(struct arena *a, const char *file, const char *symbol, enum plugin_part part, const char **why)
{
    const char *path = plugin_path(a, file);
    if (!path) {
        *why = arena_printf(a, "%s is not found: neither beside the program nor in " PKGLIBEXECDIR
                               " (ICL_LIBEXEC can name another folder)", file);
        return NULL;
    }
    *why = part == PLUGIN_OF_LINK ? identity_differs(a, path, ICL_LINK_SECTION, identity_link())
                                  : identity_differs(a, path, IDENTITY_BUILD_SECTION, identity_build());
    if (*why) return NULL;
    void *handle = dlopen(path, RTLD_LAZY | (part == PLUGIN_OF_LINK ? RTLD_GLOBAL : RTLD_LOCAL));
    void *found = handle ? dlsym(handle, symbol) : NULL;
    if (!found) *why = arena_printf(a, "%s cannot be loaded: %s", file, dlerror());
    return found;
}
