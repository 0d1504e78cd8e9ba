/* Collecting what a figure shows, and handing its script to gnuplot.
 *
 * gnuplot reads the script from a file of ours and writes to a file of ours: no shell, no path and no command of the
 * user's ever stands in the script. Text in it is quoted by script_quote (plot_script.c). */
#include "runtime/plot.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "runtime/output.h"
#include "runtime/plot_script.h"

extern char **environ;

/* An empty figure. */
void figure_init(struct figure *f, struct arena *a, enum figure_kind kind) {
    *f = (struct figure){.arena = a, .kind = kind, .spread = 1, .precision = 32};
}

static int axis_value(struct figure *f, struct figure_axis *axis, const struct cell *c) {
    for (int i = 0; i < axis->values.n; i++)
        if (cell_same(&axis->values.data[i], c)) return i;
    struct cell copy = *c;
    if (c->kind == CELL_TEXT || c->kind == CELL_PREDICTOR) {
        axis->categories = true;
        copy.text = arena_strdup(f->arena, c->text);
    }
    vec_push(f->arena, &axis->values, copy);
    return axis->values.n - 1;
}

static bool has_place(const struct cell *c) {
    double ignored;
    return c->kind == CELL_TEXT || c->kind == CELL_PREDICTOR || cell_number(c, &ignored);
}

static struct figure_series *series_of(struct figure *f, const char *name) {
    if (!name) name = "";
    for (int i = 0; i < f->series.n; i++)
        if (strcmp(f->series.data[i].name, name) == 0) return &f->series.data[i];
    struct figure_series s = {.name = arena_strdup(f->arena, name)};
    vec_push(f->arena, &f->series, s);
    return &f->series.data[f->series.n - 1];
}

/* Adds a point. Its x is kept as the number of the axis value, which figure_settle turns into a coordinate. */
bool figure_add(struct figure *f, const char *series, const struct cell *x, const struct cell *y) {
    struct figure_point p = {0};
    if (!has_place(x) || !cell_number(y, &p.y)) return false;
    f->rows++;
    f->settled = false;
    p.x = axis_value(f, &f->x, x);
    p.low = p.high = p.y;
    if (y->kind == CELL_ESTIMATE && isfinite(y->estimate.se) && y->estimate.se > 0) {
        double aside = f->bootstrap ? plot_skewed(f->spread, &y->estimate) : 0;
        p.low = p.y + aside - f->spread * y->estimate.se;
        p.high = p.y + aside + f->spread * y->estimate.se;
        f->uncertain = true;
    }
    struct figure_series *s = series_of(f, series);
    vec_push(f->arena, &s->points, p);
    return true;
}

/* Colours one field of a heatmap. */
bool figure_add_field(struct figure *f, const struct cell *x, const struct cell *y, const struct cell *color) {
    struct figure_point p = {0};
    if (!has_place(x) || !has_place(y) || !cell_number(color, &p.color)) return false;
    f->rows++;
    f->settled = false;
    p.x = axis_value(f, &f->x, x);
    p.y = axis_value(f, &f->y, y);
    struct figure_series *s = series_of(f, NULL);
    vec_push(f->arena, &s->points, p);
    return true;
}

/* A name of an interval as a number of standard errors. */
double figure_spread(const char *band) {
    static const struct {
        const char *name;
        double spread;
    } known[] = {{"se", 1},        {"bootstrap", 1.64485}, {"68%", 0.99446}, {"80%", 1.28155},
                 {"90%", 1.64485}, {"95%", 1.95996},       {"99%", 2.57583}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(band, known[i].name) == 0) return known[i].spread;
    return 0;
}

/* Counts the rows that have no place in the figure. */
static void count_missing(struct figure *f) {
    bool log_scale = f->kind == FIGURE_HEATMAP ? f->color_log : f->ylog;
    f->not_finite = f->not_positive = 0;
    for (int i = 0; i < f->series.n; i++) {
        for (int k = 0; k < f->series.data[i].points.n; k++) {
            const struct figure_point *p = &f->series.data[i].points.data[k];
            double v = f->kind == FIGURE_HEATMAP ? p->color : p->y, x = 1;
            if (f->kind == FIGURE_LINE || f->kind == FIGURE_SCATTER) {
                if (!f->x.categories) x = axis_coordinate(&f->x, (int)p->x);
            }
            if (!isfinite(v) || !isfinite(x)) f->not_finite++;
            else if ((log_scale && v <= 0) || (f->xlog && x <= 0)) f->not_positive++;
        }
    }
}

/* NULL, or why nothing of the figure can be drawn. */
static const char *nothing_to_draw(const struct figure *f) {
    if (f->rows == 0) return "the table has no rows";
    if (f->not_finite == f->rows) return "there is no value that is finite";
    if (f->not_finite + f->not_positive == f->rows) return "no value is positive, and the scale is logarithmic";
    return NULL;
}

