/* Levels of processors that code is compiled for: equal machines share it. */
#ifndef ICL_LEVEL_H
#define ICL_LEVEL_H

struct cpu_level {
    const char *cpu;     /* as LLVM calls it */
    const char *machine; /* "x86_64", "aarch64" */
    int lanes32;         /* prompts side by side in binary32 */
    int registers;       /* vector registers */
};

const struct cpu_level *cpu_level_own(void); /* this machine's, the highest it runs */
/* The level of that name; unknown names get four lanes. */
const struct cpu_level *cpu_level(const char *cpu, const char *triple);
/* All levels of a machine, the highest first; NULL after the last. */
const struct cpu_level *cpu_level_at(const char *machine, int i);
int cpu_lanes(const struct cpu_level *l, int precision);

#endif
