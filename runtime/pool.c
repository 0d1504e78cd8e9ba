/* A thread pool: the pieces of a run are handed out by an atomic counter. Workers wait for the next run by spinning for
 * some microseconds, then on a condition variable; the caller waits for the last piece in the same way. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_THREADS = 1024, SPINS = 4000 };

struct worker {
    struct pool *pool;
    pthread_t thread;
    int number;
};

struct pool {
    int threads; /* workers started, and the caller */
    int spins;   /* before sleeping; 0 where threads outnumber processors */
    const volatile sig_atomic_t *stop;
    bool finish; /* this run does not heed *stop */
    struct worker *workers; /* [threads - 1] */

    /* the run; written by the caller before `generation` grows */
    void (*task)(void *, int64_t, int);
    void *ctx;
    int64_t count;
    _Alignas(64) _Atomic int64_t next;       /* the next piece */
    _Alignas(64) _Atomic unsigned generation; /* of runs so far */
    _Atomic int busy;                        /* workers that have not finished this run */
    _Atomic bool quit;

    pthread_mutex_t lock;
    pthread_cond_t begin, end;
};

static void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Whether *stop asks to end. */
bool pool_stopped(const struct pool *p)
{
    return p->stop && !p->finish && __atomic_load_n(p->stop, __ATOMIC_RELAXED);
}

static void work(struct pool *p, int thread)
{
    while (!pool_stopped(p)) {
        int64_t index = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (index >= p->count) return;
        p->task(p->ctx, index, thread);
    }
}

static void wait_for_run(struct pool *p, unsigned seen)
{
    for (int i = 0; i < p->spins; i++) {
        if (atomic_load(&p->generation) != seen) return;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->generation) == seen) pthread_cond_wait(&p->begin, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static void *worker_main(void *data)
{
    struct worker *w = data;
    struct pool *p = w->pool;
    for (unsigned seen = 0;; seen++) {
        wait_for_run(p, seen);
        if (atomic_load(&p->quit)) return NULL;
        work(p, w->number);
        if (atomic_fetch_sub(&p->busy, 1) == 1) {
            pthread_mutex_lock(&p->lock);
            pthread_cond_signal(&p->end);
            pthread_mutex_unlock(&p->lock);
        }
    }
}

static void begin_run(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->generation, 1);
    pthread_cond_broadcast(&p->begin);
    pthread_mutex_unlock(&p->lock);
}

static void wait_for_end(struct pool *p)
{
    for (int i = 0; i < p->spins; i++) {
        if (atomic_load(&p->busy) == 0) return;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->busy) != 0) pthread_cond_wait(&p->end, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

static int quota_threads(void)
{
    long long quota, period;
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!f) return MAX_THREADS;
    int n = fscanf(f, "%lld %lld", &quota, &period);
    fclose(f);
    if (n != 2 || quota <= 0 || period <= 0) return MAX_THREADS;
    long long threads = (quota + period - 1) / period;
    return threads < MAX_THREADS ? (int)threads : MAX_THREADS;
}

/* The processors that this process may use. */
int pool_default_threads(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int quota = quota_threads();
    if (n > quota) n = quota;
    return n < 1 ? 1 : n;
}

/* Starts the workers; they inherit a mask that leaves all signals to the calling thread. */
static void start(struct pool *p, int threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (p->threads = 1; p->threads < threads; p->threads++) {
        struct worker *w = &p->workers[p->threads - 1];
        *w = (struct worker){.pool = p, .number = p->threads};
        if (pthread_create(&w->thread, NULL, worker_main, w)) break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A pool of `threads` (0: as many as there are processors). */
struct pool *pool_new(int threads, const volatile sig_atomic_t *stop)
{
    if (threads <= 0) threads = pool_default_threads();
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    struct pool *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
    if (!p) return NULL;
    *p = (struct pool){.stop = stop, .spins = threads <= pool_default_threads() ? SPINS : 0};
    p->workers = calloc((size_t)threads, sizeof *p->workers);
    if (!p->workers) {
        free(p);
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->begin, NULL);
    pthread_cond_init(&p->end, NULL);
    start(p, threads);
    return p;
}

/* How many threads work, the caller of pool_run among them. */
int pool_threads(const struct pool *p)
{
    return p->threads;
}

/* Runs task for each index in [0, count). */
bool pool_run(struct pool *p, void (*task)(void *ctx, int64_t index, int thread), void *ctx, int64_t count)
{
    p->task = task;
    p->ctx = ctx;
    p->count = count;
    atomic_store(&p->next, 0);
    if (p->threads == 1 || count <= 1) {
        work(p, 0);
    } else {
        atomic_store(&p->busy, p->threads - 1);
        begin_run(p);
        work(p, 0);
        wait_for_end(p);
    }
    return atomic_load(&p->next) >= count;
}

/* See pool.h. */
void pool_finish(struct pool *p, void (*task)(void *ctx, int64_t index, int thread), void *ctx, int64_t count)
{
    p->finish = true;
    pool_run(p, task, ctx, count);
    p->finish = false;
}

/* Another flag. */
void pool_stop_by(struct pool *p, const volatile sig_atomic_t *stop)
{
    p->stop = stop;
}

/* Ends the workers. NULL is allowed. */
void pool_free(struct pool *p)
{
    if (!p) return;
    atomic_store(&p->quit, true);
    begin_run(p);
    for (int i = 0; i < p->threads - 1; i++) pthread_join(p->workers[i].thread, NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->begin);
    pthread_cond_destroy(&p->end);
    free(p->workers);
    free(p);
}
