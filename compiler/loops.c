/* Builds loop IR. Equal pure instructions are found by a hash table; one is visible while its block is open, so values
 * of an enclosing block serve all blocks inside. A new pure instruction goes to the end of the outermost open block in
 * which its arguments exist: everything that does not change in a loop ends up before it, because a loop instruction
 * is appended to its block only when the loop is finished. Loads move so only when their buffer is complete. */
#include <assert.h>
#include "compiler/loops.h"

const char *const loop_op_text[] = {
#define LOOP_OP(name, text, args, pure) text,
#include "compiler/loop.def"
#undef LOOP_OP
};
static const bool op_pure[] = {
#define LOOP_OP(name, text, args, pure) pure,
#include "compiler/loop.def"
#undef LOOP_OP
};
const char *const loop_type_text[] = {"none", "index", "flag", "real", "int", "bool"};

/* An empty function with its top block. */
struct loop_func *loops_new(struct arena *a, const char *name, int lanes, int precision)
{
    struct loop_func *f = ARENA_NEW(a, struct loop_func);
    f->arena = a;
    f->name = name;
    f->lanes = lanes;
    f->precision = precision;
    struct loop_block top = {.open = true};
    vec_push(a, &f->blocks, top);
    return f;
}

/* Makes *b append to the top of f. */
void loops_builder(struct loop_builder *b, struct loop_func *f)
{
    *b = (struct loop_builder){.f = f};
    vec_push(f->arena, &b->open, 0);
    b->buckets = 4096;
    b->bucket = ARENA_ARRAY(f->arena, int, b->buckets);
    memset(b->bucket, -1, sizeof(int) * (size_t)b->buckets);
}

/* The type of a tensor's elements. */
enum loop_type loops_type(enum dtype t)
{
    return t == DT_REAL ? LT_REAL : t == DT_INT ? LT_INT : LT_BOOL;
}

/* The element type of lanes. */
enum dtype loops_dtype(enum loop_type t)
{
    return t == LT_REAL ? DT_REAL : t == LT_BOOL ? DT_BOOL : DT_INT;
}

/* A new buffer, input or output. */
int loops_mem(struct loop_func *f, enum mem_kind kind, enum loop_type type, int64_t elements, int slot,
              const char *name) {
    struct loop_mem m = {.kind = kind, .type = type, .elements = elements, .slot = slot, .offset = -1, .name = name};
    m.done = kind == MEM_INPUT;
    vec_push(f->arena, &f->mems, m);
    return f->mems.n - 1;
}

/* Says that all stores to a buffer stand before this point. */
void loops_mem_done(struct loop_builder *b, int mem)
{
    b->f->mems.data[mem].done = true;
    b->f->mems.data[mem].done_block = b->open.data[b->open.n - 1];
}

