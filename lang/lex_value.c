/* What the lexer's actions do that is more than a line: numbers, words, and messages about characters. */
#include "lang/tokens.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct span here(const struct lexer *lx) {
    return (struct span){lx->p->src, lx->from, lx->at};
}

/* The digits without `_`. */
static void plain_digits(char *out, size_t size, const char *text, size_t n) {
    size_t k = 0;
    for (size_t i = 0; i < n && k + 1 < size; i++)
        if (text[i] != '_') out[k++] = text[i];
    out[k] = 0;
}

/* Reads a whole number. */
void lex_integer(struct lexer *lx, const char *text, size_t n, YYSTYPE *value) {
    char digits[64];
    plain_digits(digits, sizeof digits, text, n);
    errno = 0;
    value->INTEGER = strtoll(digits, NULL, 10);
    if (errno || n >= sizeof digits) {
        diag_new(lx->p->ds, E_NUMBER, here(lx), "this whole number does not fit into 64 bits");
        value->INTEGER = 1;
    }
}

/* Reads a real number. */
void lex_real(struct lexer *lx, const char *text, size_t n, YYSTYPE *value) {
    char *digits = arena_alloc(&lx->p->scratch, n + 1);
    plain_digits(digits, n + 1, text, n);
    value->REAL = strtod(digits, NULL);
    if (isfinite(value->REAL)) return;
    diag_new(lx->p->ds, E_NUMBER, here(lx), "this number is too large");
    value->REAL = 1;
}

/* Digits that run into letters. */
void lex_not_a_number(struct lexer *lx, const char *text) {
    struct diag *m = diag_new(lx->p->ds, E_NUMBER, here(lx), "`%s` is not a number", text);
    size_t n = strspn(text, "0123456789_");
    if (text[n] && text[n - 1] != '_' && !strchr("eExXbBoO", text[n]))
        diag_help(m, "did you mean `%.*s * %s`?", (int)n, text, text + n);
}

static const struct {
    const char *sign, *help;
} signs[] = {
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"!", "write `not`"},
    {"=>", "write `->`"},
    {":=", "write `=`"},
    {"^", "write `**` for a power"},
    {"//", "a comment starts with `#`; a whole quotient is `int(a / b)`"},
    {"%", "a remainder is `a - b * int(a / b)`"},
    {"?", "what a name is says `:doc NAME` in a session, elsewhere `icl doc NAME`"},
    {"'", "strings stand in double quotes"},
    {"`", "strings stand in double quotes"},
    {"$", "an expression in a string is written \"{expr}\""},
    {"\\", "a line goes on after an operator or a comma, and inside brackets"},
    {"#", "a comment cannot stand inside the {expression} of a string"},
    {"\xe2\x80\x9c", "strings stand in straight double quotes"},
    {"\xe2\x80\x9d", "strings stand in straight double quotes"},
    {"\xe2\x80\x98", "strings stand in straight double quotes"},
    {"\xe2\x80\x99", "strings stand in straight double quotes"},
    {"\xe2\x88\x92", "write `-`"},
    {"\xe2\x80\x93", "write `-`"},
    {"\xc3\x97", "write `*`"},
    {"\xc2\xb7", "write `*`, or `@` for a matrix product"},
    {"\xe2\x89\xa4", "write `<=`"},
    {"\xe2\x89\xa5", "write `>=`"},
    {"\xe2\x89\xa0", "write `!=`"},
    {"\xe2\x86\x92", "write `->`"},
    {"\xc2\xb2", "write `** 2`"},
    {"\xe2\x88\x9a", "write `sqrt(...)`"},
    {"\xc2\xa0", "this is a space that does not break: write a plain one"},
};

/* Reports a character or sign that has no meaning here. */
void lex_unknown(struct lexer *lx, const char *text, size_t n) {
    struct span where = {lx->p->src, lx->from, lx->from + (uint32_t)n};
    struct diag *m;
    unsigned char c = (unsigned char)*text;
    if (c < 32 || c == 127)
        m = diag_new(lx->p->ds, E_CHARACTER, where, "a control character (0x%02x)", c);
    else
        m = diag_new(lx->p->ds, E_CHARACTER, where, "`%.*s` has no meaning here", (int)n, text);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strlen(signs[i].sign) == n && !memcmp(signs[i].sign, text, n)) diag_help(m, "%s", signs[i].help);
}

/* Reports text in single quotes, or the ' of a transpose, and returns how much of it to pass over. */
int lex_single_quotes(struct lexer *lx, const char *text, size_t n) {
    unsigned char before = lx->from ? (unsigned char)lx->p->src->text[lx->from - 1] : ' ';
    bool transpose = isalnum(before) || before == '_' || before == ')' || before == ']' || before >= 128;
    size_t reported = transpose ? 1 : n;
    struct span where = {lx->p->src, lx->from, lx->from + (uint32_t)reported};
    struct diag *m = diag_new(lx->p->ds, E_CHARACTER, where, "`%.*s` has no meaning here", (int)reported, text);
    diag_help(m, "%s", transpose ? "the transpose of X is `X.T`" : "strings stand in double quotes");
    return (int)reported;
}

/* Reports, once a line, the outermost string that does not end. */
void lex_unclosed(struct lexer *lx) {
    uint32_t quote = lx->string[0].quote;
    if (lx->unclosed) return;
    lx->unclosed = true;
    struct span where = {lx->p->src, quote, quote + 1};
    struct diag *m = diag_new(lx->p->ds, E_STRING_OPEN, where, "this string does not end on its line");
    if (lx->depth > 1 || lx->string[0].parts)
        diag_note(m, "`{` in a string starts an expression, which ends with `}`; a brace itself is written `{{`");
}

/* Reports strings inside strings beyond reason. */
void lex_too_deep(struct lexer *lx) {
    diag_new(lx->p->ds, E_NESTING, here(lx), "strings are nested too deeply");
    lx->p->too_deep = true;
}

static const struct {
    const char *word;
    int token;
} words[] = {
    {"algorithm", ALGORITHM}, {"and", AND},         {"architecture", ARCHITECTURE}, {"else", ELSE},
    {"false", FALSE_},        {"fn", FN},           {"for", FOR},                   {"given", GIVEN},
    {"if", IF},               {"import", IMPORT},   {"in", IN},                     {"knowing", KNOWING},
    {"layer", LAYER},         {"not", NOT},         {"only", ONLY},                 {"optimizer", OPTIMIZER},
    {"or", OR},               {"predict", PREDICT}, {"preprocess", PREPROCESS},     {"repeat", REPEAT},
    {"return", RETURN},       {"sweep", SWEEP},     {"task", TASK},                 {"then", THEN},
    {"true", TRUE_},          {"until", UNTIL},     {"with", WITH},                 {"yield", YIELD},
};

/* The token of a keyword; 0 for an ordinary name. Words that are keywords only at the start of a statement are names
 * here. */
int token_keyword(const char *word, size_t n) {
    size_t low = 0, high = sizeof words / sizeof *words;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = strncmp(words[mid].word, word, n);
        if (!order && words[mid].word[n]) order = 1;
        if (!order) return words[mid].token;
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return 0;
}

/* The i-th keyword; NULL: there are no more. */
const char *token_keyword_at(int i) {
    return i >= 0 && (size_t)i < sizeof words / sizeof *words ? words[i].word : NULL;
}
