/* Figures as gnuplot scripts, with their data in them.
 *
 * The look: the eight colours of Okabe and Ito (2008), which people of every colour vision tell apart, each with a
 * marker and a dash of its own, so that a printed copy in grey reads too; a light grid; two axes, no frame. The legend
 * stands in a corner that the data leave free, or outside. */
#include "runtime/plot_script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLOT_WIDTH = 600, /* of the file without a legend outside, in units of 1/100 inch */
    PLOT_HEIGHT = 400,
    LETTER = 7,       /* an average letter at the font's size */
    LINE = 18,        /* a line of the legend */
    MANY_SERIES = 3,  /* more: the legend stands outside */
    NAMES_ROOM = 160, /* of the width, for names beside lying bars */
    SLANTED = 14,     /* letters: longer names below an axis stand upright, shorter ones slant */
    LONGEST = 60      /* letters of a name; longer ones are cut */
};

static const struct {
    const char *color;
    int marker, dash;
} style[] = {
    {"#0072B2", 7, 1}, {"#D55E00", 5, 2}, {"#009E73", 9, 4},  {"#CC79A7", 13, 5},
    {"#E69F00", 11, 3}, {"#56B4E9", 15, 1}, {"#000000", 6, 2}, {"#7F7F7F", 4, 4},
};
enum { STYLES = sizeof style / sizeof *style };

/* A ninth series has the first's colour with a hollow marker and another dash. */
static const char *color_of(int i) {
    return style[i % STYLES].color;
}
static int marker_of(int i) {
    int m = style[i % STYLES].marker;
    return i / STYLES % 2 == 0 ? m : m > 4 && m % 2 ? m - 1 : m + 1;
}
static int dash_of(int i) {
    return (style[i % STYLES].dash - 1 + i / STYLES) % 5 + 1;
}

/* An error bar: an arrow with flat heads (gnuplot's own error bars have a white disc behind them in .svg files). */
#define TICK_LETTER 7.4 /* an average letter of a name beside an axis */
#define WHISKER "heads size screen 0.005,90 nofilled linewidth 1.1"

/* Kinds of files: the terminal, how many of its units an inch has, what its name is followed by. */
static const struct kind {
    const char *extension, *terminal, *options;
    double scale; /* of sizes in 1/100 inch */
} kinds[] = {
    {"svg", "svg", "enhanced font 'Helvetica,13' linewidth 1 background '#ffffff' dashlength 1.2", 1.15},
    {"pdf", "pdfcairo", "enhanced font 'Helvetica,10' fontscale 0.65 linewidth 1 background '#ffffff' dashlength 1.2",
     0.01},
    {"png", "pngcairo", "enhanced font 'Helvetica,11' fontscale 1.75 linewidth 2 pointscale 2 background '#ffffff'", 2},
};

/* A text as a gnuplot string in single quotes: nothing in it has a meaning but the quote, which is doubled. */
void script_quote(struct buf *out, const char *text) {
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'') buf_putc(out, '\'');
        buf_putc(out, (unsigned char)*text < 0x20 ? ' ' : *text);
    }
    buf_putc(out, '\'');
}

