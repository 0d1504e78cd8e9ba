/* Kernels on disk. Layout of a file: a header of eight 64-bit words (magic, key's hash, four facts of the caller,
 * length, checksum of all that), then the bytes. */
#include "compiler/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "runtime/output.h"

#define MAGIC UINT64_C(0x31304b4c4349) /* "ICLK01" */
#define SUFFIX ".kernel"

struct header {
    uint64_t magic, key, facts[4], length, checksum;
};

static uint64_t hash(uint64_t h, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ p[i]) * UINT64_C(0x100000001B3);
        h ^= h >> 29;
    }
    return h;
}

static uint64_t checksum(struct header h, const char *bytes)
{
    h.checksum = 0;
    return hash(hash(UINT64_C(0xCBF29CE484222325), &h, sizeof h), bytes, h.length);
}

/* See cache.h. */
const char *cache_folder(struct arena *a)
{
    const char *off = getenv("ICL_CACHE"), *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *path = NULL;
    if (off && !strcmp(off, "off")) return NULL;
    if (base && *base == '/') path = arena_printf(a, "%s/icl", base);
    else if (home && *home == '/') path = arena_printf(a, "%s/.cache/icl", home);
    return path && !output_make_folder(a, path, OUTPUT_PRIVATE) ? path : NULL;
}

static char *file_of(const struct cache *c, const char *key, char *path, size_t size)
{
    int n = snprintf(path, size, "%s/%s" SUFFIX, c->dir, key);
    return n > 0 && (size_t)n < size ? path : NULL;
}

static bool read_all(int fd, void *to, size_t n)
{
    char *p = to;
    while (n) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(int fd, const void *from, size_t n)
{
    const char *p = from;
    while (n) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

static bool read_file(int fd, struct cache_entry *e, struct buf *bytes)
{
    struct header h;
    struct stat st;
    if (fstat(fd, &st) || !read_all(fd, &h, sizeof h) || h.magic != MAGIC) return false;
    if (h.key != hash(0, e->key, strlen(e->key)) || h.length != (uint64_t)st.st_size - sizeof h) return false;
    char *data = malloc(h.length + 1);
    bool ok = data && read_all(fd, data, h.length) && h.checksum == checksum(h, data);
    if (ok) {
        buf_add(bytes, data, h.length);
        memcpy(e->facts, h.facts, sizeof e->facts);
    }
    free(data);
    return ok;
}

/* Finds e->key; fills in the facts and adds the bytes. */
bool cache_read(const struct cache *c, struct cache_entry *e, struct buf *bytes)
{
    char path[4096];
    if (!c->dir || !file_of(c, e->key, path, sizeof path)) return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool ok = read_file(fd, e, bytes);
    if (ok) futimens(fd, NULL);
    close(fd);
    if (!ok) unlink(path);
    return ok;
}

struct kept {
    char name[80];
    int64_t bytes;
    struct timespec used;
};

/* A kernel's file, or one that is being written, perhaps by a process that was killed. */
static bool is_kernel(const char *name)
{
    const char *suffix = strstr(name, SUFFIX);
    return suffix && suffix > name && (!suffix[strlen(SUFFIX)] || suffix[strlen(SUFFIX)] == '.');
}

/* Kernels in the folder: calls each; `data` is its own. */
static void each_file(const struct cache *c, void (*each)(const struct kept *, void *), void *data)
{
    DIR *dir = c->dir ? opendir(c->dir) : NULL;
    struct dirent *d;
    while (dir && (d = readdir(dir))) {
        struct kept k = {.bytes = 0};
        struct stat st;
        size_t n = strlen(d->d_name);
        if (n >= sizeof k.name || !is_kernel(d->d_name)) continue;
        if (fstatat(dirfd(dir), d->d_name, &st, 0)) continue;
        memcpy(k.name, d->d_name, n + 1);
        k.bytes = st.st_size;
        k.used = st.st_mtim;
        each(&k, data);
    }
    if (dir) closedir(dir);
}

static void add_up(const struct kept *k, void *data)
{
    struct cache_info *i = data;
    if (!i->files++ || k->used.tv_sec < i->oldest) i->oldest = k->used.tv_sec;
    i->bytes += k->bytes;
}

/* How much there is. */
struct cache_info cache_look(const struct cache *c)
{
    struct cache_info i = {.cap = c->cap ? c->cap : INT64_C(256) << 20};
    each_file(c, add_up, &i);
    return i;
}

static void drop(const struct cache *c, const char *name)
{
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s", c->dir, name);
    if (n > 0 && (size_t)n < sizeof path) unlink(path);
}

static void drop_each(const struct kept *k, void *data)
{
    drop(data, k->name);
}

/* See cache.h. */
struct cache_info cache_clear(const struct cache *c, int *left)
{
    struct cache_info before = cache_look(c);
    each_file(c, drop_each, (void *)c);
    struct cache_info after = cache_look(c);
    *left = after.files;
    before.files -= after.files;
    before.bytes -= after.bytes;
    return before;
}

struct listing {
    struct kept *file;
    int n, capacity;
};

static void list_each(const struct kept *k, void *data)
{
    struct listing *l = data;
    if (l->n == l->capacity) {
        int more = l->capacity ? 2 * l->capacity : 64;
        struct kept *file = realloc(l->file, sizeof *file * (size_t)more);
        if (!file) return;
        l->file = file;
        l->capacity = more;
    }
    l->file[l->n++] = *k;
}

static int by_use(const void *x, const void *y)
{
    const struct timespec *a = &((const struct kept *)x)->used, *b = &((const struct kept *)y)->used;
    if (a->tv_sec != b->tv_sec) return a->tv_sec < b->tv_sec ? -1 : 1;
    return a->tv_nsec < b->tv_nsec ? -1 : a->tv_nsec > b->tv_nsec;
}

/* Down to three quarters of the cap, oldest use first. */
static void shrink(const struct cache *c)
{
    struct cache_info all = cache_look(c);
    int64_t cap = all.cap, bytes = all.bytes;
    struct listing l = {0};
    if (bytes <= cap) return;
    each_file(c, list_each, &l);
    qsort(l.file, (size_t)l.n, sizeof *l.file, by_use);
    for (int k = 0; k < l.n && bytes > cap / 4 * 3; k++) {
        drop(c, l.file[k].name);
        bytes -= l.file[k].bytes;
    }
    free(l.file);
}

/* Stores bytes under e->key. */
bool cache_write(const struct cache *c, const struct cache_entry *e, const char *bytes, size_t n)
{
    char path[4096], temporary[4096 + 16];
    if (!c->dir || !file_of(c, e->key, path, sizeof path)) return false;
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = mkstemp(temporary);
    if (fd < 0) return false;
    struct header h = {.magic = MAGIC, .key = hash(0, e->key, strlen(e->key)), .length = n};
    memcpy(h.facts, e->facts, sizeof h.facts);
    h.checksum = checksum(h, bytes);
    bool ok = write_all(fd, &h, sizeof h) && write_all(fd, bytes, n);
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    if (!ok) unlink(temporary);
    shrink(c);
    return ok;
}
