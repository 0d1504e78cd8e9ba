/* icl.sqlite: what is kept is found by later runs, and bounded; files of earlier versions are taken over. */
#include <check.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/results.h"
#include "runtime/results_read.h"

enum { BYTES = 4000 };

static struct arena arena;
static char folder[64];
static const char *path;

static void set_up(void)
{
    arena = (struct arena){ 0 };
    strcpy(folder, "/tmp/check_results.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = arena_printf(&arena, "%s/icl.sqlite", folder);
}

static void tear_down(void)
{
    char command[128];
    snprintf(command, sizeof command, "/bin/rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    arena_free(&arena);
}

static struct results *begin(void)
{
    static const struct results_run run = { .script = "/x.icl", .sha256 = "0", .options = "{}", .engine = "jit",
                                            .version = "0", .precision = 32, .threads = 1, .language = 1 };
    const char *why;
    struct results *r = results_open(&arena, path, &why);
    ck_assert_msg(r != NULL, "%s", why);
    ck_assert(results_begin(r, &run, "2026-01-01T00:00:00.000Z"));
    return r;
}

static void key_of(unsigned char key[RESULTS_KEY], int i)
{
    memset(key, 0, RESULTS_KEY);
    memcpy(key, &i, sizeof i);
}

static void put(struct results *r, int i)
{
    unsigned char key[RESULTS_KEY], bytes[BYTES];
    key_of(key, i);
    memset(bytes, i, sizeof bytes);
    const struct results_field field[] = { field_bytes(key, sizeof key), field_bytes(bytes, sizeof bytes) };
    results_put(r, RESULTS_KEPT, field, 2);
}

static bool kept(struct results *r, int i, bool *earlier)
{
    unsigned char key[RESULTS_KEY];
    size_t n = 0;
    key_of(key, i);
    const unsigned char *bytes = results_kept(r, &arena, key, &n, earlier);
    if (bytes) ck_assert(n == BYTES && bytes[0] == (unsigned char)i && bytes[n - 1] == (unsigned char)i);
    return bytes != NULL;
}

START_TEST(later_runs_find_what_is_kept)
{
    bool earlier;
    struct results *r = begin();
    put(r, 1);
    results_flush(r);
    ck_assert(kept(r, 1, &earlier) && !earlier);
    put(r, 2); /* is written when it is closed */
    results_close(r);
    r = begin();
    ck_assert_int_eq(results_run_number(r), 2);
    ck_assert(kept(r, 1, &earlier) && earlier && kept(r, 2, &earlier) && !kept(r, 3, &earlier));
    results_close(r);
}
END_TEST

/* Runs 1 to 4 measure 50 figures each; run 4 uses those of run 1. */
START_TEST(what_was_used_longest_ago_is_removed)
{
    bool earlier;
    for (int run = 0; run < 3; run++) {
        struct results *r = begin();
        for (int i = 0; i < 50; i++) put(r, run * 50 + i);
        results_close(r);
    }
    struct results *r = begin();
    for (int i = 0; i < 50; i++) ck_assert(kept(r, i, &earlier));
    for (int i = 0; i < 50; i++) put(r, 150 + i);
    results_trim(r, 200 * (BYTES + 4096));
    for (int i = 0; i < 200; i++) ck_assert(kept(r, i, &earlier)); /* there was room */
    results_close(r);

    r = begin();
    for (int i = 150; i < 200; i++) ck_assert(kept(r, i, &earlier));
    results_trim(r, 120 * (BYTES + 200)); /* run 4 used all of them last: they go together, but those of this run */
    for (int i = 0; i < 200; i++) ck_assert_int_eq(kept(r, i, &earlier), i >= 150);
    results_trim(r, 1);
    for (int i = 150; i < 200; i++) ck_assert(kept(r, i, &earlier));
    results_close(r);
}
END_TEST

START_TEST(the_oldest_go_first)
{
    bool earlier;
    for (int run = 0; run < 4; run++) {
        struct results *r = begin();
        for (int i = 0; i < 50; i++) put(r, run * 50 + i);
        if (run == 3) results_trim(r, 110 * (BYTES + 200));
        for (int i = 0; i < 200 && run == 3; i++) ck_assert_int_eq(kept(r, i, &earlier), i >= 100);
        results_close(r);
    }
}
END_TEST

/* The file stays within what it takes, however many runs measure something new. */
START_TEST(growth_is_bounded)
{
    enum { MOST = 500000 };
    for (int run = 0; run < 40; run++) {
        struct results *r = begin();
        for (int i = 0; i < 50; i++) put(r, run * 50 + i);
        results_trim(r, MOST);
        results_close(r);
    }
    FILE *f = fopen(path, "rb");
    fseek(f, 0, SEEK_END);
    ck_assert_int_lt(ftell(f), 2 * MOST + 50 * (BYTES + 4096));
    fclose(f);
}
END_TEST

START_TEST(files_of_version_1_are_taken_over)
{
    static const char first[] =
        "CREATE TABLE runs(run INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, status INTEGER,"
        " script TEXT NOT NULL, sha256 TEXT NOT NULL, options TEXT NOT NULL, seed INTEGER NOT NULL,"
        " precision INTEGER NOT NULL, engine TEXT NOT NULL, threads INTEGER NOT NULL, version TEXT NOT NULL,"
        " language INTEGER NOT NULL, host TEXT, machine TEXT, system TEXT, folder TEXT);"
        "CREATE TABLE scripts(run INTEGER NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(run, path));"
        "CREATE TABLE texts(sha256 TEXT PRIMARY KEY, text TEXT NOT NULL);"
        "CREATE TABLE sweeps(run INTEGER NOT NULL, sweep INTEGER NOT NULL, name TEXT, line INTEGER, cells INTEGER,"
        " kept INTEGER, PRIMARY KEY(run, sweep));"
        "CREATE TABLE cells(run INTEGER NOT NULL, sweep INTEGER NOT NULL, row INTEGER NOT NULL, cell INTEGER NOT NULL,"
        " variables TEXT NOT NULL, records TEXT NOT NULL, PRIMARY KEY(run, sweep, row));"
        "CREATE TABLE training(run INTEGER NOT NULL, training INTEGER NOT NULL, step INTEGER NOT NULL,"
        " model TEXT NOT NULL, steps INTEGER NOT NULL, loss REAL, seconds REAL, PRIMARY KEY(run, training, step));"
        "CREATE TABLE files(run INTEGER NOT NULL, path TEXT NOT NULL, bytes INTEGER, sha256 TEXT, written TEXT,"
        " PRIMARY KEY(run, path));"
        "CREATE TABLE parts(run INTEGER NOT NULL, sweep INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL,"
        " PRIMARY KEY(run, sweep, name));"
        "CREATE TABLE kept(key BLOB PRIMARY KEY, value BLOB NOT NULL, run INTEGER NOT NULL) WITHOUT ROWID;"
        "INSERT INTO runs VALUES(1, '', '', 0, '/x.icl', '', '{}', 0, 32, 'jit', 1, '0', 1, '', '', '', '');"
        "INSERT INTO kept VALUES(x'0700000000000000000000000000000000000000000000000000000000000000',"
        " zeroblob(4000), 1); PRAGMA user_version = 1;";
    sqlite3 *db;
    bool earlier;
    size_t n;
    unsigned char key[RESULTS_KEY];
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, first, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct results *r = begin();
    key_of(key, 7);
    ck_assert(results_kept(r, &arena, key, &n, &earlier) && earlier && n == BYTES);
    results_close(r);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    const char *why;
    ck_assert_ptr_null(results_open(&arena, path, &why));
    ck_assert_str_eq(why, "it was made by a later version of icl");
}
END_TEST

/* Two processes: what one has written is there for the other, and what waits is not lost. */
START_TEST(two_at_a_time)
{
    bool earlier;
    struct results *a = begin(), *b = begin();
    for (int i = 0; i < 100; i++) put(i % 2 ? a : b, i);
    results_flush(a);
    results_flush(b);
    for (int i = 0; i < 100; i++) ck_assert(kept(a, i, &earlier) && kept(b, i, &earlier));
    ck_assert_ptr_null(results_failure(a));
    ck_assert_ptr_null(results_failure(b));
    results_close(a);
    results_close(b);
}
END_TEST

START_TEST(rows_of_json)
{
    struct table *t = table_new(&arena, 64);
    int row = table_add_row(t);
    ck_assert(reader_add_row(t, row, "{\"n\": 8, \"s\": 0.1, \"risk\": {\"mean\": 1.5, \"se\": 0.5, \"trials\": 7, "
                                     "\"nonfinite\": 2}, \"w\": [[1, 2.5], [null, 4]], \"b\": [true, false], "
                                     "\"m\": \"a\", \"none\": null}"));
    ck_assert_int_eq(t->columns, 7);
    ck_assert_int_eq(reader_int(t, 0, "n"), 8);
    ck_assert_str_eq(reader_text(t, 0, "m"), "a");
    const struct estimate *e = &table_at(t, 0, 2)->estimate;
    ck_assert(e->mean == 1.5 && e->se == 0.5 && e->trials == 7 && e->nonfinite == 2);
    const struct cell_tensor *w = table_at(t, 0, 3)->tensor;
    ck_assert(w->element == CELL_REAL && w->rank == 2 && w->dims[0] == 2 && w->dims[1] == 2 && w->real[1] == 2.5 &&
              w->real[2] != w->real[2]);
    ck_assert_int_eq(table_at(t, 0, 4)->tensor->element, CELL_BOOL);
    ck_assert(reader_add_row(t, row, "{\"ragged\": [[1], []], \"deep\": [[1, 2], [3]]}"));
    ck_assert_int_eq(table_at(t, 0, table_find(t, "ragged"))->kind, CELL_NONE);
    ck_assert_int_eq(table_at(t, 0, table_find(t, "deep"))->kind, CELL_NONE);
    ck_assert(!reader_add_row(t, row, "[1]") && !reader_add_row(t, row, "{") && !reader_add_row(t, row, ""));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("results");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 120);
    tcase_add_test(c, later_runs_find_what_is_kept);
    tcase_add_test(c, what_was_used_longest_ago_is_removed);
    tcase_add_test(c, the_oldest_go_first);
    tcase_add_test(c, growth_is_bounded);
    tcase_add_test(c, files_of_version_1_are_taken_over);
    tcase_add_test(c, two_at_a_time);
    tcase_add_test(c, rows_of_json);
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