/* A text of several lines as a gnuplot string in double quotes: what could mean something stands as its number. */
static void quote_lines(struct buf *out, const char *text, int width) {
    int column = 0;
    buf_putc(out, '"');
    for (size_t i = 0, n = strlen(text); i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        size_t word = c == ' ' ? strcspn(text + i + 1, " ") : 0;
        if (c == ' ' && column + 1 + utf8_columns(text + i + 1, word) > width) {
            buf_puts(out, "\\n");
            column = 0;
            continue;
        }
        if (c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ')
            buf_putc(out, (char)c);
        else buf_printf(out, "\\%03o", c < 0x20 ? ' ' : c);
        column += (c & 0xC0) != 0x80;
    }
    buf_putc(out, '"');
}

/* A title or label, on several lines where one has not the room. */
static void setting(struct buf *out, const char *what, const char *text, const char *more, int pixels) {
    int width = pixels / LETTER;
    if (!text || !*text) return;
    buf_printf(out, "set %s ", what);
    if (utf8_columns(text, strlen(text)) > width) quote_lines(out, text, width);
    else script_quote(out, text);
    buf_printf(out, " noenhanced%s\n", more);
}

/* The label of the y axis; gnuplot does not keep a second line clear of the ticks. */
static void put_ylabel(struct buf *out, const char *text, int pixels) {
    bool lines = text && utf8_columns(text, strlen(text)) > pixels / LETTER;
    setting(out, "ylabel", text, lines ? " offset -1.2,0\nset lmargin 11" : " offset 0.5,0", pixels);
}

/* The label of the x axis; below names that stand upright it has a place of its own. */
static void put_xlabel(struct buf *out, const char *text, int pixels, bool below_names) {
    setting(out, below_names ? "label 1" : "xlabel", text, below_names ? " at graph 0.5, screen 0.03 center" : "",
            pixels);
}

static int columns_of(const char *text) {
    return utf8_columns(text, strlen(text));
}

static int longest_name(const struct figure *f) {
    int longest = 0;
    for (int i = 0; i < f->series.n; i++) {
        int n = columns_of(f->series.data[i].name);
        if (n > longest) longest = n;
    }
    return longest;
}

static int longest_category(struct figure *f, const struct figure_axis *axis) {
    int longest = 0;
    for (int i = 0; i < axis->values.n; i++) {
        int n = columns_of(plot_value_text(f, axis, i));
        if (n > longest) longest = n;
    }
    return longest < LONGEST ? longest : LONGEST;
}

/* Have the names of an x axis no room side by side, and are they texts? Then they are turned. */
static bool turned(struct figure *f, const struct figure_axis *a, int pixels) {
    return a->categories && (longest_category(f, a) + 2) * LETTER * a->values.n > pixels;
}

/* How much higher a figure becomes by names below it that stand upright. */
static int upright_names(struct figure *f, int pixels) {
    int longest = longest_category(f, &f->x);
    return turned(f, &f->x, pixels) && longest > SLANTED ? (int)(longest * TICK_LETTER) : 0;
}

/* A margin for names of that length, and what else stands there; gnuplot itself guesses it far too wide. */
static void put_margin(struct buf *out, char side, int pixels, int whole) {
    buf_printf(out, "set %cmargin at screen %.4f\n", side, (double)pixels / whole);
}

static int round_count(int every) {
    static const int counts[] = {1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] >= every) return counts[i];
    return every;
}

/* The names of an axis that is `pixels` long. Where there is no room for all, numbers show every second, fifth ...;
 * texts below the axis are turned instead. */
static void put_categories(struct figure *f, struct buf *out, char axis, const struct figure_axis *a, int sign,
                           int pixels, const char *more) {
    int n = a->values.n, each = axis == 'x' ? (longest_category(f, a) + 2) * LETTER : LINE, every = 1;
    if (axis == 'x' && turned(f, a, pixels)) {
        more = longest_category(f, a) > SLANTED ? " rotate by 90 right" : " rotate by 30 right";
        each = LINE;
    }
    if (each * n > pixels) every = round_count((each * n + pixels - 1) / pixels);
    buf_printf(out, "set %ctics (", axis);
    for (int i = 0; i < n; i += every) {
        buf_puts(out, i ? ", " : "");
        struct buf name = {0};
        const char *text = plot_value_text(f, a, i);
        plot_fit(&name, text, columns_of(text) > LONGEST ? LONGEST : columns_of(text), false);
        script_quote(out, name.text ? name.text : "");
        buf_free(&name);
        buf_printf(out, " %d", sign * i);
    }
    buf_printf(out, ") noenhanced%s\n", more);
}

/* ---- the legend ---- */

