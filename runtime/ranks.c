/* Ranks. Every exchange begins with a block of the same size from each rank: what it is about to exchange, its status,
 * whether it was interrupted, and, where they fit, the data themselves. So a rank that failed on its own, was
 * interrupted or is somewhere else in the script is noticed by all others in the same exchange: none waits for what
 * will not come, and what they decide then is the same everywhere. Larger data follow in a second step.
 *
 * A rank that leaves early does so with a block, too (LEAVE), which carries the end of its messages. One that dies
 * sends none: the launcher ends the others then. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/ranks.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "runtime/clock.h"
#include "runtime/pool.h"
#include "runtime/ranks_link.h"

enum { INLINE = 1000 };
enum { LEAVE = 1, SETTLE, COLLECT, SAME, LARGEST, OTHERS };
enum { FAILED = 1 };

struct block {
    uint64_t what;
    int32_t status, interrupt;
    uint64_t bytes; /* of data */
    int64_t clock;
    char data[INLINE];
};

struct ranks {
    struct ranks_link link;
    const volatile sig_atomic_t *interrupt;
    volatile sig_atomic_t stop;
    struct block *block; /* [size], of the last meeting */
    int *threads;        /* [size] */
    size_t *offset;      /* [size + 1] */
    int heard;           /* what is written to standard error where it goes to nobody */
    bool lost;
    char trouble[INLINE + 100];
};

/* ---- who is heard ---- */

static void silence(struct ranks *r)
{
    fflush(stdout);
    fflush(stderr);
    r->heard = memfd_create("messages", MFD_CLOEXEC);
    FILE *nobody = fopen("/dev/null", "w");
    if (nobody) dup2(fileno(nobody), 1);
    if (r->heard >= 0) dup2(r->heard, 2);
    else if (nobody) dup2(fileno(nobody), 2);
    if (nobody) fclose(nobody);
}

/* The end of this rank's messages, from the start of a line. */
static size_t last_words(const struct ranks *r, char *to, size_t room)
{
    fflush(stderr);
    off_t end = r->heard >= 0 ? lseek(r->heard, 0, SEEK_END) : 0, from = end > (off_t)room ? end - (off_t)room : 0;
    ssize_t n = end > 0 ? pread(r->heard, to, (size_t)(end - from), from) : 0;
    char *line = from > 0 && n > 0 ? memchr(to, '\n', (size_t)n) : NULL;
    if (!line) return n > 0 ? (size_t)n : 0;
    n -= line + 1 - to;
    memmove(to, line + 1, (size_t)n);
    return (size_t)n;
}

/* ---- opening ---- */

/* A rank from here on; NULL: no memory. */
struct ranks *ranks_new(const struct ranks_link *link, const volatile sig_atomic_t *interrupt)
{
    struct ranks *r = calloc(1, sizeof *r);
    size_t n = (size_t)link->size;
    if (!r) return NULL;
    *r = (struct ranks){.link = *link, .interrupt = interrupt, .heard = -1};
    r->block = calloc(n, sizeof *r->block);
    r->threads = calloc(n, sizeof *r->threads);
    r->offset = calloc(n + 1, sizeof *r->offset);
    for (size_t k = 0; r->threads && k < n; k++) r->threads[k] = 1;
    if (!r->block || !r->threads || !r->offset) return NULL;
    if (link->rank) silence(r);
    return r;
}

/* How many there are. */
int ranks_size(const struct ranks *r)
{
    return r ? r->link.size : 1;
}

/* From 0 on. */
int ranks_rank(const struct ranks *r)
{
    return r ? r->link.rank : 0;
}

/* Is it rank 0? */
bool ranks_first(const struct ranks *r)
{
    return !r || r->link.rank == 0;
}

/* ---- meeting ---- */

static void lose(struct ranks *r, int rank)
{
    const struct block *b = &r->block[rank];
    r->lost = true;
    if (b->what == LEAVE)
        snprintf(r->trouble, sizeof r->trouble, "rank %d of %d stopped%s\n%.*s", rank, r->link.size,
                 b->bytes ? ":" : " without saying why", (int)b->bytes, b->data);
    else
        snprintf(r->trouble, sizeof r->trouble, "rank %d of %d went another way through the script", rank,
                 r->link.size);
    size_t n = strlen(r->trouble);
    while (n && r->trouble[n - 1] == '\n') r->trouble[--n] = 0;
}

