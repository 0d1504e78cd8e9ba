/* Sweeps that several processes share cell by cell: see ahead.c. */
#ifndef ICL_AHEAD_H
#define ICL_AHEAD_H

#include "compiler/keeper.h"
#include "compiler/script.h"

/* Which figure of a sweep: the cell, and how many were asked for in it before. */
struct ahead_place {
    int64_t cell; /* -1: it belongs to no cell that is shared */
    int64_t ordinal;
};

/* Before a sweep is walked: finds out figures of its cells, each rank those of its own. `cell` walks one and is given
 * data; what it records is forgotten. */
void ahead_of_sweep(struct ev *ev, struct scope *s, const struct ast *sweep,
                    bool (*cell)(struct ev *, struct scope *, void *), void *data);
void ahead_cell(struct ev *ev); /* the next cell of the sweep begins */
void ahead_end(struct ev *ev);  /* its last one has ended */

/* Where the figure that is asked for now stands. */
struct ahead_place ahead_here(struct ev *ev);
/* What was found out of it; `what` tells what it is. False: nothing. */
bool ahead_find(const struct ev *ev, struct ahead_place p, uint64_t what, struct estimate *out);
void ahead_put(struct ev *ev, struct ahead_place p, uint64_t what, const struct estimate *e);
/* What is kept of earlier runs (keeper.h), as a process on its own knows it, and what it has to be kept. */
bool ahead_kept(const struct ev *ev, const struct digest *key, struct unpacker *out);
void ahead_keep(struct ev *ev, const struct digest *key, const struct buf *bytes);
/* One thing that is kept, as bytes that may follow one another. */
void ahead_pack(struct buf *out, const void *key, const void *bytes, size_t n);
/* Is this process walking cells on its own? Then nothing is printed, written or trained. */
bool ahead_alone(const struct ev *ev);
/* Ends that walk: what comes is not for one process. */
void ahead_refuse(struct ev *ev);

#endif
