/* The standard library as text: every file of lang/std, embedded at build time by lang/std/embed.awk. */
#ifndef ICL_STD_H
#define ICL_STD_H

#include <stddef.h>

struct std_file {
    const char *name; /* "tasks.icl" */
    const char *text; /* NUL-terminated UTF-8 */
    size_t n;         /* bytes, without the NUL */
};

/* In the order of the alphabet; the last one is followed by a row whose name is NULL. */
extern const struct std_file std_files[];
extern const int std_files_count;

#endif
