/* The tokens of a file, arranged for the parser: what needs more sight than one token is decided here.
 *
 * - Brackets are paired first, so that a missing or a stray one is reported where it is and nothing else suffers. When
 *   braces do not come out even, they are paired again by the indentation of the lines they stand on.
 * - A newline ends a statement unless a bracket is open or the line before wants more.
 * - `{` opens a block after an operand (`repeat 3 {`) and a literal after anything else (`x = {`); after `plot t` and
 *   `heatmap t` it opens a literal.
 * - Words such as `print`, `option` and `truth` are keywords only where a statement has them; keywords are names after
 *   `.` and as names of arguments and columns.
 *
 * Invariant of what comes out: brackets balance, every statement ends with NEWLINE, the last token is FILE_END. */
#include "lang/tokens.h"

#include <string.h>

enum { DEEPEST = 200 };

enum place { IN_FILE, IN_BLOCK, IN_ROUND, IN_SQUARE, IN_LITERAL, IN_STRING };

struct level {
    enum place place;
    int open;      /* the raw token that opened it */
    int statement; /* the statement around it */
    int blocks;    /* blocks of the innermost statement so far, while another level is on top */
    int sweeps;    /* `sweep`s of that statement that wait for their block */
};

struct arranger {
    struct parse *p;
    struct level level[DEEPEST + 2];
    int depth;
    int statement, blocks, sweeps; /* of the innermost statement */
    int at;                        /* the raw token being read */
    const char *doc;               /* a doc comment waits for its definition */
    int doc_at;                    /* its last line, a raw token */
};

static bool is_one_of(int kind, const int *set) {
    for (; *set; set++)
        if (*set == kind) return true;
    return false;
}

static bool opens(int kind) {
    return kind == '(' || kind == '[' || kind == OPEN || kind == STRING_HEAD;
}

static int closer_of(int kind) {
    return kind == '(' ? ')' : kind == '[' ? ']' : kind == OPEN ? CLOSE : kind == STRING_HEAD ? STRING_TAIL : 0;
}

static bool closes(int kind) {
    return kind == ')' || kind == ']' || kind == CLOSE || kind == STRING_TAIL;
}

static const int defs[] = {[DEF_FN] = FN,
                           [DEF_TASK] = TASK,
                           [DEF_ALGORITHM] = ALGORITHM,
                           [DEF_PREPROCESS] = PREPROCESS,
                           [DEF_LAYER] = LAYER,
                           [DEF_ARCHITECTURE] = ARCHITECTURE,
                           [DEF_OPTIMIZER] = OPTIMIZER,
                           [DEF_COUNT] = 0};

static bool is_def(int kind) {
    return is_one_of(kind, defs);
}

static bool is_keyword(int kind) {
    static const int words[] = {REPEAT, UNTIL, FOR, IN, IF, ELSE, RETURN, PREDICT, YIELD, SWEEP, WITH, THEN,
                                AND, OR, NOT, GIVEN, KNOWING, IMPORT, ONLY, TRUE_, FALSE_, 0};
    return is_def(kind) || is_one_of(kind, words);
}

/* Whether an operand can end with this token. */
bool token_ends_operand(int kind) {
    return is_one_of(kind, (int[]){NAME, INTEGER, REAL, STRING, STRING_TAIL, ')', ']', CLOSE, LITERAL_CLOSE, TRUE_,
                                   FALSE_, 0});
}

/* Whether a line that ends with this token goes on in the next. */
static bool wants_more(int kind) {
    return is_one_of(kind, (int[]){'+', '-', '*', '/', '@', POWER, COMPARE, UPDATE, AND, OR, NOT, THEN, ',', '=', '~',
                                   ARROW, IN, 0});
}

/* --- pairing --- */

static uint32_t indent_of(const struct parse *p, int i) {
    uint32_t at = p->raw.data[i].span.from, line = p->src->line_at[source_line(p->src, at) - 1], n = 0;
    while (line + n < at && (p->src->text[line + n] == ' ' || p->src->text[line + n] == '\t')) n++;
    return n;
}

static void pair(struct parse *p, int open, int close) {
    p->raw.data[open].match = close;
    p->raw.data[close].match = open;
}

/* How many of the open braces on the stack stay open at a `}` or definition that starts a line: those inside the brace
 * whose line is indented as this one are taken to be unclosed. */
static int by_indentation(const struct parse *p, const int *stack, int n, int i, bool definition) {
    const struct token *raw = p->raw.data;
    uint32_t indent = indent_of(p, i);
    for (int k = 0; k < n; k++) {
        if (raw[stack[k]].kind != OPEN) continue;
        if (definition && indent_of(p, stack[k]) >= indent) return k;
        if (!definition && indent_of(p, stack[k]) == indent) return k + 1;
    }
    return n;
}

