/* Axes: ranges with room around the data, and ticks where gnuplot's own would leave a reader guessing: a log axis of
 * less than two decades shows 2 and 5 too, an axis over few values shows just these. */
#include "runtime/plot_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW = 10, MAX_TICKS = 32 };
#define MIN_GAP 0.055 /* of the axis: ticks closer than that would write over each other */
#define LOW_END 20    /* a bar down to nearly zero would stretch a log axis without end: it is cut there */

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

/* Orders values and points, and joins rows at one place. */
void figure_settle(struct figure *f) {
    int *x = sort_axis(f, &f->x), *y = sort_axis(f, &f->y);
    for (int i = 0; i < f->series.n; i++) {
        struct figure_series *s = &f->series.data[i];
        for (int k = 0; k < s->points.n; k++) {
            struct figure_point *p = &s->points.data[k];
            p->x = x[(int)p->x];
            if (f->kind == FIGURE_HEATMAP) p->y = y[(int)p->y];
        }
    }
    plot_join_rows(f);
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
        double room = a->high > a->low ? exp(0.06 * (log(a->high) - log(a->low))) : 2;
        a->low /= room;
        a->high *= room;
        return;
    }
    double span = a->high - a->low;
    if (!isfinite(span)) return; /* the widest numbers there are */
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
                reach(&a, a.log ? fmax(p->low, p->y / LOW_END) : p->low);
                reach(&a, p->high);
            }
        }
    }
    add_room(&a, horizontal);
    return a;
}

static double along(const struct plot_axis *a, double v) {
    return a->log ? (log(v) - log(a->low)) / (log(a->high) - log(a->low)) : (v - a->low) / (a->high - a->low);
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
    buf_printf(out, " %.15g", at);
    if (level) buf_printf(out, " %d", level);
}

static double log_tick_near(double v) {
    return floor(log10(fabs(v)) + 1e-9);
}

static const char *number_label(char *to, size_t size, double v) {
    int exponent = v == 0 ? 0 : (int)log_tick_near(v);
    double lead = v / pow(10, exponent);
    if (exponent >= -3 && exponent <= 4) snprintf(to, size, "%.6g", v);
    else if (fabs(lead - 1) < 1e-9) snprintf(to, size, "10^{%d}", exponent);
    else snprintf(to, size, "%.6g·10^{%d}", lead, exponent);
    return to;
}

/* v to so many digits, those before the point never dropped, without a point where nothing stands behind it. */
const char *plot_number(char *to, size_t size, double v, int digits) {
    int exponent = v == 0 || !isfinite(v) ? 0 : (int)log_tick_near(v);
    if (!isfinite(v)) snprintf(to, size, "%s", isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
    else if (exponent < -3 || exponent > 4) {
        snprintf(to, size, "%.*e", digits - 1, v);
        char *e = strchr(to, 'e'), *end = e;
        while (strchr(to, '.') && end > to && (end[-1] == '0')) end--;
        if (end > to && end[-1] == '.') end--;
        int power = atoi(e + 1);
        snprintf(end, size - (size_t)(end - to), "e%d", power);
    } else if (exponent >= digits) {
        snprintf(to, size, "%.0f", v);
    } else {
        snprintf(to, size, "%.*g", digits, v);
    }
    return to;
}

static double round_step(double span, int most) {
    double rough = span / (most > 1 ? most : 1), power = pow(10, floor(log10(rough))), lead = rough / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/* Ticks at round numbers, or at powers of ten and their parts. */
int plot_round_ticks(const struct plot_axis *a, int most, double *out) {
    static const double parts[][3] = {{1, 0, 0}, {1, 3, 0}, {1, 2, 5}};
    int n = 0;
    if (!a->log) {
        double step = round_step(a->high - a->low, most);
        for (double k = ceil(a->low / step - 1e-9); k * step <= a->high + 1e-9 * step && n <= most; k++)
            out[n++] = k == 0 ? 0 : k * step;
        return n;
    }
    double decades = log10(a->high) - log10(a->low);
    int kind = decades * 3 <= most ? 2 : decades * 2 <= most ? 1 : 0;
    int every = kind ? 1 : (int)ceil(decades / most);
    for (int e = (int)floor(log10(a->low)); e <= (int)ceil(log10(a->high)); e++) {
        for (int i = 0; i < 3 && parts[kind][i] > 0; i++) {
            double v = parts[kind][i] * pow(10, e);
            if (e % (every > 0 ? every : 1) == 0 && v >= a->low * 0.999999 && v <= a->high * 1.000001 && n < 2 * most)
                out[n++] = v;
        }
    }
    return n;
}

/* The label of a tick of a linear axis: as many places behind the point as the step needs, one power of ten for all. */
static void linear_label(char *to, size_t size, const struct plot_axis *a, double step, double v) {
    double most = fmax(fabs(a->low), fabs(a->high));
    int power = (int)log_tick_near(most), place = (int)log_tick_near(step);
    if (most >= 1e5 || most < 1e-3) {
        if (v == 0) snprintf(to, size, "0");
        else snprintf(to, size, "%.*f·10^{%d}", power > place ? power - place : 0, v / pow(10, power), power);
    } else {
        snprintf(to, size, "%.*f", place < 0 ? -place : 0, v);
    }
}

static void linear_ticks(struct buf *out, const struct plot_axis *a, int most) {
    double at[MAX_TICKS];
    int n = plot_round_ticks(a, most, at), put = 0;
    char label[64];
    for (int i = 0; i < n; i++) {
        linear_label(label, sizeof label, a, n > 1 ? at[1] - at[0] : fabs(at[i]) + (at[i] == 0), at[i]);
        tick(out, &put, label, at[i], 0);
    }
}

static void log_ticks(struct buf *out, const struct plot_axis *a) {
    double decades = log10(a->high) - log10(a->low);
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
    for (int i = 0; i < n; i++)
        if (!isfinite(axis_coordinate(axis, i))) return false;
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
    if (!own) linear_ticks(&list, a, axis == 'x' ? 8 : 7);
    buf_printf(out, "set %ctics (%s)\n", axis, list.n ? list.text : "");
    buf_free(&list);
}
