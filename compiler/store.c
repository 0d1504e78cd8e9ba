/* What a run is, for its row in icl.sqlite, and what users are told of what was found there. A file that cannot be
 * opened or written is told once, and the run goes on without it: nothing that a script asks for depends on it. */
#include "compiler/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "compiler/ahead.h"
#include "runtime/number.h"
#include "runtime/results.h"

static const int64_t MOST_KEPT = 256 << 20; /* bytes of figures */

struct store {
    struct keeper keeper;
    struct program *program;
    struct results *results; /* NULL: not opened yet, or it cannot be */
    bool tried, told;
    char started[32];
    const char *script;
    int announced; /* kept cells that were told while it went on; -1: none */
};

/* ---- a run ---- */

static void hash_text(const char *text, size_t n, char out[65])
{
    struct sha256 h;
    unsigned char digest[32];
    sha256_begin(&h);
    sha256_add(&h, text, n);
    sha256_end(&h, digest);
    sha256_text(digest, out);
}

/* "AMD EPYC 9R14, 2 threads" */
static const char *machine(struct arena *a)
{
    static const char label[] = "model name";
    char line[512], *model = NULL;
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && !model && fgets(line, sizeof line, f)) {
        char *at = strchr(line, ':');
        if (strncmp(line, label, sizeof label - 1) || !at) continue;
        at += strspn(at, ": ");
        model = arena_strndup(a, at, strcspn(at, "\n"));
    }
    if (f) fclose(f);
    return arena_printf(a, "%s, %ld threads", model ? model : "unknown", sysconf(_SC_NPROCESSORS_ONLN));
}

struct options_json {
    struct ev *ev;
    struct buf b;
};

static void add_option(struct ev *ev, const struct ast *option, void *data)
{
    (void)ev;
    struct options_json *o = data;
    const struct binding *b = o->ev->script ? scope_find(o->ev->script, option->name) : NULL;
    if (!b || !value_ready(b->value)) return;
    buf_puts(&o->b, o->b.n > 1 ? "," : "");
    text_json(&o->b, option->name);
    buf_putc(&o->b, ':');
    value_json(&o->b, b->value, o->ev->precision);
}

static void add_script(const struct source *src, void *data)
{
    struct store *s = data;
    char hash[65];
    hash_text(src->text, src->n, hash);
    const struct results_field script[] = { field_text(src->path), field_text(hash) },
                               text[] = { field_text(hash), field_text(src->text) };
    results_put(s->results, RESULTS_SCRIPT, script, 2);
    results_put(s->results, RESULTS_TEXT, text, 2);
}

static bool begin_run(struct store *s, struct ev *ev)
{
    const struct session *session = ev->session;
    const struct source *src = program_ast(s->program)->span.src;
    struct options_json options = { .ev = ev };
    struct utsname system;
    char hash[65], host[256] = "", folder[4096] = "";
    buf_putc(&options.b, '{');
    program_each_option(ev, s->program, add_option, &options);
    buf_putc(&options.b, '}');
    hash_text(src->text, src->n, hash);
    gethostname(host, sizeof host - 1);
    struct results_run run = {
        .script = s->script, .sha256 = hash, .options = options.b.text, .seed = session->seed,
        .engine = session->engine == ENGINE_INTERP ? "interp" : "jit", .precision = ev->precision,
        .threads = session->threads ? session->threads : (int)sysconf(_SC_NPROCESSORS_ONLN),
        .version = PACKAGE_VERSION, .language = 1, .host = host, .machine = machine(ev->arena),
        .system = uname(&system) ? NULL : arena_printf(ev->arena, "%s %s %s", system.sysname, system.release,
                                                       system.machine),
        .folder = getcwd(folder, sizeof folder), .process = (int)getpid(),
    };
    bool good = results_begin(s->results, &run, s->started);
    buf_free(&options.b);
    if (good) program_each_source(s->program, add_script, s);
    return good;
}

/* Says once that nothing is kept, and why. */
static void tell(struct store *s, const char *path, const char *why)
{
    if (!s->told) fprintf(stderr, "note: this run is not kept in %s: %s\n", path, why);
    s->told = true;
}

