/* Loop IR to LLVM IR, instruction by instruction: no cleverness here. A lane vector is an LLVM vector (with one lane, a
 * scalar); a loop is a block with phis; no stack variables. Scratch holds reals as they are, ints as i64, bools as
 * bytes; inputs and outputs are as runtime/icl_rt.h says. The only fused operation is llvm.fma, and no fast-math flag
 * is set. */
#include "compiler/llvm/emit.h"

#include <string.h>
#include "compiler/llvm/scalars.h"
#include "compiler/llvm/sums.h"

/* An address computed lately: element `at` after `from`. */
struct computed {
    LLVMBasicBlockRef block;
    LLVMValueRef from, at, address;
    int64_t step;
};
enum { COMPUTED = 64 };

struct emit {
    const struct loop_func *f;
    struct vec_builder vb;
    LLVMContextRef c;
    LLVMBuilderRef b;
    LLVMValueRef function;
    LLVMValueRef *value;       /* by instruction */
    LLVMValueRef **result;     /* by instruction: what a LOOP or a DRAW gives */
    LLVMValueRef *base;        /* by buffer: its address */
    LLVMValueRef *start;       /* by size: the address so many elements after it, in its one buffer */
    LLVMValueRef *told;        /* by size: the word, in a nest's function; else NULL */
    LLVMValueRef *nest;        /* by nest: its function */
    LLVMTypeRef *nest_type;
    const struct target_spec *target;
    struct computed *computed; /* COMPUTED of them */
    LLVMValueRef first, blocks, seed, sizes;
    LLVMTypeRef i64, i8, ptr;
};

static LLVMValueRef int64(const struct emit *e, int64_t v)
{
    return LLVMConstInt(e->i64, (uint64_t)v, true);
}

static enum dtype dtype_of(enum loop_type t)
{
    return t == LT_REAL ? DT_REAL : t == LT_BOOL ? DT_BOOL : DT_INT;
}

static LLVMTypeRef lanes_of(const struct emit *e, LLVMTypeRef t)
{
    return e->vb.lanes > 1 ? LLVMVectorType(t, (unsigned)e->vb.lanes) : t;
}

static LLVMTypeRef real_type(const struct emit *e)
{
    return e->vb.precision == 32 ? LLVMFloatTypeInContext(e->c) : LLVMDoubleTypeInContext(e->c);
}

static LLVMTypeRef type_of(const struct emit *e, enum loop_type t)
{
    if (t == LT_INDEX) return e->i64;
    if (t == LT_FLAG) return LLVMInt1TypeInContext(e->c);
    return scalars_type(&e->vb, dtype_of(t));
}

/* ---- what is known when the code runs ---- */

/* A word of the kernel's sizes. It never changes, so it may be loaded anywhere, and anew wherever that is cheaper than
 * to keep it. */
static LLVMValueRef size(const struct emit *e, LLVMTypeRef type, int number)
{
    if (e->told) return e->told[number];
    LLVMValueRef at = int64(e, 8 * (number - 1));
    LLVMValueRef v = LLVMBuildLoad2(e->b, type, LLVMBuildGEP2(e->b, e->i8, e->sizes, &at, 1, ""), "");
    LLVMSetMetadata(v, LLVMGetMDKindIDInContext(e->c, "invariant.load", 14),
                    LLVMMetadataAsValue(e->c, LLVMMDNodeInContext2(e->c, NULL, 0)));
    return v;
}

/* The value of an instruction; a constant that the code is told stands where it is used. */
static LLVMValueRef value(const struct emit *e, int id)
{
    const struct loop_ins *i = &e->f->ins.data[id];
    if ((i->op != L_REAL && i->op != L_INT) || !i->size[0]) return e->value[id];
    return scalars_splat(&e->vb, size(e, i->op == L_INT ? e->i64 : real_type(e), i->size[0]));
}

static LLVMValueRef argument(const struct emit *e, const struct loop_ins *i, int k)
{
    return i->size[k] ? size(e, e->i64, i->size[k]) : value(e, i->arg[k]);
}

