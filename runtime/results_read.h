/* icl.sqlite for those who look at runs: what a statement selects, as a table. */
#ifndef ICL_RESULTS_READ_H
#define ICL_RESULTS_READ_H

#include "runtime/results.h"
#include "runtime/table.h"

struct reader;
/* Opens what is there; nothing is written. NULL and why not (text in arena a). */
struct reader *reader_open(struct arena *a, const char *path, const char **why);
/* The rows that a statement selects with its parameters ?1, ?2.. NULL: reader_failure says why. */
struct table *reader_select(struct reader *r, const char *sql, const struct results_field *field, int n);
/* The text in a row of it; "" where there is none. */
const char *reader_text(const struct table *t, int row, const char *column);
int64_t reader_int(const struct table *t, int row, const char *column); /* -1: no value */
const char *reader_failure(const struct reader *r);
void reader_close(struct reader *r);

/* A row of JSON, as sweeps are recorded, after the last row of a table: a column a name. False: it is not an object. */
bool reader_add_row(struct table *t, int row, const char *json);

#endif
