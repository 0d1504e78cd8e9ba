/* Sweeps: a table with a row, or more, for each cell. Figures that a cell records are promises; a cell is finished when
 * they are kept. Promises wait for those of later cells that ask about the same prompts, but not for long: what takes
 * time in a body would be lost with them. */
#include <math.h>
#include <string.h>
#include "compiler/ahead.h"
#include "compiler/eval.h"
#include "compiler/keeper.h"
#include "compiler/script.h"
#include "runtime/number.h"
#include "runtime/table.h"

struct open_cell {
    int number, first, rows;
};

struct sweep {
    struct sweep *outer;
    struct table *table;
    const struct ast *ast;
    struct scope *scope; /* the variables of the cell */
    int rows;            /* of the cell so far */
    int first;           /* its first row */
    bool lone;           /* its one row holds nothing of a table yet */
    int cells;           /* walked without data */
    struct value *variable[16];
    VEC(double) seen[16]; /* real values of each variable that were walked without data */
    int number;          /* of the outermost sweeps of the run; -1: not kept */
    struct sweep_facts facts;
    VEC(struct open_cell) open; /* cells whose figures may not be known yet, in order */
    int closed;                 /* so many of them are */
    bool broken;  /* what was to be recorded is an error, reported where it came up */
    bool unknown; /* a table was recorded whose columns are not known before the run */
};

/* A walk without data has seen enough of a large sweep after some cells, and of real numbers before: */
enum { DRY_CELLS = 1000, DRY_EVERY = 32 };

static int column(struct table *t, const char *name)
{
    int k = table_find(t, name);
    return k < 0 ? table_add_column(t, name) : k;
}

static int new_row(struct ev *ev, struct sweep *w)
{
    int row = table_add_row(w->table);
    for (int i = 0; i < w->ast->n - 1; i++)
        if (value_ready(w->variable[i])) table_set(w->table, row, i, ev_cell(ev, w->variable[i]));
    w->rows++;
    return row;
}

/* record t: every row of t under the variables of the cell, beside what the cell has recorded before. */
static void record_table(struct ev *ev, struct sweep *w, const struct table *t)
{
    int before = w->table->columns;
    bool lone = w->lone;
    for (int r = 0; r < t->rows; r++) {
        bool first = r == 0 && lone;
        int row = first ? w->first : new_row(ev, w);
        for (int c = w->ast->n - 1; c < before && w->rows > 1; c++)
            table_set(w->table, row, c, *table_at(w->table, w->first, c));
        for (int c = 0; c < t->columns; c++)
            table_set(w->table, row, column(w->table, t->column[c].name), *table_at(t, r, c));
    }
    for (int c = 0; t->rows == 0 && c < t->columns; c++) column(w->table, t->column[c].name);
    if (t->rows) w->lone = false;
}

/* A column for what is recorded must not be one of the sweep's variables. */
static bool column_free(struct ev *ev, const struct sweep *w, const char *name, bool of_table, const struct ast *at)
{
    int k = table_find(w->table, name);
    if (k < 0 || k >= w->ast->n - 1) return true;
    struct diag *m = ev_error(ev, E_DUPLICATE_NAME, at,
                              of_table ? "the table has a column `%s`, which is a variable of the sweep, too"
                                       : "`%s` is a variable of the sweep",
                              name);
    diag_label(m, w->ast->kid[k + 1]->name_span, "the variable");
    diag_help(m, of_table ? "give the variable another name" : "record it under another name");
    return false;
}