/* ---- memory ---- */

/* A scalar of a buffer as it lies in memory. */
static LLVMTypeRef stored_scalar(const struct emit *e, const struct loop_mem *m)
{
    if (m->type == LT_REAL) return real_type(e);
    if (m->type == LT_BOOL && (m->kind == MEM_LANES || m->kind == MEM_UNIFORM)) return e->i8;
    return e->i64;
}

static unsigned scalar_bytes(const struct emit *e, const struct loop_mem *m)
{
    LLVMTypeRef t = stored_scalar(e, m);
    return t == e->i8 ? 1 : t == e->i64 || e->vb.precision == 64 ? 8 : 4;
}

static bool in_lanes(const struct loop_mem *m)
{
    return m->kind == MEM_LANES || m->kind == MEM_OUTPUT;
}

static int64_t element_bytes(const struct emit *e, const struct loop_mem *m)
{
    return (int64_t)scalar_bytes(e, m) * (in_lanes(m) ? e->f->lanes : 1);
}

/* The address `at` elements after `from`: in a block of straight code it is computed once, which the back end would
 * otherwise have to find out. */
static LLVMValueRef indexed(const struct emit *e, LLVMValueRef from, LLVMValueRef at, int64_t step)
{
    uintptr_t hash = ((uintptr_t)from >> 4) * 31 + ((uintptr_t)at >> 4);
    struct computed *c = &e->computed[(hash ^ hash >> 7) % COMPUTED];
    LLVMBasicBlockRef block = LLVMGetInsertBlock(e->b);
    if (c->block == block && c->from == from && c->at == at && c->step == step) return c->address;
    LLVMValueRef offset = LLVMBuildMul(e->b, at, int64(e, step), "");
    *c = (struct computed){block, from, at, LLVMBuildGEP2(e->b, e->i8, from, &offset, 1, ""), step};
    return c->address;
}

static LLVMValueRef address(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    int64_t step = element_bytes(e, m);
    LLVMValueRef at = value(e, i->arg[0]), p = i->size[0] ? e->start[i->size[0]] : e->base[i->mem], offset;
    if (!LLVMIsConstant(at)) p = indexed(e, p, at, step);
    int64_t fixed = i->imm + (LLVMIsConstant(at) ? LLVMConstIntGetSExtValue(at) : 0);
    if (i->size[0]) fixed -= (int64_t)e->f->sizes.data[i->size[0] - 1];
    if (!fixed) return p;
    offset = int64(e, fixed * step);
    return LLVMBuildGEP2(e->b, e->i8, p, &offset, 1, "");
}

static unsigned alignment(const struct emit *e, const struct loop_mem *m)
{
    unsigned scalar = scalar_bytes(e, m), all = scalar * (unsigned)e->f->lanes;
    return m->kind == MEM_LANES ? (all > 64 ? 64 : all) : scalar;
}

