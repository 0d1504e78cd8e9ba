/* Messages are queued, sorted by place, and printed once: a code, up to three labelled spans, notes, a repair.
 *
 *     struct diag *m = diag_new(ds, E_MATMUL_INNER, where, "matrix product: inner sizes differ");
 *     diag_label(m, left, "X : real[n, d]");
 *     diag_note(m, "`@` pairs the last axis of X with the first axis of y");
 *     diag_help(m, "did you mean `X.T @ y`? It has shape real[d]");
 *
 * A tab in a label starts a second column, aligned over the labels of one line.
 * A message is dropped when one with the same code at the same span is already queued. Text is copied. */
#ifndef ICL_DIAG_H
#define ICL_DIAG_H

#include <stdbool.h>
#include <stdio.h>
#include "lang/source.h"

/* diag.def rows: DIAG(name, "E0203", severity, "kind", "page: what it means, an example, how to mend it") */
enum diag_code {
#define DIAG(name, code, severity, kind, page) name,
#include "lang/diag.def"
#undef DIAG
    DIAG_COUNT
};
enum severity { SEV_ERROR, SEV_WARNING };

struct diag;
struct diags {
    struct arena *arena;
    struct diag **list;
    int n, capacity;
    int errors, warnings;
    int muted; /* > 0: messages are counted, not kept (used to try something out) */
    struct diag_said *said; /* of diags_once */
    int width; /* of the terminal that messages are printed on; 0: lines are as long as they are */
};

void diags_init(struct diags *ds, struct arena *a);
/* Returns a message to be filled in; never NULL (a muted or repeated one is filled in and forgotten). */
struct diag *diag_new(struct diags *ds, enum diag_code code, struct span where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_label(struct diag *m, struct span where, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_context(struct diag *m, struct span where); /* show that line too, without a label (an option, a signature) */
void diag_note(struct diag *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_help(struct diag *m, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_call(struct diag *m, struct span call, const char *what); /* "in NAME, called here": innermost first */

/* What to write in place of a text, so that the message goes away: for editors. */
void diag_fix(struct diag *m, struct span where, const char *text);

void diags_sort(struct diags *ds); /* by place, each once */
void diags_print(struct diags *ds, FILE *to, bool color); /* sorts, prints, clears */
void diags_clear(struct diags *ds);
bool diags_once(struct diags *ds, enum diag_code code, struct span where); /* the first time that this is asked? */
const char *diag_code_text(enum diag_code code);   /* "E0203" */
const char *diag_code_kind(enum diag_code code);   /* "shape" */
enum severity diag_code_severity(enum diag_code code);
const char *diag_code_page(const char *code_text); /* NULL: no such code */
const char *diag_message(const struct diag *m);
enum diag_code diag_code_of(const struct diag *m);
struct span diag_span(const struct diag *m);

#endif
