/* Between the parts of plot: axes and their ticks, gnuplot scripts, bars and fields as text. */
#ifndef ICL_PLOT_SCRIPT_H
#define ICL_PLOT_SCRIPT_H

#include "runtime/plot.h"

/* What an axis shows: its range and, where icl places them itself, its ticks. */
struct plot_axis {
    double low, high;
    bool log;
    bool empty; /* nothing can be shown */
};

/* ---- plot_axis.c ---- */

/* The coordinate of an axis value: its number where the axis has categories, its value elsewhere. */
double axis_coordinate(const struct figure_axis *axis, int value);
/* Orders the values of an axis of numbers, and the points' references with them; sorts each series of a line by x. */
void figure_settle(struct figure *f);
/* The range of all x (horizontal) or y with room around; bars and fields have their own. */
struct plot_axis plot_range(const struct figure *f, bool horizontal);
/* "set xtics (...)" for a log axis, or for an axis with few values; else gnuplot's own. */
void plot_ticks(struct buf *out, const struct figure *f, char axis, const struct plot_axis *a);
/* The place of the point in the plot, 0 to 1 in both directions. */
void plot_place(const struct plot_axis *x, const struct plot_axis *y, double px, double py, double *u, double *v);

/* ---- plot_script.c ---- */

/* The whole script for a file of that extension. False: no such kind of file. */
bool figure_script(struct figure *f, const char *extension, struct buf *out);
/* The script for lines and points as text. */
void figure_dumb_script(struct figure *f, int width, int height, struct buf *out);
/* A text as a gnuplot string in single quotes, on one line. */
void script_quote(struct buf *out, const char *text);

/* ---- plot_text.c ---- */

/* Bars or fields as text. */
void figure_text(struct figure *f, int width, struct buf *out);

#endif