/* From memory's form to a value's: bools are bytes or int64 there. */
static LLVMValueRef loaded(const struct emit *e, const struct loop_mem *m, enum loop_type type, LLVMValueRef v)
{
    if (m->type == LT_BOOL) v = LLVMBuildICmp(e->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
    return in_lanes(m) || type == LT_INDEX || type == LT_FLAG ? v : scalars_splat(&e->vb, v);
}

static LLVMValueRef load(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    LLVMTypeRef t = stored_scalar(e, m);
    LLVMValueRef v = LLVMBuildLoad2(e->b, in_lanes(m) ? lanes_of(e, t) : t, address(e, i), "");
    LLVMSetAlignment(v, alignment(e, m));
    return loaded(e, m, i->type, v);
}

static LLVMValueRef lane0(const struct emit *e, LLVMValueRef v)
{
    return e->vb.lanes > 1 ? LLVMBuildExtractElement(e->b, v, int64(e, 0), "") : v;
}

static LLVMValueRef storable(const struct emit *e, const struct loop_mem *m, LLVMValueRef v)
{
    LLVMTypeRef t = stored_scalar(e, m);
    if (!in_lanes(m)) v = lane0(e, v);
    if (m->type == LT_BOOL) v = LLVMBuildZExt(e->b, v, in_lanes(m) ? lanes_of(e, t) : t, "");
    return v;
}

static void store(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    LLVMValueRef s = LLVMBuildStore(e->b, storable(e, m, value(e, i->arg[1])), address(e, i));
    LLVMSetAlignment(s, alignment(e, m));
}

static LLVMValueRef picked(const struct emit *e, LLVMValueRef v, int from, int n)
{
    LLVMValueRef mask[SUMS_MOST];
    if (n == 1) return LLVMBuildExtractElement(e->b, v, int64(e, from), "");
    for (int k = 0; k < n; k++)
        mask[k] = LLVMConstInt(LLVMInt32TypeInContext(e->c), (unsigned long long)(from + k), false);
    return LLVMBuildShuffleVector(e->b, v, LLVMGetUndef(LLVMTypeOf(v)), LLVMConstVector(mask, (unsigned)n), "");
}

/* Stores of sums over lanes, as many of those that follow each other as one vector takes; returns how many. */
static int store_sums(const struct emit *e, const struct loop_block *bl, int at)
{
    const struct loop_ins *i[SUMS_MOST];
    LLVMValueRef v[SUMS_MOST], sums;
    int n = 0, m = 1, slot[SUMS_MOST];
    for (; at + n < bl->ins.n && n < e->vb.lanes; n++) {
        i[n] = &e->f->ins.data[bl->ins.data[at + n]];
        if (i[n]->op != L_STORE || i[n]->mem != i[0]->mem) break;
        v[n] = value(e, i[n]->arg[1]);
    }
    while (2 * m <= n) m *= 2;
    sums = sums_of_lanes(&e->vb, v, m, slot);
    for (int k = 0, next; k < m; k = next) {
        next = k + 1;
        while (next < m && slot[next] == slot[next - 1] + 1 && i[next]->arg[0] == i[k]->arg[0] &&
               i[next]->imm == i[next - 1]->imm + 1)
            next++;
        LLVMValueRef s = LLVMBuildStore(e->b, picked(e, sums, slot[k], next - k), address(e, i[k]));
        LLVMSetAlignment(s, scalar_bytes(e, &e->f->mems.data[i[k]->mem]));
    }
    return m;
}

static LLVMValueRef lane_numbers(const struct emit *e)
{
    LLVMValueRef n[64];
    for (int k = 0; k < e->vb.lanes; k++) n[k] = int64(e, k);
    return e->vb.lanes > 1 ? LLVMConstVector(n, (unsigned)e->vb.lanes) : n[0];
}

/* One address a lane: element index[lane], in lane buffers the lane's own scalar of it. */
static LLVMValueRef addresses(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    LLVMValueRef at = value(e, i->arg[0]);
    if (in_lanes(m) && e->vb.lanes > 1) {
        at = LLVMBuildMul(e->b, at, scalars_int(&e->vb, e->vb.lanes), "");
        at = LLVMBuildAdd(e->b, at, lane_numbers(e), "");
    }
    return LLVMBuildGEP2(e->b, stored_scalar(e, m), e->base[i->mem], &at, 1, "");
}

static LLVMValueRef masked(const struct emit *e, const char *name, LLVMTypeRef type, LLVMTypeRef pointers, int n,
                           LLVMValueRef *args)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef over[2] = {type, pointers};
    LLVMValueRef f = LLVMGetIntrinsicDeclaration(e->vb.module, id, over, 2);
    return LLVMBuildCall2(e->b, LLVMIntrinsicGetType(e->c, id, over, 2), f, args, (unsigned)n, "");
}

static LLVMValueRef all_lanes(const struct emit *e)
{
    return scalars_splat(&e->vb, LLVMConstInt(LLVMInt1TypeInContext(e->c), 1, false));
}

