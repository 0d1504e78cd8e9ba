/* What the grammar's actions do: build nodes, and refuse what the grammar lets pass because a clear message needs the
 * whole construct (`x[0] = 1`, `a < b < c`). A refused statement is left out of the tree; a refused expression leaves
 * something plain in its place. */
#include "lang/parse_build.h"

#include <string.h>

/* Says once a file that it is nested too deeply. */
void build_too_deep(struct parse *p, struct span where) {
    if (!p->too_deep) {
        struct diag *m = diag_new(p->ds, E_NESTING, where, "this is nested too deeply");
        diag_help(m, "give parts of it names of their own");
    }
    p->too_deep = true;
}

/* Hands a finished node on, unless the tree under it is too high to be walked. */
static struct ast *finish(struct parse *p, struct ast *node) {
    if (node->depth < AST_DEEPEST) return node;
    build_too_deep(p, node->span);
    return ast_new(p->arena, A_INT, node->span);
}

struct ast_list list_none(void) {
    return (struct ast_list){0};
}

/* Appends a node; a NULL (a statement with an error) is left out. */
struct ast_list list_add(struct parse *p, struct ast_list l, struct ast *x) {
    if (x) vec_push(&p->scratch, &l, x);
    return l;
}

/* Appends a piece of a string, if there is one, and the expression after it. */
struct ast_list list_piece(struct parse *p, struct ast_list l, struct span where, const char *text, struct ast *x) {
    if (*text) l = list_add(p, l, build_string(p, where, text));
    return list_add(p, l, x);
}

/* A node whose children are a list. */
struct ast *build_list(struct parse *p, enum ast_kind kind, struct span s, struct ast_list l) {
    struct ast *node = ast_new(p->arena, kind, s);
    ast_adopt(p->arena, node, l.data, l.n);
    if (kind == A_FILE || kind == A_BLOCK) return node;
    return finish(p, node);
}

static struct ast *fixed(struct parse *p, enum ast_kind kind, struct span s, struct ast *const *kids, int n) {
    struct ast *node = ast_new(p->arena, kind, s);
    ast_adopt(p->arena, node, kids, n);
    return finish(p, node);
}

/* Nodes of one, two and three children, which may be NULL where ast.def says so. */
struct ast *build_1(struct parse *p, enum ast_kind kind, struct span s, struct ast *a) {
    return fixed(p, kind, s, (struct ast *[]){a}, 1);
}

struct ast *build_2(struct parse *p, enum ast_kind kind, struct span s, struct ast *a, struct ast *b) {
    return fixed(p, kind, s, (struct ast *[]){a, b}, 2);
}

struct ast *build_3(struct parse *p, enum ast_kind kind, struct span s, struct ast *a, struct ast *b, struct ast *c) {
    return fixed(p, kind, s, (struct ast *[]){a, b, c}, 3);
}

/* One child and then a list: a call and its arguments, a loop's block and its clauses. */
struct ast *build_with_list(struct parse *p, enum ast_kind kind, struct span s, struct ast *first, struct ast_list l) {
    struct ast_list all = {0};
    vec_push(&p->scratch, &all, first);
    for (int i = 0; i < l.n; i++) vec_push(&p->scratch, &all, l.data[i]);
    struct ast *node = fixed(p, kind, s, all.data, all.n);
    if (kind == A_CALL || kind == A_INDEX) node->name_span = first->span;
    return node;
}

/* A name with one child. */
struct ast *build_named(struct parse *p, enum ast_kind kind, struct span s, struct span at, str name, struct ast *x) {
    struct ast *node = build_1(p, kind, s, x);
    node->name = name;
    node->name_span = at;
    return node;
}

struct ast *build_name(struct parse *p, struct span s, str name) {
    struct ast *node = ast_new(p->arena, A_NAME, s);
    node->name = name;
    return node;
}

struct ast *build_column(struct parse *p, struct span s, str name) {
    return build_named(p, A_ARG, s, s, name, build_name(p, s, name));
}

struct ast *build_integer(struct parse *p, struct span s, int64_t v) {
    struct ast *node = ast_new(p->arena, A_INT, s);
    node->integer = v;
    node->number = (double)v;
    return node;
}

struct ast *build_real(struct parse *p, struct span s, double v) {
    struct ast *node = ast_new(p->arena, A_NUMBER, s);
    node->number = v;
    return node;
}

struct ast *build_bool(struct parse *p, struct span s, int v) {
    struct ast *node = ast_new(p->arena, A_BOOL, s);
    node->integer = v;
    return node;
}

