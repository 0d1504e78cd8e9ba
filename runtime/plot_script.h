/* Between the parts of plot: axes and their ticks, rows joined, gnuplot scripts, figures as text. */
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
/* Orders the values of an axis of numbers, and the points' references with them; sorts lines and bars by x, and joins
 * what stands at one place. Once a figure. */
void figure_settle(struct figure *f);
/* The range of all x (horizontal) or y with room around; bars and fields have their own. */
struct plot_axis plot_range(const struct figure *f, bool horizontal);
/* "set xtics (...)" for a log axis, or for an axis with few values; else gnuplot's own. */
void plot_ticks(struct buf *out, const struct figure *f, char axis, const struct plot_axis *a);
/* The place of the point in the plot, 0 to 1 in both directions. */
void plot_place(const struct plot_axis *x, const struct plot_axis *y, double px, double py, double *u, double *v);

/* Ticks at round numbers (or powers of ten and their parts), about `most` of them, in [low, high]. Returns how many. */
int plot_round_ticks(const struct plot_axis *a, int most, double *out);
/* v as a short text for a field or a tick: "0.041", "407", "1.2e-05". */
const char *plot_number(char *to, size_t size, double v, int digits);

/* ---- plot_rows.c ---- */

void plot_join_rows(struct figure *f);
/* How many standard errors of the mean of n rows hold it as surely as `spread` hold a normal's. */
double plot_student(double spread, int n);
/* Ends of the central `share` of the means of n values drawn again with replacement. */
void plot_bootstrap(struct arena *a, const double *v, int n, double share, double *low, double *high);
/* How far the bootstrap's interval of an estimate, z standard errors to either side, lies above the normal one. */
double plot_skewed(double z, const struct estimate *e);

/* ---- plot_script.c ---- */

/* Is this a kind of file that can be drawn? */
bool figure_file_kind(const char *extension);
/* The whole script of a settled figure for a file of that extension. */
void figure_script(struct figure *f, const char *extension, struct buf *out);
/* A text as a gnuplot string in single quotes, on one line. */
void script_quote(struct buf *out, const char *text);

/* ---- plot_text.c, plot_canvas.c ---- */

/* A settled figure as text: bars and fields here, lines and points on a canvas of characters. */
void figure_text(struct figure *f, int width, struct buf *out);
void plot_canvas(struct figure *f, int width, struct buf *out);
/* Text to a width: filled up with spaces, or cut with an ellipsis. */
void plot_fit(struct buf *out, const char *text, int width, bool right);
/* The text of an axis value. */
const char *plot_value_text(struct figure *f, const struct figure_axis *axis, int i);

#endif
