/* `icl results diff`: what differs between two runs: their texts, their options and circumstances, their figures. Cells
 * are paired by the variables of the sweep. Two estimates differ when they are further apart than two standard errors
 * of their difference; equal seeds make them less independent than that takes them to be, never more. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compiler/runs.h"
#include "lang/fmt.h"
#include "runtime/number.h"
#include "runtime/output.h"

enum { FAR = 2 }; /* standard errors */

struct pair {
    struct runs *r;
    int64_t run[2];
    bool differ;
};

static void print_table(struct pair *p, const char *title, const struct table *t)
{
    struct buf b = { 0 };
    if (!t->rows) return;
    table_print(&b, t, output_width(stdout));
    printf("%s%s%s\n", title, *title ? "\n" : "", b.text ? b.text : "");
    buf_free(&b);
    p->differ = true;
}

/* ---- texts ---- */

#define TEXTS "SELECT path, text FROM scripts JOIN texts USING(sha256) WHERE run = ?1 ORDER BY scripts.rowid"

static int row_of_path(const struct table *t, const char *path)
{
    for (int i = 0; i < t->rows; i++)
        if (!strcmp(reader_text(t, i, "path"), path)) return i;
    return -1;
}

static void diff_text(struct pair *p, const struct table *const t[2], int a, int b)
{
    struct buf out = { 0 };
    const char *name[2], *text[2];
    int row[2] = { a, b };
    for (int i = 0; i < 2; i++) {
        name[i] = row[i] < 0 ? "(none)"
                             : arena_printf(&p->r->arena, "run %lld: %s", (long long)p->run[i],
                                            reader_text(t[i], row[i], "path"));
        text[i] = row[i] < 0 ? "" : reader_text(t[i], row[i], "text");
    }
    fmt_diff(&out, name[0], name[1], text[0], text[1]);
    if (out.n) printf("%s\n", out.text);
    p->differ |= out.n > 0;
    buf_free(&out);
}

/* The script is the first of its texts; it is paired whatever it was called. */
static void diff_texts(struct pair *p)
{
    const struct table *t[2] = { runs_of(p->r, p->run[0], TEXTS), runs_of(p->r, p->run[1], TEXTS) };
    if (t[0]->rows && t[1]->rows) diff_text(p, t, 0, 0);
    for (int i = 1; i < t[0]->rows; i++) diff_text(p, t, i, row_of_path(t[1], reader_text(t[0], i, "path")));
    for (int i = 1; i < t[1]->rows; i++)
        if (row_of_path(t[0], reader_text(t[1], i, "path")) < 0) diff_text(p, t, -1, i);
}

/* ---- options and circumstances ---- */

static bool same(const struct cell *a, const struct cell *b)
{
    double x, y;
    return cell_same(a, b) || (cell_number(a, &x) && cell_number(b, &y) && isnan(x) && isnan(y));
}

static struct table *sides(struct pair *p, const char *what)
{
    struct table *t = table_new(&p->r->arena, 64);
    table_add_column(t, what);
    for (int i = 0; i < 2; i++)
        table_add_column(t, arena_printf(&p->r->arena, "run %lld", (long long)p->run[i]));
    return t;
}

static struct cell text_of(struct arena *a, const struct cell *c, int precision)
{
    struct buf b = { 0 };
    cell_print(&b, c, precision);
    struct cell text = cell_text(arena_strdup(a, b.n ? b.text : ""));
    buf_free(&b);
    return text;
}

/* Rows for the columns in which the two rows of a table differ. */
static void add_differences(struct pair *p, struct table *out, const struct table *t, const char *before)
{
    for (int c = 0; c < t->columns; c++) {
        const struct cell *a = table_at(t, 0, c), *b = table_at(t, 1, c);
        if (same(a, b)) continue;
        int row = table_add_row(out);
        table_set(out, row, 0, cell_text(arena_printf(&p->r->arena, "%s%s", before, t->column[c].name)));
        table_set(out, row, 1, text_of(&p->r->arena, a, 64));
        table_set(out, row, 2, text_of(&p->r->arena, b, 64));
    }
}