static int too_deep(struct parse *p, struct span where) {
    if (!p->too_deep) diag_new(p->ds, E_NESTING, where, "brackets are nested too deeply");
    p->too_deep = true;
    return 0;
}

/* Of a bracket that closes nothing and the innermost open one: are they meant for each other, `(a, b]`? */
static bool crossed(const struct parse *p, int open, int close) {
    const struct token *a = &p->raw.data[open], *b = &p->raw.data[close];
    bool round = (a->kind == '(' && b->kind == ']') || (a->kind == '[' && b->kind == ')');
    return round && source_line(p->src, a->span.from) == source_line(p->src, b->span.from);
}

/* Pairs brackets; returns how many braces stay open. A closing bracket pairs with the innermost open one of its kind,
 * and what is open inside that one stays unpaired. */
static int pair_all(struct parse *p, bool indentation) {
    struct token *raw = p->raw.data;
    int stack[DEEPEST], n = 0, braces = 0;
    for (int i = 0; i < p->raw.n; i++) raw[i].match = -1;
    for (int i = 0; i < p->raw.n; i++) {
        if (indentation && raw[i].first && (is_def(raw[i].kind) || raw[i].kind == CLOSE))
            n = by_indentation(p, stack, n, i, raw[i].kind != CLOSE);
        if (opens(raw[i].kind)) {
            if (n == DEEPEST) return too_deep(p, raw[i].span);
            stack[n++] = i;
        }
        if (!closes(raw[i].kind)) continue;
        int k = n - 1;
        while (k >= 0 && closer_of(raw[stack[k]].kind) != raw[i].kind && raw[stack[k]].kind != STRING_HEAD) k--;
        bool none = k < 0 || closer_of(raw[stack[k]].kind) != raw[i].kind;
        if (none && !(n && crossed(p, stack[n - 1], i))) continue;
        if (none) k = n - 1;
        pair(p, stack[k], i);
        n = k;
    }
    for (int i = 0; i < p->raw.n; i++) braces += raw[i].kind == OPEN && raw[i].match < 0;
    return braces;
}

/* --- looking round --- */

static const struct token *raw_at(const struct arranger *s, int i) {
    static const struct token end = {.kind = FILE_END};
    return i < s->p->raw.n ? &s->p->raw.data[i] : &end;
}

/* The first token from i on that is on a line of its own accord: no newline, no doc comment. */
static int skip_lines(const struct arranger *s, int i) {
    while (raw_at(s, i)->kind == NEWLINE || raw_at(s, i)->kind == DOC) i++;
    return i;
}

static const struct token *last(const struct arranger *s) {
    static const struct token none = {.kind = NEWLINE};
    return s->p->tokens.n ? &s->p->tokens.data[s->p->tokens.n - 1] : &none;
}

static bool fresh(const struct arranger *s) { /* at the start of a statement */
    return last(s)->kind == NEWLINE || (last(s)->kind == OPEN && s->level[s->depth].place == IN_BLOCK);
}

static bool in_block(const struct arranger *s) {
    return s->level[s->depth].place == IN_FILE || s->level[s->depth].place == IN_BLOCK;
}

static int first_kind(const struct arranger *s) {
    int first = s->p->statements.data[s->statement].first;
    return first < s->p->tokens.n ? s->p->tokens.data[first].kind : 0;
}

static const struct {
    const char *word;
    int token;
    enum { BEFORE_NAME, BEFORE_STRING, BEFORE_INTEGER, BEFORE_VALUE } when;
} words[] = {
    {"assert", ASSERT, BEFORE_VALUE},   {"heatmap", HEATMAP, BEFORE_VALUE}, {"language", LANGUAGE, BEFORE_INTEGER},
    {"option", OPTION, BEFORE_NAME},    {"param", PARAM, BEFORE_NAME},      {"plot", PLOT, BEFORE_VALUE},
    {"print", PRINT, BEFORE_VALUE},     {"prompt", PROMPT, BEFORE_VALUE},   {"record", RECORD, BEFORE_NAME},
    {"save", SAVE, BEFORE_VALUE},       {"state", STATE, BEFORE_NAME},      {"tap", TAP, BEFORE_NAME},
    {"test", TEST, BEFORE_STRING},
};

