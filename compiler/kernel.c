/* Kernels on demand: first the table of this process, then the disk, then the back end. The back end (icl-llvm.so, with
 * LLVM in it) is loaded when it is first needed: starting without it saves 14 ms and 50 MB.
 *
 * Draws and long elementary functions are objects of their own ("icl.draw_normals.f32x8"), found in the same three
 * places and shared by all kernels: they would be half of what there is to compile.
 *
 * A kernel on disk is known by the program's and the back end's own bytes (size and time of both files), processor
 * level, lanes, and the hash of the IR. Code is compiled for a level (x86-64-v3, ..), so that equal machines share it.
 */
#include "compiler/kernel.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "compiler/cache.h"
#include "compiler/lanes.h"
#include "runtime/object.h"

#ifndef PKGLIBEXECDIR
#define PKGLIBEXECDIR "/usr/local/libexec/icl"
#endif
#define PLUGIN "icl-llvm.so"

struct level {
    const char *cpu;
    int lanes32, registers;
};

struct entry {
    uint64_t hash;
    struct icl_kernel kernel;
    struct object *object;
};

/* A function that kernels share. */
struct shared {
    const char *name;
    void *address;
    struct object *object;
};

struct kernel_store {
    struct arena *arena;
    struct kernel_options options;
    struct cache cache;
    VEC(struct entry *) entries;
    VEC(struct shared) shared;
    icl_llvm_compile_fn *compile;
    struct kernel_counts counts;
};

/* The processor's level, without LLVM. */
static struct level own_level(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd"))
        return (struct level){"x86-64-v4", 16, 32};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        return (struct level){"x86-64-v3", 8, 16};
    return (struct level){"x86-64", 4, 16};
#else
    return (struct level){"generic", 4, 32};
#endif
}

static struct level level_of(const struct kernel_options *o)
{
    static const struct level known[] = {{"x86-64-v4", 16, 32}, {"x86-64-v3", 8, 16}};
    if (!o->cpu) return own_level();
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (!strcmp(o->cpu, known[k].cpu)) return known[k];
    return (struct level){o->cpu, 4, o->triple && !strncmp(o->triple, "x86_64", 6) ? 16 : 32};
}

static int lanes_for_precision(const struct kernel_store *s, int precision)
{
    int lanes = level_of(&s->options).lanes32;
    if (s->options.lanes) return s->options.lanes;
    return precision == 64 && lanes > 1 ? lanes / 2 : lanes;
}

/* 1, 2, 4, 8 or 16; anything else means: as the processor likes. */
static int valid_lanes(int lanes)
{
    return lanes == 1 || lanes == 2 || lanes == 4 || lanes == 8 || lanes == 16 ? lanes : 0;
}

/* An empty store. What the options leave open, the environment may say (ICL_CPU, ICL_LANES): for tests and to look at
 * the code for another processor. */
struct kernel_store *kernel_store_new(struct arena *a, const struct kernel_options *options)
{
    struct kernel_store *s = ARENA_NEW(a, struct kernel_store);
    const char *cpu = getenv("ICL_CPU"), *lanes = getenv("ICL_LANES");
    s->arena = a;
    s->options = *options;
    if (!options->cpu && cpu && *cpu) s->options.cpu = cpu;
    if (!options->lanes && lanes) s->options.lanes = valid_lanes(atoi(lanes));
    if (!options->no_cache) s->cache.dir = options->folder ? options->folder : cache_folder(a);
    return s;
}

/* Unloads all code. */
void kernel_store_free(struct kernel_store *s)
{
    for (int k = 0; k < s->entries.n; k++) object_free(s->entries.data[k]->object);
    for (int k = 0; k < s->shared.n; k++) object_free(s->shared.data[k].object);
    s->entries.n = s->shared.n = 0;
}

/* What was done so far. */
struct kernel_counts kernel_counts(const struct kernel_store *s)
{
    return s->counts;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the back end ---- */

/* A place told from the program's own folder. */
static const char *beside_program(struct arena *a, const char *place)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return "";
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash) *slash = 0;
    return arena_printf(a, "%s/%s" PLUGIN, path, place);
}

/* The first of the places that has the back end: the build tree, what the user says, the installation. */
static const char *plugin_path(struct arena *a)
{
    const char *said = getenv("ICL_LIBEXEC");
    const char *place[] = {said ? arena_printf(a, "%s/" PLUGIN, said) : "", beside_program(a, ""),
                           beside_program(a, "../libexec/icl/"), PKGLIBEXECDIR "/" PLUGIN};
    for (size_t k = 0; k < sizeof place / sizeof *place; k++)
        if (access(place[k], R_OK) == 0) return place[k];
    return NULL;
}

