/* `icl build FILE -o PROGRAM`. A program is the runtime for programs (icl-program, all of icl but LLVM and the tools)
 * with a payload attached. No compiler or linker is asked: the runtime for another machine is a file like this one's.
 *
 * Which kernels it needs is found by a rehearsal (rehearse.h). First all options have their values: what is refused
 * then depends on results. Then the walk is made again for each option with its value unknown: if nothing is refused,
 * no code depends on it and it stays a flag; else it is fixed. The kernels that go in are those of a last walk, in
 * which all that stay flags are unknown together. */
#include "compiler/build.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "compiler/cache.h"
#include "compiler/command.h"
#include "compiler/kernel.h"
#include "compiler/level.h"
#include "compiler/payload.h"
#include "compiler/rehearse.h"
#include "lang/names.h"
#include "runtime/identity.h"
#include "runtime/output.h"
#include "runtime/plugin.h"

enum { MOST_PROCESSES = 16 };

struct option {
    const char *name, *type, *help, *value; /* value: as text */
    bool given, flag;                       /* by -D; it stays a flag */
};

struct build {
    struct arena arena;
    const char *file, *output, *target; /* target NULL: this machine */
    bool whole;                         /* --static */
    int precision;
    struct option_value define[MOST_OPTIONS];
    int ndefines;
    VEC(struct option) options;
    const char *color;
};

/* ---- the command line ---- */

static int usage(const char *format, const char *what)
{
    fprintf(stderr, "icl: ");
    fprintf(stderr, format, what);
    fprintf(stderr, "\n     icl build [-D name=value] [--precision 32|64] [--static] [--target TRIPLE] FILE"
                    " -o PROGRAM\n");
    return EXIT_USAGE;
}

static int define(struct build *b, const char *text)
{
    const char *equal = strchr(text, '=');
    if (!equal || equal == text) return usage("`-D` takes name=value, not `%s`", text);
    if (b->ndefines == MOST_OPTIONS) return usage("too many options, at `%s`", text);
    b->define[b->ndefines++] =
        (struct option_value){ arena_strndup(&b->arena, text, (size_t)(equal - text)), equal + 1, false };
    return 0;
}

static int read_arguments(struct build *b, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        char *arg = argv[i], *equal = strncmp(arg, "--", 2) ? NULL : strchr(arg, '=');
        const char *value = equal ? equal + 1 : i + 1 < argc ? argv[i + 1] : NULL;
        size_t n = equal ? (size_t)(equal - arg) : strlen(arg);
        int status = 0, taken = !equal;
#define IS(name) (n == strlen(name) && !strncmp(arg, name, n))
        if (IS("--static")) b->whole = true, taken = 0;
        else if (!strncmp(arg, "-D", 2) && arg[2]) status = define(b, arg + 2), taken = 0;
        else if (IS("-D")) status = value ? define(b, value) : usage("`%s` needs name=value", "-D");
        else if (IS("-o")) b->output = value;
        else if (IS("--target")) b->target = value;
        else if (IS("--color")) b->color = value;
        else if (IS("--precision")) b->precision = value ? atoi(value) : 0;
        else if (arg[0] == '-') return usage("`icl build` has no flag `%s`; options are fixed with -D", arg);
        else if (b->file) return usage("what is `%s`? One script is built", arg);
        else b->file = arg, taken = 0;
#undef IS
        if (status) return status;
        if (taken && !value) return usage("`%s` needs a value", arg);
        i += taken;
    }
    if (!b->file) return usage("`icl %s` needs a file", "build");
    if (!b->output) return usage("where to? -o %s", "PROGRAM");
    if (b->precision != 32 && b->precision != 64) return usage("`--precision` takes %s", "32|64");
    return 0;
}

/* ---- rehearsals ---- */

struct stage {
    struct command_line line;
    struct tool tool;
    struct program *program;
    struct rehearsed found;
};

static bool stage_open(struct build *b, struct stage *s)
{
    memset(s, 0, sizeof *s);
    s->line = (struct command_line){ .program = "icl", .command = "build", .file = b->file, .precision = b->precision,
                                     .color = b->color };
    memcpy(s->line.options, b->define, sizeof *b->define * (size_t)b->ndefines);
    s->line.session.noptions = b->ndefines;
    tool_open(&s->tool, &s->line, kernel_store_own);
    s->program = program_load(&s->tool.ev, b->file);
    return s->program && !s->tool.diags.errors;
}