static void record_value(struct ev *ev, struct sweep *w, const struct ast *arg, struct value *v)
{
    if (!column_free(ev, w, arg->name, false, arg)) return;
    if (v->kind == V_TABLE || v->kind == V_DIST || v->kind == V_NONE) {
        struct diag *m = ev_error(ev, E_TYPE, arg, "a cell of a table does not hold %s", value_type(ev->arena, v));
        if (v->kind == V_TABLE) diag_help(m, "`record %s` adds its rows and columns", ev_text(ev, arg->kid[0]));
        return;
    }
    int c = column(w->table, arg->name);
    if (ev->dry || !value_ready(v)) return;
    if (w->rows == 0) {
        new_row(ev, w);
        w->lone = true;
    }
    for (int r = 0; r < w->rows; r++) table_set(w->table, w->first + r, c, ev_cell(ev, v));
}

void ev_record(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct sweep *w = ev->sweep;
    if (!w) {
        ev_error(ev, E_STATEMENT_PLACE, e, "`record` belongs to the body of a sweep");
        return;
    }
    for (int i = 0; i < e->n; i++) {
        const struct ast *arg = e->kid[i];
        struct value *v = ev_expr(ev, s, arg->kind == A_ARG ? arg->kid[0] : arg);
        w->broken |= v->kind == V_ERROR;
        w->unknown |= v->kind == V_ANY && arg->kind != A_ARG;
        if (v->kind == V_ERROR) continue;
        if (arg->kind == A_ARG) {
            record_value(ev, w, arg, v);
            continue;
        }
        bool good = v->kind == V_TABLE;
        for (int c = 0; good && c < v->table->columns; c++)
            good = column_free(ev, w, v->table->column[c].name, true, arg);
        if (good) record_table(ev, w, v->table);
        else if (v->kind != V_ANY && v->kind != V_TABLE)
            ev_error(ev, E_TYPE, arg, "`record` takes `name = value`, or a table; this is %s",
                     value_type(ev->arena, v));
    }
}

/* ---- finished cells ---- */

/* The cell with its figure; false: it is not known yet. */
static bool cell_now(const struct cell *c, struct cell *out)
{
    const struct value *owner = c->owner;
    *out = *c;
    if (c->kind != CELL_ESTIMATE || !owner) return true;
    out->estimate = owner->measured->of;
    return !owner->measured->request;
}

/* Columns [from, to) of a row as a JSON object; cells without a value are left out. False: one is not known yet. */
static bool row_json(struct buf *out, const struct table *t, int row, int from, int to)
{
    int n = 0;
    bool known = true;
    char share[NUMBER_MAX];
    buf_putc(out, '{');
    for (int c = from; c < to && known; c++) {
        struct cell cell;
        known = cell_now(table_at(t, row, c), &cell);
        if (!known || cell.kind == CELL_NONE) continue;
        if (n++) buf_putc(out, ',');
        text_json(out, t->column[c].name);
        buf_putc(out, ':');
        cell_json(out, &cell, t->precision);
        if (cell.kind != CELL_ESTIMATE || !estimate_heavy(&cell.estimate)) continue;
        out->n--; /* what tables mark with a dagger is kept, too */
        number_text(share, cell.estimate.largest_share, 32);
        buf_printf(out, ", \"largest_share\": %s}", share);
    }
    buf_putc(out, '}');
    return known;
}

static bool write_cell(struct ev *ev, struct sweep *w, const struct open_cell *c)
{
    struct keeper *k = ev->session->keeper;
    struct buf variables = { 0 }, records = { 0 };
    int columns = w->ast->n - 1;
    bool known = true;
    for (int r = c->first; r < c->first + c->rows && known; r++)
        known = row_json(&records, w->table, r, columns, w->table->columns);
    for (int r = c->first; r < c->first + c->rows && known; r++) {
        variables.n = records.n = 0;
        row_json(&variables, w->table, r, 0, columns);
        row_json(&records, w->table, r, columns, w->table->columns);
        k->cell(k, ev, w->number, c->number, r, variables.text, records.text);
    }
    buf_free(&variables);
    buf_free(&records);
    return known;
}

/* Writes the cells that are finished. */
static void close_cells(struct ev *ev, struct sweep *w)
{
    while (w->number >= 0 && w->closed < w->open.n && write_cell(ev, w, &w->open.data[w->closed])) w->closed++;
}

