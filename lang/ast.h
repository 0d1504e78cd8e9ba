/* The abstract syntax tree: what the parser builds, the checker names and the evaluator walks.
 * One node type; ast.def lists the kinds and what each keeps in its children. Lists are `next`-free arrays. */
#ifndef ICL_AST_H
#define ICL_AST_H

#include <stdint.h>
#include <stdio.h>
#include "lang/source.h"
#include "lang/vec.h"

enum ast_kind {
#define AST(kind, text, children) kind,
#include "lang/ast.def"
#undef AST
    AST_COUNT
};

enum def_kind {
#define DEF(kind, keyword, end) kind,
#include "lang/def.def"
#undef DEF
    DEF_COUNT
};

/* Operators of A_BINARY, A_UNARY and A_UPDATE. */
enum ast_op {
    AO_THEN, AO_OR, AO_AND, AO_EQ, AO_NE, AO_LT, AO_LE, AO_GT, AO_GE,
    AO_ADD, AO_SUB, AO_MUL, AO_DIV, AO_MATMUL, AO_POW, AO_NEG, AO_NOT, AO_COUNT
};

struct ast {
    enum ast_kind kind;
    struct span span;      /* all of it */
    struct span name_span; /* the name or the operator alone */
    enum ast_op op;
    str name;              /* identifier, field, definition, keyword of an argument */
    const char *text;      /* string contents (unescaped), doc comment of a definition; NULL: none */
    double number;
    int64_t integer;
    int n;                 /* children */
    int depth;             /* the height of the tree from here down; at most AST_DEEPEST, so walks may recurse */
    struct ast **kid;      /* a missing optional child is NULL */
    void *info;            /* the checker's and the evaluator's notes */
};

enum { AST_DEEPEST = 1000 };

/* A node without children; a child slot list is added with ast_adopt. */
struct ast *ast_new(struct arena *a, enum ast_kind kind, struct span span);
void ast_adopt(struct arena *a, struct ast *node, struct ast *const *kids, int n); /* copies the list */
const char *ast_kind_name(enum ast_kind kind);
const char *ast_op_text(enum ast_op op); /* "+", "@", "then", ... */
const char *ast_def_word(enum def_kind kind); /* "task" */
const char *ast_def_end(enum def_kind kind);  /* "prompt": how its body ends */
void ast_print(FILE *to, const struct ast *node);        /* `icl emit --stage=ast`: one node a line, indented */
void ast_print_places(FILE *to, const struct ast *node); /* with line:column */

#endif
