/* Costs of loop functions. The elementary functions are counted by their own text: elementary.inc is included once
 * more, with primitives that count themselves instead of computing anything. */
#include "compiler/cost.h"

#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((unused))

/* ---- elementary.inc as a counter: every value is 0 ---- */

INLINE int count_one(struct op_cost *c, int flops, int value)
{
    c->slots++;
    c->sums += flops > 0;
    c->flops += flops;
    return value;
}

INLINE int count_slow(struct op_cost *c, int value)
{
    c->slow++;
    return count_one(c, 1, value);
}

#define SC(name) PASTE(SC_PREFIX, name)
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define FN1(name, x) INLINE V SC(name)(struct op_cost *cost, V x)
#define FN2(name, x, y) INLINE V SC(name)(struct op_cost *cost, V x, V y)
#define FN3(name, x, y, z) INLINE V SC(name)(struct op_cost *cost, V x, V y, V z)
#define FN_R_I(name, x, i) INLINE V SC(name)(struct op_cost *cost, V x, I i)
#define TEST2(name, x, y) INLINE M SC(name)(struct op_cost *cost, V x, V y)
#define PROC(name, x, p, q) INLINE void SC(name)(struct op_cost *cost, V x, V *p, V *q)
#define PROC2(name, x, y, p, q) INLINE void SC(name)(struct op_cost *cost, V x, V y, V *p, V *q)
#define CALL1(name, x) SC(name)(cost, x)
#define CALL2(name, x, y) SC(name)(cost, x, y)
#define CALL3(name, x, y, z) SC(name)(cost, x, y, z)
#define RUN3(name, x, p, q) SC(name)(cost, x, p, q)

#define V int
#define I int
#define M int
#define K(x) 0
#define KI(x) 0
#define ADD(a, b) count_one(cost, 1, (a) + (b))
#define SUB(a, b) count_one(cost, 1, (a) + (b))
#define MUL(a, b) count_one(cost, 1, (a) + (b))
#define FMA(a, b, c) count_one(cost, 2, (a) + (b) + (c))
#define DIV(a, b) count_slow(cost, (a) + (b))
#define SQRT(a) count_slow(cost, a)
#define FLOOR(a) count_one(cost, 0, a)
#define ABS(a) count_one(cost, 0, a)
#define NEG(a) count_one(cost, 0, a)
#define EQ(a, b) count_one(cost, 0, (a) + (b))
#define NE(a, b) count_one(cost, 0, (a) + (b))
#define LT(a, b) count_one(cost, 0, (a) + (b))
#define LE(a, b) count_one(cost, 0, (a) + (b))
#define MASK_AND(a, b) count_one(cost, 0, (a) + (b))
#define MASK_OR(a, b) count_one(cost, 0, (a) + (b))
#define MASK_NOT(a) count_one(cost, 0, a)
#define SELECT(m, a, b) count_one(cost, 0, (m) + (a) + (b))
#define BITS(v) (v)
#define REAL(i) (i)
#define BITS_ADD(a, b) count_one(cost, 0, (a) + (b))
#define BITS_AND(a, b) count_one(cost, 0, (a) + (b))
#define BITS_OR(a, b) count_one(cost, 0, (a) + (b))
#define BITS_XOR(a, b) count_one(cost, 0, (a) + (b))
#define BITS_SHL(a, n) count_one(cost, 0, a)
#define BITS_SHR(a, n) count_one(cost, 0, a)
#define BITS_ANY(a) count_one(cost, 0, a)

#define NUMBER_BITS 32
#define SC_PREFIX cost32_
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX

#define NUMBER_BITS 64
#define SC_PREFIX cost64_
#include "compiler/elementary.inc"
#undef SC_PREFIX

#define ARGS_1 0
#define ARGS_2 0, 0
#define ARGS_3 0, 0, 0
#define ROW(name, arity)                                     \
    case OP_##name:                                          \
        if (precision == 32) cost32_##name(&c, ARGS_##arity); \
        else cost64_##name(&c, ARGS_##arity);                \
        break;

