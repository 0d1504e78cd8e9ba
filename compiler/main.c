/* The command line. Exit status: 0 done, 1 the program is wrong or an assertion failed, 2 usage, 3 a fault of icl
 * itself, 128 + n after signal n. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compiler/emit.h"
#include "compiler/format.h"
#include "compiler/gradcheck.h"
#include "compiler/kernel.h"
#include "compiler/program.h"
#include "compiler/repl.h"
#include "runtime/pool.h"
#include "runtime/progress.h"
#include "lang/names.h"

enum { EXIT_WRONG = 1, EXIT_USAGE = 2, EXIT_FAULT = 3 };

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    if (interrupted) _exit(128 + signal_number); /* asked twice */
    interrupted = signal_number;
}

/* What the command line says. */
struct command_line {
    const char *command, *file;
    struct session session;
    int precision;
    struct option_value options[128];
    const char *color, *progress;
    bool help;
    int extra_files;
    const char **files;
};

/* ---- flags ---- */

static bool set_seed(struct command_line *c, const char *v)
{
    char *end;
    errno = 0;
    c->session.seed = strtoull(v, &end, 10);
    return *v >= '0' && *v <= '9' && !*end && !errno;
}

static bool set_threads(struct command_line *c, const char *v)
{
    char *end;
    long n = strtol(v, &end, 10);
    c->session.threads = (int)n;
    return *v && !*end && n >= 1 && n <= 4096;
}

static bool set_engine(struct command_line *c, const char *v)
{
    c->session.engine = !strcmp(v, "interp") ? ENGINE_INTERP : ENGINE_JIT;
    return !strcmp(v, "interp") || !strcmp(v, "jit");
}

static bool set_precision(struct command_line *c, const char *v)
{
    c->precision = atoi(v);
    return !strcmp(v, "32") || !strcmp(v, "64");
}

static bool set_out(struct command_line *c, const char *v)
{
    c->session.out = v;
    return *v;
}

static bool set_format(struct command_line *c, const char *v)
{
    c->session.format = !strcmp(v, "json") ? FORMAT_JSON : !strcmp(v, "csv") ? FORMAT_CSV : FORMAT_TEXT;
    return !strcmp(v, "json") || !strcmp(v, "csv") || !strcmp(v, "text");
}

static bool set_progress(struct command_line *c, const char *v)
{
    c->session.progress = !strcmp(v, "always") ? PROGRESS_ALWAYS : !strcmp(v, "never") ? PROGRESS_NEVER : PROGRESS_AUTO;
    return !strcmp(v, "auto") || !strcmp(v, "always") || !strcmp(v, "never");
}

static bool set_color(struct command_line *c, const char *v)
{
    c->color = v;
    return !strcmp(v, "auto") || !strcmp(v, "always") || !strcmp(v, "never");
}

static bool set_stage(struct command_line *c, const char *v)
{
    c->session.stage = v;
    return emit_stage_known(v);
}

static const struct flag {
    const char *name, *values, *help;
    bool (*set)(struct command_line *, const char *);
} flags[] = {
    { "seed", "N", "seed of all draws (default 0)", set_seed },
    { "threads", "N", "threads (default: all cores)", set_threads },
    { "engine", "jit|interp", "compiled code or the interpreter: same bits", set_engine },
    { "precision", "32|64", "binary32 or binary64 reals (default 32)", set_precision },
    { "out", "DIR", "folder of files written (default: this one)", set_out },
    { "format", "text|json|csv", "form of what is printed (default text)", set_format },
    { "progress", "auto|always|never", "progress line on standard error", set_progress },
    { "color", "auto|always|never", "colours in messages", set_color },
    { "stage", "ast|ir|loops|llvm|asm", "what `icl emit` shows", set_stage },
};
enum { FLAGS = sizeof flags / sizeof *flags };

static const struct flag *find_flag(const char *name)
{
    for (int i = 0; i < FLAGS; i++)
        if (!strcmp(flags[i].name, name)) return &flags[i];
    return NULL;
}

static int usage_error(const char *format, const char *what)
{
    fprintf(stderr, "icl: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n     `icl --help` lists commands and flags\n");
    return EXIT_USAGE;
}