/* Shapes come from whole numbers and from what is no number. A real number decides at most whether it is one that a
 * draw or a hyper-parameter may have: in a large sweep each is walked once, and the least and the greatest always. */
static bool seen_enough(struct ev *ev, struct sweep *w)
{
    bool inner = false;
    if (!ev->dry || ev->rehearsal || ev->session->show_kernel) return false;
    for (int i = 0; i < w->ast->n - 1; i++) {
        const struct value *v = w->variable[i];
        double least = INFINITY, greatest = -INFINITY;
        bool seen = false;
        if (!value_is_scalar(v, DT_REAL) || !v->known) continue;
        for (int k = 0; k < w->seen[i].n; k++) {
            least = fmin(least, w->seen[i].data[k]);
            greatest = fmax(greatest, w->seen[i].data[k]);
            seen |= w->seen[i].data[k] == v->r0;
        }
        if (!seen) vec_push(ev->arena, &w->seen[i], v->r0);
        inner |= seen && v->r0 > least && v->r0 < greatest;
    }
    return inner && w->cells >= DRY_EVERY;
}

static bool sweep_cell(struct ev *ev, struct scope *s, void *data)
{
    struct sweep *w = data;
    struct frame fr = { 0 };
    struct keeper *k = ev->session->keeper;
    int64_t found = k ? k->found : 0, missed = k ? k->missed : 0;
    for (int i = 1; i < w->ast->n; i++) {
        struct binding *b = scope_find(s, w->ast->kid[i]->name);
        struct value *v = b->value;
        if (v->kind == V_FN && v->fn->kind == FN_DEF && v->fn->def->kind != DEF_FN)
            b->value = v = ev_instance(ev, s, v->fn->def,
                                       &(struct ast){ .kind = A_CALL, .span = w->ast->kid[i]->span });
        w->variable[i - 1] = v;
    }
    if (seen_enough(ev, w)) return true;
    if (!w->outer) ahead_cell(ev);
    w->first = w->table->rows;
    w->rows = 0;
    w->lone = false;
    ev_block(ev, s, w->ast->kid[0], &fr);
    bool good = !ev_stopped(ev) && !ev->session->failed;
    if (!ev->dry && good) {
        struct open_cell cell = { w->facts.cells++, w->first, w->rows };
        if (w->number >= 0) {
            w->facts.kept += k->found > found && k->missed == missed;
            k->sweep(k, ev, w->number, &w->facts, false);
            vec_push(ev->arena, &w->open, cell);
        }
        ev_settle_old(ev);
        close_cells(ev, w);
        good = !ev_stopped(ev);
    }
    return good && !(ev->dry && ++w->cells >= DRY_CELLS);
}

/* The same cell but for variable c. */
static bool rivals(const struct table *t, int variables, int c, int r, int q)
{
    for (int k = 0; k < variables; k++)
        if (k != c && !cell_same(table_at(t, r, k), table_at(t, q, k))) return false;
    return true;
}

/* Predictors that would print the same name where only they differ get the hyper-parameters that differ. What `tune`
 * chose differs from cell to cell without making another method of it. True: there are such. */
static bool tell_apart(struct ev *ev, struct table *t, int variables, int c)
{
    const char **name = ARENA_ARRAY(ev->arena, const char *, t->rows + 1);
    const struct value **other = ARENA_ARRAY(ev->arena, const struct value *, t->rows + 1);
    for (int r = 0; r < t->rows; r++) {
        const struct cell *cell = table_at(t, r, c);
        int n = 0;
        if (cell->kind != CELL_PREDICTOR || !cell->owner) continue;
        for (int q = 0; q < t->rows; q++) {
            const struct cell *of = table_at(t, q, c);
            if (of->kind == CELL_PREDICTOR && of->owner && !strcmp(of->text, cell->text) &&
                !value_same(of->owner, cell->owner) && rivals(t, variables, c, r, q))
                other[n++] = of->owner;
        }
        if (n == 0) continue;
        struct buf b = { 0 };
        value_name_apart(&b, cell->owner, other, n, ev->precision);
        name[r] = arena_strdup(ev->arena, b.text);
        buf_free(&b);
    }
    bool any = false;
    for (int r = 0; r < t->rows; r++) {
        if (name[r]) t->column[c].cells[r].text = name[r];
        any |= name[r] != NULL;
    }
    return any;
}

