/* `icl bench`: what came out, as a table or as JSON, beside an earlier report. Two figures differ where the interval of
 * their ratio, from the intervals of both, widened by the precision that was asked for, does not hold 1: what changes
 * from one start of a process to the next (addresses, the clock's rate) is not in the spread of one process's runs. */
#include "compiler/bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/answer.h"
#include "compiler/level.h"
#include "runtime/output.h"
#include "runtime/table.h"

/* What a rate depends on besides the script. */
struct circumstances {
    const char *machine, *level, *engine;
    int threads, precision;
    double load;
};

static const char *processor(struct arena *a)
{
    char line[512];
    const char *name = "unknown";
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (!colon || (strncmp(line, "model name", 10) && strncmp(line, "CPU part", 8))) continue;
        line[strcspn(line, "\n")] = 0;
        name = arena_strdup(a, colon + 1 + strspn(colon + 1, " "));
        break;
    }
    if (f) fclose(f);
    return name;
}

static struct circumstances circumstances(struct ev *ev, double load)
{
    bool interp = ev->session->engine == ENGINE_INTERP;
    return (struct circumstances){ processor(ev->arena), interp ? "" : cpu_level_own()->cpu, interp ? "interp" : "jit",
                                   pool_threads(session_threads(ev)), ev->precision, load };
}

static double rate(const struct bench_result *r, double seconds)
{
    return seconds > 0 ? (double)r->total / seconds : 0;
}

/* ---- all figures, a row a call: for JSON, CSV and files ---- */

static const char *const columns_all[] = { "call",   "file",    "line",    "unit",      "rate",      "tokens", "amount",
                                           "open",   "seconds", "low",     "high",      "q1",        "q3",     "runs",
                                           "settled", "kernels", "compiling", "joined", "icl",       "machine", "level",
                                           "engine", "threads", "precision", "seed",    "load" };
enum { COLUMNS_ALL = sizeof columns_all / sizeof *columns_all };

/* `seconds`, `low` and `high` are the median and its interval, for all that the script asks of the call. */
static void full_row(struct ev *ev, struct table *t, const struct bench_result *r, const struct circumstances *c)
{
    const struct source *src = r->at->span.src;
    double per_second = rate(r, r->median);
    const struct cell cell[COLUMNS_ALL] = {
        cell_text(r->call), cell_text(src ? src->path : ""), cell_int(src ? source_line(src, r->at->span.from) : 0),
        cell_text(r->unit), cell_real(per_second),
        r->tokens ? cell_real(per_second * (double)r->tokens) : (struct cell){ .kind = CELL_NONE }, cell_int(r->total),
        cell_bool(r->open), cell_real(r->median), cell_real(r->low), cell_real(r->high), cell_real(r->q1),
        cell_real(r->q3), cell_int(r->runs), cell_bool(r->settled), cell_int(r->kernels), cell_real(r->compiling),
        cell_int(r->others), cell_text(PACKAGE_VERSION), cell_text(c->machine), cell_text(c->level),
        cell_text(c->engine), cell_int(c->threads), cell_int(c->precision), cell_int((int64_t)ev->session->seed),
        cell_real(c->load)
    };
    int row = table_add_row(t);
    for (int k = 0; k < COLUMNS_ALL; k++) table_set(t, row, k, cell[k]);
}

static struct table *full_table(struct ev *ev, const struct bench_result *r, int n, const struct circumstances *c)
{
    struct table *t = table_new(ev->arena, 32);
    for (int k = 0; k < COLUMNS_ALL; k++) table_add_column(t, columns_all[k]);
    for (int i = 0; i < n; i++) full_row(ev, t, &r[i], c);
    return t;
}

/* ---- comparing ---- */

struct before {
    VEC(json_t *) rows;
    VEC(bool) used;
};

/* An object a line, or an array of them. False: said. */
static bool read_before(struct ev *ev, const char *path, struct before *old)
{
    json_error_t wrong = { .text = "" };
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "icl: cannot read `%s`: %s\n", path, strerror(errno));
        return false;
    }
    for (json_t *j; (j = json_loadf(f, JSON_DISABLE_EOF_CHECK, &wrong));) {
        size_t n = json_is_array(j) ? json_array_size(j) : 1;
        for (size_t i = 0; i < n; i++) {
            json_t *row = json_is_array(j) ? json_array_get(j, i) : j;
            vec_push(ev->arena, &old->rows, json_incref(row));
            vec_push(ev->arena, &old->used, false);
        }
        json_decref(j);
    }
    bool good = feof(f) && old->rows.n;
    fclose(f);
    for (int i = 0; i < old->rows.n && good; i++)
        good = json_is_string(json_object_get(old->rows.data[i], "call")) &&
               json_number_value(json_object_get(old->rows.data[i], "seconds")) > 0 &&
               json_number_value(json_object_get(old->rows.data[i], "amount")) > 0;
    if (!good) fprintf(stderr, "icl: `%s` is no report of `icl bench --save` or `--format json`\n", path);
    return good;
}

