/* Tables, their files, figures and the progress line: what a user sees of results. */
#include <check.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "runtime/npz.h"
#include "runtime/output.h"
#include "runtime/pack.h"
#include "runtime/plot.h"
#include "runtime/plot_script.h"
#include "runtime/progress.h"
#include "runtime/table.h"

static struct arena arena;
static char folder[64];

static void set_up(void) {
    arena = (struct arena){0};
    strcpy(folder, "/tmp/check_output.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void) {
    char command[128];
    snprintf(command, sizeof command, "/bin/rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
    arena_free(&arena);
}

static const char *in_folder(const char *name) {
    return arena_printf(&arena, "%s/%s", folder, name);
}

static const char *read_all(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
    char *text = arena_alloc(&arena, 1 << 20);
    *n = fread(text, 1, (1 << 20) - 1, f);
    fclose(f);
    return text;
}

static struct estimate estimate(double mean, double se) {
    return (struct estimate){.mean = mean, .se = se, .trials = 4096};
}

/* n, method, risk: two rows. */
static struct table *sample(void) {
    struct table *t = table_new(&arena, 32);
    table_add_column(t, "n");
    table_add_column(t, "method");
    for (int i = 0; i < 2; i++) {
        int row = table_add_row(t);
        table_set(t, row, 0, cell_int(i ? 128 : 8));
        table_set(t, row, 1, cell_predictor(i ? "correlate then gd" : "ridge", NULL));
    }
    int risk = table_add_column(t, "risk");
    table_set(t, 0, risk, cell_estimate(estimate(0.0647, 0.0012)));
    table_set(t, 1, risk, cell_estimate(estimate(12.25, 0.5)));
    return t;
}

START_TEST(a_table_grows_and_keeps_its_cells) {
    struct table *t = table_new(&arena, 64);
    for (int c = 0; c < 20; c++) table_add_column(t, arena_printf(&arena, "c%d", c));
    for (int r = 0; r < 100; r++) {
        table_add_row(t);
        for (int c = 0; c < 20; c++) table_set(t, r, c, cell_int(100 * c + r));
    }
    ck_assert_int_eq(table_find(t, "c17"), 17);
    ck_assert_int_eq(table_find(t, "c20"), -1);
    ck_assert_int_eq(table_at(t, 99, 19)->integer, 1999);
    ck_assert_int_eq(table_at(t, 0, 0)->integer, 0);
    int late = table_add_column(t, "late");
    ck_assert_int_eq(table_at(t, 50, late)->kind, CELL_NONE);

    bool keep[100] = {[3] = true, [97] = true};
    struct table *s = table_select(&arena, t, keep);
    ck_assert_int_eq(s->rows, 2);
    ck_assert_int_eq(table_at(s, 1, 1)->integer, 197);
}
END_TEST

START_TEST(cells_compare_by_value) {
    struct cell one = cell_int(1), real = cell_real(1.0), half = cell_real(0.5), gd = cell_predictor("gd", NULL),
                text = cell_text("gd"), e = cell_estimate(estimate(1, 0.1));
    ck_assert(cell_same(&one, &real));
    ck_assert(cell_same(&one, &e));
    ck_assert(!cell_same(&one, &half));
    ck_assert(cell_same(&gd, &text));
    ck_assert(!cell_same(&gd, &one));
    double v;
    ck_assert(cell_number(&e, &v) && v == 1);
    ck_assert(!cell_number(&gd, &v));
}
END_TEST

/* A row of every kind of cell, numbers that are hard among them. */
static struct table *all_kinds(void) {
    static const int64_t dims[] = {2, 2}, whole[] = {1, -2, INT64_MAX, 0}, none[] = {0};
    static const double reals[] = {0.1, -0.0, INFINITY, 1e-310};
    static const struct cell_tensor matrix = {.element = CELL_REAL, .rank = 2, .dims = dims, .real = reals},
                                    flags = {.element = CELL_BOOL, .rank = 2, .dims = dims, .integer = whole},
                                    empty = {.element = CELL_INT, .rank = 1, .dims = none, .integer = whole};
    struct table *t = table_new(&arena, 32);
    const struct cell cells[] = {cell_real(-0.0), cell_real(NAN), cell_int(INT64_MIN), cell_bool(true),
                                 cell_text("a \"line\"\nand σ"), cell_text(""), cell_predictor("ridge", NULL),
                                 cell_estimate((struct estimate){0.1, INFINITY, 4096, 3, 0.25, -1.5}),
                                 cell_tensor(&matrix), cell_tensor(&flags), cell_tensor(&empty), {.kind = CELL_NONE}};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        table_add_column(t, arena_printf(&arena, "c%zu", c));
        if (c == 0) table_add_row(t);
        table_set(t, 0, (int)c, cells[c]);
    }
    return t;
}

/* The row's cells, one after the other. */
static struct buf packed(const struct table *t) {
    struct buf b = {0};
    for (int c = 0; c < t->columns; c++) pack_cell(&b, table_at(t, 0, c));
    return b;
}

START_TEST(packed_cells_come_back_bit_by_bit) {
    struct table *t = all_kinds();
    struct buf b = packed(t), again = {0};
    struct unpacker u = unpacker_of(b.text, b.n);
    for (int c = 0; c < t->columns; c++) {
        struct cell cell = unpack_cell(&arena, &u);
        ck_assert_int_eq(cell.kind, table_at(t, 0, c)->kind);
        if (c == 4) ck_assert_str_eq(cell.text, "a \"line\"\nand σ");
        pack_cell(&again, &cell);
    }
    ck_assert(!u.bad && u.at == u.end && again.n == b.n && !memcmp(again.text, b.text, b.n));
    buf_free(&b);
    buf_free(&again);
}
END_TEST

/* Bytes that end early, or of which one is another, are refused or read as something else, and nothing breaks. */
START_TEST(damaged_bytes_are_refused) {
    struct table *t = all_kinds();
    struct buf b = packed(t);
    for (size_t n = 0; n < b.n; n++) {
        struct unpacker u = unpacker_of(arena_copy(&arena, b.text, n + 1), n);
        for (int c = 0; c < t->columns; c++) unpack_cell(&arena, &u);
        ck_assert(u.bad);
    }
    for (size_t n = 0; n < b.n; n++) {
        b.text[n] ^= (char)0x80;
        struct unpacker u = unpacker_of(b.text, b.n);
        for (int c = 0; c < t->columns; c++) unpack_cell(&arena, &u);
        b.text[n] ^= (char)0x80;
    }
    buf_free(&b);
}
END_TEST

START_TEST(text_is_aligned) {
    struct buf b = {0};
    table_print(&b, sample(), 0);
    ck_assert_str_eq(b.text, "  n  method                        risk\n"
                             "  8  ridge              0.0647 ± 0.0012\n"
                             "128  correlate then gd   12.25 ± 0.50\n");
    buf_free(&b);
}
END_TEST

START_TEST(names_are_measured_in_columns_not_bytes) {
    struct table *t = table_new(&arena, 32);
    struct buf b = {0};
    table_add_column(t, "σ");
    table_add_column(t, "η_name");
    table_add_row(t);
    table_set(t, 0, 0, cell_real(0.25));
    table_set(t, 0, 1, cell_text("λ"));
    table_print(&b, t, 0);
    ck_assert_str_eq(b.text, "   σ  η_name\n"
                             "0.25  λ\n");
    buf_free(&b);
}
END_TEST

START_TEST(a_wide_table_repeats_its_keys) {
    struct buf b = {0};
    struct table *t = sample();
    int c = table_add_column(t, "steps");
    table_set(t, 0, c, cell_real(1.5));
    table_set(t, 1, c, cell_real(2));
    table_print(&b, t, 42);
    ck_assert_str_eq(b.text, "  n  method                        risk\n"
                             "  8  ridge              0.0647 ± 0.0012\n"
                             "128  correlate then gd   12.25 ± 0.50\n"
                             "\n"
                             "  n  method             steps\n"
                             "  8  ridge                1.5\n"
                             "128  correlate then gd      2\n");
    buf_free(&b);
}
END_TEST

START_TEST(csv_is_quoted_and_estimates_take_four_columns) {
    struct buf b = {0};
    struct table *t = sample();
    table_set(t, 1, 1, cell_text("a, \"b\"\nc"));
    table_add_row(t);
    table_csv(&b, t);
    ck_assert_str_eq(b.text, "n,method,risk,risk_se,risk_trials,risk_nonfinite\n"
                             "8,ridge,0.0647,0.0012,4096,0\n"
                             "128,\"a, \"\"b\"\"\nc\",12.25,0.5,4096,0\n"
                             ",,,,,\n");
    buf_free(&b);
}
END_TEST

START_TEST(json_has_one_object_a_row) {
    static const int64_t dims[] = {2, 3};
    static const double data[] = {1, 2.5, 3, 0.1, NAN, INFINITY};
    const struct cell_tensor tensor = {.element = CELL_REAL, .rank = 2, .dims = dims, .real = data};
    struct buf b = {0};
    struct table *t = table_new(&arena, 32);
    table_add_column(t, "a \"b\"");
    table_add_column(t, "risk");
    table_add_column(t, "x");
    table_add_row(t);
    table_add_row(t);
    table_set(t, 0, 0, cell_text("tab\there\x01"));
    table_set(t, 0, 1, cell_estimate((struct estimate){.mean = 0.1, .se = INFINITY, .trials = 10, .nonfinite = 3}));
    table_set(t, 0, 2, cell_tensor(&tensor));
    table_set(t, 1, 0, cell_bool(true));
    table_set(t, 1, 1, cell_real((double)0.1f));
    table_json(&b, t);
    ck_assert_str_eq(b.text, "{\"a \\\"b\\\"\": \"tab\\there\\u0001\", "
                             "\"risk\": {\"mean\": 0.1, \"se\": null, \"trials\": 10, \"nonfinite\": 3}, "
                             "\"x\": [[1, 2.5, 3], [0.1, null, null]]}\n"
                             "{\"a \\\"b\\\"\": true, \"risk\": 0.1, \"x\": null}\n");
    buf_free(&b);
}
END_TEST

START_TEST(files_are_whole_or_not_there) {
    size_t n;
    struct table *t = sample();
    ck_assert_ptr_null(table_save(&arena, t, "t", in_folder("t.json")));
    const char *text = read_all(in_folder("t.json"), &n);
    ck_assert_int_eq(text[0], '[');
    ck_assert_str_eq(text + n - 4, "}\n]\n");
    ck_assert_ptr_null(table_save(&arena, t, "t", in_folder("t.csv")));
    read_all(in_folder("t.csv"), &n);

    const char *why = table_save(&arena, t, "t", in_folder("nowhere/t.csv"));
    ck_assert_str_eq(why, arena_printf(&arena, "cannot write %s/nowhere/t.csv: No such file or directory", folder));
    why = table_save(&arena, t, "t", folder);
    ck_assert_ptr_nonnull(strstr(why, "a table is saved as .csv, .json, .npz or .sqlite"));
    ck_assert_int_eq(mkdir(in_folder("d.csv"), 0777), 0);
    why = table_save(&arena, t, "t", in_folder("d.csv"));
    ck_assert_ptr_nonnull(strstr(why, "Is a directory"));

    struct output_file f;
    ck_assert_ptr_null(output_open(&arena, &f, in_folder("t.csv")));
    fputs("half", f.to);
    output_discard(&f);
    read_all(in_folder("t.csv"), &n);
    ck_assert_uint_gt(n, 100); /* the old file still stands */
    ck_assert_int_ne(access(f.draft, F_OK), 0);
}
END_TEST

START_TEST(an_archive_has_the_checksum_and_layout_of_a_zip_file) {
    struct npz z = {0};
    int64_t dims[] = {3};
    double data[] = {1, 2, 3};
    npz_add(&z, "a", "<f8", 1, dims, data, sizeof data);
    npz_finish(&z);
    const unsigned char *p = (const unsigned char *)z.file.text;
    ck_assert_int_eq(memcmp(p, "PK\3\4", 4), 0);
    /* The checksum of this very member by another program (zlib's crc32). */
    uint32_t crc = p[14] | p[15] << 8 | p[16] << 16 | (uint32_t)p[17] << 24;
    ck_assert_uint_eq(crc, 0x441DC12Au);
    const unsigned char *npy = p + 30 + strlen("a.npy");
    ck_assert_int_eq(memcmp(npy, "\x93NUMPY\x01\x00", 8), 0);
    size_t header = 10 + (npy[8] | npy[9] << 8);
    ck_assert_uint_eq(header % 64, 0);
    ck_assert_int_eq(memcmp(npy + header, data, sizeof data), 0);
    const unsigned char *end = p + z.file.n - 22;
    ck_assert_int_eq(memcmp(end, "PK\5\6", 4), 0);
    size_t directory = end[16] | end[17] << 8 | end[18] << 16;
    ck_assert_int_eq(memcmp(p + directory, "PK\1\2", 4), 0);
    npz_free(&z);
}
END_TEST

START_TEST(an_archive_beyond_its_format_is_refused) {
    struct npz z = {0};
    int64_t dims[] = {1 << 29, 1 << 4};
    char data[8] = {0};
    npz_add(&z, "a", "<f8", 1, (const int64_t[]){1}, data, sizeof data);
    npz_add(&z, "b", "<f8", 2, dims, data, (size_t)1 << 36);
    ck_assert(!npz_finish(&z));
    npz_free(&z);
}
END_TEST

START_TEST(no_value_is_no_number_in_an_archive) {
    for (int k = 0; k < 3; k++) {
        size_t n;
        struct table *t = table_new(&arena, 64);
        table_add_column(t, "a");
        table_add_row(t);
        table_set(t, table_add_row(t), 0, k == 0 ? cell_int(7) : k == 1 ? cell_bool(true) : cell_real(7));
        ck_assert_ptr_null(table_save(&arena, t, "t", in_folder("none.npz")));
        const char *text = read_all(in_folder("none.npz"), &n), *at = memmem(text, n, "<f8", 3);
        ck_assert_ptr_nonnull(at);
        double v[2];
        memcpy(v, (const char *)memchr(at, '\n', n - (size_t)(at - text)) + 1, sizeof v);
        ck_assert(isnan(v[0]) && v[1] == (k == 1 ? 1 : 7));
    }
}
END_TEST

START_TEST(a_single_value_keeps_its_shape_in_an_archive) {
    static const int64_t dims[] = {2, 3};
    static const double real[6] = {1, 2, 3, 4, 5, 6};
    struct cell_tensor tensor = {.element = CELL_REAL, .rank = 2, .dims = dims, .real = real};
    struct cell value[] = {cell_tensor(&tensor), cell_real(3), cell_int(4), cell_estimate(estimate(1, 0.5)),
                           cell_text("ridge")};
    static const char *const shape[2][2] = {{"'shape': (1, 2, 3,)", "'shape': (1,)"},
                                            {"'shape': (2, 3,)", "'shape': ()"}};
    for (int single = 0; single < 2; single++)
        for (int k = 0; k < 5; k++) {
            size_t n;
            struct table *t = table_new(&arena, 64);
            t->single = single;
            table_add_column(t, "value");
            table_set(t, table_add_row(t), 0, value[k]);
            ck_assert_ptr_null(table_save(&arena, t, "t", in_folder("one.npz")));
            const char *text = read_all(in_folder("one.npz"), &n), *wanted = shape[single][k > 0];
            ck_assert_ptr_nonnull(memmem(text, n, wanted, strlen(wanted)));
            if (single) ck_assert_ptr_null(memmem(text, n, "'shape': (1,)", 13));
        }
}
END_TEST

static void add(struct figure *f, const char *series, double x, struct cell y) {
    struct cell at = cell_real(x);
    ck_assert(figure_add(f, series, &at, &y));
}

START_TEST(figures_are_drawn_in_every_format) {
    static const char *const start[] = {"<?xml", "%PDF", "\x89PNG"}, *const name[] = {"f.svg", "f.pdf", "f.png"};
    struct figure f;
    size_t n;
    figure_init(&f, &arena, FIGURE_LINE);
    f.title = "it's `not` a \"command\" $HOME \\n {/Symbol a}_b";
    f.ylog = true;
    for (int i = 1; i <= 8; i++) {
        add(&f, "by_correlation then descent", i, cell_estimate(estimate(1.0 / i, 0.01)));
        add(&f, "it's", i, i == 4 ? cell_real(NAN) : cell_real(2.0 / i));
    }
    for (int i = 0; i < 3; i++) {
        const char *why = figure_save(&f, in_folder(name[i]));
        ck_assert_msg(why == NULL, "%s", why);
        ck_assert_int_eq(memcmp(read_all(in_folder(name[i]), &n), start[i], strlen(start[i])), 0);
    }
    const char *svg = read_all(in_folder("f.svg"), &n);
    ck_assert_ptr_nonnull(strstr(svg, "by_correlation then descent"));
    ck_assert_ptr_nonnull(strstr(svg, "`not` a"));
    ck_assert_ptr_nonnull(strstr(svg, "{/Symbol a}_b"));
    ck_assert_ptr_nonnull(strstr(figure_save(&f, in_folder("f.gif")), "a figure is written as .svg, .pdf or .png"));
    ck_assert_ptr_nonnull(strstr(figure_save(&f, in_folder("no/f.svg")), "No such file or directory"));
}
END_TEST

START_TEST(bars_and_fields_are_drawn) {
    struct figure f;
    size_t n;
    figure_init(&f, &arena, FIGURE_BAR);
    for (int i = 0; i < 6; i++) {
        struct cell x = cell_text(i % 2 ? "a short one" : arena_printf(&arena, "quite a long name, number %d", i));
        struct cell y = cell_real(i - 1);
        ck_assert(figure_add(&f, NULL, &x, &y));
    }
    ck_assert_ptr_null(figure_save(&f, in_folder("bars.svg")));
    ck_assert_ptr_nonnull(strstr(read_all(in_folder("bars.svg"), &n), "quite a long name, number 4"));

    figure_init(&f, &arena, FIGURE_HEATMAP);
    for (int i = 0; i < 12; i++) {
        struct cell x = cell_int(3 - i % 4), y = cell_int(i / 4), color = cell_real(i == 5 ? NAN : i - 4);
        ck_assert(figure_add_field(&f, &x, &y, &color));
    }
    ck_assert_ptr_null(figure_save(&f, in_folder("heat.svg")));
    struct cell text = cell_text("no number");
    ck_assert(!figure_add_field(&f, &text, &text, &text));
    struct buf b = {0};
    figure_text(&f, 60, &b);
    ck_assert_ptr_nonnull(strstr(b.text, "0 ░ -1 · -2 · -3 · -4"));
    buf_free(&b);
}
END_TEST

START_TEST(a_missing_gnuplot_is_named) {
    struct figure f;
    figure_init(&f, &arena, FIGURE_LINE);
    add(&f, NULL, 1, cell_real(1));
    setenv("PATH", folder, 1);
    const char *why = figure_save(&f, in_folder("f.svg"));
    ck_assert_ptr_nonnull(why);
    ck_assert_ptr_nonnull(strstr(why, "apt install gnuplot-nox"));
    ck_assert_int_ne(access(in_folder("f.svg"), F_OK), 0);
}
END_TEST

START_TEST(log_axes_of_little_range_show_more_ticks) {
    struct figure f;
    struct buf b = {0};
    figure_init(&f, &arena, FIGURE_LINE);
    f.ylog = true;
    add(&f, NULL, 1, cell_real(0.04));
    add(&f, NULL, 2, cell_real(1.5));
    add(&f, NULL, 3, cell_real(-1)); /* has no place on a log axis */
    struct plot_axis y = plot_range(&f, false);
    ck_assert(y.low > 0 && y.low < 0.04 && y.high > 1.5);
    plot_ticks(&b, &f, 'y', &y);
    ck_assert_ptr_nonnull(strstr(b.text, "'0.05' 0.05"));
    ck_assert_ptr_nonnull(strstr(b.text, "'0.2' 0.2"));
    ck_assert_ptr_nonnull(strstr(b.text, "'' 0.3 1"));
    buf_free(&b);
}
END_TEST

START_TEST(a_figure_of_nothing_is_refused) {
    struct figure f;
    figure_init(&f, &arena, FIGURE_LINE);
    ck_assert_ptr_nonnull(strstr(figure_save(&f, in_folder("f.svg")), "the table has no rows"));
    add(&f, NULL, 1, cell_real(NAN));
    ck_assert_ptr_nonnull(strstr(figure_show(&f, stderr, 80), "no value that is finite"));
    f.ylog = true;
    add(&f, NULL, 1, cell_real(-1));
    ck_assert_ptr_nonnull(strstr(figure_save(&f, in_folder("f.svg")), "no value is positive"));
    ck_assert_int_ne(access(in_folder("f.svg"), F_OK), 0);
    f.ylog = false;
    ck_assert_ptr_null(figure_save(&f, in_folder("f.svg")));
}
END_TEST

START_TEST(names_of_intervals) {
    ck_assert(figure_spread("se") == 1);
    ck_assert(fabs(figure_spread("90%") - 1.64485) < 1e-4);
    ck_assert(figure_spread("lots") == 0);
}
END_TEST

START_TEST(progress_counts_nested_steps) {
    struct progress p;
    char line[256];
    FILE *to = tmpfile();
    ck_assert_ptr_nonnull(to);
    progress_init(&p, to, PROGRESS_AUTO);
    ck_assert(!p.shown); /* a file is no terminal */
    progress_begin(&p, "sweep", 4);
    progress_to(&p, 1);
    progress_begin(&p, "risk", 10);
    progress_to(&p, 5);
    int columns = progress_line(&p, 30, 80, line, sizeof line);
    ck_assert_int_lt(columns, 80);
    ck_assert_ptr_nonnull(strstr(line, " 38 %")); /* (1 + 1/2) / 4 */
    ck_assert_ptr_nonnull(strstr(line, "1/4"));
    ck_assert_ptr_nonnull(strstr(line, "50 s"));
    ck_assert_int_lt(progress_line(&p, 30, 20, line, sizeof line), 20);
    progress_end(&p);
    progress_end(&p);
    progress_end(&p); /* one too many is harmless */
    progress_begin(&p, "training", 100000); /* what an earlier run has done took this one no time */
    progress_from(&p, 60000);
    progress_to(&p, 80000);
    progress_line(&p, 10, 80, line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, " 80 %"));
    ck_assert_ptr_nonnull(strstr(line, "2000 /s"));
    ck_assert_ptr_nonnull(strstr(line, " 10 s"));
    progress_end(&p);
    ck_assert_int_eq(ftell(to), 0);
    fclose(to);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("output");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_table_grows_and_keeps_its_cells);
    tcase_add_test(tests, cells_compare_by_value);
    tcase_add_test(tests, packed_cells_come_back_bit_by_bit);
    tcase_add_test(tests, damaged_bytes_are_refused);
    tcase_add_test(tests, text_is_aligned);
    tcase_add_test(tests, names_are_measured_in_columns_not_bytes);
    tcase_add_test(tests, a_wide_table_repeats_its_keys);
    tcase_add_test(tests, csv_is_quoted_and_estimates_take_four_columns);
    tcase_add_test(tests, json_has_one_object_a_row);
    tcase_add_test(tests, files_are_whole_or_not_there);
    tcase_add_test(tests, an_archive_has_the_checksum_and_layout_of_a_zip_file);
    tcase_add_test(tests, an_archive_beyond_its_format_is_refused);
    tcase_add_test(tests, no_value_is_no_number_in_an_archive);
    tcase_add_test(tests, a_single_value_keeps_its_shape_in_an_archive);
    tcase_add_test(tests, figures_are_drawn_in_every_format);
    tcase_add_test(tests, bars_and_fields_are_drawn);
    tcase_add_test(tests, a_missing_gnuplot_is_named);
    tcase_add_test(tests, log_axes_of_little_range_show_more_ticks);
    tcase_add_test(tests, a_figure_of_nothing_is_refused);
    tcase_add_test(tests, names_of_intervals);
    tcase_add_test(tests, progress_counts_nested_steps);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
