/* What a standalone program carries besides the runtime: the script with its imports, fixed options, a description, and
 * the code of its kernels for each level of processors. It is a section `.icl` of the program's own file. */
#ifndef ICL_PAYLOAD_H
#define ICL_PAYLOAD_H

#include "compiler/kernel_store.h"
#include "compiler/script.h"

struct payload_kernel {
    uint64_t hash;
    struct icl_kernel kernel; /* all but the address */
    uint64_t code[2];
    size_t list, at, n;       /* see struct kernel_image; place among the level's bytes, which kernels may share */
};
struct payload_shared {
    const char *name;
    size_t at, n;
};
struct payload_level {
    const char *cpu;
    const char *bytes; /* all code; NULL: it is packed */
    size_t n;
    const char *packed;
    size_t packed_n;
    int nkernels, nshared;
    struct payload_kernel *kernel; /* in the order of their hashes */
    struct payload_shared *shared;
};
struct payload {
    const char *version;     /* of the icl that built it: the runtime it stands in must be the same */
    const char *script;      /* the path as it was given */
    const char *description; /* JSON */
    int precision;
    int nfixed, nfiles, nlevels;
    struct option_value *fixed;
    struct embedded_file *file; /* one more: the end of the list */
    struct payload_level *level;
};

#define PAYLOAD_MAGIC UINT64_C(0x33304d4152474f52) /* "ROGRAM03" */
#define PAYLOAD_SECTION ".icl"

/* The code is packed when `pack`, if this icl can. */
void payload_write(struct buf *out, const struct payload *p, bool pack);
/* Texts and code stay where they are. NULL and *why: these are not the bytes of a payload. */
struct payload *payload_read(struct arena *a, const char *bytes, size_t n, const char **why);

/* Unpacks the code of one level. False and *why: it cannot. */
bool payload_unpack(struct arena *a, struct payload_level *l, const char **why);

/* `program` (an ELF file of 64 bits) with the payload as another section. False and *why on failure. */
bool payload_attach(struct buf *out, const char *program, size_t size, const char *bytes, size_t n, const char **why);

/* Kernels of one level as a source. */
struct kernel_source payload_source(struct arena *a, const struct payload_level *l);

#endif
