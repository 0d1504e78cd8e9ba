/* The program that `icl build` fills: the language's front end, the runtime, and a payload in a section of its own
 * file. It runs the script as `icl run` does; where that would compile, this looks into the table of the payload. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "compiler/command.h"
#include "compiler/level.h"
#include "compiler/payload.h"
#include "runtime/ranks.h"
#include "runtime/sections.h"

static const char *own_name(const char *argv0)
{
    const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
    return slash ? slash + 1 : argv0 ? argv0 : "program";
}

/* This program's own file, in memory. */
static const char *own_file(const char *argv0, size_t *size)
{
    struct stat st;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 && argv0) fd = open(argv0, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    void *p = fstat(fd, &st) ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    *size = p == MAP_FAILED ? 0 : (size_t)st.st_size;
    return p == MAP_FAILED ? NULL : p;
}

static struct payload *own_payload(struct arena *a, const char *name, const char *argv0)
{
    size_t size = 0, n = 0;
    const char *why = "it carries no script: `icl build` makes such programs", *file = own_file(argv0, &size);
    const char *bytes = file ? sections_find(file, size, PAYLOAD_SECTION, &n) : NULL;
    if (!file) why = "it cannot read its own file";
    struct payload *p = bytes ? payload_read(a, bytes, n, &why) : NULL;
    if (p && strcmp(p->version, PACKAGE_VERSION)) why = "script and runtime are of different versions of icl", p = NULL;
    if (!p) fprintf(stderr, "%s: %s\n", name, why);
    return p;
}

/* The best level that this machine runs; ICL_CPU may ask for a lower one. */
static struct payload_level *own_level(struct payload *p)
{
    const char *asked = getenv("ICL_CPU"), *machine = cpu_level_own()->machine;
    bool runs = false;
    const struct cpu_level *l;
    for (int i = 0; (l = cpu_level_at(machine, i)); i++) {
        runs |= l == cpu_level_own();
        if (!runs) continue;
        for (int k = 0; k < p->nlevels; k++)
            if (!strcmp(p->level[k].cpu, l->cpu) && (!asked || !*asked || !strcmp(asked, l->cpu))) return &p->level[k];
    }
    return NULL;
}

/* ---- options ---- */

static const struct option_value *fixed(const struct payload *p, const char *name)
{
    for (int i = 0; i < p->nfixed; i++)
        if (!strcmp(p->fixed[i].name, name)) return &p->fixed[i];
    return NULL;
}

static int fixed_error(const struct command_line *c, const struct payload *p, const struct option_value *o)
{
    const char *slash = strrchr(p->script, '/');
    fprintf(stderr, "%s: `--%s` was fixed at %s when this program was built: its code depends on it\n", c->program,
            o->name, o->text);
    fprintf(stderr, "     another one: icl build -D %s=VALUE %s -o PROGRAM\n", o->name, slash ? slash + 1 : p->script);
    return EXIT_USAGE;
}

struct listing {
    const struct payload *p;
    struct buf flags, fixed;
};

static void list_option(struct ev *ev, const struct ast *e, void *data)
{
    struct listing *l = data;
    const struct option_value *o = fixed(l->p, e->name);
    if (!o) program_describe_option(ev, e, &l->flags);
    if (!o) return;
    int left = 21 - utf8_columns(o->name, strlen(o->name));
    buf_printf(&l->fixed, "  %s = %-*s %s\n", o->name, left > 0 ? left : 0, o->text, e->text ? e->text : "");
}

static int help(struct tool *t, const struct payload *p)
{
    struct listing l = { .p = p };
    struct program *program = program_load(&t->ev, p->script);
    if (program) program_each_option(&t->ev, program, list_option, &l);
    const char *slash = strrchr(p->script, '/');
    printf("%s: %s, built by icl %s\n\nusage: %s [--option value ...] [flags]\n", t->line->program,
           slash ? slash + 1 : p->script, p->version, t->line->program);
    if (l.flags.n) printf("\noptions:\n%s", l.flags.text);
    if (l.fixed.n) printf("\nfixed when it was built:\n%s", l.fixed.text);
    printf("\nflags:\n");
    flags_help(true, NULL);
    printf("  %-30s %s\n  %-30s %s\n  %-30s %s\n", "--help", "this text", "--describe",
           "what the program is made of, as JSON", "--version", "the version of icl that built it");
    buf_free(&l.flags);
    buf_free(&l.fixed);
    return tool_close(t, program != NULL);
}