/* Bytes of an element of a scratch buffer: lanes of reals, of int64 or of bytes. */
int64_t loops_elem_bytes(const struct loop_func *f, const struct loop_mem *m)
{
    int64_t scalar = m->type == LT_REAL ? f->precision / 8 : m->type == LT_INT ? 8 : 1;
    return m->kind == MEM_LANES ? scalar * f->lanes : scalar;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

static uint64_t ins_hash(const struct loop_ins *i)
{
    uint64_t real;
    memcpy(&real, &i->real, sizeof real);
    uint64_t h = mix(mix(i->op, i->type), i->elem);
    h = mix(mix(h, (uint64_t)i->imm), real);
    h = mix(h, (uint64_t)i->mem);
    for (int k = 0; k < i->nargs; k++) h = mix(h, (uint64_t)i->arg[k]);
    return h ^ (h >> 32);
}

static bool ins_same(const struct loop_ins *x, const struct loop_ins *y)
{
    if (x->op != y->op || x->type != y->type || x->elem != y->elem || x->nargs != y->nargs || x->imm != y->imm ||
        x->mem != y->mem || memcmp(&x->real, &y->real, sizeof x->real))
        return false;
    for (int k = 0; k < x->nargs; k++)
        if (x->arg[k] != y->arg[k]) return false;
    return true;
}

static int current(const struct loop_builder *b)
{
    return b->open.data[b->open.n - 1];
}

/* Appends to a block without looking for an equal instruction. */
static int append(struct loop_builder *b, int block, struct loop_ins ins)
{
    struct loop_func *f = b->f;
    ins.block = block;
    ins.hash_next = -1;
    ins.node = b->at;
    vec_push(f->arena, &f->ins, ins);
    int id = f->ins.n - 1;
    vec_push(f->arena, &f->blocks.data[block].ins, id);
    return id;
}

static void rehash(struct loop_builder *b)
{
    struct loop_func *f = b->f;
    b->buckets *= 4;
    b->bucket = ARENA_ARRAY(f->arena, int, b->buckets);
    memset(b->bucket, -1, sizeof(int) * (size_t)b->buckets);
    for (int id = 0; id < f->ins.n; id++) {
        struct loop_ins *i = &f->ins.data[id];
        if (!op_pure[i->op] && i->op != L_LOAD && i->op != L_GATHER) continue;
        int *slot = &b->bucket[ins_hash(i) % (uint64_t)b->buckets];
        i->hash_next = *slot;
        *slot = id;
    }
}

/* Finds or adds a movable instruction; `least`: it may not stand in a block less deep. A load of a buffer that is not
 * complete is equal only to one in the same block since the last store (`version`, kept in hash_next's neighbour). */
static int unique(struct loop_builder *b, struct loop_ins ins, int least)
{
    struct loop_func *f = b->f;
    if (f->ins.n > 2 * b->buckets) rehash(b);
    uint64_t slot = ins_hash(&ins) % (uint64_t)b->buckets;
    for (int id = b->bucket[slot]; id >= 0; id = f->ins.data[id].hash_next) {
        const struct loop_ins *old = &f->ins.data[id];
        const struct loop_block *bl = &f->blocks.data[old->block];
        if (bl->open && bl->depth >= least && ins_same(old, &ins)) return id;
    }
    int depth = least;
    for (int k = 0; k < ins.nargs; k++) {
        int d = f->blocks.data[f->ins.data[ins.arg[k]].block].depth;
        assert(f->blocks.data[f->ins.data[ins.arg[k]].block].open);
        if (d > depth) depth = d;
    }
    int id = append(b, b->open.data[depth], ins);
    f->ins.data[id].hash_next = b->bucket[slot];
    b->bucket[slot] = id;
    return id;
}

/* Lanes of an index constant. */
int loops_index(struct loop_builder *b, int64_t v)
{
    return unique(b, (struct loop_ins){.op = L_INDEX, .type = LT_INDEX, .imm = v}, 0);
}

/* All lanes v (rounded to the function's precision). */
int loops_real(struct loop_builder *b, double v)
{
    return unique(b, (struct loop_ins){.op = L_REAL, .type = LT_REAL, .real = b->f->precision == 32 ? (float)v : v}, 0);
}

/* All lanes v. */
int loops_int(struct loop_builder *b, int64_t v)
{
    return unique(b, (struct loop_ins){.op = L_INT, .type = LT_INT, .imm = v}, 0);
}

/* All lanes v. */
int loops_bool(struct loop_builder *b, bool v)
{
    return unique(b, (struct loop_ins){.op = L_BOOL, .type = LT_BOOL, .imm = v}, 0);
}

/* A flag known now. */
int loops_flag(struct loop_builder *b, bool v)
{
    return unique(b, (struct loop_ins){.op = L_BOOL, .type = LT_FLAG, .imm = v}, 0);
}

/* The number of blocks of prompts that the call asks for. */
int loops_blocks(struct loop_builder *b)
{
    return unique(b, (struct loop_ins){.op = L_BLOCKS, .type = LT_INDEX}, 0);
}

/* The numbers of a block's prompts, a lane each. */
int loops_prompt(struct loop_builder *b, int block)
{
    return unique(b, (struct loop_ins){.op = L_PROMPT, .type = LT_INT, .nargs = 1, .arg = {block}}, 0);
}

/* The index or flag that all lanes of x are; -1: they may differ. */
int loops_shared(struct loop_builder *b, int x)
{
    const struct loop_ins *i = &b->f->ins.data[x];
    if (i->op == L_SPLAT) return i->arg[0];
    if (i->op == L_INT) return loops_index(b, i->imm);
    if (i->op == L_BOOL && i->type == LT_BOOL) return loops_flag(b, i->imm);
    return -1;
}

/* An operation whose operands are the same in all lanes, done once; -1: not one of these. */
static int shared_elem(struct loop_builder *b, enum ir_op op, int n, const int *arg)
{
    enum loop_op once = op == OP_ADD ? L_IADD : op == OP_SUB ? L_ISUB : op == OP_MUL ? L_IMUL : op == OP_LT ? L_ILT
                        : op == OP_EQ ? L_IEQ : op == OP_AND ? L_FAND : L_COUNT;
    if (n != 2 || once == L_COUNT) return -1;
    int x = loops_shared(b, arg[0]), y = x < 0 ? -1 : loops_shared(b, arg[1]);
    if (y < 0 || (b->f->ins.data[x].type == LT_FLAG) != (op == OP_AND)) return -1;
    return loops_splat(b, loops_index_op(b, once, x, y));
}

/* An elementwise tensor operation on lanes. */
int loops_elem(struct loop_builder *b, enum ir_op op, enum loop_type type, int n, const int *arg)
{
    int once = shared_elem(b, op, n, arg);
    if (once >= 0) return once;
    struct loop_ins i = {.op = L_ELEM, .type = type, .elem = op, .nargs = n};
    for (int k = 0; k < n; k++) i.arg[k] = arg[k];
    return unique(b, i, 0);
}

/* One operand; the result has its type. */
int loops_elem1(struct loop_builder *b, enum ir_op op, int x)
{
    return loops_elem(b, op, b->f->ins.data[x].type, 1, &x);
}

/* Two operands of one type. */
int loops_elem2(struct loop_builder *b, enum ir_op op, int x, int y)
{
    bool test = op_info[op].type == ELEM_TEST || op_info[op].type == ELEM_LOGIC;
    return loops_elem(b, op, test ? LT_BOOL : b->f->ins.data[x].type, 2, (int[]){x, y});
}

/* cond ? x : y; by lane, or for all lanes when cond is a flag. */
int loops_select(struct loop_builder *b, int cond, int x, int y)
{
    const struct loop_ins *c = &b->f->ins.data[cond];
    if (x == y) return x;
    if (c->type == LT_FLAG) {
        if (c->op == L_BOOL) return c->imm ? x : y;
        struct loop_ins i = {.op = L_CHOOSE, .type = b->f->ins.data[x].type, .nargs = 3, .arg = {cond, x, y}};
        return unique(b, i, 0);
    }
    int shared = loops_shared(b, cond);
    if (shared >= 0) return loops_select(b, shared, x, y);
    return loops_elem(b, OP_SELECT, b->f->ins.data[x].type, 3, (int[]){cond, x, y});
}

/* x * y + z, rounded once. */
int loops_fma(struct loop_builder *b, int x, int y, int z)
{
    if (x > y) { /* the product commutes: one order serves both */
        int t = x;
        x = y;
        y = t;
    }
    return unique(b, (struct loop_ins){.op = L_FMA, .type = LT_REAL, .nargs = 3, .arg = {x, y, z}}, 0);
}

/* True when value is a constant index. */
bool loops_is_index(const struct loop_builder *b, int value, int64_t *v)
{
    const struct loop_ins *i = &b->f->ins.data[value];
    if (i->op != L_INDEX) return false;
    *v = i->imm;
    return true;
}

static int64_t fold(enum loop_op op, int64_t x, int64_t y)
{
    switch (op) {
    case L_IADD: return x + y;
    case L_ISUB: return x - y;
    case L_IMUL: return x * y;
    case L_IDIV: return x / y;
    case L_IMOD: return x % y;
    case L_IMIN: return x < y ? x : y;
    case L_IMAX: return x > y ? x : y;
    case L_ILT: return x < y;
    case L_IEQ: return x == y;
    default: return x && y;
    }
}

/* Arithmetic and comparison of indices and flags. */
int loops_index_op(struct loop_builder *b, enum loop_op op, int x, int y)
{
    const struct loop_ins *p = &b->f->ins.data[x], *q = &b->f->ins.data[y];
    enum loop_type type = op == L_ILT || op == L_IEQ || op == L_FAND ? LT_FLAG : p->type;
    bool cp = p->op == L_INDEX || p->op == L_BOOL, cq = q->op == L_INDEX || q->op == L_BOOL;
    if (cp && cq) {
        int64_t v = fold(op, p->imm, q->imm);
        if (type == LT_INDEX) return loops_index(b, v);
        return loops_flag(b, v);
    }
    if (op == L_IADD && cp && p->imm == 0) return y;
    if ((op == L_IADD || op == L_ISUB) && cq && q->imm == 0) return x;
    if (op == L_IMUL && cq && q->imm == 1) return x;
    if (op == L_IMUL && cp && p->imm == 1) return y;
    if (op == L_IDIV && cq && q->imm == 1) return x;
    if (op == L_FAND && cp) return p->imm ? y : x;
    if (op == L_FAND && cq) return q->imm ? x : y;
    return unique(b, (struct loop_ins){.op = op, .type = type, .nargs = 2, .arg = {x, y}}, 0);
}

/* Flag: some lane of x is true. */
int loops_any(struct loop_builder *b, int x)
{
    return unique(b, (struct loop_ins){.op = L_ANY, .type = LT_FLAG, .nargs = 1, .arg = {x}}, 0);
}

/* Lanes of an index (ints) or of a flag (bools). */
int loops_splat(struct loop_builder *b, int x)
{
    const struct loop_ins *i = &b->f->ins.data[x];
    if (i->op == L_INDEX) return loops_int(b, i->imm);
    if (i->op == L_BOOL) return loops_bool(b, i->imm);
    enum loop_type type = i->type == LT_FLAG ? LT_BOOL : LT_INT;
    return unique(b, (struct loop_ins){.op = L_SPLAT, .type = type, .nargs = 1, .arg = {x}}, 0);
}

/* A load of a complete buffer may stand in any block from the one in which it was completed on; another load is
 * equal to one in the same block with no store between, for which `real` holds the buffer's version. */
static int load(struct loop_builder *b, struct loop_ins ins)
{
    const struct loop_mem *m = &b->f->mems.data[ins.mem];
    if (m->done) return unique(b, ins, b->f->blocks.data[m->done_block].depth);
    ins.real = m->version + 1;
    return unique(b, ins, b->open.n - 1);
}

/* mem[index + imm]. An int or bool that is the same for all lanes is loaded as an index or flag. */
int loops_load(struct loop_builder *b, int mem, int index, int64_t imm)
{
    int64_t c;
    if (loops_is_index(b, index, &c) && c) {
        imm += c;
        index = loops_index(b, 0);
    }
    const struct loop_mem *m = &b->f->mems.data[mem];
    struct loop_ins ins = {.op = L_LOAD, .type = m->type, .mem = mem, .imm = imm, .nargs = 1, .arg = {index}};
    if ((m->kind != MEM_INPUT && m->kind != MEM_UNIFORM) || m->type == LT_REAL) return load(b, ins);
    ins.type = m->type == LT_INT ? LT_INDEX : LT_FLAG;
    return loops_splat(b, load(b, ins));
}

/* mem[index], an index a lane. */
int loops_gather(struct loop_builder *b, int mem, int index)
{
    enum loop_type type = b->f->mems.data[mem].type;
    return load(b, (struct loop_ins){.op = L_GATHER, .type = type, .mem = mem, .nargs = 1, .arg = {index}});
}

static void wrote(struct loop_builder *b, int mem)
{
    struct loop_mem *m = &b->f->mems.data[mem];
    assert(!m->done);
    m->version++;
    b->epoch++;
}

/* mem[index + imm] = value */
void loops_store(struct loop_builder *b, int mem, int index, int64_t imm, int value)
{
    int64_t c;
    if (loops_is_index(b, index, &c) && c) {
        imm += c;
        index = loops_index(b, 0);
    }
    wrote(b, mem);
    append(b, current(b), (struct loop_ins){.op = L_STORE, .mem = mem, .imm = imm, .nargs = 2, .arg = {index, value}});
}

/* mem[index] = value, an index a lane. */
void loops_scatter(struct loop_builder *b, int mem, int index, int value)
{
    wrote(b, mem);
    append(b, current(b), (struct loop_ins){.op = L_SCATTER, .mem = mem, .nargs = 2, .arg = {index, value}});
}

/* Elements 4 * group .. 4 * group + 3 of a draw, in a pass (-1: none). */
void loops_draw(struct loop_builder *b, enum ir_op op, uint32_t site, uint32_t stream, int group, int prompt, int pass,
                int out[4])
{
    int64_t imm = (int64_t)(site | (uint64_t)stream << 32);
    struct loop_ins i = {.op = L_DRAW, .type = LT_REAL, .elem = op, .imm = imm, .nargs = pass < 0 ? 2 : 3,
                         .arg = {group, prompt, pass}};
    int draw = append(b, current(b), i);
    for (int k = 0; k < 4; k++) {
        struct loop_ins p = {.op = L_PICK, .type = LT_REAL, .imm = k, .nargs = 1, .arg = {draw}};
        out[k] = append(b, current(b), p);
    }
}

/* Opens a loop; see loops.h. */
int loops_begin(struct loop_builder *b, int count, int ncarried, const int *init)
{
    struct loop_func *f = b->f;
    struct loop_block bl = {.depth = b->open.n, .open = true};
    vec_push(f->arena, &f->blocks, bl);
    int block = f->blocks.n - 1, here = current(b);
    struct loop_loop *l = ARENA_NEW(f->arena, struct loop_loop);
    struct loop_ins ins = {.op = L_LOOP, .type = LT_NONE, .nargs = 1, .arg = {count}, .loop = l, .block = here};
    vec_push(f->arena, &f->ins, ins); /* joins its block in loops_end */
    int id = f->ins.n - 1;
    vec_push(f->arena, &b->open, block);
    l->block = block;
    l->ncarried = ncarried;
    l->carried = ARENA_ARRAY(f->arena, int, ncarried);
    l->init = ARENA_ARRAY(f->arena, int, ncarried);
    l->next = ARENA_ARRAY(f->arena, int, ncarried);
    l->counter = append(b, block, (struct loop_ins){.op = L_COUNTER, .type = LT_INDEX});
    for (int k = 0; k < ncarried; k++) {
        l->init[k] = init[k];
        struct loop_ins p = {.op = L_CARRIED, .type = f->ins.data[init[k]].type, .imm = k};
        l->carried[k] = append(b, block, p);
    }
    return id;
}

/* The number of the pass, from 0. */
int loops_counter(const struct loop_builder *b, int loop)
{
    return b->f->ins.data[loop].loop->counter;
}

/* Carried value k at the start of a pass. */
int loops_carried(const struct loop_builder *b, int loop, int k)
{
    return b->f->ins.data[loop].loop->carried[k];
}

/* Closes a loop; see loops.h. */
void loops_end(struct loop_builder *b, int loop, const int *next, int going, int *results)
{
    struct loop_func *f = b->f;
    struct loop_loop *l = f->ins.data[loop].loop;
    assert(current(b) == l->block);
    for (int k = 0; k < l->ncarried; k++) l->next[k] = next[k];
    l->going = going;
    f->blocks.data[l->block].open = false;
    b->open.n--;
    b->epoch++;
    int here = f->ins.data[loop].block;
    f->ins.data[loop].node = b->at;
    vec_push(f->arena, &f->blocks.data[here].ins, loop);
    for (int k = 0; k < l->ncarried; k++) {
        enum loop_type type = f->ins.data[l->init[k]].type;
        results[k] =
            append(b, here, (struct loop_ins){.op = L_PICK, .type = type, .imm = k, .nargs = 1, .arg = {loop}});
    }
}
