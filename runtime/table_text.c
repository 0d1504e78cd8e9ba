/* Cells and tables as text: aligned for people, CSV and JSON for programs.
 *
 * A printed cell is a head and a tail: an estimate is cut before its `±`, everything else is all head. Heads of
 * numbers are set flush right and tails flush left, so the signs of a column stand under each other. An estimate that
 * needs a caution carries a mark, which a line under the table explains. */
#include "runtime/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "runtime/number.h"

enum { TENSOR_SHOWN = 8, GAP = 2 };

static int64_t tensor_count(const struct cell_tensor *t) {
    int64_t n = 1;
    for (int i = 0; i < t->rank; i++) n *= t->dims[i];
    return n;
}

static void put_real(struct buf *out, double v, int precision) {
    char text[NUMBER_MAX];
    number_text(text, v, precision);
    buf_puts(out, text);
}

/* Short tensors as they are, long ones as their type. */
static void print_tensor(struct buf *out, const struct cell_tensor *t, int precision) {
    static const char *const type[] = {[CELL_REAL] = "real", [CELL_INT] = "int", [CELL_BOOL] = "bool"};
    int64_t n = tensor_count(t);
    if (t->rank == 1 && n <= TENSOR_SHOWN) {
        buf_putc(out, '[');
        for (int64_t i = 0; i < n; i++) {
            if (i) buf_puts(out, ", ");
            if (t->element == CELL_REAL) put_real(out, t->real[i], precision);
            else if (t->element == CELL_INT) buf_printf(out, "%" PRId64, t->integer[i]);
            else buf_puts(out, t->integer[i] ? "true" : "false");
        }
        buf_putc(out, ']');
        return;
    }
    buf_puts(out, type[t->element]);
    for (int i = 0; i < t->rank; i++) buf_printf(out, "%s%" PRId64, i ? ", " : "[", t->dims[i]);
    buf_putc(out, ']');
}

/* As `print` shows it in a table. */
void cell_print(struct buf *out, const struct cell *c, int precision) {
    switch (c->kind) {
    case CELL_NONE: break;
    case CELL_REAL: put_real(out, c->real, precision); break;
    case CELL_INT: buf_printf(out, "%" PRId64, c->integer); break;
    case CELL_BOOL: buf_puts(out, c->truth ? "true" : "false"); break;
    case CELL_TEXT:
    case CELL_PREDICTOR: buf_puts(out, c->text); break;
    case CELL_ESTIMATE: number_estimate(out, &c->estimate); break;
    case CELL_TENSOR: print_tensor(out, c->tensor, precision); break;
    }
}

/* ---- aligned text ---- */

struct shown {
    const char *head, *tail;
    int head_columns, tail_columns;
};

static struct shown show(struct arena *a, const char *text, size_t n) {
    char *copy = arena_strndup(a, text, n);
    char *cut = strstr(copy, " ±");
    struct shown s = {.head = copy, .tail = ""};
    if (cut) {
        s.tail = arena_strdup(a, cut);
        *cut = 0;
    }
    s.head_columns = utf8_columns(s.head, strlen(s.head));
    s.tail_columns = utf8_columns(s.tail, strlen(s.tail));
    return s;
}

/* One column as it will stand: its cells as text and how wide their parts are. */
struct layout {
    struct shown *cell;
    int head, tail, width;
    bool right;
};

#define DIVERGED " *"
#define HEAVY " †"

static const char *caution(const struct cell *c) {
    if (c->kind != CELL_ESTIMATE) return "";
    return c->estimate.nonfinite ? DIVERGED : estimate_heavy(&c->estimate) ? HEAVY : "";
}

static struct layout lay_out(struct arena *a, const struct table *t, int column) {
    struct layout l = {.cell = ARENA_ARRAY(a, struct shown, t->rows + 1), .right = true};
    struct buf b = {0};
    for (int r = 0; r < t->rows; r++) {
        const struct cell *c = table_at(t, r, column);
        b.n = 0;
        cell_print(&b, c, t->precision);
        buf_puts(&b, caution(c));
        if (c->kind == CELL_TEXT || c->kind == CELL_PREDICTOR || c->kind == CELL_TENSOR) l.right = false;
        l.cell[r] = c->kind == CELL_ESTIMATE ? show(a, b.text, b.n) : show(a, "", 0);
        if (c->kind != CELL_ESTIMATE) {
            l.cell[r].head = arena_strndup(a, b.n ? b.text : "", b.n);
            l.cell[r].head_columns = utf8_columns(l.cell[r].head, b.n);
        }
        if (l.cell[r].head_columns > l.head) l.head = l.cell[r].head_columns;
        if (l.cell[r].tail_columns > l.tail) l.tail = l.cell[r].tail_columns;
    }
    buf_free(&b);
    int name = utf8_columns(t->column[column].name, strlen(t->column[column].name));
    l.width = l.head + l.tail > name ? l.head + l.tail : name;
    return l;
}

