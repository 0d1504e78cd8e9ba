/* icl.sqlite: what runs were, what they measured, logged and wrote, and what is kept so that a stopped run goes on.
 * docs/results.md has the schema. What is written waits in memory for a fifth of a second at most, so that small
 * things share a transaction; what has been flushed survives the end of the process at any moment. */
#ifndef ICL_RESULTS_H
#define ICL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lang/arena.h"

enum { RESULTS_KEY = 32 }; /* bytes of a digest */

/* What is put. The columns of each are in results.c. */
enum results_row {
    RESULTS_SCRIPT, RESULTS_TEXT, RESULTS_SWEEP, RESULTS_CELL, RESULTS_TRAINING, RESULTS_FILE, RESULTS_PART,
    RESULTS_KEPT, RESULTS_USED, RESULTS_END, RESULTS_ROWS
};

struct results_field {
    enum { FIELD_NULL, FIELD_INT, FIELD_REAL, FIELD_TEXT, FIELD_BYTES } kind;
    int64_t integer;
    double real;
    const void *bytes;
    size_t n;
};
struct results_field field_int(int64_t v);
struct results_field field_real(double v);
struct results_field field_text(const char *text); /* NULL: no value */
struct results_field field_bytes(const void *bytes, size_t n);

struct results_run {
    const char *script, *sha256, *options, *engine, *version, *host, *machine, *system, *folder;
    uint64_t seed;
    int precision, threads, language, process;
};

struct results;
/* Opens or makes the file. NULL and why not (text in arena a). */
struct results *results_open(struct arena *a, const char *path, const char **why);
/* Adds a run. False: results_failure says why. */
bool results_begin(struct results *r, const struct results_run *run, const char *started);
int64_t results_run_number(const struct results *r);
/* Adds a row to what is written soon; fields without those of the run. Copies everything. */
void results_put(struct results *r, enum results_row row, const struct results_field *field, int n);
void results_flush(struct results *r);
/* What was kept under a key, in arena a, and whether by an earlier run; NULL: nothing. */
const void *results_kept(struct results *r, struct arena *a, const unsigned char key[RESULTS_KEY], size_t *n,
                         bool *earlier);
/* When the file is larger than `most` bytes, and so is what is kept: removes what was used longest ago until it is not.
 * What this run has used or measured stays. */
void results_trim(struct results *r, int64_t most);
/* Calls visit for all that is kept and not larger than `most` bytes. */
void results_each_kept(struct results *r, size_t most,
                       void (*visit)(void *data, const void *key, const void *bytes, size_t n), void *data);
/* Calls visit for the parts of sweep number `sweep` in the last run of the script before this one. */
void results_parts(struct results *r, const char *script, int sweep,
                   void (*visit)(void *data, const char *name, const void *digest, size_t n), void *data);
/* The first thing that could not be written; NULL: nothing. From then on nothing is. */
const char *results_failure(const struct results *r);
void results_close(struct results *r);

/* The present in UTC as ISO 8601: 2026-01-31T12:00:00.123Z. */
void results_now(char out[32]);

#endif