static int flag_error(const struct flag *flag, const char *value)
{
    const char *wanted = !strcmp(flag->values, "N")     ? "a whole number"
                         : !strcmp(flag->values, "DIR") ? "a folder"
                                                        : flag->values;
    if (value) fprintf(stderr, "icl: `--%s` takes %s, not `%s`\n", flag->name, wanted, value);
    else fprintf(stderr, "icl: `--%s` needs a value: %s\n", flag->name, wanted);
    return EXIT_USAGE;
}

static int unknown_flag(const char *name)
{
    struct nearest near;
    nearest_init(&near, name);
    for (int i = 0; i < FLAGS; i++) nearest_offer(&near, flags[i].name);
    fprintf(stderr, "icl: there is no flag `--%s`", name);
    if (near.best) fprintf(stderr, "; did you mean `--%s`?", near.best);
    fprintf(stderr, "\n     `icl --help` lists commands and flags\n");
    return EXIT_USAGE;
}

/* ---- commands ---- */

struct tool {
    struct arena arena;
    struct ev ev;
    struct diags diags;
    struct command_line *line;
};

static void tool_open(struct tool *t, struct command_line *line)
{
    memset(t, 0, sizeof *t);
    t->line = line;
    diags_init(&t->diags, &t->arena);
    t->ev.arena = &t->arena;
    t->ev.names = interner_new(&t->arena);
    t->ev.sizes = size_table_new(&t->arena);
    t->ev.diags = &t->diags;
    t->ev.session = &line->session;
    t->ev.precision = line->precision;
    const char *no_color = getenv("NO_COLOR");
    bool automatic = isatty(2) && !(no_color && *no_color);
    line->session.color = !strcmp(line->color, "always") || (strcmp(line->color, "never") && automatic);
    line->session.stop = &interrupted;
    line->session.new_kernels = kernel_store_own;
    library_load(&t->ev);
}

static int tool_close(struct tool *t, bool good)
{
    bool color = t->line->session.color;
    session_close(&t->ev);
    diags_print(&t->diags, stderr, color);
    const struct session *s = &t->line->session;
    arena_free(&t->arena);
    if (interrupted) return 128 + interrupted;
    return s->fault ? EXIT_FAULT : good ? 0 : s->usage ? EXIT_USAGE : EXIT_WRONG;
}

/* Flags after the file that the script does not declare are the tool's. */
static int settle_options(struct tool *t, struct program *p)
{
    struct session *s = &t->line->session;
    int kept = 0;
    for (int i = 0; i < s->noptions; i++) {
        struct option_value o = s->options[i];
        struct session probe = *s;
        probe.options = &o;
        probe.noptions = 1;
        t->ev.session = &probe;
        const struct flag *flag = program_unknown_option(&t->ev, p) ? find_flag(o.name) : NULL;
        t->ev.session = s;
        if (!flag) s->options[kept++] = o;
        else if (!flag->set(t->line, o.text)) return flag_error(flag, o.bare ? NULL : o.text);
    }
    s->noptions = kept;
    t->ev.precision = t->line->precision;
    const char *unknown = program_unknown_option(&t->ev, p);
    if (!unknown) return 0;
    struct buf b = { 0 };
    const char *near = program_near_option(p, unknown);
    struct nearest of_flags;
    nearest_init(&of_flags, unknown);
    for (int i = 0; i < FLAGS; i++) nearest_offer(&of_flags, flags[i].name);
    if (!near) near = of_flags.best;
    program_options(&t->ev, p, &b);
    fprintf(stderr, "icl: the script has no option `--%s`", unknown);
    if (near) fprintf(stderr, "; did you mean `--%s`?", near);
    fputc('\n', stderr);
    if (b.n) fprintf(stderr, "its options are:\n%s", b.text);
    buf_free(&b);
    return EXIT_USAGE;
}

static void script_help(struct tool *t, struct program *p)
{
    struct buf b = { 0 };
    program_options(&t->ev, p, &b);
    printf("usage: icl %s %s [--option value ...]\n", t->line->command, t->line->file);
    if (b.n) printf("\noptions of the script:\n%s", b.text);
    buf_free(&b);
}

