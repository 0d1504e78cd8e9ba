/* Figures: rows at one place and their intervals, what is not shown, and text that keeps to its width. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lang/arena.h"
#include "runtime/plot.h"
#include "runtime/plot_script.h"

static struct arena arena;

static void setup(void) {
    memset(&arena, 0, sizeof arena);
}
static void teardown(void) {
    arena_free(&arena);
}

static void add(struct figure *f, const char *series, double x, double y) {
    struct cell at = cell_real(x), of = cell_real(y);
    ck_assert(figure_add(f, series, &at, &of));
}

/* Two-sided quantiles of Student's distribution, from the tables of every textbook. */
START_TEST(few_rows_have_wide_intervals) {
    static const struct {
        const char *band;
        int rows;
        double factor;
    } known[] = {{"90%", 2, 6.3138}, {"90%", 3, 2.9200}, {"90%", 5, 2.1318}, {"95%", 5, 2.7764}, {"95%", 11, 2.2281},
                 {"99%", 4, 5.8409}, {"90%", 1001, 1.6464}, {"se", 3, 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_double_eq_tol(plot_student(figure_spread(known[i].band), known[i].rows), known[i].factor, 2e-3);
}
END_TEST

START_TEST(rows_at_one_place_are_their_mean) {
    struct figure f;
    figure_init(&f, &arena, FIGURE_LINE);
    for (int i = 0; i < 4; i++) {
        add(&f, "a", 2, i == 3 ? NAN : 1 + i); /* 1, 2, 3 */
        add(&f, "b", 2, 7);
        add(&f, "a", 1, 5);
    }
    figure_settle(&f);
    const struct figure_point *p = f.series.data[0].points.data;
    ck_assert_int_eq(f.series.data[0].points.n, 2);
    ck_assert_double_eq_tol(p[0].y, 5, 1e-12);
    ck_assert_double_eq_tol(p[0].high - p[0].low, 0, 1e-12);
    ck_assert_double_eq_tol(p[1].y, 2, 1e-12);
    ck_assert_double_eq_tol(p[1].high - p[1].y, sqrt(1.0 / 3), 1e-12);
    ck_assert_int_eq(f.most_rows, 4);
}
END_TEST

/* Of many values the bootstrap's interval is the normal one; of few it stays within the values. */
START_TEST(the_bootstrap_finds_the_interval_of_a_mean) {
    enum { N = 400 };
    double v[N], low, high, again, square = 0;
    for (int i = 0; i < N; i++) {
        v[i] = (i * 37 % N) / (double)N - 0.5;
        square += v[i] * v[i];
    }
    double se = sqrt(square / N / N);
    plot_bootstrap(&arena, v, N, 0.9, &low, &high);
    ck_assert_double_eq_tol(low, -1.645 * se, 0.12 * se);
    ck_assert_double_eq_tol(high, 1.645 * se, 0.12 * se);
    plot_bootstrap(&arena, v, N, 0.9, &again, &high);
    ck_assert(low == again);
    double two[] = {1, 3};
    plot_bootstrap(&arena, two, 2, 0.9, &low, &high);
    ck_assert(low == 1 && high == 3);
}
END_TEST

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The interval of an estimate, from three moments, is the one that drawing its skewed prompts again gives. */
START_TEST(the_bootstrap_of_an_estimate_needs_no_prompts) {
    enum { N = 60, TIMES = 100000 };
    static double v[N], again[TIMES];
    double mean = 0, squares = 0, cubes = 0;
    for (int i = 0; i < N; i++) mean += (v[i] = pow(-log((i + 0.5) / N), 2)) / N;
    for (int i = 0; i < N; i++) {
        squares += pow(v[i] - mean, 2);
        cubes += pow(v[i] - mean, 3);
    }
    uint64_t state = 1;
    for (int r = 0; r < TIMES; r++)
        for (int i = 0; i < N; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            again[r] += v[(state >> 32) * N >> 32] / N;
        }
    qsort(again, TIMES, sizeof *again, ascending);
    struct estimate e = {.mean = mean, .se = sqrt(squares / (N - 1) / N), .trials = N + 3, .nonfinite = 3,
                         .skewness = cubes / N / pow(squares / N, 1.5)};
    for (int b = 0; b < 2; b++) {
        struct figure f;
        struct cell at = cell_int(1), of = cell_estimate(e);
        figure_init(&f, &arena, FIGURE_LINE);
        f.spread = figure_spread(b ? "bootstrap" : "90%");
        f.bootstrap = b;
        ck_assert(figure_add(&f, NULL, &at, &of));
        const struct figure_point *p = f.series.data[0].points.data;
        ck_assert_double_eq_tol(p->low, b ? again[TIMES / 20] : mean - 1.645 * e.se, 0.03 * e.se);
        ck_assert_double_eq_tol(p->high, b ? again[TIMES - TIMES / 20] : mean + 1.645 * e.se, 0.03 * e.se);
    }
    ck_assert_double_gt(again[TIMES / 20], mean - 1.58 * e.se); /* not the normal one */
}
END_TEST

START_TEST(what_is_not_shown_is_said) {
    struct figure f;
    FILE *to = fopen("/dev/null", "w");
    figure_init(&f, &arena, FIGURE_LINE);
    f.ylog = true;
    add(&f, "a", 1, 1);
    add(&f, "a", 2, -1);
    add(&f, "a", 3, INFINITY);
    ck_assert_ptr_null(figure_show(&f, to, 60));
    ck_assert_str_eq(figure_remarks(&f), "1 of 3 values is not finite and not shown\n"
                                         "1 of 3 values is not positive and has no place on a logarithmic axis");
    f.ylog = false;
    add(&f, "a", 2, 4);
    ck_assert_ptr_null(figure_show(&f, to, 60));
    ck_assert_ptr_nonnull(strstr(figure_remarks(&f), "a point is the mean of its rows, up to 2"));
    fclose(to);
}
END_TEST

/* No line of a figure is wider than it may be, whatever its names. */
START_TEST(text_keeps_to_its_width) {
    static const double hard[] = {0, 1e-300, -1e300, 3, 3.0000001, INFINITY, NAN, 1e20, -5, 123456.789};
    for (int kind = FIGURE_LINE; kind <= FIGURE_HEATMAP; kind++) {
        for (int width = 24; width <= 120; width += 12) {
            for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
                struct figure f;
                struct buf text = {0};
                figure_init(&f, &arena, (enum figure_kind)kind);
                f.ylog = f.color_log = logarithmic;
                f.title = "A title of more than fifty letters, which is more than some terminals are wide";
                f.xlabel = f.ylabel = f.color_label = "a label that is also rather long, for a label";
                for (int i = 0; i < 10; i++) {
                    struct cell x = cell_text(arena_printf(&arena, "method %d with a long name, says σ", i));
                    struct cell y = cell_real(hard[i]), row = cell_int(i);
                    if (kind == FIGURE_HEATMAP) ck_assert(figure_add_field(&f, &row, &x, &y));
                    else ck_assert(figure_add(&f, i % 2 ? "a series with a name of some length" : "b", &x, &y));
                }
                figure_settle(&f);
                figure_text(&f, width, &text);
                for (char *line = strtok(text.text, "\n"); line; line = strtok(NULL, "\n"))
                    ck_assert_msg(utf8_columns(line, strlen(line)) <= width, "%d, %d: %s", kind, width, line);
                buf_free(&text);
            }
        }
    }
}
END_TEST

START_TEST(numbers_are_short) {
    static const struct {
        double v;
        const char *text;
    } known[] = {{0, "0"}, {407.3, "407"}, {0.04111, "0.041"}, {12345, "12345"}, {1.24e-5, "1.2e-5"}, {1e-5, "1e-5"},
                 {-1.5e20, "-1.5e20"}, {1e300, "1e300"}, {100, "100"}, {-20, "-20"}, {NAN, "nan"}, {-INFINITY, "-inf"}};
    char text[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        ck_assert_str_eq(plot_number(text, sizeof text, known[i].v, 2), known[i].text);
}
END_TEST

int main(void) {
    Suite *s = suite_create("figures");
    TCase *c = tcase_create("all");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, few_rows_have_wide_intervals);
    tcase_add_test(c, rows_at_one_place_are_their_mean);
    tcase_add_test(c, the_bootstrap_finds_the_interval_of_a_mean);
    tcase_add_test(c, the_bootstrap_of_an_estimate_needs_no_prompts);
    tcase_add_test(c, what_is_not_shown_is_said);
    tcase_add_test(c, text_keeps_to_its_width);
    tcase_add_test(c, numbers_are_short);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
