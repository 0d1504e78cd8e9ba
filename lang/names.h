/* Names and places: what can be told from the text alone, before types. Every name is looked up by scope; declarations
 * that nothing reads, script code in kernels, statements where they do not belong and bodies that do not end as their
 * kind demands are reported. Run it on trees without syntax errors. */
#ifndef ICL_NAMES_H
#define ICL_NAMES_H

#include "lang/ast.h"
#include "lang/diag.h"

enum entry_kind { N_LOCAL, N_DRAW, N_HYPER, N_SIGNATURE, N_CLAUSE, N_OPTION, N_DEFINITION, N_IMPORT };

/* A place where a name stands, and the place that gave it its meaning. */
struct names_link {
    str name;
    enum entry_kind kind;
    struct span use, definition; /* equal where it is declared; definition.src NULL: it comes from around the file */
    struct span extent;          /* where the name can be seen */
};

/* What is visible around a file: builtins, the library, what its imports bring, the session of a REPL. */
struct names_outer {
    void *data;
    bool (*known)(void *data, str name, bool *script_only);
    /* Is this a name of `~`'s right side? There it means the distribution whatever else is called so: nothing hides it.
     */
    bool (*distribution)(void *data, str name);
    /* Calls visit for every such name, for "did you mean". */
    void (*each)(void *data, void (*visit)(void *to, const char *name), void *to);
    /* NULL, or is told of every name that is declared or looked up; a place may be told of twice. */
    void (*link)(void *data, const struct names_link *link);
};

enum names_mode {
    NAMES_SCRIPT,
    NAMES_IMPORTED, /* a script that another one imports, which may read its options */
    NAMES_LIBRARY, /* a file of the library: no warnings */
    NAMES_REPL,    /* a line: what is declared may be used later */
};

void names_check(struct diags *ds, const struct ast *file, const struct names_outer *outer, enum names_mode mode);

/* The candidate nearest to a misspelt name, kept as candidates are offered; for messages elsewhere, too. */
struct nearest {
    const char *name, *best;
    int distance;
};
void nearest_init(struct nearest *n, const char *name);
void nearest_offer(void *n, const char *candidate); /* n: struct nearest */

#endif