static LLVMValueRef gather(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    LLVMTypeRef t = lanes_of(e, stored_scalar(e, m));
    LLVMValueRef p = addresses(e, i), v;
    if (e->vb.lanes == 1) {
        v = LLVMBuildLoad2(e->b, t, p, "");
        LLVMSetAlignment(v, scalar_bytes(e, m));
    } else {
        LLVMValueRef align = LLVMConstInt(LLVMInt32TypeInContext(e->c), scalar_bytes(e, m), false);
        LLVMValueRef args[4] = {p, align, all_lanes(e), LLVMGetPoison(t)};
        v = masked(e, "llvm.masked.gather", t, LLVMTypeOf(p), 4, args);
    }
    if (m->type == LT_BOOL) v = LLVMBuildICmp(e->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "");
    return v;
}

static void scatter(const struct emit *e, const struct loop_ins *i)
{
    const struct loop_mem *m = &e->f->mems.data[i->mem];
    LLVMValueRef p = addresses(e, i), v = storable(e, m, value(e, i->arg[1]));
    if (e->vb.lanes == 1 || !in_lanes(m)) {
        LLVMValueRef s = LLVMBuildStore(e->b, v, lane0(e, p));
        LLVMSetAlignment(s, scalar_bytes(e, m));
        return;
    }
    LLVMValueRef align = LLVMConstInt(LLVMInt32TypeInContext(e->c), scalar_bytes(e, m), false);
    LLVMValueRef args[4] = {v, p, align, all_lanes(e)};
    masked(e, "llvm.masked.scatter", LLVMTypeOf(v), LLVMTypeOf(p), 4, args);
}

/* ---- instructions ---- */

static void block(struct emit *e, int b);

static LLVMValueRef any_lane(const struct emit *e, LLVMValueRef v)
{
    if (e->vb.lanes == 1) return v;
    LLVMTypeRef bits = LLVMIntTypeInContext(e->c, (unsigned)e->vb.lanes);
    return LLVMBuildICmp(e->b, LLVMIntNE, LLVMBuildBitCast(e->b, v, bits, ""), LLVMConstNull(bits), "");
}

static LLVMValueRef index_op(const struct emit *e, const struct loop_ins *i)
{
    LLVMValueRef x = argument(e, i, 0), y = argument(e, i, 1), less;
    switch (i->op) {
    case L_IADD: return LLVMBuildAdd(e->b, x, y, "");
    case L_ISUB: return LLVMBuildSub(e->b, x, y, "");
    case L_IMUL: return LLVMBuildMul(e->b, x, y, "");
    case L_IDIV: return LLVMBuildUDiv(e->b, x, y, "");
    case L_IMOD: return LLVMBuildURem(e->b, x, y, "");
    case L_ILT: return LLVMBuildICmp(e->b, LLVMIntSLT, x, y, "");
    case L_IEQ: return LLVMBuildICmp(e->b, LLVMIntEQ, x, y, "");
    case L_FAND: return LLVMBuildAnd(e->b, x, y, "");
    default:
        less = LLVMBuildICmp(e->b, LLVMIntSLT, x, y, "");
        return LLVMBuildSelect(e->b, less, i->op == L_IMIN ? x : y, i->op == L_IMIN ? y : x, "");
    }
}

static LLVMValueRef element(struct emit *e, const struct loop_ins *i)
{
    LLVMValueRef args[3];
    for (int k = 0; k < i->nargs; k++) args[k] = value(e, i->arg[k]);
    enum loop_type operand = e->f->ins.data[i->arg[i->elem == OP_SELECT ? 1 : 0]].type;
    return scalars_elem(&e->vb, i->elem, dtype_of(operand), args);
}

