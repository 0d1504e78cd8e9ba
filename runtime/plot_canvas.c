/* Lines and points as text: a canvas of characters with two axes, a marker a series, dots between the points of a line
 * and strokes for their uncertainty. It fits any width; nothing in it needs colour. */
#include <math.h>
#include <string.h>

#include "runtime/plot_script.h"

enum { LEAST_COLUMNS = 12, LEAST_ROWS = 6, MAX_COLUMNS = 160, MAX_ROWS = 24, MANY = 64 };

static const char *const marker[] = {"●", "■", "▲", "◆", "○", "□", "△", "◇", "a", "b", "c", "d", "e", "f", "g", "h",
                                     "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x"};
enum { MARKERS = sizeof marker / sizeof *marker, BLANK = -1, DOT = -2, STROKE = -3, SEVERAL = -4 };

struct canvas {
    struct plot_axis x, y;
    int columns, rows;
    int *cell; /* [rows][columns]: a series, or one of the above */
    bool several;
};

static const char *mark_of(int c) {
    return c == BLANK ? " " : c == DOT ? "·" : c == STROKE ? "│" : c == SEVERAL ? "*" : marker[c % MARKERS];
}

static void put(struct canvas *c, int column, int row, int what) {
    if (column < 0 || column >= c->columns || row < 0 || row >= c->rows) return;
    int *at = &c->cell[row * c->columns + column];
    if (what >= 0) {
        bool taken = (*at >= 0 && *at != what) || *at == SEVERAL;
        c->several |= taken;
        *at = taken ? SEVERAL : what;
    } else if (*at == BLANK || (*at == DOT && what == STROKE)) {
        *at = what;
    }
}

static int to_column(const struct canvas *c, double u) {
    return (int)floor(u * (c->columns - 1) + 0.5);
}
static int to_row(const struct canvas *c, double v) {
    return (int)floor((1 - v) * (c->rows - 1) + 0.5);
}

/* The place of a point; false: it has none. */
static bool place(const struct figure *f, const struct canvas *c, const struct figure_point *p, double y, double *u,
                  double *v) {
    double x = axis_coordinate(&f->x, (int)p->x);
    if (!isfinite(x) || !isfinite(p->y) || (c->x.log && x <= 0) || (c->y.log && p->y <= 0)) return false;
    if (c->y.log && y < c->y.low) y = c->y.low;
    plot_place(&c->x, &c->y, x, y, u, v);
    return true;
}

static void draw_line(struct canvas *c, double u0, double v0, double u1, double v1) {
    int steps = 2 * (c->columns + c->rows);
    for (int i = 1; i < steps; i++) {
        double t = (double)i / steps;
        put(c, to_column(c, u0 + t * (u1 - u0)), to_row(c, v0 + t * (v1 - v0)), DOT);
    }
}

/* Markers over strokes over dots. */
static void draw_all(const struct figure *f, struct canvas *c) {
    for (int pass = 0; pass < 3; pass++) {
        for (int i = 0; i < f->series.n; i++) {
            const struct figure_series *s = &f->series.data[i];
            double u0 = 0, v0 = 0, u, v, low, high;
            bool before = false;
            for (int k = 0; k < s->points.n; k++) {
                const struct figure_point *p = &s->points.data[k];
                bool here = place(f, c, p, p->y, &u, &v);
                if (here && before && pass == 0 && f->kind == FIGURE_LINE) draw_line(c, u0, v0, u, v);
                if (here && pass == 1 && p->high > p->low && place(f, c, p, p->low, &u, &low) &&
                    place(f, c, p, p->high, &u, &high))
                    for (int r = to_row(c, high); r <= to_row(c, low); r++) put(c, to_column(c, u), r, STROKE);
                if (here && pass == 2) put(c, to_column(c, u), to_row(c, v), i);
                before = here;
                u0 = u;
                v0 = v;
            }
        }
    }
}

static void spaces(struct buf *out, int n) {
    for (int i = 0; i < n; i++) buf_putc(out, ' ');
}

/* A line of text centred over the canvas, cut to the width. */
static void centred(struct buf *out, const char *text, int margin, int columns) {
    int n = utf8_columns(text, strlen(text)), width = margin + columns;
    int from = margin + (columns - n) / 2;
    if (from + n > width) from = width - n;
    if (from < 0) from = 0;
    spaces(out, from);
    plot_fit(out, text, n > width ? width : n, false);
    buf_putc(out, '\n');
}

struct labels {
    int n;
    int at[MANY]; /* row or column */
    const char *text[MANY];
};

static const char *tick_text(struct figure *f, const struct plot_axis *a, double step, double v) {
    char text[64];
    double most = fmax(fabs(a->low), fabs(a->high));
    int digits = 3;
    if (!a->log && step > 0) digits = (int)floor(log10(most)) - (int)floor(log10(step) + 1e-9) + 1;
    return arena_strdup(f->arena, plot_number(text, sizeof text, v, digits < 1 ? 1 : digits > 15 ? 15 : digits));
}

static struct labels round_labels(struct figure *f, const struct canvas *c, bool across) {
    const struct plot_axis *a = across ? &c->x : &c->y;
    struct labels l = {0};
    double at[MANY], u, v;
    int most = across ? c->columns / 12 : c->rows / 4, n;
    n = plot_round_ticks(a, most < 2 ? 2 : most > MANY / 2 - 1 ? MANY / 2 - 1 : most, at);
    for (int i = 0; i < n; i++) {
        plot_place(&c->x, &c->y, across ? at[i] : c->x.low, across ? c->y.low : at[i], &u, &v);
        l.at[l.n] = across ? to_column(c, u) : to_row(c, v);
        l.text[l.n++] = tick_text(f, a, n > 1 ? at[1] - at[0] : 0, at[i]);
    }
    return l;
}