/* How much of the data's lines runs through a box of the plot; points in between count too. */
static int covered(const struct figure *f, const struct plot_axis *x, const struct plot_axis *y, const double box[4]) {
    enum { STEPS = 24 };
    int hits = 0;
    for (int i = 0; i < f->series.n; i++) {
        const struct figure_series *s = &f->series.data[i];
        double u0 = 0, v0 = 0;
        for (int k = 0; k < s->points.n; k++) {
            double u, v;
            plot_place(x, y, axis_coordinate(&f->x, (int)s->points.data[k].x), s->points.data[k].y, &u, &v);
            bool joined = k && f->kind == FIGURE_LINE && isfinite(v0);
            for (int j = joined ? 1 : STEPS; j <= STEPS; j++) {
                double t = (double)j / STEPS;
                double pu = joined ? u0 + t * (u - u0) : u, pv = joined ? v0 + t * (v - v0) : v;
                hits += pu > box[0] && pu < box[1] && pv > box[2] && pv < box[3];
            }
            u0 = u;
            v0 = v;
        }
    }
    return hits;
}

/* The corner for the legend, or NULL: no corner is free. */
static const char *free_corner(const struct figure *f, const struct plot_axis *x, const struct plot_axis *y) {
    double w = (longest_name(f) * LETTER + 70.0) / (PLOT_WIDTH - 80);
    double h = ((f->series.n + (f->series_label != NULL)) * LINE + 20.0) / (PLOT_HEIGHT - 90);
    const struct {
        const char *place;
        double box[4];
    } corners[] = {
        {"top right", {1 - w, 1.1, 1 - h, 1.1}},
        {"top left", {-0.1, w, 1 - h, 1.1}},
        {"bottom right", {1 - w, 1.1, -0.1, h}},
        {"bottom left", {-0.1, w, -0.1, h}},
    };
    if (f->series.n > MANY_SERIES || w > 0.6) return NULL;
    for (size_t i = 0; i < sizeof corners / sizeof *corners; i++)
        if (covered(f, x, y, corners[i].box) == 0) return corners[i].place;
    return NULL;
}

static bool has_names(const struct figure *f) {
    return f->series.n > 1 || (f->series.n == 1 && f->series.data[0].name[0]);
}

/* Writes the legend's setting; returns how much wider the figure becomes by it. */
static int put_legend(struct buf *out, const struct figure *f, const char *corner) {
    if (!has_names(f)) {
        buf_puts(out, "unset key\nset rmargin 3\n");
        return 0;
    }
    if (corner) buf_puts(out, "set rmargin 3\n");
    buf_printf(out, "set key noenhanced Left reverse samplen 2.4 spacing 1.15 %s",
               corner ? corner : "outside right top vertical");
    if (f->series_label) {
        buf_puts(out, " title ");
        script_quote(out, f->series_label);
        buf_puts(out, " left");
    }
    buf_putc(out, '\n');
    int title = f->series_label ? columns_of(f->series_label) * LETTER + 10 : 0, names = longest_name(f) * LETTER + 50;
    return corner ? 0 : names > title ? names : title;
}

/* ---- parts of every script ---- */

static void put_terminal(struct buf *out, const struct kind *k, int width, int height) {
    buf_printf(out, "set terminal %s size %g%s,%g%s %s\n", k->terminal, width * k->scale, k->scale < 1 ? "in" : "",
               height * k->scale, k->scale < 1 ? "in" : "", k->options);
}

static void put_look(struct buf *out, const struct figure *f, int title_pixels) {
    buf_puts(out, "set encoding utf8\n"
                  "set border 3 linewidth 1 linecolor rgb '#404040'\n"
                  "set tics out nomirror scale 0.8,0.4\n"
                  "set grid xtics ytics back linetype 1 linewidth 0.7 linecolor rgb '#E2E2E2'\n"

                  "set style fill solid 0.9 noborder\n");
    setting(out, "title", f->title, " offset 0,-0.3", title_pixels);
}

