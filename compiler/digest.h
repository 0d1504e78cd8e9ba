/* Digests of values: equal digests, equal figures. A predictor's or task's digest covers the syntax trees of the
 * definitions that it reaches, as they are after parsing (white space, comments and documentation are gone), and the
 * values of all names these use; a model's, its weights and interventions. */
#ifndef ICL_DIGEST_H
#define ICL_DIGEST_H

#include "compiler/eval.h"
#include "runtime/sha256.h"

struct digest {
    unsigned char byte[32];
};

/* Something of the script that digests have covered: a definition, a value. */
struct digest_part {
    str name;
    struct digest digest;
};

/* What a session knows of digests already. */
struct digester {
    VEC(struct digest_part) parts; /* since they were last forgotten; the library's are no parts */
    VEC(struct digest_known) known;
};

struct digest_walk {
    struct ev *ev;
    struct digester *of;
    struct sha256 hash;
    bool bad; /* something whose value is not known */
    int depth;
    struct digest_visit *visit;
};
/* What a value, number or text is, goes into the digest: of a definition its syntax and what it uses. */
void digest_begin(struct digest_walk *w, struct ev *ev, struct digester *of);
void digest_int(struct digest_walk *w, int64_t v);
void digest_real(struct digest_walk *w, double v);
void digest_text(struct digest_walk *w, const char *text); /* NULL too */
void digest_value(struct digest_walk *w, const struct value *v);
bool digest_end(struct digest_walk *w, struct digest *out); /* false: it covers something that is not known */

#endif
