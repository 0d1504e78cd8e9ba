/* Syntax errors in the user's words: what was expected, after what, and what stands there instead; a hint for habits
 * from other languages. A statement gives at most one. After it the parser goes on at the statement's block, if one
 * is still to come, or at its end. */
#include "lang/parse_build.h"
#include "lang/names.h"

#include <string.h>

static const struct {
    const char *word, *help;
} habits[] = {
    {"def", "a function is defined with `fn name(a, b) { return value }`"},
    {"function", "a function is defined with `fn name(a, b) { return value }`"},
    {"func", "a function is defined with `fn name(a, b) { return value }`"},
    {"lambda", "a function without a name is written `x -> expr` or `(a, b) -> expr`"},
    {"while", "a loop has a bound: `repeat k until condition { ... }`"},
    {"elif", "write `else if`"},
    {"class", "a network is an `architecture` made of `layer`s"},
    {"let", "a name is given a value by `name = value` alone"},
    {"var", "a name is given a value by `name = value` alone"},
    {"const", "a name is given a value by `name = value` alone"},
    {"from", "write `import \"file.icl\" only a, b`"},
    {"pass", "an empty block is written `{ }`"},
    {"break", "a loop ends early with `repeat k until condition { ... }`"},
    {"continue", "there is no `continue`: use `where` or `if`"},
    {"is", "`==` compares"},
    {"model", "a network is an `architecture`, a data generator a `task`"},
};

static const struct token *token_at(const struct parse *p, int i) {
    return &p->tokens.data[i < 0 ? 0 : i < p->tokens.n ? i : p->tokens.n - 1];
}

/* A token as the user sees it. */
static void token_text(const struct parse *p, int i, struct buf *out) {
    const struct token *t = token_at(p, i);
    uint32_t n = t->span.to - t->span.from;
    if (t->kind == NEWLINE && t->made && token_at(p, i + 1)->kind == CLOSE && !token_at(p, i + 1)->made) {
        buf_puts(out, "`}`");
    } else if (t->kind == FILE_END || (t->kind == NEWLINE && t->made)) {
        buf_puts(out, "the end of the file");
    } else if (t->kind == NEWLINE && n) {
        buf_puts(out, "`;`");
    } else if (t->kind == NEWLINE) {
        buf_puts(out, "the end of the line");
    } else if (t->kind == STRING_MID || t->kind == STRING_TAIL || (t->kind == CLOSE && t->made)) {
        buf_puts(out, "`}`");
    } else if (t->kind == STRING || t->kind == STRING_HEAD || !n || n > 40) {
        bool string = t->kind == STRING || t->kind == STRING_HEAD;
        buf_puts(out, t->kind == NAME ? "a name" : string ? "a string" : "a number");
    } else {
        buf_printf(out, "`%.*s`", (int)n, p->src->text + t->span.from);
    }
}

/* The places that a bracketed word of the grammar has: blanks behind it tell aliases apart and are not shown. */
static int shown_length(const char *word) {
    int n = (int)strlen(word);
    while (n && word[n - 1] == ' ') n--;
    return n;
}

static bool listed(const char *const *list, int n, const char *word) {
    for (int i = 0; i < n; i++)
        if (shown_length(list[i]) == shown_length(word) && !strncmp(list[i], word, (size_t)shown_length(word)))
            return true;
    return false;
}

/* Whether a word is taken in by "an expression" or "an operator", or is noise beside them. */
static bool covered(const struct expected *e, const char *word) {
    static const char *const starts[] = {"a name", "a whole number", "a number", "a string", "the start of a string",
                                         "`true`", "`false`", "`(`", "`[`", "`{`", "`-`", "`not`", "`sweep`"};
    static const char *const goes_on[] = {"`+`", "`-`", "`*`", "`/`", "`@`", "`**`", "`and`", "`or`", "`then`", "`if`",
                                          "`with`", "a comparison", "`(`", "`[`", "`.`", "`->`", "`=`", "`~`",
                                          "an update such as `+=`", "`...`", "`in`"};
    bool line = listed(e->word, e->words, "the end of the line");
    if (e->type && listed((const char *[]){"a name", "`task`", "`(`"}, 3, word)) return true;
    if (e->operator_ && (word[1] == ':' || (word[1] == ',' && line))) return true;
    if (e->expression && listed(starts, sizeof starts / sizeof *starts, word) && !(e->block && word[1] == '{'))
        return true;
    return e->operator_ && listed(goes_on, sizeof goes_on / sizeof *goes_on, word);
}

/* "a, b or c": what could stand here, at most four things. */
static void expected_text(const struct expected *e, struct buf *out) {
    const char *list[5];
    int n = 0;
    if (e->statement) {
        buf_puts(out, "a statement");
        return;
    }
    if (e->expression) list[n++] = "an expression";
    if (e->operator_) list[n++] = "an operator";
    if (e->type) list[n++] = "a type";
    for (int i = 0; i < e->words && n < 5; i++) {
        if (!strcmp(e->word[i], "the start of a string") && listed(e->word, e->words, "a string")) continue;
        if (!covered(e, e->word[i]) && !listed(list, n, e->word[i])) list[n++] = e->word[i];
    }
    if (n == 5) n = e->expression || e->operator_ ? 1 : 4;
    for (int i = 0; i < n; i++)
        buf_printf(out, "%s%.*s", i == 0 ? "" : i == n - 1 ? " or " : ", ", shown_length(list[i]), list[i]);
}

