/* What stands where: script statements in kernels, the ends of bodies, draws and parameters in definitions that have
 * none, signatures. Nothing here looks a name up. */
#include "lang/names_walk.h"

#include <string.h>

static enum def_kind kind_of(const struct walker *w) {
    return (enum def_kind)w->def->integer;
}

/* Whether the code being walked is compiled; an `fn` is what its uses make of it. */
bool names_kernel(const struct walker *w) {
    return w->def && kind_of(w) != DEF_FN;
}

/* "an algorithm", "a task", "an fn". */
static const char *article(enum def_kind kind) {
    return kind == DEF_FN || strchr("aeio", *ast_def_word(kind)) ? "an" : "a";
}

/* Reports something of the script in kernel code. */
void names_script_only(struct walker *w, struct span where, const char *what) {
    enum def_kind kind = kind_of(w);
    struct diag *m = diag_new(w->ds, E_LEVEL, where, "%s belongs to the script, not to the body of %s %s", what,
                              article(kind), ast_def_word(kind));
    diag_note(m, "the body of `%s` is compiled and runs for many prompts at once", w->def->name);
}

/* The kinds of definition that a statement of a body belongs to: up to two, -1 for none. */
static const struct home {
    enum ast_kind statement;
    int first, second;
} homes[] = {
    {A_RETURN, DEF_FN, DEF_LAYER},           {A_PREDICT, DEF_ALGORITHM, DEF_ARCHITECTURE},
    {A_YIELD, DEF_PREPROCESS, DEF_OPTIMIZER}, {A_PROMPT, DEF_TASK, -1},
    {A_PARAM, DEF_LAYER, DEF_ARCHITECTURE},  {A_TAP, DEF_LAYER, DEF_ARCHITECTURE},
    {A_STATE, DEF_OPTIMIZER, -1},
};

static void check_home(struct walker *w, const struct ast *s, const struct home *h) {
    const char *word = ast_kind_name(s->kind);
    if (w->def && ((int)kind_of(w) == h->first || (int)kind_of(w) == h->second)) return;
    struct diag *m;
    if (w->def)
        m = diag_new(w->ds, E_STATEMENT_PLACE, s->span, "`%s` does not belong in %s %s", word, article(kind_of(w)),
                     ast_def_word(kind_of(w)));
    else
        m = diag_new(w->ds, E_STATEMENT_PLACE, s->span, "`%s` belongs in a definition, not in the script", word);
    if (h->second < 0)
        diag_note(m, "it belongs in %s %s", article((enum def_kind)h->first), ast_def_word((enum def_kind)h->first));
    else
        diag_note(m, "it belongs in %s %s or %s %s", article((enum def_kind)h->first),
                  ast_def_word((enum def_kind)h->first), article((enum def_kind)h->second),
                  ast_def_word((enum def_kind)h->second));
    const char *end = w->def ? ast_def_end(kind_of(w)) : word;
    if (w->def && (s->kind == A_RETURN || s->kind == A_PREDICT || s->kind == A_YIELD || s->kind == A_PROMPT))
        diag_help(m, "%s %s ends with `%s`", article(kind_of(w)), ast_def_word(kind_of(w)), end);
}

static void check_draw(struct walker *w, const struct ast *s) {
    if (w->def && kind_of(w) == DEF_TASK) return;
    struct diag *m = diag_new(w->ds, E_DRAW_PLACE, s->span, "`%s` is drawn outside a task", s->name);
    if (w->def && (kind_of(w) == DEF_LAYER || kind_of(w) == DEF_ARCHITECTURE))
        diag_help(m, "a trained tensor is declared with `param %s[...] ~ ...`", s->name);
    else if (w->def && (kind_of(w) == DEF_ALGORITHM || kind_of(w) == DEF_PREPROCESS))
        diag_note(m, "an algorithm gives one answer to one prompt; what it needs at random is drawn in the task and "
                     "named after `knowing`");
    else if (w->def && kind_of(w) == DEF_FN)
        diag_help(m, "draw it in the task, and give it to `%s` as an argument", w->def->name);
    else
        diag_note(m, "draws belong to prompts, which are numbered; `predictions` and `capture` give tensors of them");
}

