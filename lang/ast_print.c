/* `icl emit --stage=ast`: one node a line, children indented below it. A child that may be absent is preceded by its
 * role (`until:`), as ast.def names it, so what is shown can be told from what is not there. */
#include "lang/ast.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    FILE *to;
    bool places;
};

static const char *const children[] = {
#define AST(kind, name, children) children,
#include "lang/ast.def"
#undef AST
};

/* The role of the i-th child when it is an optional one: a word in brackets. Returns its length, 0 for the others. */
static int role(enum ast_kind kind, int i, const char **word) {
    const char *s = children[kind];
    for (; i && *s; i--) {
        s += strcspn(s, " ");
        s += strspn(s, " ");
    }
    *word = s + 1;
    return *s == '[' ? (int)strcspn(s + 1, "]") : 0;
}

static void quoted(FILE *to, const char *text) {
    fputs(" \"", to);
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", to);
        else if (*text == '\t')
            fputs("\\t", to);
        else if (*text == '"' || *text == '\\')
            fprintf(to, "\\%c", *text);
        else
            fputc(*text, to);
    }
    fputc('"', to);
}

/* The shortest of 15 to 17 digits that reads back as the same number. */
static void number(FILE *to, double v) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v) break;
    }
    fprintf(to, " %s", text);
}

static void head(const struct walk *w, const struct ast *node) {
    FILE *to = w->to;
    fputs(ast_kind_name(node->kind), to);
    switch (node->kind) {
    case A_BINARY: case A_UNARY: case A_UPDATE: fprintf(to, " %s", ast_op_text(node->op)); break;
    case A_NUMBER: number(to, node->number); break;
    case A_INT: case A_LANGUAGE: fprintf(to, " %lld", (long long)node->integer); break;
    case A_BOOL: fputs(node->integer ? " true" : " false", to); break;
    case A_DEF: fprintf(to, " %s", ast_def_word((enum def_kind)node->integer)); break;
    case A_PARAM: fputs(node->integer ? " ~" : " =", to); break;
    default: break;
    }
    if (node->name) fprintf(to, " %s", node->name);
    if (node->text) quoted(to, node->text);
    if (w->places && node->span.src)
        fprintf(to, " @%d:%d", source_line(node->span.src, node->span.from),
                source_column(node->span.src, node->span.from));
    fputc('\n', to);
}

static void walk(const struct walk *w, const struct ast *node, int indent) {
    head(w, node);
    for (int i = 0; i < node->n; i++) {
        const char *word;
        if (!node->kid[i]) continue;
        int n = role(node->kind, i, &word);
        fprintf(w->to, "%*s", 2 * indent + 2, "");
        if (n) fprintf(w->to, "%.*s: ", n, word);
        walk(w, node->kid[i], indent + 1);
    }
}

/* Prints a tree. */
void ast_print(FILE *to, const struct ast *node) {
    walk(&(struct walk){to, false}, node, 0);
}

/* Prints a tree with the place where each node starts. */
void ast_print_places(FILE *to, const struct ast *node) {
    walk(&(struct walk){to, true}, node, 0);
}
