/* The grammar. Actions only build the tree, by way of parse_build.c. Every statement ends with NEWLINE and brackets
 * balance (tokens.c sees to both), so a statement with an error in it is left at its end or, when it has a block, at
 * its block, whose statements are read as usual: errors are independent, and each statement gives at most one. */
%define api.pure full
%define api.prefix {icl_parse_}
%define api.value.type union
%define api.location.type {struct span}
%define api.header.include {"lang/parse.tab.h"}
%define parse.error custom
%define parse.lac full
%define lr.default-reduction consistent
%locations
%expect 0
%param {struct parse *p}

%code requires {
#include "lang/ast.h"

struct parse;

struct ast_list {
    struct ast **data;
    int n, capacity;
};

struct def_head {
    enum def_kind kind;
    const char *doc;
};
}

%code {
#include "lang/parse_build.h"

#define YYLLOC_DEFAULT(now, rhs, n)                                      \
    do {                                                                 \
        if (n) {                                                         \
            (now) = span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n));       \
        } else {                                                         \
            (now) = YYRHSLOC(rhs, 0);                                    \
            (now).from = (now).to;                                       \
        }                                                                \
    } while (0)
#define YYINITDEPTH 400
#define YYMAXDEPTH 10000

static int icl_parse_lex(YYSTYPE *value, struct span *where, struct parse *p);
static void icl_parse_error(const struct span *where, struct parse *p, const char *message);
}

%token FILE_END 0 "the end of the file"
%token NEWLINE "the end of the line" SEMICOLON "`;`" BAD "a character"
%token <str> NAME "a name"
%token <int64_t> INTEGER "a whole number"
%token <double> REAL "a number"
%token <const char *> DOC "a comment" STRING "a string" STRING_HEAD "the start of a string"
%token <const char *> STRING_MID "`}`" STRING_TAIL "`}` "
%token <enum ast_op> COMPARE "a comparison" UPDATE "an update such as `+=`"
%token <int> TRUE_ "`true`"
%token FALSE_ "`false`"
%token OPEN "`{`" CLOSE "`}`  " LITERAL "`{` " LITERAL_CLOSE "`}`   "
%token '(' "`(`" ')' "`)`" '[' "`[`" ']' "`]`" ',' "`,`" ':' "`:`" '.' "`.`" '=' "`=`" '~' "`~`"
%token '+' "`+`" '-' "`-`" '*' "`*`" '/' "`/`" '@' "`@`"
%token POWER "`**`" ARROW "`->`" ELLIPSIS "`...`"
%token <struct def_head> FN "`fn`" TASK "`task`" ALGORITHM "`algorithm`" PREPROCESS "`preprocess`" LAYER "`layer`"
%token <struct def_head> ARCHITECTURE "`architecture`" OPTIMIZER "`optimizer`"
%token REPEAT "`repeat`" UNTIL "`until`" FOR "`for`" IN "`in`" IF "`if`" ELSE "`else`"
%token RETURN "`return`" PREDICT "`predict`" YIELD "`yield`" SWEEP "`sweep`" WITH "`with`" THEN "`then`"
%token AND "`and`" OR "`or`" NOT "`not`" GIVEN "`given`" KNOWING "`knowing`" IMPORT "`import`" ONLY "`only`"
%token LANGUAGE "`language`" OPTION "`option`" PRINT "`print`" SAVE "`save`" PLOT "`plot`" HEATMAP "`heatmap`"
%token ASSERT "`assert`" TEST "`test`" RECORD "`record`" PROMPT "`prompt`" TRUTH "`truth`" PARAM "`param`" TAP "`tap`"
%token STATE "`state`" TO "`to`"

%type <struct ast *> statement definition if_statement block body else_part with_block with_statement with_if
%type <struct ast *> value expr with then conditional or and not comparison chain sum product unary power postfix
%type <struct ast *> primary string option_type type type_or_none pattern given knowing default_value hyper argument
%type <struct ast *> field item clause
%type <struct ast *> until to truth help record
%type <struct ast_list> statements with_statements values targets arguments argument_list fields field_list items
%type <struct ast_list> item_list clauses hypers hyper_list patterns types sizes list_items list_item_list names pieces
%type <struct ast *> list_item bound
%type <struct def_head> kind

%%

file: statements[s]                                { p->file = build_list(p, A_FILE, @$, $s); }
    ;

statements: %empty                                 { $$ = list_none(); }
    | statements[s] statement[x] NEWLINE           { $$ = list_add(p, $s, $x); }
    ;

block: OPEN statements[s] CLOSE                    { $$ = build_list(p, A_BLOCK, @$, $s); }
    ;

