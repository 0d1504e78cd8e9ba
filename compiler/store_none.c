/* In place of store.c and table_sqlite.c where there is no SQLite: in programs for another machine. Nothing is kept of
 * their runs. */
#include "compiler/store.h"
#include "runtime/table.h"

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

static const char none[] = "a program for another machine has no SQLite: it saves tables as .csv, .json or .npz";

/* See table.h. */
const char *table_save_sqlite(struct arena *a, const struct table *t, const char *name, const char *path)
{
    (void)a, (void)t, (void)name, (void)path;
    return none;
}

/* See table.h. */
const char *table_check_sqlite(struct arena *a, const char *path)
{
    (void)a, (void)path;
    return none;
}