static void spaces(struct buf *out, int n) {
    while (n-- > 0) buf_putc(out, ' ');
}

static void put_header(struct buf *out, const struct layout *l, const char *name) {
    int pad = l->width - utf8_columns(name, strlen(name));
    if (l->right) spaces(out, pad);
    buf_puts(out, name);
    if (!l->right) spaces(out, pad);
}

static void put_cell(struct buf *out, const struct layout *l, int row) {
    const struct shown *s = &l->cell[row];
    int pad = l->width - l->head - l->tail, inner = l->head - s->head_columns;
    if (l->right) spaces(out, pad + inner);
    buf_puts(out, s->head);
    if (!l->right) spaces(out, inner);
    buf_puts(out, s->tail);
    spaces(out, l->tail - s->tail_columns);
    if (!l->right) spaces(out, pad);
}

static void end_line(struct buf *out) {
    while (out->n && out->text[out->n - 1] == ' ') out->text[--out->n] = 0;
    buf_putc(out, '\n');
}

/* The columns from..to, after the first `keys` when these are not among them. */
static void print_part(struct buf *out, const struct table *t, const struct layout *l, int keys, int from, int to) {
    for (int r = -1; r < t->rows; r++) {
        for (int c = from ? 0 : from; c < to; c = c + 1 == keys && from ? from : c + 1) {
            if (c) spaces(out, GAP);
            if (r < 0) put_header(out, &l[c], t->column[c].name);
            else put_cell(out, &l[c], r);
        }
        end_line(out);
    }
}

/* How many columns at the front say which row it is (no reals, no estimates) and leave room for others. */
static int key_columns(const struct table *t, const struct layout *l, int width, int *used) {
    int keys = 0;
    *used = 0;
    for (; keys < t->columns; keys++) {
        enum cell_kind kind = t->rows ? table_at(t, 0, keys)->kind : CELL_NONE;
        bool key = kind == CELL_INT || kind == CELL_BOOL || kind == CELL_TEXT || kind == CELL_PREDICTOR;
        int more = l[keys].width + (keys ? GAP : 0);
        if (keys && (!key || *used + more > width * 2 / 3)) break;
        *used += more;
    }
    return keys;
}

/* What the marks mean, with the worst of each. */
static void print_cautions(struct buf *out, const struct table *t) {
    const struct estimate *diverged = NULL, *heavy = NULL;
    for (int c = 0; c < t->columns; c++)
        for (int r = 0; r < t->rows; r++) {
            const struct cell *cell = table_at(t, r, c);
            const struct estimate *e = &cell->estimate;
            const char *mark = caution(cell);
            if (!strcmp(mark, DIVERGED) && (!diverged || e->nonfinite > diverged->nonfinite)) diverged = e;
            if (!strcmp(mark, HEAVY) && (!heavy || e->largest_share > heavy->largest_share)) heavy = e;
        }
    if (diverged)
        buf_printf(out, "* diverged on some prompts, which the mean leaves out (at most %" PRId64 " of %" PRId64 ")\n",
                   diverged->nonfinite, diverged->trials);
    if (heavy) buf_printf(out, "† one prompt carries much of the sum (at most %.0f%%)\n", 100 * heavy->largest_share);
}

/* Aligned columns under a header. */
void table_print(struct buf *out, const struct table *t, int width) {
    if (t->columns == 0) return;
    struct arena scratch = {0};
    struct layout *l = ARENA_ARRAY(&scratch, struct layout, t->columns);
    for (int c = 0; c < t->columns; c++) l[c] = lay_out(&scratch, t, c);
    int key_width, keys = key_columns(t, l, width, &key_width);
    for (int from = 0; from < t->columns;) {
        int to = from ? from : keys, used = key_width, least = to + (from ? 1 : 0);
        while (to < t->columns) {
            used += l[to].width + GAP;
            if (width > 0 && to >= least && used > width) break;
            to++;
        }
        if (from) buf_putc(out, '\n');
        print_part(out, t, l, keys, from, to);
        from = to;
    }
    print_cautions(out, t);
    arena_free(&scratch);
}

/* ---- CSV ---- */

static void csv_field(struct buf *out, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        buf_puts(out, text);
        return;
    }
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"') buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static bool has_estimates(const struct table *t, int column) {
    for (int r = 0; r < t->rows; r++)
        if (table_at(t, r, column)->kind == CELL_ESTIMATE) return true;
    return false;
}