statement: LANGUAGE INTEGER[n]                     { $$ = build_language(p, @$, @n, $n); }
    | OPTION NAME[name] option_type[t] '=' value[v] help[h]
                                                   { $$ = build_option(p, @$, @name, $name, $t, $v, $h); }
    | IMPORT string[path]                          { $$ = build_import(p, @$, $path, list_none()); }
    | IMPORT string[path] ONLY names[n]            { $$ = build_import(p, @$, $path, $n); }
    | definition
    | expr[x]                                      { $$ = build_1(p, A_EXPR, @$, $x); }
    | targets[t] '=' values[v]                     { $$ = build_assign(p, @$, @2, @t, $t, @v, $v); }
    | expr[t] UPDATE[op] expr[x]                   { $$ = build_update(p, @$, @op, $op, $t, $x); }
    | expr[t] '~' expr[x]                          { $$ = build_draw(p, @$, @2, $t, $x); }
    | REPEAT expr[k] until[u] block[b]             { $$ = build_3(p, A_REPEAT, @$, $k, $u, $b); }
    | FOR clauses[c] block[b]                      { $$ = build_with_list(p, A_FOR, @$, $b, $c); }
    | if_statement
    | RETURN values[v]                             { $$ = build_list(p, A_RETURN, @$, $v); }
    | PREDICT expr[x]                              { $$ = build_1(p, A_PREDICT, @$, $x); }
    | YIELD values[v]                              { $$ = build_list(p, A_YIELD, @$, $v); }
    | PROMPT expr[x] ',' expr[y] truth[f]          { $$ = build_3(p, A_PROMPT, @$, $x, $y, $f); }
    | PARAM NAME[name] sizes[s] '~' expr[x]        { $$ = build_param(p, @$, @name, $name, $s, $x, true); }
    | PARAM NAME[name] sizes[s] '=' expr[x]        { $$ = build_param(p, @$, @name, $name, $s, $x, false); }
    | TAP NAME[name] '=' expr[x]                   { $$ = build_named(p, A_TAP, @$, @name, $name, $x); }
    | STATE NAME[name] '=' expr[x]                 { $$ = build_named(p, A_STATE, @$, @name, $name, $x); }
    | PRINT                                        { $$ = build_list(p, A_PRINT, @$, list_none()); }
    | PRINT values[v]                              { $$ = build_list(p, A_PRINT, @$, $v); }
    | SAVE expr[x] TO expr[path]                   { $$ = build_2(p, A_SAVE, @$, $x, $path); }
    | PLOT expr[x] record[r] to[path]              { $$ = build_3(p, A_PLOT, @$, $x, $r, $path); }
    | HEATMAP expr[x] to[path]                     { $$ = build_3(p, A_HEATMAP, @$, $x, NULL, $path); }
    | HEATMAP expr[x] record[r] to[path]           { $$ = build_3(p, A_HEATMAP, @$, $x, $r, $path); }
    | ASSERT expr[x]                               { $$ = build_2(p, A_ASSERT, @$, $x, NULL); }
    | ASSERT expr[x] string[s]                     { $$ = build_2(p, A_ASSERT, @$, $x, $s); }
    | TEST string[s] block[b]                      { $$ = build_test(p, @$, $s, $b); }
    | RECORD argument_list[a]                      { $$ = build_list(p, A_RECORD_STMT, @$, $a); }
    | error                                        { $$ = build_broken(p, @$); yyerrok; }
    | error { yyerrok; } block else_part           { $$ = build_broken(p, @$); }
    ;

option_type: %empty                                { $$ = NULL; }
    | ':' type[t]                                  { $$ = $t; }
    ;

help: %empty                                       { $$ = NULL; }
    | string
    ;

until: %empty                                      { $$ = NULL; }
    | UNTIL expr[x]                                { $$ = $x; }
    ;

to: %empty                                         { $$ = NULL; }
    | TO expr[x]                                   { $$ = $x; }
    ;

truth: %empty                                      { $$ = NULL; }
    | TRUTH expr[x]                                { $$ = $x; }
    ;

if_statement: IF expr[c] block[b] else_part[e]               { $$ = build_3(p, A_IF, @$, $c, $b, $e); }
    ;

else_part: %empty                                  { $$ = NULL; }
    | ELSE block[b]                                { $$ = $b; }
    | ELSE if_statement[i]                                   { $$ = $i; }
    ;

names: NAME[n]                                     { $$ = list_add(p, list_none(), build_name(p, @n, $n)); }
    | names[l] ',' NAME[n]                         { $$ = list_add(p, $l, build_name(p, @n, $n)); }
    ;

