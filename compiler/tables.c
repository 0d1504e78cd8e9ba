/* Tables at script level: cells, filters, columns, and what is printed, saved and drawn. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compiler/ahead.h"
#include "compiler/eval.h"
#include "compiler/keeper.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/script.h"
#include "compiler/store.h"
#include "compiler/warn.h"
#include "lang/names.h"
#include "runtime/output.h"
#include "runtime/plot.h"
#include "runtime/table.h"

/* ---- cells ---- */

struct cell ev_cell(struct ev *ev, struct value *v)
{
    struct buf name = { 0 };
    struct cell c = { .kind = CELL_NONE };
    switch (v->kind) {
    case V_TENSOR:
        if (v->rank == 0)
            return v->dtype == DT_REAL ? cell_real(v->r0) : v->dtype == DT_INT ? cell_int(v->i0) : cell_bool(v->i0);
        else {
            struct cell_tensor *t = ARENA_NEW(ev->arena, struct cell_tensor);
            t->element = v->dtype == DT_REAL ? CELL_REAL : v->dtype == DT_INT ? CELL_INT : CELL_BOOL;
            t->rank = v->rank;
            t->dims = v->data.dims;
            if (v->dtype == DT_REAL) t->real = v->data.r;
            else t->integer = v->data.i;
            c = cell_tensor(t);
        }
        break;
    case V_STRING: c = cell_text(v->text); break;
    case V_ESTIMATE: c = cell_estimate(v->measured->of); break;
    case V_LIST:
    case V_TUPLE:
    case V_RECORD:
    case V_RANGE:
        value_print(&name, ev_ready(ev, v), ev->precision);
        c = cell_text(arena_strdup(ev->arena, name.text));
        buf_free(&name);
        break;
    default:
        value_name(&name, v, false, ev->precision);
        c = cell_predictor(arena_strdup(ev->arena, name.text ? name.text : ""), v);
        buf_free(&name);
    }
    c.owner = v;
    return c;
}

/* ---- columns and filters ---- */

static struct value *value_of_cell(struct ev *ev, const struct cell *c)
{
    switch (c->kind) {
    case CELL_REAL: return value_real(ev->arena, c->real, false);
    case CELL_INT: return value_int(ev->arena, size_int(ev->sizes, c->integer));
    case CELL_BOOL: return value_bool(ev->arena, c->truth);
    case CELL_NONE: return &value_none;
    case CELL_TEXT: return value_string(ev->arena, c->text);
    case CELL_ESTIMATE: {
        if (c->owner) break; /* in a sweep's body it may be a promise yet */
        struct value *v = value_new(ev->arena, V_ESTIMATE);
        v->measured = ARENA_NEW(ev->arena, struct measured);
        v->measured->of = c->estimate;
        return v;
    }
    case CELL_PREDICTOR:
    case CELL_TENSOR: break;
    }
    return c->owner ? (struct value *)c->owner : value_string(ev->arena, c->text);
}

/* A column as a value: one row is its value; numbers (estimates as their means) a tensor; else a list. */
static struct value *column_value(struct ev *ev, const struct table *t, int c)
{
    if (t->rows == 1) return value_of_cell(ev, table_at(t, 0, c));
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, t->rows + 1);
    bool numbers = t->rows > 0;
    for (int r = 0; r < t->rows; r++) {
        item[r] = ev_number(ev, value_of_cell(ev, table_at(t, r, c)));
        numbers &= item[r]->kind == V_TENSOR;
    }
    static const struct ast column_ast = { .kind = A_NAME };
    return numbers ? t_stack(ev, item, t->rows, 0, &column_ast) : value_list(ev->arena, V_LIST, t->rows, item);
}

static struct value *no_column(struct ev *ev, const struct table *t, const struct ast *e)
{
    struct diag *m = ev_error(ev, E_NO_FIELD, e, "the table has no column `%s`", e->name);
    struct buf names = { 0 };
    struct nearest near;
    nearest_init(&near, e->name);
    for (int c = 0; c < t->columns; c++) {
        buf_printf(&names, "%s`%s`", c ? ", " : "", t->column[c].name);
        nearest_offer(&near, t->column[c].name);
    }
    if (near.best) diag_help(m, "did you mean `%s`?", near.best);
    diag_note(m, t->columns ? "its columns are %s" : "it has no columns%s", names.text ? names.text : "");
    buf_free(&names);
    return &value_error;
}