static bool load_plugin(struct kernel_store *s, const char **why)
{
    if (s->compile) return true;
    const char *path = plugin_path(s->arena);
    if (!path) {
        *why = PLUGIN " is not found: neither beside the program nor in " PKGLIBEXECDIR
                      " (ICL_LIBEXEC can name another folder)";
        return false;
    }
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    void *symbol = handle ? dlsym(handle, "icl_llvm_compile") : NULL;
    if (!symbol) {
        *why = arena_printf(s->arena, "the back end cannot be loaded: %s", dlerror());
        return false;
    }
    memcpy(&s->compile, &symbol, sizeof symbol);
    return true;
}

static bool compile_loops(struct kernel_store *s, struct loop_func *lf, struct target_spec t, struct buf *out,
                          struct buf *needs, const char **why)
{
    t.cpu = level_of(&s->options).cpu;
    t.triple = s->options.triple;
    t.verify = s->options.verify;
#ifdef ICL_VERIFY
    t.verify = true;
#endif
    return load_plugin(s, why) && s->compile(lf, &t, out, needs, why);
}

static struct loop_func *schedule(const struct kernel_store *s, struct arena *a, struct ir_func *f, const char **why)
{
    int registers = s->options.registers ? s->options.registers : level_of(&s->options).registers;
    return lanes_schedule(a, f, lanes_for_precision(s, f->precision), registers, why);
}

static bool compile(struct kernel_store *s, struct ir_func *f, struct target_spec t, struct buf *out, struct buf *needs,
                    struct icl_kernel *k, const char **why)
{
    struct arena work = {0};
    double start = now();
    const char *reason = NULL;
    struct loop_func *lf = schedule(s, &work, f, &reason);
    bool ok = lf && compile_loops(s, lf, t, out, needs, &reason);
    if (ok) *k = (struct icl_kernel){.lanes = lf->lanes, .precision = lf->precision, .scratch = (size_t)lf->scratch};
    else *why = arena_strdup(s->arena, reason ? reason : "no reason is given");
    arena_free(&work);
    s->counts.compiled += ok;
    s->counts.seconds += now() - start;
    return ok;
}

/* ---- names of files ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 31;
}

static uint64_t mix_text(uint64_t h, const char *text)
{
    for (; *text; text++) h = mix(h, (unsigned char)*text);
    return h;
}

static uint64_t mix_file(uint64_t h, const char *path)
{
    struct stat st;
    if (!path || stat(path, &st)) return mix(h, 1);
    h = mix(mix(h, (uint64_t)st.st_size), (uint64_t)st.st_mtim.tv_sec);
    return mix(h, (uint64_t)st.st_mtim.tv_nsec);
}

/* The key of a file: what it is of, and what else decides the code. */
static struct cache_entry key_of(struct kernel_store *s, uint64_t what, int precision)
{
    struct cache_entry e = {.key = ""};
    uint64_t h = mix_file(mix_file(0, "/proc/self/exe"), plugin_path(s->arena));
    h = mix_text(h, level_of(&s->options).cpu);
#ifdef ICL_LLVM_VERSION
    h = mix_text(h, ICL_LLVM_VERSION);
#endif
    h = mix(mix(h, (uint64_t)lanes_for_precision(s, precision)), (uint64_t)precision);
    h = mix(h, (uint64_t)s->options.registers);
    snprintf(e.key, sizeof e.key, "%016llx%016llx", (unsigned long long)what, (unsigned long long)h);
    return e;
}

/* ---- functions that kernels share ---- */

static enum ir_op op_of_name(const char *name)
{
    const char *from = name + strlen("icl."), *to = strrchr(name, '.');
    if (!strncmp(from, "draw_normals", strlen("draw_normals"))) return OP_DRAW_NORMAL;
    if (!strncmp(from, "draw_uniforms", strlen("draw_uniforms"))) return OP_DRAW_UNIFORM;
    for (int op = 0; op < OP_COUNT; op++)
        if (op_info[op].class == OP_CLASS_ELEM && strlen(op_info[op].text) == (size_t)(to - from) &&
            !memcmp(op_info[op].text, from, (size_t)(to - from)))
            return op;
    return OP_COUNT;
}

