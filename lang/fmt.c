/* The formatter walks the arranged tokens (tokens.h), which know blocks from literals and keywords from names, and the
 * text between them, which has the comments and the author's line breaks. Every token goes to a line of the result,
 * on the line before or on a new one; fmt_align.c then settles the columns.
 *
 * Line breaks are the author's, but for these: a block with a line break in it has its braces' contents on lines of
 * their own, `{` and `else` follow what is before them, and an empty line stands only between two others. Inside a
 * bracket with nothing behind it on its line the next lines are indented by four columns, inside another bracket they
 * stand under what follows it. Invariant: only blanks, line breaks and `;` are changed. */
#include "lang/fmt.h"

#include <stdlib.h>
#include <string.h>
#include "lang/fmt_lines.h"
#include "lang/tokens.h"

enum { INDENT = 4 };

/* A block or a bracket that is open. */
struct level {
    bool block;
    bool many;       /* block: on several lines */
    bool hangs;      /* bracket: nothing behind it on its line */
    int open;        /* its token */
    int base;        /* the line that its contents are counted from; -1: the margin */
    int anchor;      /* bracket that does not hang: the byte after it on that line */
    int number;      /* of the block */
    int first;       /* block: the line where the current statement starts */
    int first_token; /* its first token */
    bool own_line;   /* it begins its line */
};

struct formatter {
    struct parse *p;
    struct arena *arena;
    const struct token *tokens; /* without line ends; a string is one token */
    bool *starts;               /* whether a statement starts here */
    int *closer;                /* of an opening bracket or brace */
    int n;
    struct fmt_lines lines;
    struct buf text;            /* of the last line */
    VEC(struct level) levels;
    int blocks;
};

/* --- tokens --- */

static bool opens(int kind) {
    return kind == '(' || kind == '[' || kind == OPEN || kind == LITERAL;
}

static bool closes(int kind) {
    return kind == ')' || kind == ']' || kind == CLOSE || kind == LITERAL_CLOSE;
}

/* Takes the tokens of the text: a string with expressions becomes one, line ends become notes. */
static void take_tokens(struct formatter *f) {
    const struct token_list *from = &f->p->tokens;
    struct token *to = ARENA_ARRAY(&f->p->scratch, struct token, from->n + 1);
    bool fresh = true;
    int *open = ARENA_ARRAY(&f->p->scratch, int, from->n + 1), depth = 0;
    f->starts = ARENA_ARRAY(&f->p->scratch, bool, from->n + 1);
    f->closer = ARENA_ARRAY(&f->p->scratch, int, from->n + 1);
    for (int i = 0; i < from->n; i++) {
        struct token t = from->data[i];
        if (t.kind == NEWLINE || t.kind == FILE_END) {
            fresh = true;
            continue;
        }
        if (t.kind == STRING_HEAD) {
            int strings = 0;
            do {
                strings += (from->data[i].kind == STRING_HEAD) - (from->data[i].kind == STRING_TAIL);
                t.span.to = from->data[i].span.to;
                i++;
            } while (strings);
            i--;
            t.kind = STRING;
        }
        if (closes(t.kind)) f->closer[open[--depth]] = f->n;
        if (opens(t.kind)) open[depth++] = f->n;
        f->starts[f->n] = fresh && t.kind != CLOSE;
        fresh = t.kind == OPEN;
        to[f->n++] = t;
    }
    f->tokens = to;
}

static uint32_t end_of(const struct formatter *f, int i) {
    return i < 0 ? 0 : f->tokens[i].span.to;
}

/* The line breaks in a piece of the text. */
static int breaks(const struct formatter *f, uint32_t from, uint32_t to) {
    int n = 0;
    for (uint32_t i = from; i < to; i++) n += f->p->src->text[i] == '\n';
    return n;
}

/* Whether token i stands on another line than the one before it. */
static bool broken_before(const struct formatter *f, int i) {
    return breaks(f, end_of(f, i - 1), f->tokens[i].span.from) > 0;
}

static bool comment_before(const struct formatter *f, int i) {
    uint32_t from = end_of(f, i - 1);
    return memchr(f->p->src->text + from, '#', f->tokens[i].span.from - from) != NULL;
}

static struct level *top(struct formatter *f) {
    return &f->levels.data[f->levels.n - 1];
}

/* --- spaces --- */

/* `name: type` and `{ name: value }`, not `from:to`. */
static bool is_label(struct formatter *f, int colon) {
    const struct level *l = top(f);
    const struct token *t = f->tokens;
    if (colon < 2 || t[colon - 1].kind != NAME) return false;
    int before = t[colon - 2].kind;
    if (l->block) return before == OPTION;
    if (before != ',' && colon - 2 != l->open) return false;
    if (t[l->open].kind == LITERAL) return true;
    const struct level *outer = l - 1;
    int first = outer->block && outer->first_token >= 0 ? t[outer->first_token].kind : 0;
    return t[l->open].kind == '(' && l->open == outer->first_token + 2 && first >= FN && first <= OPTIMIZER;
}