static void draw(struct emit *e, const struct loop_ins *i, LLVMValueRef out[4])
{
    uint32_t site = (uint32_t)i->imm, first = (uint32_t)((uint64_t)i->imm >> 32);
    LLVMValueRef group = value(e, i->arg[0]), prompt = e->value[i->arg[1]], stream = int64(e, first);
    if (i->nargs == 3) {
        LLVMValueRef pass = LLVMBuildZExtOrBitCast(e->b, value(e, i->arg[2]), LLVMTypeOf(stream), "");
        stream = LLVMBuildAdd(e->b, stream, LLVMBuildShl(e->b, pass, int64(e, 2), ""), "");
    }
    if (i->elem == OP_DRAW_NORMAL) scalars_draw_normals(&e->vb, prompt, e->seed, site, stream, group, out);
    else scalars_draw_uniforms(&e->vb, prompt, e->seed, site, stream, group, out);
}

static LLVMValueRef prompt(const struct emit *e, LLVMValueRef block_number)
{
    LLVMValueRef n = LLVMBuildMul(e->b, block_number, int64(e, e->vb.lanes), "");
    n = LLVMBuildAdd(e->b, n, e->first, "");
    return LLVMBuildAdd(e->b, scalars_splat(&e->vb, n), lane_numbers(e), "");
}

/* The values after a loop: what its last pass gave (in result[id] already), or its first values when there may be no
 * pass. */
static void loop_results(struct emit *e, int id, const LLVMValueRef *init, LLVMBasicBlockRef before,
                         LLVMBasicBlockRef end)
{
    const struct loop_loop *l = e->f->ins.data[id].loop;
    for (int k = 0; k < l->ncarried; k++) {
        LLVMValueRef result = LLVMBuildPhi(e->b, type_of(e, e->f->ins.data[l->carried[k]].type), ""), first = init[k];
        LLVMAddIncoming(result, &first, &before, 1);
        LLVMAddIncoming(result, &e->result[id][k], &end, 1);
        e->result[id][k] = result;
    }
}

/* A loop of one pass is no loop. */
static void one_pass(struct emit *e, int id)
{
    const struct loop_loop *l = e->f->ins.data[id].loop;
    e->value[l->counter] = int64(e, 0);
    for (int k = 0; k < l->ncarried; k++) e->value[l->carried[k]] = value(e, l->init[k]);
    block(e, l->block);
    for (int k = 0; k < l->ncarried; k++) e->result[id][k] = value(e, l->next[k]);
}

/* A loop's count, and whether it is at least one: counts that the code is told are. */
static LLVMValueRef passes(const struct emit *e, const struct loop_ins *i, bool *certain)
{
    LLVMValueRef count = argument(e, i, 0);
    *certain = i->size[0] || (LLVMIsConstant(count) && LLVMConstIntGetSExtValue(count) > 0);
    return count;
}

/* before: -> body, or -> after when the count may be 0;  body: .. -> body | after */
static void loop(struct emit *e, int id)
{
    const struct loop_ins *i = &e->f->ins.data[id];
    const struct loop_loop *l = i->loop;
    bool certain;
    LLVMValueRef count = passes(e, i, &certain), zero = int64(e, 0), init[l->ncarried + 1];
    if (LLVMIsConstant(count) && LLVMConstIntGetSExtValue(count) == 1) {
        one_pass(e, id);
        return;
    }
    for (int k = 0; k < l->ncarried; k++) init[k] = value(e, l->init[k]);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(e->b);
    LLVMBasicBlockRef body = LLVMAppendBasicBlockInContext(e->c, e->function, "loop");
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(e->c, e->function, "after");
    if (certain) LLVMBuildBr(e->b, body);
    else LLVMBuildCondBr(e->b, LLVMBuildICmp(e->b, LLVMIntSGT, count, zero, ""), body, after);
    LLVMPositionBuilderAtEnd(e->b, body);
    LLVMValueRef counter = e->value[l->counter] = LLVMBuildPhi(e->b, e->i64, "");
    LLVMAddIncoming(counter, &zero, &before, 1);
    for (int k = 0; k < l->ncarried; k++) {
        int c = l->carried[k];
        e->value[c] = LLVMBuildPhi(e->b, type_of(e, e->f->ins.data[c].type), "");
        LLVMAddIncoming(e->value[c], &init[k], &before, 1);
    }
    block(e, l->block);
    for (int k = 0; k < l->ncarried; k++) e->result[id][k] = value(e, l->next[k]);
    LLVMBasicBlockRef end = LLVMGetInsertBlock(e->b);
    LLVMValueRef next = LLVMBuildAdd(e->b, counter, int64(e, 1), "");
    LLVMValueRef again = LLVMBuildICmp(e->b, LLVMIntSLT, next, count, "");
    if (l->going >= 0) again = LLVMBuildAnd(e->b, again, e->value[l->going], "");
    LLVMBuildCondBr(e->b, again, body, after);
    LLVMAddIncoming(counter, &next, &end, 1);
    for (int k = 0; k < l->ncarried; k++) LLVMAddIncoming(e->value[l->carried[k]], &e->result[id][k], &end, 1);
    LLVMPositionBuilderAtEnd(e->b, after);
    if (!certain) loop_results(e, id, init, before, end);
}

