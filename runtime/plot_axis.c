/* Axes: ranges with room around the data, and ticks where gnuplot's own would leave a reader guessing: a log axis of
 * less than two decades shows 2 and 5 too, an axis over few values shows just these. */
#include "runtime/plot_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 10 };
#define MIN_GAP 0.055 /* of the axis: ticks closer than that would write over each other */

/* The coordinate of an axis value. */
double axis_coordinate(const struct figure_axis *axis, int value) {
    double v = value;
    if (!axis->categories) cell_number(&axis->values.data[value], &v);
    return v;
}

static int by_number(const void *a, const void *b) {
    double x = 0, y = 0;
    cell_number(*(struct cell *const *)a, &x);
    cell_number(*(struct cell *const *)b, &y);
    return (x > y) - (x < y);
}

/* Sorts the values; place[i] is where value i went. */
static int *sort_axis(struct figure *f, struct figure_axis *axis) {
    int n = axis->values.n, *place = ARENA_ARRAY(f->arena, int, n + 1);
    for (int i = 0; i < n; i++) place[i] = i;
    if (axis->categories) return place;
    struct cell **order = ARENA_ARRAY(f->arena, struct cell *, n + 1);
    struct cell *sorted = ARENA_ARRAY(f->arena, struct cell, n + 1);
    for (int i = 0; i < n; i++) order[i] = &axis->values.data[i];
    qsort(order, (size_t)n, sizeof *order, by_number);
    for (int i = 0; i < n; i++) {
        sorted[i] = *order[i];
        place[order[i] - axis->values.data] = i;
    }
    axis->values.data = sorted;
    axis->values.capacity = n;
    return place;
}

static int by_x(const void *a, const void *b) {
    const struct figure_point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

/* Orders values and points. */
void figure_settle(struct figure *f) {
    int *x = sort_axis(f, &f->x), *y = sort_axis(f, &f->y);
    for (int i = 0; i < f->series.n; i++) {
        struct figure_series *s = &f->series.data[i];
        for (int k = 0; k < s->points.n; k++) {
            struct figure_point *p = &s->points.data[k];
            p->x = x[(int)p->x];
            if (f->kind == FIGURE_HEATMAP) p->y = y[(int)p->y];
        }
        if (f->kind == FIGURE_LINE) qsort(s->points.data, (size_t)s->points.n, sizeof *s->points.data, by_x);
    }
}

static void reach(struct plot_axis *a, double v) {
    if (!isfinite(v) || (a->log && v <= 0)) return;
    if (a->empty || v < a->low) a->low = v;
    if (a->empty || v > a->high) a->high = v;
    a->empty = false;
}

static void add_room(struct plot_axis *a, bool horizontal) {
    if (a->empty) {
        a->low = a->log ? 1 : 0;
        a->high = a->log ? 10 : 1;
        return;
    }
    if (a->log) {
        double room = a->high > a->low ? pow(a->high / a->low, 0.06) : 2;
        a->low /= room;
        a->high *= room;
        return;
    }
    double span = a->high - a->low;
    bool from_zero = !horizontal && a->low > 0 && a->low < 0.3 * a->high;
    if (span == 0) span = a->low != 0 ? fabs(a->low) : 1;
    a->high += (horizontal ? 0.03 : 0.06) * span;
    a->low = from_zero ? 0 : a->low - (horizontal ? 0.03 : 0.06) * span;
}

/* The range of all x or y with room around. */
struct plot_axis plot_range(const struct figure *f, bool horizontal) {
    struct plot_axis a = {.log = horizontal ? f->xlog && !f->x.categories : f->ylog, .empty = true};
    for (int i = 0; i < f->series.n; i++) {
        const struct figure_series *s = &f->series.data[i];
        for (int k = 0; k < s->points.n; k++) {
            const struct figure_point *p = &s->points.data[k];
            if (!isfinite(p->y)) continue;
            if (horizontal) {
                reach(&a, axis_coordinate(&f->x, (int)p->x));
            } else {
                reach(&a, p->y);
                reach(&a, p->low);
                reach(&a, p->high);
            }
        }
    }
    /* A bar that reaches to zero or below would stretch a log axis without end: it is cut at the axis. */
    add_room(&a, horizontal);
    return a;
}

static double along(const struct plot_axis *a, double v) {
    return a->log ? log(v / a->low) / log(a->high / a->low) : (v - a->low) / (a->high - a->low);
}

/* The place of the point in the plot. */
void plot_place(const struct plot_axis *x, const struct plot_axis *y, double px, double py, double *u, double *v) {
    *u = along(x, px);
    *v = along(y, py);
}

/* ---- ticks ---- */

static void tick(struct buf *out, int *n, const char *label, double at, int level) {
    buf_puts(out, (*n)++ ? ", " : "");
    script_quote(out, label);
    buf_printf(out, " %.12g", at);
    if (level) buf_printf(out, " %d", level);
}

static const char *number_label(char *to, size_t size, double v) {
    int exponent = v == 0 ? 0 : (int)floor(log10(fabs(v)) + 1e-9);
    double lead = v / pow(10, exponent);
    if (exponent >= -3 && exponent <= 4) snprintf(to, size, "%.6g", v);
    else if (fabs(lead - 1) < 1e-9) snprintf(to, size, "10^{%d}", exponent);
    else snprintf(to, size, "%.6g·10^{%d}", lead, exponent);
    return to;
}

static void log_ticks(struct buf *out, const struct plot_axis *a) {
    double decades = log10(a->high / a->low);
    int every = decades > 8 ? (int)ceil(decades / 6) : 1, n = 0;
    bool powers = decades > 3 && (a->low < 1e-3 || a->high > 1e5); /* one form for all labels */
    char label[64];
    for (int e = (int)floor(log10(a->low)); e <= (int)ceil(log10(a->high)); e++) {
        for (int m = 1; m <= 9; m++) {
            double v = m * pow(10, e);
            if (v < a->low * 0.999999 || v > a->high * 1.000001) continue;
            bool named = m == 1 ? e % every == 0
                                : decades < 0.8 || (decades < 2 && (m == 2 || m == 5));
            if (!named && every > 1) continue;
            if (named && powers && m == 1) snprintf(label, sizeof label, "10^{%d}", e);
            else number_label(label, sizeof label, v);
            tick(out, &n, named ? label : "", v, named ? 0 : 1);
        }
    }
}

/* Few values, far enough from each other: their own ticks. */
static bool value_ticks(struct buf *out, const struct figure_axis *axis, const struct plot_axis *a) {
    int n = axis->values.n;
    char label[64];
    if (n == 0 || n > FEW || (a->log && axis_coordinate(axis, 0) <= 0)) return false;
    for (int i = 1; i < n; i++)
        if (along(a, axis_coordinate(axis, i)) - along(a, axis_coordinate(axis, i - 1)) < MIN_GAP) return false;
    for (int i = 0, put = 0; i < n; i++) {
        double v = axis_coordinate(axis, i);
        tick(out, &put, number_label(label, sizeof label, v), v, 0);
    }
    return true;
}

/* The ticks of the x or the y axis. */
void plot_ticks(struct buf *out, const struct figure *f, char axis, const struct plot_axis *a) {
    struct buf list = {0};
    bool own = axis == 'x' && value_ticks(&list, &f->x, a);
    if (!own && a->log) {
        log_ticks(&list, a);
        own = true;
    }
    if (own && list.n) buf_printf(out, "set %ctics (%s)\n", axis, list.text);
    else buf_printf(out, "set %ctics autofreq\nset m%ctics 2\n", axis, axis);
    buf_free(&list);
}
