/* `icl results export`: a run for other programs: one JSON object, a table as CSV, or a folder with the script, the run
 * as JSON and each table as CSV. */
#include <stdio.h>
#include <string.h>
#include "compiler/runs.h"
#include "runtime/output.h"

/* ---- JSON ---- */

/* "name": the rows of a table as an array of objects. */
static void add_rows(struct buf *out, const char *name, const struct table *t, const char *indent)
{
    struct buf rows = { 0 };
    table_json(&rows, t);
    buf_printf(out, "%s\"%s\": [", indent, name);
    for (size_t i = 0, from = 0; i < rows.n; i++) {
        if (rows.text[i] != '\n') continue;
        buf_printf(out, "%s\n%s  %.*s", from ? "," : "", indent, (int)(i - from), rows.text + from);
        from = i + 1;
    }
    buf_puts(out, "]");
    buf_free(&rows);
}

/* The members of the run's own row; what is JSON in the database stays so. */
static void add_facts(struct buf *out, const struct table *t)
{
    for (int c = 0; c < t->columns; c++) {
        const struct cell *cell = table_at(t, 0, c);
        text_json(out, t->column[c].name);
        buf_puts(out, ": ");
        if (!strcmp(t->column[c].name, "options")) buf_puts(out, cell->text);
        else cell_json(out, cell, 64);
        buf_puts(out, ",\n ");
    }
}

static void add_sweeps(struct runs *r, struct buf *out, int64_t run)
{
    struct table *sweeps = runs_of(r, run, RUNS_SWEEPS);
    buf_puts(out, "\"sweeps\": [");
    for (int i = 0; i < sweeps->rows; i++) {
        const char *name = reader_text(sweeps, i, "name");
        buf_puts(out, i ? ",\n  {\"name\": " : "\n  {\"name\": ");
        if (*name) text_json(out, name);
        else buf_puts(out, "null");
        buf_printf(out, ", \"line\": %lld, \"complete\": %s,\n", (long long)reader_int(sweeps, i, "line"),
                   reader_int(sweeps, i, "cells") < 0 ? "false" : "true");
        add_rows(out, "rows", runs_sweep(r, run, reader_int(sweeps, i, "sweep"), NULL), "   ");
        buf_puts(out, "}");
    }
    buf_puts(out, "],\n ");
}

static void run_json(struct runs *r, struct buf *out, int64_t run)
{
    buf_puts(out, "{");
    add_facts(out, runs_of(r, run, "SELECT * FROM runs WHERE run = ?1"));
    add_rows(out, "scripts", runs_of(r, run, "SELECT path, sha256, text FROM scripts JOIN texts USING(sha256)"
                                             " WHERE run = ?1 ORDER BY scripts.rowid"), "");
    buf_puts(out, ",\n ");
    add_sweeps(r, out, run);
    add_rows(out, "training", runs_of(r, run, "SELECT training, model, step, steps, loss, seconds FROM training"
                                              " WHERE run = ?1 ORDER BY training, step"), "");
    buf_puts(out, ",\n ");
    add_rows(out, "files", runs_of(r, run, "SELECT path, bytes, sha256, written FROM files WHERE run = ?1"
                                           " ORDER BY written, path"), "");
    buf_puts(out, "}\n");
}

/* ---- to standard output ---- */

bool runs_export(struct runs *r, int64_t run, enum format format)
{
    struct buf out = { 0 };
    if (format == FORMAT_JSON) {
        run_json(r, &out, run);
    } else {
        struct table *sweeps = runs_of(r, run, RUNS_SWEEPS);
        if (sweeps->rows != 1)
            fprintf(stderr, "icl: run %lld has %s sweeps: `icl results export %lld FOLDER` writes a file for each\n",
                    (long long)run, sweeps->rows ? "several" : "no", (long long)run);
        r->failed |= sweeps->rows != 1;
        if (!r->failed) table_csv(&out, runs_sweep(r, run, reader_int(sweeps, 0, "sweep"), NULL));
    }
    if (!r->failed) fwrite(out.text ? out.text : "", 1, out.n, stdout);
    buf_free(&out);
    return !r->failed;
}

/* ---- to a folder ---- */

static void write_file(struct runs *r, const char *folder, const char *name, const char *text, size_t n)
{
    const char *path = arena_printf(&r->arena, "%s/%s", folder, name);
    const char *why = r->failed ? NULL : output_write(&r->arena, path, text, n);
    if (why) fprintf(stderr, "icl: %s\n", why);
    else if (!r->failed) printf("%s\n", path);
    r->failed |= why != NULL;
}

static void write_table(struct runs *r, const char *folder, const char *name, const struct table *t)
{
    struct buf b = { 0 };
    if (t->rows) table_csv(&b, t);
    if (t->rows) write_file(r, folder, arena_printf(&r->arena, "%s.csv", name), b.text, b.n);
    buf_free(&b);
}

bool runs_export_folder(struct runs *r, int64_t run, const char *folder)
{
    struct buf json = { 0 };
    const char *why = output_make_folder(&r->arena, folder, OUTPUT_FOLDER);
    if (why) fprintf(stderr, "icl: %s\n", why);
    if (why) return false;
    run_json(r, &json, run);
    write_file(r, folder, "run.json", json.text, json.n);
    buf_free(&json);
    struct table *texts = runs_of(r, run, "SELECT path, text FROM scripts JOIN texts USING(sha256) WHERE run = ?1"
                                          " ORDER BY scripts.rowid");
    for (int i = texts->rows - 1; i >= 0; i--) { /* the script itself last: it wins over imports of its name */
        const char *path = reader_text(texts, i, "path"), *slash = strrchr(path, '/');
        const char *text = reader_text(texts, i, "text");
        write_file(r, folder, slash ? slash + 1 : path, text, strlen(text));
    }
    struct table *sweeps = runs_of(r, run, RUNS_SWEEPS);
    for (int i = 0; i < sweeps->rows; i++) {
        const char *name = reader_text(sweeps, i, "name");
        int64_t sweep = reader_int(sweeps, i, "sweep");
        if (!*name) name = arena_printf(&r->arena, "sweep_%lld", (long long)sweep);
        write_table(r, folder, name, runs_sweep(r, run, sweep, NULL));
    }
    write_table(r, folder, "training_log", runs_of(r, run, "SELECT training, model, step, steps, loss, seconds"
                                                           " FROM training WHERE run = ?1 ORDER BY training, step"));
    return !r->failed;
}