/* Walks the script; false: something was refused, and stands in the stage's messages. */
static bool stage_walk(struct stage *s, const char *const *flag, int nflags)
{
    struct session *of = &s->line.session;
    s->found.flag = flag;
    s->found.nflags = nflags;
    of->show_kernel = rehearse_kernel;
    of->viewer = &s->found;
    return program_rehearse(&s->tool.ev, s->program) && !of->failed;
}

/* Does the walk succeed when only the run knows these? */
static bool flags_fit(struct build *b, const char *const *flag, int nflags)
{
    struct stage *s = malloc(sizeof *s);
    if (!s) out_of_memory(sizeof *s);
    bool fit = stage_open(b, s) && stage_walk(s, flag, nflags);
    session_close(&s->tool.ev);
    arena_free(&s->tool.arena);
    free(s);
    return fit;
}

static void note_option(struct ev *ev, const struct ast *e, const struct value *v)
{
    struct rehearsed *r = ev->session->viewer;
    struct build *b = r->data;
    struct buf text = { 0 };
    struct option o = { .name = arena_strdup(&b->arena, e->name), .type = "real", .flag = true,
                        .help = e->text ? arena_strdup(&b->arena, e->text) : "" };
    for (int i = 0; i < b->options.n; i++)
        if (!strcmp(b->options.data[i].name, o.name)) return; /* a file imported twice */
    if (v->kind == V_STRING) o.type = "string";
    else if (v->kind == V_TENSOR && v->dtype != DT_REAL) o.type = v->dtype == DT_INT ? "int" : "bool";
    value_print(&text, v, ev->precision);
    o.value = arena_strdup(&b->arena, text.text ? text.text : "");
    for (int i = 0; i < b->ndefines; i++)
        if (!strcmp(b->define[i].name, o.name)) {
            o.given = true;
            o.flag = false;
            o.value = b->define[i].text;
        }
    vec_push(&b->arena, &b->options, o);
    buf_free(&text);
}

/* The first walk, with all values known: reads the options, and reports what depends on results. */
static int first_walk(struct build *b)
{
    struct stage *s = malloc(sizeof *s);
    if (!s) out_of_memory(sizeof *s);
    bool good = stage_open(b, s);
    int status = good ? tool_settle_options(&s->tool, s->program) : 0;
    good = good && !status && tool_check(&s->tool.ev, s->program);
    diags_print(&s->tool.diags, stderr, s->line.session.color);
    if (good) {
        s->found.option = note_option;
        s->found.data = b;
        good = stage_walk(s, NULL, 0);
    }
    if (good) s->tool.diags.muted++; /* warnings were given by the check */
    int closed = tool_close(&s->tool, good);
    free(s);
    return status ? status : closed;
}

static int flags_of(const struct build *b, const char **flag)
{
    int n = 0;
    for (int i = 0; i < b->options.n; i++)
        if (b->options.data[i].flag) flag[n++] = b->options.data[i].name;
    return n;
}

/* Decides which options stay flags: those that do alone, and then together. */
static void settle_flags(struct build *b)
{
    const char *flag[b->options.n + 1];
    for (int i = 0; i < b->options.n; i++) {
        struct option *o = &b->options.data[i];
        if (o->flag) o->flag = flags_fit(b, &o->name, 1);
    }
    int n = flags_of(b, flag);
    if (n < 2 || flags_fit(b, flag, n)) return;
    for (int i = 0; i < b->options.n; i++) {
        struct option *o = &b->options.data[i];
        if (!o->flag) continue;
        n = 0;
        for (int k = 0; k <= i; k++)
            if (b->options.data[k].flag) flag[n++] = b->options.data[k].name;
        o->flag = flags_fit(b, flag, n);
    }
}

/* ---- code ---- */

static int by_hash(const void *x, const void *y)
{
    const struct payload_kernel *a = x, *b = y;
    return a->hash < b->hash ? -1 : a->hash > b->hash;
}

/* A level in the making: all code goes into one piece. */
struct making {
    struct kernel_store *store;
    struct payload_level *level;
    struct buf code;
};

static size_t put_code(struct making *m, const struct buf *bytes)
{
    while (m->code.n % 16) buf_putc(&m->code, 0);
    buf_add(&m->code, bytes->text, bytes->n);
    return m->code.n - bytes->n;
}

