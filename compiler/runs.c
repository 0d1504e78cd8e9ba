/* `icl results list|show|diff|export`: the command line, the list, and one run as text. A run is named by its number,
 * or `last`. */
#include "compiler/runs.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/command.h"
#include "compiler/store.h"
#include "lang/names.h"
#include "runtime/output.h"

/* ---- reading ---- */

void runs_failed(struct runs *r, const char *why)
{
    if (!r->failed) fprintf(stderr, "icl: %s: %s\n", r->path, why);
    r->failed = true;
}

struct table *runs_of(struct runs *r, int64_t run, const char *sql)
{
    const struct results_field field = field_int(run);
    struct table *t = reader_select(r->db, sql, &field, strstr(sql, "?1") != NULL);
    if (!t) runs_failed(r, reader_failure(r->db));
    return t ? t : table_new(&r->arena, 64);
}

struct table *runs_sweep(struct runs *r, int64_t run, int64_t sweep, int *variables)
{
    const struct results_field field[] = { field_int(run), field_int(sweep) };
    static const char sql[] = "SELECT variables, records, precision FROM cells JOIN runs USING(run)"
                              " WHERE run = ?1 AND sweep = ?2 ORDER BY row";
    struct table *cells = reader_select(r->db, sql, field, 2);
    if (!cells) runs_failed(r, reader_failure(r->db));
    struct table *t = table_new(&r->arena, cells && cells->rows ? (int)reader_int(cells, 0, "precision") : 32);
    for (int i = 0; cells && i < cells->rows; i++) {
        int row = table_add_row(t);
        bool good = reader_add_row(t, row, reader_text(cells, i, "variables"));
        if (variables && !i) *variables = t->columns;
        if (!good || !reader_add_row(t, row, reader_text(cells, i, "records")))
            runs_failed(r, "a cell is no JSON object");
    }
    return t;
}

const char *runs_sweep_name(struct runs *r, const struct table *sweeps, int row)
{
    const char *name = reader_text(sweeps, row, "name");
    return *name ? arena_printf(&r->arena, "sweep `%s`", name)
                 : arena_printf(&r->arena, "sweep of line %d", (int)reader_int(sweeps, row, "line"));
}

/* ---- the list ---- */

/* A run that has not ended runs, or was killed: a process of another machine cannot be asked. */
static const char *state_of(const struct table *t, int row)
{
    char host[256] = "";
    int64_t status = reader_int(t, row, "status"), process = reader_int(t, row, "process");
    gethostname(host, sizeof host - 1);
    if (*reader_text(t, row, "ended")) return status == 0 ? "done" : status > 128 ? "stopped" : "failed";
    if (process <= 0 || strcmp(host, reader_text(t, row, "host"))) return "not ended";
    return kill((pid_t)process, 0) == 0 || errno == EPERM ? "running" : "killed";
}

static const char *duration(struct arena *a, double seconds)
{
    if (seconds < 60) return arena_printf(a, "%.1f s", seconds);
    if (seconds < 3600) return arena_printf(a, "%d min %02d s", (int)seconds / 60, (int)seconds % 60);
    return arena_printf(a, "%d h %02d min", (int)(seconds / 3600), (int)(seconds / 60) % 60);
}

/* 2026-01-31T12:00:00.123Z as 2026-01-31 12:00:00. */
static const char *moment(struct runs *r, const char *iso)
{
    return strlen(iso) > 11 ? arena_printf(&r->arena, "%.10s %.8s", iso, iso + 11) : iso;
}

static struct cell wall_of(struct runs *r, const struct table *t, int row, bool text)
{
    const struct cell *c = table_at(t, row, table_find(t, "wall"));
    if (c->kind != CELL_REAL) return text ? cell_text("") : (struct cell){ .kind = CELL_NONE };
    return text ? cell_text(duration(&r->arena, c->real)) : *c;
}

