/* The lanes schedule: a tensor IR function with known sizes becomes a loop function, one SIMD lane a prompt.
 *
 * First a plan (lanes_plan.c): which nodes are computed where they are used (INLINE) and which are kept (a BUFFER of
 * elements in scratch, or one VALUE). Then code (lanes.c and lanes_*.c) in the order of the IR. Code for elements is
 * pulled: lanes_elems(node, positions) gives the values of a few elements of a node at once, by loading them or by
 * pulling the operands' elements. A position is an affine form of loop counters (lanes_index.c), so views cost
 * nothing and a batch of positions becomes a register tile. */
#ifndef ICL_LANES_H
#define ICL_LANES_H

#include "compiler/loops.h"

/* Schedules f for `lanes` prompts a vector on a machine with so many vector registers; NULL and *why when it cannot.
 * Sets uses and varying marks in f. */
struct loop_func *lanes_schedule(struct arena *a, struct ir_func *f, int lanes, int registers, const char **why);

/* ---- positions: affine forms of variables ---- */
#define IX_TERMS 8
enum ix_kind { IX_COUNTER, IX_LANES, IX_DIV, IX_MOD, IX_SUM };
struct ix {
    int64_t c;
    int n;
    struct {
        int var;
        int64_t k;
    } t[IX_TERMS]; /* by ascending variable */
};
struct ix_var {
    enum ix_kind kind;
    int value;      /* COUNTER: an index; LANES: ints; -1: in the plan */
    struct ix of;   /* DIV, MOD, SUM */
    int64_t d;      /* DIV, MOD */
    int64_t lo, hi; /* its values, both included */
};

/* ---- nodes ---- */
enum place { AT_NONE, AT_INLINE, AT_BUFFER, AT_VALUE };
struct reader; /* a loop nest over some node's elements: what a use is counted by */
struct access {
    struct reader *by;
    struct ix *at;  /* by axis, in the reader's variables */
    double reads;   /* elements read a time the node's region runs */
    bool inner;     /* inside a reduction or contraction */
};
struct lane_node {
    enum place place;
    bool accumulate;  /* MATMUL: the loop over the inner axis is outside, */
    bool left;        /*   and the operand computed as it goes is the first */
    int mem;
    struct ix origin; /* number of element 0 in it */
    int64_t stride[IR_MAX_RANK];
    int value;        /* AT_VALUE */
    struct ix bound;  /* PARAM of a BUILD, index of a REPEAT */
    bool is_bound;
    double cost;      /* of one element, inline; an addition is 0.5 */
    double code;      /* size of the code for it */
    int var;          /* the plan's variable of a reduction, + 1 */
    bool used;        /* REPEAT: by a GET */
    bool weighed;     /* inline: the next two and `code` are of what is really in line (lanes_tile.c) */
    bool product;     /* an element needs a MATMUL */
    int accumulators; /* an element needs */
    VEC(struct access) seen;
    struct lane_node **state; /* REPEAT: where each state is */
    const struct lane_node *kept; /* while the node is computed: its operands or working copies */
    struct lane_node *copy[2];    /* MATMUL: copies of its operands, in the order in which tiles read them; or NULL */
    struct lane_node *panels;     /* a copy of this node for products that read it, or NULL */
    int64_t panel;    /* > 0: elements of the last axis lie in panels of so many; its stride is from panel to panel */
};

struct lanes {
    struct arena *arena;
    struct ir_func *f;
    struct loop_func *lf;
    struct loop_builder b;
    VEC(struct ix_var) vars;
    int registers;
    bool uniform;     /* code stands before the loop over blocks: buffers hold scalars */
    struct ix block;  /* counter of the loop over blocks */
    struct memo *memo[256]; /* batches computed lately, by hash (lanes_elem.c) */
    const char *why;
};

static inline struct lane_node *lane(const struct ir_node *n)
{
    return n->note;
}

/* lanes_index.c */
struct ix ix_const(int64_t c);
int ix_new_var(struct lanes *l, enum ix_kind kind, int value, int64_t lo, int64_t hi);
struct ix ix_of_var(int var);
struct ix ix_counter(struct lanes *l, int loop, int64_t count); /* of a loop being built */
struct ix ix_add(struct lanes *l, struct ix a, struct ix b);
struct ix ix_scale(struct ix a, int64_t k);
struct ix ix_plus(struct ix a, int64_t c);
void ix_divmod(struct lanes *l, struct ix a, int64_t d, struct ix *quotient, struct ix *rest);
void ix_range(const struct lanes *l, const struct ix *a, int64_t *lo, int64_t *hi);
bool ix_same(const struct ix *a, const struct ix *b);
uint64_t ix_hash(const struct ix *a);
bool ix_has_lanes(const struct lanes *l, const struct ix *a);
int ix_value(struct lanes *l, struct ix a);       /* an index; no lanes */
int ix_lanes_value(struct lanes *l, struct ix a); /* ints */
/* Where element `out` of a view comes from. */
void ix_view(struct lanes *l, const struct ir_node *view, const struct ix *out, struct ix *in);
/* An int node as a position, when it is one; `at`: which element. */
bool ix_of_node(struct lanes *l, const struct ir_node *n, const struct ix *at, struct ix *out);
/* A bool node as a flag: *value (or its opposite, *negated). */
bool ix_flag_of_node(struct lanes *l, const struct ir_node *n, const struct ix *at, int *value, bool *negated);

