/* The link between ranks by MPI: the only file that includes its header, made into icl-mpi.so.
 *
 * Libraries of MPI wait by asking again and again, at the cost of a whole core. Ranks may share cores with each other's
 * threads, and wait for long where one of them works alone: so every exchange is begun without waiting for it and asked
 * after, first at once, then after sleeps of an eighth of the time waited so far, at most a millisecond. */
#include "runtime/clock.h"
#include "runtime/identity_part.h"
#include "runtime/ranks_link.h"

#include <mpi.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

IDENTITY_SAY(own_link, ICL_LINK);

enum { PART = 1 << 30 }; /* MPI counts in int */

static void finish(MPI_Request *request)
{
    int64_t begun = clock_nanoseconds();
    for (;;) {
        int done = 0;
        MPI_Test(request, &done, MPI_STATUS_IGNORE);
        if (done) return;
        int64_t waited = clock_nanoseconds() - begun, nap = waited / 8;
        if (waited < 100000) continue;
        nanosleep(&(struct timespec){.tv_nsec = nap < 1000000 ? nap : 1000000}, NULL);
    }
}

static void gather(const void *mine, size_t n, void *all)
{
    MPI_Request request;
    MPI_Iallgather(mine, (int)n, MPI_BYTE, all, (int)n, MPI_BYTE, MPI_COMM_WORLD, &request);
    finish(&request);
}

/* Parts beyond what one call can count go one after the other. */
static void exchange_large(char *data, const size_t *offset, int size)
{
    for (int k = 0; k < size; k++)
        for (size_t at = offset[k]; at < offset[k + 1]; at += PART) {
            MPI_Request request;
            size_t n = offset[k + 1] - at < PART ? offset[k + 1] - at : PART;
            MPI_Ibcast(data + at, (int)n, MPI_BYTE, k, MPI_COMM_WORLD, &request);
            finish(&request);
        }
}

static void exchange(void *data, const size_t *offset)
{
    int size;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (offset[size] > PART) {
        exchange_large(data, offset, size);
        return;
    }
    int count[size], at[size];
    for (int k = 0; k < size; k++) {
        count[k] = (int)(offset[k + 1] - offset[k]);
        at[k] = (int)offset[k];
    }
    MPI_Request request;
    MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, data, count, at, MPI_BYTE, MPI_COMM_WORLD, &request);
    finish(&request);
}

static void close_link(void)
{
    MPI_Request request;
    MPI_Ibarrier(MPI_COMM_WORLD, &request);
    finish(&request);
    MPI_Finalize();
}

static void abort_all(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
    abort();
}

/* Joins the other processes of the launcher. Only the thread that calls this calls the library. */
const char *icl_ranks_open(struct ranks_link *link)
{
    int given;
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &given) != MPI_SUCCESS) return "MPI cannot be started";
    *link = (struct ranks_link){.gather = gather, .exchange = exchange, .close = close_link, .abort = abort_all};
    MPI_Comm_rank(MPI_COMM_WORLD, &link->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &link->size);
    if (given >= MPI_THREAD_FUNNELED) return NULL;
    MPI_Finalize();
    return "this MPI does not work with threads";
}
