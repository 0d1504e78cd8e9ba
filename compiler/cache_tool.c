/* `icl cache`: what is kept of compiled kernels, and its removal. Nothing depends on what is kept: a kernel that is not
 * there is compiled again. */
#include "compiler/cache_tool.h"

#include <stdio.h>
#include "compiler/cache.h"
#include "runtime/table.h"

struct view {
    struct arena arena;
    struct cache cache;
};

/* False: nothing is kept; said. */
static bool view_open(struct view *v)
{
    *v = (struct view){ .arena = { 0 } };
    v->cache.dir = cache_folder(&v->arena);
    if (!v->cache.dir) fprintf(stderr, "icl: no kernels are kept: ICL_CACHE is off, or there is no folder for them\n");
    return v->cache.dir != NULL;
}

static const char *bytes_text(struct arena *a, int64_t n)
{
    return n < 100000 ? arena_printf(a, "%.1f KB", (double)n / 1e3) : arena_printf(a, "%.1f MB", (double)n / 1e6);
}

static const char *time_text(struct arena *a, time_t t)
{
    char text[32];
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M", localtime_r(&t, &tm));
    return arena_strdup(a, text);
}

static void print_json(struct view *v, const char *files, const struct cache_info *i, const char *more)
{
    struct buf b = { 0 };
    text_json(&b, v->cache.dir);
    printf("{\"folder\":%s,\"%s\":%d,\"bytes\":%lld%s}\n", b.text, files, i->files, (long long)i->bytes, more);
    buf_free(&b);
}

/* See cache_tool.h. */
int cache_stat(bool json)
{
    struct view v;
    if (!view_open(&v)) return 1;
    struct cache_info i = cache_look(&v.cache);
    const char *oldest = i.files ? time_text(&v.arena, i.oldest) : NULL;
    if (json) {
        const char *used = oldest ? arena_printf(&v.arena, "\"%s\"", oldest) : "null";
        print_json(&v, "kernels", &i, arena_printf(&v.arena, ",\"cap\":%lld,\"oldest\":%s", (long long)i.cap, used));
    } else {
        printf("folder   %s\n", v.cache.dir);
        printf("%-8s %d in %s, of at most %s\n", i.files == 1 ? "kernel" : "kernels", i.files,
               bytes_text(&v.arena, i.bytes), bytes_text(&v.arena, i.cap));
        if (oldest) printf("oldest   last used %s\n", oldest);
    }
    arena_free(&v.arena);
    return 0;
}

/* See cache_tool.h. */
int cache_remove(bool json)
{
    struct view v;
    int left;
    if (!view_open(&v)) return 1;
    struct cache_info i = cache_clear(&v.cache, &left);
    if (json) print_json(&v, "removed", &i, "");
    else
        printf("removed %d kernel%s, %s, from %s\n", i.files, i.files == 1 ? "" : "s", bytes_text(&v.arena, i.bytes),
               v.cache.dir);
    if (left) fprintf(stderr, "icl: %d kernels in %s cannot be removed\n", left, v.cache.dir);
    arena_free(&v.arena);
    return left ? 1 : 0;
}
