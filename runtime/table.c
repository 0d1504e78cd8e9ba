/* The column store: each column an array of cells that grows by doubling in the table's arena. */
#include "runtime/table.h"

#include <string.h>

/* An empty table. */
struct table *table_new(struct arena *a, int precision) {
    struct table *t = ARENA_NEW(a, struct table);
    t->arena = a;
    t->precision = precision;
    return t;
}

static void *grown(struct arena *a, const void *from, size_t used, size_t size) {
    void *to = arena_alloc(a, size);
    if (used) memcpy(to, from, used);
    return to;
}

/* Adds a column, empty in the rows there are. */
int table_add_column(struct table *t, const char *name) {
    if (t->columns == t->column_capacity) {
        int capacity = t->column_capacity ? 2 * t->column_capacity : 8;
        t->column = grown(t->arena, t->column, sizeof *t->column * (size_t)t->columns,
                          sizeof *t->column * (size_t)capacity);
        t->column_capacity = capacity;
    }
    struct column *c = &t->column[t->columns];
    c->name = arena_strdup(t->arena, name);
    c->cells = ARENA_ARRAY(t->arena, struct cell, t->row_capacity);
    return t->columns++;
}

/* The number of the column of that name. */
int table_find(const struct table *t, const char *name) {
    for (int i = 0; i < t->columns; i++)
        if (strcmp(t->column[i].name, name) == 0) return i;
    return -1;
}

/* Adds a row of empty cells. */
int table_add_row(struct table *t) {
    if (t->rows == t->row_capacity) {
        int capacity = t->row_capacity ? 2 * t->row_capacity : 16;
        for (int i = 0; i < t->columns; i++)
            t->column[i].cells = grown(t->arena, t->column[i].cells, sizeof(struct cell) * (size_t)t->rows,
                                       sizeof(struct cell) * (size_t)capacity);
        t->row_capacity = capacity;
    }
    for (int i = 0; i < t->columns; i++) t->column[i].cells[t->rows] = (struct cell){.kind = CELL_NONE};
    return t->rows++;
}

/* Stores a cell. */
void table_set(struct table *t, int row, int column, struct cell c) {
    t->column[column].cells[row] = c;
}

/* The cell at a row and a column. */
const struct cell *table_at(const struct table *t, int row, int column) {
    return &t->column[column].cells[row];
}

/* The rows for which keep is true. */
struct table *table_select(struct arena *a, const struct table *t, const bool *keep) {
    struct table *out = table_new(a, t->precision);
    for (int c = 0; c < t->columns; c++) table_add_column(out, t->column[c].name);
    for (int r = 0; r < t->rows; r++) {
        if (!keep[r]) continue;
        int row = table_add_row(out);
        for (int c = 0; c < t->columns; c++) table_set(out, row, c, *table_at(t, r, c));
    }
    return out;
}

/* A real number. */
struct cell cell_real(double v) {
    return (struct cell){.kind = CELL_REAL, .real = v};
}

/* An integer. */
struct cell cell_int(int64_t v) {
    return (struct cell){.kind = CELL_INT, .integer = v};
}

/* A truth value. */
struct cell cell_bool(bool v) {
    return (struct cell){.kind = CELL_BOOL, .truth = v};
}

/* A string; the text is not copied. */
struct cell cell_text(const char *text) {
    return (struct cell){.kind = CELL_TEXT, .text = text};
}

/* A predictor's name and the caller's value for it. */
struct cell cell_predictor(const char *name, const void *owner) {
    return (struct cell){.kind = CELL_PREDICTOR, .text = name, .owner = owner};
}

/* A measured mean. */
struct cell cell_estimate(struct estimate e) {
    return (struct cell){.kind = CELL_ESTIMATE, .estimate = e};
}

/* A tensor; its data is not copied. */
struct cell cell_tensor(const struct cell_tensor *tensor) {
    return (struct cell){.kind = CELL_TENSOR, .tensor = tensor};
}

/* A number to compute and draw with. */
bool cell_number(const struct cell *c, double *v) {
    switch (c->kind) {
    case CELL_REAL: *v = c->real; return true;
    case CELL_INT: *v = (double)c->integer; return true;
    case CELL_BOOL: *v = c->truth; return true;
    case CELL_ESTIMATE: *v = c->estimate.mean; return true;
    default: return false;
    }
}

static bool is_text(const struct cell *c) {
    return c->kind == CELL_TEXT || c->kind == CELL_PREDICTOR;
}

static bool same_tensor(const struct cell_tensor *a, const struct cell_tensor *b) {
    if (a->element != b->element || a->rank != b->rank) return false;
    int64_t n = 1;
    for (int i = 0; i < a->rank; i++) {
        if (a->dims[i] != b->dims[i]) return false;
        n *= a->dims[i];
    }
    for (int64_t i = 0; i < n; i++)
        if (a->element == CELL_REAL ? a->real[i] != b->real[i] : a->integer[i] != b->integer[i]) return false;
    return true;
}

/* Equal kinds and values; numbers are compared by value. */
bool cell_same(const struct cell *a, const struct cell *b) {
    double x, y;
    if (a->kind == CELL_INT && b->kind == CELL_INT) return a->integer == b->integer;
    if (cell_number(a, &x) && cell_number(b, &y)) return x == y;
    if (is_text(a) && is_text(b)) return strcmp(a->text, b->text) == 0;
    if (a->kind != b->kind) return false;
    return a->kind != CELL_TENSOR || same_tensor(a->tensor, b->tensor);
}
