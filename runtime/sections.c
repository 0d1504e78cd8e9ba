/* Sections by name: where a program keeps what it carries, and where the parts of icl say which build they are of. Both
 * are read from files that may be anything, so nothing is followed that is not inside the file. */
#include "runtime/sections.h"

#include <stdlib.h>
#include <string.h>

/* See sections.h. */
bool sections_read(const char *file, size_t size, Elf64_Ehdr *header, Elf64_Shdr **table)
{
    if (size < sizeof *header) return false;
    memcpy(header, file, sizeof *header);
    size_t n = header->e_shnum;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) || header->e_ident[EI_CLASS] != ELFCLASS64 || n == 0 ||
        header->e_shentsize != sizeof **table || header->e_shoff > size ||
        n > (size - header->e_shoff) / sizeof **table || header->e_shstrndx >= n)
        return false;
    *table = malloc(n * sizeof **table);
    if (!*table) return false;
    memcpy(*table, file + header->e_shoff, n * sizeof **table);
    const Elf64_Shdr *names = &(*table)[header->e_shstrndx];
    if (names->sh_offset <= size && names->sh_size <= size - names->sh_offset) return true;
    free(*table);
    return false;
}

/* See sections.h. */
const char *sections_find(const char *file, size_t n, const char *name, size_t *size)
{
    Elf64_Ehdr header;
    Elf64_Shdr *table;
    const char *found = NULL;
    size_t length = strlen(name) + 1;
    if (!sections_read(file, n, &header, &table)) return NULL;
    const Elf64_Shdr *names = &table[header.e_shstrndx];
    for (int i = 0; i < header.e_shnum && !found; i++) {
        const Elf64_Shdr *s = &table[i];
        bool named = s->sh_name < names->sh_size && names->sh_size - s->sh_name >= length &&
                     !memcmp(file + names->sh_offset + s->sh_name, name, length);
        if (!named || s->sh_type == SHT_NOBITS || s->sh_offset > n || s->sh_size > n - s->sh_offset) continue;
        found = file + s->sh_offset;
        *size = s->sh_size;
    }
    free(table);
    return found;
}
