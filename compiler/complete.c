/* Completion, for the session and for editors, from the text before the cursor alone: it need not parse. What may stand
 * there is told by what is before the word: a dot, a quote, the bracket of a call, `~`, or nothing of these. What a dot
 * follows is walked without data, so its fields are those it has. */
#include "compiler/complete.h"
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "compiler/model.h"
#include "lang/tokens.h"
#include "runtime/table.h"

static const char *const plot_options[] = { "band", "color", "kind", "series", "title", "x", "xlabel", "xscale", "y",
                                            "ylabel", "yscale" };

bool complete_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- candidates ---- */

void complete_offer(struct completer *c, const char *before, const char *name, const char *after)
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

void complete_sort(struct completion *out)
{
    int n = 0;
    if (out->words.n) qsort(out->words.data, (size_t)out->words.n, sizeof *out->words.data, by_text);
    for (int i = 0; i < out->words.n; i++)
        if (!n || strcmp(out->words.data[n - 1], out->words.data[i])) out->words.data[n++] = out->words.data[i];
    out->words.n = n;
}

static void offer_scope(struct completer *c, const struct scope *s)
{
    for (int i = 0; i < s->names.n; i++) complete_offer(c, "", s->names.data[i].name, "");
}

void complete_names(struct completer *c)
{
    struct ev *ev = c->ev;
    if (c->locals) c->locals(c);
    offer_scope(c, ev->script);
    offer_scope(c, ev->std);
    offer_scope(c, ev->parts);
    for (int i = 0; i < builtin_count; i++) complete_offer(c, "", builtins[i].name, "");
}

const char *complete_keyword(int i)
{
    int n = 0;
    while (token_keyword_at(n)) n++;
    return i < n ? token_keyword_at(i) : token_statement_at(i - n);
}

static void offer_keywords(struct completer *c)
{
    const char *word;
    for (int i = 0; (word = complete_keyword(i)); i++) complete_offer(c, "", word, "");
}

/* Files whose name goes on from what is in the string. */
void complete_files(struct completer *c, size_t from)
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
        complete_offer(c, "", e->d_name, !stat(full, &st) && S_ISDIR(st.st_mode) ? "/" : "");
    }
    closedir(d);
}

/* ---- what is before the word ---- */

/* Finds the open brackets and the open string. */
void complete_scan(struct completer *c)
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
static size_t back_over_blanks(const struct completer *c, size_t at)
{
    while (at && isspace((unsigned char)c->text[at - 1])) at--;
    return at;
}

/* The name that ends at `at`. */
const char *complete_name_before(struct completer *c, size_t at)
{
    size_t end = back_over_blanks(c, at), from = end;
    while (from && complete_word_char(c->text[from - 1])) from--;
    return arena_strndup(&c->out->arena, c->text + from, end - from);
}