/* See cost.h. */
struct op_cost cost_of_op(enum ir_op op, int precision)
{
    struct op_cost c = { 0 };
    switch (op) {
#define ELEM(name, text, arity, type) ROW_##type(name, arity)
#define OP(name, text, arity, class)
#define ROW_SAME(name, arity) ROW(name, arity)
#define ROW_REAL(name, arity) ROW(name, arity)
#define ROW_TEST(name, arity) ROW(name, arity)
#define ROW_LOGIC(name, arity)
#include "compiler/op.def"
    default: c.slots = 1; /* LOGIC, SELECT and casts */
    }
    return c;
}

/* See cost.h. Philox: ten rounds of two 32 x 32 -> 64 bit products (for even and odd lanes apart, and put together
 * again), four exclusive ors and an addition to each key; then a shift, an addition and a product a uniform. */
struct op_cost cost_of_draw(enum ir_op op, int precision)
{
    enum { ROUNDS = 10, PRODUCTS = 4, ROUND = PRODUCTS + 6 + 4 + 2, UNIFORM = 3 };
    struct op_cost c = { .slots = ROUNDS * ROUND + 4 * UNIFORM, .sums = ROUNDS * PRODUCTS + 4 * 2, .flops = 4 * 2 };
    int first, second;
    for (int pair = 0; op == OP_DRAW_NORMAL && pair < 2; pair++) {
        if (precision == 32) cost32_normal_pair(&c, 0, 0, &first, &second);
        else cost64_normal_pair(&c, 0, 0, &first, &second);
    }
    return c;
}

/* ---- loops ---- */

/* See cost.h. A division or root of a vector occupies its unit for about five cycles. */
double cost_cycles(const struct cost *c)
{
    enum { SLOW = 5 };
    double need[] = { c->work.slots / 4, (c->work.sums - c->work.slow) / 2 + SLOW * c->work.slow, c->loads / 2,
                      c->stores };
    double most = 0;
    for (size_t k = 0; k < sizeof need / sizeof *need; k++)
        if (need[k] > most) most = need[k];
    return most;
}

static void add(struct cost *to, const struct cost *c, double times)
{
    to->work.flops += times * c->work.flops;
    to->work.slots += times * c->work.slots;
    to->work.sums += times * c->work.sums;
    to->work.slow += times * c->work.slow;
    to->loads += times * c->loads;
    to->stores += times * c->stores;
    to->load_bytes += times * c->load_bytes;
    to->store_bytes += times * c->store_bytes;
    to->gathered += times * c->gathered;
}

struct counting {
    struct arena *arena;
    const struct loop_func *f;
    struct kernel_cost *out;
    double *passes; /* by block: of its loop, in one run of the block around it */
};

/* An index as a number; what is not known in advance (a carried value) is NAN. */
static double index_value(const struct counting *k, int id)
{
    const struct loop_ins *i = &k->f->ins.data[id];
    double a = i->nargs > 0 && i->op != L_LOOP ? index_value(k, i->arg[0]) : 0;
    double b = i->nargs > 1 && i->op != L_LOOP ? index_value(k, i->arg[1]) : 0;
    switch (i->op) {
    case L_INDEX: return (double)i->imm;
    case L_COUNTER: return (k->passes[i->block] - 1) / 2;
    case L_IADD: return a + b;
    case L_ISUB: return a - b;
    case L_IMUL: return a * b;
    case L_IDIV: return (double)(int64_t)(a / b);
    case L_IMOD: return b / 2;
    case L_IMIN: return a < b ? a : b;
    case L_IMAX: return a > b ? a : b;
    default: return 0;
    }
}

static struct cost of_memory(const struct loop_func *f, const struct loop_ins *i)
{
    const struct loop_mem *m = &f->mems.data[i->mem];
    bool shared = m->kind == MEM_UNIFORM || m->kind == MEM_INPUT, lanewise = i->op == L_GATHER || i->op == L_SCATTER;
    double size = f->precision / 8.0, bytes = shared && !lanewise ? size : size * f->lanes;
    double n = lanewise ? f->lanes : 1;
    bool load = i->op == L_LOAD || i->op == L_GATHER;
    return (struct cost){ .loads = load ? n : 0, .stores = load ? 0 : n, .load_bytes = load ? bytes : 0,
                          .store_bytes = load ? 0 : bytes, .gathered = lanewise ? n : 0 };
}

