/* Growing arrays in an arena: VEC(type) names { data, n, capacity }; vec_push copies to a larger piece when full. */
#ifndef ICL_VEC_H
#define ICL_VEC_H

#include <string.h>
#include "lang/arena.h"

#define VEC(type) struct { type *data; int n, capacity; }

#define vec_push(arena, v, item)                                                                        \
    do {                                                                                                \
        if ((v)->n == (v)->capacity) {                                                                  \
            int vec_cap_ = (v)->capacity ? 2 * (v)->capacity : 8;                                       \
            void *vec_new_ = arena_alloc((arena), sizeof *(v)->data * (size_t)vec_cap_);                \
            if ((v)->n) memcpy(vec_new_, (v)->data, sizeof *(v)->data * (size_t)(v)->n);                \
            (v)->data = vec_new_;                                                                       \
            (v)->capacity = vec_cap_;                                                                   \
        }                                                                                               \
        (v)->data[(v)->n++] = (item);                                                                   \
    } while (0)

#endif
