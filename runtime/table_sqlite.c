/* A table as a table of an SQLite file, in one transaction: it takes the place of one of that name, other tables of
 * the file stay. Columns have types; an estimate is four of them, as in CSV. Names that SQLite does not tell apart (it
 * looks at no case) are numbered. Reals have the value of the shortest number that names them, so that `sigma = 0.1`
 * finds them whatever the precision; tensors are JSON. */
#include "runtime/table.h"

#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lang/vec.h"
#include "runtime/number.h"

enum { BUSY_MS = 30000 };

struct writer {
    struct arena arena;
    const struct table *t;
    sqlite3 *db;
    bool *estimates;           /* of each column: it is four */
    VEC(const char *) names;   /* of the columns written */
};

/* What all cells of a column are; "": several things, each as it is. */
static const char *type_of(const struct table *t, int column)
{
    static const char *const types[] = {
        [CELL_NONE] = NULL, [CELL_REAL] = "REAL", [CELL_INT] = "INTEGER", [CELL_BOOL] = "BOOLEAN", [CELL_TEXT] = "TEXT",
        [CELL_PREDICTOR] = "TEXT", [CELL_ESTIMATE] = "REAL", [CELL_TENSOR] = "TEXT",
    };
    const char *type = NULL;
    for (int r = 0; r < t->rows; r++) {
        const char *own = types[table_at(t, r, column)->kind];
        if (!own || (type && !strcmp(type, own))) continue;
        bool numbers = type && strcmp(type, "TEXT") && strcmp(own, "TEXT") && strcmp(type, "BOOLEAN") &&
                       strcmp(own, "BOOLEAN");
        if (type && !numbers) return "";
        type = numbers ? "REAL" : own;
    }
    return type ? type : "";
}

static bool taken(const struct writer *w, const char *name)
{
    for (int i = 0; i < w->names.n; i++)
        if (!sqlite3_stricmp(w->names.data[i], name)) return true;
    return false;
}

static void add_column(struct writer *w, struct buf *sql, const char *name, const char *part, const char *type)
{
    const char *whole = arena_printf(&w->arena, "%s%s", name, part);
    for (int i = 2; taken(w, whole); i++) whole = arena_printf(&w->arena, "%s%s_%d", name, part, i);
    char *column = sqlite3_mprintf("%s\"%w\"%s%s", w->names.n ? ", " : "", whole, *type ? " " : "", type);
    vec_push(&w->arena, &w->names, whole);
    buf_puts(sql, column ? column : "");
    sqlite3_free(column);
}

static void columns(struct writer *w, struct buf *sql)
{
    const struct table *t = w->t;
    w->estimates = ARENA_ARRAY(&w->arena, bool, t->columns + 1);
    for (int c = 0; c < t->columns; c++) {
        const char *name = t->column[c].name;
        for (int r = 0; r < t->rows; r++) w->estimates[c] |= table_at(t, r, c)->kind == CELL_ESTIMATE;
        add_column(w, sql, name, "", type_of(t, c));
        if (!w->estimates[c]) continue;
        add_column(w, sql, name, "_se", "REAL");
        add_column(w, sql, name, "_trials", "INTEGER");
        add_column(w, sql, name, "_nonfinite", "INTEGER");
    }
}