static void put_range(struct buf *out, char axis, const struct plot_axis *a) {
    if (a->log) buf_printf(out, "set logscale %c 10\n", axis);
    buf_printf(out, "set %crange [%.15g:%.15g]\n", axis, a->low, a->high);
}

static double clipped(const struct plot_axis *y, double v) {
    return v < y->low ? y->low : v > y->high ? y->high : v;
}

/* The points of series i as data block $sI: x, y, low, high. An empty line is a gap in the line. */
static void put_points(struct buf *out, const struct figure *f, int i, const struct plot_axis *y) {
    const struct figure_series *s = &f->series.data[i];
    buf_printf(out, "$s%d << END\n", i);
    for (int k = 0; k < s->points.n; k++) {
        const struct figure_point *p = &s->points.data[k];
        double x = axis_coordinate(&f->x, (int)p->x);
        if (!isfinite(p->y) || !isfinite(x) || (y->log && p->y <= 0) || (f->xlog && !f->x.categories && x <= 0)) {
            buf_putc(out, '\n');
            continue;
        }
        buf_printf(out, "%.15g %.15g %.15g %.15g\n", x, p->y, clipped(y, p->low), clipped(y, p->high));
    }
    buf_puts(out, "END\n");
}

/* Before each part of the plot command. */
static void next_plot(struct buf *out, bool first) {
    buf_puts(out, first ? "plot " : ", \\\n     ");
}

/* ---- lines and points ---- */

static void put_series(struct buf *out, const struct figure *f, int i) {
    const char *color = color_of(i);
    int marker = marker_of(i), dash = dash_of(i);
    if (f->kind == FIGURE_SCATTER)
        buf_printf(out, "$s%d using 1:2 with points pointtype %d pointsize 0.7 linecolor rgb '%s' title ", i,
                   marker, color);
    else
        buf_printf(out, "$s%d using 1:2 with linespoints linewidth 1.8 dashtype %d pointtype %d pointsize 0.6 "
                        "linecolor rgb '%s' title ", i, dash, marker, color);
    script_quote(out, f->series.data[i].name);
}

/* Uncertainty first, so that lines and markers stand on top. */
static void put_plot(struct buf *out, const struct figure *f) {
    for (int i = 0; i < f->series.n && f->uncertain; i++) {
        const char *color = color_of(i);
        next_plot(out, i == 0);
        if (f->band)
            buf_printf(out, "$s%d using 1:3:4 with filledcurves fillstyle transparent solid 0.18 noborder "
                            "fillcolor rgb '%s' notitle", i, color);
        else
            buf_printf(out, "$s%d using 1:3:(0):($4-$3) with vectors " WHISKER " linecolor rgb '%s' notitle", i, color);
    }
    for (int i = 0; i < f->series.n; i++) {
        next_plot(out, i == 0 && !f->uncertain);
        put_series(out, f, i);
    }
    buf_putc(out, '\n');
}

/* High enough for the legend. */
static int height_of(const struct figure *f) {
    int legend = (int)(f->series.n * LINE * 1.2) + 60;
    return legend > PLOT_HEIGHT ? legend : PLOT_HEIGHT;
}

static void line_script(struct figure *f, const struct kind *k, struct buf *out) {
    struct plot_axis x = plot_range(f, true), y = plot_range(f, false);
    struct buf body = {0};
    int height = height_of(f), deeper = f->x.categories ? upright_names(f, PLOT_WIDTH - 100) : 0;
    put_look(&body, f, PLOT_WIDTH - 90);
    if (deeper) put_margin(&body, 'b', deeper + 50, height + deeper);
    put_xlabel(&body, f->xlabel, PLOT_WIDTH - 90, deeper > 0);
    put_ylabel(&body, f->ylabel, height - 110);
    if (f->x.categories) {
        buf_printf(&body, "set xrange [-0.5:%g]\n", f->x.values.n - 0.5);
        put_categories(f, &body, 'x', &f->x, 1, PLOT_WIDTH - 100, "");
    } else {
        put_range(&body, 'x', &x);
        plot_ticks(&body, f, 'x', &x);
    }
    put_range(&body, 'y', &y);
    plot_ticks(&body, f, 'y', &y);
    int more = put_legend(&body, f, free_corner(f, &x, &y));
    for (int i = 0; i < f->series.n; i++) put_points(&body, f, i, &y);
    put_plot(&body, f);
    put_terminal(out, k, PLOT_WIDTH + more, height + deeper);
    buf_add(out, body.text, body.n);
    buf_free(&body);
}

