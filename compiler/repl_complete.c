/* Completion, from the text before the cursor alone: it need not parse. What may stand there is told by what is before
 * the word: `:`, a dot, a quote, the bracket of a call, `~`, or nothing of these. What a dot follows is walked without
 * data, so its fields are those it has. */
#include "compiler/repl_complete.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "compiler/model.h"
#include "runtime/table.h"

static const char *const keywords[] = {
    "algorithm", "and", "architecture", "assert", "else", "false", "fn", "for", "given", "heatmap", "if", "import",
    "in", "knowing", "language", "layer", "not", "only", "optimizer", "option", "or", "param", "plot", "predict",
    "preprocess", "print", "prompt", "record", "repeat", "return", "save", "state", "sweep", "tap", "task", "test",
    "then", "true", "truth", "until", "with", "yield",
};

static const char *const plot_options[] = { "band", "color", "kind", "series", "title", "x", "xlabel", "xscale", "y",
                                            "ylabel", "yscale" };

/* The text before the cursor, and the word at its end. */
struct context {
    struct repl *r;
    struct completion *out;
    const char *text;
    size_t n, from;
    VEC(size_t) open; /* brackets and braces not closed, innermost last */
    long quote;       /* the string that the cursor is in; -1: none */
};

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- candidates ---- */

static void offer(struct context *c, const char *before, const char *name, const char *after)
{
    size_t have = c->n - c->from;
    char *word = arena_printf(&c->out->arena, "%s%s%s", before, name, after);
    if (strncmp(word, c->text + c->from, have)) return;
    vec_push(&c->out->arena, &c->out->words, word);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_words(struct completion *out)
{
    int n = 0;
    if (out->words.n) qsort(out->words.data, (size_t)out->words.n, sizeof *out->words.data, by_text);
    for (int i = 0; i < out->words.n; i++)
        if (!n || strcmp(out->words.data[n - 1], out->words.data[i])) out->words.data[n++] = out->words.data[i];
    out->words.n = n;
}

static void offer_scope(struct context *c, const struct scope *s)
{
    for (int i = 0; i < s->names.n; i++) offer(c, "", s->names.data[i].name, "");
}

static void offer_names(struct context *c)
{
    struct ev *ev = c->r->ev;
    offer_scope(c, ev->script);
    offer_scope(c, ev->std);
    offer_scope(c, ev->parts);
    for (int i = 0; i < builtin_count; i++) offer(c, "", builtins[i].name, "");
}

static void offer_keywords(struct context *c)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) offer(c, "", keywords[i], "");
}

/* Files whose name goes on from what is in the string. */
static void offer_files(struct context *c, size_t from)
{
    const char *typed = c->text + from, *slash = strrchr(typed, '/');
    size_t folder = slash ? (size_t)(slash - typed) + 1 : 0;
    char *path = arena_strndup(&c->out->arena, typed, folder);
    c->from = from + folder;
    DIR *d = opendir(folder ? path : ".");
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) {
        struct stat st;
        if (e->d_name[0] == '.' && c->text[c->from] != '.') continue;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")) continue;
        const char *full = arena_printf(&c->out->arena, "%s%s", path, e->d_name);
        offer(c, "", e->d_name, !stat(full, &st) && S_ISDIR(st.st_mode) ? "/" : "");
    }
    closedir(d);
}

/* ---- what is before the word ---- */

/* Finds the open brackets and the open string. */
static void scan(struct context *c)
{
    c->quote = -1;
    for (size_t i = 0; i < c->n; i++) {
        char ch = c->text[i];
        if (c->quote >= 0) {
            if (ch == '\\' && i + 1 < c->n) i++;
            else if (ch == '"' || ch == '\n') c->quote = -1;
        } else if (ch == '"') {
            c->quote = (long)i;
        } else if (ch == '#') {
            while (i + 1 < c->n && c->text[i + 1] != '\n') i++;
        } else if (strchr("([{", ch)) {
            vec_push(&c->out->arena, &c->open, i);
        } else if (strchr(")]}", ch) && c->open.n) {
            c->open.n--;
        }
    }
}

