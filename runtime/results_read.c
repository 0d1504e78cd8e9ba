/* Reading icl.sqlite. A run may be writing it: readers see the state of the last transaction. Where the folder cannot
 * be written, SQLite is told that nobody else writes there either. */
#include "runtime/results_read.h"

#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lang/vec.h"

struct reader {
    struct arena *arena;
    sqlite3 *db;
};

static bool readable(sqlite3 *db)
{
    return sqlite3_exec(db, "SELECT count(*) FROM runs", NULL, NULL, NULL) == SQLITE_OK;
}

/* Could SQLite only not write beside the file, which has all there is? A log of what was written last would be lost. */
static bool still(struct arena *a, sqlite3 *db, const char *path)
{
    struct stat log;
    int why = sqlite3_errcode(db);
    if (why != SQLITE_CANTOPEN && why != SQLITE_READONLY) return false;
    return stat(arena_printf(a, "%s-wal", path), &log) != 0 || log.st_size == 0;
}

/* The file, said to change no more, as a URI. */
static char *immutable(struct arena *a, const char *path)
{
    struct buf uri = { 0 };
    buf_puts(&uri, "file:");
    for (; *path; path++) buf_printf(&uri, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
    buf_puts(&uri, "?immutable=1");
    char *kept = arena_strdup(a, uri.text);
    buf_free(&uri);
    return kept;
}

/* See results_read.h. */
struct reader *reader_open(struct arena *a, const char *path, const char **why)
{
    struct reader *r = ARENA_NEW(a, struct reader);
    r->arena = a;
    *why = access(path, F_OK) != 0 ? "there is none" : NULL;
    if (*why) return NULL;
    int how = access(path, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    bool good = sqlite3_open_v2(path, &r->db, how | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK;
    if (good) sqlite3_busy_timeout(r->db, 10000);
    if (good && !readable(r->db) && still(a, r->db, path)) {
        sqlite3_close(r->db);
        good = sqlite3_open_v2(immutable(a, path), &r->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
    }
    if (good && readable(r->db)) return r;
    *why = arena_strdup(a, r->db ? sqlite3_errmsg(r->db) : "not enough memory");
    sqlite3_close(r->db);
    return NULL;
}

static void bind(sqlite3_stmt *s, int at, const struct results_field *f)
{
    if (f->kind == FIELD_INT) sqlite3_bind_int64(s, at, f->integer);
    if (f->kind == FIELD_TEXT) sqlite3_bind_text64(s, at, f->bytes, f->n, SQLITE_STATIC, SQLITE_UTF8);
}

static struct cell cell_of(struct arena *a, sqlite3_stmt *s, int column)
{
    switch (sqlite3_column_type(s, column)) {
    case SQLITE_INTEGER: return cell_int(sqlite3_column_int64(s, column));
    case SQLITE_FLOAT: return cell_real(sqlite3_column_double(s, column));
    case SQLITE_TEXT: return cell_text(arena_strdup(a, (const char *)sqlite3_column_text(s, column)));
    default: return (struct cell){ .kind = CELL_NONE };
    }
}

/* See results_read.h. */
struct table *reader_select(struct reader *r, const char *sql, const struct results_field *field, int n)
{
    sqlite3_stmt *s = NULL;
    struct table *t = table_new(r->arena, 64);
    int status = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL);
    for (int i = 0; i < n && status == SQLITE_OK; i++) bind(s, i + 1, &field[i]);
    for (int i = 0; i < sqlite3_column_count(s); i++) table_add_column(t, sqlite3_column_name(s, i));
    while (status == SQLITE_OK || status == SQLITE_ROW) {
        status = sqlite3_step(s);
        if (status != SQLITE_ROW) break;
        int row = table_add_row(t);
        for (int i = 0; i < t->columns; i++) table_set(t, row, i, cell_of(r->arena, s, i));
    }
    sqlite3_finalize(s);
    return status == SQLITE_DONE ? t : NULL;
}

/* See results_read.h. */
const char *reader_text(const struct table *t, int row, const char *column)
{
    int c = table_find(t, column);
    const struct cell *cell = c < 0 || row >= t->rows ? NULL : table_at(t, row, c);
    return cell && cell->kind == CELL_TEXT ? cell->text : "";
}

/* See results_read.h. */
int64_t reader_int(const struct table *t, int row, const char *column)
{
    int c = table_find(t, column);
    const struct cell *cell = c < 0 || row >= t->rows ? NULL : table_at(t, row, c);
    return cell && cell->kind == CELL_INT ? cell->integer : -1;
}

/* See results_read.h. */
const char *reader_failure(const struct reader *r)
{
    return sqlite3_errmsg(r->db);
}

/* See results_read.h. */
void reader_close(struct reader *r)
{
    if (r) sqlite3_close(r->db);
}

/* ---- what sweeps record ---- */

static double number_of(const json_t *v)
{
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static int64_t member(const json_t *v, const char *name)
{
    return json_integer_value(json_object_get(v, name));
}

static void add_elements(struct arena *a, const json_t *v, struct buf *reals, struct buf *integers)
{
    size_t i;
    json_t *item;
    if (!json_is_array(v)) {
        double real = number_of(v);
        int64_t integer = json_is_boolean(v) ? json_is_true(v) : json_integer_value(v);
        buf_add(reals, (const char *)&real, sizeof real);
        buf_add(integers, (const char *)&integer, sizeof integer);
    }
    json_array_foreach(v, i, item) add_elements(a, item, reals, integers);
}

/* Are all elements of that kind? */
static bool all_are(const json_t *v, bool bools)
{
    size_t i;
    json_t *item;
    if (!json_is_array(v)) return bools ? json_is_boolean(v) : json_is_integer(v);
    json_array_foreach(v, i, item) if (!all_are(item, bools)) return false;
    return true;
}

enum { MAX_RANK = 16 };

/* Have all arrays of a level the same length, and the last level no arrays? */
static bool regular(const json_t *v, int rank, const int64_t *dims)
{
    size_t i;
    json_t *item;
    if (!rank || !json_is_array(v)) return !rank && !json_is_array(v);
    if ((int64_t)json_array_size(v) != dims[0]) return false;
    json_array_foreach(v, i, item) if (!regular(item, rank - 1, dims + 1)) return false;
    return true;
}

/* Nested arrays; no value where they have no shape. */
static struct cell tensor_of(struct arena *a, const json_t *v)
{
    struct buf reals = { 0 }, integers = { 0 };
    struct cell_tensor *t = ARENA_NEW(a, struct cell_tensor);
    int64_t dims[MAX_RANK];
    for (const json_t *p = v; json_is_array(p) && t->rank < MAX_RANK; p = json_array_get(p, 0))
        dims[t->rank++] = (int64_t)json_array_size(p);
    if (!regular(v, t->rank, dims)) return (struct cell){ .kind = CELL_NONE };
    t->dims = arena_copy(a, dims, sizeof *dims * (size_t)t->rank);
    add_elements(a, v, &reals, &integers);
    t->element = all_are(v, true) ? CELL_BOOL : all_are(v, false) ? CELL_INT : CELL_REAL;
    if (t->element == CELL_REAL) t->real = arena_copy(a, reals.n ? reals.text : "", reals.n);
    else t->integer = arena_copy(a, integers.n ? integers.text : "", integers.n);
    buf_free(&reals);
    buf_free(&integers);
    return cell_tensor(t);
}

static struct cell cell_of_json(struct arena *a, const json_t *v)
{
    if (json_is_integer(v)) return cell_int(json_integer_value(v));
    if (json_is_boolean(v)) return cell_bool(json_is_true(v));
    if (json_is_string(v)) return cell_text(arena_strdup(a, json_string_value(v)));
    if (json_is_array(v)) return tensor_of(a, v);
    if (!json_is_object(v)) return cell_real(number_of(v));
    return cell_estimate((struct estimate){ .mean = number_of(json_object_get(v, "mean")),
                                            .se = number_of(json_object_get(v, "se")),
                                            .trials = member(v, "trials"),
                                            .nonfinite = member(v, "nonfinite"),
                                            .largest_share = json_number_value(json_object_get(v, "largest_share")) });
}

/* See results_read.h. */
bool reader_add_row(struct table *t, int row, const char *json)
{
    const char *name;
    json_t *value, *object = json_loads(json, 0, NULL);
    bool good = json_is_object(object);
    json_object_foreach(object, name, value) {
        int c = table_find(t, name);
        if (c < 0) c = table_add_column(t, name);
        table_set(t, row, c, cell_of_json(t->arena, value));
    }
    json_decref(object);
    return good;
}
