/* Sections of programs and shared objects: ELF files of 64 bits, on any machine. */
#ifndef ICL_SECTIONS_H
#define ICL_SECTIONS_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>

/* The header of a file of n bytes and its table of sections, to be freed; false: not an ELF file of 64 bits, or
 * damaged. */
bool sections_read(const char *file, size_t n, Elf64_Ehdr *header, Elf64_Shdr **table);
/* The bytes of the section of that name, *size of them; NULL: there is none. */
const char *sections_find(const char *file, size_t n, const char *name, size_t *size);

#endif