struct value *table_column(struct ev *ev, struct value *t, const struct ast *e)
{
    int c = table_find(t->table, e->name);
    if (c < 0) return no_column(ev, t->table, e);
    return t->open ? &value_any : column_value(ev, t->table, c);
}

/* The script's names under the columns of one row, or of all rows. */
static struct scope *column_scope(struct ev *ev, struct scope *s, const struct value *t, int row)
{
    struct scope *inner = scope_new(ev, s);
    inner->columns = true;
    for (int c = 0; c < t->table->columns; c++) {
        struct value *v = t->open ? &value_any
                          : row < 0 ? column_value(ev, t->table, c)
                                    : value_of_cell(ev, table_at(t->table, row, c));
        scope_bind(ev, inner, intern(ev->names, t->table->column[c].name), v, (struct span){ 0 });
    }
    return inner;
}

static struct value *no_condition(struct ev *ev, const struct ast *at, const struct value *c)
{
    struct diag *m = ev_error(ev, E_TYPE, at, "a table is filtered by a truth value for each row");
    ev_show(ev, m, at, c);
    return &value_error;
}

/* t[1:4]: rows by number. */
static struct value *table_rows(struct ev *ev, struct scope *s, const struct value *t, const struct ast *range,
                                struct value *out)
{
    const struct table *from = t->table;
    int64_t part[3] = { 0, from->rows, 1 };
    for (int i = 0; i < 3 && i < range->n; i++) {
        struct value *v = range->kid[i] ? ev_expr(ev, s, range->kid[i]) : NULL;
        if (!v) continue;
        if (v->kind == V_ERROR) return v;
        if (!ev_known_int(v, &part[i]) && !(ev->dry && v->kind != V_STRING)) return no_condition(ev, range->kid[i], v);
        if (i < 2 && part[i] < 0) part[i] += from->rows;
    }
    if (t->open) return out;
    if (part[0] < 0 || part[1] > from->rows || part[2] < 1) {
        ev_error(ev, E_INDEX_RANGE, range, "rows %s of a table of %d rows", ev_text(ev, range), from->rows);
        return &value_error;
    }
    bool *keep = ARENA_ARRAY(ev->arena, bool, from->rows + 1);
    for (int64_t r = part[0]; r < part[1]; r += part[2]) keep[r] = true;
    out->table = table_select(ev->arena, from, keep);
    return out;
}

/* t[cond]: the rows for which it holds; t[3]: a row by number. */
struct value *table_filter(struct ev *ev, struct scope *s, struct value *t, const struct ast *e)
{
    const struct table *from = t->table;
    if (e->n != 2) {
        ev_error(ev, E_RANK, e, "a table is filtered by one condition");
        return &value_error;
    }
    struct value *out = value_new(ev->arena, V_TABLE);
    out->table = t->table;
    out->open = t->open;
    if (e->kid[1]->kind == A_RANGE) return table_rows(ev, s, t, e->kid[1], out);
    if (t->open) {
        struct value *c = ev_expr(ev, column_scope(ev, s, t, -1), e->kid[1]);
        if (c->kind == V_ERROR) return c;
        bool fits = c->kind == V_ANY || c->kind == V_ESTIMATE ||
                    (c->kind == V_TENSOR && !c->rank && c->dtype != DT_REAL);
        return fits ? out : no_condition(ev, e->kid[1], c);
    }
    bool *keep = ARENA_ARRAY(ev->arena, bool, from->rows + 1);
    for (int r = 0; r < from->rows; r++) {
        struct value *c = ev_number(ev, ev_expr(ev, column_scope(ev, s, t, r), e->kid[1]));
        if (c->kind == V_ERROR) return c;
        if (ev_known_bool(c, &keep[r])) continue;
        int64_t row;
        if (ev_known_int(c, &row) && row >= -from->rows && row < from->rows) {
            keep[r] = r == (row < 0 ? row + from->rows : row);
            continue;
        }
        if (!ev_known_int(c, &row)) return no_condition(ev, e->kid[1], c);
        ev_error(ev, E_INDEX_RANGE, e->kid[1], "row %s of a table of %d rows", ev_text(ev, e->kid[1]), from->rows);
        return &value_error;
    }
    out->table = table_select(ev->arena, from, keep);
    return out;
}