struct ast *build_string(struct parse *p, struct span s, const char *text) {
    struct ast *node = ast_new(p->arena, A_STRING, s);
    node->text = text;
    return node;
}

/* A string with expressions in it. */
struct ast *build_pieces(struct parse *p, struct span s, struct span head_at, const char *head, struct ast_list l,
                         struct span tail_at, const char *tail) {
    struct ast_list all = list_none();
    if (*head) all = list_add(p, all, build_string(p, head_at, head));
    for (int i = 0; i < l.n; i++) all = list_add(p, all, l.data[i]);
    if (*tail) all = list_add(p, all, build_string(p, tail_at, tail));
    return build_list(p, A_STRING, s, all);
}

/* What stands in parentheses: one value, or a tuple. The span takes the parentheses in. */
struct ast *build_group(struct parse *p, struct span s, struct ast_list l) {
    if (l.n != 1) return build_list(p, A_TUPLE, s, l);
    l.data[0]->span = s;
    return l.data[0];
}

struct ast *build_binary(struct parse *p, enum ast_op op, struct span s, struct span at, struct ast *a, struct ast *b) {
    struct ast *node = build_2(p, A_BINARY, s, a, b);
    node->op = op;
    node->name_span = at;
    return node;
}

struct ast *build_unary(struct parse *p, enum ast_op op, struct span s, struct span at, struct ast *a) {
    struct ast *node = build_1(p, A_UNARY, s, a);
    node->op = op;
    node->name_span = at;
    return node;
}

/* a < b < c: says how to write it, and gives a < b. */
struct ast *build_chain(struct parse *p, struct span s, struct span middle, enum ast_op op, struct span second,
                        struct ast *a, struct ast *b, struct ast *c) {
    const char *text = p->src->text;
    struct diag *m = diag_new(p->ds, E_CHAIN, second, "comparisons do not chain");
    if (memchr(text + s.from, '\n', s.to - s.from) == NULL && s.to - s.from < 80)
        diag_help(m, "did you mean `%.*s and %.*s`?", (int)(middle.to - s.from), text + s.from,
                  (int)(c->span.to - middle.from), text + middle.from);
    return build_binary(p, op, span_join(a->span, b->span), second, a, b);
}

/* w -> body */
struct ast *build_lambda_1(struct parse *p, struct span s, struct span at, str name, struct ast *body) {
    return build_2(p, A_LAMBDA, s, body, build_name(p, at, name));
}

/* (a, b) -> body */
struct ast *build_lambda(struct parse *p, struct span s, struct ast_list l, struct ast *body) {
    for (int i = 0; i < l.n; i++)
        if (l.data[i]->kind != A_NAME) {
            diag_new(p->ds, E_PARAMETER, l.data[i]->span, "a parameter before `->` is a name");
            l.n = 0;
        }
    return build_with_list(p, A_LAMBDA, s, body, l);
}

/* --- interventions --- */

/* `it` is a word of its own only in the value of a replacement. */
static void mark_it(struct ast *x) {
    if (!x) return;
    if (x->kind == A_NAME && !strcmp(x->name, "it")) x->kind = A_IT;
    for (int i = 0; i < x->n; i++) mark_it(x->kid[i]);
}

static bool is_path(const struct ast *x) {
    while (x->kind == A_FIELD || x->kind == A_INDEX) x = x->kid[0];
    return x->kind == A_NAME;
}

/* PATH = value, in a `with`. */
struct ast *build_set(struct parse *p, struct span s, struct ast *path, struct ast *value) {
    if (!is_path(path)) {
        struct diag *m = diag_new(p->ds, E_TARGET, path->span, "this is not a path inside a model");
        diag_note(m, "a path is a call of a layer and a tap or param in it: `attention[1].head[0]`");
        return NULL;
    }
    mark_it(value);
    return build_2(p, A_SET, s, path, value);
}

/* model with PATH = value: as a block of one. */
struct ast *build_with(struct parse *p, struct span s, struct span path_at, struct ast *model, struct ast *path,
                       struct ast *value) {
    struct span at = span_join(path_at, value->span);
    struct ast *block = build_list(p, A_BLOCK, at, list_add(p, list_none(), build_set(p, at, path, value)));
    return build_2(p, A_WITH, s, model, block);
}

/* --- statements --- */

static const char *plain_text(struct parse *p, const struct ast *string, const char *what) {
    if (string->text) return string->text;
    diag_new(p->ds, E_PLAIN_TEXT, string->span, "%s cannot hold expressions", what);
    return "";
}

