/* A line on the terminal that says how far a long piece of work is. Tasks nest: the line shows the outermost with the
 * part of its current step that the inner ones have done.
 *
 *     progress_begin(p, "sweep", cells);
 *     for each cell {
 *         progress_begin(p, "risk", blocks); progress_to(p, done) ...; progress_end(p);
 *         progress_to(p, cell + 1);
 *     }
 *     progress_end(p);
 *
 * One thread calls; nothing is written before a task has run for a second, to what is no terminal, or with NULL. */
#ifndef ICL_PROGRESS_H
#define ICL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };
enum { PROGRESS_DEPTH = 6 };

struct progress {
    FILE *to;
    bool shown;  /* by mode and terminal */
    bool drawn;  /* the line stands on the terminal */
    int depth;   /* tasks in progress; those deeper than PROGRESS_DEPTH are not kept */
    double began, last;
    struct progress_task {
        const char *label;
        int64_t from, done, total; /* from: done before it was begun */
    } task[PROGRESS_DEPTH];
};

void progress_init(struct progress *p, FILE *to, enum progress_mode mode);
/* Starts a task of `total` steps; the label is kept, not copied. */
void progress_begin(struct progress *p, const char *label, int64_t total);
/* So many steps of the innermost task were done before: they count as done, but took no time. */
void progress_from(struct progress *p, int64_t done);
/* So many steps of the innermost task are done. */
void progress_to(struct progress *p, int64_t done);
void progress_end(struct progress *p);
/* Takes the line away, before something else is written; the next step brings it back. */
void progress_clear(struct progress *p);
/* The line as it would stand at a time in seconds since the outermost task began: for tests. Returns its columns. */
int progress_line(const struct progress *p, double elapsed, int width, char *out, size_t size);

#endif