/* ---- print and save ---- */

static void print_value(struct ev *ev, struct value *v, bool last)
{
    struct buf b = { 0 };
    enum format f = ev->session->format;
    if (f == FORMAT_JSON) {
        if (v->kind == V_TABLE) table_json(&b, v->table);
        else {
            value_json(&b, v, ev->precision);
            buf_putc(&b, '\n');
        }
    } else if (v->kind == V_TABLE && f == FORMAT_CSV) {
        table_csv(&b, v->table);
    } else if (v->kind == V_TABLE) {
        table_print(&b, v->table, output_width(stdout));
    } else {
        value_print(&b, v, ev->precision);
        buf_putc(&b, last ? '\n' : ' ');
    }
    fwrite(b.text ? b.text : "", 1, b.n, stdout);
    buf_free(&b);
}

void ev_print(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v[e->n + 1];
    bool good = true;
    for (int i = 0; i < e->n; i++) {
        v[i] = ev_expr(ev, s, e->kid[i]);
        good &= v[i]->kind != V_ERROR;
    }
    if (ev->dry || !good || ev_stopped(ev) || ev->session->quiet) return;
    for (int i = 0; i < e->n; i++) ev_ready(ev, v[i]);
    if (ev_stopped(ev) || ahead_alone(ev)) return;
    for (int i = 0; i < e->n; i++) {
        print_value(ev, v[i], i == e->n - 1);
        warn_digits(ev, v[i], e->kid[i]);
    }
    if (e->n == 0) putchar('\n');
    fflush(stdout);
}

/* A relative name is under --out. */
const char *ev_out_path(struct ev *ev, const char *name)
{
    const char *dir = ev->session->out;
    return name[0] == '/' || !dir || !*dir || !strcmp(dir, ".") ? name : arena_printf(ev->arena, "%s/%s", dir, name);
}

static const char *path_of(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e);
    if (v->kind == V_STRING) return v->text ? ev_out_path(ev, v->text) : NULL;
    if (!value_poisoned(v)) ev_error(ev, E_TYPE, e, "the name of a file is a string, not %s", value_type(ev->arena, v));
    return NULL;
}

static void write_failed(struct ev *ev, const struct ast *e, const char *why)
{
    ev_error(ev, E_FILE_WRITE, e, "%s", why);
    ev->session->failed = true;
}

static void note_written(struct ev *ev, const char *path)
{
    keep_file(ev, path);
    if (ev->session->format == FORMAT_TEXT) fprintf(stderr, "wrote %s\n", path);
}

/* Most folders are made before the run: places.h. */
static const char *make_place(struct ev *ev, const char *path)
{
    return ev_agree(ev, ev_first(ev) ? output_make_place(ev->arena, path) : NULL);
}

static bool is_record_of_runs(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !strcmp(slash ? slash + 1 : path, STORE_FILE);
}

/* The table's name in an SQLite file: the variable's; of what is no variable, the file's. */
static const char *saved_name(struct ev *ev, const struct ast *of, const char *path)
{
    const char *slash = strrchr(path, '/'), *stem = slash ? slash + 1 : path;
    return of->kind == A_NAME ? of->name : arena_strndup(ev->arena, stem, strcspn(stem, "."));
}

