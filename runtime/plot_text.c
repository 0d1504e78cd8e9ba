/* Bars and fields as text for the terminal: a bar is a row of blocks, a field a number with a shade. */
#include "runtime/plot_script.h"

#include <math.h>
#include <string.h>

static const char *label(struct figure *f, const struct figure_axis *axis, int i) {
    struct buf b = {0};
    cell_print(&b, &axis->values.data[i], f->precision);
    const char *text = arena_strndup(f->arena, b.n ? b.text : "", b.n);
    buf_free(&b);
    return text;
}

static void padded(struct buf *out, const char *text, int width, bool right) {
    int pad = width - utf8_columns(text, strlen(text));
    for (int i = 0; right && i < pad; i++) buf_putc(out, ' ');
    buf_puts(out, text);
    for (int i = 0; !right && i < pad; i++) buf_putc(out, ' ');
}

static int widest(struct figure *f, const struct figure_axis *axis) {
    int w = 0;
    for (int i = 0; i < axis->values.n; i++) {
        const char *text = label(f, axis, i);
        int n = utf8_columns(text, strlen(text));
        if (n > w) w = n;
    }
    return w;
}

/* A bar of so many cells, in eighths of a cell. */
static void bar(struct buf *out, double cells) {
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int eighths = (int)floor(cells * 8 + 0.5);
    for (; eighths >= 8; eighths -= 8) buf_puts(out, "█");
    buf_puts(out, part[eighths > 0 ? eighths : 0]);
}

static double bar_share(const struct figure *f, const struct plot_axis *y, double v) {
    if (!isfinite(v)) return 0;
    if (f->ylog) return v > 0 ? log(v / y->low) / log(y->high / y->low) : 0;
    return fabs(v) / fmax(fabs(y->low), fabs(y->high));
}

static void bars(struct figure *f, int width, struct buf *out) {
    struct plot_axis y = plot_range(f, false);
    int names = 0, categories = widest(f, &f->x);
    for (int i = 0; i < f->series.n; i++) {
        int n = utf8_columns(f->series.data[i].name, strlen(f->series.data[i].name));
        if (n > names) names = n;
    }
    int room = width - categories - names - 16;
    if (room < 10) room = 10;
    for (int v = 0; v < f->x.values.n; v++) {
        const char *category = label(f, &f->x, v);
        for (int i = 0; i < f->series.n; i++) {
            const struct figure_series *s = &f->series.data[i];
            for (int k = 0; k < s->points.n; k++) {
                const struct figure_point *p = &s->points.data[k];
                if ((int)p->x != v) continue;
                padded(out, category, categories, false);
                buf_putc(out, ' ');
                padded(out, s->name, names, false);
                if (names) buf_putc(out, ' ');
                bar(out, bar_share(f, &y, p->y) * room);
                buf_printf(out, " %.4g\n", p->y);
                category = "";
            }
        }
    }
}

/* The colours of a heatmap, row by row; NAN where there is none. */
static double *grid(struct figure *f, double *low, double *high) {
    const struct figure_series *s = &f->series.data[0];
    int nx = f->x.values.n, n = nx * f->y.values.n;
    double *field = ARENA_ARRAY(f->arena, double, n + 1);
    for (int i = 0; i < n; i++) field[i] = NAN;
    *low = INFINITY;
    *high = -INFINITY;
    for (int k = 0; k < s->points.n; k++) {
        const struct figure_point *p = &s->points.data[k];
        field[(int)p->y * nx + (int)p->x] = p->color;
        if (!isfinite(p->color)) continue;
        *low = fmin(*low, p->color);
        *high = fmax(*high, p->color);
    }
    return field;
}

/* A row a line, a shade and, where the terminal is wide enough, a number a field. */
static void fields(struct figure *f, int width, struct buf *out) {
    static const char *const shade[] = {"·", "░", "▒", "▓", "█"};
    int nx = f->x.values.n, ny = f->y.values.n, names = widest(f, &f->y), w = widest(f, &f->x);
    double low, high, *field = grid(f, &low, &high);
    if (w < 7) w = 7;
    bool numbers = names + nx * (w + 2) <= width;
    for (int r = 0; r < ny; r++) {
        int y = f->y.categories ? r : ny - 1 - r;
        padded(out, label(f, &f->y, y), names, true);
        for (int x = 0; x < nx; x++) {
            double v = field[y * nx + x];
            char text[32];
            snprintf(text, sizeof text, isfinite(v) ? "%.2g" : "-", v);
            const char *mark = !isfinite(v) ? " " : shade[high > low ? (int)((v - low) / (high - low) * 4.999) : 0];
            buf_printf(out, " %s", mark);
            padded(out, numbers ? text : mark, numbers ? w : 1, true);
        }
        buf_putc(out, '\n');
    }
    padded(out, "", names, true);
    for (int x = 0; x < nx && numbers; x++) {
        buf_puts(out, "  ");
        padded(out, label(f, &f->x, x), w, true);
    }
    if (!numbers) {
        buf_printf(out, " %s", label(f, &f->x, 0));
        padded(out, label(f, &f->x, nx - 1), 3 * nx - 1 - (int)strlen(label(f, &f->x, 0)), true);
    }
    buf_printf(out, "\n%s %.3g to %s %.3g\n", shade[0], low, shade[4], high);
}

/* Bars or fields as text. */
void figure_text(struct figure *f, int width, struct buf *out) {
    figure_settle(f);
    if (f->title) buf_printf(out, "%s\n", f->title);
    if (f->kind == FIGURE_BAR) {
        if (f->ylabel) buf_printf(out, "%s\n", f->ylabel);
        bars(f, width, out);
    } else if (f->series.n) {
        if (f->color_label && f->xlabel && f->ylabel)
            buf_printf(out, "%s over %s (across) and %s (%s)\n", f->color_label, f->xlabel, f->ylabel,
                       f->y.categories ? "down" : "up");
        fields(f, width, out);
    }
}