/* --- definitions --- */

definition: kind[k] NAME[name] hypers[h] given[g] knowing[w] type_or_none[t] body[b]
                                                   { $$ = build_def(p, @$, $k, @name, $name, $h, $g, $w, $t, $b); }
    ;

kind: FN | TASK | ALGORITHM | PREPROCESS | LAYER | ARCHITECTURE | OPTIMIZER
    ;

body: block
    ;

hypers: %empty                                     { $$ = list_none(); }
    | '(' ')'                                      { $$ = list_none(); }
    | '(' hyper_list[l] ')'                        { $$ = $l; }
    | '(' hyper_list[l] ',' ')'                    { $$ = $l; }
    ;

hyper_list: hyper[x]                               { $$ = list_add(p, list_none(), $x); }
    | hyper_list[l] ',' hyper[x]                   { $$ = list_add(p, $l, $x); }
    ;

hyper: NAME[name] option_type[t] default_value[v]        { $$ = build_hyper(p, @$, @name, $name, $t, $v); }
    ;

default_value: %empty                                    { $$ = NULL; }
    | '=' value[v]                                 { $$ = $v; }
    ;

given: %empty                                      { $$ = NULL; }
    | GIVEN patterns[l]                            { $$ = build_list(p, A_GIVEN, @$, $l); }
    ;

knowing: %empty                                    { $$ = NULL; }
    | KNOWING patterns[l]                          { $$ = build_list(p, A_GIVEN, @$, $l); }
    ;

patterns: pattern[x]                               { $$ = list_add(p, list_none(), $x); }
    | patterns[l] ',' pattern[x]                   { $$ = list_add(p, $l, $x); }
    ;

pattern: NAME[name] sizes[s]                       { $$ = build_pattern(p, @$, @name, $name, $s); }
    ;

sizes: %empty                                      { $$ = list_none(); }
    | '[' values[l] ']'                            { $$ = $l; }
    ;

type_or_none: %empty                               { $$ = NULL; }
    | ARROW type[t]                                { $$ = $t; }
    ;

type: NAME[name] sizes[s]                          { $$ = build_type(p, @$, @name, $name, $s); }
    | TASK                                         { $$ = build_task_type(p, @$); }
    | '(' types[l] ')'                             { $$ = build_list(p, A_TUPLE, @$, $l); }
    ;

types: type[x]                                     { $$ = list_add(p, list_none(), $x); }
    | types[l] ',' type[x]                         { $$ = list_add(p, $l, $x); }
    ;

/* --- expressions --- */

values: value[x]                                   { $$ = list_add(p, list_none(), $x); }
    | values[l] ',' value[x]                       { $$ = list_add(p, $l, $x); }
    ;

targets: expr[x]                                   { $$ = list_add(p, list_none(), $x); }
    | targets[l] ',' expr[x]                       { $$ = list_add(p, $l, $x); }
    ;

value: expr
    | expr[a] ':' expr[b]                          { $$ = build_3(p, A_RANGE, @$, $a, $b, NULL); }
    | expr[a] ':' expr[b] ':' expr[c]              { $$ = build_3(p, A_RANGE, @$, $a, $b, $c); }
    ;

expr: with
    | NAME[n] ARROW expr[x]                        { $$ = build_lambda_1(p, @$, @n, $n, $x); }
    | '(' values[l] ')' ARROW expr[x]              { $$ = build_lambda(p, @$, $l, $x); }
    | '(' ')' ARROW expr[x]                        { $$ = build_lambda(p, @$, list_none(), $x); }
    | SWEEP clauses[c] block[b]                    { $$ = build_with_list(p, A_SWEEP, @$, $b, $c); }
    ;

with: then
    | with[m] WITH postfix[path] '=' conditional[v]  { $$ = build_with(p, @$, @path, $m, $path, $v); }
    | with[m] WITH with_block[b]                   { $$ = build_2(p, A_WITH, @$, $m, $b); }
    ;

with_block: OPEN with_statements[s] CLOSE          { $$ = build_list(p, A_BLOCK, @$, $s); }
    ;

with_statements: %empty                            { $$ = list_none(); }
    | with_statements[s] with_statement[x] NEWLINE { $$ = list_add(p, $s, $x); }
    ;

with_statement: postfix[path] '=' value[v]         { $$ = build_set(p, @$, $path, $v); }
    | FOR clauses[c] with_block[b]                 { $$ = build_with_list(p, A_FOR, @$, $b, $c); }
    | with_if
    | error                                        { $$ = NULL; yyerrok; }
    | error { yyerrok; } with_block                { $$ = NULL; }
    ;