static void csv_header(struct buf *out, const struct table *t, int column, bool estimates) {
    static const char *const part[] = {"", "_se", "_trials", "_nonfinite"};
    for (int i = 0; i < (estimates ? 4 : 1); i++) {
        struct buf name = {0};
        buf_printf(&name, "%s%s", t->column[column].name, part[i]);
        if (column || i) buf_putc(out, ',');
        csv_field(out, name.text);
        buf_free(&name);
    }
}

static void csv_cell(struct buf *out, const struct cell *c, int precision, bool estimates) {
    if (c->kind == CELL_ESTIMATE) {
        const struct estimate *e = &c->estimate;
        put_real(out, e->mean, 64);
        buf_putc(out, ',');
        put_real(out, e->se, 64);
        buf_printf(out, ",%" PRId64 ",%" PRId64, e->trials, e->nonfinite);
        return;
    }
    struct buf text = {0};
    if (c->kind == CELL_TENSOR) cell_json(&text, c, precision);
    else cell_print(&text, c, precision);
    csv_field(out, text.n ? text.text : "");
    buf_free(&text);
    if (estimates) buf_puts(out, ",,,");
}

/* Comma-separated values under a header. */
void table_csv(struct buf *out, const struct table *t) {
    struct arena scratch = {0};
    bool *estimates = ARENA_ARRAY(&scratch, bool, t->columns + 1);
    for (int c = 0; c < t->columns; c++) {
        estimates[c] = has_estimates(t, c);
        csv_header(out, t, c, estimates[c]);
    }
    buf_putc(out, '\n');
    for (int r = 0; r < t->rows; r++) {
        for (int c = 0; c < t->columns; c++) {
            if (c) buf_putc(out, ',');
            csv_cell(out, table_at(t, r, c), t->precision, estimates[c]);
        }
        buf_putc(out, '\n');
    }
    arena_free(&scratch);
}

/* ---- JSON ---- */

/* A JSON string; what is not ASCII stays UTF-8. */
void text_json(struct buf *out, const char *text) {
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    buf_putc(out, '"');
    for (; *text; text++) {
        const char *p = strchr(plain, *text);
        if (p) buf_printf(out, "\\%c", letter[p - plain]);
        else if ((unsigned char)*text < 0x20) buf_printf(out, "\\u%04x", (unsigned char)*text);
        else buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void json_real(struct buf *out, double v, int precision) {
    if (isfinite(v)) put_real(out, v, precision);
    else buf_puts(out, "null");
}

static void json_tensor(struct buf *out, const struct cell_tensor *t, int axis, int64_t *at, int precision) {
    if (axis == t->rank) {
        if (t->element == CELL_REAL) json_real(out, t->real[*at], precision);
        else if (t->element == CELL_INT) buf_printf(out, "%" PRId64, t->integer[*at]);
        else buf_puts(out, t->integer[*at] ? "true" : "false");
        ++*at;
        return;
    }
    buf_putc(out, '[');
    for (int64_t i = 0; i < t->dims[axis]; i++) {
        if (i) buf_puts(out, ", ");
        json_tensor(out, t, axis + 1, at, precision);
    }
    buf_putc(out, ']');
}

/* As a JSON value. */
void cell_json(struct buf *out, const struct cell *c, int precision) {
    const struct estimate *e = &c->estimate;
    int64_t at = 0;
    switch (c->kind) {
    case CELL_NONE: buf_puts(out, "null"); break;
    case CELL_REAL: json_real(out, c->real, precision); break;
    case CELL_INT: buf_printf(out, "%" PRId64, c->integer); break;
    case CELL_BOOL: buf_puts(out, c->truth ? "true" : "false"); break;
    case CELL_TEXT:
    case CELL_PREDICTOR: text_json(out, c->text); break;
    case CELL_ESTIMATE:
        buf_puts(out, "{\"mean\": ");
        json_real(out, e->mean, 64);
        buf_puts(out, ", \"se\": ");
        json_real(out, e->se, 64);
        buf_printf(out, ", \"trials\": %" PRId64 ", \"nonfinite\": %" PRId64 "}", e->trials, e->nonfinite);
        break;
    case CELL_TENSOR: json_tensor(out, c->tensor, 0, &at, precision); break;
    }
}

static void json_row(struct buf *out, const struct table *t, int row) {
    buf_putc(out, '{');
    for (int c = 0; c < t->columns; c++) {
        if (c) buf_puts(out, ", ");
        text_json(out, t->column[c].name);
        buf_puts(out, ": ");
        cell_json(out, table_at(t, row, c), t->precision);
    }
    buf_putc(out, '}');
}

/* One object a row, a row a line. */
void table_json(struct buf *out, const struct table *t) {
    for (int r = 0; r < t->rows; r++) {
        json_row(out, t, r);
        buf_putc(out, '\n');
    }
}