/* ---- bars ---- */

/* Bars start at zero; on a log axis, at its foot. */
static struct plot_axis bar_range(const struct figure *f) {
    struct plot_axis y = plot_range(f, false);
    if (y.log) return y;
    double room = 0.06 * (y.high - y.low);
    if (y.low > 0) y.low = 0;
    if (y.high < 0) y.high = 0;
    if (y.low > -room && y.low < 0 && y.high > 0) y.low -= room;
    return y;
}

/* The bars of series i as $sI: left, right, foot, top, middle, low, high; upright or lying. */
static void put_bars(struct buf *out, const struct figure *f, int i, const struct plot_axis *y, bool lying) {
    const struct figure_series *s = &f->series.data[i];
    double each = 0.76 / f->series.n, foot = y->log ? y->low : 0;
    buf_printf(out, "$s%d << END\n", i);
    for (int k = 0; k < s->points.n; k++) {
        const struct figure_point *p = &s->points.data[k];
        if (!isfinite(p->y) || (y->log && p->y <= 0)) continue;
        double left = p->x - 0.38 + i * each, right = left + each * 0.94, top = clipped(y, p->y);
        double low = clipped(y, p->low), high = clipped(y, p->high), middle = (left + right) / 2;
        if (lying) buf_printf(out, "%g %g %g %g %g %g %g\n", foot, top, -right, -left, -middle, low, high);
        else buf_printf(out, "%g %g %g %g %g %g %g\n", left, right, foot, top, middle, low, high);
    }
    buf_puts(out, "END\n");
}

static void put_bar_plot(struct buf *out, const struct figure *f, bool lying) {
    for (int i = 0; i < f->series.n; i++) {
        next_plot(out, i == 0);
        buf_printf(out, "$s%d using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror linecolor rgb '%s' title ", i,
                   color_of(i));
        script_quote(out, f->series.data[i].name);
    }
    for (int i = 0; i < f->series.n && f->uncertain; i++) {
        next_plot(out, false);
        buf_printf(out, "$s%d using %s with vectors " WHISKER " linecolor rgb '#202020' notitle", i,
                   lying ? "6:5:($7-$6):(0)" : "5:6:(0):($7-$6)");
    }
    buf_putc(out, '\n');
}

/* Long names of bars would write over each other: such bars lie, one under the other. */
static void bar_script(struct figure *f, const struct kind *k, struct buf *out) {
    struct plot_axis y = bar_range(f);
    struct buf body = {0};
    int n = f->x.values.n, letters = longest_category(f, &f->x);
    bool lying = f->x.categories && (letters + 2) * n * LETTER > PLOT_WIDTH - 80;
    int each = f->series.n > 1 ? 16 * f->series.n + 10 : 30, left = lying ? (int)(letters * TICK_LETTER) + 25 : 0;
    int wider = left > NAMES_ROOM ? left - NAMES_ROOM : 0;
    int height = lying ? 120 + n * each : height_of(f);
    if (lying && height < height_of(f) && f->series.n > 10) height = height_of(f);
    int area = lying ? PLOT_WIDTH + wider - left - 50 : PLOT_WIDTH - 90;
    put_look(&body, f, area);
    put_xlabel(&body, lying ? f->ylabel : f->xlabel, area, false);
    put_ylabel(&body, lying ? NULL : f->ylabel, height - 110);
    put_range(&body, lying ? 'x' : 'y', &y);
    struct figure no_values = {.kind = f->kind};
    plot_ticks(&body, &no_values, lying ? 'x' : 'y', &y);
    buf_printf(&body, "set %crange [%g:%g]\nset grid no%ctics\n", lying ? 'y' : 'x', lying ? 0.4 - n : -0.6,
               lying ? 0.6 : n - 0.4, lying ? 'y' : 'x');
    put_categories(f, &body, lying ? 'y' : 'x', &f->x, lying ? -1 : 1, lying ? n * each : PLOT_WIDTH - 80, " scale 0");
    int more = put_legend(&body, f, NULL);
    if (lying) put_margin(&body, 'l', left, PLOT_WIDTH + more + wider);
    for (int i = 0; i < f->series.n; i++) put_bars(&body, f, i, &y, lying);
    put_bar_plot(&body, f, lying);
    put_terminal(out, k, PLOT_WIDTH + more + wider, height);
    buf_add(out, body.text, body.n);
    buf_free(&body);
}