static struct results *opened(struct keeper *k, struct ev *ev)
{
    struct store *s = (struct store *)k;
    if (s->tried || !ev_first(ev)) return s->results;
    const char *path = ev_out_path(ev, STORE_FILE), *why;
    s->tried = true;
    s->results = results_open(ev->arena, path, &why);
    if (s->results && !begin_run(s, ev)) {
        why = arena_strdup(ev->arena, results_failure(s->results));
        results_close(s->results);
        s->results = NULL;
    }
    if (!s->results) tell(s, path, why);
    return s->results;
}

/* ---- what the evaluator tells ---- */

static bool find(struct keeper *k, struct ev *ev, const struct digest *key, struct unpacker *out, bool *earlier)
{
    struct results *r = opened(k, ev);
    size_t n = 0;
    const void *bytes = r && !ev->session->fresh ? results_kept(r, ev->arena, key->byte, &n, earlier) : NULL;
    *out = unpacker_of(bytes, n);
    return bytes;
}

static void put(struct keeper *k, struct ev *ev, const struct digest *key, const struct buf *bytes)
{
    struct results *r = opened(k, ev);
    const struct results_field field[] = { field_bytes(key->byte, sizeof key->byte),
                                           field_bytes(bytes->text, bytes->n) };
    if (r) results_put(r, RESULTS_KEPT, field, 2);
}

static void add_kept(void *data, const void *key, const void *bytes, size_t n)
{
    ahead_pack(data, key, bytes, n);
}

static void all(struct keeper *k, struct ev *ev, struct buf *out)
{
    enum { SMALL = 4096 };
    struct results *r = opened(k, ev);
    if (r && !ev->session->fresh) results_each_kept(r, SMALL, add_kept, out);
}

static void cell(struct keeper *k, struct ev *ev, int sweep, int number, int row, const char *variables,
                 const char *records)
{
    struct results *r = opened(k, ev);
    const struct results_field field[] = { field_int(sweep), field_int(row), field_int(number), field_text(variables),
                                           field_text(records) };
    if (r) results_put(r, RESULTS_CELL, field, 5);
}

static void training(struct keeper *k, struct ev *ev, int number, int64_t step, const char *model, int64_t steps,
                     double loss, double seconds)
{
    struct results *r = opened(k, ev);
    const struct results_field field[] = { field_int(number), field_int(step), field_text(model), field_int(steps),
                                           field_real(loss), field_real(seconds) };
    if (r) results_put(r, RESULTS_TRAINING, field, 6);
}

/* A name is relative to the folder of the database where it lies in it. */
static void file(struct keeper *k, struct ev *ev, const char *path)
{
    struct results *r = opened(k, ev);
    const char *out = ev->session->out;
    size_t n = out ? strlen(out) : 0, got;
    FILE *f = r ? fopen(path, "rb") : NULL;
    struct sha256 h;
    unsigned char digest[32];
    char block[65536], hash[65], now[32];
    if (!f) return;
    sha256_begin(&h);
    while ((got = fread(block, 1, sizeof block, f)) > 0) sha256_add(&h, block, got);
    fclose(f);
    int64_t bytes = (int64_t)h.length;
    sha256_end(&h, digest);
    sha256_text(digest, hash);
    results_now(now);
    if (n && !strncmp(path, out, n) && path[n] == '/') path += n + 1;
    const struct results_field field[] = { field_text(path), field_int(bytes), field_text(hash), field_text(now) };
    results_put(r, RESULTS_FILE, field, 4);
}

/* ---- sweeps ---- */

/* What the sweep depends on, a name once: a name that means several things has all of them in its digest. */
static void put_parts(struct store *s, int sweep)
{
    const struct digester *d = &s->keeper.digester;
    for (int i = 0; i < d->parts.n; i++) {
        struct digest all = { { 0 } };
        bool first = true;
        for (int j = 0; j < d->parts.n; j++) {
            if (d->parts.data[j].name != d->parts.data[i].name) continue;
            first &= j >= i;
            for (size_t b = 0; b < sizeof all.byte; b++) all.byte[b] ^= d->parts.data[j].digest.byte[b];
        }
        if (!first) continue;
        const struct results_field field[] = { field_int(sweep), field_text(d->parts.data[i].name),
                                               field_bytes(all.byte, sizeof all.byte) };
        results_put(s->results, RESULTS_PART, field, 3);
    }
}

struct changes {
    const struct store *store;
    struct buf names;
    int n;
};

