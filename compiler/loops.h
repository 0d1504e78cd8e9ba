/* The loop IR: typed SSA with structured loops over buffers, one SIMD lane a prompt.
 *
 * A value is a vector of `lanes` reals, ints or bools, or an index or a flag that all lanes share. There are no
 * branches but loops, whose carried values are parameters of their block. A function is one kernel call: its top
 * block runs once and holds the loop over blocks of prompts. The builder keeps instructions unique and puts a pure
 * one into the outermost open block in which its arguments exist. */
#ifndef ICL_LOOPS_H
#define ICL_LOOPS_H

#include "compiler/ir.h"

enum loop_op {
#define LOOP_OP(name, text, args, pure) L_##name,
#include "compiler/loop.def"
#undef LOOP_OP
    L_COUNT
};

enum loop_type { LT_NONE, LT_INDEX, LT_FLAG, LT_REAL, LT_INT, LT_BOOL };

/* Where elements are. LANES: a lane vector each; UNIFORM: one scalar each, the same for all lanes.
 * SUMS: an output that takes the sum of the lanes, added as a tree of neighbours. */
enum mem_kind { MEM_LANES, MEM_UNIFORM, MEM_INPUT, MEM_OUTPUT, MEM_SUMS };
struct loop_mem {
    enum mem_kind kind;
    enum loop_type type;
    int64_t elements;
    int slot;         /* INPUT, OUTPUT */
    int64_t offset;   /* LANES, UNIFORM: bytes from the start of scratch, set by loops_place */
    int size;         /* the offset's number among f->sizes, + 1; 0: it is known */
    bool done;        /* written completely: loads may move */
    int done_block;
    int version;      /* stores so far */
    const char *name; /* for texts; or NULL */
};

struct loop_loop {
    int block;
    int counter;
    int ncarried;
    int *carried, *init, *next; /* parameters, values before the first pass, values at the end of a pass */
    int going;                  /* flag at the end of a pass: go on; -1: always */
    int nest;                   /* its number among f->nests, + 1, set by loops_nests; 0: it is none */
};

/* What a nest takes from outside. VALUE: an instruction; BUFFER: the address of one; of f->sizes, number + 1, SIZE: the
 * word, an index; REAL: the word, a real; PLACE: the address so many elements after its buffer's. */
enum loop_taken_kind { TAKEN_VALUE, TAKEN_BUFFER, TAKEN_SIZE, TAKEN_REAL, TAKEN_PLACE };
struct loop_taken {
    enum loop_taken_kind kind;
    int id;
};

/* A loop that may be a function of its own. */
struct loop_nest {
    uint64_t key[2];
    int code;  /* instructions */
    int part;  /* of the first: which part of the function's code it belongs to */
    int twin;  /* the first nest with the same code */
    int twins; /* of the first: how many others there are */
    VEC(struct loop_taken) taken;
};

struct loop_ins {
    enum loop_op op;
    enum loop_type type;
    enum ir_op elem;
    int nargs, arg[3];
    int64_t imm;
    double real;
    int mem;
    int size[3];            /* by argument: what stands for it in f->sizes, + 1 (set by loops_sizes); 0: itself.
                             * LOOP: the passes; REAL, INT: the constant; LOAD, STORE: elements that imm counts, too */
    int block;              /* where it stands */
    int hash_next;
    struct loop_loop *loop; /* LOOP */
    struct ir_node *node;   /* what it computes a part of, for messages; or NULL */
};

struct loop_block {
    VEC(int) ins;
    int depth;
    bool open;
};

struct loop_func {
    struct arena *arena;
    const char *name;
    int lanes, precision;
    VEC(struct loop_ins) ins;
    VEC(struct loop_mem) mems;
    VEC(struct loop_block) blocks; /* 0: the top */
    int64_t scratch;               /* bytes, set by loops_place */
    VEC(struct loop_nest) nests;
    int parts;                     /* into which the code is divided; 0 or 1: it is not */
    VEC(uint64_t) sizes;           /* what the code is told when it runs, set by loops_sizes */
};