/* A function of no use but that it holds one application of the operation. */
static struct loop_func *one_use(struct arena *a, enum ir_op op, int lanes, int precision)
{
    struct loop_func *f = loops_new(a, "shared", lanes, precision);
    struct loop_builder b;
    loops_builder(&b, f);
    int out = loops_mem(f, MEM_OUTPUT, LT_REAL, 4, 0, NULL), zero = loops_index(&b, 0), v[4];
    if (op == OP_DRAW_NORMAL || op == OP_DRAW_UNIFORM) {
        loops_draw(&b, op, 0, 0, zero, loops_prompt(&b, zero), v);
        for (int k = 0; k < 4; k++) loops_store(&b, out, zero, k, v[k]);
    } else {
        int x = loops_load(&b, loops_mem(f, MEM_INPUT, LT_REAL, 1, 0, NULL), zero, 0);
        loops_store(&b, out, zero, 0, loops_elem(&b, op, LT_REAL, op_info[op].arity, (int[]){x, x}));
    }
    return f;
}

static bool make_shared(struct kernel_store *s, const char *name, int precision, struct buf *out, const char **why)
{
    struct arena work = {0};
    struct buf none = {0};
    double start = now();
    enum ir_op op = op_of_name(name);
    const char *reason = "an unknown function";
    struct target_spec t = {.symbol = "icl_shared", .functions = LONG_EXPOSED};
    bool ok = op < OP_COUNT && compile_loops(s, one_use(&work, op, lanes_for_precision(s, precision), precision), t,
                                             out, &none, &reason);
    if (!ok) *why = arena_printf(s->arena, "%s: %s", name, reason);
    arena_free(&work);
    buf_free(&none);
    s->counts.seconds += now() - start;
    return ok;
}

static void *address(void (*f)(void))
{
    void *p;
    memcpy(&p, &f, sizeof p);
    return p;
}

#define EXTERN(name) {#name, address((void (*)(void))name)}

/* Loads an object that may call the C library and what the kernels share. */
static struct object *load_object(const struct kernel_store *s, const char *bytes, size_t n, const char **why)
{
    const struct object_symbol library[] = {EXTERN(fma), EXTERN(fmaf), EXTERN(floor), EXTERN(floorf), EXTERN(memcpy),
                                            EXTERN(memset), EXTERN(memmove)};
    enum { LIBRARY = sizeof library / sizeof *library };
    struct object_symbol externs[LIBRARY + 1 + s->shared.n];
    memcpy(externs, library, sizeof library);
    for (int k = 0; k < s->shared.n; k++)
        externs[LIBRARY + k] = (struct object_symbol){s->shared.data[k].name, s->shared.data[k].address};
    return object_load(bytes, n, externs, LIBRARY + s->shared.n, why);
}

static bool load_shared(struct kernel_store *s, const char *name, const struct buf *bytes, const char **why)
{
    struct shared f = {.name = arena_strdup(s->arena, name)};
    f.object = load_object(s, bytes->text, bytes->n, why);
    if (!f.object) return false;
    f.address = object_symbol(f.object, name);
    if (!f.address) {
        object_free(f.object);
        *why = arena_printf(s->arena, "the object does not define %s", name);
        return false;
    }
    vec_push(s->arena, &s->shared, f);
    return true;
}

static bool need_one(struct kernel_store *s, const char *name, int precision, const char **why)
{
    for (int k = 0; k < s->shared.n; k++)
        if (!strcmp(s->shared.data[k].name, name)) return true;
    struct buf bytes = {0};
    struct cache_entry c = key_of(s, mix_text(0, name), precision);
    bool ok = cache_read(&s->cache, &c, &bytes) && load_shared(s, name, &bytes, why);
    if (!ok) {
        buf_free(&bytes);
        bytes = (struct buf){0};
        ok = make_shared(s, name, precision, &bytes, why) && load_shared(s, name, &bytes, why);
        if (ok) cache_write(&s->cache, &c, bytes.text, bytes.n);
    }
    buf_free(&bytes);
    return ok;
}

/* Has all functions of a list (a name a line) ready. */
static bool need(struct kernel_store *s, const char *names, size_t n, int precision, const char **why)
{
    for (size_t from = 0, at = 0; at < n; at++) {
        if (names[at] != '\n') continue;
        char name[80];
        size_t length = at - from;
        if (length >= sizeof name) length = 0;
        memcpy(name, names + from, length);
        name[length] = 0;
        from = at + 1;
        if (length && !need_one(s, name, precision, why)) return false;
    }
    return true;
}

/* ---- kernels ---- */