/* ---- fields of colour ---- */

struct colors {
    double low, high;
    bool diverging; /* both signs: zero is white */
};

static struct colors color_range(const struct figure *f) {
    struct plot_axis a = {.empty = true};
    const struct figure_series *s = f->series.data;
    for (int k = 0; f->series.n && k < s->points.n; k++) {
        double v = s->points.data[k].color;
        if (!isfinite(v) || (f->color_log && v <= 0)) continue;
        if (a.empty || v < a.low) a.low = v;
        if (a.empty || v > a.high) a.high = v;
        a.empty = false;
    }
    struct colors c = {.low = a.low, .high = a.high, .diverging = a.low < 0 && a.high > 0};
    if (c.diverging) {
        c.high = fmax(-a.low, a.high);
        c.low = -c.high;
    }
    if (c.low == c.high) c.high = c.low + (c.low != 0 ? fabs(c.low) : 1);
    return c;
}

static void put_palette(struct buf *out, const struct figure *f, const struct colors *c) {
    /* Viridis (van der Walt and Smith, 2015) rises in lightness all the way; the other has white in its middle. */
    static const char *const viridis = "0 '#440154', 1 '#482878', 2 '#3E4A89', 3 '#31688E', 4 '#26828E', 5 '#1F9E89', "
                                       "6 '#35B779', 7 '#6DCD59', 8 '#B4DE2C', 9 '#FDE725'";
    static const char *const both = "0 '#053061', 1 '#2166AC', 2 '#4393C3', 3 '#92C5DE', 4 '#D1E5F0', 5 '#F7F7F7', "
                                    "6 '#FDDBC7', 7 '#F4A582', 8 '#D6604D', 9 '#B2182B', 10 '#67001F'";
    buf_printf(out, "set palette defined (%s)\n", c->diverging ? both : viridis);
    if (f->color_log) buf_puts(out, "set logscale cb 10\n");
    buf_printf(out, "set cbrange [%.15g:%.15g]\nset colorbox\n", c->low, c->high);
}

/* Whether white text reads better than black on the colour of v. */
static bool is_dark(const struct figure *f, const struct colors *c, double v) {
    double t = f->color_log ? log(v / c->low) / log(c->high / c->low) : (v - c->low) / (c->high - c->low);
    return c->diverging ? t < 0.2 || t > 0.8 : t < 0.6;
}

