/* Tables as files: .csv, .json (an array of row objects), .npz (one array a column), .sqlite (table_sqlite.c). */
#include "runtime/npz.h"
#include "runtime/output.h"
#include "runtime/table.h"

#include <math.h>
#include <string.h>

static const char *save_csv(struct arena *a, const struct table *t, const char *path) {
    struct buf b = {0};
    table_csv(&b, t);
    const char *why = output_write(a, path, b.text, b.n);
    buf_free(&b);
    return why;
}

static const char *save_json(struct arena *a, const struct table *t, const char *path) {
    struct buf rows = {0}, b = {0};
    table_json(&rows, t);
    buf_puts(&b, "[");
    for (size_t i = 0, from = 0; i < rows.n; i++) {
        if (rows.text[i] != '\n') continue;
        buf_puts(&b, from ? ",\n " : "\n ");
        buf_add(&b, rows.text + from, i - from);
        from = i + 1;
    }
    buf_puts(&b, "\n]\n");
    const char *why = output_write(a, path, b.text, b.n);
    buf_free(&rows);
    buf_free(&b);
    return why;
}

/* ---- NumPy ---- */

/* What all cells of a column can be. No value is NaN: integers and truths have none of their own for it. */
static enum cell_kind common_kind(const struct table *t, int column) {
    enum cell_kind kind = CELL_NONE;
    bool none = false;
    for (int r = 0; r < t->rows; r++) {
        enum cell_kind k = table_at(t, r, column)->kind;
        if (k == CELL_PREDICTOR) k = CELL_TEXT;
        none |= k == CELL_NONE;
        if (k == CELL_NONE || k == kind) continue;
        bool numbers = (k == CELL_REAL && kind == CELL_INT) || (k == CELL_INT && kind == CELL_REAL);
        if (kind == CELL_NONE) kind = k;
        else if (numbers) kind = CELL_REAL;
        else return CELL_TEXT;
    }
    if (none && (kind == CELL_INT || kind == CELL_BOOL)) kind = CELL_REAL;
    return kind;
}

/* How many axes stand for the rows: of a single value none. */
static int row_axes(const struct table *t) { return t->single ? 0 : 1; }

static void add_reals(struct arena *s, struct npz *z, const struct table *t, int column) {
    int64_t rows = t->rows;
    double *data = ARENA_ARRAY(s, double, rows + 1);
    for (int r = 0; r < t->rows; r++)
        if (!cell_number(table_at(t, r, column), &data[r])) data[r] = NAN;
    npz_add(z, t->column[column].name, "<f8", row_axes(t), &rows, data, sizeof *data * (size_t)rows);
}

static void add_integers(struct arena *s, struct npz *z, const struct table *t, int column, enum cell_kind kind) {
    int64_t rows = t->rows, *wide = ARENA_ARRAY(s, int64_t, rows + 1);
    char *narrow = ARENA_ARRAY(s, char, rows + 1);
    for (int r = 0; r < t->rows; r++) {
        const struct cell *c = table_at(t, r, column);
        if (c->kind == CELL_INT) wide[r] = c->integer;
        if (c->kind == CELL_BOOL) narrow[r] = c->truth;
    }
    const char *name = t->column[column].name;
    if (kind == CELL_INT) npz_add(z, name, "<i8", row_axes(t), &rows, wide, sizeof *wide * (size_t)rows);
    else npz_add(z, name, "|b1", row_axes(t), &rows, narrow, (size_t)rows);
}

/* Decodes one character; what is not UTF-8 becomes U+FFFD. */
static uint32_t code_point(const char **at) {
    const unsigned char *p = (const unsigned char *)*at;
    int more = *p < 0x80 ? 0 : *p >> 5 == 6 ? 1 : *p >> 4 == 14 ? 2 : *p >> 3 == 30 ? 3 : -1;
    uint32_t c = more == 0 ? *p : more > 0 ? *p & (0x3Fu >> more) : 0xFFFD;
    p++;
    for (; more > 0; more--, p++) {
        if (*p >> 6 != 2) {
            c = 0xFFFD;
            break;
        }
        c = c << 6 | (*p & 0x3F);
    }
    *at = (const char *)p;
    return c;
}

/* NumPy's strings are four bytes a character, as many in each as the longest has. */
static void add_texts(struct arena *s, struct npz *z, const struct table *t, int column) {
    int64_t rows = t->rows;
    const char **text = ARENA_ARRAY(s, const char *, rows + 1);
    size_t longest = 1;
    for (int r = 0; r < t->rows; r++) {
        struct buf b = {0};
        cell_print(&b, table_at(t, r, column), t->precision);
        text[r] = arena_strndup(s, b.n ? b.text : "", b.n);
        if (b.n > longest) longest = b.n;
        buf_free(&b);
    }
    uint32_t *data = ARENA_ARRAY(s, uint32_t, longest * (size_t)rows + 1);
    for (int r = 0; r < t->rows; r++) {
        uint32_t *to = data + longest * (size_t)r;
        for (const char *p = text[r]; *p;) *to++ = code_point(&p);
    }
    npz_add(z, t->column[column].name, arena_printf(s, "<U%zu", longest), row_axes(t), &rows, data,
            sizeof *data * longest * (size_t)rows);
}

