/* The commands of a session: a row each; `:name argument`. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/emit.h"
#include "compiler/repl.h"
#include "lang/fmt.h"
#include "runtime/clock.h"
#include "runtime/output.h"
#include "runtime/table.h"

enum { MOST_FLAGS = 32 };

static bool complain(const char *format, const char *what)
{
    fflush(stdout);
    fprintf(stderr, format, what);
    fputc('\n', stderr);
    return false;
}

/* ---- looking at things ---- */

static bool help(struct repl *r, const char *argument)
{
    const char *name = *argument == ':' ? argument + 1 : argument;
    for (int i = 0; i < repl_command_count; i++) {
        const struct repl_command *c = &repl_commands[i];
        char left[40];
        if (*argument && strcmp(name, c->name)) continue;
        snprintf(left, sizeof left, ":%s %s", c->name, c->arguments);
        printf("%-25s %s\n", left, c->help);
        if (*argument) return true;
    }
    if (!*argument) {
        printf("Anything else is a statement or an expression; `_` is the last value.\n");
        return true;
    }
    return emit_doc(r->ev, argument) || complain("nothing is called `%s`", argument);
}

static bool doc(struct repl *r, const char *argument)
{
    if (!*argument) return complain(":doc needs %s", "a name");
    return emit_doc(r->ev, argument) || complain("nothing is called `%s`", argument);
}

/* The argument from a walk without data; NULL: it has none, or errors, which are printed. */
static const struct value *peek(struct repl *r, const char *name, const char *argument)
{
    if (!*argument) {
        complain(":%s needs an expression", name);
        return NULL;
    }
    const struct value *v = repl_peek(r, argument);
    repl_messages(r);
    return v->kind == V_ERROR ? NULL : v;
}

static bool type(struct repl *r, const char *argument)
{
    const struct value *v = peek(r, "type", argument);
    if (!v) return false;
    if (v->kind == V_ANY) printf("known only when it runs\n");
    else printf("%s\n", repl_type(r, v));
    return true;
}

static bool shape(struct repl *r, const char *argument)
{
    const struct value *v = peek(r, "shape", argument);
    if (!v) return false;
    if (v->kind == V_TENSOR && v->rank == 0) printf("[] (a scalar)\n");
    else if (v->kind == V_TENSOR) printf("%s\n", strchr(repl_type(r, v), '['));
    else if (v->kind == V_TABLE && !v->open) printf("%d rows, %d columns\n", v->table->rows, v->table->columns);
    else if (v->kind == V_ANY || v->kind == V_TABLE) printf("known only when it runs\n");
    else return complain("%s has no shape", value_type(r->ev->arena, v));
    return true;
}

/* Shows the kernels that an expression asks for. */
static bool stage(struct repl *r, const char *name, const char *argument)
{
    if (!*argument) return complain(":%s needs an expression, such as risk(ols, linear(20))", name);
    emit_begin(r->ev, name);
    const struct value *v = repl_peek(r, argument);
    bool good = v->kind != V_ERROR, some = emit_end(r->ev) > 0;
    repl_messages(r);
    if (good && !some) return complain("%s", "this asks for no kernel; risk(ols, linear(20)) does");
    return good;
}

static bool ir(struct repl *r, const char *argument)
{
    return stage(r, "ir", argument);
}

static bool llvm(struct repl *r, const char *argument)
{
    return stage(r, "llvm", argument);
}

static bool assembly(struct repl *r, const char *argument)
{
    return stage(r, "asm", argument);
}

static bool explain(struct repl *r, const char *argument)
{
    const char *code = *argument ? argument : r->last_code, *page = code ? diag_code_page(code) : NULL;
    if (!code) return complain("%s", "there has been no message yet; :explain E0203 explains that one");
    if (!page) return complain("`%s` is no code of a message, such as E0203", code);
    printf("%s\n\n%s", code, page);
    return true;
}

