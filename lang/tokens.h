/* Tokens of a file between the lexer and the parser, for lex.l, tokens.c, parse.y, parse_error.c and fmt.c only.
 *
 * tokens_read runs the lexer over the whole text. tokens_arrange then decides what needs more than one token of
 * sight: which newlines end a statement, whether `{` opens a block or a literal, which words are keywords where they
 * stand, and where a missing bracket must have been. What it gives always has balanced brackets and ends every
 * statement with NEWLINE. */
#ifndef ICL_TOKENS_H
#define ICL_TOKENS_H

#include "lang/ast.h"
#include "lang/diag.h"
#include "lang/parse.h"

#include "lang/parse.tab.h"

#ifndef YYSTYPE
#define YYSTYPE ICL_PARSE_STYPE
#endif

struct token {
    int kind; /* a token of parse.y */
    YYSTYPE value;
    struct span span;
    bool first;    /* the first of its line */
    bool made;     /* not in the text */
    int match;     /* the other bracket of the pair, while arranging; -1: none */
    int statement; /* the innermost statement it belongs to */
};

/* A statement, as far as recovering from an error in it needs to know. */
struct statement {
    int first;  /* its first token */
    bool quiet; /* something in it has been reported */
};

struct token_list {
    struct token *data;
    int n, capacity;
};

struct parse {
    struct arena *arena;
    struct interner *names;
    const struct source *src;
    struct diags *ds;
    struct arena scratch; /* freed when the file is read */
    struct token_list raw, tokens;
    VEC(struct statement) statements;
    int at; /* the token the parser reads next */
    struct span wrong; /* where the syntax error reported last is */
    bool open_end; /* the text ends inside a bracket or a statement */
    bool too_deep; /* reported once */
    struct ast *file;
};

/* What the lexer keeps between tokens. */
struct lexer {
    struct parse *p;
    uint32_t at, from;  /* end of the token read last; start of the one being read */
    struct buf text;    /* the piece of a string read so far */
    int depth;          /* strings that are open around the expression being read */
    struct {
        uint32_t quote; /* where it starts */
        int braces;     /* open braces in the expression inside it */
        bool parts;     /* it has had an expression */
    } string[32];
    uint32_t piece;     /* where the piece of a string starts */
    bool unclosed;      /* reported for this line */
};

void tokens_read(struct parse *p);
void tokens_arrange(struct parse *p);
bool token_ends_operand(int kind);
int token_keyword(const char *word, size_t n); /* 0: an ordinary name */
const char *token_keyword_at(int i);           /* the keywords one by one; NULL: no more */
const char *token_statement_at(int i);         /* the words that are keywords only where a statement has them */
void lex_integer(struct lexer *lx, const char *text, size_t n, YYSTYPE *value);
void lex_real(struct lexer *lx, const char *text, size_t n, YYSTYPE *value);
void lex_not_a_number(struct lexer *lx, const char *text);
void lex_unknown(struct lexer *lx, const char *text, size_t n);
int lex_single_quotes(struct lexer *lx, const char *text, size_t n);
void lex_unclosed(struct lexer *lx);
void lex_too_deep(struct lexer *lx);

#endif
