/* Payloads of standalone programs, as the programs read them. Numbers are 64 bits, little endian; texts and code have
 * their length before them and start at multiples of 16 bytes, so that a payload that is mapped into memory is used
 * where it lies. payload_write.c is the other side. */
#include "compiler/payload.h"

#include <stdlib.h>
#include <string.h>
#if defined HAVE_ZSTD && !defined ICL_PLAIN
#include <zstd.h>
#endif

/* ---- reading ---- */

struct reader {
    struct arena *arena;
    const char *start, *at, *end;
    bool bad;
};

static uint64_t get(struct reader *r)
{
    uint64_t v = 0;
    if (r->bad || r->end - r->at < 8) return r->bad = true, 0;
    for (int i = 0; i < 8; i++) v |= (uint64_t)(unsigned char)r->at[i] << 8 * i;
    r->at += 8;
    return v;
}

static void skip(struct reader *r)
{
    while (r->at < r->end && (r->at - r->start) % 16) r->at++;
}

static const char *get_bytes(struct reader *r, size_t *n)
{
    uint64_t length = get(r);
    skip(r);
    if (r->bad || length >= (uint64_t)(r->end - r->at) || r->at[length]) r->bad = true;
    const char *bytes = r->bad ? "" : r->at;
    *n = r->bad ? 0 : (size_t)length;
    if (!r->bad) r->at += *n + 1;
    skip(r);
    return bytes;
}

static const char *get_text(struct reader *r)
{
    size_t n;
    return get_bytes(r, &n);
}

/* A number of things that follow, each of at least 8 bytes. */
static int get_count(struct reader *r)
{
    uint64_t n = get(r);
    if (n > (uint64_t)(r->end - r->at) / 8) r->bad = true;
    return r->bad ? 0 : (int)n;
}

static bool within(const struct payload_level *l, size_t at, size_t n)
{
    return at <= l->n && n <= l->n - at;
}

static void get_kernel(struct reader *r, struct payload_kernel *k)
{
    k->hash = get(r);
    k->kernel.lanes = (int)get(r);
    k->kernel.precision = (int)get(r);
    k->kernel.scratch = (size_t)get(r);
    k->kernel.nsizes = get_count(r);
    uint64_t *sizes = ARENA_ARRAY(r->arena, uint64_t, k->kernel.nsizes + 1);
    for (int i = 0; i < k->kernel.nsizes; i++) sizes[i] = get(r);
    k->kernel.sizes = sizes;
    for (int i = 0; i < 2; i++) k->code[i] = get(r);
    k->list = (size_t)get(r);
    k->at = (size_t)get(r);
    k->n = (size_t)get(r);
}

static void get_level(struct reader *r, struct payload_level *l)
{
    l->cpu = get_text(r);
    l->nkernels = get_count(r);
    l->nshared = get_count(r);
    l->kernel = ARENA_ARRAY(r->arena, struct payload_kernel, l->nkernels + 1);
    l->shared = ARENA_ARRAY(r->arena, struct payload_shared, l->nshared + 1);
    for (int i = 0; i < l->nkernels; i++) get_kernel(r, &l->kernel[i]);
    for (int i = 0; i < l->nshared; i++) {
        l->shared[i].name = get_text(r);
        l->shared[i].at = (size_t)get(r);
        l->shared[i].n = (size_t)get(r);
    }
    l->n = (size_t)get(r);
    bool packed = get(r);
    l->packed = get_bytes(r, &l->packed_n);
    if (!packed && l->packed_n != l->n) r->bad = true;
    if (!packed) l->bytes = l->packed;
    for (int i = 0; i < l->nkernels; i++) r->bad |= !within(l, l->kernel[i].at, l->kernel[i].n);
    for (int i = 0; i < l->nshared; i++) r->bad |= !within(l, l->shared[i].at, l->shared[i].n);
}

