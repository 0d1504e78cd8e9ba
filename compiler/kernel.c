/* Kernels from the disk or the back end. The back end (icl-llvm.so, with LLVM in it) is loaded when it is first needed:
 * starting without it saves 14 ms and 50 MB.
 *
 * Draws and long elementary functions are objects of their own ("icl.draw_normals.f32x8"), found in the same three
 * places and shared by all kernels: they would be half of what there is to compile.
 *
 * A kernel on disk is known by the program's and the back end's own bytes (size and time of both files), processor
 * level, lanes, and the hash of the IR. Its file says which sizes it hands to which code; the code is a file too, which
 * kernels of other sizes share. Code is compiled for a level (x86-64-v3, ..), so that equal machines share it. */
#include "compiler/kernel.h"

#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "compiler/cache.h"
#include "compiler/kernel_store.h"
#include "compiler/lanes.h"
#include "compiler/level.h"
#include "runtime/plugin.h"
#include "runtime/pool.h"

#define PLUGIN "icl-llvm.so"
enum {
    MOST_TOLD = 4000, /* instructions of loop IR that are told their sizes, */
    A_PART = 1500     /*   and that are a part's worth */
};

/* The source of icl's own stores: the disk, then the back end. */
struct compiler {
    struct arena *arena;
    struct kernel_options options;
    struct cache cache;
    struct pool *pool;
    icl_llvm_compile_fn *compile;
    struct kernel_counts *counts;
};

static const struct cpu_level *level_of(const struct kernel_options *o)
{
    return o->cpu ? cpu_level(o->cpu, o->triple) : cpu_level_own();
}

static int lanes_for_precision(const struct compiler *s, int precision)
{
    return s->options.lanes ? s->options.lanes : cpu_lanes(level_of(&s->options), precision);
}

/* 1, 2, 4, 8 or 16; anything else means: as the processor likes. */
static int valid_lanes(int lanes)
{
    return lanes == 1 || lanes == 2 || lanes == 4 || lanes == 8 || lanes == 16 ? lanes : 0;
}

static bool source_kernel(void *ctx, struct ir_func *f, uint64_t hash, bool anew, struct kernel_image *out,
                          const char **why);
static void source_share(void *ctx, struct pool *pool);
static bool source_code(void *ctx, struct ir_func *f, bool anew, struct kernel_image *out, const char **why);
static bool source_shared(void *ctx, const char *name, int precision, bool anew, struct buf *out, const char **why);

/* An empty store. What the options leave open, the environment may say (ICL_CPU, ICL_LANES): for tests and to look at
 * the code for another processor. */
struct kernel_store *kernel_store_new(struct arena *a, const struct kernel_options *options)
{
    struct compiler *c = ARENA_NEW(a, struct compiler);
    const char *cpu = getenv("ICL_CPU"), *lanes = getenv("ICL_LANES");
    struct kernel_source source = { source_kernel, source_code, source_shared, c, NULL, source_share };
    struct kernel_store *s = kernel_store_of(a, &source);
    c->arena = a;
    c->options = *options;
    c->counts = &s->counts;
    if (!options->cpu && cpu && *cpu) c->options.cpu = cpu;
    if (!options->lanes && lanes) c->options.lanes = valid_lanes(atoi(lanes));
    if (!options->no_cache) c->cache.dir = options->folder ? options->folder : cache_folder(a);
    return s;
}

/* See kernel.h. */
struct kernel_store *kernel_store_own(struct arena *a)
{
    return kernel_store_new(a, &(struct kernel_options){0});
}

/* This thread's processor time: other work on the machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the back end ---- */

static bool load_plugin(struct compiler *s, const char **why)
{
    void *symbol = s->compile ? NULL : plugin_symbol(s->arena, PLUGIN, "icl_llvm_compile", PLUGIN_OF_BUILD, why);
    if (symbol) memcpy(&s->compile, &symbol, sizeof symbol);
    return s->compile;
}

