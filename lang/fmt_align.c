/* Columns. Operators of neighbouring lines are put under each other where the author did so:
 *
 * - draws, params and options: as soon as one of the lines in a row leaves more than one blank before its sign;
 * - assignments: where their signs stood in one column, at least one of them with more than one blank;
 * - comments behind code: as soon as two of the lines in a row had theirs in one column.
 *
 * The column is that of the longest line plus the smallest gap any of them had. What is aligned so is aligned the same
 * way when it is read again. A line under an open bracket follows the bracket. */
#include "lang/fmt_lines.h"

enum { COMMENT_GAP = 2 };

/* Columns of a line's first n bytes, padding included. */
static int width_to(const struct fmt_line *l, uint32_t n) {
    int width = utf8_columns(l->text, n);
    if (l->sign.set && l->sign.at < n) width += l->sign.pad;
    if (l->help.set && l->help.at < n) width += l->help.pad;
    return width;
}

/* --- signs --- */

static bool same_run(const struct fmt_line *a, const struct fmt_line *b) {
    if (b->mark != a->mark || b->block != a->block || b->blank) return false;
    return a->mark != MARK_ASSIGN || a->sign.column == b->sign.column;
}

static void align_signs(struct fmt_line *l, int n) {
    int widest = 0, gap = l->sign.gap;
    bool spread = false;
    for (int i = 0; i < n; i++) {
        int width = utf8_columns(l[i].text, l[i].sign.at - 1);
        if (width > widest) widest = width;
        if (l[i].sign.gap < gap) gap = l[i].sign.gap;
        spread |= l[i].sign.gap > 1;
    }
    if (gap < 1) gap = 1;
    for (int i = 0; i < n && spread && n > 1; i++)
        l[i].sign.pad = widest + gap - utf8_columns(l[i].text, l[i].sign.at - 1) - 1;
}

static void align_help(struct fmt_line *l, int n) {
    int widest = 0, gap = l->help.gap;
    for (int i = 0; i < n; i++) {
        int width = width_to(&l[i], l[i].help.at - 1);
        if (width > widest) widest = width;
        if (l[i].help.gap < gap) gap = l[i].help.gap;
    }
    if (gap < 1) gap = 1;
    for (int i = 0; i < n; i++) l[i].help.pad = widest + gap - width_to(&l[i], l[i].help.at - 1) - 1;
}

static void align_code(struct fmt_lines *lines) {
    struct fmt_line *l = lines->data;
    for (int i = 0, end; i < lines->n; i = end) {
        for (end = i + 1; l[i].mark && end < lines->n && same_run(&l[end - 1], &l[end]);) end++;
        if (l[i].mark) align_signs(l + i, end - i);
    }
    for (int i = 0, end; i < lines->n; i = end) {
        for (end = i + 1; l[i].help.set && end < lines->n && l[end].help.set && same_run(&l[end - 1], &l[end]);) end++;
        if (l[i].help.set) align_help(l + i, end - i);
    }
    for (int i = 0; i < lines->n; i++) {
        const struct fmt_line *base = l[i].base < 0 ? NULL : &l[l[i].base];
        l[i].column = l[i].indent;
        if (base) l[i].column = base->column + (l[i].anchor < 0 ? l[i].indent : width_to(base, (uint32_t)l[i].anchor));
    }
}

/* --- comments behind code --- */

/* The column after a line's code. */
static int end_of(const struct fmt_line *l) {
    return l->column + width_to(l, l->n);
}

static int gap_of(const struct fmt_line *l) {
    return l->remark.gap < COMMENT_GAP ? COMMENT_GAP : l->remark.gap;
}

static bool shares_column(const struct fmt_line *l, int n) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            if (l[i].remark.column == l[k].remark.column ||
                end_of(&l[i]) + gap_of(&l[i]) == end_of(&l[k]) + gap_of(&l[k]))
                return true;
    return false;
}

static void align_remarks(struct fmt_line *l, int n) {
    int widest = 0, gap = gap_of(l);
    bool aligned = shares_column(l, n);
    for (int i = 0; i < n; i++) {
        if (end_of(&l[i]) > widest) widest = end_of(&l[i]);
        if (gap_of(&l[i]) < gap) gap = gap_of(&l[i]);
    }
    for (int i = 0; i < n; i++) l[i].remark.pad = aligned ? widest + gap - end_of(&l[i]) : gap_of(&l[i]);
}

/* --- text --- */

static void put_line(const struct fmt_line *l, struct buf *out) {
    uint32_t at = 0;
    if (l->blank) buf_putc(out, '\n');
    buf_printf(out, "%*s", l->column, "");
    const struct fmt_point *point[] = {&l->sign, &l->help};
    for (int i = 0; i < 2; i++) {
        if (!point[i]->set) continue;
        buf_add(out, l->text + at, point[i]->at - at);
        buf_printf(out, "%*s", point[i]->pad, "");
        at = point[i]->at;
    }
    buf_add(out, l->text + at, l->n - at);
    if (l->remark_text) buf_printf(out, "%*s%s", l->remark.pad, "", l->remark_text);
    buf_putc(out, '\n');
}

/* Aligns what stands under each other and appends the text. */
void fmt_settle(struct fmt_lines *lines, struct buf *out) {
    struct fmt_line *l = lines->data;
    align_code(lines);
    for (int i = 0, end; i < lines->n; i = end) {
        for (end = i + 1; l[i].remark_text && end < lines->n && l[end].remark_text && !l[end].blank;) end++;
        if (l[i].remark_text) align_remarks(l + i, end - i);
    }
    for (int i = 0; i < lines->n; i++) put_line(&l[i], out);
}
