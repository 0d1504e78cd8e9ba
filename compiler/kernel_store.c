/* Kernels of this process: each is asked of the source once, loaded, and kept. Kernels that differ in sizes only share
 * their code. Draws and long elementary functions are objects of their own ("icl.draw_normals.f32x8"), which all share.
 */
#include "compiler/kernel_store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/object.h"

struct kernel_entry {
    uint64_t hash;
    struct icl_kernel kernel;
};

/* Loaded code. */
struct kernel_code {
    uint64_t key[2];
    icl_kernel_fn *run;
    struct object *object[KERNEL_PARTS];
    int objects;
};

/* A function that kernels share. */
struct kernel_shared {
    const char *name;
    void *address;
    struct object *object;
};

/* An empty store. */
struct kernel_store *kernel_store_of(struct arena *a, const struct kernel_source *source)
{
    struct kernel_store *s = ARENA_NEW(a, struct kernel_store);
    s->arena = a;
    s->source = *source;
    return s;
}

static void unload(struct kernel_code *c)
{
    while (c->objects) object_free(c->object[--c->objects]);
}

/* Unloads all code. */
void kernel_store_free(struct kernel_store *s)
{
    for (int k = 0; k < s->codes.n; k++) unload(s->codes.data[k]);
    for (int k = 0; k < s->shared.n; k++) object_free(s->shared.data[k]->object);
    s->entries.n = s->codes.n = s->shared.n = 0;
}

/* What a source put into an image. */
void kernel_image_free(struct kernel_image *i)
{
    buf_free(&i->bytes);
    arena_free(&i->work);
}

/* See kernel.h. */
void kernel_store_share(struct kernel_store *s, struct pool *pool)
{
    if (s->source.share) s->source.share(s->source.ctx, pool);
}

/* What was done so far. */
struct kernel_counts kernel_counts(const struct kernel_store *s)
{
    return s->counts;
}

static void *address(void (*f)(void))
{
    void *p;
    memcpy(&p, &f, sizeof p);
    return p;
}

#define EXTERN(name) {#name, address((void (*)(void))name)}

/* Loads an object that may call the C library, what the kernels share, and what `own` has. */
static struct object *load_object(const struct kernel_store *s, const struct kernel_code *own, const char *bytes,
                                  size_t n, const char **why)
{
    const struct object_symbol library[] = {EXTERN(fma), EXTERN(fmaf), EXTERN(floor), EXTERN(floorf), EXTERN(memcpy),
                                            EXTERN(memset), EXTERN(memmove)};
    enum { LIBRARY = sizeof library / sizeof *library };
    VEC(struct object_symbol) externs = {0};
    struct arena work = {0};
    for (int k = 0; k < LIBRARY; k++) vec_push(&work, &externs, library[k]);
    for (int k = 0; k < s->shared.n; k++)
        vec_push(&work, &externs, ((struct object_symbol){s->shared.data[k]->name, s->shared.data[k]->address}));
    for (int k = 0; own && k < own->objects; k++) {
        const struct object_symbol *list;
        size_t many = object_symbols(own->object[k], &list);
        for (size_t i = 0; i < many; i++) vec_push(&work, &externs, list[i]);
    }
    struct object *o = object_load(bytes, n, externs.data, externs.n, why);
    arena_free(&work);
    return o;
}

static bool load_shared(struct kernel_store *s, const char *name, const struct buf *bytes, const char **why)
{
    struct kernel_shared *f = ARENA_NEW(s->arena, struct kernel_shared);
    f->name = arena_strdup(s->arena, name);
    f->object = load_object(s, NULL, bytes->text, bytes->n, why);
    if (!f->object) return false;
    f->address = object_symbol(f->object, name);
    if (!f->address) {
        object_free(f->object);
        *why = arena_printf(s->arena, "the object does not define %s", name);
        return false;
    }
    vec_push(s->arena, &s->shared, f);
    return true;
}

static bool need_one(struct kernel_store *s, const char *name, int precision, const char **why)
{
    bool ok = false;
    for (int k = 0; k < s->shared.n; k++)
        if (!strcmp(s->shared.data[k]->name, name)) return true;
    for (int anew = 0; anew < 2 && !ok; anew++) {
        struct buf bytes = {0};
        bool given = s->source.shared(s->source.ctx, name, precision, anew, &bytes, why);
        ok = given && load_shared(s, name, &bytes, why);
        buf_free(&bytes);
        if (!given) break;
    }
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
        if (length && *name != '@' && !need_one(s, name, precision, why)) return false;
    }
    return true;
}

/* Loads the objects of an image, one after the other. */
static bool load_objects(struct kernel_store *s, const struct kernel_image *i, struct kernel_code *c, const char **why)
{
    *why = "its list of objects has no end";
    if (!i->list || i->bytes.text[i->list - 1] != '\n') return false;
    const char *line = i->bytes.text, *end = line + i->list;
    for (size_t at = i->list, n; c->objects < KERNEL_PARTS; at += n) {
        while (line < end && *line != '@') line++;
        if (line == end) break;
        n = strtoull(line + 1, NULL, 10);
        line++;
        *why = "its objects are longer than it is";
        if (n > i->bytes.n - at) return false;
        struct object *o = load_object(s, c, i->bytes.text + at, n, why);
        if (!o) return false;
        c->object[c->objects++] = o;
    }
    *why = "it has no object";
    return c->objects > 0;
}

static bool load_code(struct kernel_store *s, const struct kernel_image *i, struct kernel_code *c, const char **why)
{
    *why = "its list of functions is too long";
    if (i->list > i->bytes.n || !need(s, i->bytes.text, i->list, i->kernel.precision, why)) return false;
    bool ok = load_objects(s, i, c, why);
    void *symbol = ok ? object_symbol(c->object[c->objects - 1], "icl_kernel") : NULL;
    if (ok && !symbol) *why = "the object does not define the kernel";
    if (!symbol) {
        unload(c);
        return false;
    }
    memcpy(&c->run, &symbol, sizeof symbol);
    memcpy(c->key, i->code, sizeof c->key);
    vec_push(s->arena, &s->codes, c);
    return true;
}

/* The image's code, loaded once. */
static icl_kernel_fn *code_of(struct kernel_store *s, struct ir_func *f, bool anew, struct kernel_image *image,
                              const char **why)
{
    for (int k = 0; k < s->codes.n; k++)
        if (!memcmp(s->codes.data[k]->key, image->code, sizeof image->code)) {
            s->counts.resized++;
            return s->codes.data[k]->run;
        }
    struct kernel_code *c = ARENA_NEW(s->arena, struct kernel_code);
    if (!s->source.code(s->source.ctx, f, anew, image, why) || !load_code(s, image, c, why)) return NULL;
    return c->run;
}

/* See kernel.h. */
bool kernel_foreseen(struct kernel_store *s, struct ir_func *f)
{
    return !s->source.has || s->source.has(s->source.ctx, ir_hash(f));
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
    struct kernel_entry *e = ARENA_NEW(s->arena, struct kernel_entry);
    e->hash = hash;
    for (int anew = 0; anew < 2 && !e->kernel.run; anew++) {
        struct kernel_image image = {.list = 0};
        bool given = s->source.kernel(s->source.ctx, f, hash, anew, &image, why);
        if (given) {
            e->kernel = image.kernel;
            e->kernel.run = code_of(s, f, anew, &image, why);
        }
        kernel_image_free(&image);
        if (!given) break;
    }
    if (!e->kernel.run) return NULL;
    vec_push(s->arena, &s->entries, e);
    return &e->kernel;
}
