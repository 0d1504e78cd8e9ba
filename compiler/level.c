/* The levels of the x86-64 psABI, and one for 64-bit Arm, whose vectors are the same everywhere. What this machine runs
 * is asked without LLVM. */
#include "compiler/level.h"

#include <stdbool.h>
#include <string.h>

static const struct cpu_level levels[] = {
    { "x86-64-v4", "x86_64", 16, 32 },
    { "x86-64-v3", "x86_64", 8, 16 },
    { "x86-64", "x86_64", 4, 16 },
    { "generic", "aarch64", 4, 32 },
};
enum { LEVELS = sizeof levels / sizeof *levels };

#if defined(__x86_64__)
static bool runs(const struct cpu_level *l)
{
    __builtin_cpu_init();
    if (!strcmp(l->cpu, "x86-64-v4"))
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd");
    if (!strcmp(l->cpu, "x86-64-v3"))
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    return !strcmp(l->machine, "x86_64");
}
#else
static bool runs(const struct cpu_level *l)
{
    return !strcmp(l->cpu, "generic");
}
#endif

/* See level.h. */
const struct cpu_level *cpu_level_own(void)
{
    const struct cpu_level *l = levels;
    while (!runs(l)) l++;
    return l;
}

/* See level.h. */
const struct cpu_level *cpu_level(const char *cpu, const char *triple)
{
    static const struct cpu_level other_x86 = { "x86-64", "x86_64", 4, 16 }, other = { "generic", "aarch64", 4, 32 };
    for (int i = 0; i < LEVELS; i++)
        if (!strcmp(levels[i].cpu, cpu)) return &levels[i];
    return triple && !strncmp(triple, "x86_64", 6) ? &other_x86 : &other;
}

/* See level.h. */
const struct cpu_level *cpu_level_at(const char *machine, int i)
{
    for (int k = 0; k < LEVELS; k++)
        if (!strcmp(levels[k].machine, machine) && i-- == 0) return &levels[k];
    return NULL;
}

/* See level.h. */
int cpu_lanes(const struct cpu_level *l, int precision)
{
    return precision == 64 && l->lanes32 > 1 ? l->lanes32 / 2 : l->lanes32;
}