/* The i-th word that is a keyword only where a statement has it; NULL: there are no more. */
const char *token_statement_at(int i) {
    static const char *const inside[] = {"to", "truth"};
    int n = (int)(sizeof words / sizeof *words);
    if (i >= n) return i < n + 2 ? inside[i - n] : NULL;
    return i < 0 ? NULL : words[i].word;
}

/* The keyword that a name is when it starts a statement at raw token i; 0: it is a name. */
static int statement_word(const struct arranger *s, int i) {
    const struct token *t = raw_at(s, i), *next = raw_at(s, i + 1);
    if (t->kind != NAME) return 0;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        if (strcmp(words[k].word, t->value.NAME)) continue;
        switch (words[k].when) {
        case BEFORE_NAME: return next->kind == NAME || is_keyword(next->kind) ? words[k].token : 0;
        case BEFORE_STRING: return next->kind == STRING || next->kind == STRING_HEAD ? words[k].token : 0;
        case BEFORE_INTEGER: return next->kind == INTEGER ? words[k].token : 0;
        case BEFORE_VALUE: break;
        }
        if (next->kind == '[' && next->match >= 0) { /* print[n] ~ ... draws a `print` */
            int after = raw_at(s, next->match + 1)->kind;
            return after == '~' || after == '=' ? 0 : words[k].token;
        }
        bool name = is_one_of(next->kind, (int[]){'=', UPDATE, '~', '.', ',', ':', ARROW, 0});
        return name ? 0 : words[k].token;
    }
    return 0;
}

/* Whether a statement must start at raw token i: what stands there cannot go on an expression. */
static bool starts_statement(const struct arranger *s, int i, bool after_comma) {
    const struct token *t = raw_at(s, i), *next = raw_at(s, i + 1);
    if (is_def(t->kind)) return next->kind == NAME;
    if (is_one_of(t->kind, (int[]){REPEAT, FOR, IF, RETURN, PREDICT, YIELD, IMPORT, CLOSE, FILE_END, 0})) return true;
    if (t->kind != NAME) return false;
    if (is_one_of(next->kind, (int[]){'=', '~', UPDATE, 0})) return !after_comma;
    return statement_word(s, i) && is_one_of(next->kind, (int[]){NAME, STRING, STRING_HEAD, INTEGER, REAL, 0});
}

/* --- writing --- */

static void quiet(struct arranger *s) {
    s->p->statements.data[s->statement].quiet = true;
}

static void begin_statement(struct arranger *s) {
    struct statement first = {.first = s->p->tokens.n};
    vec_push(&s->p->scratch, &s->p->statements, first);
    s->statement = s->p->statements.n - 1;
    s->blocks = s->sweeps = 0;
}

static void put(struct arranger *s, struct token t) {
    t.statement = s->statement;
    vec_push(&s->p->scratch, &s->p->tokens, t);
}

/* A token that is not in the text, just behind the last one. */
static void make(struct arranger *s, int kind) {
    struct token t = {.kind = kind, .made = true, .match = -1};
    uint32_t at = s->p->tokens.n ? last(s)->span.to : 0;
    t.span = (struct span){s->p->src, at, at};
    put(s, t);
}

static void end_statement(struct arranger *s, const struct token *by) {
    if (fresh(s)) { /* nothing of it is left */
        if (s->p->statements.data[s->statement].quiet) begin_statement(s);
        return;
    }
    make(s, NEWLINE);
    if (by && by->kind != CLOSE) s->p->tokens.data[s->p->tokens.n - 1].made = false;
    if (by && by->kind == SEMICOLON) s->p->tokens.data[s->p->tokens.n - 1].span = by->span;
    begin_statement(s);
}

static bool push(struct arranger *s, enum place place, struct token t) {
    if (s->depth >= DEEPEST) return too_deep(s->p, t.span);
    put(s, t);
    s->level[++s->depth] = (struct level){place, s->at, s->statement, s->blocks, s->sweeps};
    if (place == IN_BLOCK) begin_statement(s);
    return true;
}

/* Leaves the innermost level with token t, or with one that is made up. */
static void pop(struct arranger *s, const struct token *t) {
    static const int closer[] = {0, CLOSE, ')', ']', LITERAL_CLOSE, STRING_TAIL};
    struct level *l = &s->level[s->depth];
    if (l->place == IN_BLOCK) {
        end_statement(s, t);
        s->statement = l->statement;
        s->sweeps = l->sweeps;
        s->blocks = l->blocks;
    }
    s->depth--;
    if (!t) {
        make(s, closer[l->place]);
        if (l->place == IN_STRING) s->p->tokens.data[s->p->tokens.n - 1].value.STRING = "";
        return;
    }
    struct token end = *t;
    end.kind = closer[l->place];
    put(s, end);
}