/* lanes_plan.c */
struct reader {
    const struct ir_node *node;      /* whose code reads; a state's or output's reader has none */
    const struct ir_region *region;  /* where the code stands */
    const struct ir_node *target;    /* state: the PARAM it may overwrite */
    bool early;                      /* state: one row of it is put, before others are overwritten */
    struct ix *own;                  /* the identity position */
    bool varying;
};
void lanes_plan(struct lanes *l);
double lanes_op_cost(enum ir_op op);
/* True when a state's new value may be stored while it is computed: nothing else reads the old one. */
bool lanes_in_place(const struct ir_node *param);

/* lanes_elem.c: values of `n` elements; positions at[k * rank + axis] */
void lanes_elems(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out);
void lanes_compute(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out);
int lanes_elem(struct lanes *l, const struct ir_node *node, const struct ix *at);
/* An element of a place with strides. */
struct ix lanes_number(struct lanes *l, const struct lane_node *ln, int rank, const struct ix *at);
int lanes_load(struct lanes *l, int mem, struct ix at);
void lanes_store(struct lanes *l, int mem, struct ix at, int value);
/* lanes_reduce.c */
void lanes_reduction(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out);
void lanes_matmul(struct lanes *l, const struct ir_node *node, int n, const struct ix *at, int *out);
void lanes_accumulate(struct lanes *l, const struct ir_node *node); /* fills the node's buffer */

/* lanes_product.c: a product's register tile, and copies of operands for it */
struct product_tile {
    int rows, columns;
    bool columns_outside; /* the loop over tiles of columns is the outer one */
};
struct product_tile lanes_product_tile(const struct lanes *l, const struct ir_node *p, int64_t lines, int64_t columns,
                                       bool both_orders);
struct product_tile lanes_symmetric_tile(const struct lanes *l, int64_t n);
/* Whether lines (0) or columns (1) of an operand that so many tiles read should be copied together first. */
bool lanes_wants_panel(struct lanes *l, const struct ir_node *p, int which, int64_t readers);
/* Copies `len` lines or columns of an operand, from position at[] of the product on; its tiles read them from there. */
void lanes_copy_panel(struct lanes *l, const struct ir_node *product, int which, const struct ix *at, int len);
/* Copies what products of a region read that is the same for all prompts; stands before the loop over blocks. */
void lanes_copy_shared(struct lanes *l, const struct ir_region *region);

/* lanes_tile.c: loop nests over a node's elements */
struct dest {
    int mem;
    struct ix origin;
    int64_t stride[IR_MAX_RANK];
    int active; /* bool lanes: others keep what is stored; -1: all */
};
void lanes_fill(struct lanes *l, const struct ir_node *node, const struct dest *to, bool compute);
int lanes_buffer(struct lanes *l, enum dtype t, int64_t elements, const char *name);
void lanes_keep(struct lanes *l, const struct ir_node *node); /* gives a node a row-major buffer of its own */
struct dest lanes_dest(const struct ir_node *node);
void lanes_strides(const struct ir_node *node, int64_t *stride);
bool lanes_is_straight(const struct ir_node *n); /* an element in line takes no loop */
int lanes_pick(int64_t n, int most); /* a tile's length along an axis */
/* Calls body for every tile of from .. to-1; `at` is its first index, `len` its length (`tile`, the last may be
 * shorter). */
typedef void lanes_body(struct lanes *l, struct ix at, int len, void *data);
void lanes_tiles(struct lanes *l, int64_t from, int64_t to, int tile, lanes_body *body, void *data);

/* A loop over from .. to-1 for hand-written nests; its position is *at. Carried values as in loops.h. */
int lanes_for(struct lanes *l, struct ix from, struct ix to, int ncarried, const int *init, struct ix *at);
void lanes_end(struct lanes *l, int loop, const int *next, int *results);
/* Where an operand's elements can be loaded: its own buffer, or a copy made now. */
struct lane_node lanes_kept(struct lanes *l, const struct ir_node *operand, bool own_copy);
/* Calls body once a position of the first `axes` axes, which it finds in `at`. */
typedef void lanes_batch(struct lanes *l, const struct ir_node *node, const struct ix *at);
void lanes_batches(struct lanes *l, const struct ir_node *node, int axes, lanes_batch *body);

/* lanes.c */
enum lanes_part { LANES_ALL, LANES_UNIFORM, LANES_VARYING };
void lanes_region(struct lanes *l, const struct ir_region *r, enum lanes_part part);
void lanes_root(struct lanes *l, const struct ir_node *node);

/* lanes_region.c, lanes_move.c, lanes_linalg*.c: one function an op that fills its node's buffer */
void lanes_repeat(struct lanes *l, const struct ir_node *node);
void lanes_build(struct lanes *l, const struct ir_node *node);
void lanes_draw(struct lanes *l, const struct ir_node *node);
void lanes_concat(struct lanes *l, const struct ir_node *node);
void lanes_cumsum(struct lanes *l, const struct ir_node *node);
void lanes_sort(struct lanes *l, const struct ir_node *node); /* ARGSORT, RANK too */
void lanes_cholesky(struct lanes *l, const struct ir_node *node);
void lanes_trisolve(struct lanes *l, const struct ir_node *node);
void lanes_lu(struct lanes *l, const struct ir_node *node); /* LU_SOLVE, LU_LOGDET */
void lanes_eigh(struct lanes *l, const struct ir_node *node);
void lanes_lstsq(struct lanes *l, const struct ir_node *node);

#endif
