/* Arenas: memory that dies together. Nothing in an arena is freed alone; an arena is named by its lifetime. */
#ifndef ICL_ARENA_H
#define ICL_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
    char *at, *end;             /* the free part of the newest block */
    size_t used;                /* bytes handed out */
};

void *arena_alloc(struct arena *a, size_t size); /* zeroed, 16-byte aligned; never returns NULL (ends the process) */
void *arena_copy(struct arena *a, const void *from, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void out_of_memory(size_t size); /* says so and ends the process */
void arena_free(struct arena *a); /* frees all blocks; the arena is empty and usable again */
void arena_reset(struct arena *a); /* empties it and keeps a block for what comes next */

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(n)))

#endif