static void add_estimates(struct arena *s, struct npz *z, const struct table *t, int column) {
    const char *name = t->column[column].name;
    int64_t rows = t->rows;
    double *se = ARENA_ARRAY(s, double, rows + 1);
    int64_t *trials = ARENA_ARRAY(s, int64_t, rows + 1), *nonfinite = ARENA_ARRAY(s, int64_t, rows + 1);
    for (int r = 0; r < t->rows; r++) {
        const struct cell *c = table_at(t, r, column);
        se[r] = c->kind == CELL_ESTIMATE ? c->estimate.se : NAN;
        trials[r] = c->kind == CELL_ESTIMATE ? c->estimate.trials : 0;
        nonfinite[r] = c->kind == CELL_ESTIMATE ? c->estimate.nonfinite : 0;
    }
    add_reals(s, z, t, column);
    npz_add(z, arena_printf(s, "%s_se", name), "<f8", row_axes(t), &rows, se, sizeof *se * (size_t)rows);
    npz_add(z, arena_printf(s, "%s_trials", name), "<i8", row_axes(t), &rows, trials, sizeof *trials * (size_t)rows);
    npz_add(z, arena_printf(s, "%s_nonfinite", name), "<i8", row_axes(t), &rows, nonfinite,
            sizeof *nonfinite * (size_t)rows);
}

/* Tensors of one shape are stacked, rows first; a single one keeps its shape. NULL, or why they cannot be. */
static const char *add_tensors(struct arena *s, struct npz *z, const struct table *t, int column) {
    const struct cell_tensor *first = table_at(t, 0, column)->tensor;
    int64_t dims[16] = {t->rows}, each = 1;
    for (int r = 0; r < t->rows; r++) {
        const struct cell *c = table_at(t, r, column);
        bool same = c->kind == CELL_TENSOR && c->tensor->rank == first->rank && c->tensor->element == first->element;
        for (int i = 0; same && i < first->rank; i++) same = c->tensor->dims[i] == first->dims[i];
        if (!same || first->rank > 15)
            return arena_printf(s, "the tensors of column `%s` differ in shape or type: an array needs one shape",
                                t->column[column].name);
    }
    for (int i = 0; i < first->rank; i++) each *= dims[i + 1] = first->dims[i];
    size_t bytes = sizeof(double) * (size_t)each;
    char *data = arena_alloc(s, bytes * (size_t)t->rows + 1);
    for (int r = 0; r < t->rows; r++) memcpy(data + bytes * (size_t)r, table_at(t, r, column)->tensor->real, bytes);
    npz_add(z, t->column[column].name, first->element == CELL_REAL ? "<f8" : "<i8", first->rank + row_axes(t),
            dims + 1 - row_axes(t), data, bytes * (size_t)t->rows);
    return NULL;
}

static const char *save_npz(struct arena *a, const struct table *t, const char *path) {
    struct arena s = {0};
    struct npz z = {0};
    const char *why = NULL;
    for (int c = 0; c < t->columns && !why; c++) {
        enum cell_kind kind = common_kind(t, c);
        switch (kind) {
        case CELL_NONE:
        case CELL_REAL: add_reals(&s, &z, t, c); break;
        case CELL_INT:
        case CELL_BOOL: add_integers(&s, &z, t, c, kind); break;
        case CELL_TEXT:
        case CELL_PREDICTOR: add_texts(&s, &z, t, c); break;
        case CELL_ESTIMATE: add_estimates(&s, &z, t, c); break;
        case CELL_TENSOR: why = add_tensors(&s, &z, t, c); break;
        }
    }
    if (!why && !npz_finish(&z)) why = "an .npz file has at most 4 GiB; a .sqlite or .csv file may be larger";
    why = why ? arena_printf(a, "cannot write %s: %s", path, why) : output_write(a, path, z.file.text, z.file.n);
    npz_free(&z);
    arena_free(&s);
    return why;
}

static const struct kind {
    const char *extension;
    const char *(*save)(struct arena *a, const struct table *t, const char *path); /* NULL: .sqlite */
} kinds[] = {{"csv", save_csv}, {"json", save_json}, {"npz", save_npz}, {"sqlite", NULL}};

static const struct kind *kind_of(const char *path) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(output_extension(path), kinds[i].extension) == 0) return &kinds[i];
    return NULL;
}

/* Is there a kind of file that its name ends in? */
bool table_saves_to(const char *path) {
    return kind_of(path) != NULL;
}

/* Writes the table to a file of the kind that its name ends in. */
const char *table_save(struct arena *a, const struct table *t, const char *name, const char *path) {
    const struct kind *kind = kind_of(path);
    if (!kind) return arena_printf(a, "cannot write %s: a table is saved as " TABLE_FILES, path);
    return kind->save ? kind->save(a, t, path) : table_save_sqlite(a, t, name, path);
}
