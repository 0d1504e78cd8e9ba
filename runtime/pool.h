/* Threads that share out numbered pieces of work. */
#ifndef ICL_POOL_H
#define ICL_POOL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct pool;

/* `threads` workers, the caller of pool_run among them; 0: pool_default_threads(). Once *stop is not 0, no further
 * piece is begun; stop may be NULL. Returns NULL when there is no memory. Fewer threads than asked for may start. */
struct pool *pool_new(int threads, const volatile sig_atomic_t *stop);
int pool_threads(const struct pool *p);
/* The processors that this process may use: affinity and the control group's quota. */
int pool_default_threads(void);

/* Calls task(ctx, index, thread) once for each index in [0, count), in no fixed order; `thread` in [0, pool_threads) is
 * the calling thread's number, 0 on the thread that called pool_run. Returns when all calls have returned; false when
 * *stop ended the run early. Not to be called from a task. */
bool pool_run(struct pool *p, void (*task)(void *ctx, int64_t index, int thread), void *ctx, int64_t count);
/* pool_run that *stop does not end: for what must not be left half done, and takes no time that anyone notices. */
void pool_finish(struct pool *p, void (*task)(void *ctx, int64_t index, int thread), void *ctx, int64_t count);
/* Whether *stop asks to end: for tasks whose pieces take long, which then return early. */
bool pool_stopped(const struct pool *p);
/* From now on another flag stops it. Not to be called during a run. */
void pool_stop_by(struct pool *p, const volatile sig_atomic_t *stop);
void pool_free(struct pool *p);

#endif