/* Bytes: the list of the functions needed, `list` long, then the object. */
static bool load(struct kernel_store *s, struct entry *e, const struct buf *bytes, size_t list, const char **why)
{
    if (list > bytes->n || !need(s, bytes->text, list, e->kernel.precision, why)) return false;
    e->object = load_object(s, bytes->text + list, bytes->n - list, why);
    if (!e->object) return false;
    void *symbol = object_symbol(e->object, "icl_kernel");
    if (!symbol) {
        *why = "the object does not define the kernel";
        object_free(e->object);
        return false;
    }
    memcpy(&e->kernel.run, &symbol, sizeof symbol);
    vec_push(s->arena, &s->entries, e);
    return true;
}

static bool from_disk(struct kernel_store *s, struct entry *e, struct cache_entry *c)
{
    struct buf bytes = {0};
    const char *why;
    bool ok = cache_read(&s->cache, c, &bytes);
    if (ok) {
        e->kernel = (struct icl_kernel){
            .lanes = (int)c->facts[0], .precision = (int)c->facts[1], .scratch = c->facts[2]};
        ok = load(s, e, &bytes, c->facts[3], &why);
    }
    buf_free(&bytes);
    s->counts.from_disk += ok;
    return ok;
}

static bool from_compiler(struct kernel_store *s, struct entry *e, struct ir_func *f, struct cache_entry *c,
                          const char **why)
{
    struct buf object = {0}, bytes = {0};
    struct target_spec t = {.symbol = "icl_kernel", .functions = LONG_OUTSIDE};
    bool ok = compile(s, f, t, &object, &bytes, &e->kernel, why);
    while (bytes.n % 16) buf_putc(&bytes, '\n'); /* the object stays aligned */
    size_t list = bytes.n;
    if (ok) buf_add(&bytes, object.text, object.n);
    ok = ok && load(s, e, &bytes, list, why);
    if (ok) {
        c->facts[0] = (uint64_t)e->kernel.lanes;
        c->facts[1] = (uint64_t)e->kernel.precision;
        c->facts[2] = e->kernel.scratch;
        c->facts[3] = list;
        cache_write(&s->cache, c, bytes.text, bytes.n);
    }
    buf_free(&bytes);
    buf_free(&object);
    return ok;
}

/* See kernel.h. */
const struct icl_kernel *kernel_get(struct kernel_store *s, struct ir_func *f, const char **why)
{
    uint64_t hash = ir_hash(f);
    for (int k = 0; k < s->entries.n; k++)
        if (s->entries.data[k]->hash == hash) {
            s->counts.from_memory++;
            return &s->entries.data[k]->kernel;
        }
    struct entry *e = ARENA_NEW(s->arena, struct entry);
    struct cache_entry c = key_of(s, hash, f->precision);
    e->hash = hash;
    if (from_disk(s, e, &c) || from_compiler(s, e, f, &c, why)) return &e->kernel;
    return NULL;
}

/* See kernel.h. */
bool kernel_object(struct kernel_store *s, struct ir_func *f, const char *symbol, struct buf *out, struct icl_kernel *k,
                   const char **why)
{
    struct buf none = {0};
    bool ok = compile(s, f, (struct target_spec){.symbol = symbol}, out, &none, k, why);
    buf_free(&none);
    return ok;
}

static bool loops_as_text(struct kernel_store *s, struct ir_func *f, struct buf *out, const char **why)
{
    struct arena work = {0};
    const char *reason = NULL;
    struct loop_func *lf = schedule(s, &work, f, &reason);
    char *text = NULL;
    size_t n = 0;
    FILE *to = lf ? open_memstream(&text, &n) : NULL;
    if (to) {
        loops_print(to, lf);
        fclose(to);
        buf_add(out, text, n);
        free(text);
    } else {
        *why = arena_strdup(s->arena, reason ? reason : "out of memory");
    }
    arena_free(&work);
    return to != NULL;
}

/* See kernel.h. */
bool kernel_text(struct kernel_store *s, struct ir_func *f, const char *stage, struct buf *out, const char **why)
{
    struct icl_kernel k;
    struct buf none = {0};
    struct target_spec t = {.symbol = "icl_kernel", .output = strcmp(stage, "asm") ? TARGET_LLVM : TARGET_ASSEMBLY};
    if (!strcmp(stage, "loops")) return loops_as_text(s, f, out, why);
    bool ok = compile(s, f, t, out, &none, &k, why);
    buf_free(&none);
    return ok;
}
