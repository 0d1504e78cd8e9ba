/* What every command, and a program built from a script, reads and does alike: flags, the session, options, the run.
 * What only the tool has stays in main.c. */
#include "compiler/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/places.h"
#include "compiler/store.h"
#include "lang/names.h"
#include "runtime/identity.h"
#include "runtime/memory.h"
#include "runtime/output.h"
#include "runtime/pool.h"
#include "runtime/progress.h"
#include "runtime/ranks.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    if (interrupted) _exit(128 + signal_number); /* asked twice */
    interrupted = signal_number;
}

/* See command.h. */
const volatile sig_atomic_t *tool_interrupt(void)
{
    return &interrupted;
}

/* See command.h. */
void tool_catch_signals(void)
{
    struct sigaction action = { .sa_handler = on_interrupt }, was;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGXCPU, &action, NULL);
    if (!sigaction(SIGHUP, NULL, &was) && was.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, NULL); /* nohup */
}

/* See command.h. */
void tool_start(void)
{
    signal(SIGXFSZ, SIG_IGN);
}

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

static bool set_fresh(struct command_line *c, const char *v)
{
    (void)v;
    c->session.fresh = true;
    return true;
}

static bool set_max_memory(struct command_line *c, const char *v)
{
    return memory_parse(v, &c->session.max_memory);
}

static bool set_stage(struct command_line *c, const char *v)
{
    static const char *const stage[] = { "ast", "ir", "loops", "llvm", "asm" };
    c->session.stage = v;
    for (size_t i = 0; i < sizeof stage / sizeof *stage; i++)
        if (!strcmp(stage[i], v)) return true;
    return false;
}

static bool whole_number(const char *v, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(v, &end, 10);
    return *v >= '0' && *v <= '9' && !*end && !errno;
}

static bool set_prompt(struct command_line *c, const char *v)
{
    return whole_number(v, &c->session.prompt);
}

static bool set_task(struct command_line *c, const char *v)
{
    return whole_number(v, &c->session.task);
}

static bool set_only(struct command_line *c, const char *v)
{
    c->session.only = v;
    return *v;
}

static bool positive(const char *v, double *out)
{
    char *end;
    *out = strtod(v, &end);
    return *v && !*end && *out > 0 && *out < 1e6;
}

static bool set_seconds(struct command_line *c, const char *v)
{
    return positive(v, &c->session.bench_seconds);
}

static bool set_within(struct command_line *c, const char *v)
{
    return positive(v, &c->session.bench_within);
}

static bool set_save(struct command_line *c, const char *v)
{
    c->session.bench_save = v;
    return *v;
}

static bool set_compare(struct command_line *c, const char *v)
{
    c->session.bench_compare = v;
    return *v;
}

static bool set_measure(struct command_line *c, const char *v)
{
    (void)v;
    c->session.measure = true;
    return true;
}

static bool set_json(struct command_line *c, const char *v)
{
    (void)v;
    return c->json = true;
}

static const struct flag flags[] = {
    { "seed", "N", "seed of all draws (default 0)", set_seed, true, NULL },
    { "threads", "N", "threads (default: all cores)", set_threads, true, NULL },
    { "engine", "jit|interp", "compiled code or the interpreter: same bits", set_engine, false, NULL },
    { "precision", "32|64", "binary32 or binary64 reals (default 32)", set_precision, false, NULL },
    { "out", "DIR", "folder of files written (default: this one)", set_out, true, NULL },
    { "format", "text|json|csv", "form of what is printed (default text)", set_format, true, NULL },
    { "progress", "auto|always|never", "progress line on standard error", set_progress, true, NULL },
    { "color", "auto|always|never", "colours in messages", set_color, true, NULL },
    { "max-memory", "SIZE", "memory the run may use, as in 800M or 2G", set_max_memory, true, NULL },
    { "fresh", NULL, "a run measures what was kept, too", set_fresh, true, "run" },
    { "stage", "ast|ir|loops|llvm|asm", "what `icl emit` shows", set_stage, false, "emit" },
    { "prompt", "N", "`icl replay` shows this prompt (default 0)", set_prompt, false, "replay" },
    { "task", "N", "of several tasks, this one's (default 0)", set_task, false, "replay" },
    { "only", "NAME", "of predictors those with NAME in theirs", set_only, false, "replay" },
    { "compare", "FILE", "`icl bench`: beside what was saved there", set_compare, false, "bench" },
    { "save", "FILE", "`icl bench`: where its figures go, as JSON", set_save, false, "bench" },
    { "within", "PERCENT", "how well a median is to be known (default 1)", set_within, false, "bench" },
    { "seconds", "SECONDS", "at most so long a call (default 3)", set_seconds, false, "bench" },
    { "measure", NULL, "`icl explain` times each kernel, too", set_measure, false, "explain" },
    { "json", NULL, "`icl check`: messages as JSON, one a line", set_json, false, "check" },
};
enum { FLAGS = sizeof flags / sizeof *flags };