/* Below the canvas: the values themselves where they are few, else round numbers. */
static struct labels x_labels(struct figure *f, const struct canvas *c) {
    struct labels l = {0};
    double u, v;
    int n = f->x.values.n;
    if (n > (f->x.categories ? MANY : c->columns / 6)) return round_labels(f, c, true);
    for (int i = 0; i < n; i++) {
        double x = axis_coordinate(&f->x, i);
        if (!isfinite(x) || (c->x.log && x <= 0)) continue;
        plot_place(&c->x, &c->y, x, c->y.low, &u, &v);
        l.at[l.n] = to_column(c, u);
        l.text[l.n++] = plot_value_text(f, &f->x, i);
    }
    return l;
}

/* The axis with a tick a label, and those labels that have room, each centred under its tick. */
static void put_x_axis(struct figure *f, const struct canvas *c, int margin, struct buf *out) {
    struct labels l = x_labels(f, c);
    spaces(out, margin);
    buf_puts(out, "└");
    for (int k = 0; k < c->columns; k++) {
        bool tick = false;
        for (int i = 0; i < l.n; i++) tick |= l.at[i] == k;
        buf_puts(out, tick ? "┴" : "─");
    }
    buf_putc(out, '\n');
    int column = 0, end = margin + 1 + c->columns;
    for (int i = 0; i < l.n; i++) {
        int n = utf8_columns(l.text[i], strlen(l.text[i])), from = margin + 1 + l.at[i] - n / 2;
        int room = i + 1 < l.n ? margin + 1 + l.at[i + 1] - 1 - from : end - from;
        if (f->x.categories && n > room && room >= 3) n = room;
        if (from + n > end) from = end - n;
        if (from < column + (column > 0)) continue;
        spaces(out, from - column);
        plot_fit(out, l.text[i], n, false);
        column = from + n;
    }
    buf_putc(out, '\n');
}

static void put_rows(const struct canvas *c, const struct labels *l, int margin, struct buf *out) {
    for (int r = 0; r < c->rows; r++) {
        const char *text = "";
        for (int i = 0; i < l->n; i++)
            if (l->at[i] == r) text = l->text[i];
        plot_fit(out, text, margin, true);
        buf_puts(out, *text ? "┤" : "│");
        int last = c->columns;
        while (last > 0 && c->cell[r * c->columns + last - 1] == BLANK) last--;
        for (int k = 0; k < last; k++) buf_puts(out, mark_of(c->cell[r * c->columns + k]));
        buf_putc(out, '\n');
    }
}

/* The markers and their names, as many on a line as there is room for. */
static void put_legend(const struct figure *f, const struct canvas *c, int width, struct buf *out) {
    int column = 0, start = 0;
    bool names = f->series.n > 1 || (f->series.n == 1 && f->series.data[0].name[0]);
    if (names && f->series_label && utf8_columns(f->series_label, strlen(f->series_label)) + 2 < width / 2) {
        buf_printf(out, "%s: ", f->series_label);
        column = utf8_columns(f->series_label, strlen(f->series_label)) + 2;
        start = column;
    }
    for (int i = 0; names && i < f->series.n + c->several; i++) {
        const char *name = i < f->series.n ? f->series.data[i].name : "several";
        int n = utf8_columns(name, strlen(name));
        if (column > start && column + 2 + 2 + n > width) {
            buf_putc(out, '\n');
            column = start = 0;
        }
        if (column > start) buf_puts(out, "  ");
        column += column > start ? 2 : 0;
        buf_printf(out, "%s ", mark_of(i < f->series.n ? i : SEVERAL));
        if (n > width - column - 2) n = width - column - 2;
        plot_fit(out, name, n, false);
        column += 2 + n;
    }
    if (column) buf_putc(out, '\n');
}

/* The whole figure. */
void plot_canvas(struct figure *f, int width, struct buf *out) {
    struct canvas c = {.x = plot_range(f, true), .y = plot_range(f, false)};
    if (f->x.categories) c.x = (struct plot_axis){.low = -0.5, .high = f->x.values.n - 0.5};
    c.rows = width < 4 * LEAST_ROWS ? LEAST_ROWS : width / 4 > MAX_ROWS - 4 ? MAX_ROWS - 4 : width / 4;
    c.columns = width;
    struct labels l = round_labels(f, &c, false);
    int margin = 0;
    for (int i = 0; i < l.n; i++) {
        int n = utf8_columns(l.text[i], strlen(l.text[i]));
        if (n > margin) margin = n;
    }
    c.columns = width - margin - 1;
    if (c.columns < LEAST_COLUMNS) c.columns = LEAST_COLUMNS;
    if (c.columns > MAX_COLUMNS) c.columns = MAX_COLUMNS;
    c.cell = ARENA_ARRAY(f->arena, int, (size_t)c.columns * (size_t)c.rows);
    for (int i = 0; i < c.columns * c.rows; i++) c.cell[i] = BLANK;
    draw_all(f, &c);
    if (f->title) centred(out, f->title, margin + 1, c.columns);
    if (f->ylabel) {
        plot_fit(out, f->ylabel, margin + 1 + c.columns < utf8_columns(f->ylabel, strlen(f->ylabel))
                                     ? margin + 1 + c.columns : utf8_columns(f->ylabel, strlen(f->ylabel)), false);
        buf_putc(out, '\n');
    }
    put_rows(&c, &l, margin, out);
    put_x_axis(f, &c, margin, out);
    if (f->xlabel) centred(out, f->xlabel, margin + 1, c.columns);
    put_legend(f, &c, margin + 1 + c.columns, out);
}
