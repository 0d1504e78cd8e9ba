/* The tensor IR: a function is a region of nodes in SSA form, each with a static shape.
 *
 * Without draws a node has one value for all prompts (it is *uniform*); with draws, one a prompt (*varying*). Shapes
 * are per prompt: prompts are no axis. Loops and builders own a nested region that may use any node of the regions
 * around it. Shapes are symbolic sizes (lang/sizes.h); in a function that is run, every size has a value. */
#ifndef ICL_IR_H
#define ICL_IR_H

#include <stdio.h>
#include "lang/sizes.h"
#include "lang/vec.h"

#define IR_MAX_RANK 8

enum ir_op {
#define ELEM(name, text, arity, type) OP_##name,
#define OP(name, text, arity, class) OP_##name,
#include "compiler/op.def"
#undef ELEM
#undef OP
    OP_COUNT
};
enum op_class {
    OP_CLASS_ELEM, OP_CLASS_MIXED, OP_CLASS_LEAF, OP_CLASS_VIEW, OP_CLASS_MOVE, OP_CLASS_REDUCE, OP_CLASS_LINALG,
    OP_CLASS_REGION
};
enum elem_type { ELEM_SAME, ELEM_REAL, ELEM_TEST, ELEM_LOGIC };
struct op_info {
    const char *text;
    int arity; /* -1: any */
    enum op_class class;
    enum elem_type type; /* OP_CLASS_ELEM */
};
extern const struct op_info op_info[OP_COUNT];

enum dtype { DT_REAL, DT_INT, DT_BOOL };
extern const char *const dtype_name[];

typedef const struct size *dim;

struct ir_node {
    enum ir_op op;
    enum dtype dtype;
    int rank;
    dim dims[IR_MAX_RANK];
    int nin;
    struct ir_node **in;

    /* attributes; those an op does not have are 0 */
    int axis;                    /* IOTA CONCAT GATHER CUMSUM reductions; GET: which result */
    int perm[IR_MAX_RANK];       /* TRANSPOSE */
    dim start[IR_MAX_RANK];      /* SLICE */
    int64_t step[IR_MAX_RANK];   /* SLICE */
    double real;                 /* CONST of reals (exact in the function's precision) */
    int64_t integer;             /* CONST of ints and bools */
    uint32_t site, stream;       /* DRAW_* */
    bool upper, transposed;      /* TRISOLVE */
    bool stops;                  /* REPEAT: the last result says "stop after this pass" */
    dim count;                   /* REPEAT: number of passes */
    dim first;                   /* REPEAT: value of the index parameter in the first pass */
    int slot;                    /* INPUT: which; PARAM: which of its region */
    str name;                    /* INPUT, PARAM, and any node bound to a name: for messages and texts */
    struct ir_region *body;      /* REGION ops */

    struct ir_region *region;    /* where it lives */
    int id;                      /* unique in its function, ascending in order of creation */
    struct span where;           /* the expression it came from */
    int uses;                    /* set by ir_count_uses */
    bool varying;                /* set by ir_mark_varying */
    void *note;                  /* a pass's own */
};

struct ir_region {
    struct ir_region *parent; /* NULL: a function's top */
    struct ir_node *owner;    /* the REPEAT or BUILD whose body it is */
    VEC(struct ir_node *) params, nodes, results; /* params: no part of nodes; of a function's top, its inputs */
    dim counts[IR_MAX_RANK];  /* BUILD: number of values of each index parameter */
};

struct ir_func {
    str name;
    struct arena *arena;
    struct size_table *sizes;
    struct ir_region *top;
    VEC(struct ir_node *) inputs; /* by slot */
    int next_id;
    int summed;                   /* > 0: results from this one on are summed over the lanes of a block (training) */
    struct span here;             /* where nodes are from that are made in the place of others (gradients) */
    int precision;                /* 32 or 64: what constants are rounded to and folded in */
    bool verify;                  /* ir_run_passes verifies after each pass */
    struct ir_table *cse;         /* hash-consing; NULL: off */
};