void ev_save(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e->kid[0]);
    const char *path = path_of(ev, s, e->kid[1]);
    if (value_poisoned(v) || ev->session->quiet) return;
    if (v->kind == V_MODEL) {
        if (path && strcmp(output_extension(path), "safetensors")) {
            struct diag *m = ev_error(ev, E_FILE_FORMAT, e->kid[1], "what format is `%s`?", path);
            diag_note(m, "a model is saved to .safetensors");
        } else if (path && !ev->dry && !ahead_alone(ev)) {
            const char *why = make_place(ev, path);
            if (!why) why = model_save(ev, v->model, path);
            if (why) write_failed(ev, e, why);
            else note_written(ev, path);
        }
        return;
    }
    if (v->kind == V_TENSOR && (v->known || ev->dry)) {
        /* a tensor is a table of one cell */
        struct value *t = value_new(ev->arena, V_TABLE);
        t->table = table_new(ev->arena, ev->precision);
        t->table->single = true;
        table_add_column(t->table, e->kid[0]->kind == A_NAME ? e->kid[0]->name : "value");
        if (!ev->dry) table_set(t->table, table_add_row(t->table), 0, ev_cell(ev, v));
        v = t;
    }
    if (v->kind != V_TABLE) {
        struct diag *m = ev_error(ev, E_TYPE, e, "a table, a tensor or a model can be saved, not %s",
                                  value_type(ev->arena, v));
        ev_show(ev, m, e->kid[0], v);
        return;
    }
    if (path && !table_saves_to(path)) {
        struct diag *m = ev_error(ev, E_FILE_FORMAT, e->kid[1], "what format is `%s`?", path);
        diag_note(m, "a table is saved to " TABLE_FILES);
        return;
    }
    if (path && is_record_of_runs(path)) {
        struct diag *m = ev_error(ev, E_FILE_FORMAT, e->kid[1], "`%s` is the record of runs, which icl keeps", path);
        diag_help(m, "give the file another name");
        return;
    }
    if (ev->dry || !path || ev_stopped(ev) || ahead_alone(ev)) return;
    ev_ready(ev, v);
    if (ev_stopped(ev)) return;
    const char *why = make_place(ev, path);
    if (!why && ev_first(ev)) why = table_save(ev->arena, v->table, saved_name(ev, e->kid[0], path), path);
    why = ev_agree(ev, why);
    if (why) write_failed(ev, e, why);
    else note_written(ev, path);
}

/* ---- plot ---- */

static const char *const plot_options[] = { "x", "y", "series", "kind", "xscale", "yscale", "cscale", "title", "xlabel",
                                            "ylabel", "band", "color", "clabel" };

static const struct ast *option(const struct ast *record, const char *name)
{
    for (int i = 0; record && i < record->n; i++)
        if (!strcmp(record->kid[i]->name, name)) return record->kid[i]->kid[0];
    return NULL;
}

static bool known_options(struct ev *ev, const struct ast *record)
{
    bool good = true;
    for (int i = 0; record && i < record->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof plot_options / sizeof *plot_options; k++)
            known |= !strcmp(plot_options[k], record->kid[i]->name);
        if (known) continue;
        struct diag *m = ev_error(ev, E_ARGUMENT_NAME, record->kid[i], "`plot` has no option `%s`",
                                  record->kid[i]->name);
        struct nearest near;
        nearest_init(&near, record->kid[i]->name);
        for (size_t k = 0; k < sizeof plot_options / sizeof *plot_options; k++) nearest_offer(&near, plot_options[k]);
        if (near.best) diag_help(m, "did you mean `%s`?", near.best);
        diag_note(m,
                  "it has x, y, series, color, kind, xscale, yscale, cscale, title, xlabel, ylabel, clabel and band");
        good = false;
    }
    return good;
}

/* An option that is a string of the script; NULL when it is not given. */
static const char *text_option(struct ev *ev, struct scope *s, const struct ast *record, const char *name)
{
    const struct ast *e = option(record, name);
    struct value *v = e ? ev_expr(ev, s, e) : NULL;
    if (v && v->kind == V_STRING) return v->text;
    if (v && !value_poisoned(v)) {
        struct diag *m = ev_error(ev, E_TYPE, e, "`%s` is a string", name);
        ev_show(ev, m, e, v);
    }
    return NULL;
}

static bool log_option(struct ev *ev, struct scope *s, const struct ast *record, const char *name)
{
    const char *text = text_option(ev, s, record, name);
    if (!text || !strcmp(text, "linear")) return false;
    if (!strcmp(text, "log")) return true;
    ev_error(ev, E_VALUE, option(record, name), "`%s` is \"log\" or \"linear\", not \"%s\"", name, text);
    return false;
}

static const struct { const char *name; enum figure_kind kind; } figure_kinds[] = {
    { "line", FIGURE_LINE }, { "scatter", FIGURE_SCATTER }, { "bar", FIGURE_BAR }, { "heatmap", FIGURE_HEATMAP },
};