static bool compile_loops(struct compiler *s, struct loop_func *lf, struct target_spec t, struct buf *out,
                          struct buf *needs, const char **why)
{
    t.cpu = level_of(&s->options)->cpu;
    t.triple = s->options.triple;
    t.verify = s->options.verify;
#ifdef ICL_VERIFY
    t.verify = true;
#endif
    return load_plugin(s, why) && s->compile(lf, &t, out, needs, why);
}

static struct loop_func *schedule(const struct compiler *s, struct arena *a, struct ir_func *f, const char **why)
{
    int registers = s->options.registers ? s->options.registers : level_of(&s->options)->registers;
    return lanes_schedule(a, f, lanes_for_precision(s, f->precision), registers, why);
}

/* Loops for f, in `work`, and their code's key; *k gets all but the address. Code is told its sizes when it runs, but
 * for trainings, which run long and have one size, and where there is much of it: what it is told are then thousands of
 * words, with which it takes half as long again to compile, and some tile of it is another for another size anyway. */
static struct loop_func *resizable(struct compiler *s, struct arena *work, struct ir_func *f, struct icl_kernel *k,
                                   uint64_t code[2], const char **why)
{
    double start = now();
    const char *reason = NULL;
    struct loop_func *lf = schedule(s, work, f, &reason);
    if (lf) loops_sizes(lf, f->summed > 0 || lf->ins.n > MOST_TOLD, code);
    else *why = arena_strdup(s->arena, reason ? reason : "no reason is given");
    s->counts->seconds += now() - start;
    if (!lf) return NULL;
    *k = (struct icl_kernel){.lanes = lf->lanes, .precision = lf->precision, .scratch = (size_t)lf->scratch};
    k->nsizes = lf->sizes.n;
    if (k->nsizes) k->sizes = arena_copy(s->arena, lf->sizes.data, sizeof *k->sizes * (size_t)k->nsizes);
    return lf;
}

static bool compile(struct compiler *s, struct loop_func *lf, struct target_spec t, struct buf *out, struct buf *needs,
                    const char **why)
{
    double start = now();
    const char *reason = NULL;
    loops_nests(lf, 1);
    bool ok = compile_loops(s, lf, t, out, needs, &reason);
    if (!ok) *why = arena_strdup(s->arena, reason ? reason : "no reason is given");
    s->counts->compiled += ok;
    s->counts->seconds += now() - start;
    return ok;
}

/* ---- code in parts ---- */

/* One part of a function's code. */
struct part {
    struct loop_func f; /* with an arena of its own */
    struct arena work;
    struct buf object, needs;
    const char *why;
    bool ok;
    double elsewhere; /* seconds on another thread than the caller's */
};

struct parts {
    struct compiler *s;
    struct target_spec t;
    struct part *part;
};

static void compile_part(void *ctx, int64_t index, int thread)
{
    struct parts *all = ctx;
    struct part *p = &all->part[index];
    struct target_spec t = all->t;
    double start = now();
    t.part = (int)index;
    p->ok = compile_loops(all->s, &p->f, t, &p->object, &p->needs, &p->why);
    p->elsewhere = thread ? now() - start : 0;
}

static bool has_line(const struct buf *b, const char *line)
{
    size_t n = strlen(line);
    for (size_t at = 0; at + n < b->n; at = (size_t)((char *)memchr(b->text + at, '\n', b->n - at) - b->text) + 1)
        if (!memcmp(b->text + at, line, n) && b->text[at + n] == '\n') return true;
    return false;
}