/* The start of the names, fields, calls and indices that end at `at`. */
static size_t operand_start(const struct completer *c, size_t at)
{
    size_t from = at;
    while (from) {
        char ch = c->text[from - 1];
        if (complete_word_char(ch) || ch == '.') {
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

/* The value of a piece of the text; &value_any when nothing is known. */
static const struct value *value_of(struct completer *c, size_t from, size_t to)
{
    const char *piece = arena_strndup(&c->out->arena, c->text + from, to - from);
    const struct value *v = from == to ? NULL : c->value_of(c, piece);
    return v ? v : &value_any;
}

void complete_list(struct completer *c, const char *const *list, int n)
{
    for (int i = 0; i < n; i++) complete_offer(c, "", list[i], "");
}

static void offer_columns(struct completer *c, const struct value *v)
{
    if (v->kind != V_TABLE) return;
    for (int i = 0; i < v->table->columns; i++) complete_offer(c, "", v->table->column[i].name, "");
}

static void offer_hypers(struct completer *c, const struct def *d, const char *after)
{
    for (int i = 0; i < d->nhypers; i++) complete_offer(c, "", d->hyper[i]->name, after);
}

static void offer_fields(struct completer *c, const struct value *v)
{
    switch (v->kind) {
    case V_TENSOR: complete_list(c, (const char *const[]){ "T", "shape" }, 2); break;
    case V_ESTIMATE: complete_list(c, (const char *const[]){ "mean", "nonfinite", "se", "trials" }, 4); break;
    case V_RECORD:
        for (int i = 0; i < v->n; i++) complete_offer(c, "", v->key[i], "");
        break;
    case V_INSTANCE: offer_hypers(c, v->instance->def, ""); break;
    default: offer_columns(c, v);
    }
}

/* `model.block[0].attention[0].`: the next part of the paths of its parameters. False: no model is before the dot. */
static bool offer_paths(struct completer *c, size_t start)
{
    size_t dot = start;
    while (dot < c->from && complete_word_char(c->text[dot])) dot++;
    if (dot == c->from || c->text[dot] != '.') return false;
    const struct value *v = value_of(c, start, dot);
    const char *typed = c->text + dot + 1;
    size_t n = c->from - dot - 1;
    if (v->kind != V_MODEL) return false;
    for (int i = 0; i < v->model->n; i++) {
        const char *path = v->model->weight[i].path;
        if (strncmp(path, typed, n)) continue;
        complete_offer(c, "", arena_strndup(&c->out->arena, path + n, strcspn(path + n, ".")), "");
    }
    return true;
}

/* The parameters of what is called, where an argument starts. */
static void offer_arguments(struct completer *c, const char *callee)
{
    struct ev *ev = c->ev;
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
        if (n) complete_offer(c, "", arena_strndup(&c->out->arena, p, n), " = ");
        p += strcspn(p, ",");
    }
}

/* Strings that name files: of import, load, save and `to`. */
static bool names_file(struct completer *c)
{
    size_t at = back_over_blanks(c, (size_t)c->quote);
    const char *word = complete_name_before(c, at);
    if (!strcmp(word, "import") || !strcmp(word, "to")) return true;
    return c->open.n && c->text[c->open.data[c->open.n - 1]] == '(' &&
           !strcmp(complete_name_before(c, c->open.data[c->open.n - 1]), "load");
}

void complete_expression(struct completer *c)
{
    complete_scan(c);
    if (c->quote >= 0) {
        if (names_file(c)) complete_files(c, (size_t)c->quote + 1);
        return;
    }
    while (c->from && complete_word_char(c->text[c->from - 1])) c->from--;
    if (isdigit((unsigned char)c->text[c->from])) return;
    if (c->from && c->text[c->from - 1] == '.') {
        size_t start = operand_start(c, c->from - 1);
        if (!offer_paths(c, start)) offer_fields(c, value_of(c, start, c->from - 1));
        return;
    }
    size_t before = back_over_blanks(c, c->from);
    if (before && c->text[before - 1] == '~') {
        for (int i = 0; i < dist_count; i++) complete_offer(c, "", dists[i].name, "");
        return;
    }
    size_t at = c->open.n ? c->open.data[c->open.n - 1] : 0;
    if (c->open.n && c->text[at] == '(') offer_arguments(c, complete_name_before(c, at));
    if (c->open.n && c->text[at] == '[') offer_columns(c, value_of(c, operand_start(c, at), at));
    if (c->open.n && c->text[at] == '{') {
        size_t table = back_over_blanks(c, at), start = operand_start(c, table);
        const char *verb = complete_name_before(c, start);
        if (!strcmp(verb, "plot") || !strcmp(verb, "heatmap")) {
            complete_list(c, plot_options, sizeof plot_options / sizeof *plot_options);
            offer_columns(c, value_of(c, start, table));
        }
    }
    complete_names(c);
    if (!c->open.n || c->text[at] == '{') offer_keywords(c);
}

