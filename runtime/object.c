/* A loader for ELF64 relocatable objects. Sections that are to be in memory go into one mapping: code, read-only data,
 * writable data, each from a page of its own; relocations are applied while all of it may be written, then code
 * becomes executable and the rest read-only, never both writable and executable. A symbol from outside may lie farther
 * away than a call reaches: each symbol has a stub beside the code that jumps through the address after it, and that
 * address also serves as its entry in the global offset table.
 *
 * The bytes may be anything (a damaged cache file): each number read from them is checked before use. Sources: the ELF
 * specification; System V ABI AMD64 supplement; ELF for the Arm 64-bit architecture. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "runtime/object.h"

#include <elf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef SHT_X86_64_UNWIND
#define SHT_X86_64_UNWIND 0x70000001
#endif

enum part { PART_CODE, PART_CONST, PART_DATA, PART_COUNT };
enum { STUB_SIZE = 16, STUB_ADDRESS = 8, MAX_SECTIONS = 4096 };
static const size_t MAX_IMAGE = (size_t)1 << 30;

struct object {
    char *base;
    size_t size;
    char *names;
    struct object_symbol *defined; /* named in `names` */
    size_t ndefined;
};

/* What is known while loading. `place[i]` is where section i stands in the image, or -1. */
struct load {
    const unsigned char *bytes;
    size_t n;
    unsigned machine;
    const struct object_symbol *externs;
    int nexterns;
    const char *why;

    Elf64_Shdr *sections;
    int64_t *place;
    size_t nsections;
    Elf64_Sym *symbols;
    uint64_t *values; /* addresses */
    bool *outside;    /* the symbol comes from externs */
    size_t nsymbols;
    const char *names;
    size_t nnames;
    size_t start[PART_COUNT], end[PART_COUNT], stubs;
    struct object *object;
};

static bool fail(struct load *l, const char *why)
{
    if (!l->why) l->why = why;
    return false;
}

static bool in_file(const struct load *l, uint64_t offset, uint64_t size)
{
    return offset <= l->n && size <= l->n - offset;
}

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* ---- reading ---- */

static bool read_header(struct load *l, Elf64_Ehdr *h)
{
    if (l->n < sizeof *h) return fail(l, "too short for an ELF file");
    memcpy(h, l->bytes, sizeof *h);
    if (memcmp(h->e_ident, ELFMAG, SELFMAG)) return fail(l, "not an ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
        return fail(l, "not a 64-bit little-endian file");
    if (h->e_type != ET_REL) return fail(l, "not a relocatable object");
    if (h->e_machine != l->machine) return fail(l, "compiled for another machine");
    if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum == 0 || h->e_shnum > MAX_SECTIONS)
        return fail(l, "bad section table");
    if (!in_file(l, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr))) return fail(l, "section table cut off");
    return true;
}

static bool read_sections(struct load *l)
{
    Elf64_Ehdr h;
    if (!read_header(l, &h)) return false;
    l->nsections = h.e_shnum;
    l->sections = calloc(l->nsections, sizeof *l->sections);
    l->place = calloc(l->nsections, sizeof *l->place);
    if (!l->sections || !l->place) return fail(l, "out of memory");
    memcpy(l->sections, l->bytes + h.e_shoff, l->nsections * sizeof *l->sections);
    for (size_t i = 0; i < l->nsections; i++) {
        Elf64_Shdr *s = &l->sections[i];
        l->place[i] = -1;
        if (s->sh_type == SHT_NULL) s->sh_flags = s->sh_size = 0;
        if (s->sh_type != SHT_NOBITS && s->sh_type != SHT_NULL && !in_file(l, s->sh_offset, s->sh_size))
            return fail(l, "section cut off");
    }
    return true;
}