/* Adds the lines that are not there yet. */
static void add_lines(struct buf *to, struct buf *from)
{
    char *rest;
    buf_putc(from, 0);
    for (char *line = strtok_r(from->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (!has_line(to, line)) buf_printf(to, "%s\n", line);
}

/* Puts the parts, the kernel's own last, into the image (see struct kernel_image). */
static void join_parts(struct part *part, int n, struct kernel_image *out)
{
    for (int k = 0; k < n; k++) add_lines(&out->bytes, &part[k].needs);
    for (int k = n; k-- > 0;) {
        while (part[k].object.n % 16) buf_putc(&part[k].object, 0); /* the next stays aligned */
        buf_printf(&out->bytes, "@%zu\n", part[k].object.n);
    }
    while (out->bytes.n % 16) buf_putc(&out->bytes, '\n');
    out->list = out->bytes.n;
    for (int k = n; k-- > 0;) buf_add(&out->bytes, part[k].object.text, part[k].object.n);
}

/* Compiles a kernel's code. How it is divided depends on the code alone, so that its bytes are the same everywhere. */
static bool compile_parts(struct compiler *s, struct loop_func *lf, struct kernel_image *out, const char **why)
{
    struct part part[KERNEL_PARTS] = {0};
    struct parts all = {s, {.symbol = "icl_kernel", .functions = LONG_OUTSIDE}, part};
    double start = now();
    int n = lf->ins.n / A_PART;
    n = n < 1 ? 1 : n > KERNEL_PARTS ? KERNEL_PARTS : n;
    loops_nests(lf, n);
    for (int k = 0; k < n; k++) {
        part[k].f = *lf;
        part[k].f.arena = &part[k].work;
    }
    bool ok = load_plugin(s, why);
    if (ok && s->pool && n > 1) pool_finish(s->pool, compile_part, &all, n);
    for (int k = 0; k < n && ok && !(s->pool && n > 1); k++) compile_part(&all, k, 0);
    for (int k = 0; k < n; k++) {
        if (ok && !part[k].ok) *why = arena_strdup(s->arena, part[k].why ? part[k].why : "no reason is given");
        ok = ok && part[k].ok;
        s->counts->seconds += part[k].elsewhere;
    }
    if (ok) join_parts(part, n, out);
    for (int k = 0; k < n; k++) {
        buf_free(&part[k].object);
        buf_free(&part[k].needs);
        arena_free(&part[k].work);
    }
    s->counts->compiled += ok;
    s->counts->seconds += now() - start;
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
static struct cache_entry key_of(struct compiler *s, uint64_t what, int precision)
{
    struct cache_entry e = {.key = ""};
    uint64_t h = mix_file(mix_file(0, "/proc/self/exe"), plugin_path(s->arena, PLUGIN));
    h = mix_text(h, level_of(&s->options)->cpu);
    if (s->options.triple) h = mix_text(h, s->options.triple);
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
        loops_draw(&b, op, 0, 0, zero, loops_prompt(&b, zero), -1, v);
        for (int k = 0; k < 4; k++) loops_store(&b, out, zero, k, v[k]);
    } else {
        int x = loops_load(&b, loops_mem(f, MEM_INPUT, LT_REAL, 1, 0, NULL), zero, 0);
        loops_store(&b, out, zero, 0, loops_elem(&b, op, LT_REAL, op_info[op].arity, (int[]){x, x}));
    }
    return f;
}

static bool make_shared(struct compiler *s, const char *name, int precision, struct buf *out, const char **why)
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
    s->counts->seconds += now() - start;
    return ok;
}

static bool source_shared(void *ctx, const char *name, int precision, bool anew, struct buf *out, const char **why)
{
    struct compiler *s = ctx;
    struct cache_entry c = key_of(s, mix_text(0, name), precision);
    if (!anew && cache_read(&s->cache, &c, out)) return true;
    if (!make_shared(s, name, precision, out, why)) return false;
    cache_write(&s->cache, &c, out->text, out->n);
    return true;
}

/* ---- kernels ---- */

/* On disk, a kernel is its code's key and its sizes; the code is a file of its own. */
static bool read_kernel(struct compiler *s, struct cache_entry *c, struct kernel_image *out)
{
    struct buf bytes = {0};
    bool ok = cache_read(&s->cache, c, &bytes) && bytes.n >= sizeof out->code && bytes.n % sizeof(uint64_t) == 0;
    if (ok) {
        out->kernel = (struct icl_kernel){
            .lanes = (int)c->facts[0], .precision = (int)c->facts[1], .scratch = c->facts[2]};
        memcpy(out->code, bytes.text, sizeof out->code);
        size_t n = bytes.n - sizeof out->code;
        out->kernel.nsizes = (int)(n / sizeof(uint64_t));
        if (n) out->kernel.sizes = arena_copy(s->arena, bytes.text + sizeof out->code, n);
    }
    buf_free(&bytes);
    return ok;
}

static void write_kernel(struct compiler *s, struct cache_entry *c, const struct kernel_image *k)
{
    struct buf bytes = {0};
    c->facts[0] = (uint64_t)k->kernel.lanes;
    c->facts[1] = (uint64_t)k->kernel.precision;
    c->facts[2] = k->kernel.scratch;
    buf_add(&bytes, (const char *)k->code, sizeof k->code);
    if (k->kernel.nsizes)
        buf_add(&bytes, (const char *)k->kernel.sizes, sizeof *k->kernel.sizes * (size_t)k->kernel.nsizes);
    cache_write(&s->cache, c, bytes.text, bytes.n);
    buf_free(&bytes);
}

static bool source_kernel(void *ctx, struct ir_func *f, uint64_t hash, bool anew, struct kernel_image *out,
                          const char **why)
{
    struct compiler *s = ctx;
    struct cache_entry c = key_of(s, hash, f->precision);
    if (!anew && read_kernel(s, &c, out)) return true;
    out->loops = resizable(s, &out->work, f, &out->kernel, out->code, why);
    if (out->loops) write_kernel(s, &c, out);
    return out->loops != NULL;
}

static bool compile_image(struct compiler *s, struct ir_func *f, struct kernel_image *out, const char **why)
{
    if (!out->loops) out->loops = resizable(s, &out->work, f, &out->kernel, out->code, why);
    return out->loops && compile_parts(s, out->loops, out, why);
}

static bool source_code(void *ctx, struct ir_func *f, bool anew, struct kernel_image *out, const char **why)
{
    struct compiler *s = ctx;
    struct cache_entry c = key_of(s, mix(mix(0, out->code[0]), out->code[1]), f->precision);
    if (!anew && cache_read(&s->cache, &c, &out->bytes) && c.facts[0] == out->code[0] && c.facts[1] == out->code[1]) {
        out->list = c.facts[3];
        s->counts->from_disk++;
        return true;
    }
    buf_free(&out->bytes);
    if (!compile_image(s, f, out, why)) return false;
    memcpy(c.facts, out->code, sizeof out->code);
    c.facts[3] = out->list;
    cache_write(&s->cache, &c, out->bytes.text, out->bytes.n);
    return true;
}

static void source_share(void *ctx, struct pool *pool)
{
    struct compiler *s = ctx;
    s->pool = pool;
}

/* One kernel as an object or a text. */
static bool write_one(struct compiler *s, struct ir_func *f, struct target_spec t, struct buf *out,
                      struct icl_kernel *k, const char **why)
{
    struct arena work = {0};
    struct buf none = {0};
    uint64_t code[2];
    struct loop_func *lf = resizable(s, &work, f, k, code, why);
    bool ok = lf && compile(s, lf, t, out, &none, why);
    buf_free(&none);
    arena_free(&work);
    return ok;
}

/* See kernel.h. */
bool kernel_object(struct kernel_store *store, struct ir_func *f, const char *symbol, struct buf *out,
                   struct icl_kernel *k, const char **why)
{
    return write_one(store->source.ctx, f, (struct target_spec){.symbol = symbol}, out, k, why);
}

static bool loops_as_text(struct compiler *s, struct ir_func *f, struct buf *out, const char **why)
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
struct loop_func *kernel_loops(struct kernel_store *store, struct arena *a, struct ir_func *f, const char **why)
{
    return schedule(store->source.ctx, a, f, why);
}

/* See kernel.h. */
bool kernel_text(struct kernel_store *store, struct ir_func *f, const char *stage, struct buf *out, const char **why)
{
    struct compiler *s = store->source.ctx;
    struct icl_kernel k;
    struct target_spec t = {.symbol = "icl_kernel", .output = strcmp(stage, "asm") ? TARGET_LLVM : TARGET_ASSEMBLY};
    if (!strcmp(stage, "loops")) return loops_as_text(s, f, out, why);
    return write_one(s, f, t, out, &k, why);
}