static bool measure_time(struct repl *r, const char *argument)
{
    double began = clock_seconds();
    bool good = repl_input(r, REPL_PATH, argument);
    double s = clock_seconds() - began;
    if (good) printf("time: %.3g %s\n", s < 1 ? s * 1e3 : s, s < 1 ? "ms" : "s");
    return good;
}

/* ---- files ---- */

/* Flags behind the file: --name value, --name=value or --name. NULL: what is there is none. */
static const char *flags(char *text, struct option_value *options, int *n)
{
    for (char *word = strtok(text, " \t"); word; word = strtok(NULL, " \t")) {
        char *equal = strchr(word, '=');
        if (strncmp(word, "--", 2)) {
            if (!*n || !options[*n - 1].bare) return word;
            options[*n - 1] = (struct option_value){ options[*n - 1].name, word, false };
            continue;
        }
        if (*n == MOST_FLAGS) return word;
        if (equal) *equal = 0;
        options[(*n)++] = (struct option_value){ word + 2, equal ? equal + 1 : "true", !equal };
    }
    return NULL;
}

static bool load(struct repl *r, const char *argument)
{
    struct session *s = r->ev->session;
    struct option_value options[MOST_FLAGS];
    int n = 0;
    char *file = arena_strdup(r->ev->arena, argument), *rest = file + strcspn(file, " \t");
    const char *why = NULL, *wrong;
    if (!*argument) return complain(":load needs %s", "a file");
    if (*rest) *rest++ = 0;
    if ((wrong = flags(rest, options, &n))) return complain("what is `%s`? After the file: --option value", wrong);
    struct source *src = source_read(r->ev->arena, file, &why);
    if (!src) return complain("cannot read %s", arena_printf(r->ev->arena, "`%s`: %s", file, why));
    s->options = options;
    s->noptions = n;
    struct program *p = program_load(r->ev, file);
    bool readable = r->ev->diags->errors == 0; /* errors are reported when it runs */
    const char *unknown = p && readable ? program_unknown_option(r->ev, p) : NULL;
    diags_clear(r->ev->diags);
    bool good = unknown ? complain("the script has no option `--%s`", unknown) : repl_input(r, file, src->text);
    s->options = NULL;
    s->noptions = 0;
    return good;
}

static bool names_last(const struct ast *e)
{
    if (!e) return false;
    if (e->kind == A_NAME && !strcmp(e->name, "_")) return true;
    for (int i = 0; i < e->n; i++)
        if (names_last(e->kid[i])) return true;
    return false;
}

/* Whether a later input defines the same name. */
static bool superseded(const struct repl *r, int i)
{
    const struct ast *e = r->kept.data[i];
    for (int k = i + 1; k < r->kept.n && (e->kind == A_DEF || e->kind == A_OPTION); k++)
        if (r->kept.data[k]->kind == e->kind && r->kept.data[k]->name == e->name) return true;
    return e->kind == A_LANGUAGE;
}

/* The session's inputs as a script: of definitions the last, expressions printed. */
static bool save(struct repl *r, const char *argument)
{
    struct ev *ev = r->ev;
    struct buf script = { 0 }, text = { 0 };
    if (!*argument) return complain(":save needs %s", "a file");
    buf_puts(&script, "language 1\n\n");
    for (int i = 0; i < r->kept.n; i++) {
        const struct ast *e = r->kept.data[i];
        if (superseded(r, i)) continue;
        for (const char *line = e->kind == A_DEF ? e->text : NULL; line;) {
            buf_printf(&script, "## %.*s\n", (int)strcspn(line, "\n"), line);
            line = strchr(line, '\n');
            line += line != NULL;
        }
        if (names_last(e)) buf_puts(&script, "# reads the last value: "); /* on one line */
        if (e->kind == A_EXPR) buf_puts(&script, "print ");
        for (uint32_t at = e->span.from; at < e->span.to; at++)
            buf_putc(&script, names_last(e) && e->span.src->text[at] == '\n' ? ' ' : e->span.src->text[at]);
        buf_putc(&script, '\n');
    }
    fmt_source(ev->arena, source_new(ev->arena, REPL_PATH, script.text, script.n), ev->diags, &text);
    const char *path = ev_out_path(ev, argument), *why = output_write(ev->arena, path, text.text, text.n);
    if (!why) printf("wrote %s\n", path);
    buf_free(&script);
    buf_free(&text);
    return !why || complain("%s", why);
}

