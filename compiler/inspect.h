/* What the check finds out about one file, kept for editors: the value (type, shape) of every expression and name, and
 * which name means what. The evaluator and the pass over names fill it in as they walk: there is no second checker. */
#ifndef ICL_INSPECT_H
#define ICL_INSPECT_H

#include "compiler/eval.h"
#include "lang/names.h"

/* Hangs at struct ast's `info`. */
struct seen {
    const struct value *value;
    bool column; /* a name that was a column of a table */
};

struct named_value {
    str name;
    struct span where;
    const struct value *value;
    int next; /* in its bucket; 0: none */
};

enum { INSPECT_BUCKETS = 1024 };
struct inspect {
    struct arena *arena;
    const struct source *src;
    VEC(struct names_link) links;
    VEC(struct named_value) values; /* from 1 on */
    int bucket[INSPECT_BUCKETS];    /* by place; 0: empty */
};

/* Told by the walks. The first that is known about a place stays: a definition is walked with symbolic sizes first. */
void inspect_expression(struct inspect *in, const struct scope *s, const struct ast *e, const struct value *v);
void inspect_binding(struct inspect *in, str name, struct span where, const struct value *v);
void inspect_link(struct inspect *in, const struct names_link *link);

/* Asked by editors; NULL: nothing is known. */
const struct seen *inspect_seen(const struct ast *e);
const struct value *inspect_value(const struct inspect *in, str name, struct span where); /* of a declared name */
const struct names_link *inspect_at(const struct inspect *in, uint32_t offset);           /* the name at a byte */

#endif