/* Every rank's block. False: some rank is not about to do the same. */
static bool meet(struct ranks *r, uint64_t what, int status, const void *data, size_t n)
{
    if (r->lost) return false;
    struct block mine = {
        .what = what, .status = status, .interrupt = *r->interrupt, .bytes = n, .clock = clock_milliseconds()};
    if (n) memcpy(mine.data, data, n < INLINE ? n : INLINE);
    r->link.gather(&mine, sizeof mine, r->block);
    for (int k = 0; k < r->link.size; k++)
        if (r->block[k].interrupt > r->stop) r->stop = r->block[k].interrupt;
    int gone = -1;
    for (int k = 0; k < r->link.size; k++)
        if (r->block[k].what != what && (gone < 0 || r->block[k].what == LEAVE)) gone = k;
    if (gone >= 0) lose(r, gone);
    return gone < 0;
}

static int worst(const struct ranks *r)
{
    int status = 0;
    for (int k = 0; k < r->link.size; k++)
        if (r->block[k].status > status) status = r->block[k].status;
    return status;
}

/* The flag that all ranks see set after the same exchange. */
volatile sig_atomic_t *ranks_stop(struct ranks *r)
{
    return &r->stop;
}

/* Was this rank interrupted? */
bool ranks_interrupted(const struct ranks *r)
{
    return r && __atomic_load_n(r->interrupt, __ATOMIC_RELAXED);
}

/* This rank's own flag. */
const volatile sig_atomic_t *ranks_interrupt(const struct ranks *r)
{
    return r->interrupt;
}

/* Rank 0's clock, as it was in the last exchange. */
int64_t ranks_clock(const struct ranks *r)
{
    return r->block[0].clock;
}

/* What is known of a rank that was lost. */
const char *ranks_trouble(const struct ranks *r)
{
    return r && r->lost ? r->trouble : "";
}

/* Leaves. */
int ranks_close(struct ranks *r, int status)
{
    char words[INLINE];
    if (!r) return status;
    fflush(stdout);
    size_t n = status && r->link.rank ? last_words(r, words, sizeof words) : 0;
    bool first = r->link.rank == 0;
    if (meet(r, LEAVE, status ? FAILED : 0, words, n) && first && !status && worst(r)) {
        for (int k = r->link.size - 1; k >= 0; k--)
            if (r->block[k].status) lose(r, k);
        fprintf(stderr, "icl: %s\n", r->trouble);
        status = 1;
    }
    r->link.close();
    free(r->block);
    free(r->threads);
    free(r->offset);
    if (r->heard >= 0) close(r->heard);
    free(r);
    return first ? status : 0;
}

/* ---- shares ---- */

/* What decides how many threads a rank has. */
struct place {
    char host[64];
    cpu_set_t processors;
    int may_use, asked;
};

static bool same_place(const struct place *a, const struct place *b)
{
    return !memcmp(a->host, b->host, sizeof a->host) && CPU_EQUAL(&a->processors, &b->processors);
}

/* Settles the threads of all ranks, on each in the same way. */
int ranks_settle(struct ranks *r, int asked)
{
    if (!r) return asked;
    struct place mine = {.may_use = pool_default_threads(), .asked = asked};
    struct place place[r->link.size];
    gethostname(mine.host, sizeof mine.host - 1);
    if (sched_getaffinity(0, sizeof mine.processors, &mine.processors)) CPU_ZERO(&mine.processors);
    if (!meet(r, SETTLE, 0, &mine, sizeof mine)) return 0;
    for (int k = 0; k < r->link.size; k++) memcpy(&place[k], r->block[k].data, sizeof *place);
    for (int k = 0; k < r->link.size; k++) {
        int beside = 0;
        for (int q = 0; q < r->link.size; q++) beside += same_place(&place[k], &place[q]);
        int threads = place[k].asked ? place[k].asked : place[k].may_use / beside;
        r->threads[k] = threads > 0 ? threads : 1;
    }
    return r->threads[r->link.rank];
}

/* Threads of all ranks. */
int ranks_threads(const struct ranks *r, int own)
{
    int n = 0;
    for (int k = 0; r && k < r->link.size; k++) n += r->threads[k];
    return r ? n : own;
}

