/* Memory that kernels work in. What is larger than the translations of addresses that a core holds at once (some dozens
 * to thousands of pages of 4 KiB) is asked for in huge pages: kernels walk through their buffers in strides, and a
 * missing translation costs more than a missing line of the cache. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/room.h"

#include <stdlib.h>
#include <sys/mman.h>

static const size_t LINE = 64, HUGE_PAGE = 2 << 20, LARGE = 256 << 10;

/* See room.h. */
void *room_new(size_t bytes)
{
    size_t align = bytes >= LARGE ? HUGE_PAGE : LINE, whole = (bytes + align - 1) / align * align;
    void *p = aligned_alloc(align, whole ? whole : align);
    if (p && align == HUGE_PAGE) madvise(p, whole, MADV_HUGEPAGE);
    return p;
}