static void diff_facts(struct pair *p)
{
    static const char sql[] = "SELECT options, seed, precision, engine, version, language, threads, host, machine,"
                              " system FROM runs WHERE run = ?1";
    struct table *t[2] = { runs_of(p->r, p->run[0], sql), runs_of(p->r, p->run[1], sql) };
    struct table *options = table_new(&p->r->arena, 64), *facts = table_new(&p->r->arena, 64), *out = sides(p, "");
    for (int i = 0; i < 2; i++) table_add_row(options), table_add_row(facts);
    for (int i = 0; i < 2; i++) {
        reader_add_row(options, i, reader_text(t[i], 0, "options"));
        for (int c = 1; c < t[i]->columns; c++) {
            if (i == 0) table_add_column(facts, t[i]->column[c].name);
            table_set(facts, i, c - 1, *table_at(t[i], 0, c));
        }
    }
    add_differences(p, out, options, "--");
    add_differences(p, out, facts, "");
    print_table(p, "options and circumstances", out);
}

/* ---- figures ---- */

struct counts {
    int cells, figures, equal, near, far, only[2];
};

/* The row of `other` with the same variables as row r of t; rows are mostly in the same places. -1: none. */
static int row_like(const struct table *t, int r, int variables, const struct table *other)
{
    for (int k = 0; k < other->rows; k++) {
        int row = (r + k) % other->rows;
        bool like = true;
        for (int c = 0; c < variables && like; c++) {
            int column = table_find(other, t->column[c].name);
            like = column >= 0 && same(table_at(t, r, c), table_at(other, row, column));
        }
        if (like) return row;
    }
    return -1;
}

/* How far two figures are apart: 0: equal; of estimates in standard errors; of others INFINITY. */
static double apart(const struct cell *a, const struct cell *b)
{
    if (a->kind == CELL_ESTIMATE && b->kind == CELL_ESTIMATE) {
        double se = hypot(a->estimate.se, b->estimate.se), by = fabs(a->estimate.mean - b->estimate.mean);
        if (by == 0 || (isnan(a->estimate.mean) && isnan(b->estimate.mean))) return 0;
        return se > 0 && isfinite(by) ? by / se : INFINITY;
    }
    return same(a, b) ? 0 : INFINITY;
}

static struct table *differences(struct pair *p, const struct table *t, int variables)
{
    struct table *out = table_new(&p->r->arena, t->precision);
    for (int c = 0; c < variables; c++) table_add_column(out, t->column[c].name);
    table_add_column(out, "figure");
    for (int i = 0; i < 2; i++) table_add_column(out, arena_printf(&p->r->arena, "run %lld", (long long)p->run[i]));
    table_add_column(out, "standard errors");
    return out;
}

/* One row of the differences; by: see apart. */
static void add_far(struct pair *p, struct table *out, const struct table *t, int r, int variables, int column,
                    const struct cell *b, double by)
{
    const struct cell *a = table_at(t, r, column);
    char text[NUMBER_MAX] = "";
    int row = table_add_row(out);
    for (int c = 0; c < variables; c++) table_set(out, row, c, *table_at(t, r, c));
    table_set(out, row, variables, cell_text(t->column[column].name));
    table_set(out, row, variables + 1, *a);
    table_set(out, row, variables + 2, *b);
    if (isfinite(by)) number_round(text, by, 2);
    table_set(out, row, variables + 3, cell_text(arena_strdup(&p->r->arena, text)));
}

static void compare_row(struct pair *p, struct table *out, const struct table *const t[2], const int row[2],
                        int variables, struct counts *n)
{
    static const struct cell none = { .kind = CELL_NONE };
    for (int c = variables; c < t[0]->columns; c++) {
        int column = table_find(t[1], t[0]->column[c].name);
        const struct cell *b = column < 0 ? &none : table_at(t[1], row[1], column);
        double by = apart(table_at(t[0], row[0], c), b);
        n->figures++;
        n->equal += by == 0;
        n->near += by > 0 && by <= FAR;
        n->far += by > FAR;
        if (by > FAR) add_far(p, out, t[0], row[0], variables, c, b, by);
    }
}

