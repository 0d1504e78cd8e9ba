/* Kernels on demand: first the table of this process, then the disk, then the back end. The back end (icl-llvm.so, with
 * LLVM in it) is loaded when it is first needed: starting without it saves 14 ms and 50 MB.
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
    int lanes32;
};

struct entry {
    uint64_t hash;
    struct icl_kernel kernel;
    struct object *object;
};

struct kernel_store {
    struct arena *arena;
    struct kernel_options options;
    struct cache cache;
    VEC(struct entry *) entries;
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
        return (struct level){"x86-64-v4", 16};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
        return (struct level){"x86-64-v3", 8};
    return (struct level){"x86-64", 4};
#else
    return (struct level){"generic", 4};
#endif
}

static struct level level_of(const struct kernel_options *o)
{
    static const struct level known[] = {{"x86-64-v4", 16}, {"x86-64-v3", 8}};
    if (!o->cpu) return own_level();
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (!strcmp(o->cpu, known[k].cpu)) return known[k];
    return (struct level){o->cpu, 4};
}

static int lanes_for_precision(const struct kernel_store *s, int precision)
{
    int lanes = level_of(&s->options).lanes32;
    if (s->options.lanes) return s->options.lanes;
    return precision == 64 && lanes > 1 ? lanes / 2 : lanes;
}

/* An empty store. */
struct kernel_store *kernel_store_new(struct arena *a, const struct kernel_options *options)
{
    struct kernel_store *s = ARENA_NEW(a, struct kernel_store);
    s->arena = a;
    s->options = *options;
    if (!options->no_cache) s->cache.dir = options->folder ? options->folder : cache_folder(a);
    return s;
}

/* Unloads all code. */
void kernel_store_free(struct kernel_store *s)
{
    for (int k = 0; k < s->entries.n; k++) object_free(s->entries.data[k]->object);
    s->entries.n = 0;
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

static const char *beside_program(struct arena *a)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) return PLUGIN;
    path[n] = 0;
    char *slash = strrchr(path, '/');
    if (slash) *slash = 0;
    return arena_printf(a, "%s/" PLUGIN, path);
}

