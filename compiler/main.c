/* The command line. Exit status: 0 done, 1 the program is wrong or an assertion failed, 2 usage, 3 a fault of icl
 * itself, 128 + n after signal n. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "compiler/bench.h"
#include "compiler/build.h"
#include "compiler/cache_tool.h"
#include "compiler/command.h"
#include "compiler/diag_json.h"
#include "compiler/emit.h"
#include "compiler/explain.h"
#include "compiler/format.h"
#include "compiler/gradcheck.h"
#include "compiler/kernel.h"
#include "compiler/lsp.h"
#include "compiler/repl.h"
#include "compiler/runs.h"
#include "compiler/replay.h"
#include "compiler/shell.h"
#include "lang/names.h"
#include "runtime/identity.h"
#include "runtime/ranks.h"

static int usage_error(const char *format, const char *what)
{
    fprintf(stderr, "icl: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n     `icl --help` lists commands and flags\n");
    return EXIT_USAGE;
}

/* ---- commands ---- */

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
    tool_open(&t, line, kernel_store_own);
    struct program *p = program_load(&t.ev, line->file);
    bool help = p && line->help, usable = help || !p || !tool_settle_options(&t, p);
    if (help) script_help(&t, p);
    if (usable && !help && p && t.diags.errors) program_check(&t.ev, p); /* what else is wrong with it */
    bool good = help || (usable && p && !t.diags.errors && tool_share_out(&t, p) && act(&t.ev, p));
    if (line->json) diags_write_json(&t.diags, stdout);
    int status = tool_close(&t, good);
    return usable ? status : EXIT_USAGE;
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
    return with_program(line, tool_run);
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

static int command_bench(struct command_line *line)
{
    return with_program(line, bench_program);
}

static int command_replay(struct command_line *line)
{
    return with_program(line, replay_program);
}

static int command_emit(struct command_line *line)
{
    if (!line->session.stage) return usage_error("`icl %s` needs --stage=ast|ir|loops|llvm|asm", "emit");
    return with_program(line, emit_program);
}

/* The code of a message, or a script. */
static int command_explain(struct command_line *line)
{
    const char *what = line->file ? line->file : "", *page = diag_code_page(what);
    size_t n = strlen(what);
    if (!page && (strchr(what, '/') || (n > 4 && !strcmp(what + n - 4, ".icl"))))
        return with_program(line, explain_program);
    if (!line->file) return usage_error("`icl explain` needs %s", "a script, or the code of a message, such as E0203");
    if (!page) return usage_error("`%s` is neither a script nor the code of a message, such as E0203", what);
    printf("%s\n\n%s", what, page);
    return 0;
}

static int command_repl(struct command_line *line)
{
    struct tool t;
    if (line->file) return usage_error("what is `%s`? A session has `:load FILE`", line->file);
    tool_open(&t, line, kernel_store_own);
    bool good = repl(&t.ev);
    return tool_close(&t, good);
}

static int command_cache(struct command_line *line)
{
    const char *what = line->file ? line->file : "";
    if (!strcmp(what, "stat")) return cache_stat(line->session.format == FORMAT_JSON);
    if (!strcmp(what, "clear")) return cache_remove(line->session.format == FORMAT_JSON);
    if (!line->file) return usage_error("`icl cache` needs %s", "`stat` or `clear`");
    return usage_error("`icl cache` takes `stat` or `clear`, not `%s`", what);
}

/* Editors add arguments of their own, such as --stdio. */
static int command_lsp(int argc, char **argv)
{
    (void)argc, (void)argv;
    return lsp();
}

static int command_doc(struct command_line *line)
{
    struct tool t;
    if (!line->file) return usage_error("`icl %s` needs a name", "doc");
    tool_open(&t, line, kernel_store_own);
    bool good = emit_doc(&t.ev, line->file);
    if (!good) fprintf(stderr, "icl: nothing is called `%s` in the library\n", line->file);
    return tool_close(&t, good);
}