static enum figure_kind kind_option(struct ev *ev, struct scope *s, const struct ast *e, const struct ast *record)
{
    if (e->kind == A_HEATMAP) return FIGURE_HEATMAP;
    const char *text = text_option(ev, s, record, "kind");
    for (int i = 0; text && i < 4; i++)
        if (!strcmp(figure_kinds[i].name, text)) return figure_kinds[i].kind;
    if (text) ev_error(ev, E_VALUE, option(record, "kind"), "`kind` is \"line\", \"scatter\", \"bar\" or \"heatmap\"");
    return FIGURE_LINE;
}

/* One point for each row. The text of the cells comes from the table where an option is a bare column, so that
 * predictors keep the names that tell them apart. */
static bool point_cell(struct ev *ev, struct scope *s, const struct value *t, int row, const struct ast *e,
                       struct cell *out)
{
    int c = e->kind == A_NAME ? table_find(t->table, e->name) : -1;
    if (c >= 0) {
        *out = *table_at(t->table, row, c);
        return true;
    }
    struct value *v = ev_expr(ev, s, e);
    if (value_poisoned(v)) return false;
    v = ev_ready(ev, v);
    *out = ev_cell(ev, v);
    return true;
}

/* y = risk / d keeps the uncertainty: a division or product of an estimate by a number scales both. */
static bool scaled_estimate(struct ev *ev, struct scope *s, const struct value *t, int row, const struct ast *e,
                            struct cell *out)
{
    double factor;
    if (e->kind != A_BINARY || (e->op != AO_MUL && e->op != AO_DIV)) return false;
    int side = e->op == AO_MUL && e->kid[1]->kind == A_NAME && table_find(t->table, e->kid[1]->name) >= 0;
    if (!point_cell(ev, s, t, row, e->kid[side], out) || out->kind != CELL_ESTIMATE) return false;
    struct value *v = ev_expr(ev, s, e->kid[1 - side]);
    if (!ev_known_real(v, &factor)) return false;
    if (e->op == AO_DIV) factor = 1 / factor;
    out->estimate.mean *= factor;
    out->estimate.se *= fabs(factor);
    if (factor < 0) out->estimate.skewness = -out->estimate.skewness;
    return true;
}

static bool fill(struct ev *ev, struct scope *s, const struct ast *e, const struct ast *record, const struct value *t,
                 struct figure *f)
{
    const struct ast *x = option(record, "x"), *y = option(record, "y"), *series = option(record, "series"),
                     *color = option(record, "color");
    const struct ast *third = f->kind == FIGURE_HEATMAP ? color : y;
    if (!x || !third || (f->kind == FIGURE_HEATMAP && !y)) {
        ev_error(ev, E_ARGUMENT_MISSING, e,
                 f->kind == FIGURE_HEATMAP ? "a heat map needs x, y and color" : "a plot needs x and y");
        return false;
    }
    if (!f->xlabel) f->xlabel = ev_text(ev, x);
    if (!f->ylabel) f->ylabel = ev_text(ev, y);
    if (!f->color_label && color) f->color_label = ev_text(ev, color);
    if (t->open) {
        struct scope *in = column_scope(ev, s, t, -1);
        const struct ast *part[4] = { x, y, series, color };
        for (int i = 0; i < 4; i++)
            if (part[i] && ev_expr(ev, in, part[i])->kind == V_ERROR) return false;
        return false;
    }
    for (int r = 0; r < t->table->rows; r++) {
        struct scope *in = column_scope(ev, s, t, r);
        struct cell cx, cy, cc, cs = { .kind = CELL_NONE };
        if (!point_cell(ev, in, t, r, x, &cx)) return false;
        if (!scaled_estimate(ev, in, t, r, y, &cy) && !point_cell(ev, in, t, r, y, &cy)) return false;
        struct buf name = { 0 };
        if (series && !point_cell(ev, in, t, r, series, &cs)) return false;
        if (series) cell_print(&name, &cs, ev->precision);
        if (series && (cs.kind == CELL_INT || cs.kind == CELL_REAL)) f->series_label = ev_text(ev, series);
        bool good = f->kind == FIGURE_HEATMAP
                        ? point_cell(ev, in, t, r, color, &cc) && figure_add_field(f, &cx, &cy, &cc)
                        : figure_add(f, name.text, &cx, &cy);
        buf_free(&name);
        if (good) continue;
        ev_error(ev, E_TYPE, third, "`%s` is not a number in every row", ev_text(ev, third));
        return false;
    }
    return true;
}