static bool need_shared(struct build *b, struct making *m, const char *name, const char **why)
{
    struct buf bytes = { 0 };
    struct payload_level *l = m->level;
    for (int i = 0; i < l->nshared; i++)
        if (!strcmp(l->shared[i].name, name)) return true;
    if (!m->store->source.shared(m->store->source.ctx, name, b->precision, false, &bytes, why)) return false;
    struct payload_shared *more = ARENA_ARRAY(&b->arena, struct payload_shared, l->nshared + 1);
    if (l->nshared) memcpy(more, l->shared, sizeof *more * (size_t)l->nshared);
    more[l->nshared++] =
        (struct payload_shared){ arena_strdup(&b->arena, name), put_code(m, &bytes), bytes.n };
    l->shared = more;
    buf_free(&bytes);
    return true;
}

/* Puts the image's code into the level, unless a kernel of another size has it there. */
static bool add_code(struct build *b, struct making *m, struct ir_func *f, struct kernel_image *image,
                     struct payload_kernel *k, const char **why)
{
    memcpy(k->code, image->code, sizeof k->code);
    for (const struct payload_kernel *other = m->level->kernel; other < k; other++) {
        if (memcmp(other->code, k->code, sizeof k->code)) continue;
        k->list = other->list;
        k->n = other->n;
        k->at = other->at;
        return true;
    }
    if (!m->store->source.code(m->store->source.ctx, f, false, image, why)) return false;
    k->list = image->list;
    k->n = image->bytes.n;
    k->at = put_code(m, &image->bytes);
    char *names = arena_strndup(&b->arena, image->bytes.text, image->list);
    for (char *name = strtok(names, "\n"); name; name = strtok(NULL, "\n"))
        if (*name != '@' && !need_shared(b, m, name, why)) return false;
    return true;
}

static bool add_kernel(struct build *b, struct making *m, struct ir_func *f, const char **why)
{
    struct kernel_image image = { .list = 0 };
    struct payload_kernel *k = &m->level->kernel[m->level->nkernels++];
    k->hash = ir_hash(f);
    bool good = m->store->source.kernel(m->store->source.ctx, f, k->hash, false, &image, why);
    if (good) {
        k->kernel = image.kernel;
        good = add_code(b, m, f, &image, k, why);
    }
    kernel_image_free(&image);
    return good;
}

/* Several processes compile into the cache; what the levels then ask for is there. Without a cache nothing is gained
 * and nothing done. A process that fails leaves its kernels to the one that asks. */
static void compile_ahead(struct build *b, struct stage *s, const char *machine)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int n = cores > MOST_PROCESSES ? MOST_PROCESSES : (int)cores;
    pid_t child[MOST_PROCESSES];
    if (n < 2 || s->found.kernels.n < 2 || !cache_folder(&b->arena)) return;
    for (int c = 0; c < n; c++) {
        child[c] = fork();
        if (child[c]) continue;
        const struct cpu_level *cpu;
        for (int i = 0; (cpu = cpu_level_at(machine, i)); i++) {
            const struct kernel_options options = { .cpu = cpu->cpu, .triple = b->target };
            struct kernel_store *store = kernel_store_new(&s->tool.arena, &options);
            for (int k = c; k < s->found.kernels.n; k += n) {
                struct kernel_image image = { .list = 0 };
                struct ir_func *f = s->found.kernels.data[k];
                const char *why;
                if (store->source.kernel(store->source.ctx, f, ir_hash(f), false, &image, &why))
                    store->source.code(store->source.ctx, f, false, &image, &why);
                kernel_image_free(&image);
            }
        }
        _exit(0);
    }
    for (int c = 0; c < n; c++)
        if (child[c] > 0) waitpid(child[c], NULL, 0);
}

static const char *machine_of(const char *triple)
{
    return triple && !strncmp(triple, "aarch64", 7) ? "aarch64" : triple ? "x86_64" : cpu_level_own()->machine;
}

static bool make_level(struct build *b, struct stage *s, const struct cpu_level *cpu, struct payload_level *l,
                       const char **why)
{
    const struct kernel_options options = { .cpu = cpu->cpu, .triple = b->target };
    const struct rehearsed *r = &s->found;
    struct making m = { .store = kernel_store_new(&s->tool.arena, &options), .level = l };
    bool good = true;
    *l = (struct payload_level){ .cpu = cpu->cpu };
    l->kernel = ARENA_ARRAY(&b->arena, struct payload_kernel, r->kernels.n + 1);
    for (int i = 0; i < r->kernels.n && good; i++) good = add_kernel(b, &m, r->kernels.data[i], why);
    if (m.code.n) l->bytes = arena_copy(&b->arena, m.code.text, m.code.n);
    else l->bytes = "";
    l->n = m.code.n;
    buf_free(&m.code);
    qsort(l->kernel, (size_t)l->nkernels, sizeof *l->kernel, by_hash);
    return good;
}