/* Indices, flags and constants cost nothing that counts: they are scalars beside the vectors, or stay in registers. */
static struct cost of_instruction(const struct loop_func *f, const struct loop_ins *i)
{
    struct cost c = { 0 };
    switch (i->op) {
    case L_ELEM: c.work = cost_of_op(i->elem, f->precision); break;
    case L_FMA: c.work = (struct op_cost){ .flops = 2, .slots = 1, .sums = 1 }; break;
    case L_DRAW: c.work = cost_of_draw(i->elem, f->precision); break;
    case L_ANY:
    case L_CHOOSE: c.work.slots = i->type != LT_INDEX && i->type != LT_FLAG; break;
    case L_LOAD:
    case L_STORE:
    case L_GATHER:
    case L_SCATTER: return of_memory(f, i);
    default: break;
    }
    if (i->type == LT_INT && i->op == L_ELEM) c.work.flops = 0;
    return c;
}

static void add_line(struct counting *k, const struct ir_node *node, const struct cost *c, double times)
{
    const struct source *src = node ? node->where.src : NULL;
    int line = src ? source_line(src, node->where.from) : 0;
    for (int i = 0; i < k->out->lines.n; i++) {
        struct line_cost *l = &k->out->lines.data[i];
        if (l->src != src || l->line != line) continue;
        add(&l->cost, c, times);
        return;
    }
    struct line_cost l = { .src = src, .line = line };
    add(&l.cost, c, times);
    vec_push(k->arena, &k->out->lines, l);
}

static void count_block(struct counting *k, int block, double times, bool inside);

static void count_loop(struct counting *k, const struct loop_ins *i, double times, bool inside)
{
    const struct loop_loop *l = i->loop;
    bool blocks = k->f->ins.data[i->arg[0]].op == L_BLOCKS;
    double passes = blocks ? 1 : index_value(k, i->arg[0]);
    k->passes[l->block] = passes > 0 ? passes : 0;
    if (l->going >= 0) k->out->until = true;
    count_block(k, l->block, times * k->passes[l->block], inside || blocks);
}

static void count_block(struct counting *k, int block, double times, bool inside)
{
    const struct loop_block *b = &k->f->blocks.data[block];
    for (int n = 0; n < b->ins.n; n++) {
        const struct loop_ins *i = &k->f->ins.data[b->ins.data[n]];
        if (i->op == L_LOOP) {
            count_loop(k, i, times, inside);
            continue;
        }
        struct cost c = of_instruction(k->f, i);
        add(inside ? &k->out->block : &k->out->once, &c, times);
        if (!inside) continue;
        add_line(k, i->node, &c, times);
        if (i->node) k->out->share[i->node->op] += times * (c.work.slots + c.loads + c.stores);
    }
}

static int costlier(const void *x, const void *y)
{
    double a = ((const struct line_cost *)x)->cost.cycles, b = ((const struct line_cost *)y)->cost.cycles;
    return a > b ? -1 : a < b;
}

/* See cost.h. */
void cost_of_loops(struct arena *a, const struct loop_func *f, struct kernel_cost *out)
{
    struct counting k = { .arena = a, .f = f, .out = out };
    memset(out, 0, sizeof *out);
    k.passes = ARENA_ARRAY(a, double, f->blocks.n + 1);
    count_block(&k, 0, 1, false);
    out->block.cycles = cost_cycles(&out->block);
    out->once.cycles = cost_cycles(&out->once);
    double all = out->block.work.slots + out->block.loads + out->block.stores;
    for (int op = 0; op < OP_COUNT; op++) out->share[op] /= all > 0 ? all : 1;
    for (int i = 0; i < out->lines.n; i++) out->lines.data[i].cost.cycles = cost_cycles(&out->lines.data[i].cost);
    qsort(out->lines.data, (size_t)out->lines.n, sizeof *out->lines.data, costlier);
}