static const struct command commands[] = {
    { "run", "FILE [options]", "run a script", command_run, .script = true },
    { "check", "[--json] FILE...", "report all errors known before a run", command_check, .script = false },
    { "test", "FILE [options]", "run the tests of a script", command_test, .script = true },
    { "emit", "--stage=STAGE FILE", "show the syntax tree or every kernel's code", command_emit, .script = true },
    { "gradcheck", "FILE [options]", "compare gradients with finite differences", command_gradcheck, .script = true },
    { .name = "build",
      .arguments = "FILE -o PROGRAM",
      .help = "make a program of a script, which needs no icl",
      .bare = build_command,
      .own = "-o -D --static --target --precision --color",
      .page = "  -o PROGRAM                     its file\n"
              "  -D name=value                  fixes an option of the script; may be repeated\n"
              "  --precision 32|64              binary32 or binary64 reals (default 32)\n"
              "  --static                       it does not need the C library, either\n"
              "  --target TRIPLE                for another machine: aarch64-linux-gnu\n"
              "  --color auto|always|never      colours in messages\n"
              "\nPROGRAM --help lists the options that it has, and those that were fixed.\n" },
    { .name = "results",
      .arguments = "list|show|diff|export",
      .help = "what earlier runs were and found out",
      .bare = runs_command,
      .own = "--out --format" },
    { .name = "fmt",
      .arguments = "[--check] [--diff] FILE...",
      .help = "lay out scripts in one way",
      .bare = format_command,
      .own = "--check --diff",
      .page = "  --check                        name what would change; status 1 if any\n"
              "  --diff                         show what would change\n"
              "  -                              from standard input to standard output\n" },
    { "bench", "FILE [--compare OLD]", "how fast what takes time in a script is", command_bench, .script = true },
    { "replay", "FILE [--prompt N]", "one prompt, value by value", command_replay, .script = true },
    { "repl", "", "a session at the terminal, or from a pipe", command_repl, .script = false },
    { .name = "lsp", .arguments = "", .help = "serve an editor (language server protocol)", .bare = command_lsp,
      .page = "It is started by an editor, and speaks on standard input and output.\n" },
    { "cache", "stat|clear", "the compiled kernels that are kept", command_cache, .script = false },
    { "doc", "NAME", "what a builtin or library definition is", command_doc, .script = false },
    { "explain", "FILE | CODE", "what each kernel costs; what a message means", command_explain, .script = true },
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
    flags_help(false, NULL);
    printf("  %-30s %s\n  %-30s %s\n", "--help", "this text; after a script's name, its options", "--version",
           "the versions of icl and of the language");
    return 0;
}

/* One command: what it does, and the flags it has. */
static int help_on(const struct command *c)
{
    if (c->bare && !c->page) return c->bare(1, (char *[]){ "--help" });
    printf("usage: icl %s%s%s%s\n\n%s\n\n", c->name, c->bare && !*c->arguments ? "" : " [flags]",
           *c->arguments ? " " : "", c->arguments, c->help);
    if (c->page) fputs(c->page, stdout);
    else flags_help(false, c->name);
    if (c->script) printf("\nOptions are those the script declares: icl %s FILE --help.\n", c->name);
    return 0;
}

static const struct command *command_find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i].name, name)) return &commands[i];
    return NULL;
}

/* ---- reading the command line ---- */

static int read_flag(struct command_line *c, const struct command *command, char **argv, int argc, int *i)
{
    char *name = argv[*i] + 2, *equal = strchr(name, '=');
    const char *value = NULL;
    if (equal) {
        *equal = 0;
        value = equal + 1;
    }
    bool script = command->script && c->file;
    const struct flag *flag = flag_find(name, false);
    bool alone = !script && flag && !flag->values;
    if (!equal && !alone && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2)) value = argv[++*i];
    if (!script && !flag) return flag_unknown(c, name);
    return script ? command_option(c, name, value) : flag_set(c, flag, value);
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

static int help_named(const char *name)
{
    const struct command *command = command_find(name);
    return command ? help_on(command) : unknown_command(name);
}

/* The command, its flags and files. */
static int act(struct command_line *c, const struct command *command, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) c->help = true;
        else if (!strncmp(argv[i], "--", 2)) {
            int status = read_flag(c, command, argv, argc, &i);
            if (status) return status;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return usage_error("there is no flag `%s`: those of icl and the options of scripts start with `--`",
                               argv[i]);
        } else if (c->file && strcmp(command->name, "check")) {
            return usage_error("what is `%s`? One file is expected", argv[i]);
        } else {
            c->files[c->extra_files++] = argv[i];
            if (!c->file) c->file = argv[i];
        }
    }
    if (c->help && !(command->script && c->file)) return help_on(command);
    return command->act(c);
}

/* The command as one of several processes, where a launcher has started them. */
static int act_shared(struct command_line *c, const struct command *command, int argc, char **argv)
{
    struct buf why = { 0 };
    c->session.ranks = ranks_open(tool_interrupt(), &why);
    if (!why.text) return ranks_close(c->session.ranks, act(c, command, argc, argv));
    if (why.n) fprintf(stderr, "icl: %s\n", why.text);
    buf_free(&why);
    return EXIT_USAGE;
}

static int tool(int argc, char **argv)
{
    const char *files[argc + 1];
    struct command_line c = { .program = "icl", .precision = 32, .color = "auto", .files = files };
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) return help();
    if (argc > 1 && !strcmp(argv[1], "help")) return argc == 2 ? help() : help_named(argv[2]);
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("icl %s, language 1, LLVM %s, build %s\n", PACKAGE_VERSION, ICL_LLVM_VERSION, identity_build());
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "--complete")) return shell_complete(commands, COMMANDS, argc - 2, argv + 2);
    if (argc < 2 && isatty(0) && isatty(1)) return command_repl(&c);
    if (argc < 2) {
        help();
        return EXIT_USAGE;
    }
    const struct command *command = command_find(argv[1]);
    if (!command) return unknown_command(argv[1]);
    c.command = argv[1];
    bool asked = argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"));
    if (command->bare) return asked ? help_on(command) : command->bare(argc - 2, argv + 2);
    tool_catch_signals();
    bool shared = command->act == command_run || command->act == command_test;
    return shared ? act_shared(&c, command, argc, argv) : act(&c, command, argc, argv);
}

int main(int argc, char **argv)
{
    tool_start();
    return tool_finish("icl", tool(argc, argv));
}