/* ---- the payload ---- */

static void add_source(const struct source *src, void *data)
{
    struct payload *p = data;
    for (int i = 0; i < p->nfiles; i++)
        if (!strcmp(p->file[i].path, src->path)) return;
    p->file[p->nfiles++] = (struct embedded_file){ src->path, src->text, src->n };
}

static uint64_t hash_files(const struct payload *p)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325); /* FNV-1a over the texts */
    for (int i = 0; i < p->nfiles; i++)
        for (size_t k = 0; k < p->file[i].n; k++)
            h = (h ^ (unsigned char)p->file[i].text[k]) * UINT64_C(0x100000001B3);
    return h;
}

static json_t *describe_level(const struct payload_level *l)
{
    return json_pack("{s:s, s:i, s:i, s:I}", "cpu", l->cpu, "lanes", l->nkernels ? l->kernel[0].kernel.lanes : 0,
                     "kernels", l->nkernels, "bytes", (json_int_t)l->n);
}

static json_t *describe_kernel(const struct build *b, struct ir_func *f)
{
    (void)b;
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)ir_hash(f));
    return json_pack("{s:s, s:s, s:i}", "name", f->name, "hash", hash, "results", f->top->results.n);
}

/* --describe. */
static const char *describe(struct build *b, const struct stage *s, const struct payload *p)
{
    json_t *options = json_array(), *fixed = json_object(), *levels = json_array(), *kernels = json_array();
    json_t *files = json_array();
    char hash[20];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)hash_files(p));
    for (int i = 0; i < b->options.n; i++) {
        const struct option *o = &b->options.data[i];
        if (!o->flag) json_object_set_new(fixed, o->name, json_string(o->value));
        else
            json_array_append_new(options, json_pack("{s:s, s:s, s:s, s:s}", "name", o->name, "type", o->type,
                                                     "default", o->value, "help", o->help));
    }
    for (int i = 0; i < p->nfiles; i++) json_array_append_new(files, json_string(p->file[i].path));
    for (int i = 0; i < p->nlevels; i++) json_array_append_new(levels, describe_level(&p->level[i]));
    for (int i = 0; i < s->found.kernels.n; i++)
        json_array_append_new(kernels, describe_kernel(b, s->found.kernels.data[i]));
    json_t *all = json_pack("{s:s, s:s, s:s, s:o, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "icl", PACKAGE_VERSION, "llvm",
                            ICL_LLVM_VERSION, "script", b->file, "files", files, "hash", hash, "precision",
                            b->precision, "options", options, "fixed", fixed, "levels", levels, "kernels", kernels,
                            "needs", s->found.figures ? json_pack("[s]", "gnuplot") : json_array());
    char *text = all ? json_dumps(all, JSON_INDENT(2)) : NULL;
    const char *kept = arena_printf(&b->arena, "%s\n", text ? text : "{}");
    json_decref(all);
    free(text);
    return kept;
}

static struct payload *make_payload(struct build *b, struct stage *s, const char **why)
{
    struct payload *p = ARENA_NEW(&b->arena, struct payload);
    const char *machine = machine_of(b->target);
    *p = (struct payload){ .version = PACKAGE_VERSION, .script = b->file, .precision = b->precision };
    p->file = ARENA_ARRAY(&b->arena, struct embedded_file, 64);
    program_each_source(s->program, add_source, p);
    p->fixed = ARENA_ARRAY(&b->arena, struct option_value, b->options.n + 1);
    for (int i = 0; i < b->options.n; i++)
        if (!b->options.data[i].flag)
            p->fixed[p->nfixed++] = (struct option_value){ b->options.data[i].name, b->options.data[i].value, false };
    p->level = ARENA_ARRAY(&b->arena, struct payload_level, 8);
    const struct cpu_level *cpu;
    compile_ahead(b, s, machine);
    while ((cpu = cpu_level_at(machine, p->nlevels)))
        if (!make_level(b, s, cpu, &p->level[p->nlevels++], why)) return NULL;
    p->description = describe(b, s, p);
    return p;
}

/* ---- the program ---- */

static bool read_file(const char *path, struct buf *out)
{
    char block[65536];
    size_t n;
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    while ((n = fread(block, 1, sizeof block, f)) > 0) buf_add(out, block, n);
    bool good = !ferror(f);
    fclose(f);
    return good;
}