/* A new function of the module, to be continued at its entry. */
static void begin_function(struct emit *e, const char *name, LLVMTypeRef type)
{
    const struct target_spec *t = e->target;
    unsigned nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
    e->function = LLVMAddFunction(e->vb.module, name, type);
    LLVMAddTargetDependentFunctionAttr(e->function, "target-cpu", t->cpu);
    if (t->features && *t->features) LLVMAddTargetDependentFunctionAttr(e->function, "target-features", t->features);
    LLVMAddAttributeAtIndex(e->function, LLVMAttributeFunctionIndex, LLVMCreateEnumAttribute(e->c, nounwind, 0));
    LLVMPositionBuilderAtEnd(e->b, LLVMAppendBasicBlockInContext(e->c, e->function, "entry"));
}

/* ---- nests that are functions ---- */

/* What a nest takes, here. */
static LLVMValueRef taken(const struct emit *e, const struct loop_taken *t)
{
    switch (t->kind) {
    case TAKEN_BUFFER: return e->base[t->id];
    case TAKEN_SIZE: return size(e, e->i64, t->id);
    case TAKEN_REAL: return size(e, real_type(e), t->id);
    case TAKEN_PLACE: return e->start[t->id];
    default: return value(e, t->id);
    }
}

/* The function of a nest, which all its twins call; another part's is but named. */
static void nest_function(const struct emit *outer, int number, int id, const LLVMValueRef *args)
{
    const struct loop_nest *n = &outer->f->nests.data[number];
    struct arena *a = outer->f->arena;
    struct emit e = *outer;
    LLVMTypeRef type[n->taken.n + 1];
    LLVMBasicBlockRef from = LLVMGetInsertBlock(e.b);
    for (int k = 0; k < n->taken.n; k++) type[k] = LLVMTypeOf(args[k]);
    LLVMTypeRef whole = LLVMFunctionType(LLVMVoidTypeInContext(e.c), type, (unsigned)n->taken.n, false);
    const char *name = arena_printf(a, "%s.nest%d", e.target->symbol, number);
    outer->nest_type[number] = whole;
    if (e.f->parts > 1 && n->part != e.target->part) {
        outer->nest[number] = LLVMAddFunction(e.vb.module, name, whole);
        return;
    }
    begin_function(&e, name, whole);
    if (e.f->parts < 2) LLVMSetLinkage(e.function, LLVMInternalLinkage);
    e.value = arena_copy(a, e.value, sizeof *e.value * (size_t)e.f->ins.n);
    e.base = ARENA_ARRAY(a, LLVMValueRef, e.f->mems.n);
    e.start = ARENA_ARRAY(a, LLVMValueRef, e.f->sizes.n + 1);
    e.told = ARENA_ARRAY(a, LLVMValueRef, e.f->sizes.n + 1);
    for (int k = 0; k < n->taken.n; k++) {
        LLVMValueRef p = LLVMGetParam(e.function, (unsigned)k);
        int to = n->taken.data[k].id;
        switch (n->taken.data[k].kind) {
        case TAKEN_BUFFER: e.base[to] = p; break;
        case TAKEN_SIZE: case TAKEN_REAL: e.told[to] = p; break;
        case TAKEN_PLACE: e.start[to] = p; break;
        case TAKEN_VALUE: e.value[to] = p; break;
        }
    }
    loop(&e, id);
    LLVMBuildRetVoid(e.b);
    LLVMPositionBuilderAtEnd(e.b, from);
    outer->nest[number] = e.function;
}