/* A statement that could not be read: the names in it, so that what it may have defined is not missed elsewhere. */
struct ast *build_broken(struct parse *p, struct span s) {
    struct ast_list names = list_none();
    bool import = false, first = true;
    for (int i = 0; i < p->at && i < p->tokens.n; i++) {
        const struct token *t = &p->tokens.data[i];
        if (t->span.from < s.from) continue;
        import |= first && t->kind == IMPORT;
        first = false;
        if (t->kind == NAME) names = list_add(p, names, build_name(p, t->span, t->value.NAME));
        if (t->span.to > s.to && t->kind != FILE_END) s.to = t->span.to;
    }
    if (p->wrong.src == s.src && p->wrong.to > s.to) s.to = p->wrong.to;
    struct ast *node = ast_new(p->arena, A_BROKEN, s);
    ast_adopt(p->arena, node, names.data, names.n);
    node->integer = import;
    return node;
}

struct ast *build_language(struct parse *p, struct span s, struct span at, int64_t version) {
    if (version != 1) {
        struct diag *m = diag_new(p->ds, E_LANGUAGE, at, "there is no language %lld", (long long)version);
        diag_help(m, "write `language 1`");
    }
    struct ast *node = ast_new(p->arena, A_LANGUAGE, s);
    node->integer = version;
    node->name_span = at;
    return node;
}

struct ast *build_option(struct parse *p, struct span s, struct span at, str name, struct ast *type, struct ast *value,
                         struct ast *help) {
    struct ast *node = build_2(p, A_OPTION, s, type, value);
    node->name = name;
    node->name_span = at;
    if (help) node->text = plain_text(p, help, "the help of an option");
    return node;
}

struct ast *build_import(struct parse *p, struct span s, struct ast *path, struct ast_list names) {
    struct ast *node = build_list(p, A_IMPORT, s, names);
    node->name_span = path->span;
    node->text = plain_text(p, path, "the path of an import");
    return node;
}

struct ast *build_test(struct parse *p, struct span s, struct ast *name, struct ast *block) {
    struct ast *node = build_1(p, A_TEST, s, block);
    node->name_span = name->span;
    node->text = plain_text(p, name, "the name of a test");
    return node;
}

/* Says why something cannot stand left of `=`. */
static void refuse_target(struct parse *p, const struct ast *t) {
    struct diag *m;
    if (t->kind == A_INDEX) {
        m = diag_new(p->ds, E_TARGET, t->span, "an element cannot be assigned: tensors are not changed in place");
        diag_help(m, "build a new tensor with `where`, `concat` or `[... for i in 0:n]`");
    } else if (t->kind == A_FIELD) {
        m = diag_new(p->ds, E_TARGET, t->span, "a field cannot be assigned");
        diag_help(m, "a changed model is written `model with PATH = value`");
    } else if (t->kind == A_CALL) {
        m = diag_new(p->ds, E_TARGET, t->span, "a call cannot be assigned");
        diag_help(m, "a function is defined with `fn name(a, b) { return value }`");
    } else {
        m = diag_new(p->ds, E_TARGET, t->span, "only a name can be given a value");
    }
}

/* The left side of an assignment: a name, or a tuple of names; NULL when it is neither. */
static struct ast *target(struct parse *p, struct span at, struct ast_list l) {
    if (l.n == 1 && l.data[0]->kind == A_TUPLE) {
        at = l.data[0]->span;
        l = (struct ast_list){l.data[0]->kid, l.data[0]->n, l.data[0]->n};
    }
    for (int i = 0; i < l.n; i++)
        if (l.data[i]->kind != A_NAME) {
            refuse_target(p, l.data[i]);
            return NULL;
        }
    return l.n == 1 ? l.data[0] : build_list(p, A_TUPLE, at, l);
}

struct ast *build_assign(struct parse *p, struct span s, struct span at, struct span targets_at,
                         struct ast_list targets, struct span values_at, struct ast_list values) {
    struct ast *t = target(p, targets_at, targets);
    struct ast *v = values.n == 1 ? values.data[0] : build_list(p, A_TUPLE, values_at, values);
    if (!t) return NULL;
    struct ast *node = build_2(p, A_ASSIGN, s, t, v);
    node->name_span = at;
    return node;
}

struct ast *build_update(struct parse *p, struct span s, struct span at, enum ast_op op, struct ast *t,
                         struct ast *value) {
    if (t->kind != A_NAME) {
        refuse_target(p, t);
        return NULL;
    }
    struct ast *node = build_2(p, A_UPDATE, s, t, value);
    node->op = op;
    node->name_span = at;
    return node;
}

