/* The parts' identities: icl's own, and those that files have. See identity.h. */
#include "runtime/identity.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "runtime/identity_part.h"
#include "runtime/sections.h"

IDENTITY_SAY(own_build, IDENTITY_BUILD);

/* See identity.h. */
const char *identity_build(void)
{
    return own_build;
}

/* See identity.h. */
const char *identity_link(void)
{
    return ICL_LINK;
}

/* What the file says; NULL: nothing. */
static const char *identity_of(struct arena *a, const char *path, const char *section)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    void *file = fstat(fd, &st) || st.st_size <= 0 ? MAP_FAILED
                                                   : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (file == MAP_FAILED) return NULL;
    size_t n = 0;
    const char *text = sections_find(file, (size_t)st.st_size, section, &n);
    if (text) text = arena_strndup(a, text, strnlen(text, n));
    munmap(file, (size_t)st.st_size);
    return text;
}

/* See identity.h. */
const char *identity_differs(struct arena *a, const char *path, const char *section, const char *own)
{
    const char *theirs = identity_of(a, path, section);
    if (theirs && !strcmp(theirs, own)) return NULL;
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = 0;
    return arena_printf(a, "%s is not of the same build as %s: it is of %s, not %s; install both anew from one build "
                           "(`make install`; in a build folder, `make`)",
                        path, n > 0 ? self : "this program", theirs ? theirs : "one that does not say", own);
}