/* {"d":6,"trials":100} as d=6 trials=100. */
static const char *options_text(struct runs *r, const char *json, const char *before, const char *between)
{
    struct table *t = table_new(&r->arena, 64);
    struct buf b = { 0 };
    int row = table_add_row(t);
    reader_add_row(t, row, json);
    for (int c = 0; c < t->columns; c++) {
        buf_printf(&b, "%s%s%s%s", c ? " " : "", before, t->column[c].name, between);
        cell_print(&b, table_at(t, row, c), 64);
    }
    const char *text = arena_strdup(&r->arena, b.n ? b.text : "");
    buf_free(&b);
    return text;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#define WALL "round((julianday(ended) - julianday(started)) * 86400, 3) AS wall"

static bool list(struct runs *r, enum format format)
{
    static const char *const columns[] = { "run", "started", "script", "options", "seed", "state", "wall" };
    struct table *from = runs_of(r, 0, "SELECT *, " WALL " FROM runs ORDER BY run"), *t = table_new(&r->arena, 64);
    bool text = format == FORMAT_TEXT;
    for (int c = 0; c < 7; c++) table_add_column(t, columns[c]);
    for (int i = 0; i < from->rows; i++) {
        const char *started = reader_text(from, i, "started"), *options = reader_text(from, i, "options");
        int row = table_add_row(t);
        if (text) started = moment(r, started);
        const struct cell cell[] = {
            cell_int(reader_int(from, i, "run")), cell_text(started),
            cell_text(base_name(reader_text(from, i, "script"))), cell_text(options_text(r, options, "", "=")),
            cell_int(reader_int(from, i, "seed")), cell_text(state_of(from, i)), wall_of(r, from, i, text)
        };
        for (int c = 0; c < 7; c++) table_set(t, row, c, cell[c]);
    }
    struct buf b = { 0 };
    if (text) table_print(&b, t, output_width(stdout));
    else if (format == FORMAT_JSON) table_json(&b, t);
    else table_csv(&b, t);
    fwrite(b.text ? b.text : "", 1, b.n, stdout);
    buf_free(&b);
    return !r->failed;
}

/* ---- one run ---- */

static void show_facts(struct runs *r, const struct table *t)
{
    const char *started = reader_text(t, 0, "started"), *ended = reader_text(t, 0, "ended");
    struct cell wall = wall_of(r, t, 0, true);
    printf("run %d: %s\n", (int)reader_int(t, 0, "run"), base_name(reader_text(t, 0, "script")));
    printf("  state     %s%s%s", state_of(t, 0), *wall.text ? " after " : "", wall.text);
    if (*ended) printf(", exit status %d", (int)reader_int(t, 0, "status"));
    printf("\n  started   %s UTC\n", moment(r, started));
    printf("  options   %s\n", options_text(r, reader_text(t, 0, "options"), "--", " "));
    printf("  seed      %lld\n  precision %d\n  engine    %s, threads: %d\n", (long long)reader_int(t, 0, "seed"),
           (int)reader_int(t, 0, "precision"), reader_text(t, 0, "engine"), (int)reader_int(t, 0, "threads"));
    printf("  version   icl %s, language %d\n", reader_text(t, 0, "version"), (int)reader_int(t, 0, "language"));
    printf("  machine   %s: %s; %s\n", reader_text(t, 0, "host"), reader_text(t, 0, "machine"),
           reader_text(t, 0, "system"));
    printf("  folder    %s\n  script    %s\n", reader_text(t, 0, "folder"), reader_text(t, 0, "script"));
}

static void show_table(const char *title, const struct table *t)
{
    struct buf b = { 0 };
    if (!t->rows) return;
    table_print(&b, t, output_width(stdout));
    printf("\n%s\n%s", title, b.text ? b.text : "");
    buf_free(&b);
}

static void show_sweeps(struct runs *r, int64_t run)
{
    struct table *sweeps = runs_of(r, run, RUNS_SWEEPS);
    for (int i = 0; i < sweeps->rows; i++) {
        int64_t cells = reader_int(sweeps, i, "cells"), kept = reader_int(sweeps, i, "kept");
        const char *name = runs_sweep_name(r, sweeps, i), *how = "";
        if (cells < 0) how = ", which did not end";
        else if (kept > 0) how = arena_printf(&r->arena, ", %lld of %lld cells from an earlier run", (long long)kept,
                                              (long long)cells);
        show_table(arena_printf(&r->arena, "%s%s", name, how),
                   runs_sweep(r, run, reader_int(sweeps, i, "sweep"), NULL));
    }
}

static void show_trainings(struct runs *r, int64_t run)
{
    struct table *trainings = runs_of(r, run, RUNS_TRAININGS);
    for (int i = 0; i < trainings->rows; i++) {
        const char *sql = arena_printf(&r->arena,
                                       "SELECT step, loss, round(seconds, 1) AS seconds FROM training"
                                       " WHERE run = ?1 AND training = %lld ORDER BY step",
                                       (long long)reader_int(trainings, i, "training"));
        show_table(arena_printf(&r->arena, "training `%s`, %lld steps", reader_text(trainings, i, "model"),
                                (long long)reader_int(trainings, i, "steps")),
                   runs_of(r, run, sql));
    }
}

static bool show(struct runs *r, int64_t run)
{
    show_facts(r, runs_of(r, run, "SELECT *, " WALL " FROM runs WHERE run = ?1"));
    show_sweeps(r, run);
    show_trainings(r, run);
    show_table("files", runs_of(r, run, "SELECT path, bytes, substr(sha256, 1, 12) AS sha256 FROM files WHERE run = ?1"
                                        " ORDER BY written, path"));
    struct table *texts = runs_of(r, run, "SELECT path, text FROM scripts JOIN texts USING(sha256) WHERE run = ?1"
                                          " ORDER BY scripts.rowid");
    for (int i = 0; i < texts->rows; i++)
        printf("\n==> %s <==\n%s", reader_text(texts, i, "path"), reader_text(texts, i, "text"));
    return !r->failed;
}

/* ---- the command line ---- */

static const struct verb {
    const char *name, *arguments;
    int least, most; /* words after it */
    bool formats;
} verbs[] = {
    { "list", "[--format text|json|csv]", 0, 0, true },
    { "show", "RUN", 1, 1, false },
    { "diff", "RUN RUN", 2, 2, false },
    { "export", "RUN [--format json|csv | FOLDER]", 1, 2, true },
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void print_usage(FILE *to)
{
    for (int i = 0; i < VERBS; i++)
        fprintf(to, "%s icl results %s%s%s [--out DIR]\n", i ? "      " : "usage:", verbs[i].name,
                *verbs[i].arguments ? " " : "", verbs[i].arguments);
}

static int usage(const char *what, const char *name)
{
    fprintf(stderr, "icl: ");
    fprintf(stderr, what, name);
    fprintf(stderr, "\n");
    print_usage(stderr);
    return EXIT_USAGE;
}

/* The number of a run; -1: there is none, which is reported. */
static int64_t run_of(struct runs *r, const char *word)
{
    char *end;
    int64_t n = strtoll(word, &end, 10);
    struct table *t = runs_of(r, 0, "SELECT run FROM runs ORDER BY run");
    int64_t first = reader_int(t, 0, "run"), last = t->rows ? reader_int(t, t->rows - 1, "run") : -1;
    if (!strcmp(word, "last") && last >= 0) return last;
    for (int i = 0; i < t->rows && *word && !*end; i++)
        if (reader_int(t, i, "run") == n) return n;
    if (r->failed) return -1;
    fprintf(stderr, "icl: there is no run `%s` in %s; ", word, r->path);
    if (last < 0) fprintf(stderr, "it has none\n");
    else fprintf(stderr, "its runs are %lld to %lld, and `last`\n", (long long)first, (long long)last);
    return -1;
}

/* What the command line asks for. */
struct request {
    const struct verb *verb;
    const char *out, *format_text;
    enum format format;
    char *word[4]; /* the verb first */
    int words;
};

static bool act(struct runs *r, const struct request *q)
{
    int64_t run[2] = { 0, 0 };
    int verb = (int)(q->verb - verbs);
    if (verb == 0) return list(r, q->format);
    for (int i = 0; i < q->verb->least; i++)
        if ((run[i] = run_of(r, q->word[i + 1])) < 0) return false;
    if (verb == 1) return show(r, run[0]);
    if (verb == 2) return runs_diff(r, run[0], run[1]);
    return q->words == 3 ? runs_export_folder(r, run[0], q->word[2]) : runs_export(r, run[0], q->format);
}

static int open_and_act(const struct request *q)
{
    struct runs r = { .path = STORE_FILE };
    const char *why;
    if (q->out && strcmp(q->out, ".")) r.path = arena_printf(&r.arena, "%s/%s", q->out, STORE_FILE);
    r.db = reader_open(&r.arena, r.path, &why);
    if (!r.db) {
        fprintf(stderr, "icl: cannot read %s: %s\n", r.path, why);
        fprintf(stderr, "     a run that sweeps, trains or writes a file makes it in its folder (--out DIR)\n");
    }
    bool good = r.db && act(&r, q);
    reader_close(r.db);
    arena_free(&r.arena);
    return good ? 0 : EXIT_WRONG;
}

/* `--name value` or `--name=value`. False: it is something else. A missing value is "". */
static bool take_flag(const char *name, int argc, char **argv, int *i, const char **value)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) || (argv[*i][n] && argv[*i][n] != '=')) return false;
    *value = argv[*i][n] ? argv[*i] + n + 1 : *i + 1 < argc ? argv[++*i] : "";
    return true;
}