static bool read_symbols(struct load *l)
{
    for (size_t i = 0; i < l->nsections; i++) {
        const Elf64_Shdr *s = &l->sections[i];
        if (s->sh_type != SHT_SYMTAB) continue;
        if (l->symbols) return fail(l, "two symbol tables");
        if (s->sh_entsize != sizeof(Elf64_Sym) || s->sh_size % sizeof(Elf64_Sym) || s->sh_size == 0 ||
            s->sh_link >= l->nsections)
            return fail(l, "bad symbol table");
        const Elf64_Shdr *t = &l->sections[s->sh_link];
        if (t->sh_type != SHT_STRTAB || t->sh_size == 0 || l->bytes[t->sh_offset + t->sh_size - 1] != 0)
            return fail(l, "bad table of names");
        l->names = (const char *)l->bytes + t->sh_offset;
        l->nnames = t->sh_size;
        l->nsymbols = s->sh_size / sizeof(Elf64_Sym);
        l->symbols = malloc(s->sh_size);
        l->values = calloc(l->nsymbols, sizeof *l->values);
        l->outside = calloc(l->nsymbols, sizeof *l->outside);
        if (!l->symbols || !l->values || !l->outside) return fail(l, "out of memory");
        memcpy(l->symbols, l->bytes + s->sh_offset, s->sh_size);
        for (size_t k = 0; k < l->nsymbols; k++)
            if (l->symbols[k].st_name >= l->nnames) return fail(l, "symbol without a name");
    }
    return l->symbols || fail(l, "no symbol table");
}

/* ---- placing ---- */

static bool is_relocated_const(const struct load *l, const Elf64_Shdr *s, const Elf64_Shdr *names)
{
    static const char prefix[] = ".data.rel.ro";
    return s->sh_name < names->sh_size && names->sh_size - s->sh_name >= sizeof prefix &&
           memcmp(l->bytes + names->sh_offset + s->sh_name, prefix, sizeof prefix - 1) == 0;
}

static enum part part_of(const struct load *l, const Elf64_Shdr *s)
{
    Elf64_Ehdr h;
    memcpy(&h, l->bytes, sizeof h);
    if (s->sh_flags & SHF_EXECINSTR) return PART_CODE;
    if (!(s->sh_flags & SHF_WRITE)) return PART_CONST;
    if (h.e_shstrndx >= l->nsections || l->sections[h.e_shstrndx].sh_type != SHT_STRTAB) return PART_DATA;
    return is_relocated_const(l, s, &l->sections[h.e_shstrndx]) ? PART_CONST : PART_DATA;
}

static bool place_part(struct load *l, enum part part, size_t *at)
{
    for (size_t i = 0; i < l->nsections; i++) {
        const Elf64_Shdr *s = &l->sections[i];
        if (!(s->sh_flags & SHF_ALLOC) || part_of(l, s) != part) continue;
        size_t align = s->sh_addralign ? s->sh_addralign : 1;
        if ((align & (align - 1)) || align > 4096) return fail(l, "bad alignment");
        if (s->sh_flags & SHF_TLS) return fail(l, "thread-local data");
        if ((s->sh_flags & SHF_EXECINSTR) && (s->sh_flags & SHF_WRITE)) return fail(l, "code that may be written");
        if (s->sh_type != SHT_PROGBITS && s->sh_type != SHT_NOBITS && s->sh_type != SHT_X86_64_UNWIND)
            return fail(l, "unknown kind of section");
        *at = round_up(*at, align);
        if (s->sh_size > MAX_IMAGE || *at > MAX_IMAGE - s->sh_size) return fail(l, "too large");
        l->place[i] = (int64_t)*at;
        *at += s->sh_size;
    }
    return true;
}