with_if: IF expr[c] with_block[b]                  { $$ = build_3(p, A_IF, @$, $c, $b, NULL); }
    | IF expr[c] with_block[b] ELSE with_block[e]  { $$ = build_3(p, A_IF, @$, $c, $b, $e); }
    | IF expr[c] with_block[b] ELSE with_if[e]     { $$ = build_3(p, A_IF, @$, $c, $b, $e); }
    ;

clauses: clause[x]                                 { $$ = list_add(p, list_none(), $x); }
    | clauses[l] ',' clause[x]                     { $$ = list_add(p, $l, $x); }
    ;

clause: NAME[name] IN value[v]                     { $$ = build_named(p, A_IN, @$, @name, $name, $v); }
    ;

then: conditional
    | then[a] THEN conditional[b]                  { $$ = build_binary(p, AO_THEN, @$, @2, $a, $b); }
    ;

conditional: or
    | or[a] IF or[c] ELSE conditional[b]           { $$ = build_3(p, A_IFELSE, @$, $a, $c, $b); }
    ;

or: and
    | or[a] OR and[b]                              { $$ = build_binary(p, AO_OR, @$, @2, $a, $b); }
    ;

and: not
    | and[a] AND not[b]                            { $$ = build_binary(p, AO_AND, @$, @2, $a, $b); }
    ;

not: comparison
    | chain
    | NOT not[x]                                   { $$ = build_unary(p, AO_NOT, @$, @1, $x); }
    ;

comparison: sum
    | sum[a] COMPARE[op] sum[b]                    { $$ = build_binary(p, $op, @$, @op, $a, $b); }
    ;

chain: sum[a] COMPARE[op] sum[b] COMPARE[o] sum[c] { $$ = build_chain(p, @$, @b, $op, @o, $a, $b, $c); }
    | chain[a] COMPARE sum                         { $$ = $a; }
    ;

sum: product
    | sum[a] '+' product[b]                        { $$ = build_binary(p, AO_ADD, @$, @2, $a, $b); }
    | sum[a] '-' product[b]                        { $$ = build_binary(p, AO_SUB, @$, @2, $a, $b); }
    ;

product: unary
    | product[a] '*' unary[b]                      { $$ = build_binary(p, AO_MUL, @$, @2, $a, $b); }
    | product[a] '/' unary[b]                      { $$ = build_binary(p, AO_DIV, @$, @2, $a, $b); }
    | product[a] '@' unary[b]                      { $$ = build_binary(p, AO_MATMUL, @$, @2, $a, $b); }
    ;

unary: power
    | '-' unary[x]                                 { $$ = build_unary(p, AO_NEG, @$, @1, $x); }
    ;

power: postfix
    | postfix[a] POWER unary[b]                    { $$ = build_binary(p, AO_POW, @$, @2, $a, $b); }
    ;

postfix: primary
    | postfix[f] '(' arguments[a] ')'              { $$ = build_with_list(p, A_CALL, @$, $f, $a); }
    | postfix[x] '[' items[l] ']'                  { $$ = build_with_list(p, A_INDEX, @$, $x, $l); }
    | postfix[x] '.' NAME[name]                    { $$ = build_named(p, A_FIELD, @$, @name, $name, $x); }
    ;

primary: NAME[n]                                   { $$ = build_name(p, @n, $n); }
    | INTEGER[n]                                   { $$ = build_integer(p, @n, $n); }
    | REAL[n]                                      { $$ = build_real(p, @n, $n); }
    | TRUE_                                        { $$ = build_bool(p, @$, 1); }
    | FALSE_                                       { $$ = build_bool(p, @$, 0); }
    | string
    | '(' values[l] ')'                            { $$ = build_group(p, @$, $l); }
    | '[' list_items[l] ']'                        { $$ = build_list(p, A_LIST, @$, $l); }
    | '[' expr[x] FOR clauses[c] ']'               { $$ = build_with_list(p, A_BUILD, @$, $x, $c); }
    | record
    ;

string: STRING[s]                                  { $$ = build_string(p, @s, $s); }
    | STRING_HEAD[s] pieces[l] STRING_TAIL[e]      { $$ = build_pieces(p, @$, @s, $s, $l, @e, $e); }
    ;

pieces: expr[x]                                    { $$ = list_add(p, list_none(), $x); }
    | pieces[l] STRING_MID[s] expr[x]              { $$ = list_piece(p, $l, @s, $s, $x); }
    ;

arguments: %empty                                  { $$ = list_none(); }
    | argument_list
    | argument_list[l] ','                         { $$ = $l; }
    ;