/* The words and flags; 0, or the exit status after a message. */
static int read_words(struct request *q, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *at = argv[i];
        if (take_flag("--out", argc, argv, &i, &q->out)) {
            if (!*q->out) return usage("`%s` needs a folder", "--out");
        } else if (take_flag("--format", argc, argv, &i, &q->format_text)) {
            if (!*q->format_text) return usage("`%s` needs text, json or csv", "--format");
        } else if (!strncmp(at, "--", 2)) {
            return usage("`icl results` has no flag `%s`", at);
        } else if (q->words == 4) {
            return usage("what is `%s`?", at);
        } else {
            q->word[q->words++] = argv[i];
        }
    }
    return q->words ? 0 : usage("`icl results` needs one of list, show, diff and export%s", "");
}

static int find_verb(struct request *q)
{
    struct nearest near;
    nearest_init(&near, q->word[0]);
    for (int i = 0; i < VERBS; i++) {
        nearest_offer(&near, verbs[i].name);
        if (!strcmp(verbs[i].name, q->word[0])) q->verb = &verbs[i];
    }
    if (!q->verb && near.best) return usage("did you mean `icl results %s`?", near.best);
    if (!q->verb) return usage("`icl results` does not do `%s`", q->word[0]);
    if (q->words - 1 < q->verb->least)
        return usage("`icl results %s` needs the number of a run, or `last`", q->verb->name);
    if (q->words - 1 > q->verb->most) return usage("what is `%s`?", q->word[q->verb->most + 1]);
    return 0;
}

static int find_format(struct request *q)
{
    bool lists = q->verb == verbs;
    const char *f = q->format_text;
    q->format = lists ? FORMAT_TEXT : FORMAT_JSON;
    if (!f) return 0;
    if (!q->verb->formats || q->words == 3) return usage("`--format` is not for this: `%s`", q->verb->name);
    if (strcmp(f, "json") && strcmp(f, "csv") && (strcmp(f, "text") || !lists)) return usage("what form is `%s`?", f);
    q->format = !strcmp(f, "json") ? FORMAT_JSON : !strcmp(f, "csv") ? FORMAT_CSV : FORMAT_TEXT;
    return 0;
}

int runs_command(int argc, char **argv)
{
    struct request q = { 0 };
    for (int i = 0; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return print_usage(stdout), 0;
    int status = read_words(&q, argc, argv);
    if (!status) status = find_verb(&q);
    if (!status) status = find_format(&q);
    return status ? status : open_and_act(&q);
}