/* The runtime for programs: beside icl, or installed. NULL: reported. */
static const char *runtime_path(struct build *b)
{
    const char *name = arena_printf(&b->arena, "icl-program%s%s%s", b->target ? "-" : "", b->target ? b->target : "",
                                    b->whole ? "-static" : "");
    const char *path = plugin_path(&b->arena, name);
    const char *differs = path ? identity_differs(&b->arena, path, IDENTITY_BUILD_SECTION, identity_build()) : NULL;
    if (differs) fprintf(stderr, "icl: %s\n", differs);
    if (!path)
        fprintf(stderr, "icl: %s is not installed: %s\n", name,
                b->target ? "icl was built without a compiler for that machine"
                          : "it belongs to icl (ICL_LIBEXEC can name its folder)");
    return differs ? NULL : path;
}

/* A slip of the fingers does not cost a script: false, and reported, where the program would be written over it. */
static bool spares(const struct build *b, const char *script)
{
    struct stat from, to;
    if (stat(script, &from) || stat(b->output, &to)) return true;
    if (from.st_dev != to.st_dev || from.st_ino != to.st_ino) return true;
    fprintf(stderr, "icl: the program would be written over the script %s: give `-o` another name\n", script);
    return false;
}

static bool write_program(struct build *b, const struct payload *p, const char *runtime)
{
    for (int i = 0; i < p->nfiles; i++)
        if (!spares(b, p->file[i].path)) return false;
    struct buf program = { 0 }, payload = { 0 }, out = { 0 };
    const char *why = "it cannot be read";
    payload_write(&payload, p, !b->target);
    bool good = read_file(runtime, &program) &&
                payload_attach(&out, program.text, program.n, payload.text, payload.n, &why);
    if (!good) fprintf(stderr, "icl: %s: %s\n", runtime, why);
    why = good ? output_write(&b->arena, b->output, out.text, out.n) : NULL;
    if (good && !why && chmod(b->output, 0755))
        why = arena_printf(&b->arena, "cannot write %s: %s", b->output, strerror(errno));
    if (good && why) fprintf(stderr, "icl: %s\n", why);
    buf_free(&program);
    buf_free(&payload);
    buf_free(&out);
    return good && !why;
}

/* Asked before the code is made, which takes its time. */
static bool writable(struct build *b)
{
    struct output_file draft;
    if (!spares(b, b->file)) return false;
    const char *why = output_open(&b->arena, &draft, b->output);
    if (why) fprintf(stderr, "icl: %s\n", why);
    else output_discard(&draft);
    return !why;
}

static void report(const struct build *b, const struct stage *s, const struct payload *p)
{
    fprintf(stderr, "built %s: %d kernel%s for", b->output, s->found.kernels.n, s->found.kernels.n == 1 ? "" : "s");
    for (int i = 0; i < p->nlevels; i++) fprintf(stderr, "%s %s", i ? "," : "", p->level[i].cpu);
    for (int i = 0, n = 0; i < b->options.n; i++)
        if (!b->options.data[i].flag)
            fprintf(stderr, "%s%s = %s", n++ ? ", " : "; fixed: ", b->options.data[i].name, b->options.data[i].value);
    fputc('\n', stderr);
    if (s->found.figures) fprintf(stderr, "note: it draws figures with gnuplot, which is needed where it runs\n");
}

static int build(struct build *b)
{
    const char *why = NULL, *runtime = runtime_path(b);
    int status = runtime && writable(b) ? first_walk(b) : EXIT_USAGE;
    if (status) return status;
    settle_flags(b);
    const char *flag[b->options.n + 1];
    struct stage *s = malloc(sizeof *s);
    if (!s) out_of_memory(sizeof *s);
    bool good = stage_open(b, s) && stage_walk(s, flag, flags_of(b, flag));
    struct payload *p = good ? make_payload(b, s, &why) : NULL;
    if (good && !p) fprintf(stderr, "icl: %s\n", why);
    status = p ? 0 : EXIT_FAULT;
    if (p && !write_program(b, p, runtime)) status = EXIT_WRONG;
    if (!status) report(b, s, p);
    session_close(&s->tool.ev);
    arena_free(&s->tool.arena);
    free(s);
    return status;
}

/* See build.h. */
int build_command(int argc, char **argv)
{
    struct build b = { .precision = 32, .color = "auto" };
    int status = read_arguments(&b, argc, argv);
    if (!status) status = build(&b);
    arena_free(&b.arena);
    return status;
}
