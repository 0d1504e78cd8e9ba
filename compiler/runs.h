/* `icl results`: what runs have left behind in icl.sqlite. runs.c reads the command line, lists and shows; runs_diff.c
 * compares two; runs_export.c writes one for other programs. */
#ifndef ICL_RUNS_H
#define ICL_RUNS_H

#include "compiler/script.h"
#include "runtime/results_read.h"

struct runs {
    struct arena arena;
    struct reader *db;
    const char *path;   /* of the database */
    bool failed;        /* something could not be read or written; reported */
};

/* The rows of a statement whose parameter ?1 is a run. After a failure, which is reported, a table without columns. */
struct table *runs_of(struct runs *r, int64_t run, const char *sql);
/* The table of a sweep as it was printed. *variables (or NULL): how many of its columns are the sweep's variables. */
struct table *runs_sweep(struct runs *r, int64_t run, int64_t sweep, int *variables);
/* "sweep `t`", or "sweep of line 8". */
const char *runs_sweep_name(struct runs *r, const struct table *sweeps, int row);
void runs_failed(struct runs *r, const char *why); /* says so; the exit status is not 0 then */

/* The verbs. False: there is no such run, or something could not be written; it is said. */
bool runs_diff(struct runs *r, int64_t a, int64_t b);
bool runs_export(struct runs *r, int64_t run, enum format format); /* standard output: all, or as CSV its one sweep */
bool runs_export_folder(struct runs *r, int64_t run, const char *folder); /* a file each */

/* `icl results` with what follows it; returns the exit status. */
int runs_command(int argc, char **argv);

#define RUNS_SWEEPS "SELECT sweep, name, line, cells, kept FROM sweeps WHERE run = ?1 ORDER BY sweep"
#define RUNS_TRAININGS "SELECT training, model, max(steps) AS steps FROM training WHERE run = ?1 GROUP BY training"

#endif