static int with_program(struct command_line *line, bool (*act)(struct ev *, struct program *))
{
    struct tool t;
    if (!line->file) return usage_error("`icl %s` needs a file", line->command);
    tool_open(&t, line);
    struct program *p = program_load(&t.ev, line->file);
    bool help = p && line->help, usable = help || !p || !settle_options(&t, p);
    if (help) script_help(&t, p);
    bool good = help || (usable && p && !t.diags.errors && act(&t.ev, p));
    int status = tool_close(&t, good);
    return usable ? status : EXIT_USAGE;
}

/* Makes the folder of the files written, and those above it. */
static bool make_folder(struct ev *ev)
{
    const char *out = ev->session->out;
    char *path = arena_strdup(ev->arena, out ? out : "");
    for (char *p = path; *p; p++) {
        if (p == path || (p[0] != '/' && p[1])) continue;
        char was = *p;
        if (was == '/') *p = 0;
        if (mkdir(path, 0777) && errno != EEXIST) {
            fprintf(stderr, "icl: cannot make the folder %s: %s\n", path, strerror(errno));
            ev->session->usage = true;
            return false;
        }
        *p = was;
    }
    return true;
}

/* Warnings and errors known before the run are printed before it. */
static bool run(struct ev *ev, struct program *p)
{
    if (!program_check(ev, p)) return false;
    diags_print(ev->diags, stderr, ev->session->color);
    if (!make_folder(ev)) return false;
    bool good = program_run(ev, p);
    if (good || ev->diags->errors || interrupted) return good;
    ev_error(ev, E_INTERNAL, NULL, "the run stopped without saying why");
    ev->session->fault = true;
    return false;
}

static bool check(struct ev *ev, struct program *p)
{
    return program_check(ev, p);
}

static bool test(struct ev *ev, struct program *p)
{
    int passed, failed;
    if (!program_check(ev, p)) return false;
    failed = program_test(ev, p, &passed);
    printf("%d passed, %d failed\n", passed, failed);
    return failed == 0;
}

static int command_run(struct command_line *line)
{
    return with_program(line, run);
}

static int command_check(struct command_line *line)
{
    int worst = 0;
    const char **files = line->files;
    for (int i = 0; i < line->extra_files || i == 0; i++) {
        if (i < line->extra_files) line->file = files[i];
        int status = with_program(line, check);
        if (status > worst) worst = status;
    }
    return worst;
}

static int command_test(struct command_line *line)
{
    return with_program(line, test);
}

static int command_gradcheck(struct command_line *line)
{
    return with_program(line, gradcheck);
}

static int command_emit(struct command_line *line)
{
    if (!line->session.stage) return usage_error("`icl %s` needs --stage=ast|ir|loops|llvm|asm", "emit");
    return with_program(line, emit_program);
}

static int command_explain(struct command_line *line)
{
    const char *page = line->file ? diag_code_page(line->file) : NULL;
    if (!page) return usage_error("`%s` is no code of a message, such as E0203", line->file ? line->file : "");
    printf("%s\n\n%s", line->file, page);
    return 0;
}

static int command_repl(struct command_line *line)
{
    struct tool t;
    if (line->file) return usage_error("what is `%s`? A session has `:load FILE`", line->file);
    tool_open(&t, line);
    bool good = repl(&t.ev);
    return tool_close(&t, good);
}

static int command_doc(struct command_line *line)
{
    struct tool t;
    if (!line->file) return usage_error("`icl %s` needs a name", "doc");
    tool_open(&t, line);
    bool good = emit_doc(&t.ev, line->file);
    if (!good) fprintf(stderr, "icl: nothing is called `%s` in the library\n", line->file);
    return tool_close(&t, good);
}

