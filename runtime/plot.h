/* Figures: what is drawn (series of points, bars, a grid of colours), and drawing it through gnuplot to .svg, .pdf and
 * .png files or as text in the terminal.
 *
 *     struct figure f;
 *     figure_init(&f, arena, FIGURE_LINE);
 *     f.xlabel = "n"; f.ylabel = "risk"; f.ylog = true;
 *     for each row: figure_add(&f, "gd", &cell_n, &cell_risk);
 *     const char *why = figure_save(&f, "risk.svg");
 */
#ifndef ICL_PLOT_H
#define ICL_PLOT_H

#include <stdio.h>
#include "lang/vec.h"
#include "runtime/table.h"

enum figure_kind { FIGURE_LINE, FIGURE_SCATTER, FIGURE_BAR, FIGURE_HEATMAP };

struct figure_point {
    double x, y;      /* a category's number where the axis has categories */
    double low, high; /* ends of the error bar or band; y itself: none */
    double color;     /* heatmaps */
    int order;        /* of its row */
};
struct figure_series {
    const char *name;
    VEC(struct figure_point) points;
};
/* An axis has categories as soon as one of its values is a text; numbers then are categories too. */
struct figure_axis {
    VEC(struct cell) values; /* the different values, in order of appearance */
    bool categories;
};

struct figure {
    struct arena *arena;
    enum figure_kind kind;
    const char *title, *xlabel, *ylabel, *color_label, *series_label; /* NULL: none */
    bool xlog, ylog, color_log;
    bool downwards;   /* heatmaps: y runs down, as the rows of a matrix do */
    double spread;    /* half a bar of uncertainty, in standard errors; 1 at first */
    bool bootstrap;   /* intervals are the bootstrap's: over the rows at one place, or an estimate's prompts */
    bool band;        /* the uncertainty is shaded between the points, not a bar on each */
    int precision;
    struct figure_axis x, y;
    VEC(struct figure_series) series;
    bool uncertain; /* some point has a low and a high */
    bool settled;   /* ordered, counted and joined */

    /* What the figure does not say itself; known once it is drawn. */
    int rows, most_rows;         /* given; at most so many at one place, shown as their mean */
    int not_finite, not_positive; /* not shown: no number; no place on a logarithmic axis */
};

void figure_init(struct figure *f, struct arena *a, enum figure_kind kind);
/* FIGURE_LINE, _SCATTER, _BAR: adds a point to the series of that name (NULL: the only one). An estimate brings its
 * uncertainty. False: y is no number, or x is none and no text. Points that are not finite leave a gap. */
bool figure_add(struct figure *f, const char *series, const struct cell *x, const struct cell *y);
/* FIGURE_HEATMAP: colours one field. False: color is no number. */
bool figure_add_field(struct figure *f, const struct cell *x, const struct cell *y, const struct cell *color);
/* "90%", "95%", "99%" or "se" as a number of standard errors; "bootstrap" is as wide as "90%"; 0: not understood. */
double figure_spread(const char *band);
/* What a reader of the figure has to know and does not see, a sentence a line: rows that are not shown, points that are
 * means of several. NULL: nothing. After figure_save or figure_show. */
const char *figure_remarks(const struct figure *f);

/* Draws to a file; its name's ending says how. NULL, or why not (text in the figure's arena). */
const char *figure_save(struct figure *f, const char *path);
/* Draws as text, at most `width` columns. NULL, or why not. */
const char *figure_show(struct figure *f, FILE *to, int width);

#endif
