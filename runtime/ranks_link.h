/* What ranks.c asks of the library that carries messages between machines: icl-mpi.so fills this in. All calls are
 * collective, from the thread that opened the link; an error of the library ends all processes. */
#ifndef ICL_RANKS_LINK_H
#define ICL_RANKS_LINK_H

#include <signal.h>
#include <stddef.h>

struct ranks_link {
    int rank, size;
    /* Every rank's n bytes, in order of ranks, to all[size * n]. */
    void (*gather)(const void *mine, size_t n, void *all);
    /* In place: rank k's part is data[offset[k]] up to data[offset[k + 1]]; afterwards every rank has all parts. */
    void (*exchange)(void *data, const size_t *offset);
    void (*close)(void);
    /* Ends all ranks; not collective. */
    void (*abort)(int status);
};

/* The one symbol of the plugin. NULL, or why there is no link. */
typedef const char *icl_ranks_open_fn(struct ranks_link *link);
icl_ranks_open_fn icl_ranks_open;

struct ranks;
/* A rank of a link: see ranks_open, which calls this. NULL: no memory. */
struct ranks *ranks_new(const struct ranks_link *link, const volatile sig_atomic_t *interrupt);

#endif