/* Reads `--name value`, `--name=value` and `--name`. Returns 0 or the exit status. */
static int read_options(struct command_line *c, const struct payload *p, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2)) {
            fprintf(stderr, "%s: what is `%s`? Options start with `--`; `%s --help` lists them\n", c->program, argv[i],
                    c->program);
            return EXIT_USAGE;
        }
        char *name = argv[i] + 2, *equal = strchr(name, '='), *value = equal ? equal + 1 : NULL;
        if (equal) *equal = 0;
        else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2)) value = argv[++i];
        const struct option_value *o = fixed(p, name);
        int status = o ? fixed_error(c, p, o) : command_option(c, name, value);
        if (status) return status;
    }
    return 0;
}

/* ---- running ---- */

static int run(struct tool *t, const struct payload *p, int argc, char **argv)
{
    struct command_line *c = t->line;
    int status = read_options(c, p, argc, argv);
    struct program *program = status ? NULL : program_load(&t->ev, p->script);
    if (program && !t->diags.errors) status = tool_settle_options(t, program);
    if (status || !program || t->diags.errors) {
        int closed = tool_close(t, false);
        return status ? status : closed;
    }
    /* it was checked when it was built; with other options it is checked again */
    bool asked = c->session.noptions > 0;
    for (int i = 0; i < p->nfixed && !status; i++) status = command_option(c, p->fixed[i].name, p->fixed[i].text);
    bool good = !status && tool_share_out(t, program) && (!asked || tool_check(&t->ev, program)) &&
                tool_go(&t->ev, program);
    return tool_close(t, good);
}

/* A session with the payload, from its options to its exit status. */
static int act(struct command_line *c, const struct payload *p, const struct payload_level *level, int argc,
               char **argv)
{
    struct tool t;
    bool asked = false;
    c->precision = p->precision;
    c->session.singly = true;
    c->session.embedded = p->file;
    tool_open(&t, c, NULL);
    struct kernel_source source = payload_source(&t.arena, level);
    c->session.kernels = kernel_store_of(&t.arena, &source);
    for (int i = 1; i < argc; i++) asked |= !strcmp(argv[i], "--help") || !strcmp(argv[i], "-h");
    return asked ? help(&t, p) : run(&t, p, argc, argv);
}

/* The same as one of several processes, where a launcher has started them. */
static int act_shared(struct command_line *c, const struct payload *p, const struct payload_level *level, int argc,
                      char **argv)
{
    struct buf why = { 0 };
    c->session.ranks = ranks_open(tool_interrupt(), &why);
    if (!why.text) return ranks_close(c->session.ranks, act(c, p, level, argc, argv));
    if (why.n) fprintf(stderr, "%s: %s\n", c->program, why.text);
    buf_free(&why);
    return EXIT_USAGE;
}

/* Does what the first argument asks for, if the program's code is not needed for it. -1: it is. */
static int told(const struct payload *p, int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "--describe")) return fputs(p->description, stdout) < 0;
    if (argc > 1 && !strcmp(argv[1], "--version")) return printf("%s\n", p->version) < 0;
    return -1;
}

static int start(struct command_line *c, struct arena *arena, struct payload *p, int argc, char **argv)
{
    const char *why;
    struct payload_level *level = own_level(p);
    if (!level) {
        fprintf(stderr, "%s: it has no code for this processor (ICL_CPU, if set, names a level it was built for)\n",
                c->program);
        return EXIT_USAGE;
    }
    if (!payload_unpack(arena, level, &why)) {
        fprintf(stderr, "%s: %s\n", c->program, why);
        return EXIT_FAULT;
    }
    tool_catch_signals();
    return act_shared(c, p, level, argc, argv);
}

int main(int argc, char **argv)
{
    tool_start();
    struct arena arena = { 0 };
    struct command_line c = { .program = own_name(argv[0]), .standalone = true, .precision = 32, .color = "auto" };
    struct payload *p = own_payload(&arena, c.program, argv[0]);
    int status = p ? told(p, argc, argv) : EXIT_FAULT;
    if (status < 0) status = start(&c, &arena, p, argc, argv);
    arena_free(&arena);
    return tool_finish(c.program, status);
}