struct ir_func *ir_func_new(struct arena *a, struct size_table *sizes, str name);
struct ir_region *ir_region_new(struct ir_func *f, struct ir_region *parent);
/* Appends a copy of *proto (its `in` too) to `r`, or returns an equal node visible from there. Folds constants and
 * the identities that keep all bits (x * 1, a reshape of a reshape, a slice of everything ...). */
struct ir_node *ir_add(struct ir_func *f, struct ir_region *r, const struct ir_node *proto);
struct ir_node *ir_param(struct ir_func *f, struct ir_region *r, enum dtype t, int rank, const dim *dims, str name);
struct ir_node *ir_input(struct ir_func *f, enum dtype t, int rank, const dim *dims, str name);
struct ir_node *ir_const_real(struct ir_func *f, struct ir_region *r, double v);
struct ir_node *ir_const_int(struct ir_func *f, struct ir_region *r, enum dtype t, int64_t v);
struct ir_node *ir_broadcast(struct ir_func *f, struct ir_region *r, struct ir_node *x, int rank, const dim *dims);
/* ir_add's folding: an existing or new node of the same value, or NULL; may put *proto into canonical form. */
struct ir_node *ir_fold(struct ir_func *f, struct ir_region *r, struct ir_node *proto);
struct ir_node *ir_splat(struct ir_node *n); /* the CONST that fills n (a CONST or its BROADCAST); else NULL */

int64_t ir_dim(const struct ir_node *n, int axis);   /* known sizes only */
int64_t ir_elements(const struct ir_node *n);        /* known sizes only */
bool ir_same_shape(const struct ir_node *a, const struct ir_node *b);
bool ir_same_dims(int rank, const dim *a, const dim *b);
/* All that decides the value but operands and body. */
bool ir_same_attributes(const struct ir_node *a, const struct ir_node *b);
uint64_t ir_attribute_hash(const struct ir_node *n);
/* n may be an operand of a new node of `from`. */
bool ir_visible(const struct ir_region *from, const struct ir_node *n);
/* Symmetric by construction, bit for bit: A' A, A A', eye, sums and scalings of such; false: not known. */
bool ir_is_symmetric(const struct ir_node *n);
bool ir_is_positive(const struct ir_node *n); /* and positive semidefinite: A' A + a I */
void ir_count_uses(struct ir_func *f);
void ir_mark_varying(struct ir_func *f);
/* Calls visit on every node, operands before users, a region's parameters and nodes before its owner. */
void ir_walk(struct ir_region *r, void (*visit)(struct ir_node *, void *), void *data);

/* The passes, in the order of pass.def. */
enum ir_pass {
#define PASS(name, text, function, needs, gives) PASS_##name,
#include "compiler/pass.def"
#undef PASS
    PASS_COUNT
};
extern const char *const ir_pass_text[PASS_COUNT];
/* Runs them; ends hash-consing. NULL, or (when f->verify) which pass broke which rule. With ICL_VERIFY defined it
 * always verifies. */
const char *ir_run_passes(struct ir_func *f);
void ir_pass_variables(struct ir_func *f);
void ir_pass_dce(struct ir_func *f);
void ir_pass_reassociate(struct ir_func *f);
void ir_pass_narrow(struct ir_func *f);
void ir_pass_hoist(struct ir_func *f);
void ir_pass_cse(struct ir_func *f);

/* Replaces nodes of the top region by ones that hold what is read of them for these, when the sizes are known. */
void ir_narrow(struct ir_func *f, struct ir_node **result, int n);

/* Appends the nodes and results of another function, which is used up. input: by its slots, which inputs of f these
 * are. After the last one ir_join_done makes one node of equal ones; NULL, or which rule is broken. */
void ir_move(struct ir_func *f, struct ir_func *other, struct ir_node **input);
const char *ir_join_done(struct ir_func *f);

/* Text, one node a line; `ir_read` reads it back (NULL and *why on failure). */
void ir_print(FILE *to, const struct ir_func *f);
struct ir_func *ir_read(struct arena *a, struct interner *names, struct size_table *sizes, const char *text,
                        const char **why);
/* NULL: well formed; else what is wrong (text in the function's arena). */
const char *ir_verify(struct ir_func *f);
uint64_t ir_hash(const struct ir_func *f); /* of what decides the machine code: not names, places or input data */

#endif
