/* The progress line. It is drawn at most ten times a second, asks the terminal for its width each time (so a resized
 * window needs no signal), never reaches the last column, and is taken away at the end. */
#include "runtime/progress.h"

#include <inttypes.h>
#include <string.h>
#include "lang/str.h"
#include "runtime/clock.h"
#include "runtime/output.h"

#define FIRST_SHOWN 1.0 /* seconds */
#define BETWEEN 0.1

/* Decides whether there is a line at all. */
void progress_init(struct progress *p, FILE *to, enum progress_mode mode) {
    *p = (struct progress){.to = to};
    p->shown = mode == PROGRESS_ALWAYS || (mode == PROGRESS_AUTO && output_width(to) > 0);
}

/* The part of the outermost task that is done, 0 to 1. */
static double done_share(const struct progress *p) {
    double share = 0, step = 1;
    int depth = p->depth < PROGRESS_DEPTH ? p->depth : PROGRESS_DEPTH;
    for (int i = 0; i < depth; i++) {
        const struct progress_task *t = &p->task[i];
        if (t->total <= 0) break;
        share += step * (double)t->done / (double)t->total;
        if (t->done >= t->total) break;
        step /= (double)t->total;
    }
    return share < 1 ? share : 1;
}

static void put_time(char *out, size_t size, double seconds) {
    int64_t s = (int64_t)(seconds + 0.5);
    if (s < 60) snprintf(out, size, "%" PRId64 " s", s);
    else if (s < 3600) snprintf(out, size, "%" PRId64 ":%02" PRId64, s / 60, s % 60);
    else if (s < 100 * 3600) snprintf(out, size, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / 3600, s / 60 % 60, s % 60);
    else snprintf(out, size, "%" PRId64 " days", s / 86400);
}

/* "12/48" where steps are few, "340 /s" where they are many. */
static void put_rate(char *out, size_t size, const struct progress_task *t, double elapsed) {
    double rate = elapsed > 0 ? (double)(t->done - t->from) / elapsed : 0;
    if (t->total < 1000) snprintf(out, size, "%" PRId64 "/%" PRId64, t->done, t->total);
    else if (rate >= 1e6) snprintf(out, size, "%.3g M/s", rate / 1e6);
    else if (rate >= 1e4) snprintf(out, size, "%.3g k/s", rate / 1e3);
    else snprintf(out, size, rate >= 1e3 ? "%.0f /s" : "%.3g /s", rate);
}

/* label, bar, per cent, rate, time left; the bar takes what room there is, and is left out where there is none. */
int progress_line(const struct progress *p, double elapsed, int width, char *out, size_t size) {
    const struct progress_task *outer = &p->task[0];
    double share = done_share(p), now = share - (outer->total > 0 ? (double)outer->from / (double)outer->total : 0);
    char rate[48], left[32] = "", tail[128];
    put_rate(rate, sizeof rate, outer, elapsed);
    if (now > 0) put_time(left, sizeof left, elapsed * (1 - share) / now);
    snprintf(tail, sizeof tail, " %3.0f %%  %s%s%s", 100 * share, rate, *left ? "  " : "", left);
    int label = utf8_columns(p->task[0].label, strlen(p->task[0].label));
    int room = width - 1 - label - 2 - (int)strlen(tail);
    if (room > 40) room = 40;
    if (room < 4) room = 0;
    struct buf b = {0};
    if (label + (int)strlen(tail) < width) buf_printf(&b, "%s ", p->task[0].label);
    for (int i = 0; i < room; i++) buf_puts(&b, i < (int)(share * room + 0.5) ? "━" : "╌");
    buf_puts(&b, tail);
    snprintf(out, size, "%s", b.text);
    int columns = utf8_columns(out, strlen(out));
    buf_free(&b);
    return columns;
}

static void draw(struct progress *p, double time) {
    char line[512];
    int width = output_width(p->to);
    progress_line(p, time - p->began, width ? width : 80, line, sizeof line);
    fprintf(p->to, "\r\033[K%s", line);
    fflush(p->to);
    p->drawn = true;
    p->last = time;
}

/* Takes the line away. */
void progress_clear(struct progress *p) {
    if (!p || !p->drawn) return;
    fputs("\r\033[K", p->to);
    fflush(p->to);
    p->drawn = false;
}

/* Starts a task. */
void progress_begin(struct progress *p, const char *label, int64_t total) {
    if (!p) return;
    if (p->depth == 0) p->began = clock_seconds();
    if (p->depth < PROGRESS_DEPTH) p->task[p->depth] = (struct progress_task){.label = label, .total = total};
    p->depth++;
}

/* So many steps of the innermost task were done before. */
void progress_from(struct progress *p, int64_t done) {
    if (!p || p->depth == 0 || p->depth > PROGRESS_DEPTH) return;
    p->task[p->depth - 1].from = p->task[p->depth - 1].done = done;
}

/* So many steps of the innermost task are done. */
void progress_to(struct progress *p, int64_t done) {
    if (!p || p->depth == 0 || p->depth > PROGRESS_DEPTH) return;
    p->task[p->depth - 1].done = done;
    if (!p->shown) return;
    double time = clock_seconds();
    if (time - p->began >= FIRST_SHOWN && time - p->last >= BETWEEN) draw(p, time);
}

/* Ends the innermost task; the outermost takes the line with it. */
void progress_end(struct progress *p) {
    if (!p || p->depth == 0) return;
    if (--p->depth == 0) progress_clear(p);
}