/* Reports an opening bracket without its other one. */
static void report_unclosed(struct arranger *s, const struct token *t) {
    const char *close = t->kind == '(' ? ")" : t->kind == '[' ? "]" : "}";
    const char *open = t->kind == '(' ? "(" : t->kind == '[' ? "[" : "{";
    if (t->kind == STRING_HEAD) return;
    struct diag *m = diag_new(s->p->ds, E_UNCLOSED, t->span, "`%s` is never closed: its `%s` is missing", open, close);
    if (t->kind == OPEN) diag_note(m, "this is judged by the indentation of the lines with braces");
}

static void report_stray(struct arranger *s, const struct token *t) {
    const char *text = t->kind == ')' ? ")" : t->kind == ']' ? "]" : "}";
    diag_new(s->p->ds, E_STRAY_CLOSE, t->span, "`%s` closes nothing", text);
}

/* Reports a bracket that is closed by one of another kind. */
static void report_crossed(struct arranger *s, const struct token *open) {
    const struct token *close = raw_at(s, open->match);
    bool round = open->kind == '(';
    struct diag *m = diag_new(s->p->ds, E_STRAY_CLOSE, close->span, "`%s` does not close `%s`", round ? "]" : ")",
                              round ? "(" : "[");
    diag_label(m, open->span, "opened here");
}

/* --- decisions --- */

static bool opens_block(const struct arranger *s) {
    int before = last(s)->kind, n = s->p->tokens.n;
    if (fresh(s)) return false;
    if (is_one_of(before, (int[]){WITH, REPEAT, UNTIL, FOR, IF, SWEEP, 0}) || is_def(before)) return true;
    if (before == ELSE) return n > 1 && s->p->tokens.data[n - 2].kind == CLOSE;
    if (!token_ends_operand(before)) return false;
    bool drawing = in_block(s) && (first_kind(s) == PLOT || first_kind(s) == HEATMAP);
    return !drawing || s->sweeps > 0;
}

/* Whether the line break before raw token i is none: a definition's head or a loop's goes on to its block. */
static bool head_goes_on(const struct arranger *s, int i) {
    int kind = raw_at(s, i)->kind, first = first_kind(s);
    if (s->blocks) return kind == ELSE && last(s)->kind == CLOSE;
    if (is_def(first)) return is_one_of(kind, (int[]){OPEN, GIVEN, KNOWING, ARROW, 0});
    return kind == OPEN && is_one_of(first, (int[]){IF, FOR, REPEAT, TEST, 0});
}

/* Whether the statement being read needs more text, as far as can be told from its last token. */
static bool unfinished(const struct arranger *s) {
    return wants_more(last(s)->kind) && !s->p->statements.data[s->statement].quiet;
}

/* A line break: ends a statement, means nothing, or shows where an unclosed bracket must have ended. */
static void line_break(struct arranger *s, const struct token *t) {
    int next = skip_lines(s, s->at + 1), kind = last(s)->kind;
    if (raw_at(s, next)->kind == FILE_END) s->p->open_end |= unfinished(s);
    bool goes_on = wants_more(kind) && raw_at(s, next)->kind != FILE_END && !starts_statement(s, next, kind == ',');
    while (!in_block(s) && raw_at(s, s->level[s->depth].open)->match < 0 && raw_at(s, next)->kind != FILE_END) {
        bool inside = opens(kind) || kind == LITERAL || kind == ',' || goes_on;
        if (inside ? !starts_statement(s, next, true) : !token_ends_operand(kind)) return;
        pop(s, NULL);
    }
    if (!in_block(s) || goes_on || head_goes_on(s, next)) return;
    if (last(s)->kind == ELSE && raw_at(s, next)->kind == OPEN) return;
    end_statement(s, t);
}

static void doc_comment(struct arranger *s, const struct token *t) {
    bool joined = s->doc && s->at == s->doc_at + 2 && raw_at(s, s->at - 1)->kind == NEWLINE;
    if (!in_block(s) || !fresh(s)) return;
    s->doc = joined ? arena_printf(s->p->arena, "%s\n%s", s->doc, t->value.DOC) : t->value.DOC;
    s->doc_at = s->at;
}

/* A keyword stands as a name after `.`, and where an argument, a column or a record is named. */
static bool is_label(const struct arranger *s, const struct token *t) {
    int before = last(s)->kind, next = raw_at(s, s->at + 1)->kind;
    enum place place = s->level[s->depth].place;
    if (before == '.') return true;
    if (t->kind == TASK && before == ':') return false;
    if (is_def(first_kind(s)) && !s->blocks) return false;
    if (place == IN_ROUND && (before == '(' || before == ',')) return next == '=';
    if (place == IN_LITERAL && (before == LITERAL || before == ','))
        return is_one_of(next, (int[]){'=', ':', ',', CLOSE, 0});
    return in_block(s) && first_kind(s) == RECORD && (before == RECORD || before == ',') && next == '=';
}

