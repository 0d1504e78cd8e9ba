/* `icl cache stat` and `icl cache clear`. Each returns the exit status. */
#ifndef ICL_CACHE_TOOL_H
#define ICL_CACHE_TOOL_H

#include <stdbool.h>

int cache_stat(bool json);
int cache_remove(bool json);

#endif
