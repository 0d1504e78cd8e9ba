/* Memory that kernels work in. */
#ifndef ICL_ROOM_H
#define ICL_ROOM_H

#include <stddef.h>

/* So many bytes, at the start of a line of the cache at least; NULL: there is not so much. To be freed by free. */
void *room_new(size_t bytes);

#endif