static void put_fields(struct buf *out, const struct figure *f, const struct colors *c) {
    const struct figure_series *s = &f->series.data[0];
    struct buf light = {0}, dark = {0};
    char text[32];
    double half = f->x.values.n > 20 || f->y.values.n > 20 ? 0.53 : 0.503; /* no seams where edges are smoothed */
    int sign = f->y.categories || f->downwards ? -1 : 1;
    buf_puts(out, "$fields << END\n");
    for (int k = 0; k < s->points.n; k++) {
        const struct figure_point *p = &s->points.data[k];
        if (!isfinite(p->color) || (f->color_log && p->color <= 0)) continue;
        buf_printf(out, "%g %g %.15g\n", p->x, sign * p->y, p->color);
        buf_printf(is_dark(f, c, p->color) ? &dark : &light, "%g %g %s\n", p->x, sign * p->y,
                   plot_number(text, sizeof text, p->color, 2));
    }
    buf_printf(out, "END\n$light << END\n%sEND\n$dark << END\n%sEND\n", light.n ? light.text : "",
               dark.n ? dark.text : "");
    buf_printf(out, "H = %g\nplot $fields using 1:2:($1-H):($1+H):($2-H):($2+H):3 with boxxyerror fillstyle solid 1.0 "
                    "noborder linecolor palette notitle", half);
    bool room = f->x.values.n <= 12 && f->y.values.n <= 14;
    if (room && light.n)
        buf_puts(out, ", \\\n     $light using 1:2:3 with labels textcolor rgb '#000000' font ',9' notitle");
    if (room && dark.n)
        buf_puts(out, ", \\\n     $dark using 1:2:3 with labels textcolor rgb '#FFFFFF' font ',9' notitle");
    buf_putc(out, '\n');
    buf_free(&light);
    buf_free(&dark);
}

static void heatmap_script(struct figure *f, const struct kind *k, struct buf *out) {
    struct colors c = color_range(f);
    int nx = f->x.values.n, ny = f->y.values.n, sign = f->y.categories || f->downwards ? -1 : 1;
    int height = 110 + ny * 34;
    int least = 240, labels = columns_of(f->ylabel ? f->ylabel : "");
    if (f->color_label && columns_of(f->color_label) > labels) labels = columns_of(f->color_label);
    if (labels * LETTER + 110 > least) least = labels < LONGEST ? labels * LETTER + 110 : LONGEST * LETTER + 110;
    height = height > 560 ? 560 : height;
    height = height < least ? least : height;
    int left = (int)(longest_category(f, &f->y) * TICK_LETTER) + 50, pixels = PLOT_WIDTH - 185;
    int wider = left > NAMES_ROOM ? left - NAMES_ROOM : 0, deeper = upright_names(f, pixels);
    put_terminal(out, k, PLOT_WIDTH + wider, height + deeper);
    put_look(out, f, pixels);
    struct buf margins = {0};
    put_margin(&margins, 'l', left, PLOT_WIDTH + wider);
    put_margin(&margins, 'r', PLOT_WIDTH + wider - 125, PLOT_WIDTH + wider);
    if (deeper) put_margin(&margins, 'b', deeper + 50, height + deeper);
    buf_puts(out, "unset grid\nunset border\nunset key\nset tics scale 0\n");
    put_xlabel(out, f->xlabel, pixels, deeper > 0);
    put_ylabel(out, f->ylabel, height - 90);
    setting(out, "cblabel", f->color_label, " offset 0.5,0", height - 90);
    put_palette(out, f, &c);
    buf_printf(out, "set xrange [-0.5:%g]\n", nx - 0.5);
    buf_printf(out, "set yrange [%g:%g]\n", sign > 0 ? -0.5 : 0.5 - ny, sign > 0 ? ny - 0.5 : 0.5);
    put_categories(f, out, 'x', &f->x, 1, pixels, "");
    put_categories(f, out, 'y', &f->y, sign, height - 90, "");
    buf_add(out, margins.text, margins.n);
    buf_free(&margins);
    put_fields(out, f, &c);
}

static const struct kind *kind_of(const char *extension) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].extension, extension) == 0) return &kinds[i];
    return NULL;
}

/* Is this a kind of file that can be drawn? */
bool figure_file_kind(const char *extension) {
    return kind_of(extension) != NULL;
}

/* The whole script for a file of that extension. */
void figure_script(struct figure *f, const char *extension, struct buf *out) {
    const struct kind *k = kind_of(extension);
    if (f->kind == FIGURE_BAR) bar_script(f, k, out);
    else if (f->kind == FIGURE_HEATMAP && f->series.n) heatmap_script(f, k, out);
    else line_script(f, k, out);
}
