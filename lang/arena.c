/* Arenas. A list of blocks, newest first; the newest is filled from its start and the next is twice as large, so the
 * number of blocks stays logarithmic. Invariant: `at` is 16-byte aligned and `at <= end`. Running out of memory ends
 * the process here: nothing above could go on. */
#include "lang/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 16, FIRST_BLOCK = 1 << 14, LARGEST_BLOCK = 1 << 22, HUGE_PAGE = 1 << 21 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* with this header */
};

enum { HEADER = (sizeof(struct arena_block) + ALIGN - 1) / ALIGN * ALIGN };

/* Ends the process: nothing above could go on. */
_Noreturn void out_of_memory(size_t size) {
    fprintf(stderr, "icl: out of memory: %.3g MB more are needed\n", (double)size / 1e6);
    exit(1);
}

/* Large blocks in large pages: small ones would cost more time to be given than to be used. */
static struct arena_block *block_new(size_t size) {
    if (size < LARGEST_BLOCK) return malloc(size);
    size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    struct arena_block *b = aligned_alloc(HUGE_PAGE, size);
    if (b) madvise(b, size, MADV_HUGEPAGE);
    return b;
}

static void grow(struct arena *a, size_t size) {
    size_t want = a->blocks ? a->blocks->size * 2 : FIRST_BLOCK;
    if (want > LARGEST_BLOCK) want = LARGEST_BLOCK;
    if (size > SIZE_MAX / 2) out_of_memory(size); /* what is added to it below does not overflow */
    if (want < size + HEADER) want = size + HEADER;
    struct arena_block *b = block_new(want);
    if (!b) out_of_memory(want);
    b->next = a->blocks;
    b->size = want;
    a->blocks = b;
    a->at = (char *)b + HEADER;
    a->end = (char *)b + want;
}

/* `size` bytes as they are. */
static void *take(struct arena *a, size_t size) {
    if (size > SIZE_MAX - ALIGN) out_of_memory(size);
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!size) size = ALIGN;
    if (!a->at || size > (size_t)(a->end - a->at)) grow(a, size);
    void *p = a->at;
    a->at += size;
    a->used += size;
    return p;
}

/* Returns `size` zeroed bytes, 16-byte aligned. */
void *arena_alloc(struct arena *a, size_t size) {
    return memset(take(a, size), 0, size);
}

/* Returns a copy of `size` bytes. */
void *arena_copy(struct arena *a, const void *from, size_t size) {
    void *p = take(a, size);
    if (size) memcpy(p, from, size);
    return p;
}

/* Returns a NUL-terminated copy of the n bytes at s. */
char *arena_strndup(struct arena *a, const char *s, size_t n) {
    char *p = arena_alloc(a, n + 1);
    if (n) memcpy(p, s, n);
    return p;
}

/* Returns a copy of a NUL-terminated text. */
char *arena_strdup(struct arena *a, const char *s) {
    return arena_strndup(a, s, strlen(s));
}

/* Returns formatted text. */
char *arena_printf(struct arena *a, const char *format, ...) {
    va_list ap, again;
    va_start(ap, format);
    va_copy(again, ap);
    int n = format ? vsnprintf(NULL, 0, format, ap) : 0;
    va_end(ap);
    char *p = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0) vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p;
}

/* Frees all blocks; the arena is empty and usable again. */
void arena_free(struct arena *a) {
    for (struct arena_block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    memset(a, 0, sizeof *a);
}

/* Empties the arena; its newest block, which is the largest of the usual ones, is kept for what comes next. Not where
 * the address sanitizer looks for uses of what was in it. */
void arena_reset(struct arena *a) {
#ifdef __SANITIZE_ADDRESS__
    arena_free(a);
#endif
    struct arena_block *kept = a->blocks;
    if (!kept) return;
    a->blocks = kept->next;
    arena_free(a);
    kept->next = NULL;
    a->blocks = kept;
    a->at = (char *)kept + HEADER;
    a->end = (char *)kept + kept->size;
}
