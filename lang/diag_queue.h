/* How a queued message is kept: for diag.c, which fills it in, and diag_print.c, which shows it. */
#ifndef ICL_DIAG_QUEUE_H
#define ICL_DIAG_QUEUE_H

#include "lang/diag.h"
#include "lang/vec.h"

struct diag_mark {
    struct span where;
    const char *text; /* NULL: the line is shown without a mark */
};

struct diag_note {
    const char *text;
    bool help;
};

struct diag_frame {
    struct span call;
    const char *what;
};

struct diag {
    struct arena *arena;
    enum diag_code code;
    struct span where;
    const char *message;
    const char *fix; /* stands for the text at fix_where; NULL: none */
    struct span fix_where;
    VEC(struct diag_mark) marks;
    VEC(struct diag_note) notes;
    VEC(struct diag_frame) calls; /* innermost first */
};

bool diag_in_library(struct span s);
struct span diag_place(const struct diag *m); /* where the user should look */

#endif
