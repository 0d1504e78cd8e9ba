/* Figures as text: bars are rows of blocks, fields numbers with a shade; lines and points are in plot_canvas.c. No line
 * is wider than what is asked for, but for a terminal too narrow for anything. */
#include "runtime/plot_script.h"

#include <math.h>
#include <string.h>

enum { NARROW = 24, LONG_NAME = 3 /* of the width, the part that names may take: one in ... */ };

/* The text of an axis value. */
const char *plot_value_text(struct figure *f, const struct figure_axis *axis, int i) {
    struct buf b = {0};
    cell_print(&b, &axis->values.data[i], f->precision);
    const char *text = arena_strndup(f->arena, b.n ? b.text : "", b.n);
    buf_free(&b);
    return text;
}

/* Text to a width: filled up with spaces, or cut with an ellipsis. */
void plot_fit(struct buf *out, const char *text, int width, bool right) {
    int pad = width - utf8_columns(text, strlen(text));
    for (int i = 0; right && i < pad; i++) buf_putc(out, ' ');
    if (pad >= 0) {
        buf_puts(out, text);
    } else if (width > 0) {
        size_t n = 0, all = strlen(text);
        uint32_t code;
        while (n < all) {
            int bytes = utf8_next(text + n, all - n, &code);
            if (bytes <= 0 || utf8_columns(text, n + (size_t)bytes) > width - 1) break;
            n += (size_t)bytes;
        }
        buf_add(out, text, n);
        buf_puts(out, "…");
        pad = width - 1 - utf8_columns(text, n);
    }
    for (int i = 0; !right && i < pad; i++) buf_putc(out, ' ');
}

static int columns_of(const char *text) {
    return utf8_columns(text, strlen(text));
}

static int widest(struct figure *f, const struct figure_axis *axis) {
    int w = 0;
    for (int i = 0; i < axis->values.n; i++) {
        int n = columns_of(plot_value_text(f, axis, i));
        if (n > w) w = n;
    }
    return w;
}

static void line_of(struct buf *out, const char *text, int width) {
    if (!text) return;
    plot_fit(out, text, columns_of(text) < width ? columns_of(text) : width, false);
    buf_putc(out, '\n');
}

/* ---- bars ---- */

/* A bar of so many cells, in eighths of a cell; leftwards in whole cells, as there are no signs for its parts. */
static void bar(struct buf *out, double cells, int zero) {
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    int eighths = (int)floor(fabs(cells) * 8 + 0.5), whole = cells < 0 ? (eighths + 4) / 8 : 0;
    for (int i = 0; i < zero - whole; i++) buf_putc(out, ' ');
    for (int i = 0; i < whole; i++) buf_puts(out, "█");
    for (; cells > 0 && eighths >= 8; eighths -= 8) buf_puts(out, "█");
    if (cells > 0) buf_puts(out, part[eighths]);
}

/* How bars share the room: cells a unit of height, cells left of zero. */
struct bar_scale {
    struct plot_axis y;
    double cells;
    int zero;
};

static double bar_cells(const struct figure *f, const struct bar_scale *b, double v) {
    if (!isfinite(v) || (f->ylog && v <= 0)) return 0;
    if (f->ylog) return (log(v) - log(b->y.low)) * b->cells;
    return v * b->cells;
}

static struct bar_scale scale_of(const struct figure *f, int room) {
    struct bar_scale b = {.y = plot_range(f, false)};
    double low = fmin(b.y.low, 0), high = fmax(b.y.high, 0);
    if (f->ylog) {
        b.cells = room / (log(b.y.high) - log(b.y.low));
        return b;
    }
    bool negative = false;
    for (int i = 0; i < f->series.n; i++)
        for (int k = 0; k < f->series.data[i].points.n; k++) negative |= f->series.data[i].points.data[k].y < 0;
    if (!negative) low = 0;
    b.cells = room / (high - low);
    b.zero = (int)ceil(-low * b.cells);
    return b;
}

static const char *bar_text(struct figure *f, const struct figure_point *p) {
    char text[64];
    struct buf b = {0};
    plot_number(text, sizeof text, p->y, 4);
    buf_puts(&b, text);
    if (p->high > p->low && isfinite(p->y)) {
        plot_number(text, sizeof text, (p->high - p->low) / 2, 2);
        buf_printf(&b, " ± %s", text);
    }
    const char *s = arena_strdup(f->arena, b.text);
    buf_free(&b);
    return s;
}

static int longest_text(struct figure *f) {
    int w = 0;
    for (int i = 0; i < f->series.n; i++)
        for (int k = 0; k < f->series.data[i].points.n; k++) {
            int n = columns_of(bar_text(f, &f->series.data[i].points.data[k]));
            if (n > w) w = n;
        }
    return w;
}