/* The end of the text before `at` without blanks. */
static size_t back_over_blanks(const struct context *c, size_t at)
{
    while (at && isspace((unsigned char)c->text[at - 1])) at--;
    return at;
}

/* The name that ends at `at`. */
static const char *name_before(struct context *c, size_t at)
{
    size_t end = back_over_blanks(c, at), from = end;
    while (from && word_char(c->text[from - 1])) from--;
    return arena_strndup(&c->out->arena, c->text + from, end - from);
}

/* The start of the names, fields, calls and indices that end at `at`. */
static size_t operand_start(const struct context *c, size_t at)
{
    size_t from = at;
    while (from) {
        char ch = c->text[from - 1];
        if (word_char(ch) || ch == '.') {
            from--;
        } else if (ch == ')' || ch == ']') {
            int depth = 0;
            do {
                from--;
                depth += (strchr(")]", c->text[from]) != NULL) - (strchr("([", c->text[from]) != NULL);
            } while (from && depth);
        } else {
            break;
        }
    }
    return from;
}

/* The value of a piece of the text from a walk without data, in silence. */
static const struct value *value_of(struct context *c, size_t from, size_t to)
{
    struct diags *ds = c->r->ev->diags;
    if (from == to) return &value_any;
    ds->muted++;
    const struct value *v = repl_peek(c->r, arena_strndup(&c->out->arena, c->text + from, to - from));
    ds->muted--;
    diags_clear(ds);
    return v;
}

static void offer_list(struct context *c, const char *const *list, int n)
{
    for (int i = 0; i < n; i++) offer(c, "", list[i], "");
}

static void offer_columns(struct context *c, const struct value *v)
{
    if (v->kind != V_TABLE) return;
    for (int i = 0; i < v->table->columns; i++) offer(c, "", v->table->column[i].name, "");
}

static void offer_hypers(struct context *c, const struct def *d, const char *after)
{
    for (int i = 0; i < d->nhypers; i++) offer(c, "", d->hyper[i]->name, after);
}

static void offer_fields(struct context *c, const struct value *v)
{
    switch (v->kind) {
    case V_TENSOR: offer_list(c, (const char *const[]){ "T", "shape" }, 2); break;
    case V_ESTIMATE: offer_list(c, (const char *const[]){ "mean", "nonfinite", "se", "trials" }, 4); break;
    case V_RECORD:
        for (int i = 0; i < v->n; i++) offer(c, "", v->key[i], "");
        break;
    case V_INSTANCE: offer_hypers(c, v->instance->def, ""); break;
    default: offer_columns(c, v);
    }
}

/* `model.block[0].attention[0].`: the next part of the paths of its parameters. False: no model is before the dot. */
static bool offer_paths(struct context *c, size_t start)
{
    size_t dot = start;
    while (dot < c->from && word_char(c->text[dot])) dot++;
    if (dot == c->from || c->text[dot] != '.') return false;
    const struct value *v = value_of(c, start, dot);
    const char *typed = c->text + dot + 1;
    size_t n = c->from - dot - 1;
    if (v->kind != V_MODEL) return false;
    for (int i = 0; i < v->model->n; i++) {
        const char *path = v->model->weight[i].path;
        if (strncmp(path, typed, n)) continue;
        offer(c, "", arena_strndup(&c->out->arena, path + n, strcspn(path + n, ".")), "");
    }
    return true;
}

/* The parameters of what is called, where an argument starts. */
static void offer_arguments(struct context *c, const char *callee)
{
    struct ev *ev = c->r->ev;
    size_t before = back_over_blanks(c, c->from);
    const struct builtin *b = builtin_find(callee);
    struct binding *found = scope_find(ev->script, intern(ev->names, callee));
    struct binding *part = scope_find(ev->parts, intern(ev->names, callee));
    if (!before || (c->text[before - 1] != '(' && c->text[before - 1] != ',')) return;
    for (int i = 0; i < 2; i++) {
        const struct value *v = i ? (part ? part->value : NULL) : found ? found->value : NULL;
        if (v && v->kind == V_FN && v->fn->kind == FN_DEF) offer_hypers(c, v->fn->def, " = ");
    }
    if (found || !b) return;
    for (const char *p = b->signature; *p; p += *p == ',') { /* "x, axis = none, &..." */
        p += strspn(p, " &");
        size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
        if (n) offer(c, "", arena_strndup(&c->out->arena, p, n), " = ");
        p += strcspn(p, ",");
    }
}

