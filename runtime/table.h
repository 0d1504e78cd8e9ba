/* Tables: named columns of cells, filled row by row. Cells say their own kind, so a column may hold `1` and `1.5`.
 * A table and all its text live in the arena it was made in. */
#ifndef ICL_TABLE_H
#define ICL_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/str.h"
#include "runtime/estimate.h"

enum cell_kind { CELL_NONE, CELL_REAL, CELL_INT, CELL_BOOL, CELL_TEXT, CELL_PREDICTOR, CELL_ESTIMATE, CELL_TENSOR };

/* Row-major; reals are kept as double whatever the precision, bools as 0 or 1. */
struct cell_tensor {
    enum cell_kind element; /* CELL_REAL, CELL_INT or CELL_BOOL */
    int rank;
    const int64_t *dims;
    union {
        const double *real;
        const int64_t *integer;
    };
};

struct cell {
    enum cell_kind kind;
    union {
        double real;
        int64_t integer;
        bool truth;
        const char *text; /* CELL_TEXT, CELL_PREDICTOR: its name */
        struct estimate estimate;
        const struct cell_tensor *tensor;
    };
    const void *owner; /* the caller's: the value that a CELL_PREDICTOR stands for; not looked at here */
};

struct column {
    const char *name;
    struct cell *cells;
};

struct table {
    struct arena *arena;
    int precision; /* 32 or 64: reals print with as many digits as tell them apart */
    int columns, rows;
    struct column *column;
    int row_capacity, column_capacity;
    bool single;   /* not rows but one value, which is saved with its own shape */
};

struct table *table_new(struct arena *a, int precision);
/* Adds a column, empty in the rows there are, and returns its number. The name is copied. */
int table_add_column(struct table *t, const char *name);
/* The number of the column of that name; -1: none. */
int table_find(const struct table *t, const char *name);
/* Adds a row of empty cells and returns its number. */
int table_add_row(struct table *t);
/* Stores a cell; its text and tensor data are not copied. */
void table_set(struct table *t, int row, int column, struct cell c);
const struct cell *table_at(const struct table *t, int row, int column);
/* The rows for which keep is true, as a new table. */
struct table *table_select(struct arena *a, const struct table *t, const bool *keep);

struct cell cell_real(double v);
struct cell cell_int(int64_t v);
struct cell cell_bool(bool v);
struct cell cell_text(const char *text);
struct cell cell_predictor(const char *name, const void *owner);
struct cell cell_estimate(struct estimate e);
struct cell cell_tensor(const struct cell_tensor *tensor);
/* A number to compute and draw with: an estimate's mean, a bool as 0 or 1. False: the cell has none. */
bool cell_number(const struct cell *c, double *v);
/* Equal kinds and values; numbers of different kinds are equal when their values are. */
bool cell_same(const struct cell *a, const struct cell *b);
/* As `print` shows it in a table. */
void cell_print(struct buf *out, const struct cell *c, int precision);
/* As a JSON value. Numbers that are not finite become null: JSON has no others. */
void cell_json(struct buf *out, const struct cell *c, int precision);
void text_json(struct buf *out, const char *text);

/* Aligned columns under a header. A table wider than `width` columns of the terminal is shown in several parts, each
 * with the columns at the front that say which row it is; width 0: one part, however wide. */
void table_print(struct buf *out, const struct table *t, int width);
/* Quoted as RFC 4180 says; lines end in LF, which every reader takes. An estimate column `risk` becomes risk, risk_se,
 * risk_trials, risk_nonfinite. */
void table_csv(struct buf *out, const struct table *t);
/* One object a row, a row a line. */
void table_json(struct buf *out, const struct table *t);
/* Writes the table to a .csv, .json, .npz or .sqlite file; `name`: that of the table in the last (table_sqlite.c).
 * NULL, or why not (text in arena a). */
const char *table_save(struct arena *a, const struct table *t, const char *name, const char *path);
#define TABLE_FILES ".csv, .json, .npz or .sqlite"
bool table_saves_to(const char *path); /* is it one of these? */
const char *table_save_sqlite(struct arena *a, const struct table *t, const char *name, const char *path);
/* NULL: there is no such file, or a table can be put into it. */
const char *table_check_sqlite(struct arena *a, const char *path);

#endif
