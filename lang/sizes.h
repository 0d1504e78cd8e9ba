/* Sizes: integer polynomials over size symbols, kept normalised and hash-consed, so that equal sizes are equal
 * pointers (`n + 1` is `1 + n`, `(n + 1) - 1` is `n`).
 *
 * A symbol is RIGID (bound by a signature: different from everything but itself), OPEN (an integer hyper-parameter
 * of a definition that is checked on its own: decided when the value is known) or VALUED (an option, a constant, a
 * sweep variable, a hyper-parameter or a signature name of a specialised definition: a name for a known integer).
 * What algebra cannot normalise (`k / heads`) is an opaque atom: decided when all its parts have values. */
#ifndef ICL_SIZES_H
#define ICL_SIZES_H

#include <stdbool.h>
#include <stdint.h>
#include "lang/source.h"

enum size_kind { SIZE_RIGID, SIZE_OPEN, SIZE_VALUED };
enum size_order { SIZE_EQUAL, SIZE_DIFFERENT, SIZE_UNDECIDED };

struct size;
struct size_table;

struct size_symbol {
    str name;
    enum size_kind kind;
    int64_t value;      /* VALUED */
    struct span origin; /* the option, signature, hyper-parameter that names it */
    const char *what;   /* "the option", "the signature", "the hyper-parameter", "the sweep" */
    int id;
};

struct size_table *size_table_new(struct arena *a);
/* Sizes of a while: from the mark on they are made in `room`, until size_table_leave. Those made since are forgotten by
 * size_table_rewind, after which nothing may refer to them. Marks nest. */
struct size_mark {
    struct arena *room; /* before */
    int sizes, monos, factors;
};
struct size_mark size_table_mark(struct size_table *t, struct arena *room);
void size_table_rewind(struct size_table *t, const struct size_mark *mark);
void size_table_leave(struct size_table *t, const struct size_mark *mark);
bool size_is_after(const struct size *s, const struct size_mark *mark);
const struct size *size_int(struct size_table *t, int64_t v);
/* A fresh symbol: two calls with one name give two different symbols. */
const struct size *size_symbol(struct size_table *t, str name, enum size_kind kind, int64_t value, struct span origin,
                               const char *what);
const struct size *size_add(struct size_table *t, const struct size *a, const struct size *b);
const struct size *size_sub(struct size_table *t, const struct size *a, const struct size *b);
const struct size *size_mul(struct size_table *t, const struct size *a, const struct size *b);
/* Exact quotient when b divides every coefficient; else an atom `(a) / (b)`, whose value is known when a and b have
 * values and b divides a. */
const struct size *size_quotient(struct size_table *t, const struct size *a, const struct size *b);
const struct size *size_max(struct size_table *t, const struct size *a, const struct size *b); /* atom when open */
const struct size *size_min(struct size_table *t, const struct size *a, const struct size *b);

bool size_known(const struct size *s, int64_t *value); /* all symbols have values */
int64_t size_value(const struct size *s);              /* known sizes only (asserts) */
bool size_is(const struct size *s, int64_t value);     /* known, and this */
enum size_order size_compare(const struct size *a, const struct size *b);
bool size_never_negative(const struct size *s); /* by algebra, taking every symbol as >= 1; false: not known */

void size_text(const struct size *s, struct buf *out); /* "n + 1", "2 * n", "k / heads", "40" */
const char *size_str(struct arena *a, const struct size *s);
/* The symbols of s, each once; returns how many (at most max are stored). */
int size_symbols(const struct size *s, const struct size_symbol **out, int max);

#endif