static void forget_before(struct before *old)
{
    for (int i = 0; i < old->rows.n; i++) json_decref(old->rows.data[i]);
}

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text ? text : "";
}

static double number_of(const json_t *row, const char *name)
{
    return json_number_value(json_object_get(row, name));
}

/* The row of the same call: of equal texts the first that is left. NULL: none. */
static const json_t *row_before(struct before *old, const struct bench_result *r)
{
    for (int i = 0; i < old->rows.n; i++) {
        const json_t *row = old->rows.data[i];
        bool same = !strcmp(text_of(row, "call"), r->call) && !strcmp(text_of(row, "unit"), r->unit);
        if (old->used.data[i] || !same) continue;
        old->used.data[i] = true;
        return row;
    }
    return NULL;
}

/* How many times as fast, and what that is known to. */
struct ratio {
    double of, low, high;
};

static struct ratio ratio_to(const struct ev *ev, const struct bench_result *r, const json_t *row)
{
    double scale = (double)r->total / number_of(row, "amount"), wide = 1 + ev->session->bench_within / 100;
    return (struct ratio){ number_of(row, "seconds") * scale / r->median,
                           number_of(row, "low") * scale / r->high / wide,
                           number_of(row, "high") * scale / r->low * wide };
}

static const char *verdict(const struct ratio *x, const struct bench_result *r, const json_t *row)
{
    if (r->runs < BENCH_RUNS || number_of(row, "runs") < BENCH_RUNS) return "too few runs to tell";
    return x->low > 1 ? "faster" : x->high < 1 ? "slower" : "same within noise";
}

/* What makes a comparison one of apples and pears. */
static void remark_differences(struct before *old, const struct circumstances *c)
{
    const json_t *row = old->rows.data[0];
    const char *machine = text_of(row, "machine"), *engine = text_of(row, "engine"), *level = text_of(row, "level");
    int threads = (int)number_of(row, "threads"), precision = (int)number_of(row, "precision");
    if (strcmp(machine, c->machine)) fprintf(stderr, "note: before, the machine was %s\n", machine);
    if (strcmp(level, c->level)) fprintf(stderr, "note: before, code was for %s\n", *level ? level : "no processor");
    if (strcmp(engine, c->engine)) fprintf(stderr, "note: before, the engine was %s\n", engine);
    if (threads != c->threads) fprintf(stderr, "note: before, there were %d threads\n", threads);
    if (precision != c->precision) fprintf(stderr, "note: before, reals had %d bits\n", precision);
    if (bench_busy(number_of(row, "load")))
        fprintf(stderr, "note: before, the machine was busy (load %.1f)\n", number_of(row, "load"));
    for (int i = 0; i < old->rows.n; i++)
        if (!old->used.data[i])
            fprintf(stderr, "note: the script has no `%s` any more\n", text_of(old->rows.data[i], "call"));
}

/* ---- text ---- */

static const char *amount_text(struct arena *a, double v)
{
    static const char *const unit[] = { "", " k", " M", " G" };
    int k = 0;
    for (; k < 3 && v >= 1000; k++) v /= 1000;
    return arena_printf(a, "%.*f%s", v < 10 ? 2 : v < 100 ? 1 : 0, v, unit[k]);
}

static const char *seconds_text(struct arena *a, double s)
{
    if (s < 1e-3) return arena_printf(a, "%.3g µs", 1e6 * s);
    if (s < 1) return arena_printf(a, "%.3g ms", 1e3 * s);
    return arena_printf(a, s < 1000 ? "%.3g s" : "%.0f s", s);
}

/* At most `columns` wide. */
static const char *cut(struct arena *a, const char *text, int columns)
{
    size_t n = strlen(text);
    if (utf8_columns(text, n) <= columns) return text;
    while (n && (utf8_columns(text, n) > columns - 2 || ((unsigned char)text[n] & 0xc0) == 0x80)) n--;
    return arena_printf(a, "%.*s..", (int)n, text);
}

static const char *rate_text(struct arena *a, const struct bench_result *r)
{
    double v = rate(r, r->median);
    const char *text = arena_printf(a, "%s %s", amount_text(a, v), r->unit);
    return r->tokens ? arena_printf(a, "%s, %s tokens", text, amount_text(a, v * (double)r->tokens)) : text;
}