static const struct command {
    const char *name, *arguments, *help;
    int (*act)(struct command_line *);
    bool script; /* takes a script's options */
    int (*bare)(int argc, char **argv); /* reads its arguments itself */
} commands[] = {
    { "run", "FILE [options]", "run a script", command_run, true, NULL },
    { "check", "FILE...", "report all errors known before a run", command_check, false, NULL },
    { "test", "FILE [options]", "run the tests of a script", command_test, true, NULL },
    { "emit", "--stage=STAGE FILE", "show the syntax tree or every kernel's code", command_emit, true, NULL },
    { "gradcheck", "FILE [options]", "compare gradients with finite differences", command_gradcheck, true, NULL },
    { .name = "fmt",
      .arguments = "[--check] [--diff] FILE...",
      .help = "lay out scripts in one way",
      .bare = format_command },
    { "repl", "", "a session at the terminal, or from a pipe", command_repl, false, NULL },
    { "doc", "NAME", "what a builtin or library definition is", command_doc, false, NULL },
    { "explain", "CODE", "what a message means, how to mend it", command_explain, false, NULL },
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int help(void)
{
    printf("icl: experiments of in-context learning, compiled\n\nusage: icl COMMAND [flags] ...\n\n");
    for (int i = 0; i < COMMANDS; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", commands[i].name, commands[i].arguments);
        printf("  %-30s %s\n", left, commands[i].help);
    }
    printf("\nOptions are those the script declares, as --name value: icl run FILE --help.\n\nflags:\n");
    for (int i = 0; i < FLAGS; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", flags[i].name, flags[i].values);
        printf("  %-30s %s\n", left, flags[i].help);
    }
    printf("  %-30s %s\n  %-30s %s\n", "--help", "this text; after a script's name, its options", "--version",
           "the versions of icl and of the language");
    return 0;
}

/* ---- reading the command line ---- */

static int read_flag(struct command_line *c, const struct command *command, char **argv, int argc, int *i)
{
    char *name = argv[*i] + 2, *equal = strchr(name, '='), *value = NULL;
    if (equal) {
        *equal = 0;
        value = equal + 1;
    } else if (*i + 1 < argc && strncmp(argv[*i + 1], "--", 2)) {
        value = argv[++*i];
    }
    bool script = command->script && c->file;
    const struct flag *flag = find_flag(name);
    if (!script && !flag) return unknown_flag(name);
    if (!script) return value && flag->set(c, value) ? 0 : flag_error(flag, value);
    if (c->session.noptions == 128) return usage_error("too many options, at `--%s`", name);
    c->session.options[c->session.noptions++] = (struct option_value){ name, value ? value : "true", !value };
    return 0;
}

static int unknown_command(const char *name)
{
    struct nearest near;
    const char *ext = strrchr(name, '.');
    nearest_init(&near, name);
    for (int i = 0; i < COMMANDS; i++) nearest_offer(&near, commands[i].name);
    fprintf(stderr, "icl: there is no command `%s`", name);
    if (ext && !strcmp(ext, ".icl")) fprintf(stderr, "; did you mean `icl run %s`?", name);
    else if (near.best) fprintf(stderr, "; did you mean `icl %s`?", near.best);
    fprintf(stderr, "\n     `icl --help` lists commands and flags\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    const char *files[argc + 1];
    struct command_line c = { .precision = 32, .color = "auto", .files = files };
    const struct command *command = NULL;
    c.session.options = c.options;
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))) return help();
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("icl %s, language 1, LLVM %s\n", PACKAGE_VERSION, ICL_LLVM_VERSION);
        return 0;
    }
    if (argc < 2 && isatty(0) && isatty(1)) return command_repl(&c);
    if (argc < 2) {
        help();
        return EXIT_USAGE;
    }
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i].name, argv[1])) command = &commands[i];
    if (!command) return unknown_command(argv[1]);
    c.command = argv[1];
    if (command->bare && (argc < 3 || strcmp(argv[2], "--help"))) return command->bare(argc - 2, argv + 2);
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) c.help = true;
        else if (!strncmp(argv[i], "--", 2)) {
            int status = read_flag(&c, command, argv, argc, &i);
            if (status) return status;
        } else if (c.file && strcmp(command->name, "check")) {
            return usage_error("what is `%s`? One file is expected", argv[i]);
        } else {
            files[c.extra_files++] = argv[i];
            if (!c.file) c.file = argv[i];
        }
    }
    if (c.help && !(command->script && c.file)) return help();
    struct sigaction action = { .sa_handler = on_interrupt };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return command->act(&c);
}
