/* Memory a run may use. Large pieces are asked for by those who know what they are for: they compare with what is left
 * and say so where it does not suffice. The limit of the process (RLIMIT_DATA) stands behind them. */
#include "runtime/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* See memory.h. */
bool memory_parse(const char *text, size_t *bytes)
{
    static const char unit[] = "KMGT";
    char *end;
    if (!strchr("0123456789.", *text)) return false;
    double n = strtod(text, &end);
    const char *u = memchr(unit, *end & ~0x20, sizeof unit - 1);
    if (u) {
        for (const char *k = unit; k <= u; k++) n *= 1024;
        end++;
        if (*end == 'i') end++;
    }
    if (*end == 'B' || *end == 'b') end++;
    if (*end || !(n >= 1) || n > (double)(SIZE_MAX / 4)) return false;
    *bytes = (size_t)n;
    return true;
}

/* See memory.h. */
bool memory_restrict(size_t bytes)
{
#ifdef __SANITIZE_ADDRESS__
    (void)bytes; /* the sanitizer's own tables are larger than any limit */
    return true;
#else
    struct rlimit now;
    if (getrlimit(RLIMIT_DATA, &now)) return false;
    now.rlim_cur = bytes < now.rlim_max ? bytes : now.rlim_max;
    return !setrlimit(RLIMIT_DATA, &now);
#endif
}

/* The number in a file; `otherwise` where there is none. */
static double number_in(const char *path, double otherwise)
{
    double n = otherwise;
    FILE *f = fopen(path, "r");
    if (!f) return otherwise;
    if (fscanf(f, "%lf", &n) != 1) n = otherwise;
    fclose(f);
    return n;
}

/* See memory.h. */
size_t memory_default(void)
{
    double machine = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    double group = number_in("/sys/fs/cgroup/memory.max", machine);
    return (size_t)(0.75 * (group < machine ? group : machine));
}

/* See memory.h. */
size_t memory_left(size_t limit)
{
    unsigned long resident = 0, shared = 0; /* in pages; shared: code and other files, which are not the run's */
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%*u %lu %lu", &resident, &shared) != 2) resident = shared;
        fclose(f);
    }
    size_t used = (resident - shared) * (size_t)sysconf(_SC_PAGESIZE);
    if (!limit) limit = memory_default();
    return used < limit ? limit - used : 0;
}