static bool is_last(const struct ast *def, const struct ast *s) {
    return def->kid[0]->n && def->kid[0]->kid[def->kid[0]->n - 1] == s;
}

/* Reports a statement that does not belong where it stands. */
void names_place(struct walker *w, const struct ast *s) {
    for (size_t i = 0; i < sizeof homes / sizeof *homes; i++)
        if (homes[i].statement == s->kind) check_home(w, s, &homes[i]);
    if (s->kind == A_DRAW) check_draw(w, s);
    switch (s->kind) {
    case A_PRINT: case A_SAVE: case A_PLOT: case A_HEATMAP: case A_RECORD_STMT: case A_ASSERT: {
        char what[32];
        snprintf(what, sizeof what, "`%s`", ast_kind_name(s->kind));
        if (names_kernel(w)) names_script_only(w, s->span, what);
        break;
    }
    case A_DEF: case A_OPTION: case A_IMPORT: case A_TEST: case A_LANGUAGE:
        if (w->def)
            diag_new(w->ds, E_STATEMENT_PLACE, s->name_span, "`%s` does not belong inside a definition",
                     s->kind == A_DEF ? ast_def_word((enum def_kind)s->integer) : ast_kind_name(s->kind));
        break;
    case A_EXPR:
        if (names_kernel(w) && !is_last(w->def, s)) { /* the last one is reported as the missing end */
            struct diag *m = diag_new(w->ds, E_STATEMENT_PLACE, s->span, "nothing uses this value");
            diag_help(m, "give it a name with `=`, or end the body with `%s`", ast_def_end(kind_of(w)));
        }
        break;
    default: break;
    }
}

/* --- definitions as a whole --- */

static bool is_end(const struct ast *s) {
    return s->kind == A_RETURN || s->kind == A_PREDICT || s->kind == A_YIELD || s->kind == A_PROMPT;
}

static bool ends(const struct ast *s) {
    if (is_end(s)) return true;
    if (s->kind == A_BLOCK) return s->n && ends(s->kid[s->n - 1]);
    return s->kind == A_IF && s->n == 3 && s->kid[2] && ends(s->kid[1]) && ends(s->kid[2]);
}

/* An fn that prints, plots, saves or asserts is called for that. */
static bool has_effect(const struct ast *s) {
    if (!s) return false;
    if (s->kind == A_PRINT || s->kind == A_SAVE || s->kind == A_PLOT || s->kind == A_HEATMAP || s->kind == A_ASSERT)
        return true;
    bool inside = s->kind == A_BLOCK || s->kind == A_IF || s->kind == A_FOR || s->kind == A_REPEAT;
    for (int i = 0; inside && i < s->n; i++)
        if (has_effect(s->kid[i])) return true;
    return false;
}

/* Reports statements that can never be reached; returns whether there are any. */
static bool check_dead(struct walker *w, const struct ast *s) {
    bool dead = false;
    if (!s) return false;
    for (int i = 0; s->kind == A_BLOCK && !dead && i + 1 < s->n; i++)
        if (ends(s->kid[i])) {
            struct diag *m = diag_new(w->ds, E_ENDING, s->kid[i + 1]->span, "this is never reached");
            diag_label(m, s->kid[i]->span, "the body ends here");
            dead = true;
        }
    bool inside = s->kind == A_BLOCK || s->kind == A_IF || s->kind == A_FOR || s->kind == A_REPEAT;
    for (int i = 0; inside && i < s->n; i++) dead |= check_dead(w, s->kid[i]);
    return dead;
}

/* A statement of it could not be read: it may have been the end. */
static bool is_broken(const struct ast *s) {
    if (!s || s->kind == A_BROKEN) return s != NULL;
    bool inside = s->kind == A_BLOCK || s->kind == A_IF || s->kind == A_FOR || s->kind == A_REPEAT, any = false;
    for (int i = 0; inside && i < s->n; i++) any |= is_broken(s->kid[i]);
    return any;
}

