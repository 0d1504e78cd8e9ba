/* The parts of the pass over names: for names*.c only. */
#ifndef ICL_NAMES_WALK_H
#define ICL_NAMES_WALK_H

#include "lang/names.h"
#include "lang/vec.h"

struct entry {
    str name;
    enum entry_kind kind;
    struct span where;
    bool used;
    bool ready; /* top level: the statement that gives its value has been passed */
    bool lone;  /* assigned alone, not as one of a tuple */
};

struct name_scope {
    struct name_scope *up;
    bool body;   /* assignments do not reach further up */
    bool script; /* the top level */
    struct span extent;
    VEC(struct entry *) names;
};

struct walker {
    struct arena arena;
    struct diags *ds;
    const struct names_outer *outer;
    enum names_mode mode;
    struct name_scope *script;
    const struct ast *def; /* whose body is walked; NULL: script code */
    bool columns;          /* names may be columns of a table */
    bool later;            /* top-level names count whatever the order: in definitions and tests */
    VEC(str) reported;     /* unknown names of this definition */
    VEC(str) known_latent; /* names after `knowing` anywhere in the file */
};

bool names_kernel(const struct walker *w);                     /* inside a definition other than fn */
void names_place(struct walker *w, const struct ast *s);       /* one statement, without what is in it */
void names_script_only(struct walker *w, struct span where, const char *what);
void names_definition(struct walker *w, const struct ast *def); /* signature and ending */
void names_unknown(struct walker *w, const struct name_scope *s, const struct ast *name, const struct ast *field);
void names_once(struct walker *w, struct ast *const *list, int n, enum diag_code code, const char *what);

#endif