static str keyword_name(const struct arranger *s, const struct token *t) {
    return intern_n(s->p->names, s->p->src->text + t->span.from, t->span.to - t->span.from);
}

/* A token that is no bracket, newline or comment. */
static void plain(struct arranger *s, struct token t) {
    if (is_keyword(t.kind) && is_label(s, &t)) {
        t.value.NAME = keyword_name(s, &t);
        t.kind = NAME;
    } else if (t.kind == NAME && in_block(s) && fresh(s)) {
        int word = statement_word(s, s->at);
        if (word) t.kind = word;
    } else if (t.kind == NAME && in_block(s) && token_ends_operand(last(s)->kind)) {
        int first = first_kind(s);
        bool to = first == SAVE || first == PLOT || first == HEATMAP;
        if (to && !strcmp(t.value.NAME, "to")) t.kind = TO;
        if (first == PROMPT && !strcmp(t.value.NAME, "truth")) t.kind = TRUTH;
    }
    if (t.kind == SWEEP) s->sweeps++;
    if (is_def(t.kind)) {
        struct def_head head = {DEF_FN, s->doc};
        while (defs[head.kind] != t.kind) head.kind++;
        t.value.FN = head;
    }
    s->doc = NULL;
    put(s, t);
}

/* Inside a string that does not end on its line, which has been reported. */
static bool in_broken_string(const struct arranger *s) {
    for (int k = s->depth; k > 0; k--)
        if (s->level[k].place == IN_STRING && raw_at(s, raw_at(s, s->level[k].open)->match)->made) return true;
    return false;
}

static bool open_bracket(struct arranger *s, struct token t) {
    if (t.match < 0) {
        if (!s->p->statements.data[s->statement].quiet && !in_broken_string(s)) report_unclosed(s, &t);
        if (t.kind != OPEN || !opens_block(s)) quiet(s);
    } else if (raw_at(s, t.match)->kind != closer_of(t.kind)) {
        if (!s->p->statements.data[s->statement].quiet) report_crossed(s, &t);
        quiet(s);
    }
    s->doc = NULL;
    if (t.kind == '(' || t.kind == '[') return push(s, t.kind == '(' ? IN_ROUND : IN_SQUARE, t);
    if (t.kind == STRING_HEAD) return push(s, IN_STRING, t);
    if (opens_block(s)) {
        s->blocks++;
        if (s->sweeps) s->sweeps--;
        return push(s, IN_BLOCK, t);
    }
    t.kind = LITERAL;
    return push(s, IN_LITERAL, t);
}

static void close_bracket(struct arranger *s, const struct token *t) {
    if (t->match < 0) {
        if (!s->p->statements.data[s->statement].quiet) report_stray(s, t);
        quiet(s);
        return;
    }
    while (s->depth && s->level[s->depth].open != t->match) pop(s, NULL);
    if (s->depth) pop(s, t);
}

/* Copies p->raw to p->tokens as the parser wants them. */
void tokens_arrange(struct parse *p) {
    struct arranger *s = ARENA_NEW(&p->scratch, struct arranger);
    s->p = p;
    if (pair_all(p, false)) pair_all(p, true);
    begin_statement(s);
    bool go = !p->too_deep;
    for (s->at = 0; go && s->at < p->raw.n; s->at++) {
        const struct token *t = &p->raw.data[s->at];
        if (t->kind == NEWLINE)
            line_break(s, t);
        else if (t->kind == DOC)
            doc_comment(s, t);
        else if (t->kind == SEMICOLON && in_block(s))
            end_statement(s, t);
        else if (t->kind == BAD)
            quiet(s); /* reported by the lexer */
        else if (opens(t->kind))
            go = open_bracket(s, *t);
        else if (closes(t->kind))
            close_bracket(s, t);
        else {
            if (t->kind == STRING && t->made) quiet(s); /* it does not end: reported by the lexer */
            plain(s, *t);
        }
    }
    p->open_end |= s->depth > 0 || unfinished(s);
    p->open_end &= go;
    while (s->depth) pop(s, NULL);
    end_statement(s, NULL);
    if (!go)
        for (int i = 0; i < p->statements.n; i++) p->statements.data[i].quiet = true;
    make(s, FILE_END);
}