static bool is_distribution(struct parse *p, const struct ast *x) {
    if (x->kind == A_CALL && x->kid[0]->kind == A_NAME) return true;
    struct diag *m = diag_new(p->ds, E_DRAW_FORM, x->span, "after `~` comes a distribution");
    if (x->kind == A_NAME)
        diag_help(m, "did you mean `%s()`?", x->name);
    else
        diag_help(m, "for example `normal(0, 1)`; a value is given with `=`");
    return false;
}

/* name[sizes] ~ distribution */
struct ast *build_draw(struct parse *p, struct span s, struct span at, struct ast *t, struct ast *distribution) {
    const struct ast *name = t->kind == A_INDEX ? t->kid[0] : t;
    struct ast_list l = list_add(p, list_none(), distribution);
    (void)at;
    if (name->kind != A_NAME) {
        diag_new(p->ds, E_DRAW_FORM, t->span, "what is drawn is a name, with its shape: `name[n, d] ~ normal(0, 1)`");
        return NULL;
    }
    for (int i = 1; t->kind == A_INDEX && i < t->n; i++) {
        if (t->kid[i]->kind == A_RANGE) {
            diag_new(p->ds, E_DRAW_FORM, t->kid[i]->span, "here stands a size, not a slice");
            return NULL;
        }
        l = list_add(p, l, t->kid[i]);
    }
    if (!is_distribution(p, distribution)) return NULL;
    struct ast *node = build_list(p, A_DRAW, s, l);
    node->name = name->name;
    node->name_span = name->span;
    return node;
}

/* param name[sizes] ~ distribution, or = value */
struct ast *build_param(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes,
                        struct ast *initial, bool drawn) {
    if (drawn && !is_distribution(p, initial)) return NULL;
    struct ast *node = build_with_list(p, A_PARAM, s, initial, sizes);
    node->name = name;
    node->name_span = at;
    node->integer = drawn;
    return node;
}

/* --- definitions --- */

struct ast *build_def(struct parse *p, struct span s, struct def_head head, struct span at, str name,
                      struct ast_list hypers, struct ast *given, struct ast *knowing, struct ast *type,
                      struct ast *body) {
    struct ast_list all = {0};
    struct ast *first[] = {body, given, knowing, type};
    for (int i = 0; i < 4; i++) vec_push(&p->scratch, &all, first[i]);
    for (int i = 0; i < hypers.n; i++) vec_push(&p->scratch, &all, hypers.data[i]);
    struct ast *node = build_list(p, A_DEF, s, all);
    node->name = name;
    node->name_span = at;
    node->integer = head.kind;
    node->text = head.doc;
    return node;
}

struct ast *build_hyper(struct parse *p, struct span s, struct span at, str name, struct ast *type, struct ast *value) {
    struct ast *node = build_2(p, A_HYPER, s, type, value);
    node->name = name;
    node->name_span = at;
    return node;
}

struct ast *build_pattern(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes) {
    struct ast *node = build_list(p, A_PATTERN, s, sizes);
    node->name = name;
    node->name_span = at;
    return node;
}

static const char *const types[] = {"real",  "int",   "bool",     "string", "list",      "record",
                                    "range", "table", "estimate", "task",   "predictor", NULL};

struct ast *build_type(struct parse *p, struct span s, struct span at, str name, struct ast_list sizes) {
    int best = -1, least = 3, k = 0;
    for (; types[k] && strcmp(types[k], name); k++)
        if (edit_distance(name, types[k]) < least) best = k, least = edit_distance(name, types[k]);
    if (!types[k]) {
        bool floating = !strncmp(name, "float", 5) || !strcmp(name, "double");
        struct diag *m = diag_new(p->ds, E_TYPE_NAME, at, "there is no type `%s`", name);
        if (floating || best >= 0)
            diag_help(m, "did you mean `%s`?", floating ? "real" : types[best]);
        else
            diag_note(m, "there are real, int, bool, and in scripts string, list, record, range, table, estimate, "
                         "task, predictor");
    }
    struct ast *node = build_list(p, A_TYPE, s, sizes);
    node->name = name;
    node->name_span = at;
    return node;
}

/* `task` is a keyword, and the type of tasks. */
struct ast *build_task_type(struct parse *p, struct span s) {
    return build_type(p, s, s, intern(p->names, "task"), list_none());
}