/* See payload.h. */
struct payload *payload_read(struct arena *a, const char *bytes, size_t n, const char **why)
{
    struct reader r = { a, bytes, bytes, bytes + n, false };
    struct payload *p = ARENA_NEW(a, struct payload);
    if (get(&r) != PAYLOAD_MAGIC) {
        *why = "its payload is of another version";
        return NULL;
    }
    p->version = get_text(&r);
    p->script = get_text(&r);
    p->description = get_text(&r);
    p->precision = (int)get(&r);
    p->nfixed = get_count(&r);
    p->fixed = ARENA_ARRAY(a, struct option_value, p->nfixed + 1);
    for (int i = 0; i < p->nfixed; i++) {
        p->fixed[i].name = get_text(&r);
        p->fixed[i].text = get_text(&r);
    }
    p->nfiles = get_count(&r);
    p->file = ARENA_ARRAY(a, struct embedded_file, p->nfiles + 1);
    for (int i = 0; i < p->nfiles; i++) {
        p->file[i].path = get_text(&r);
        p->file[i].text = get_bytes(&r, &p->file[i].n);
    }
    p->nlevels = get_count(&r);
    p->level = ARENA_ARRAY(a, struct payload_level, p->nlevels + 1);
    for (int i = 0; i < p->nlevels; i++) get_level(&r, &p->level[i]);
    *why = "its payload is damaged";
    return r.bad ? NULL : p;
}

/* See payload.h. */
bool payload_unpack(struct arena *a, struct payload_level *l, const char **why)
{
    if (l->bytes) return true;
    *why = "its code is packed in a way that it cannot read";
#if defined HAVE_ZSTD && !defined ICL_PLAIN
    if (l->n > (size_t)1 << 31) return false;
    char *bytes = arena_alloc(a, l->n + 1);
    if (ZSTD_decompress(bytes, l->n, l->packed, l->packed_n) != l->n) return false;
    l->bytes = bytes;
    return true;
#else
    (void)a;
    return false;
#endif
}

/* ---- kernels of a level ---- */

static const struct payload_kernel *find_kernel(const struct payload_level *l, uint64_t hash)
{
    int from = 0, to = l->nkernels;
    while (from < to) {
        int middle = (from + to) / 2;
        if (l->kernel[middle].hash < hash) from = middle + 1;
        else to = middle;
    }
    return from < l->nkernels && l->kernel[from].hash == hash ? &l->kernel[from] : NULL;
}

static bool source_has(void *ctx, uint64_t hash)
{
    return find_kernel(ctx, hash) != NULL;
}

static bool source_kernel(void *ctx, struct ir_func *f, uint64_t hash, bool anew, struct kernel_image *out,
                          const char **why)
{
    (void)f;
    const struct payload_level *l = ctx;
    const struct payload_kernel *k = find_kernel(l, hash);
    *why = anew ? "the code of a kernel is damaged" : "this program has no code for a kernel";
    if (!k || anew) return false;
    out->kernel = k->kernel;
    memcpy(out->code, k->code, sizeof out->code);
    return true;
}

static bool source_code(void *ctx, struct ir_func *f, bool anew, struct kernel_image *out, const char **why)
{
    (void)anew;
    const struct payload_level *l = ctx;
    const struct payload_kernel *k = find_kernel(l, ir_hash(f));
    *why = "this program has no code for a kernel";
    if (!k) return false;
    out->list = k->list;
    buf_add(&out->bytes, l->bytes + k->at, k->n);
    return true;
}

static bool source_shared(void *ctx, const char *name, int precision, bool anew, struct buf *out, const char **why)
{
    (void)precision;
    const struct payload_level *l = ctx;
    *why = "this program lacks a function that its kernels share";
    for (int i = 0; i < l->nshared && !anew; i++) {
        if (strcmp(l->shared[i].name, name)) continue;
        buf_add(out, l->bytes + l->shared[i].at, l->shared[i].n);
        return true;
    }
    return false;
}

/* See payload.h. */
struct kernel_source payload_source(struct arena *a, const struct payload_level *l)
{
    return (struct kernel_source){ source_kernel, source_code, source_shared, arena_copy(a, l, sizeof *l),
                                   source_has, NULL };
}