/* A sweep without cells has the columns that it would have recorded. */
static void recorded_columns(struct table *t, const struct ast *e)
{
    for (int i = 0; i < e->n; i++) {
        if (!e->kid[i]) continue;
        if (e->kind == A_RECORD_STMT && e->kid[i]->kind == A_ARG) column(t, e->kid[i]->name);
        else recorded_columns(t, e->kid[i]);
    }
}

/* Where several processes share the run: a walk for figures alone, into a table of its own. */
static void walk_ahead(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct sweep w = { .ast = e, .number = -1 };
    w.table = table_new(ev->arena, ev->precision);
    for (int i = 1; i < e->n; i++) table_add_column(w.table, e->kid[i]->name);
    struct keeper *k = ev->session->keeper;
    int parts = k ? k->digester.parts.n : 0;
    ev->sweep = &w;
    ahead_of_sweep(ev, s, e, sweep_cell, &w);
    ev->sweep = NULL;
    if (k) k->digester.parts.n = parts;
}

struct value *ev_sweep(struct ev *ev, struct scope *s, const struct ast *e)
{
    if (e->n - 1 > 16) {
        ev_error(ev, E_LIMIT, e, "a sweep over more than 16 variables");
        return &value_error;
    }
    if (!ev_clauses_fit(ev, s, e->kid + 1, e->n - 1, "a sweep", e)) return &value_error;
    struct sweep w = { .outer = ev->sweep, .ast = e, .number = -1 };
    struct keeper *keeper = ev->dry || w.outer ? NULL : ev->session->keeper;
    if (keeper) {
        w.number = keeper->sweeps++;
        w.facts.ast = e;
        keeper->digester.parts.n = 0;
    }
    w.table = table_new(ev->arena, ev->precision);
    for (int i = 1; i < e->n; i++) table_add_column(w.table, e->kid[i]->name);
    if (!w.outer && ev->session->ranks) walk_ahead(ev, s, e);
    ev->sweep = &w;
    int errors = ev->diags->errors;
    ev_clauses(ev, s, e->kid + 1, e->n - 1, sweep_cell, &w);
    ev->sweep = w.outer;
    if (w.outer) w.outer->cells += w.cells;
    if (!w.outer) ahead_end(ev);
    if (ev->diags->errors > errors || w.broken) return &value_error;
    if (w.unknown && ev->dry) return &value_any;
    if (w.table->rows == 0) recorded_columns(w.table, e->kid[0]);
    struct value *v = value_new(ev->arena, V_TABLE);
    v->table = w.table;
    v->open = ev->dry;
    if (ev->dry) return v;
    if (!w.outer) ev_settle(ev);
    if (keeper) {
        close_cells(ev, &w);
        if (!ev_stopped(ev)) keeper->sweep(keeper, ev, w.number, &w.facts, true);
    }
    bool renamed = false;
    for (int c = 0; c < w.table->columns; c++) {
        for (int r = 0; r < w.table->rows; r++) cell_now(table_at(w.table, r, c), &w.table->column[c].cells[r]);
        if (c < e->n - 1) renamed |= tell_apart(ev, w.table, e->n - 1, c);
    }
    if (keeper && renamed && w.closed == w.open.n) {
        w.closed = 0;
        close_cells(ev, &w);
    }
    return v;
}