/* Where the parts of `count` pieces begin: in proportion to threads. */
static int64_t part_begins(const struct ranks *r, int64_t count, int rank)
{
    int64_t before = 0, all = 0;
    for (int k = 0; k < r->link.size; k++) {
        all += r->threads[k];
        if (k < rank) before += r->threads[k];
    }
    return (int64_t)((__int128)count * before / all);
}

/* This rank's pieces. */
void ranks_part(const struct ranks *r, int64_t count, int64_t *from, int64_t *to)
{
    *from = r ? part_begins(r, count, r->link.rank) : 0;
    *to = r ? part_begins(r, count, r->link.rank + 1) : count;
}

/* The rank that has a piece. */
int ranks_owner(const struct ranks *r, int64_t count, int64_t piece)
{
    int rank = 0;
    while (r && part_begins(r, count, rank + 1) <= piece) rank++;
    return rank;
}

/* ---- exchanges ---- */

/* Parts bounded by offsets, to all ranks. */
int ranks_exchange_parts(struct ranks *r, uint64_t what, int status, void *parts, const size_t *at)
{
    if (!r) return status;
    char *data = parts;
    size_t largest = 0;
    int me = r->link.rank;
    for (int k = 0; k < r->link.size; k++)
        if (at[k + 1] - at[k] > largest) largest = at[k + 1] - at[k];
    bool small = largest <= INLINE;
    size_t mine = small && !status ? at[me + 1] - at[me] : 0;
    if (!meet(r, what + OTHERS, status, mine ? data + at[me] : NULL, mine)) return RANKS_LOST;
    if (worst(r)) return worst(r);
    for (int k = 0; small && k < r->link.size; k++)
        if (k != me) memcpy(data + at[k], r->block[k].data, at[k + 1] - at[k]);
    if (!small) r->link.exchange(data, at);
    return 0;
}

/* All parts to all ranks. */
int ranks_exchange(struct ranks *r, uint64_t what, int status, void *data, size_t item, size_t total, int64_t count)
{
    if (!r) return status;
    for (int k = 0; k <= r->link.size; k++) {
        r->offset[k] = (size_t)part_begins(r, count, k) * item;
        if (r->offset[k] > total) r->offset[k] = total;
    }
    return ranks_exchange_parts(r, what, status, data, r->offset);
}

/* Exchanges lengths, then bytes. */
static bool lengths(struct ranks *r, uint64_t what, uint64_t n)
{
    if (!meet(r, what, 0, &n, sizeof n)) return false;
    r->offset[0] = 0;
    for (int k = 0; k < r->link.size; k++) {
        memcpy(&n, r->block[k].data, sizeof n);
        r->offset[k + 1] = r->offset[k] + n;
    }
    return true;
}

/* Rank 0's bytes to all. */
bool ranks_tell(struct ranks *r, struct buf *bytes)
{
    struct buf all = {0}, none = {0};
    if (!r) return true;
    bool good = ranks_collect(r, r->link.rank ? &none : bytes, &all);
    if (good && r->link.rank) {
        buf_free(bytes);
        *bytes = all;
    } else {
        buf_free(&all);
    }
    return good;
}

/* The bytes of all ranks. */
bool ranks_collect(struct ranks *r, const struct buf *mine, struct buf *all)
{
    if (!r) {
        buf_add(all, mine->text ? mine->text : "", mine->n);
        return true;
    }
    if (!lengths(r, COLLECT, mine->n)) return false;
    size_t n = r->offset[r->link.size], at = r->offset[r->link.rank];
    if (n == 0) return true;
    char *data = calloc(1, n);
    if (!data) r->link.abort(3);
    if (mine->n) memcpy(data + at, mine->text, mine->n);
    r->link.exchange(data, r->offset);
    buf_add(all, data, n);
    free(data);
    return true;
}

/* Is the number everywhere the same? */
bool ranks_same(struct ranks *r, uint64_t v)
{
    if (!r) return true;
    if (!meet(r, SAME, 0, &v, sizeof v)) return false;
    for (int k = 0; k < r->link.size; k++)
        if (memcmp(r->block[k].data, &v, sizeof v)) return false;
    return true;
}

/* The largest number. */
int64_t ranks_largest(struct ranks *r, int64_t v)
{
    int64_t other;
    if (!r) return v;
    if (!meet(r, LARGEST, 0, &v, sizeof v)) return -1;
    for (int k = 0; k < r->link.size; k++) {
        memcpy(&other, r->block[k].data, sizeof other);
        if (other > v) v = other;
    }
    return v;
}