static const char *place(struct arena *a, const struct bench_result *r, const struct bench_result *first)
{
    const struct source *src = r->at->span.src;
    if (!src) return "";
    int line = source_line(src, r->at->span.from);
    const char *slash = strrchr(src->path, '/');
    return src == first->at->span.src ? arena_printf(a, "%d", line)
                                      : arena_printf(a, "%s:%d", slash ? slash + 1 : src->path, line);
}

static void text_row(struct ev *ev, struct table *t, const struct bench_result *r, const struct bench_result *first)
{
    struct arena *a = ev->arena;
    int row = table_add_row(t);
    const char *call = cut(a, r->call, 36);
    if (r->others) call = arena_printf(a, "%s +%d", call, r->others);
    const char *cell[] = { place(a, r, first), call, rate_text(a, r),
                           arena_printf(a, "%.1f %%", 50 * (r->high - r->low) / r->median),
                           arena_printf(a, "%.1f %%", 100 * (r->q3 - r->q1) / r->median),
                           arena_printf(a, "%d", r->runs),
                           seconds_text(a, r->compiling), r->open ? "as needed" : seconds_text(a, r->median) };
    for (int c = 0; c < 8; c++) table_set(t, row, c, cell_text(cell[c]));
}

static void text_report(struct ev *ev, const struct bench_result *r, int n, const struct circumstances *c)
{
    static const char *const columns[] = { "line",   "call", "a second",  "±",
                                           "spread", "runs", "compiling", "in the script" };
    struct table *t = table_new(ev->arena, 64);
    struct buf b = { 0 };
    int unsettled = 0;
    for (int k = 0; k < 8; k++) table_add_column(t, columns[k]);
    for (int i = 0; i < n; i++) {
        text_row(ev, t, &r[i], &r[0]);
        unsettled += !r[i].settled;
    }
    printf("%s%s%s, %d thread%s, reals of %d bits, icl %s\n\n", c->machine,
           *c->level ? ", code for " : ", the interpreter", c->level, c->threads, c->threads == 1 ? "" : "s",
           c->precision, PACKAGE_VERSION);
    table_print(&b, t, output_width(stdout));
    fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
    if (unsettled)
        printf("\n%d of %d not known to %g %% within %g s: `--seconds` gives more time, `--within` asks for less\n",
               unsettled, n, ev->session->bench_within, ev->session->bench_seconds);
}

static void text_compare(struct ev *ev, const struct bench_result *r, int n, struct before *old)
{
    static const char *const columns[] = { "line", "call", "before", "now", "ratio", "between", "" };
    struct arena *a = ev->arena;
    struct table *t = table_new(a, 64);
    struct buf b = { 0 };
    for (int k = 0; k < 7; k++) table_add_column(t, columns[k]);
    for (int i = 0; i < n; i++) {
        const json_t *row = row_before(old, &r[i]);
        struct ratio x = row ? ratio_to(ev, &r[i], row) : (struct ratio){ 0 };
        double was = row ? number_of(row, "amount") / number_of(row, "seconds") : 0;
        const char *cell[] = { place(a, &r[i], r), cut(a, r[i].call, 36), row ? amount_text(a, was) : "",
                               arena_printf(a, "%s %s", amount_text(a, rate(&r[i], r[i].median)), r[i].unit),
                               row ? arena_printf(a, "%.3f", x.of) : "",
                               row ? arena_printf(a, "%.3f .. %.3f", x.low, x.high) : "",
                               row ? verdict(&x, &r[i], row) : "new" };
        int at = table_add_row(t);
        for (int k = 0; k < 7; k++) table_set(t, at, k, cell_text(cell[k]));
    }
    table_print(&b, t, output_width(stdout));
    putchar('\n');
    fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
}

/* See bench.h. */
bool bench_report(struct ev *ev, struct bench_result *r, int n, double load)
{
    const struct session *s = ev->session;
    struct circumstances c = circumstances(ev, load);
    struct before old = { 0 };
    struct buf json = { 0 }, csv = { 0 };
    struct table *all = full_table(ev, r, n, &c);
    const char *why = NULL;
    if (s->bench_compare && !read_before(ev, s->bench_compare, &old)) {
        forget_before(&old);
        return false;
    }
    table_json(&json, all);
    table_csv(&csv, all);
    if (s->format == FORMAT_JSON) fwrite(json.text, 1, json.n, stdout);
    else if (s->format == FORMAT_CSV) fwrite(csv.text, 1, csv.n, stdout);
    else text_report(ev, r, n, &c);
    if (s->bench_compare && s->format == FORMAT_TEXT) text_compare(ev, r, n, &old);
    if (s->bench_compare) remark_differences(&old, &c);
    if (s->bench_save) why = output_write(ev->arena, s->bench_save, json.text, json.n);
    if (why) fprintf(stderr, "icl: %s\n", why);
    buf_free(&json);
    buf_free(&csv);
    forget_before(&old);
    return !why;
}