/* heatmap of a matrix: columns to the right, rows downwards. */
static bool fill_tensor(struct ev *ev, const struct ast *e, const struct value *v, struct figure *f)
{
    if (v->rank != 2) {
        struct diag *m = ev_error(ev, E_RANK, e->kid[0], "a heat map shows a matrix or a table");
        ev_show(ev, m, e->kid[0], v);
        return false;
    }
    if (!f->xlabel) f->xlabel = "column";
    if (!f->ylabel) f->ylabel = "row";
    f->downwards = true;
    for (int64_t i = 0; v->known && i < v->data.dims[0]; i++)
        for (int64_t j = 0; j < v->data.dims[1]; j++) {
            int64_t at = i * v->data.dims[1] + j;
            struct cell x = cell_int(j), y = cell_int(i),
                        c = cell_real(v->dtype == DT_REAL ? v->data.r[at] : (double)v->data.i[at]);
            figure_add_field(f, &x, &y, &c);
        }
    return v->known;
}

/* What the figure does not say. */
static void remarks(const char *path, const char *text)
{
    while (text && *text) {
        int n = (int)strcspn(text, "\n");
        fprintf(stderr, "note: %s: %.*s\n", path ? path : "figure", n, text);
        text += n + (text[n] != 0);
    }
}

void ev_plot(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e->kid[0]);
    const struct ast *record = e->kid[1];
    const char *path = e->kid[2] ? path_of(ev, s, e->kid[2]) : NULL;
    if (value_poisoned(v) || !known_options(ev, record) || ev->session->quiet) return;
    ev_ready(ev, v);
    if (v->kind != V_TABLE && !(v->kind == V_TENSOR && e->kind == A_HEATMAP)) {
        struct diag *m = ev_error(ev, E_TYPE, e, "%s draws a table, this is %s",
                                  e->kind == A_HEATMAP ? "`heatmap`" : "`plot`", value_type(ev->arena, v));
        ev_show(ev, m, e->kid[0], v);
        return;
    }
    const char *ext = path ? output_extension(path) : "svg";
    if (strcmp(ext, "svg") && strcmp(ext, "png") && strcmp(ext, "pdf")) {
        struct diag *m = ev_error(ev, E_FILE_FORMAT, e->kid[2], "what format is `%s`?", path);
        diag_note(m, "a figure is drawn to .svg, .png or .pdf");
        return;
    }
    struct figure f;
    figure_init(&f, ev->arena, kind_option(ev, s, e, record));
    f.precision = ev->precision;
    f.title = text_option(ev, s, record, "title");
    f.xlabel = text_option(ev, s, record, "xlabel");
    f.ylabel = text_option(ev, s, record, "ylabel");
    f.color_label = text_option(ev, s, record, "clabel");
    f.xlog = log_option(ev, s, record, "xscale");
    f.ylog = log_option(ev, s, record, "yscale");
    f.color_log = log_option(ev, s, record, "cscale");
    const char *band = text_option(ev, s, record, "band");
    if (band) {
        f.band = true;
        f.spread = figure_spread(band);
        f.bootstrap = !strcmp(band, "bootstrap");
        if (f.spread == 0)
            ev_error(ev, E_VALUE, option(record, "band"),
                     "`band` is \"se\", \"68%%\", \"80%%\", \"90%%\", \"95%%\", \"99%%\" or \"bootstrap\"");
    }
    if (ev->rehearsal && e->kid[2]) rehearse_figure(ev);
    bool good = v->kind == V_TENSOR ? fill_tensor(ev, e, v, &f) : fill(ev, s, e, record, v, &f);
    if (!good || ev->dry || ev_stopped(ev) || ahead_alone(ev)) return;
    int width = output_width(stdout);
    if (!path && ev->session->format != FORMAT_TEXT) return;
    const char *why = NULL;
    if (path) why = make_place(ev, path);
    if (!why && ev_first(ev)) why = path ? figure_save(&f, path) : figure_show(&f, stdout, width ? width : 100);
    why = ev_agree(ev, why);
    if (why) write_failed(ev, e, why);
    else if (path) note_written(ev, path);
    if (!why) remarks(path, figure_remarks(&f));
}