/* Whether the operator or colon at i is written without a blank after it. */
static bool binds_right(struct formatter *f, int i) {
    const struct token *t = f->tokens;
    if (t[i].kind == '-') return i == 0 || f->starts[i] || !token_ends_operand(t[i - 1].kind);
    return t[i].kind == ':' && !is_label(f, i);
}

/* Whether a blank stands between tokens i - 1 and i of one line. */
static bool blank_between(struct formatter *f, int i) {
    int a = f->tokens[i - 1].kind, b = f->tokens[i].kind;
    if (a == ',') return b != ')' && b != ']';
    if ((a == OPEN && b == CLOSE) || (a == LITERAL && b == LITERAL_CLOSE)) return false;
    if (a == '(' || a == '[' || b == ')' || b == ']' || b == ',' || b == ':') return false;
    if (b == '.' || b == ELLIPSIS) return a == INTEGER || a == REAL;
    if (a == '.' || binds_right(f, i - 1)) return false;
    if (b == '(' || b == '[') return !token_ends_operand(a);
    return true;
}

/* --- lines --- */

static struct fmt_line *last_line(struct formatter *f) {
    return &f->lines.data[f->lines.n - 1];
}

/* The text of the last line is complete. */
static void end_line(struct formatter *f) {
    if (!f->lines.n) return;
    last_line(f)->text = arena_strndup(f->arena, f->text.text ? f->text.text : "", f->text.n);
    last_line(f)->n = (uint32_t)f->text.n;
    f->text.n = 0;
}

static void new_line(struct formatter *f, bool blank, int base, int indent, int anchor) {
    struct fmt_line l = {.blank = blank, .base = base, .indent = base < 0 ? 0 : indent, .anchor = anchor, .block = -1};
    end_line(f);
    vec_push(f->arena, &f->lines, l);
}

/* Whether the statement has a block of its own: the lines that go on with its head are indented twice. */
static bool has_block(const struct formatter *f, int first) {
    for (int i = first; i < f->n && f->tokens[i].statement == f->tokens[first].statement; i++)
        if (f->tokens[i].kind == OPEN) return true;
    return false;
}

/* `{` and an `else` behind `}` go on the line before. */
static bool follows(const struct formatter *f, int i) {
    int kind = f->tokens[i].kind;
    return kind == OPEN || (kind == ELSE && f->tokens[i - 1].kind == CLOSE);
}

/* Begins the line of token i, or of a comment before it. */
static void line_for(struct formatter *f, int i, bool comment, bool blank) {
    struct level *l = top(f);
    int kind = i < f->n ? f->tokens[i].kind : 0, margin = l->base < 0 ? 0 : INDENT;
    if (!l->block) {
        bool closing = !comment && closes(kind);
        if (l->hangs) new_line(f, blank, l->base, closing ? 0 : INDENT, -1);
        else new_line(f, blank, l->base, 0, closing ? l->anchor - 1 : l->anchor);
    } else if (i >= f->n || f->starts[i] || (kind == CLOSE && comment)) {
        new_line(f, blank, l->base, margin, -1);
    } else if (kind == CLOSE) {
        new_line(f, blank, l->base, 0, -1);
    } else {
        int indent = follows(f, i) ? 0 : has_block(f, l->first_token) ? 2 * INDENT : INDENT;
        new_line(f, blank, l->first, indent, -1);
    }
}

/* Puts the comments before token i on their lines. Returns the line breaks after the last of them. */
static int comments(struct formatter *f, int i) {
    const struct source *src = f->p->src;
    uint32_t at = end_of(f, i - 1), to = i < f->n ? f->tokens[i].span.from : (uint32_t)src->n, after = at;
    int lines = 0;
    bool inside = i > 0 && opens(f->tokens[i - 1].kind);
    for (; at < to; at++) {
        if (src->text[at] == '\n') lines++;
        if (src->text[at] != '#') continue;
        uint32_t from = at;
        while (at < to && src->text[at] != '\n') at++;
        uint32_t end = at--;
        while (end > from && strchr(" \t\r\f", src->text[end - 1])) end--;
        const char *text = arena_strndup(f->arena, src->text + from, end - from);
        if (!lines && f->lines.n) {
            last_line(f)->remark_text = text;
            last_line(f)->remark.column = source_column(src, from);
            last_line(f)->remark.gap = source_column(src, from) - source_column(src, after);
        } else {
            line_for(f, i, true, lines > 1 && f->lines.n && !inside);
            buf_puts(&f->text, text);
        }
        inside = false;
        lines = 0;
    }
    return lines;
}

/* --- marks --- */

static struct fmt_point point_at(const struct formatter *f, int i) {
    const struct source *src = f->p->src;
    struct fmt_point p = {.set = true, .at = (uint32_t)f->text.n};
    p.column = source_column(src, f->tokens[i].span.from);
    p.gap = p.column - source_column(src, end_of(f, i - 1));
    return p;
}