/* Before drawing. NULL, or why there is nothing to draw. */
static const char *prepare(struct figure *f) {
    if (!f->settled) count_missing(f);
    const char *why = nothing_to_draw(f);
    if (!why && !f->settled) figure_settle(f);
    f->settled = !why;
    return why;
}

/* What a reader of the figure has to know and does not see. */
const char *figure_remarks(const struct figure *f) {
    struct buf b = {0};
    const char *sep = "";
    if (f->not_finite) {
        buf_printf(&b, "%d of %d values %s not finite and not shown", f->not_finite, f->rows,
                   f->not_finite == 1 ? "is" : "are");
        sep = "\n";
    }
    if (f->not_positive) {
        buf_printf(&b, "%s%d of %d values %s not positive and %s no place on a logarithmic axis", sep, f->not_positive,
                   f->rows, f->not_positive == 1 ? "is" : "are", f->not_positive == 1 ? "has" : "have");
        sep = "\n";
    }
    if (f->most_rows > 1)
        buf_printf(&b, "%sa point is the mean of its rows, up to %d; its interval comes from them%s", sep, f->most_rows,
                   f->bootstrap ? ", by the bootstrap" : "");
    const char *text = b.n ? arena_strdup(f->arena, b.text) : NULL;
    buf_free(&b);
    return text;
}

/* ---- gnuplot ---- */

static FILE *unnamed_file(void) {
    FILE *f = tmpfile();
    if (f) fcntl(fileno(f), F_SETFD, FD_CLOEXEC);
    return f;
}

/* The first line of what gnuplot complained about that is not an echo of the script. */
static const char *complaint(struct arena *a, FILE *errors) {
    char line[512];
    const char *found = "no reason given";
    rewind(errors);
    while (fgets(line, sizeof line, errors)) {
        line[strcspn(line, "\n")] = 0;
        char *text = strstr(line, "line "), *reason = text ? strchr(text, ':') : NULL;
        if (reason) found = arena_strdup(a, reason + 1 + strspn(reason + 1, " "));
    }
    return found;
}

/* Starts gnuplot with the three files as its standard streams. 0, or an errno. */
static int start(pid_t *child, FILE *script, FILE *to, FILE *errors) {
    char *const argv[] = {"gnuplot", "-d", NULL};
    posix_spawn_file_actions_t actions;
    int why = posix_spawn_file_actions_init(&actions);
    if (why) return why;
    posix_spawn_file_actions_adddup2(&actions, fileno(script), 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(to), 1);
    posix_spawn_file_actions_adddup2(&actions, fileno(errors), 2);
    why = posix_spawnp(child, "gnuplot", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return why;
}

/* Runs the script; what gnuplot draws goes to `to`. NULL, or why it could not be drawn. */
static const char *draw(struct arena *a, const struct buf *text, FILE *to) {
    FILE *script = unnamed_file(), *errors = unnamed_file();
    const char *why = NULL;
    pid_t child;
    int status = 0, fault = 0;
    if (!script || !errors || fwrite(text->text, 1, text->n, script) != text->n || fflush(script) != 0) {
        why = arena_printf(a, "no room for a temporary file: %s", strerror(errno));
    } else {
        rewind(script);
        fflush(to);
        fault = start(&child, script, to, errors);
        if (fault == ENOENT) why = "gnuplot draws the figures and is not installed: apt install gnuplot-nox";
        else if (fault) why = arena_printf(a, "gnuplot does not start: %s", strerror(fault));
    }
    if (!why) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            why = arena_printf(a, "gnuplot failed: %s", complaint(a, errors));
    }
    if (script) fclose(script);
    if (errors) fclose(errors);
    return why;
}

/* Draws to a file. */
const char *figure_save(struct figure *f, const char *path) {
    struct output_file file;
    struct buf script = {0};
    const char *extension = output_extension(path), *why;
    if (!figure_file_kind(extension))
        return arena_printf(f->arena, "cannot draw %s: a figure is written as .svg, .pdf or .png", path);
    why = prepare(f);
    if (why) return arena_printf(f->arena, "cannot draw %s: %s", path, why);
    figure_script(f, extension, &script);
    why = output_open(f->arena, &file, path);
    if (!why) {
        why = draw(f->arena, &script, file.to);
        if (why) {
            output_discard(&file);
            why = arena_printf(f->arena, "cannot draw %s: %s", path, why);
        } else {
            why = output_commit(f->arena, &file);
        }
    }
    buf_free(&script);
    return why;
}

/* Draws as text. */
const char *figure_show(struct figure *f, FILE *to, int width) {
    struct buf text = {0};
    const char *why = prepare(f);
    if (why) return arena_printf(f->arena, "cannot draw: %s", why);
    figure_text(f, width, &text);
    fwrite(text.text, 1, text.n, to);
    buf_free(&text);
    return NULL;
}