/* See command.h. */
const struct flag *flag_find(const char *name, bool program)
{
    for (int i = 0; i < FLAGS; i++)
        if (!strcmp(flags[i].name, name) && (flags[i].program || !program)) return &flags[i];
    return NULL;
}

/* See command.h. */
const struct flag *flag_at(int i)
{
    return i >= 0 && i < FLAGS ? &flags[i] : NULL;
}

/* See command.h. */
void flags_help(bool program, const char *command)
{
    for (int i = 0; i < FLAGS; i++) {
        char left[64];
        if (program && !flags[i].program) continue;
        if (command && flags[i].command && strcmp(flags[i].command, command)) continue;
        snprintf(left, sizeof left, "--%s %s", flags[i].name, flags[i].values ? flags[i].values : "");
        printf("  %-30s %s\n", left, flags[i].help);
    }
}

/* See command.h. */
int flag_set(struct command_line *c, const struct flag *flag, const char *value)
{
    if (flag->command && !c->standalone && strcmp(flag->command, c->command ? c->command : "")) {
        fprintf(stderr, "%s: `--%s` belongs to `icl %s`\n", c->program, flag->name, flag->command);
        return EXIT_USAGE;
    }
    if (!flag->values && value) {
        fprintf(stderr, "%s: `--%s` takes no value, but is given `%s`\n", c->program, flag->name, value);
        return EXIT_USAGE;
    }
    return (value || !flag->values) && flag->set(c, value) ? 0 : flag_error(c, flag, value);
}

/* See command.h. */
int flag_error(const struct command_line *c, const struct flag *flag, const char *value)
{
    const char *wanted = !flag->values                  ? "true or false, or nothing"
                         : !strcmp(flag->values, "N")   ? "a whole number"
                         : !strcmp(flag->values, "DIR") ? "a folder"
                         : !strcmp(flag->values, "SIZE") ? "a size as 800M or 2G"
                                                        : flag->values;
    if (value) fprintf(stderr, "%s: `--%s` takes %s, not `%s`\n", c->program, flag->name, wanted, value);
    else fprintf(stderr, "%s: `--%s` needs a value: %s\n", c->program, flag->name, wanted);
    return EXIT_USAGE;
}

/* See command.h. */
int flag_unknown(const struct command_line *c, const char *name)
{
    struct nearest near;
    nearest_init(&near, name);
    for (int i = 0; i < FLAGS; i++)
        if (!c->standalone || flags[i].program) nearest_offer(&near, flags[i].name);
    fprintf(stderr, "%s: there is no flag `--%s`", c->program, name);
    if (near.best) fprintf(stderr, "; did you mean `--%s`?", near.best);
    fprintf(stderr, c->standalone ? "\n     `%s --help` lists its options and flags\n"
                                  : "\n     `%s --help` lists commands and flags\n",
            c->program);
    return EXIT_USAGE;
}

/* See command.h. */
int command_option(struct command_line *c, const char *name, const char *value)
{
    if (c->session.noptions == MOST_OPTIONS) {
        fprintf(stderr, "%s: too many options, at `--%s`\n", c->program, name);
        return EXIT_USAGE;
    }
    c->options[c->session.noptions++] = (struct option_value){ name, value ? value : "true", !value };
    return 0;
}

/* ---- the session ---- */

/* See command.h. */
void tool_open(struct tool *t, struct command_line *line, struct kernel_store *(*new_kernels)(struct arena *))
{
    memset(t, 0, sizeof *t);
    t->line = line;
    line->session.options = line->options;
    if (line->session.max_memory) memory_restrict(line->session.max_memory);
    diags_init(&t->diags, &t->arena);
    t->ev.arena = &t->arena;
    t->ev.names = interner_new(&t->arena);
    t->ev.sizes = size_table_new(&t->arena);
    t->ev.diags = &t->diags;
    t->ev.session = &line->session;
    t->ev.precision = line->precision;
    t->diags.width = output_width(stderr);
    line->session.color = output_color(stderr, line->color);
    line->session.stop = line->session.ranks ? ranks_stop(line->session.ranks) : &interrupted;
    line->session.new_kernels = new_kernels;
    library_load(&t->ev);
}

