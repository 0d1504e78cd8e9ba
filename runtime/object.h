/* Machine code from relocatable ELF objects, as compilers emit them: loaded into memory, ready to be called. */
#ifndef ICL_OBJECT_H
#define ICL_OBJECT_H

#include <stddef.h>
#include <stdint.h>

/* A name that the object may refer to without defining it. */
struct object_symbol {
    const char *name;
    void *address;
};

struct object;

/* Loads ELF64 bytes for this machine (x86-64 or 64-bit Arm). All of it is checked: on failure the result is NULL and
 * *why says what is wrong (a constant text). The bytes are not needed afterwards; `externs` only during the call. */
struct object *object_load(const void *bytes, size_t n, const struct object_symbol *externs, int nexterns,
                           const char **why);
/* The address of a global symbol that the object defines; NULL: it does not. */
void *object_symbol(const struct object *o, const char *name);
/* All of them; how many. They live as long as the object. */
size_t object_symbols(const struct object *o, const struct object_symbol **list);
void object_free(struct object *o); /* NULL is allowed */

/* As object_load, for any known machine (e_machine): to look at, not to run, where that is not this one. */
struct object *object_load_for(unsigned machine, const void *bytes, size_t n, const struct object_symbol *externs,
                               int nexterns, const char **why);

#endif
