/* Payloads of standalone programs, as `icl build` writes them: apart from the reading, so that programs hold no
 * compressor.
 *
 * In the program's file the payload is a section of its own behind everything else: new names of sections and a new
 * table of sections follow it. Nothing that is loaded moves, and tools that copy or strip programs keep it. */
#include "compiler/payload.h"

#include <stdlib.h>
#include <string.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#include "runtime/sections.h"

static void align(struct buf *out)
{
    while (out->n % 16) buf_putc(out, 0);
}

static void put(struct buf *out, uint64_t v)
{
    char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (char)(v >> 8 * i);
    buf_add(out, bytes, 8);
}

static void put_bytes(struct buf *out, const char *bytes, size_t n)
{
    put(out, n);
    align(out);
    buf_add(out, bytes, n);
    buf_putc(out, 0);
    align(out);
}

static void put_text(struct buf *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

/* Kernels of a script resemble each other, often over hundreds of kilobytes: hence one piece, and a long window. */
static bool pack_bytes(const char *bytes, size_t n, struct buf *out)
{
#ifdef HAVE_ZSTD
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(n), done = 0;
    char *to = malloc(room);
    bool good = c && to && !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 19)) &&
                !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 24)) &&
                !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, 1)) &&
                !ZSTD_isError(done = ZSTD_compress2(c, to, room, bytes, n));
    if (good) buf_add(out, to, done);
    free(to);
    ZSTD_freeCCtx(c);
    return good;
#else
    (void)bytes, (void)n, (void)out;
    return false;
#endif
}

static void put_level(struct buf *out, const struct payload_level *l, bool pack)
{
    struct buf packed = { 0 };
    put_text(out, l->cpu);
    put(out, (uint64_t)l->nkernels);
    put(out, (uint64_t)l->nshared);
    for (int i = 0; i < l->nkernels; i++) {
        const struct payload_kernel *k = &l->kernel[i];
        put(out, k->hash);
        put(out, (uint64_t)k->kernel.lanes);
        put(out, (uint64_t)k->kernel.precision);
        put(out, k->kernel.scratch);
        put(out, (uint64_t)k->kernel.nsizes);
        for (int j = 0; j < k->kernel.nsizes; j++) put(out, k->kernel.sizes[j]);
        for (int j = 0; j < 2; j++) put(out, k->code[j]);
        put(out, k->list);
        put(out, k->at);
        put(out, k->n);
    }
    for (int i = 0; i < l->nshared; i++) {
        put_text(out, l->shared[i].name);
        put(out, l->shared[i].at);
        put(out, l->shared[i].n);
    }
    put(out, l->n);
    pack = pack && l->n && pack_bytes(l->bytes, l->n, &packed);
    put(out, pack);
    put_bytes(out, pack ? packed.text : l->bytes, pack ? packed.n : l->n);
    buf_free(&packed);
}

/* See payload.h. */
void payload_write(struct buf *out, const struct payload *p, bool pack)
{
    put(out, PAYLOAD_MAGIC);
    put_text(out, p->version);
    put_text(out, p->script);
    put_text(out, p->description);
    put(out, (uint64_t)p->precision);
    put(out, (uint64_t)p->nfixed);
    for (int i = 0; i < p->nfixed; i++) {
        put_text(out, p->fixed[i].name);
        put_text(out, p->fixed[i].text);
    }
    put(out, (uint64_t)p->nfiles);
    for (int i = 0; i < p->nfiles; i++) {
        put_text(out, p->file[i].path);
        put_bytes(out, p->file[i].text, p->file[i].n);
    }
    put(out, (uint64_t)p->nlevels);
    for (int i = 0; i < p->nlevels; i++) put_level(out, &p->level[i], pack);
}

/* See payload.h. */
bool payload_attach(struct buf *out, const char *program, size_t size, const char *bytes, size_t n, const char **why)
{
    Elf64_Ehdr header;
    Elf64_Shdr *table;
    if (!sections_read(program, size, &header, &table)) {
        *why = "the runtime for programs is no ELF file of 64 bits";
        return false;
    }
    Elf64_Shdr *names = &table[header.e_shstrndx];
    Elf64_Shdr own = { .sh_name = (Elf64_Word)names->sh_size, .sh_type = SHT_PROGBITS, .sh_size = n };
    own.sh_addralign = 16;
    buf_add(out, program, size);
    align(out);
    own.sh_offset = out->n;
    buf_add(out, bytes, n);
    Elf64_Off text = out->n;
    buf_add(out, program + names->sh_offset, names->sh_size);
    buf_add(out, PAYLOAD_SECTION, sizeof PAYLOAD_SECTION);
    names->sh_offset = text;
    names->sh_size += sizeof PAYLOAD_SECTION;
    align(out);
    header.e_shoff = out->n;
    buf_add(out, (const char *)table, header.e_shnum * sizeof *table);
    buf_add(out, (const char *)&own, sizeof own);
    header.e_shnum++;
    memcpy(out->text, &header, sizeof header);
    free(table);
    return true;
}