static bool execute(struct writer *w, const char *sql)
{
    return sqlite3_exec(w->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* %w of sqlite3_mprintf doubles quotes. */
static bool execute_named(struct writer *w, const char *before, const char *name, const char *after)
{
    char *sql = sqlite3_mprintf("%s \"%w\"%s", before, name, after);
    bool good = sql && execute(w, sql);
    sqlite3_free(sql);
    return good;
}

static void bind_real(sqlite3_stmt *s, int at, double v, int precision)
{
    char text[NUMBER_MAX];
    number_text(text, v, precision);
    sqlite3_bind_double(s, at, isfinite(v) ? strtod(text, NULL) : v); /* NaN becomes NULL */
}

/* Returns the place after what it has bound. */
static int bind_cell(sqlite3_stmt *s, int at, const struct cell *c, bool estimates, int precision)
{
    struct buf text = { 0 };
    switch (c->kind) {
    case CELL_NONE: break;
    case CELL_REAL: bind_real(s, at, c->real, precision); break;
    case CELL_INT: sqlite3_bind_int64(s, at, c->integer); break;
    case CELL_BOOL: sqlite3_bind_int64(s, at, c->truth); break;
    case CELL_TEXT:
    case CELL_PREDICTOR: sqlite3_bind_text(s, at, c->text, -1, SQLITE_TRANSIENT); break;
    case CELL_TENSOR:
        cell_json(&text, c, precision);
        sqlite3_bind_text64(s, at, text.text, text.n, SQLITE_TRANSIENT, SQLITE_UTF8);
        break;
    case CELL_ESTIMATE:
        bind_real(s, at, c->estimate.mean, 64);
        bind_real(s, at + 1, c->estimate.se, 64);
        sqlite3_bind_int64(s, at + 2, c->estimate.trials);
        sqlite3_bind_int64(s, at + 3, c->estimate.nonfinite);
    }
    buf_free(&text);
    return at + (estimates ? 4 : 1);
}

static bool insert_rows(struct writer *w, const char *name)
{
    const struct table *t = w->t;
    struct buf values = { 0 };
    sqlite3_stmt *s = NULL;
    for (int i = 0; i < w->names.n; i++) buf_puts(&values, i ? ", ?" : "?");
    char *sql = sqlite3_mprintf("INSERT INTO \"%w\" VALUES(%s)", name, values.text ? values.text : "");
    bool good = sql && sqlite3_prepare_v2(w->db, sql, -1, &s, NULL) == SQLITE_OK;
    for (int r = 0; r < t->rows && good; r++) {
        sqlite3_clear_bindings(s);
        for (int c = 0, at = 1; c < t->columns; c++)
            at = bind_cell(s, at, table_at(t, r, c), w->estimates[c], t->precision);
        good = sqlite3_step(s) == SQLITE_DONE;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    sqlite3_free(sql);
    buf_free(&values);
    return good;
}

/* Is the file, where there is one, a database? */
static bool is_database(struct writer *w)
{
    return execute(w, "PRAGMA schema_version");
}

static bool write_table(struct writer *w, const char *name)
{
    struct buf sql = { 0 };
    columns(w, &sql);
    const char *list = arena_printf(&w->arena, "(%s)", sql.text ? sql.text : "");
    bool good = execute(w, "BEGIN IMMEDIATE") && execute_named(w, "DROP TABLE IF EXISTS", name, "") &&
                execute_named(w, "CREATE TABLE", name, list) && insert_rows(w, name) && execute(w, "COMMIT");
    buf_free(&sql);
    return good;
}

/* See table.h. */
const char *table_save_sqlite(struct arena *a, const struct table *t, const char *name, const char *path)
{
    struct writer w = { .t = t };
    const char *why = NULL;
    bool there = access(path, F_OK) == 0;
    bool good = sqlite3_open_v2(path, &w.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
                SQLITE_OK;
    if (w.db) sqlite3_busy_timeout(w.db, BUSY_MS);
    good = good && is_database(&w) && write_table(&w, name);
    if (!good) why = arena_printf(a, "cannot write %s: %s", path, w.db ? sqlite3_errmsg(w.db) : "not enough memory");
    sqlite3_close(w.db);
    if (!good && !there) unlink(path);
    arena_free(&w.arena);
    return why;
}

/* See table.h. */
const char *table_check_sqlite(struct arena *a, const char *path)
{
    struct writer w = { 0 };
    const char *why = NULL;
    if (access(path, F_OK) != 0) return NULL;
    bool good = sqlite3_open_v2(path, &w.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    if (w.db) sqlite3_busy_timeout(w.db, BUSY_MS);
    if (!good || !is_database(&w))
        why = arena_printf(a, "cannot write %s: %s", path, w.db ? sqlite3_errmsg(w.db) : "not enough memory");
    sqlite3_close(w.db);
    return why;
}