static void check_ending(struct walker *w, const struct ast *def) {
    enum def_kind kind = (enum def_kind)def->integer;
    const struct ast *body = def->kid[0];
    if (is_broken(body)) return;
    if (check_dead(w, body) || body->kind != A_BLOCK || ends(body) || (kind == DEF_FN && has_effect(body))) return;
    const struct ast *last = body->n ? body->kid[body->n - 1] : NULL;
    static const char *const shape[] = {
        [DEF_FN] = "return value",       [DEF_TASK] = "prompt x, y",    [DEF_ALGORITHM] = "predict value",
        [DEF_PREPROCESS] = "yield X, y, q", [DEF_LAYER] = "return value", [DEF_ARCHITECTURE] = "predict value",
        [DEF_OPTIMIZER] = "yield p",
    };
    struct diag *m = diag_new(w->ds, E_ENDING, def->name_span, "the body of `%s` does not end with `%s`", def->name,
                              shape[kind]);
    diag_note(m, "%s %s ends with `%s`", article(kind), ast_def_word(kind), shape[kind]);
    if (last && last->kind == A_EXPR) diag_label(m, last->span, "did you mean `%s` before this?", ast_def_end(kind));
}

static void check_signature(struct walker *w, const struct ast *def) {
    enum def_kind kind = (enum def_kind)def->integer;
    const struct ast *given = def->kid[1], *knowing = def->kid[2];
    static const struct {
        int least, most;
        const char *text;
    } rule[] = {
        [DEF_FN] = {0, 0, "the arguments of an fn stand in parentheses: `fn f(x: real[n]) { ... }`"},
        [DEF_TASK] = {0, 0, "a task is given nothing: it draws"},
        [DEF_ALGORITHM] = {3, 3, "an algorithm is given a context and a query: `given X[n, d], y[n], q[d]`"},
        [DEF_PREPROCESS] = {3, 3, "a preprocess is given a context and a query: `given X[n, d], y[n], q[d]`"},
        [DEF_LAYER] = {1, 99, ""},
        [DEF_ARCHITECTURE] = {2, 3, "an architecture is given `X[n, d], y[n], q[d]`, or a sequence `x[t, d], y[t]`"},
        [DEF_OPTIMIZER] = {3, 3, "an optimizer is given a parameter, its gradient and the step: `given p, g, t`"},
    };
    if (given && (given->n < rule[kind].least || given->n > rule[kind].most)) {
        struct diag *m = diag_new(w->ds, E_SIGNATURE, given->span, "this is not what %s %s is given", article(kind),
                                  ast_def_word(kind));
        diag_note(m, "%s", rule[kind].text);
    }
    if (knowing && kind != DEF_ALGORITHM && kind != DEF_PREPROCESS)
        diag_new(w->ds, E_SIGNATURE, knowing->span, "only an algorithm or a preprocess has `knowing`");
}

static bool unnamed(const struct ast *argument) {
    return argument->kind != A_ARG && argument->kind != A_IN;
}

/* Reports a name that a list has twice; in a call only what is passed by name counts. */
void names_once(struct walker *w, struct ast *const *list, int n, enum diag_code code, const char *what) {
    bool call = code == E_ARGUMENT_TWICE;
    for (int i = 0; i < n; i++)
        for (int k = 0; list[i] && list[i]->name && k < i; k++)
            if (list[k] && list[k]->name == list[i]->name && !(call && (unnamed(list[i]) || unnamed(list[k])))) {
                struct diag *m = diag_new(w->ds, code, list[i]->name_span, "%s `%s` stands here twice", what,
                                          list[i]->name);
                diag_label(m, list[k]->name_span, "first here");
                break;
            }
}

/* Checks a definition as a whole: its signature, its ending, names given twice. */
void names_definition(struct walker *w, const struct ast *def) {
    check_signature(w, def);
    check_ending(w, def);
    names_once(w, def->kid + 4, def->n - 4, E_DUPLICATE_NAME, "the hyper-parameter");
    for (int i = 1; i <= 2; i++)
        if (def->kid[i]) names_once(w, def->kid[i]->kid, def->kid[i]->n, E_DUPLICATE_NAME, "the name");
}