/* Notes what of token i may be aligned with the lines around. */
static void mark(struct formatter *f, int i) {
    const struct level *l = top(f);
    int kind = f->tokens[i].kind;
    if (!l->block || !l->own_line || l->first != f->lines.n - 1 || f->starts[i] || broken_before(f, i)) return;
    int first = f->tokens[l->first_token].kind;
    struct fmt_line *line = last_line(f);
    if ((kind == '~' || kind == '=') && !line->sign.set) {
        line->sign = point_at(f, i);
        line->block = l->number;
        line->mark = kind == '~' ? MARK_DRAW : MARK_ASSIGN;
        if (first == OPTION) line->mark = MARK_OPTION;
        if (first == PARAM) line->mark = MARK_PARAM;
    } else if (kind == STRING && first == OPTION && line->sign.set && f->tokens[i - 1].kind != '=') {
        line->help = point_at(f, i);
    }
}

/* --- the walk --- */

/* Whether token i begins a line. */
static bool breaks_before(struct formatter *f, int i) {
    const struct token *t = f->tokens;
    const struct level *l = top(f);
    if (i == 0) return true;
    if (closes(t[i].kind) && l->open == i - 1) return comment_before(f, i);
    if (t[i].kind == CLOSE || t[i - 1].kind == OPEN) return l->many;
    if (follows(f, i)) return comment_before(f, i);
    return broken_before(f, i);
}

static void begin_statement(struct formatter *f, int i, bool own_line) {
    struct level *l = top(f);
    l->first = f->lines.n - 1;
    l->first_token = i;
    l->own_line = own_line;
}

static void open_level(struct formatter *f, int i) {
    const struct level *outer = top(f);
    struct level l = {.open = i, .base = f->lines.n - 1, .anchor = (int)f->text.n, .first_token = -1};
    bool empty = f->closer[i] == i + 1 && !comment_before(f, i + 1);
    l.block = f->tokens[i].kind == OPEN;
    l.many = breaks(f, end_of(f, i), f->tokens[f->closer[i]].span.from) && !empty;
    l.hangs = broken_before(f, i + 1) && !empty;
    if (l.block && outer->block) l.base = outer->first;
    if (f->tokens[i].kind == LITERAL) l.anchor++;
    l.number = ++f->blocks;
    vec_push(f->arena, &f->levels, l);
}

static void put_token(struct formatter *f, int i) {
    const struct token *t = &f->tokens[i];
    int lines = comments(f, i);
    bool breaks_line = breaks_before(f, i), inside = i == 0 || opens(f->tokens[i - 1].kind);
    if (breaks_line) {
        bool own = f->lines.n && (last_line(f)->remark_text || f->text.n); /* something stands before it */
        line_for(f, i, false, lines > 1 && own && !closes(t->kind) && (!inside || comment_before(f, i)));
    }
    if (f->starts[i]) {
        if (!breaks_line && f->tokens[i - 1].kind != OPEN) buf_putc(&f->text, ';');
        begin_statement(f, i, breaks_line);
    }
    if (!breaks_line && (f->starts[i] || blank_between(f, i))) buf_putc(&f->text, ' ');
    mark(f, i);
    if (closes(t->kind)) f->levels.n--;
    buf_add(&f->text, f->p->src->text + t->span.from, t->span.to - t->span.from);
    if (opens(t->kind)) open_level(f, i);
}

/* Appends the formatted text. */
bool fmt_source(struct arena *a, const struct source *src, struct diags *ds, struct buf *out) {
    int errors = ds->errors;
    struct interner *names = interner_new(a);
    parse_source(a, names, src, ds, NULL);
    if (ds->errors > errors) return false;
    struct parse p = {.arena = a, .names = names, .src = src, .ds = ds};
    struct formatter f = {.p = &p, .arena = &p.scratch};
    struct level file = {.block = true, .many = true, .open = -1, .base = -1, .first_token = -1};
    tokens_read(&p);
    tokens_arrange(&p);
    take_tokens(&f);
    vec_push(f.arena, &f.levels, file);
    for (int i = 0; i < f.n; i++) put_token(&f, i);
    comments(&f, f.n);
    end_line(&f);
    fmt_settle(&f.lines, out);
    buf_free(&f.text);
    arena_free(&p.scratch);
    return true;
}

/* --- the same program --- */

static char *tree_text(struct arena *a, const struct source *src, size_t *n) {
    struct diags quiet;
    char *text = NULL;
    diags_init(&quiet, a);
    FILE *to = open_memstream(&text, n);
    if (!to) return NULL;
    ast_print(to, parse_source(a, interner_new(a), src, &quiet, NULL));
    fclose(to);
    if (quiet.errors) *n = 0;
    return text;
}

/* Whether two texts without syntax errors are the same program. */
bool fmt_same_program(struct arena *a, const struct source *x, const struct source *y) {
    size_t nx = 0, ny = 0;
    char *tx = tree_text(a, x, &nx), *ty = tree_text(a, y, &ny);
    bool same = tx && ty && nx == ny && nx > 0 && !memcmp(tx, ty, nx);
    free(tx);
    free(ty);
    return same;
}
