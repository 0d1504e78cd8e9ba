/* How much memory a run may use, and how much of it is left. */
#ifndef ICL_MEMORY_H
#define ICL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* A size as people write it, `800M`, `1.5G`, `2GB`, `4096`, in bytes: K, M, G and T are powers of 1024. */
bool memory_parse(const char *text, size_t *bytes);

/* From here on the process gets at most `bytes`: what asks for more is refused. False: the system does not have it. */
bool memory_restrict(size_t bytes);

/* What a run may use where nobody said: three quarters of what the machine, or the control group, has. */
size_t memory_default(void);

/* What is left of `limit`, in bytes; limit 0: of the default. */
size_t memory_left(size_t limit);

#endif