/* See command.h. */
int tool_status(const struct session *s, bool good)
{
    if (*s->stop) return 128 + *s->stop;
    return s->fault ? EXIT_FAULT : good ? 0 : s->usage ? EXIT_USAGE : EXIT_WRONG;
}

/* See command.h. */
int tool_finish(const char *program, int status)
{
    errno = 0;
    if (!fflush(stdout) && !ferror(stdout)) return status;
    fprintf(stderr, "%s: cannot write to standard output%s%s\n", program, errno ? ": " : "",
            errno ? strerror(errno) : "");
    return status ? status : EXIT_WRONG;
}

/* See command.h. */
int tool_close(struct tool *t, bool good)
{
    bool color = t->line->session.color;
    session_close(&t->ev);
    diags_print(&t->diags, stderr, color);
    arena_free(&t->arena);
    return tool_status(&t->line->session, good);
}

/* See command.h. */
int tool_settle_options(struct tool *t, struct program *p)
{
    struct session *s = &t->line->session;
    int kept = 0;
    for (int i = 0; i < s->noptions; i++) {
        struct option_value o = s->options[i];
        struct session probe = *s;
        probe.options = &o;
        probe.noptions = 1;
        t->ev.session = &probe;
        const struct flag *flag = program_unknown_option(&t->ev, p) ? flag_find(o.name, t->line->standalone) : NULL;
        t->ev.session = s;
        if (!flag) s->options[kept++] = o;
        else {
            int status = flag_set(t->line, flag, o.bare ? NULL : o.text);
            if (status) return status;
        }
    }
    s->noptions = kept;
    t->ev.precision = t->line->precision;
    const char *unknown = program_unknown_option(&t->ev, p);
    if (!unknown) return 0;
    struct buf b = { 0 };
    const char *near = program_near_option(p, unknown);
    struct nearest of_flags;
    nearest_init(&of_flags, unknown);
    for (int i = 0; i < FLAGS; i++)
        if (!t->line->standalone || flags[i].program) nearest_offer(&of_flags, flags[i].name);
    if (!near) near = of_flags.best;
    program_options(&t->ev, p, &b);
    fprintf(stderr, t->line->standalone ? "%s: there is no option `--%s`" : "%s: the script has no option `--%s`",
            t->line->program, unknown);
    if (near) fprintf(stderr, "; did you mean `--%s`?", near);
    fputc('\n', stderr);
    if (b.n) fprintf(stderr, "its options are:\n%s", b.text);
    buf_free(&b);
    return EXIT_USAGE;
}

/* ---- running ---- */

/* The folder of the files written. */
static bool make_folder(struct ev *ev)
{
    const char *out = ev->session->out;
    const char *why = ev_agree(ev, out && ev_first(ev) ? output_make_folder(ev->arena, out, OUTPUT_FOLDER) : NULL);
    if (!why) return true;
    fprintf(stderr, "icl: %s\n", why);
    ev->session->usage = true;
    return false;
}

static uint64_t hash_text(uint64_t h, const char *text)
{
    do h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001B3); /* FNV-1a */
    while (*text++);
    return h;
}

/* See command.h. */
bool tool_share_out(struct tool *t, const struct program *p)
{
    const struct session *s = &t->line->session;
    if (!s->ranks) return true;
    uint64_t h = hash_text(program_digest(p), identity_build());
    for (int i = 0; i < s->noptions; i++) h = hash_text(hash_text(h, s->options[i].name), s->options[i].text);
    h = (h ^ s->seed) * 31 + (uint64_t)s->engine * 4 + (uint64_t)s->format;
    return ev_share_out(&t->ev, h * 31 + (uint64_t)t->ev.precision);
}

/* See command.h. */
bool tool_check(struct ev *ev, struct program *p)
{
    if (!program_check(ev, p)) return false;
    diags_print(ev->diags, stderr, ev->session->color);
    return true;
}

/* See command.h. */
bool tool_run(struct ev *ev, struct program *p)
{
    return tool_check(ev, p) && tool_go(ev, p);
}

/* See command.h. */
bool tool_go(struct ev *ev, struct program *p)
{
    if (!make_folder(ev) || !places_make(ev, p)) return false;
    struct keeper *keeper = ev->session->keeper = store_new(ev, p);
    bool good = program_run(ev, p);
    if (!good && !ev->diags->errors && !*ev->session->stop) {
        ev_error(ev, E_INTERNAL, NULL, "the run stopped without saying why");
        ev->session->fault = true;
    }
    store_end(keeper, ev, tool_status(ev->session, good));
    ev->session->keeper = NULL;
    return good;
}