/* A part of the last run that has the same name here and another digest. */
static void compare_part(void *data, const char *name, const void *digest, size_t n)
{
    struct changes *c = data;
    const struct digester *d = &c->store->keeper.digester;
    struct digest all = { { 0 } };
    bool here = false;
    for (int i = 0; i < d->parts.n; i++) {
        if (strcmp(d->parts.data[i].name, name)) continue;
        here = true;
        for (size_t b = 0; b < sizeof all.byte; b++) all.byte[b] ^= d->parts.data[i].digest.byte[b];
    }
    if (!here || n != sizeof all.byte || !memcmp(all.byte, digest, n)) return;
    buf_printf(&c->names, "%s`%s`", c->n++ ? ", " : "", name);
}

static int line_of(const struct sweep_facts *f)
{
    return f->ast->span.src ? source_line(f->ast->span.src, f->ast->span.from) : 0;
}

/* The name that a sweep of the script is assigned to; NULL: none. */
static const char *name_of(const struct ast *e, const struct ast *sweep)
{
    if (e->kind == A_ASSIGN && e->kid[1] == sweep) return e->kid[0]->name;
    for (int i = 0; i < e->n; i++) {
        const char *name = e->kid[i] ? name_of(e->kid[i], sweep) : NULL;
        if (name) return name;
    }
    return NULL;
}

static void announce(struct store *s, int number, const struct sweep_facts *f, bool done)
{
    char label[300];
    const char *name = name_of(program_ast(s->program), f->ast);
    if (name) snprintf(label, sizeof label, "sweep `%.200s`", name);
    else snprintf(label, sizeof label, "sweep of line %d", line_of(f));
    bool computes = f->kept < f->cells;
    if (!done) {
        s->announced = f->kept;
        fprintf(stderr, "note: %s goes on: %d cell%s kept from an earlier run\n", label, f->kept,
                f->kept == 1 ? " is" : "s are");
        return;
    }
    struct changes c = { .store = s };
    results_parts(s->results, s->script, number, compare_part, &c);
    if (c.n && computes)
        fprintf(stderr, "note: %s: %d of %d cells kept, %d recomputed: %s changed\n", label, f->kept, f->cells,
                f->cells - f->kept, c.names.text);
    else if (f->kept && !computes)
        fprintf(stderr, "note: %s: %s kept from an earlier run (--fresh computes again)\n", label,
                f->cells == 1 ? "its cell is" : "all cells are");
    else if (f->kept && f->kept != s->announced)
        fprintf(stderr, "note: %s: %d of %d cells kept from an earlier run\n", label, f->kept, f->cells);
    buf_free(&c.names);
}

static void sweep(struct keeper *k, struct ev *ev, int number, const struct sweep_facts *f, bool done)
{
    struct store *s = (struct store *)k;
    struct results *r = opened(k, ev);
    if (!r) return;
    bool goes_on = f->kept && f->kept < f->cells && s->announced < 0;
    if (!ev->session->fresh && (done || goes_on)) announce(s, number, f, done);
    if (!done && f->cells > 1) return;
    if (f->cells == 1) s->announced = -1;
    const struct results_field field[] = { field_int(number), field_text(name_of(program_ast(s->program), f->ast)),
                                           field_int(line_of(f)),
                                           done ? field_int(f->cells) : field_text(NULL),
                                           done ? field_int(f->kept) : field_text(NULL) };
    results_put(r, RESULTS_SWEEP, field, 5);
    put_parts(s, number);
}

/* ---- its life ---- */

struct keeper *store_new(struct ev *ev, struct program *p)
{
    struct store *s = ARENA_NEW(ev->arena, struct store);
    const char *path = program_ast(p)->span.src->path;
    char *whole = realpath(path, NULL);
    s->keeper = (struct keeper){ .find = find, .put = put, .all = all, .sweep = sweep, .cell = cell,
                                 .training = training, .file = file };
    s->program = p;
    s->script = arena_strdup(ev->arena, whole ? whole : path);
    s->announced = -1;
    free(whole);
    results_now(s->started);
    return &s->keeper;
}

void store_end(struct keeper *k, struct ev *ev, int status)
{
    struct store *s = (struct store *)k;
    char now[32];
    if (!s->results) return;
    results_now(now);
    const struct results_field field[] = { field_text(now), field_int(status) };
    results_put(s->results, RESULTS_END, field, 2);
    results_trim(s->results, MOST_KEPT);
    if (results_failure(s->results)) tell(s, ev_out_path(ev, STORE_FILE), results_failure(s->results));
    results_close(s->results);
    s->results = NULL;
}