/* ---- settings ---- */

static bool seed(struct repl *r, const char *argument)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(argument, &end, 10);
    bool number = isdigit((unsigned char)*argument) && !*end && !errno;
    if (*argument && !number) return complain("`%s` is no seed: a whole number below 2**64 is", argument);
    if (*argument) r->ev->session->seed = n;
    printf("seed %llu\n", (unsigned long long)r->ev->session->seed);
    return true;
}

static bool engine(struct repl *r, const char *argument)
{
    struct session *s = r->ev->session;
    bool known = !strcmp(argument, "jit") || !strcmp(argument, "interp");
    if (*argument && !known) return complain("`%s` is no engine: jit or interp", argument);
    if (*argument) s->engine = *argument == 'j' ? ENGINE_JIT : ENGINE_INTERP;
    printf("engine %s\n", s->engine == ENGINE_JIT ? "jit" : "interp");
    return true;
}

static bool reset(struct repl *r, const char *argument)
{
    (void)argument;
    repl_reset(r);
    return true;
}

static bool quit(struct repl *r, const char *argument)
{
    (void)argument;
    r->quit = true;
    return true;
}

const struct repl_command repl_commands[] = {
    { "help", "[NAME]", "commands; what a name is", ARG_HELP, help },
    { "type", "EXPR", "its type, without running it", ARG_EXPR, type },
    { "shape", "EXPR", "its shape, without running it", ARG_EXPR, shape },
    { "time", "INPUT", "runs it and says how long it took", ARG_EXPR, measure_time },
    { "doc", "NAME", "documentation and text of a definition", ARG_NAME, doc },
    { "ir", "EXPR", "the tensor IR of the kernels it asks for", ARG_EXPR, ir },
    { "llvm", "EXPR", "their LLVM IR", ARG_EXPR, llvm },
    { "asm", "EXPR", "their machine code", ARG_EXPR, assembly },
    { "explain", "[CODE]", "what a message means; without a code, the last one", ARG_CODE, explain },
    { "load", "FILE [--option ..]", "runs a script in this session", ARG_FILE, load },
    { "save", "FILE", "the inputs so far as a script", ARG_FILE, save },
    { "reset", "", "forgets all names", ARG_NONE, reset },
    { "seed", "[N]", "the seed of all draws", ARG_NUMBER, seed },
    { "engine", "[jit|interp]", "compiled code, or the interpreter: the same bits", ARG_ENGINE, engine },
    { "quit", "", "leaves; so does Ctrl-D", ARG_NONE, quit },
};
const int repl_command_count = sizeof repl_commands / sizeof *repl_commands;

bool repl_command(struct repl *r, const char *line)
{
    size_t n = strcspn(line + 1, " \t");
    const struct repl_command *found = NULL;
    int fits = 0;
    for (int i = 0; i < repl_command_count; i++) { /* the start of a name will do */
        const char *name = repl_commands[i].name;
        if (!n || strncmp(name, line + 1, n)) continue;
        fits++;
        if (fits == 1 || !name[n]) found = &repl_commands[i];
        if (!name[n]) fits = 1;
        if (!name[n]) break;
    }
    const char *word = arena_strndup(r->ev->arena, line, n + 1);
    if (!found) return complain("there is no command `%s`; :help lists them", word);
    if (fits > 1) return complain("`%s` may be several commands; :help lists them", word);
    const char *argument = line + 1 + n + strspn(line + 1 + n, " \t");
    size_t length = strlen(argument);
    if (found->argument == ARG_NONE && length) return complain("`:%s` takes nothing more", found->name);
    while (length && isspace((unsigned char)argument[length - 1])) length--;
    bool good = found->act(r, arena_strndup(r->ev->arena, argument, length));
    fflush(stdout);
    return good;
}
