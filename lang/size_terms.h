/* What sizes are made of (see size_terms.c), for the files that work on them: sizes.c, sizes_text.c. */
#ifndef ICL_SIZE_TERMS_H
#define ICL_SIZE_TERMS_H

#include "lang/sizes.h"

enum factor_kind { F_SYMBOL, F_QUOTIENT, F_MAX, F_MIN, F_PRODUCT };

struct factor {
    enum factor_kind kind;
    struct size_symbol symbol;   /* F_SYMBOL */
    const struct size *a, *b;    /* atoms */
    const struct size *plain;    /* its value or simpler form once VALUED symbols are replaced; NULL: itself */
    const struct size *whole;    /* the size that is this factor alone */
    int id;
};
struct power {
    const struct factor *of;
    int power;
};
struct mono {
    int n, degree, id;
    const struct power *powers; /* by ascending id of the factor */
};
struct term {
    int64_t coef;
    const struct mono *mono;
};
struct size {
    struct size_table *table;
    int n, id;
    const struct term *terms;
    const struct size *plain;
    bool known;
    int64_t value;
};

/* A set of pointers: open addressing, `hashes` beside `items`. */
struct set {
    const void **items;
    uint64_t *hashes;
    int n, capacity;
};
struct size_table {
    struct arena *arena;         /* of the sets */
    struct arena *room;          /* of what is in them: see size_table_mark */
    struct set sizes, monos, atoms;
    int factors;                 /* how many symbols and atoms there are */
    const struct mono *unit;
    const struct size *zero, *one;
};

/* A polynomial in the making: sorted terms, on the stack while few. */
enum { POLY_FEW = 12 };
struct poly {
    struct term *terms;
    int n, capacity;
    struct term few[POLY_FEW];
};

int64_t size_sat_mul(int64_t a, int64_t b); /* saturates */

/* Returns the one monomial of these powers, by ascending id of the factor. */
const struct mono *mono_intern(struct size_table *t, const struct power *powers, int n);
/* x * y, or with sign -1 x / y; NULL when y does not divide x (or there are too many factors). */
const struct mono *mono_mul(struct size_table *t, const struct mono *x, const struct mono *y, int sign);

/* Returns the one size of these terms, which stand in order and are not zero. */
const struct size *size_intern(struct size_table *t, const struct term *terms, int n);
/* The size that is one atom of a and b; what is known of them makes it something simpler. */
const struct size *size_atom(struct size_table *t, enum factor_kind kind, const struct size *a, const struct size *b);

void poly_init(struct poly *p);
void poly_free(struct poly *p);
void poly_add(struct poly *p, int64_t coef, const struct mono *mono);
void poly_add_size(struct poly *p, int64_t times, const struct size *s); /* times * s */
const struct size *poly_done(struct size_table *t, struct poly *p);     /* the size; frees the polynomial */

#endif
