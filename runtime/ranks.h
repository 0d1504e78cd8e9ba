/* The processes that share out one run, on one machine or many. Each walks the whole script and comes to the same
 * values; where prompts are measured or gradients summed each does a part, and the parts are exchanged in a fixed
 * order, so that every rank has the bits that one process alone would have.
 *
 * A process alone has no ranks: every function takes NULL for it. Exchanges are collective: all ranks come to the same
 * ones in the same order, from one thread. */
#ifndef ICL_RANKS_H
#define ICL_RANKS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/str.h"

struct ranks;

/* Joins the other processes where a launcher (mpirun, srun) started several. NULL: alone; with a text in why (empty on
 * all but one), several that cannot join. `interrupt` is set by signals. From here on only rank 0 is heard: what the
 * others write to standard output is dropped, what they write to standard error is kept in case they fail alone. */
struct ranks *ranks_open(const volatile sig_atomic_t *interrupt, struct buf *why);
/* Parts: rank 0 learns whether another one failed on its own, and says so. Returns the status to exit with; that of
 * the run is rank 0's. */
int ranks_close(struct ranks *r, int status);

int ranks_size(const struct ranks *r);
int ranks_rank(const struct ranks *r);
/* Is this the rank that prints, and that reads and writes files? */
bool ranks_first(const struct ranks *r);

/* Settles each rank's threads and with them its share: `asked`, or with 0 those of the processors it may use that the
 * ranks on the same processors leave it. Returns this rank's, 0 where a rank was lost. */
int ranks_settle(struct ranks *r, int asked);
/* Threads of all ranks together; without ranks: `own`. */
int ranks_threads(const struct ranks *r, int own);
/* This rank's part of `count` numbered pieces: [*from, *to). */
void ranks_part(const struct ranks *r, int64_t count, int64_t *from, int64_t *to);
/* Whose part piece number `piece` is. */
int ranks_owner(const struct ranks *r, int64_t count, int64_t piece);

/* ---- exchanges ---- */

/* An interrupt of one rank stops all of them at the same place: after an exchange this is set on all or on none. */
volatile sig_atomic_t *ranks_stop(struct ranks *r);
/* This rank's own interrupt, seen at once: the work before an exchange ends early then, and its status says so. */
bool ranks_interrupted(const struct ranks *r);
const volatile sig_atomic_t *ranks_interrupt(const struct ranks *r); /* where it is seen */
/* Milliseconds of rank 0's clock at the last exchange: for decisions that are to be the same on all ranks. */
int64_t ranks_clock(const struct ranks *r);

/* A rank has left, or went another way: there are no more exchanges; ranks_trouble says what is known. */
enum { RANKS_LOST = -1 };
const char *ranks_trouble(const struct ranks *r);

/* `count` pieces of data, of `item` bytes each (the last of less: `total` bytes in all), of which this rank has made
 * its part: now every rank has all. `what` tells exchanges apart that should never meet. `status` is this rank's, 0 for
 * good; the largest of all ranks is returned, and the data are good where that is 0. */
int ranks_exchange(struct ranks *r, uint64_t what, int status, void *data, size_t item, size_t total, int64_t count);
/* The same for parts of any size: rank k's is data[offset[k]] up to data[offset[k + 1]], for k < ranks_size(r). */
int ranks_exchange_parts(struct ranks *r, uint64_t what, int status, void *data, const size_t *offset);
/* The bytes of rank 0 to all, in place of theirs. False: a rank was lost. */
bool ranks_tell(struct ranks *r, struct buf *bytes);
/* The bytes of each rank, one after the other. False: a rank was lost. */
bool ranks_collect(struct ranks *r, const struct buf *mine, struct buf *all);
/* Have all ranks the same number? */
bool ranks_same(struct ranks *r, uint64_t v);
/* The largest of the ranks' numbers; -1: a rank was lost. */
int64_t ranks_largest(struct ranks *r, int64_t v);

#endif