static void bars(struct figure *f, int width, struct buf *out) {
    int names = 0, categories = widest(f, &f->x), figures = longest_text(f);
    for (int i = 0; i < f->series.n; i++) {
        int n = columns_of(f->series.data[i].name);
        if (n > names) names = n;
    }
    int room = width - categories - 1 - names - (names > 0) - 1 - figures;
    bool above = room < width / LONG_NAME; /* names have lines of their own */
    if (above) room = width - 2 - 1 - figures;
    if (room < 2) room = 2;
    struct bar_scale scale = scale_of(f, room);
    for (int v = 0; v < f->x.values.n; v++) {
        const char *category = plot_value_text(f, &f->x, v);
        for (int i = 0; i < f->series.n; i++) {
            const struct figure_series *s = &f->series.data[i];
            for (int k = 0; k < s->points.n; k++) {
                const struct figure_point *p = &s->points.data[k];
                if ((int)p->x != v) continue;
                if (above) {
                    struct buf both = {0};
                    buf_printf(&both, "%s%s%s", category, *category && names ? " " : "", s->name);
                    line_of(out, both.text, width);
                    buf_free(&both);
                    buf_puts(out, "  ");
                } else {
                    plot_fit(out, category, categories, false);
                    buf_putc(out, ' ');
                    plot_fit(out, s->name, names, false);
                    if (names) buf_putc(out, ' ');
                    category = "";
                }
                bar(out, bar_cells(f, &scale, p->y), scale.zero);
                buf_printf(out, " %s\n", bar_text(f, p));
            }
        }
    }
}

/* ---- fields ---- */

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
        if (!isfinite(p->color) || (f->color_log && p->color <= 0)) continue;
        *low = fmin(*low, p->color);
        *high = fmax(*high, p->color);
    }
    return field;
}

static const char *const shade[] = {"·", "░", "▒", "▓", "█"};

static const char *shade_of(const struct figure *f, double v, double low, double high) {
    if (!isfinite(v) || (f->color_log && v <= 0)) return " ";
    if (!(high > low)) return shade[0];
    double share = f->color_log ? (log(v) - log(low)) / (log(high) - log(low)) : (v - low) / (high - low);
    return shade[share >= 0 && share <= 1 ? (int)(share * 4.999) : 0];
}

static const char *field_text(struct figure *f, double v) {
    char text[32];
    return isfinite(v) ? arena_strdup(f->arena, plot_number(text, sizeof text, v, 2)) : "-";
}

/* Below fields without numbers: the names that have room. */
static void put_columns(struct figure *f, int names, int cell, int every, struct buf *out, int width) {
    int column = 0;
    for (int x = 0; x < f->x.values.n; x += every) {
        const char *text = plot_value_text(f, &f->x, x);
        int from = names + 1 + x / every * cell, n = columns_of(text);
        if (from < column + (x > 0) || from + n > width) continue;
        for (; column < from; column++) buf_putc(out, ' ');
        buf_puts(out, text);
        column += n;
    }
    buf_putc(out, '\n');
}

/* A row a line, a shade and, where the terminal is wide enough, a number a field. */
static void fields(struct figure *f, int width, struct buf *out) {
    int nx = f->x.values.n, ny = f->y.values.n, names = widest(f, &f->y), w = widest(f, &f->x);
    double low, high, *field = grid(f, &low, &high);
    for (int i = 0; i < nx * ny; i++) {
        int n = columns_of(field_text(f, field[i]));
        if (n > w) w = n;
    }
    if (names > width / 2) names = width / 2;
    bool numbers = names + nx * (w + 3) <= width;
    int cell = names + 1 + 2 * nx <= width ? 2 : 1, room = width - names - 1;
    int every = numbers || nx * cell <= room ? 1 : (nx * cell + room - 1) / (room > 0 ? room : 1);
    for (int r = 0; r < ny; r += every) {
        int y = f->y.categories || f->downwards ? r : ny - 1 - r;
        plot_fit(out, plot_value_text(f, &f->y, y), names, true);
        if (!numbers) buf_putc(out, ' ');
        for (int x = 0; x < nx; x += every) {
            const char *mark = shade_of(f, field[y * nx + x], low, high);
            for (int i = 0; !numbers && i < cell; i++) buf_puts(out, mark);
            if (!numbers) continue;
            buf_printf(out, " %s ", mark);
            plot_fit(out, field_text(f, field[y * nx + x]), w, true);
        }
        buf_putc(out, '\n');
    }
    if (numbers) {
        for (int i = 0; i < names; i++) buf_putc(out, ' ');
        for (int x = 0; x < nx; x++) {
            buf_puts(out, "   ");
            plot_fit(out, plot_value_text(f, &f->x, x), w, true);
        }
        buf_putc(out, '\n');
    } else {
        put_columns(f, names, cell, every, out, width);
    }
    line_of(out, arena_printf(f->arena, "%s %s to %s %s%s", shade[0], field_text(f, low), shade[4],
                              field_text(f, high), f->color_log ? ", logarithmic" : ""), width);
    if (every > 1) line_of(out, arena_printf(f->arena, "one of %d rows and columns is shown", every), width);
}

/* A figure as text. */
void figure_text(struct figure *f, int width, struct buf *out) {
    if (width < NARROW) width = NARROW;
    if (f->kind == FIGURE_LINE || f->kind == FIGURE_SCATTER) {
        plot_canvas(f, width, out);
        return;
    }
    line_of(out, f->title, width);
    if (f->kind == FIGURE_BAR) {
        line_of(out, f->ylabel, width);
        bars(f, width, out);
    } else if (f->series.n) {
        if (f->xlabel && f->ylabel) {
            const char *text = arena_printf(f->arena, "%s%s%s (across), %s (%s)", f->color_label ? f->color_label : "",
                                            f->color_label ? ": " : "", f->xlabel, f->ylabel,
                                            f->y.categories || f->downwards ? "down" : "up");
            line_of(out, text, width);
        }
        fields(f, width, out);
    }
}
