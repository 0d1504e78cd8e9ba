/* The tree as the grammar's actions build it, and the words for a syntax error: for parse.y only. */
#ifndef ICL_PARSE_BUILD_H
#define ICL_PARSE_BUILD_H

#include "lang/tokens.h"

/* What could stand where the parser stopped. */
struct expected {
    bool expression, integer, operator_, statement, name, type, block;
    const char *word[256]; /* the names of all of them */
    int words;
};

void syntax_error(struct parse *p, const struct expected *e); /* reports, and moves on to where reading can resume */
void build_too_deep(struct parse *p, struct span where);

struct ast_list list_none(void);
struct ast_list list_add(struct parse *p, struct ast_list l, struct ast *x); /* a NULL is left out */
struct ast_list list_piece(struct parse *p, struct ast_list l, struct span where, const char *text, struct ast *x);

struct ast *build_list(struct parse *p, enum ast_kind kind, struct span s, struct ast_list l);
struct ast *build_1(struct parse *p, enum ast_kind kind, struct span s, struct ast *a);
struct ast *build_2(struct parse *p, enum ast_kind kind, struct span s, struct ast *a, struct ast *b);
struct ast *build_3(struct parse *p, enum ast_kind kind, struct span s, struct ast *a, struct ast *b, struct ast *c);
struct ast *build_with_list(struct parse *p, enum ast_kind kind, struct span s, struct ast *first, struct ast_list l);
struct ast *build_named(struct parse *p, enum ast_kind kind, struct span s, struct span at, str name, struct ast *x);

struct ast *build_name(struct parse *p, struct span s, str name);
struct ast *build_column(struct parse *p, struct span s, str name); /* `{ x }` is `{ x: x }` */
struct ast *build_integer(struct parse *p, struct span s, int64_t v);
struct ast *build_real(struct parse *p, struct span s, double v);
struct ast *build_bool(struct parse *p, struct span s, int v);
struct ast *build_string(struct parse *p, struct span s, const char *text);
struct ast *build_pieces(struct parse *p, struct span s, struct span head_at, const char *head, struct ast_list l,
                         struct span tail_at, const char *tail);
struct ast *build_group(struct parse *p, struct span s, struct ast_list l);
struct ast *build_binary(struct parse *p, enum ast_op op, struct span s, struct span at, struct ast *a, struct ast *b);
struct ast *build_unary(struct parse *p, enum ast_op op, struct span s, struct span at, struct ast *a);
struct ast *build_chain(struct parse *p, struct span s, struct span middle, enum ast_op op, struct span second,
                        struct ast *a, struct ast *b, struct ast *c);
struct ast *build_lambda_1(struct parse *p, struct span s, struct span at, str name, struct ast *body);
struct ast *build_lambda(struct parse *p, struct span s, struct ast_list l, struct ast *body);
struct ast *build_with(struct parse *p, struct span s, struct span path_at, struct ast *model, struct ast *path,
                       struct ast *value);
struct ast *build_set(struct parse *p, struct span s, struct ast *path, struct ast *value);

struct ast *build_broken(struct parse *p, struct span s); /* from s to where the parser is */
struct ast *build_language(struct parse *p, struct span s, struct span at, int64_t version);
struct ast *build_option(struct parse *p, struct span s, struct span at, str name, struct ast *type, struct ast *value,
                         struct ast *help);
struct ast *build_import(struct parse *p, struct span s, struct ast *path, struct ast_list names);
struct ast *build_test(struct parse *p, struct span s, struct ast *name, struct ast *block);
struct ast *build_assign(struct parse *p, struct span s, struct span at, struct span targets_at,
                         struct ast_list targets, struct span values_at, struct ast_list values);
struct ast *build_update(struct parse *p, struct span s, struct span at, enum ast_op op, struct ast *target,
                         struct ast *value);
struct ast *build_draw(struct parse *p, struct span s, struct span at, struct ast *target, struct ast *distribution);
struct ast *build_param(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes,
                        struct ast *initial, bool drawn);

struct ast *build_def(struct parse *p, struct span s, struct def_head head, struct span at, str name,
                      struct ast_list hypers, struct ast *given, struct ast *knowing, struct ast *type,
                      struct ast *body);
struct ast *build_hyper(struct parse *p, struct span s, struct span at, str name, struct ast *type, struct ast *value);
struct ast *build_pattern(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes);
struct ast *build_task_type(struct parse *p, struct span s);
struct ast *build_type(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes);

#endif
