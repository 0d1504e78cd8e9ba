/* Intervals of the points of a figure. Several rows at one place (seeds, replicates) are one point, their mean, with an
 * interval of the mean; an estimate alone has the interval of its prompts.
 *
 * The interval of rows is that of Student's distribution around the mean of the rows, or, asked for, the bootstrap's:
 * the rows are drawn again with replacement, and the percentiles of the means so found are its ends (Efron, 1979). The
 * draws are words of the counter-based generator under a key of their own: the same table gives the same figure. */
#include <math.h>
#include <stdlib.h>

#include "runtime/icl_rt.h"
#include "runtime/plot_script.h"

enum { RESAMPLES = 2000 };
#define RESAMPLE_KEY UINT64_C(0x626F6F7473747261)

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ends of the central share of the means of n values drawn again. */
void plot_bootstrap(struct arena *a, const double *v, int n, double share, double *low, double *high) {
    double *mean = ARENA_ARRAY(a, double, RESAMPLES);
    for (int r = 0; r < RESAMPLES; r++) {
        uint32_t word[4];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            if (i % 4 == 0) icl_draw_words(RESAMPLE_KEY, 0, 0, (uint64_t)r, (uint32_t)i / 4, word);
            sum += v[(uint64_t)word[i % 4] * (uint64_t)n >> 32];
        }
        mean[r] = sum / n;
    }
    qsort(mean, RESAMPLES, sizeof *mean, ascending);
    int cut = (int)floor((1 - share) / 2 * RESAMPLES);
    *low = mean[cut];
    *high = mean[RESAMPLES - 1 - cut];
}

/* The percentiles of an estimate's bootstrap distribution over its prompts lie at its mean ± z standard errors, moved
 * by this: the prompts themselves are not kept, and need not be, since the mean of n values drawn again has a known
 * mean, variance and skewness, from which Cornish and Fisher's expansion gives the percentiles up to terms of 1 / n
 * standard errors (Hall, The Bootstrap and Edgeworth Expansion, 1992, 2.5). */
double plot_skewed(double z, const struct estimate *e) {
    double n = (double)(e->trials - e->nonfinite);
    return e->se * (z * z - 1) * e->skewness / (6 * sqrt(n));
}

static double normal_share(double spread) {
    return erf(spread / sqrt(2));
}

/* P(|T| <= t) for Student's T with whole degrees of freedom, by the finite sums of Abramowitz and Stegun, 26.7.3 and
 * 26.7.4. */
static double student_share(double t, int dof) {
    double angle = atan(t / sqrt(dof)), c = cos(angle), s = sin(angle), term = dof % 2 ? c : 1, sum = 0;
    for (int k = dof % 2 ? 3 : 2; k <= dof; k += 2) {
        sum += term;
        term *= c * c * (k - 1) / k;
    }
    return dof % 2 ? 2 / M_PI * (angle + s * sum) : s * sum;
}

/* How many standard errors of n values' mean hold it as surely as `spread` hold that of many; 1 stays 1: it is the
 * standard error itself that is asked for. */
double plot_student(double spread, int n) {
    double low = 0, high = 1000, share = normal_share(spread);
    if (n < 2 || spread == 1) return spread;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (student_share(middle, n - 1) < share) low = middle;
        else high = middle;
    }
    return low;
}

/* The mean of n values at one x, with its interval. */
static struct figure_point joined(struct figure *f, const double *v, int n, double x) {
    struct figure_point p = {.x = x};
    double squares = 0;
    for (int i = 0; i < n; i++) p.y += v[i] / n;
    for (int i = 0; i < n; i++) squares += (v[i] - p.y) * (v[i] - p.y);
    if (f->bootstrap) {
        plot_bootstrap(f->arena, v, n, normal_share(f->spread), &p.low, &p.high);
    } else {
        double half = plot_student(f->spread, n) * sqrt(squares / (n - 1) / n);
        p.low = p.y - half;
        p.high = p.y + half;
    }
    f->uncertain = true;
    return p;
}

static int by_place(const void *a, const void *b) {
    const struct figure_point *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->order - q->order;
}

/* Lines and bars: one point a place. Rows that are not finite are left out where others are. */
void plot_join_rows(struct figure *f) {
    if (f->kind != FIGURE_LINE && f->kind != FIGURE_BAR) return;
    for (int i = 0; i < f->series.n; i++) {
        struct figure_series *s = &f->series.data[i];
        double *v = ARENA_ARRAY(f->arena, double, s->points.n + 1);
        int kept = 0;
        for (int k = 0; k < s->points.n; k++) s->points.data[k].order = k;
        qsort(s->points.data, (size_t)s->points.n, sizeof *s->points.data, by_place);
        for (int k = 0, end; k < s->points.n; k = end) {
            struct figure_point p = s->points.data[k];
            int n = 0;
            for (end = k; end < s->points.n && s->points.data[end].x == p.x; end++) {
                double y = s->points.data[end].y;
                if (!isfinite(y)) continue;
                if (n == 0) p = s->points.data[end];
                v[n++] = y;
            }
            if (n > f->most_rows) f->most_rows = n;
            s->points.data[kept++] = n > 1 ? joined(f, v, n, p.x) : p;
        }
        s->points.n = kept;
    }
}