static void tell_counts(struct pair *p, const char *name, const struct counts *n)
{
    printf("%s: %d cell%s in both; of %d figures %d equal, %d within %d standard errors, %d beyond", name, n->cells,
           n->cells == 1 ? "" : "s", n->figures, n->equal, n->near, FAR, n->far);
    for (int i = 0; i < 2; i++)
        if (n->only[i]) printf("; %d cell%s only in run %lld", n->only[i], n->only[i] == 1 ? "" : "s",
                               (long long)p->run[i]);
    putchar('\n');
    p->differ |= n->figures > n->equal || n->only[0] || n->only[1];
}

static void diff_sweep(struct pair *p, const char *name, int64_t a, int64_t b)
{
    struct counts n = { 0 };
    int variables = 0, other = 0;
    const struct table *t[2] = { runs_sweep(p->r, p->run[0], a, &variables), runs_sweep(p->r, p->run[1], b, &other) };
    struct table *out = differences(p, t[0], variables);
    for (int r = 0; r < t[0]->rows; r++) {
        int row[2] = { r, row_like(t[0], r, variables, t[1]) };
        n.only[0] += row[1] < 0;
        n.cells += row[1] >= 0;
        if (row[1] >= 0) compare_row(p, out, t, row, variables, &n);
    }
    for (int r = 0; r < t[1]->rows; r++) n.only[1] += row_like(t[1], r, other, t[0]) < 0;
    tell_counts(p, name, &n);
    print_table(p, "", out);
}

/* Sweeps are paired by name, those without one by their place. */
static int sweep_like(const struct table *t, int row, const struct table *other)
{
    const char *name = reader_text(t, row, "name");
    for (int i = 0; i < other->rows; i++)
        if (*name ? !strcmp(reader_text(other, i, "name"), name)
                  : !*reader_text(other, i, "name") && reader_int(other, i, "sweep") == reader_int(t, row, "sweep"))
            return i;
    return -1;
}

static void tell_alone(struct pair *p, int side, const char *what)
{
    printf("%s is only in run %lld\n", what, (long long)p->run[side]);
    p->differ = true;
}

static void diff_sweeps(struct pair *p)
{
    struct table *t[2] = { runs_of(p->r, p->run[0], RUNS_SWEEPS), runs_of(p->r, p->run[1], RUNS_SWEEPS) };
    for (int i = 0; i < t[0]->rows; i++) {
        int k = sweep_like(t[0], i, t[1]);
        const char *name = runs_sweep_name(p->r, t[0], i);
        if (k < 0) tell_alone(p, 0, name);
        else diff_sweep(p, name, reader_int(t[0], i, "sweep"), reader_int(t[1], k, "sweep"));
    }
    for (int i = 0; i < t[1]->rows; i++)
        if (sweep_like(t[1], i, t[0]) < 0) tell_alone(p, 1, runs_sweep_name(p->r, t[1], i));
}

/* The last line of each training's log. */
static void diff_trainings(struct pair *p)
{
    static const char sql[] = "SELECT training, model, max(step) AS step, loss FROM training WHERE run = ?1"
                              " GROUP BY training";
    struct table *t[2] = { runs_of(p->r, p->run[0], sql), runs_of(p->r, p->run[1], sql) };
    for (int i = 0; i < t[0]->rows || i < t[1]->rows; i++) {
        int alone = i >= t[0]->rows ? 1 : i >= t[1]->rows ? 0 : -1;
        const char *name = arena_printf(&p->r->arena, "training `%s`", reader_text(t[alone == 1], i, "model"));
        if (alone >= 0) tell_alone(p, alone, name);
        if (alone >= 0) continue;
        struct table *both = table_new(&p->r->arena, 32), *out = sides(p, name);
        for (int s = 0; s < 2; s++) {
            int row = table_add_row(both);
            for (int c = 1; c < 4; c++) {
                if (!s) table_add_column(both, t[0]->column[c].name);
                table_set(both, row, c - 1, *table_at(t[s], i, c));
            }
        }
        add_differences(p, out, both, "last ");
        print_table(p, "trainings", out);
    }
}

bool runs_diff(struct runs *r, int64_t a, int64_t b)
{
    struct pair p = { .r = r, .run = { a, b } };
    diff_texts(&p);
    diff_facts(&p);
    diff_sweeps(&p);
    diff_trainings(&p);
    if (!p.differ && !r->failed) printf("runs %lld and %lld do not differ\n", (long long)a, (long long)b);
    return !r->failed;
}
