/* In place of store.c where there is no SQLite: in programs for another machine. Nothing is kept of their runs. */
#include "compiler/store.h"

/* See store.h. */
struct keeper *store_new(struct ev *ev, struct program *p)
{
    (void)ev, (void)p;
    return NULL;
}

/* See store.h. */
void store_end(struct keeper *k, struct ev *ev, int status)
{
    (void)k, (void)ev, (void)status;
}