/* A nest that the function has several times, or that may be in another part, is called; false: this is none. */
static bool nest(struct emit *e, int number, int id)
{
    if (!number || e->told) return false;
    const struct loop_nest *n = &e->f->nests.data[number - 1];
    if (!e->f->nests.data[n->twin].twins && e->f->parts < 2) return false;
    LLVMValueRef args[n->taken.n + 1];
    for (int k = 0; k < n->taken.n; k++) args[k] = taken(e, &n->taken.data[k]);
    if (!e->nest[n->twin]) nest_function(e, n->twin, id, args);
    LLVMBuildCall2(e->b, e->nest_type[n->twin], e->nest[n->twin], args, (unsigned)n->taken.n, "");
    return true;
}

static LLVMValueRef one(struct emit *e, int id)
{
    const struct loop_ins *i = &e->f->ins.data[id];
    switch (i->op) {
    case L_INDEX: return int64(e, i->imm);
    case L_REAL: return scalars_real(&e->vb, i->real);
    case L_INT: return scalars_int(&e->vb, i->imm);
    case L_BOOL: {
        LLVMValueRef v = LLVMConstInt(LLVMInt1TypeInContext(e->c), i->imm != 0, false);
        return i->type == LT_FLAG ? v : scalars_splat(&e->vb, v);
    }
    case L_BLOCKS: return e->blocks;
    case L_PROMPT: return prompt(e, value(e, i->arg[0]));
    case L_ELEM: return element(e, i);
    case L_FMA: return scalars_fma(&e->vb, value(e, i->arg[0]), value(e, i->arg[1]), value(e, i->arg[2]));
    case L_CHOOSE: return LLVMBuildSelect(e->b, value(e, i->arg[0]), value(e, i->arg[1]), value(e, i->arg[2]), "");
    case L_ANY: return any_lane(e, value(e, i->arg[0]));
    case L_SPLAT: return scalars_splat(&e->vb, value(e, i->arg[0]));
    case L_LOAD: return load(e, i);
    case L_GATHER: return gather(e, i);
    case L_PICK: return e->result[i->arg[0]][i->imm];
    default: return index_op(e, i);
    }
}

static void block(struct emit *e, int b)
{
    const struct loop_block *bl = &e->f->blocks.data[b];
    for (int k = 0; k < bl->ins.n; k++) {
        int id = bl->ins.data[k];
        const struct loop_ins *i = &e->f->ins.data[id];
        switch (i->op) {
        case L_COUNTER: case L_CARRIED: break;
        case L_STORE:
            if (e->f->mems.data[i->mem].kind == MEM_SUMS && e->vb.lanes > 1) k += store_sums(e, bl, k) - 1;
            else store(e, i);
            break;
        case L_SCATTER: scatter(e, i); break;
        case L_LOOP:
            e->result[id] = ARENA_ARRAY(e->f->arena, LLVMValueRef, i->loop->ncarried);
            if (!nest(e, i->loop->nest, id)) loop(e, id);
            break;
        case L_DRAW:
            e->result[id] = ARENA_ARRAY(e->f->arena, LLVMValueRef, 4);
            draw(e, i, e->result[id]);
            break;
        default: e->value[id] = one(e, id);
        }
    }
}

/* ---- the function ---- */

