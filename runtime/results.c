/* icl.sqlite through SQLite's C library. Write-ahead log: readers see a whole state while a run writes, two runs wait
 * for each other's short transactions, and what a killed process had committed is there. The disk is not waited for at
 * every transaction: after a failure of the machine the last ones may be missing, never half of one. */
#include "runtime/results.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lang/vec.h"
#include "runtime/clock.h"

enum { SCHEMA = 2, BUSY_MS = 30000, FLUSH_MS = 200, MOST_FIELDS = 16 };

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS runs(run INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, status INTEGER,"
    " script TEXT NOT NULL, sha256 TEXT NOT NULL, options TEXT NOT NULL, seed INTEGER NOT NULL,"
    " precision INTEGER NOT NULL, engine TEXT NOT NULL, threads INTEGER NOT NULL, version TEXT NOT NULL,"
    " language INTEGER NOT NULL, host TEXT, machine TEXT, system TEXT, folder TEXT, process INTEGER);"
    "CREATE TABLE IF NOT EXISTS scripts(run INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,"
    " PRIMARY KEY(run, path));"
    "CREATE TABLE IF NOT EXISTS texts(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sweeps(run INTEGER NOT NULL, sweep INTEGER NOT NULL, name TEXT, line INTEGER,"
    " cells INTEGER, kept INTEGER, PRIMARY KEY(run, sweep));"
    "CREATE TABLE IF NOT EXISTS cells(run INTEGER NOT NULL, sweep INTEGER NOT NULL, row INTEGER NOT NULL,"
    " cell INTEGER NOT NULL, variables TEXT NOT NULL, records TEXT NOT NULL, PRIMARY KEY(run, sweep, row));"
    "CREATE TABLE IF NOT EXISTS training(run INTEGER NOT NULL, training INTEGER NOT NULL, step INTEGER NOT NULL,"
    " model TEXT NOT NULL, steps INTEGER NOT NULL, loss REAL, seconds REAL, PRIMARY KEY(run, training, step));"
    "CREATE TABLE IF NOT EXISTS files(run INTEGER NOT NULL, path TEXT NOT NULL, bytes INTEGER, sha256 TEXT,"
    " written TEXT, PRIMARY KEY(run, path));"
    "CREATE TABLE IF NOT EXISTS parts(run INTEGER NOT NULL, sweep INTEGER NOT NULL, name TEXT NOT NULL,"
    " digest BLOB NOT NULL, PRIMARY KEY(run, sweep, name));"
    "CREATE TABLE IF NOT EXISTS kept(key BLOB PRIMARY KEY, value BLOB NOT NULL, run INTEGER NOT NULL,"
    " used INTEGER) WITHOUT ROWID;"
    "PRAGMA user_version = 2;";

/* What each version lacks of the next. */
static const char *const upgrade[SCHEMA] = {
    [1] = "ALTER TABLE runs ADD COLUMN process INTEGER; ALTER TABLE kept ADD COLUMN used INTEGER;"
          "PRAGMA user_version = 2;",
};

/* ?1 is the run. */
static const char *const put_text[RESULTS_ROWS] = {
    [RESULTS_SCRIPT] = "INSERT OR REPLACE INTO scripts(run, path, sha256) VALUES(?1, ?2, ?3)",
    [RESULTS_TEXT] = "INSERT OR IGNORE INTO texts(sha256, text) SELECT ?2, ?3 WHERE ?1",
    [RESULTS_SWEEP] = "INSERT OR REPLACE INTO sweeps(run, sweep, name, line, cells, kept)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [RESULTS_CELL] = "INSERT OR REPLACE INTO cells(run, sweep, row, cell, variables, records)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [RESULTS_TRAINING] = "INSERT OR REPLACE INTO training(run, training, step, model, steps, loss, seconds)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [RESULTS_FILE] = "INSERT OR REPLACE INTO files(run, path, bytes, sha256, written) VALUES(?1, ?2, ?3, ?4, ?5)",
    [RESULTS_PART] = "INSERT OR REPLACE INTO parts(run, sweep, name, digest) VALUES(?1, ?2, ?3, ?4)",
    [RESULTS_KEPT] = "INSERT OR REPLACE INTO kept(run, used, key, value) VALUES(?1, ?1, ?2, ?3)",
    [RESULTS_USED] = "UPDATE kept SET used = ?1 WHERE key = ?2",
    [RESULTS_END] = "UPDATE runs SET ended = ?2, status = ?3 WHERE run = ?1",
};

struct waiting {
    enum results_row row;
    int n;
    struct results_field *field;
};

struct results {
    sqlite3 *db;
    sqlite3_stmt *put[RESULTS_ROWS], *kept;
    int64_t run;
    char *failure;
    struct arena arena; /* of what waits */
    VEC(struct waiting) waiting;
    int64_t flushed; /* milliseconds of the steady clock */
};

/* An integer. */
struct results_field field_int(int64_t v)
{
    return (struct results_field){ .kind = FIELD_INT, .integer = v };
}

/* A real. */
struct results_field field_real(double v)
{
    return (struct results_field){ .kind = FIELD_REAL, .real = v };
}

/* A text, or no value. */
struct results_field field_text(const char *text)
{
    if (!text) return (struct results_field){ .kind = FIELD_NULL };
    return (struct results_field){ .kind = FIELD_TEXT, .bytes = text, .n = strlen(text) };
}

/* Bytes. */
struct results_field field_bytes(const void *bytes, size_t n)
{
    return (struct results_field){ .kind = FIELD_BYTES, .bytes = bytes, .n = n };
}

/* See results.h. */
void results_now(char out[32])
{
    struct timespec t;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    size_t n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    int ms = (int)(t.tv_nsec / 1000000);
    const char tail[] = { '.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', 0 };
    memcpy(out + n, tail, sizeof tail);
}

static void fail(struct results *r)
{
    int known = sqlite3_errcode(r->db) == SQLITE_IOERR ? sqlite3_system_errno(r->db) : 0; /* "disk I/O error" */
    if (!r->failure) r->failure = strdup(known ? strerror(known) : sqlite3_errmsg(r->db));
}

static bool execute(struct results *r, const char *sql)
{
    if (!r->failure && sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK) return true;
    fail(r);
    return false;
}

/* The number that a statement answers; -1: it failed. */
static int64_t number(struct results *r, const char *sql)
{
    sqlite3_stmt *s = NULL;
    int64_t v = -1;
    if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        v = sqlite3_column_int64(s, 0);
    else fail(r);
    sqlite3_finalize(s);
    return v;
}

static int64_t user_version(struct results *r)
{
    return number(r, "PRAGMA user_version");
}

static bool prepare_all(struct results *r)
{
    for (int i = 0; i < RESULTS_ROWS; i++)
        if (sqlite3_prepare_v3(r->db, put_text[i], -1, SQLITE_PREPARE_PERSISTENT, &r->put[i], NULL) != SQLITE_OK)
            return false;
    static const char find[] = "SELECT value, run, coalesce(used, run) FROM kept WHERE key = ?1";
    return sqlite3_prepare_v3(r->db, find, -1, SQLITE_PREPARE_PERSISTENT, &r->kept, NULL) == SQLITE_OK;
}

/* Opens or makes the file. */
struct results *results_open(struct arena *a, const char *path, const char **why)
{
    struct results *r = calloc(1, sizeof *r);
    *why = "not enough memory";
    if (!r) return NULL;
    int status = sqlite3_open_v2(path, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    bool good = status == SQLITE_OK;
    if (!good) fail(r);
    if (good) sqlite3_busy_timeout(r->db, BUSY_MS);
    int64_t version = good ? user_version(r) : -1;
    /* a file system without what write-ahead logs need keeps the older journal: slower, as safe */
    if (version >= 0) execute(r, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    if (version >= 0 && version < SCHEMA && execute(r, "BEGIN IMMEDIATE")) {
        /* another process may have made it meanwhile */
        for (int64_t v = user_version(r); v < SCHEMA && !r->failure; v = user_version(r))
            execute(r, v ? upgrade[v] : schema);
        execute(r, "COMMIT");
    }
    if (!r->failure && version <= SCHEMA && !prepare_all(r)) fail(r);
    r->flushed = clock_milliseconds();
    *why = r->failure ? arena_strdup(a, r->failure) : NULL;
    if (version > SCHEMA) *why = "it was made by a later version of icl";
    if (!*why) return r;
    results_close(r);
    return NULL;
}

static void bind(sqlite3_stmt *s, int at, const struct results_field *f)
{
    switch (f->kind) {
    case FIELD_NULL: sqlite3_bind_null(s, at); break;
    case FIELD_INT: sqlite3_bind_int64(s, at, f->integer); break;
    case FIELD_REAL: sqlite3_bind_double(s, at, f->real); break;
    case FIELD_TEXT: sqlite3_bind_text64(s, at, f->bytes, f->n, SQLITE_STATIC, SQLITE_UTF8); break;
    case FIELD_BYTES: sqlite3_bind_blob64(s, at, f->bytes, f->n, SQLITE_STATIC); break;
    }
}

/* Adds a run. */
bool results_begin(struct results *r, const struct results_run *run, const char *started)
{
    static const char sql[] = "INSERT INTO runs(started, script, sha256, options, seed, precision, engine, threads,"
                              " version, language, host, machine, system, folder, process)"
                              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    const struct results_field field[] = {
        field_text(started), field_text(run->script), field_text(run->sha256), field_text(run->options),
        field_int((int64_t)run->seed), field_int(run->precision), field_text(run->engine), field_int(run->threads),
        field_text(run->version), field_int(run->language), field_text(run->host), field_text(run->machine),
        field_text(run->system), field_text(run->folder), field_int(run->process)
    };
    sqlite3_stmt *s = NULL;
    bool good = sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK;
    for (int i = 0; good && i < 15; i++) bind(s, i + 1, &field[i]);
    good = good && sqlite3_step(s) == SQLITE_DONE;
    if (good) r->run = sqlite3_last_insert_rowid(r->db);
    else fail(r);
    sqlite3_finalize(s);
    return good;
}

/* The number of the run that results_begin added. */
int64_t results_run_number(const struct results *r)
{
    return r->run;
}

/* Adds a row to what is written soon. */
void results_put(struct results *r, enum results_row row, const struct results_field *field, int n)
{
    if (r->failure) return;
    struct waiting w = { row, n, arena_copy(&r->arena, field, sizeof *field * (size_t)n) };
    for (int i = 0; i < n; i++)
        if (w.field[i].n) w.field[i].bytes = arena_copy(&r->arena, field[i].bytes, field[i].n);
    vec_push(&r->arena, &r->waiting, w);
    if (clock_milliseconds() - r->flushed >= FLUSH_MS || r->arena.used > 1 << 24) results_flush(r);
}

/* Writes what waits in one transaction. */
void results_flush(struct results *r)
{
    if (r->waiting.n && execute(r, "BEGIN IMMEDIATE")) {
        for (int i = 0; i < r->waiting.n && !r->failure; i++) {
            const struct waiting *w = &r->waiting.data[i];
            sqlite3_stmt *s = r->put[w->row];
            sqlite3_bind_int64(s, 1, r->run);
            for (int k = 0; k < w->n; k++) bind(s, k + 2, &w->field[k]);
            if (sqlite3_step(s) != SQLITE_DONE) fail(r);
            sqlite3_reset(s);
        }
        if (r->failure) sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
        else execute(r, "COMMIT");
    }
    arena_free(&r->arena);
    memset(&r->waiting, 0, sizeof r->waiting);
    r->flushed = clock_milliseconds();
}

#define ROOM "length(value) + 128" /* of a figure, with its key, in the file */

/* See results.h. The figures of runs are removed from the oldest on, those of one run together. */
void results_trim(struct results *r, int64_t most)
{
    results_flush(r);
    if (r->failure) return;
    int64_t pages = number(r, "PRAGMA page_count") - number(r, "PRAGMA freelist_count");
    if (pages * number(r, "PRAGMA page_size") <= most) return;
    int64_t room = number(r, "SELECT coalesce(sum(" ROOM "), 0) FROM kept");
    while (room > most && !r->failure) {
        int64_t run = number(r, "SELECT min(coalesce(used, run)) FROM kept");
        char sql[128];
        if (run < 0 || run >= r->run) return;
        snprintf(sql, sizeof sql, "SELECT sum(" ROOM ") FROM kept WHERE coalesce(used, run) = %" PRId64, run);
        room -= number(r, sql);
        snprintf(sql, sizeof sql, "DELETE FROM kept WHERE coalesce(used, run) = %" PRId64, run);
        execute(r, sql);
    }
}

/* What was kept under a key. */
const void *results_kept(struct results *r, struct arena *a, const unsigned char key[RESULTS_KEY], size_t *n,
                         bool *earlier)
{
    const void *out = NULL;
    bool used = false;
    if (r->failure) return NULL;
    sqlite3_bind_blob(r->kept, 1, key, RESULTS_KEY, SQLITE_STATIC);
    if (sqlite3_step(r->kept) == SQLITE_ROW) {
        *n = (size_t)sqlite3_column_bytes(r->kept, 0);
        *earlier = sqlite3_column_int64(r->kept, 1) != r->run;
        out = arena_copy(a, *n ? sqlite3_column_blob(r->kept, 0) : "", *n);
        used = sqlite3_column_int64(r->kept, 2) == r->run;
    }
    sqlite3_reset(r->kept);
    const struct results_field field = field_bytes(key, RESULTS_KEY);
    if (out && !used) results_put(r, RESULTS_USED, &field, 1);
    return out;
}

/* See results.h. */
void results_each_kept(struct results *r, size_t most,
                       void (*visit)(void *data, const void *key, const void *bytes, size_t n), void *data)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT key, value FROM kept WHERE length(key) = ?1 AND length(value) <= ?2";
    if (r->failure || sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return;
    sqlite3_bind_int64(s, 1, RESULTS_KEY);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)most);
    while (sqlite3_step(s) == SQLITE_ROW) {
        size_t n = (size_t)sqlite3_column_bytes(s, 1);
        visit(data, sqlite3_column_blob(s, 0), n ? sqlite3_column_blob(s, 1) : "", n);
    }
    sqlite3_finalize(s);
}

/* See results.h. */
void results_parts(struct results *r, const char *script, int sweep,
                   void (*visit)(void *data, const char *name, const void *digest, size_t n), void *data)
{
    static const char sql[] = "SELECT name, digest FROM parts WHERE sweep = ?3 AND run ="
                              " (SELECT max(p.run) FROM parts p JOIN runs USING(run)"
                              "  WHERE p.run < ?1 AND p.sweep = ?3 AND script = ?2)";
    sqlite3_stmt *s = NULL;
    if (r->failure || sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) != SQLITE_OK) return;
    sqlite3_bind_int64(s, 1, r->run);
    sqlite3_bind_text(s, 2, script, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 3, sweep);
    while (sqlite3_step(s) == SQLITE_ROW)
        visit(data, (const char *)sqlite3_column_text(s, 0), sqlite3_column_blob(s, 1),
              (size_t)sqlite3_column_bytes(s, 1));
    sqlite3_finalize(s);
}

/* The first thing that could not be written. */
const char *results_failure(const struct results *r)
{
    return r->failure;
}

/* Writes what waits and closes the file. */
void results_close(struct results *r)
{
    if (!r) return;
    if (r->db && r->kept) results_flush(r);
    for (int i = 0; i < RESULTS_ROWS; i++) sqlite3_finalize(r->put[i]);
    sqlite3_finalize(r->kept);
    sqlite3_close(r->db);
    arena_free(&r->arena);
    free(r->failure);
    free(r);
}
