/* What a run leaves behind, and what it finds of earlier ones. The parts of the evaluator that sweep, train and write
 * tell the session's keeper; a session without one (the terminal's, tests) keeps nothing. Every figure that a sweep
 * measures is kept under the digest of all that it depends on, so a sweep that is run again is walked again, cell by
 * cell, and only what is not known is measured. */
#ifndef ICL_KEEPER_H
#define ICL_KEEPER_H

#include "compiler/digest.h"
#include "runtime/pack.h"

struct sweep_facts {
    const struct ast *ast;
    int cells, kept; /* so far: of them, such whose figures were all known */
};

/* What stores it. Each gets the keeper it belongs to. */
struct keeper {
    /* *earlier: an earlier run found it out, not this one */
    bool (*find)(struct keeper *, struct ev *, const struct digest *key, struct unpacker *out, bool *earlier);
    void (*put)(struct keeper *, struct ev *, const struct digest *key, const struct buf *bytes);
    /* All that `find` would find and that is small, one after the other: ahead_pack's bytes. */
    void (*all)(struct keeper *, struct ev *, struct buf *out);
    void (*sweep)(struct keeper *, struct ev *, int sweep, const struct sweep_facts *, bool done);
    void (*cell)(struct keeper *, struct ev *, int sweep, int cell, int row, const char *variables,
                 const char *records);
    void (*training)(struct keeper *, struct ev *, int training, int64_t step, const char *model, int64_t steps,
                     double loss, double seconds);
    void (*file)(struct keeper *, struct ev *, const char *path);
    struct digester digester;
    int sweeps, trainings;    /* begun so far */
    int64_t found, missed;    /* figures looked for in sweeps: known from an earlier run, and not known */
};

/* Begins the key of something of the kind `what` that is measured in a sweep. False: nothing is kept here. */
bool keep_begin(struct ev *ev, const char *what, struct digest_walk *w);
/* Looks it up. */
bool keep_find(struct ev *ev, const struct digest *key, struct unpacker *out);
void keep_put(struct ev *ev, const struct digest *key, const struct buf *bytes);
/* A result that is a value: looks it up; NULL: it is to be computed, and given to keep_value if *keyed. */
struct value *keep_known(struct ev *ev, struct digest_walk *w, struct digest *key, bool *keyed);
void keep_value(struct ev *ev, const struct digest *key, const struct value *v);
void keep_file(struct ev *ev, const char *path);

#endif
