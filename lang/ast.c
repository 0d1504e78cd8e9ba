/* Nodes of the syntax tree and the words for their kinds. */
#include "lang/ast.h"

#include <string.h>

/* Makes a node without children. */
struct ast *ast_new(struct arena *a, enum ast_kind kind, struct span span) {
    struct ast *node = ARENA_NEW(a, struct ast);
    node->kind = kind;
    node->span = node->name_span = span;
    node->depth = 1;
    return node;
}

/* Gives a node its children. */
void ast_adopt(struct arena *a, struct ast *node, struct ast *const *kids, int n) {
    node->kid = n ? arena_copy(a, kids, sizeof *kids * (size_t)n) : NULL;
    node->n = n;
    for (int i = 0; i < n; i++)
        if (kids[i] && kids[i]->depth >= node->depth) node->depth = kids[i]->depth + 1;
}

/* "assign", "binary", ... */
const char *ast_kind_name(enum ast_kind kind) {
    static const char *const text[] = {
#define AST(kind, name, children) name,
#include "lang/ast.def"
#undef AST
    };
    return text[kind];
}

/* "+", "@", "then", ... */
const char *ast_op_text(enum ast_op op) {
    static const char *const text[AO_COUNT] = {
        [AO_THEN] = "then", [AO_OR] = "or",  [AO_AND] = "and", [AO_EQ] = "==", [AO_NE] = "!=",    [AO_LT] = "<",
        [AO_LE] = "<=",     [AO_GT] = ">",   [AO_GE] = ">=",   [AO_ADD] = "+", [AO_SUB] = "-",    [AO_MUL] = "*",
        [AO_DIV] = "/",     [AO_MATMUL] = "@", [AO_POW] = "**", [AO_NEG] = "-", [AO_NOT] = "not",
    };
    return text[op];
}

/* "task", "algorithm", ... */
const char *ast_def_word(enum def_kind kind) {
    static const char *const text[] = {
#define DEF(kind, keyword, end) keyword,
#include "lang/def.def"
#undef DEF
    };
    return text[kind];
}

/* "prompt", "predict", ...: the statement that ends a body of this kind. */
const char *ast_def_end(enum def_kind kind) {
    static const char *const text[] = {
#define DEF(kind, keyword, end) end,
#include "lang/def.def"
#undef DEF
    };
    return text[kind];
}