/* A field of struct icl_kernel_args: all are eight bytes. */
static LLVMValueRef field(const struct emit *e, LLVMTypeRef type, int number)
{
    LLVMValueRef at = int64(e, 8 * number);
    return LLVMBuildLoad2(e->b, type, LLVMBuildGEP2(e->b, e->i8, LLVMGetParam(e->function, 0), &at, 1, ""), "");
}

static void addresses_of_buffers(struct emit *e)
{
    LLVMValueRef in = field(e, e->ptr, 3), out = field(e, e->ptr, 4), scratch = field(e, e->ptr, 5);
    for (int k = 0; k < e->f->mems.n; k++) {
        const struct loop_mem *m = &e->f->mems.data[k];
        bool outside = m->kind >= MEM_INPUT;
        if (!outside && m->offset < 0) continue;
        LLVMValueRef at = m->size ? size(e, e->i64, m->size) : int64(e, outside ? m->slot : m->offset);
        LLVMValueRef from = m->kind == MEM_INPUT ? in : outside ? out : scratch;
        LLVMValueRef p = LLVMBuildGEP2(e->b, outside ? e->ptr : e->i8, from, &at, 1, "");
        e->base[k] = outside ? LLVMBuildLoad2(e->b, e->ptr, p, "") : p;
    }
}

/* Addresses of the elements that accesses count from. */
static void addresses_of_starts(struct emit *e)
{
    for (int b = 0; b < e->f->blocks.n; b++)
        for (int k = 0; k < e->f->blocks.data[b].ins.n; k++) {
            const struct loop_ins *i = &e->f->ins.data[e->f->blocks.data[b].ins.data[k]];
            if ((i->op != L_LOAD && i->op != L_STORE) || !i->size[0] || e->start[i->size[0]]) continue;
            LLVMValueRef at = size(e, e->i64, i->size[0]);
            at = LLVMBuildMul(e->b, at, int64(e, element_bytes(e, &e->f->mems.data[i->mem])), "");
            e->start[i->size[0]] = LLVMBuildGEP2(e->b, e->i8, e->base[i->mem], &at, 1, "");
        }
}

/* See emit.h. */
void emit_kernel(LLVMModuleRef module, const struct loop_func *f, const struct target_spec *t)
{
    LLVMContextRef c = LLVMGetModuleContext(module);
    struct emit e = {.f = f, .c = c, .b = LLVMCreateBuilderInContext(c)};
    e.vb = (struct vec_builder){.context = c, .module = module, .b = e.b, .lanes = f->lanes, .precision = f->precision,
                                .cpu = t->cpu, .features = t->features, .outside = t->functions == LONG_OUTSIDE};
    e.i64 = LLVMInt64TypeInContext(c);
    e.i8 = LLVMInt8TypeInContext(c);
    e.ptr = LLVMPointerTypeInContext(c, 0);
    e.value = ARENA_ARRAY(f->arena, LLVMValueRef, f->ins.n);
    e.result = ARENA_ARRAY(f->arena, LLVMValueRef *, f->ins.n);
    e.base = ARENA_ARRAY(f->arena, LLVMValueRef, f->mems.n);
    e.computed = ARENA_ARRAY(f->arena, struct computed, COMPUTED);
    e.start = ARENA_ARRAY(f->arena, LLVMValueRef, f->sizes.n + 1);
    e.nest = ARENA_ARRAY(f->arena, LLVMValueRef, f->nests.n + 1);
    e.nest_type = ARENA_ARRAY(f->arena, LLVMTypeRef, f->nests.n + 1);
    e.target = t;
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(c), &e.ptr, 1, false);
    begin_function(&e, t->symbol, type);
    e.first = field(&e, e.i64, 0);
    e.blocks = field(&e, e.i64, 1);
    e.seed = field(&e, e.i64, 2);
    if (f->sizes.n) e.sizes = field(&e, e.ptr, 6);
    addresses_of_buffers(&e);
    addresses_of_starts(&e);
    block(&e, 0);
    LLVMBuildRetVoid(e.b);
    if (t->part) LLVMDeleteFunction(e.function);
    LLVMDisposeBuilder(e.b);
}