static bool is_word(const struct parse *p, const struct token *t) {
    char c = p->src->text[t->span.from];
    return t->kind != NAME && t->span.to > t->span.from && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* See parse.h. */
const char *parse_habit(const char *word) {
    for (size_t k = 0; k < sizeof habits / sizeof *habits; k++)
        if (!strcmp(word, habits[k].word)) return habits[k].help;
    return NULL;
}

static void habit(const struct parse *p, struct diag *m, int i) {
    const struct token *t = token_at(p, i);
    const char *help = t->kind == NAME ? parse_habit(t->value.NAME) : NULL;
    if (help) diag_help(m, "%s", help);
}

/* A statement that starts with a name and another name: the first may be a keyword that is misspelt. */
static void keyword_meant(struct diag *m, const struct token *start) {
    static const char *const words[] = {
        "algorithm", "architecture", "assert", "for", "heatmap", "if", "import", "language", "layer", "option",
        "optimizer", "param", "plot", "predict", "preprocess", "print", "prompt", "record", "repeat", "return",
        "save", "state", "sweep", "tap", "task", "test", "yield"};
    struct nearest near;
    nearest_init(&near, start->value.NAME);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) nearest_offer(&near, words[k]);
    if (near.best) diag_help(m, "did you mean `%s`?", near.best);
}

/* What the user may have meant. */
static void hints(const struct parse *p, struct diag *m, const struct expected *e, int i, int first) {
    const struct token *t = token_at(p, i), *start = token_at(p, first);
    bool head = start->kind == IF || start->kind == REPEAT || start->kind == FOR || start->kind == ELSE ||
                (start->kind >= FN && start->kind <= OPTIMIZER);
    if (t->kind == '=' && (start->kind == IF || start->kind == REPEAT || start->kind == ASSERT || e->operator_))
        diag_help(m, "`==` compares; `=` gives a name a value");
    bool colon = t->kind == ':' && !e->name, after_colon = t->kind == NEWLINE && token_at(p, i - 1)->kind == ':';
    bool definition = start->kind >= FN && start->kind <= OPTIMIZER;
    if (head && (colon || after_colon)) diag_help(m, "a block stands in braces: `{ ... }`");
    bool word = start->kind == NAME && t->kind == NAME && i == first + 1;
    if (word && !parse_habit(start->value.NAME)) keyword_meant(m, start);
    if (definition && t->kind == '[' && listed(e->word, e->words, "`)`"))
        diag_help(m, "inputs stand after the parentheses, `given X[n, d], y[n], q[d]`; an argument has a type, "
                     "`X: real[n, d]`");
    if (start->kind == IMPORT && i == first + 1 && t->kind == NAME)
        diag_help(m, "a script is imported by its file, `import \"file.icl\"`; the builtins need no import");
    if (e->name && !e->expression && is_word(p, t)) diag_note(m, "a keyword cannot be a name");
    if (e->expression && !e->statement && is_word(p, t) && t->kind != TO && t->kind != TRUTH && i > first)
        diag_note(m, "`%.*s` is a keyword", (int)(t->span.to - t->span.from), p->src->text + t->span.from);
    if (e->statement && t->kind == ELSE) diag_note(m, "this `else` has no `if` before it");
    if (e->statement && i == first && (t->kind == THEN || t->kind == AND || t->kind == OR || t->kind == POWER ||
                                       t->kind == COMPARE || (t->kind && strchr("+*/@", t->kind))))
        diag_help(m, "a line goes on when it ends with an operator: put this at the end of the line before");
    habit(p, m, first);
    if (i != first) habit(p, m, i);
    if (i - 1 > first) habit(p, m, i - 1);
}

/* Moves on to the block of the statement or to its end. */
static void resume(struct parse *p, int i, int statement) {
    for (int k = i; k < p->tokens.n; k++) {
        const struct token *t = &p->tokens.data[k];
        if (t->statement != statement || (t->kind != OPEN && t->kind != NEWLINE)) continue;
        p->at = k == i ? i + 1 : k;
        return;
    }
}

/* Reports what the parser cannot go on with, unless its statement has been complained of, and moves on. */
void syntax_error(struct parse *p, const struct expected *e) {
    int i = p->at - 1, statement = token_at(p, i)->statement;
    const struct token *t = token_at(p, i);
    struct statement *s = &p->statements.data[statement];
    bool at_end = t->kind == FILE_END || (t->kind == NEWLINE && token_at(p, i + 1)->kind == FILE_END);
    if (at_end && e->block && !e->statement) p->open_end = true;
    if (!s->quiet) {
        struct buf text = {0};
        buf_puts(&text, "expected ");
        expected_text(e, &text);
        if (i > s->first) {
            buf_puts(&text, " after ");
            token_text(p, i - 1, &text);
        }
        buf_puts(&text, ", found ");
        token_text(p, i, &text);
        struct diag *m = diag_new(p->ds, E_SYNTAX, t->span, "%s", text.text);
        hints(p, m, e, i, s->first);
        buf_free(&text);
    }
    s->quiet = true;
    p->wrong = t->span;
    resume(p, i, statement);
}
