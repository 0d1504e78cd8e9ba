/* The difference of two texts, line by line, in the form of `diff -u`. Lines are paired by a longest common
 * subsequence, found by dynamic programming between the first and the last line that differ; texts that differ over
 * too many lines are shown as replaced there. */
#include "lang/fmt.h"

#include <stdlib.h>
#include <string.h>
#include "lang/vec.h"

enum { AROUND = 3, MOST_CELLS = 1 << 25 };

struct text {
    VEC(const char *) line;
    VEC(size_t) length;
};

/* One line of the result: in the old text, the new one, or both. */
struct step {
    int old, new; /* -1: not there */
};

struct steps {
    struct step *data;
    int n, capacity;
};

static void split(struct arena *a, struct text *t, const char *text) {
    while (*text) {
        size_t n = strcspn(text, "\n");
        vec_push(a, &t->line, text);
        vec_push(a, &t->length, n);
        text += n + (text[n] == '\n');
    }
}

static bool equal(const struct text *x, int i, const struct text *y, int k) {
    return x->length.data[i] == y->length.data[k] && !memcmp(x->line.data[i], y->line.data[k], x->length.data[i]);
}

/* Pairs lines [from, ox) of x with lines [from, oy) of y. */
static void pair(struct arena *a, const struct text *x, int ox, const struct text *y, int oy, int from,
                 struct steps *out) {
    int n = ox - from, m = oy - from, i = 0, k = 0;
    bool small = (int64_t)(n + 1) * (m + 1) <= MOST_CELLS;
    int *best = small ? ARENA_ARRAY(a, int, (n + 1) * (m + 1)) : NULL; /* lines in common behind (i, k) */
    for (int r = n - 1; r >= 0 && small; r--)
        for (int c = m - 1; c >= 0; c--) {
            int *at = &best[r * (m + 1) + c], below = at[m + 1], right = at[1];
            *at = equal(x, from + r, y, from + c) ? at[m + 2] + 1 : below > right ? below : right;
        }
    while (i < n || k < m) {
        const int *at = small ? &best[i * (m + 1) + k] : NULL;
        struct step s = {-1, -1};
        if (small && i < n && k < m && equal(x, from + i, y, from + k)) s = (struct step){from + i++, from + k++};
        else if (i < n && (!small || k == m || at[m + 1] >= at[1])) s.old = from + i++;
        else s.new = from + k++;
        vec_push(a, out, s);
    }
}

static bool changed(const struct step *s) {
    return s->old < 0 || s->new < 0;
}

static void hunk(struct buf *out, const struct text *x, const struct text *y, const struct step *s, int n) {
    int old = 0, new = 0, first_old = -1, first_new = -1;
    for (int i = 0; i < n; i++) {
        if (s[i].old >= 0 && !old++) first_old = s[i].old;
        if (s[i].new >= 0 && !new++) first_new = s[i].new;
    }
    buf_printf(out, "@@ -%d,%d +%d,%d @@\n", first_old + 1, old, first_new + 1, new);
    for (int i = 0; i < n; i++) {
        const struct text *t = s[i].old >= 0 ? x : y;
        int line = s[i].old >= 0 ? s[i].old : s[i].new;
        buf_putc(out, !changed(&s[i]) ? ' ' : s[i].old >= 0 ? '-' : '+');
        buf_add(out, t->line.data[line], t->length.data[line]);
        buf_putc(out, '\n');
    }
}

/* Appends the difference of two texts; nothing when they have the same lines. */
void fmt_diff(struct buf *out, const char *from, const char *to, const char *before, const char *after) {
    struct arena a = {0};
    struct text x = {0}, y = {0};
    struct steps s = {0};
    int same = 0, tail = 0;
    split(&a, &x, before);
    split(&a, &y, after);
    while (same < x.line.n && same < y.line.n && equal(&x, same, &y, same)) same++;
    while (tail < x.line.n - same && tail < y.line.n - same &&
           equal(&x, x.line.n - 1 - tail, &y, y.line.n - 1 - tail)) tail++;
    for (int i = 0; i < same; i++) vec_push(&a, &s, ((struct step){i, i}));
    pair(&a, &x, x.line.n - tail, &y, y.line.n - tail, same, &s);
    for (int i = tail; i > 0; i--) vec_push(&a, &s, ((struct step){x.line.n - i, y.line.n - i}));
    bool head = false;
    for (int i = 0, end; i < s.n; i = end) {
        end = i + 1;
        if (!changed(&s.data[i])) continue;
        int start = i > AROUND ? i - AROUND : 0;
        for (int last = i; end < s.n && end <= last + 2 * AROUND; end++)
            if (changed(&s.data[end])) last = end;
        int last = end - 1;
        while (!changed(&s.data[last])) last--;
        end = last + 1;
        int stop = end + AROUND < s.n ? end + AROUND : s.n;
        if (!head) buf_printf(out, "--- %s\n+++ %s\n", from, to);
        head = true;
        hunk(out, &x, &y, s.data + start, stop - start);
    }
    arena_free(&a);
}
