/* Completion in shells. The shells' parts (docs/completion/) only ask: commands, flags and their values come from the
 * tables that --help prints, a script's options from the script, names from the library. */
#include "compiler/shell.h"
#include <stdio.h>
#include <string.h>

struct line {
    const struct command *commands;
    int ncommands;
    const struct command *command; /* the first word; NULL: it is being typed, or not known */
    const char *script;            /* the first script among the words; NULL: none */
    const char *before, *word;     /* the word before the cursor's ("": none), and that */
    bool first;                    /* the word is the command's first */
    const char *kept;              /* what stands before it in one word: "--seed=", "" */
};

static void offer(const struct line *l, const char *candidate, const char *what)
{
    if (!strncmp(candidate, l->word, strlen(l->word))) printf("%s%s\t%s\n", l->kept, candidate, what);
}

static bool is_script(const char *word)
{
    size_t n = strlen(word);
    return n > 4 && !strcmp(word + n - 4, ".icl");
}

/* ---- flags ---- */

static void offer_own_flags(const struct line *l)
{
    const char *end;
    for (const char *p = l->command->own ? l->command->own : ""; *p; p = end + strspn(end, " ")) {
        char flag[64];
        end = strchrnul(p, ' ');
        snprintf(flag, sizeof flag, "%.*s", (int)(end - p), p);
        offer(l, flag, l->command->help);
    }
}

static void offer_flags(const struct line *l)
{
    char flag[64];
    offer_own_flags(l);
    offer(l, "--help", "what there is");
    for (int i = 0; flag_at(i) && !l->command->bare; i++) {
        const struct flag *f = flag_at(i);
        if (f->command && strcmp(f->command, l->command->name)) continue;
        snprintf(flag, sizeof flag, "--%s", f->name);
        offer(l, flag, f->help);
    }
}

/* The lines of program_options: "  --n int                 help (default 24)". */
static void offer_option_lines(const struct line *l, const char *text)
{
    for (const char *end; *text; text = *end ? end + 1 : end) {
        char option[128], what[256];
        end = strchrnul(text, '\n');
        const char *name = text + strspn(text, " ");
        size_t n = strcspn(name, " \n");
        const char *rest = name + n;
        if (n < 3 || n >= sizeof option) continue;
        snprintf(option, sizeof option, "%.*s", (int)n, name);
        rest += strspn(rest, " ");
        snprintf(what, sizeof what, "%.*s", rest < end ? (int)(end - rest) : 0, rest);
        offer(l, option, what);
    }
}

static void offer_script_options(const struct line *l)
{
    struct command_line c = { .program = "icl", .command = l->command->name, .precision = 32, .color = "never" };
    struct tool t;
    struct buf b = { 0 };
    tool_open(&t, &c, NULL);
    struct program *p = program_load(&t.ev, l->script);
    if (p) program_options(&t.ev, p, &b);
    diags_clear(&t.diags); /* a wrong script is told about when it is run */
    if (b.n) offer_option_lines(l, b.text);
    buf_free(&b);
    tool_close(&t, true);
}

/* What a flag takes. False: the word is no value of a flag. */
static bool offer_values(const struct line *l)
{
    const struct flag *f = strncmp(l->before, "--", 2) ? NULL : flag_find(l->before + 2, false);
    if (!f || !f->values) return false;
    if (l->command->bare && !strstr(l->command->own ? l->command->own : "", l->before)) return false;
    if (!strcmp(f->values, "DIR")) puts(":folders");
    if (!strcmp(f->values, "FILE")) puts(":paths");
    for (const char *p = f->values; strchr(f->values, '|') && *p; p += *p == '|') {
        char value[32];
        size_t n = strcspn(p, "|");
        snprintf(value, sizeof value, "%.*s", (int)n, p);
        offer(l, value, f->help);
        p += n;
    }
    return true;
}

/* ---- words ---- */

static void offer_commands(const struct line *l)
{
    for (int i = 0; i < l->ncommands; i++) offer(l, l->commands[i].name, l->commands[i].help);
    offer(l, "--help", "commands and flags");
    offer(l, "--version", "the versions of icl and of the language");
}

static void offer_names(const struct line *l)
{
    struct command_line c = { .program = "icl", .command = "doc", .precision = 32, .color = "never" };
    struct tool t;
    tool_open(&t, &c, NULL);
    for (int i = 0; i < builtin_count; i++) offer(l, builtins[i].name, "builtin");
    for (int parts = 0; parts < 2; parts++) {
        const struct scope *s = parts ? t.ev.parts : t.ev.std;
        for (int i = 0; i < s->names.n; i++) {
            const struct value *v = s->names.data[i].value;
            if (v->kind == V_FN && v->fn->kind == FN_DEF)
                offer(l, s->names.data[i].name, ast_def_word(v->fn->def->kind));
        }
    }
    tool_close(&t, true);
}

static void offer_arguments(const struct line *l)
{
    const char *takes = l->command->arguments;
    if (strstr(takes, "NAME")) offer_names(l);
    if (strstr(takes, "CODE"))
        for (enum diag_code i = 0; i < DIAG_COUNT; i++) offer(l, diag_code_text(i), diag_code_kind(i));
    if (strstr(takes, "FILE")) puts(":files");
    if (strstr(takes, "show") && !l->first) offer(l, "last", "the last run");
    for (size_t n; l->first && *takes; takes += n + strspn(takes + n, " |")) { /* words that stand for themselves */
        char word[32];
        n = strcspn(takes, " |");
        snprintf(word, sizeof word, "%.*s", (int)n, takes);
        if (*word >= 'a' && *word <= 'z') offer(l, word, l->command->help);
    }
}

int shell_complete(const struct command *commands, int n, int argc, char **argv)
{
    struct line l = { commands, n, NULL, NULL, argc > 1 ? argv[argc - 2] : "", argc ? argv[argc - 1] : "",
                      argc == 2, "" };
    char *equal = argc && !strncmp(argv[argc - 1], "--", 2) ? strchr(argv[argc - 1], '=') : NULL;
    char flag[128] = "", with[130] = "";
    if (equal) {
        snprintf(flag, sizeof flag, "%.*s", (int)(equal - argv[argc - 1]), argv[argc - 1]);
        snprintf(with, sizeof with, "%s=", flag);
        l.before = flag;
        l.kept = with;
        l.word = equal + 1;
    }
    if (argc < 2) {
        offer_commands(&l);
        return 0;
    }
    for (int i = 0; i < n; i++)
        if (!strcmp(commands[i].name, argv[0])) l.command = &commands[i];
    for (int i = 1; i + 1 < argc && !l.script; i++)
        if (is_script(argv[i])) l.script = argv[i];
    if (!l.command || offer_values(&l)) return 0;
    if (*l.word == '-') {
        if (l.script && l.command->script) offer_script_options(&l);
        offer_flags(&l);
    } else {
        offer_arguments(&l);
    }
    return 0;
}