argument_list: argument[x]                         { $$ = list_add(p, list_none(), $x); }
    | argument_list[l] ',' argument[x]             { $$ = list_add(p, $l, $x); }
    ;

argument: value
    | NAME[name] '=' value[v]                      { $$ = build_named(p, A_ARG, @$, @name, $name, $v); }
    | clause
    ;

items: item_list
    | item_list[l] ','                             { $$ = $l; }
    ;

item_list: item[x]                                 { $$ = list_add(p, list_none(), $x); }
    | item_list[l] ',' item[x]                     { $$ = list_add(p, $l, $x); }
    ;

item: expr
    | bound[a] ':' bound[b]                        { $$ = build_3(p, A_RANGE, @$, $a, $b, NULL); }
    | bound[a] ':' bound[b] ':' bound[c]           { $$ = build_3(p, A_RANGE, @$, $a, $b, $c); }
    ;

bound: %empty                                      { $$ = NULL; }
    | expr
    ;

list_items: %empty                                 { $$ = list_none(); }
    | list_item_list
    | list_item_list[l] ','                        { $$ = $l; }
    ;

list_item_list: list_item[x]                       { $$ = list_add(p, list_none(), $x); }
    | list_item_list[l] ',' list_item[x]           { $$ = list_add(p, $l, $x); }
    ;

list_item: expr
    | expr[x] ELLIPSIS                             { $$ = build_1(p, A_SPREAD, @$, $x); }
    ;

record: LITERAL fields[l] LITERAL_CLOSE            { $$ = build_list(p, A_RECORD, @$, $l); }
    ;

fields: %empty                                     { $$ = list_none(); }
    | field_list
    | field_list[l] ','                            { $$ = $l; }
    ;

field_list: field[x]                               { $$ = list_add(p, list_none(), $x); }
    | field_list[l] ',' field[x]                   { $$ = list_add(p, $l, $x); }
    ;

field: NAME[name] ':' value[v]                     { $$ = build_named(p, A_ARG, @$, @name, $name, $v); }
    | NAME[name] '=' value[v]                      { $$ = build_named(p, A_ARG, @$, @name, $name, $v); }
    | NAME[name]                                   { $$ = build_column(p, @name, $name); }
    ;

%%

static int icl_parse_lex(YYSTYPE *value, struct span *where, struct parse *p) {
    const struct token *t = &p->tokens.data[p->at < p->tokens.n - 1 ? p->at : p->tokens.n - 1];
    if (p->at < p->tokens.n) p->at++;
    *value = t->value;
    *where = t->span;
    return t->kind;
}

/* Called by the parser when its stack is full; syntax errors go the way below. */
static void icl_parse_error(const struct span *where, struct parse *p, const char *message) {
    (void)message;
    build_too_deep(p, *where);
}

/* What could stand at the place of an error, sorted into the words a user has for it. */
static int yyreport_syntax_error(const yypcontext_t *context, struct parse *p) {
    yysymbol_kind_t symbol[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, symbol, YYNTOKENS);
    struct expected e = {0};
    for (int i = 0; i < n; i++) {
        e.expression |= symbol[i] == YYSYMBOL_REAL;
        e.integer |= symbol[i] == YYSYMBOL_INTEGER;
        e.operator_ |= symbol[i] == YYSYMBOL_AND;
        e.statement |= symbol[i] == YYSYMBOL_REPEAT;
        e.name |= symbol[i] == YYSYMBOL_NAME;
        e.type |= symbol[i] == YYSYMBOL_TASK;
        e.block |= symbol[i] == YYSYMBOL_OPEN;
    }
    for (int i = 0; i < n; i++) e.word[e.words++] = yysymbol_name(symbol[i]);
    syntax_error(p, &e);
    return 0;
}

/* Reads a source file. The tree holds the statements that could be read. */
struct ast *parse_source(struct arena *a, struct interner *names, const struct source *src, struct diags *ds,
                         bool *incomplete) {
    struct parse p = {.arena = a, .names = names, .src = src, .ds = ds};
    size_t bad = utf8_check(src->text, src->n);
    if (bad < src->n) {
        struct span where = {src, (uint32_t)bad, (uint32_t)bad + 1};
        diag_new(ds, E_UTF8, where, "this byte (0x%02x) is not UTF-8 text", (unsigned char)src->text[bad]);
    } else {
        tokens_read(&p);
        tokens_arrange(&p);
        icl_parse_parse(&p);
    }
    if (!p.file) p.file = build_list(&p, A_FILE, (struct span){src, 0, 0}, list_none());
    p.file->span.src = src; /* which no token says where there is none */
    if (incomplete) *incomplete = p.open_end;
    arena_free(&p.scratch);
    return p.file;
}