/* The first of the places that has the back end: the build tree, what the user says, the installation. */
static const char *plugin_path(struct arena *a)
{
    const char *said = getenv("ICL_LIBEXEC");
    const char *place[] = {said ? arena_printf(a, "%s/" PLUGIN, said) : "", beside_program(a),
                           PKGLIBEXECDIR "/" PLUGIN};
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

static bool compile(struct kernel_store *s, struct ir_func *f, const char *symbol, enum target_output what,
                    struct buf *out, struct icl_kernel *k, const char **why) {
    struct arena work = {0};
    struct level level = level_of(&s->options);
    double start = now();
    struct target_spec t = {.cpu = level.cpu, .triple = s->options.triple, .symbol = symbol, .output = what,
                            .verify = s->options.verify};
#ifdef ICL_VERIFY
    t.verify = true;
#endif
    const char *reason = NULL;
    struct loop_func *lf = lanes_schedule(&work, f, lanes_for_precision(s, f->precision), &reason);
    bool ok = lf && load_plugin(s, &reason) && s->compile(lf, &t, out, &reason);
    if (ok) *k = (struct icl_kernel){.lanes = lf->lanes, .precision = lf->precision, .scratch = (size_t)lf->scratch};
    else *why = arena_strdup(s->arena, reason ? reason : "no reason is given");
    arena_free(&work);
    s->counts.compiled += ok;
    s->counts.seconds += now() - start;
    return ok;
}

/* ---- loading ---- */

static void *address(void (*f)(void))
{
    void *p;
    memcpy(&p, &f, sizeof p);
    return p;
}

#define EXTERN(name) {#name, address((void (*)(void))name)}

static bool load(struct kernel_store *s, struct entry *e, const struct buf *bytes, const char **why)
{
    const struct object_symbol externs[] = {EXTERN(fma), EXTERN(fmaf), EXTERN(floor), EXTERN(floorf), EXTERN(memcpy),
                                            EXTERN(memset), EXTERN(memmove)};
    e->object = object_load(bytes->text, bytes->n, externs, (int)(sizeof externs / sizeof *externs), why);
    if (!e->object) return false;
    void *symbol = object_symbol(e->object, "icl_kernel");
    if (!symbol) {
        *why = "the object does not define the kernel";
        return false;
    }
    memcpy(&e->kernel.run, &symbol, sizeof symbol);
    vec_push(s->arena, &s->entries, e);
    return true;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 31;
}

static uint64_t mix_file(uint64_t h, const char *path)
{
    struct stat st;
    if (!path || stat(path, &st)) return mix(h, 1);
    h = mix(mix(h, (uint64_t)st.st_size), (uint64_t)st.st_mtim.tv_sec);
    return mix(h, (uint64_t)st.st_mtim.tv_nsec);
}

/* What else than the IR decides the code. */
static uint64_t build_hash(struct kernel_store *s, int lanes, int precision)
{
    struct level level = level_of(&s->options);
    uint64_t h = mix_file(mix_file(0, "/proc/self/exe"), plugin_path(s->arena));
    for (const char *c = level.cpu; *c; c++) h = mix(h, (unsigned char)*c);
#ifdef ICL_LLVM_VERSION
    for (const char *c = ICL_LLVM_VERSION; *c; c++) h = mix(h, (unsigned char)*c);
#endif
    return mix(mix(h, (uint64_t)lanes), (uint64_t)precision);
}

static struct cache_entry key_of(struct kernel_store *s, const struct ir_func *f, uint64_t hash)
{
    struct cache_entry e = {.key = ""};
    int lanes = lanes_for_precision(s, f->precision);
    snprintf(e.key, sizeof e.key, "%016llx%016llx", (unsigned long long)hash,
             (unsigned long long)build_hash(s, lanes, f->precision));
    return e;
}

static bool from_disk(struct kernel_store *s, struct entry *e, struct cache_entry *c)
{
    struct buf bytes = {0};
    const char *why;
    bool ok = cache_read(&s->cache, c, &bytes);
    if (ok) {
        e->kernel =
            (struct icl_kernel){.lanes = (int)c->facts[0], .precision = (int)c->facts[1], .scratch = c->facts[2]};
        ok = load(s, e, &bytes, &why);
    }
    buf_free(&bytes);
    s->counts.from_disk += ok;
    return ok;
}

static bool from_compiler(struct kernel_store *s, struct entry *e, struct ir_func *f, struct cache_entry *c,
                          const char **why) {
    struct buf bytes = {0};
    bool ok = compile(s, f, "icl_kernel", TARGET_OBJECT, &bytes, &e->kernel, why) && load(s, e, &bytes, why);
    if (ok) {
        c->facts[0] = (uint64_t)e->kernel.lanes;
        c->facts[1] = (uint64_t)e->kernel.precision;
        c->facts[2] = e->kernel.scratch;
        cache_write(&s->cache, c, bytes.text, bytes.n);
    }
    buf_free(&bytes);
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
    struct cache_entry c = key_of(s, f, hash);
    e->hash = hash;
    if (from_disk(s, e, &c) || from_compiler(s, e, f, &c, why)) return &e->kernel;
    return NULL;
}

/* See kernel.h. */
bool kernel_object(struct kernel_store *s, struct ir_func *f, const char *symbol, struct buf *out, struct icl_kernel *k,
                   const char **why)
{
    return compile(s, f, symbol, TARGET_OBJECT, out, k, why);
}

static bool loops_as_text(struct kernel_store *s, struct ir_func *f, struct buf *out, const char **why)
{
    struct arena work = {0};
    const char *reason = NULL;
    struct loop_func *lf = lanes_schedule(&work, f, lanes_for_precision(s, f->precision), &reason);
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
    if (!strcmp(stage, "loops")) return loops_as_text(s, f, out, why);
    return compile(s, f, "icl_kernel", strcmp(stage, "asm") ? TARGET_LLVM : TARGET_ASSEMBLY, out, &k, why);
}