/* Strings that name files: of import, load, save and `to`. */
static bool names_file(struct context *c)
{
    size_t at = back_over_blanks(c, (size_t)c->quote);
    const char *word = name_before(c, at);
    if (!strcmp(word, "import") || !strcmp(word, "to")) return true;
    return c->open.n && c->text[c->open.data[c->open.n - 1]] == '(' &&
           !strcmp(name_before(c, c->open.data[c->open.n - 1]), "load");
}

static void expression(struct context *c)
{
    scan(c);
    if (c->quote >= 0) {
        if (names_file(c)) offer_files(c, (size_t)c->quote + 1);
        return;
    }
    while (c->from && word_char(c->text[c->from - 1])) c->from--;
    if (isdigit((unsigned char)c->text[c->from])) return;
    if (c->from && c->text[c->from - 1] == '.') {
        size_t start = operand_start(c, c->from - 1);
        if (!offer_paths(c, start)) offer_fields(c, value_of(c, start, c->from - 1));
        return;
    }
    size_t before = back_over_blanks(c, c->from);
    if (before && c->text[before - 1] == '~') {
        for (int i = 0; i < dist_count; i++) offer(c, "", dists[i].name, "");
        return;
    }
    size_t at = c->open.n ? c->open.data[c->open.n - 1] : 0;
    if (c->open.n && c->text[at] == '(') offer_arguments(c, name_before(c, at));
    if (c->open.n && c->text[at] == '[') offer_columns(c, value_of(c, operand_start(c, at), at));
    if (c->open.n && c->text[at] == '{') {
        size_t table = back_over_blanks(c, at), start = operand_start(c, table);
        const char *verb = name_before(c, start);
        if (!strcmp(verb, "plot") || !strcmp(verb, "heatmap")) {
            offer_list(c, plot_options, sizeof plot_options / sizeof *plot_options);
            offer_columns(c, value_of(c, start, table));
        }
    }
    offer_names(c);
    if (!c->open.n || c->text[at] == '{') offer_keywords(c);
}

/* ---- commands ---- */

static void offer_commands(struct context *c, const char *colon)
{
    for (int i = 0; i < repl_command_count; i++) offer(c, colon, repl_commands[i].name, "");
}

static void command(struct context *c, size_t colon)
{
    const struct repl_command *of = NULL;
    size_t end = colon + 1;
    while (end < c->n && word_char(c->text[end])) end++;
    if (end == c->n) {
        c->from = colon;
        offer_commands(c, ":");
        return;
    }
    for (int i = 0; i < repl_command_count; i++)
        if (!strncmp(repl_commands[i].name, c->text + colon + 1, end - colon - 1) &&
            !repl_commands[i].name[end - colon - 1])
            of = &repl_commands[i];
    size_t argument = end + strspn(c->text + end, " \t");
    if (of && of->argument == ARG_EXPR) {
        expression(c);
        return;
    }
    c->from = argument;
    if (!of) return;
    switch (of->argument) {
    case ARG_FILE: offer_files(c, argument); break;
    case ARG_HELP: offer_commands(c, ""); offer_names(c); break;
    case ARG_NAME: offer_names(c); break;
    case ARG_ENGINE: offer_list(c, (const char *const[]){ "interp", "jit" }, 2); break;
    default: break;
    }
}

void repl_complete(struct repl *r, const char *text, struct completion *out)
{
    struct context c = { .r = r, .out = out, .text = text, .n = strlen(text) };
    size_t first = strspn(text, " \t\n");
    c.from = c.n;
    if (text[first] == ':') command(&c, first);
    else expression(&c);
    out->from = c.from;
    sort_words(out);
}