struct loop_builder {
    struct loop_func *f;
    VEC(int) open;      /* blocks, outermost first */
    int *bucket;        /* unique instructions by hash */
    int buckets;
    int epoch;          /* stores so far */
    struct ir_node *at; /* noted in new instructions */
};

extern const char *const loop_op_text[];
extern const char *const loop_type_text[];

struct loop_func *loops_new(struct arena *a, const char *name, int lanes, int precision);
void loops_builder(struct loop_builder *b, struct loop_func *f);
enum loop_type loops_type(enum dtype t);
enum dtype loops_dtype(enum loop_type t);
int loops_mem(struct loop_func *f, enum mem_kind kind, enum loop_type type, int64_t elements, int slot,
              const char *name);
void loops_mem_done(struct loop_builder *b, int mem);
int64_t loops_elem_bytes(const struct loop_func *f, const struct loop_mem *m); /* of one element of a scratch buffer */

int loops_index(struct loop_builder *b, int64_t v);
int loops_real(struct loop_builder *b, double v);
int loops_int(struct loop_builder *b, int64_t v);
int loops_bool(struct loop_builder *b, bool v);
int loops_flag(struct loop_builder *b, bool v);
int loops_shared(struct loop_builder *b, int x); /* the index or flag that all lanes are, or -1 */
int loops_blocks(struct loop_builder *b);
int loops_prompt(struct loop_builder *b, int block);
int loops_elem(struct loop_builder *b, enum ir_op op, enum loop_type type, int n, const int *arg);
int loops_elem1(struct loop_builder *b, enum ir_op op, int x);
int loops_elem2(struct loop_builder *b, enum ir_op op, int x, int y); /* TEST and LOGIC rows give LT_BOOL */
int loops_select(struct loop_builder *b, int cond, int x, int y);      /* cond: bool lanes or a flag */
int loops_fma(struct loop_builder *b, int x, int y, int z);
int loops_index_op(struct loop_builder *b, enum loop_op op, int x, int y); /* IADD .. FAND; folds constants */
int loops_any(struct loop_builder *b, int x);
int loops_splat(struct loop_builder *b, int x);
int loops_load(struct loop_builder *b, int mem, int index, int64_t imm);
void loops_store(struct loop_builder *b, int mem, int index, int64_t imm, int value);
int loops_gather(struct loop_builder *b, int mem, int index);
void loops_scatter(struct loop_builder *b, int mem, int index, int value);
void loops_draw(struct loop_builder *b, enum ir_op op, uint32_t site, uint32_t stream, int group, int prompt, int pass,
                int out[4]);
bool loops_is_index(const struct loop_builder *b, int value, int64_t *v); /* a constant index */

/* A loop of `count` (an index) passes. Between begin and end, instructions go into its block. `next` and `results`
 * may be the same array. `going`: a flag that says "another pass", or -1. */
int loops_begin(struct loop_builder *b, int count, int ncarried, const int *init);
int loops_counter(const struct loop_builder *b, int loop);
int loops_carried(const struct loop_builder *b, int loop, int k);
void loops_end(struct loop_builder *b, int loop, const int *next, int going, int *results);

/* Drops what nothing uses; gives scratch buffers their offsets, buffers that never live together sharing bytes. */
void loops_clean(struct loop_func *f);
void loops_place(struct loop_func *f);
/* Collects the numbers that the code is told when it runs (f->sizes); functions with equal keys have the same code.
 * `known`: the code is told nothing. */
void loops_sizes(struct loop_func *f, bool known, uint64_t key[2]);
/* Finds nests of loops that do the same to other buffers (f->nests), after loops_sizes; divides the code into parts. */
void loops_nests(struct loop_func *f, int parts);
void loops_print(FILE *to, const struct loop_func *f);
/* NULL: well formed; else what is wrong (text in the function's arena). */
const char *loops_verify(const struct loop_func *f);

#endif
