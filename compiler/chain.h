/* Products of matrices as chains of factors, and plans of how to compute them: for reassociate.c and chain_*.c only.
 *
 * A form is a sum of terms, a term scalars times a chain, a chain a product of matrices and diagonal matrices (which
 * are vectors that scale rows or columns). A vector is a matrix of one column. */
#ifndef ICL_CHAIN_H
#define ICL_CHAIN_H

#include "compiler/ir.h"

enum { CHAIN_FACTORS = 8, CHAIN_TERMS = 4, CHAIN_SCALARS = 8 };

struct factor {
    struct ir_node *node;
    bool diagonal;   /* the vector `node` on a diagonal */
    bool inverse;    /*   with its reciprocals */
    bool transposed; /* of a matrix */
    int64_t rows, columns;
};

/* A number that scales: node or 1 / node; 1 element. */
struct scaling {
    struct ir_node *node;
    bool inverse;
};

struct scalings {
    int n;
    struct scaling of[CHAIN_SCALARS];
};

struct term {
    bool negative;
    struct scalings scale;
    int n;
    struct factor factor[CHAIN_FACTORS];
};

struct form {
    struct ir_node *root;   /* whose value it is */
    int64_t rows, columns;  /* of the root as a matrix */
    int64_t batch;          /* elements of its leading axes */
    struct scalings common; /* of all terms of a sum */
    int n;
    struct term term[CHAIN_TERMS];
};

/* What a form is made through. */
enum { FORM_SUMS = 1, FORM_SHARED = 2, FORM_KINDS = 4 };

struct chains {
    struct arena *arena;
    struct ir_func *f;
};

/* Which part of a term's chain: factors from .. to. */
struct part {
    const struct term *term;
    int from, to;
};

/* One product that a plan makes. Equal keys: equal values, or one is the transposition of the other. */
struct step {
    uint64_t key;
    double cost;
};

struct plan {
    struct form form;
    uint64_t free;                                             /* a product that was taken to cost nothing */
    signed char split[CHAIN_TERMS][CHAIN_FACTORS][CHAIN_FACTORS]; /* where a part falls in two: after which factor */
    struct { int from, to; } scaled[CHAIN_TERMS];              /* the part that the term's scalings go to */
    double own;                                                /* cost of what no other plan can use */
    VEC(struct step) steps;
};

/* chain.c */
struct ir_node *chain_root(struct ir_node **user, struct ir_node *product); /* with the scalings applied to it alone */
bool chain_form(struct ir_node *root, unsigned through, struct form *out);  /* false: no chain of two factors */
bool chain_is_transpose(const struct ir_node *n);
void chain_leaf(struct ir_node *n, struct form *out); /* n as one factor */
uint64_t chain_key(struct part p, bool *flipped); /* flipped: the key is that of the transposition */
bool chain_palindrome(struct part p);             /* its own transposition */
bool chain_diagonal(struct part p);
const struct ir_region *chain_home(struct part p); /* the innermost region of its factors */
const struct ir_region *chain_inner(const struct ir_region *a, const struct ir_region *b);

/* chain_cost.c: the cost model */
double chain_node_cost(const struct ir_node *n);
struct step chain_stream(struct ir_node *n);
struct plan *chain_plan(struct chains *c, const struct form *form, bool squares, uint64_t free);

/* chain_emit.c */
struct chain_emitter;
struct chain_emitter *chain_emitter_new(struct chains *c);
struct ir_node *chain_current(struct chain_emitter *e, struct ir_node *n); /* what n was replaced by, or n */
void chain_replace(struct chain_emitter *e, struct ir_node *n, struct ir_node *by);
void chain_made(struct chain_emitter *e, struct ir_node *product, const struct form *form); /* others may use it */
struct ir_node *chain_emit(struct chain_emitter *e, const struct plan *p);

#endif