static bool place_all(struct load *l)
{
    size_t at = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    if (page < 4096) page = 4096;
    for (enum part part = 0; part < PART_COUNT; part++) {
        l->start[part] = at;
        if (!place_part(l, part, &at)) return false;
        if (part == PART_CODE) {
            l->stubs = at = round_up(at, STUB_SIZE);
            if (l->nsymbols > MAX_IMAGE / STUB_SIZE || at > MAX_IMAGE - l->nsymbols * STUB_SIZE)
                return fail(l, "too large");
            at += l->nsymbols * STUB_SIZE;
        }
        at = round_up(at, page);
        l->end[part] = at;
    }
    struct object *o = l->object;
    o->size = at;
    void *base = mmap(NULL, at, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return fail(l, "out of memory");
    o->base = base;
    for (size_t i = 0; i < l->nsections; i++) {
        const Elf64_Shdr *s = &l->sections[i];
        if (l->place[i] >= 0 && s->sh_type != SHT_NOBITS && s->sh_size)
            memcpy(o->base + l->place[i], l->bytes + s->sh_offset, s->sh_size);
    }
    return true;
}

/* ---- symbols ---- */

static bool find_extern(struct load *l, size_t k)
{
    const char *name = l->names + l->symbols[k].st_name;
    for (int i = 0; i < l->nexterns; i++)
        if (strcmp(name, l->externs[i].name) == 0) {
            l->values[k] = (uint64_t)(uintptr_t)l->externs[i].address;
            l->outside[k] = true;
            return true;
        }
    if (k == 0 || ELF64_ST_BIND(l->symbols[k].st_info) == STB_WEAK) return true;
    return fail(l, "a symbol that nobody defines");
}

static bool resolve(struct load *l)
{
    for (size_t k = 0; k < l->nsymbols; k++) {
        const Elf64_Sym *s = &l->symbols[k];
        if (s->st_shndx == SHN_UNDEF) {
            if (!find_extern(l, k)) return false;
        } else if (s->st_shndx == SHN_ABS) {
            l->values[k] = s->st_value;
        } else if (s->st_shndx >= l->nsections) {
            return fail(l, "symbol in a section that is not there");
        } else if (l->place[s->st_shndx] >= 0) {
            if (s->st_value > l->sections[s->st_shndx].sh_size) return fail(l, "symbol beyond its section");
            l->values[k] = (uint64_t)(uintptr_t)(l->object->base + l->place[s->st_shndx]) + s->st_value;
        }
    }
    return true;
}

/* The stub of a symbol, filled at first use. x86-64: jmp *2(%rip); Arm: ldr x16, .+8; br x16; then the address. */
static char *stub(struct load *l, size_t symbol)
{
    static const unsigned char x86[STUB_ADDRESS] = {0xff, 0x25, 2, 0, 0, 0, 0, 0};
    static const unsigned char arm[STUB_ADDRESS] = {0x50, 0, 0, 0x58, 0, 0x02, 0x1f, 0xd6};
    char *at = l->object->base + l->stubs + symbol * STUB_SIZE;
    memcpy(at, l->machine == EM_X86_64 ? x86 : arm, STUB_ADDRESS);
    memcpy(at + STUB_ADDRESS, &l->values[symbol], 8);
    return at;
}

/* ---- relocating ---- */

struct relocation {
    char *at;
    size_t room; /* bytes from `at` to the end of the section */
    size_t symbol;
    uint64_t value, place; /* S + A; P */
    int64_t addend;
};

static bool put32(struct load *l, const struct relocation *r, uint64_t value, bool is_signed)
{
    if (r->room < 4) return fail(l, "relocation beyond its section");
    if (is_signed ? (int64_t)value != (int32_t)value : value > UINT32_MAX) return fail(l, "relocation out of reach");
    uint32_t word = (uint32_t)value;
    memcpy(r->at, &word, 4);
    return true;
}

static bool put64(struct load *l, const struct relocation *r, uint64_t value)
{
    if (r->room < 8) return fail(l, "relocation beyond its section");
    memcpy(r->at, &value, 8);
    return true;
}

static bool relocate_x86(struct load *l, unsigned type, const struct relocation *r)
{
    uint64_t addend = (uint64_t)r->addend;
    switch (type) {
    case R_X86_64_NONE: return true;
    case R_X86_64_64: return put64(l, r, r->value);
    case R_X86_64_PC64: return put64(l, r, r->value - r->place);
    case R_X86_64_32: return put32(l, r, r->value, false);
    case R_X86_64_32S: return put32(l, r, r->value, true);
    case R_X86_64_PC32: return put32(l, r, r->value - r->place, true);
    case R_X86_64_PLT32:
        if (!l->outside[r->symbol]) return put32(l, r, r->value - r->place, true);
        return put32(l, r, (uint64_t)(uintptr_t)stub(l, r->symbol) + addend - r->place, true);
    case R_X86_64_GOTPCREL:
    case R_X86_64_GOTPCRELX:
    case R_X86_64_REX_GOTPCRELX:
        return put32(l, r, (uint64_t)(uintptr_t)stub(l, r->symbol) + STUB_ADDRESS + addend - r->place, true);
    default: return fail(l, "unknown relocation");
    }
}

/* `bits` of value into the instruction from bit `at` on */
static bool patch(struct load *l, const struct relocation *r, uint64_t value, int bits, int at)
{
    uint32_t word, mask = ((UINT32_C(1) << bits) - 1) << at;
    if (r->room < 4) return fail(l, "relocation beyond its section");
    memcpy(&word, r->at, 4);
    word = (word & ~mask) | ((uint32_t)(value << at) & mask);
    memcpy(r->at, &word, 4);
    return true;
}

static bool patch_page(struct load *l, const struct relocation *r, uint64_t target)
{
    int64_t pages = (int64_t)((target & ~UINT64_C(0xfff)) - (r->place & ~UINT64_C(0xfff))) >> 12;
    if (pages < -(1 << 20) || pages >= 1 << 20) return fail(l, "relocation out of reach");
    return patch(l, r, (uint64_t)pages & 3, 2, 29) && patch(l, r, (uint64_t)pages >> 2, 19, 5);
}

static bool patch_low(struct load *l, const struct relocation *r, uint64_t target, int scale)
{
    if ((target & 0xfff) & ((UINT64_C(1) << scale) - 1)) return fail(l, "relocation to a place not aligned");
    return patch(l, r, (target & 0xfff) >> scale, 12, 10);
}

static bool patch_call(struct load *l, const struct relocation *r)
{
    uint64_t target = l->outside[r->symbol] ? (uint64_t)(uintptr_t)stub(l, r->symbol) : r->value;
    int64_t distance = (int64_t)(target - r->place);
    if (distance & 3 || distance < -(1 << 27) || distance >= 1 << 27) return fail(l, "relocation out of reach");
    return patch(l, r, (uint64_t)distance >> 2, 26, 0);
}

static bool relocate_arm(struct load *l, unsigned type, const struct relocation *r)
{
    switch (type) {
    case R_AARCH64_NONE: return true;
    case R_AARCH64_ABS64: return put64(l, r, r->value);
    case R_AARCH64_PREL64: return put64(l, r, r->value - r->place);
    case R_AARCH64_PREL32: return put32(l, r, r->value - r->place, true);
    case R_AARCH64_ADR_PREL_PG_HI21: return patch_page(l, r, r->value);
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC: return patch_low(l, r, r->value, 0);
    case R_AARCH64_LDST16_ABS_LO12_NC: return patch_low(l, r, r->value, 1);
    case R_AARCH64_LDST32_ABS_LO12_NC: return patch_low(l, r, r->value, 2);
    case R_AARCH64_LDST64_ABS_LO12_NC: return patch_low(l, r, r->value, 3);
    case R_AARCH64_LDST128_ABS_LO12_NC: return patch_low(l, r, r->value, 4);
    case R_AARCH64_CALL26:
    case R_AARCH64_JUMP26: return patch_call(l, r);
    case R_AARCH64_ADR_GOT_PAGE: return patch_page(l, r, (uint64_t)(uintptr_t)stub(l, r->symbol) + STUB_ADDRESS);
    case R_AARCH64_LD64_GOT_LO12_NC:
        return patch_low(l, r, (uint64_t)(uintptr_t)stub(l, r->symbol) + STUB_ADDRESS, 3);
    default: return fail(l, "unknown relocation");
    }
}

static bool relocate_section(struct load *l, const Elf64_Shdr *s)
{
    if (s->sh_info >= l->nsections) return fail(l, "bad relocations");
    int64_t place = l->place[s->sh_info];
    const Elf64_Shdr *target = &l->sections[s->sh_info];
    if (place < 0) return true; /* of debugging information */
    if (s->sh_entsize != sizeof(Elf64_Rela) || s->sh_size % sizeof(Elf64_Rela)) return fail(l, "bad relocations");
    for (uint64_t at = 0; at < s->sh_size; at += sizeof(Elf64_Rela)) {
        Elf64_Rela e;
        memcpy(&e, l->bytes + s->sh_offset + at, sizeof e);
        size_t symbol = ELF64_R_SYM(e.r_info);
        if (symbol >= l->nsymbols || e.r_offset > target->sh_size) return fail(l, "relocation of something not there");
        uint16_t home = l->symbols[symbol].st_shndx;
        if (home != SHN_UNDEF && home != SHN_ABS && l->place[home] < 0)
            return fail(l, "relocation to a section that is not loaded");
        struct relocation r = {
            .at = l->object->base + place + e.r_offset,
            .room = target->sh_size - e.r_offset,
            .symbol = symbol,
            .value = l->values[symbol] + (uint64_t)e.r_addend,
            .addend = e.r_addend,
        };
        r.place = (uint64_t)(uintptr_t)r.at;
        unsigned type = (unsigned)ELF64_R_TYPE(e.r_info);
        if (!(l->machine == EM_X86_64 ? relocate_x86(l, type, &r) : relocate_arm(l, type, &r))) return false;
    }
    return true;
}

static bool relocate(struct load *l)
{
    for (size_t i = 0; i < l->nsections; i++) {
        if (l->sections[i].sh_type == SHT_REL) return fail(l, "relocations without addends");
        if (l->sections[i].sh_type == SHT_RELA && !relocate_section(l, &l->sections[i])) return false;
    }
    return true;
}

/* ---- the result ---- */

static bool keep_names(struct load *l)
{
    struct object *o = l->object;
    o->names = malloc(l->nnames);
    o->defined = calloc(l->nsymbols, sizeof *o->defined);
    if (!o->names || !o->defined) return fail(l, "out of memory");
    memcpy(o->names, l->names, l->nnames);
    for (size_t k = 0; k < l->nsymbols; k++) {
        const Elf64_Sym *s = &l->symbols[k];
        if (ELF64_ST_BIND(s->st_info) == STB_LOCAL || s->st_shndx == SHN_UNDEF || s->st_shndx >= l->nsections) continue;
        if (l->place[s->st_shndx] < 0) continue;
        o->defined[o->ndefined++] = (struct object_symbol){o->names + s->st_name, (void *)(uintptr_t)l->values[k]};
    }
    return true;
}

static bool protect(struct load *l)
{
    static const int protection[PART_COUNT] = {PROT_READ | PROT_EXEC, PROT_READ, PROT_READ | PROT_WRITE};
    char *base = l->object->base;
    __builtin___clear_cache(base, base + l->end[PART_CODE]);
    for (enum part part = 0; part < PART_COUNT; part++)
        if (l->end[part] > l->start[part] &&
            mprotect(base + l->start[part], l->end[part] - l->start[part], protection[part]))
            return fail(l, "memory could not be made executable");
    return true;
}

/* Loads for a given machine. */
struct object *object_load_for(unsigned machine, const void *bytes, size_t n, const struct object_symbol *externs,
                               int nexterns, const char **why)
{
    struct load l = {.bytes = bytes, .n = n, .machine = machine, .externs = externs, .nexterns = nexterns};
    l.object = calloc(1, sizeof *l.object);
    bool done = l.object ? read_sections(&l) && read_symbols(&l) && place_all(&l) && resolve(&l) && relocate(&l) &&
                               keep_names(&l) && protect(&l)
                         : fail(&l, "out of memory");
    free(l.sections);
    free(l.place);
    free(l.symbols);
    free(l.values);
    free(l.outside);
    if (done) return l.object;
    object_free(l.object);
    *why = l.why;
    return NULL;
}

/* Loads for this machine. */
struct object *object_load(const void *bytes, size_t n, const struct object_symbol *externs, int nexterns,
                           const char **why)
{
#if defined(__x86_64__)
    return object_load_for(EM_X86_64, bytes, n, externs, nexterns, why);
#elif defined(__aarch64__)
    return object_load_for(EM_AARCH64, bytes, n, externs, nexterns, why);
#else
    return object_load_for(EM_NONE, bytes, n, externs, nexterns, why);
#endif
}

/* See object.h. */
size_t object_symbols(const struct object *o, const struct object_symbol **list)
{
    *list = o->defined;
    return o->ndefined;
}

/* Finds a defined global symbol. */
void *object_symbol(const struct object *o, const char *name)
{
    for (size_t i = 0; i < o->ndefined; i++)
        if (strcmp(o->defined[i].name, name) == 0) return o->defined[i].address;
    return NULL;
}

/* Unmaps; no code of the object may be running. */
void object_free(struct object *o)
{
    if (!o) return;
    if (o->base) munmap(o->base, o->size);
    free(o->names);
    free(o->defined);
    free(o);
}
