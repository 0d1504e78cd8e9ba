/* Vector code for the scalar operations: elementary.inc instantiated as a builder of LLVM instructions, so that
 * compiled kernels and scalar.c cannot differ. Only plain IEEE operations, llvm.fma, sqrt, floor and fabs are emitted,
 * none with fast-math flags. Random draws follow runtime/icl_rt.h. */
#include "compiler/llvm/scalars.h"

#include <stdio.h>
#include <string.h>

#define B const struct vec_builder *vb
#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))
enum { MAX_LANES = 16 };

/* ---- types and constants ---- */

static LLVMTypeRef widen(B, LLVMTypeRef t)
{
    return vb->lanes > 1 ? LLVMVectorType(t, (unsigned)vb->lanes) : t;
}

static LLVMTypeRef real_type(B)
{
    return vb->precision == 32 ? LLVMFloatTypeInContext(vb->context) : LLVMDoubleTypeInContext(vb->context);
}

static LLVMTypeRef bits_type(B)
{
    return LLVMIntTypeInContext(vb->context, (unsigned)vb->precision);
}

static LLVMValueRef repeated(int n, LLVMValueRef c)
{
    LLVMValueRef all[MAX_LANES];
    for (int i = 0; i < n; i++) all[i] = c;
    return n > 1 ? LLVMConstVector(all, (unsigned)n) : c;
}

/* The type of a value in lanes. */
LLVMTypeRef scalars_type(B, enum dtype t)
{
    return widen(vb, t == DT_REAL  ? real_type(vb)
                     : t == DT_INT ? LLVMInt64TypeInContext(vb->context)
                                   : LLVMInt1TypeInContext(vb->context));
}

/* A scalar in every lane. */
LLVMValueRef scalars_splat(B, LLVMValueRef scalar)
{
    if (vb->lanes == 1) return scalar;
    if (LLVMIsConstant(scalar)) return repeated(vb->lanes, scalar);
    LLVMTypeRef i32 = LLVMInt32TypeInContext(vb->context);
    LLVMValueRef none = LLVMGetPoison(LLVMVectorType(LLVMTypeOf(scalar), (unsigned)vb->lanes));
    LLVMValueRef one = LLVMBuildInsertElement(vb->b, none, scalar, LLVMConstInt(i32, 0, false), "");
    return LLVMBuildShuffleVector(vb->b, one, none, repeated(vb->lanes, LLVMConstInt(i32, 0, false)), "");
}

/* A real constant in every lane. */
LLVMValueRef scalars_real(B, double x)
{
    return repeated(vb->lanes, LLVMConstReal(real_type(vb), x));
}

/* An integer constant in every lane. */
LLVMValueRef scalars_int(B, int64_t i)
{
    return repeated(vb->lanes, LLVMConstInt(LLVMInt64TypeInContext(vb->context), (uint64_t)i, true));
}

static LLVMValueRef bits_constant(B, int64_t i)
{
    return repeated(vb->lanes, LLVMConstInt(bits_type(vb), (uint64_t)i, true));
}

static LLVMValueRef intrinsic(B, const char *name, LLVMTypeRef type, int n, LLVMValueRef *args)
{
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef f = LLVMGetIntrinsicDeclaration(vb->module, id, &type, 1);
    return LLVMBuildCall2(vb->b, LLVMIntrinsicGetType(vb->context, id, &type, 1), f, args, (unsigned)n, "");
}

static LLVMValueRef intrinsic1(B, const char *name, LLVMValueRef x)
{
    return intrinsic(vb, name, LLVMTypeOf(x), 1, &x);
}

/* a b + c, rounded once. */
LLVMValueRef scalars_fma(struct vec_builder *vb, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    return intrinsic(vb, "llvm.fma", LLVMTypeOf(a), 3, (LLVMValueRef[]){a, b, c});
}

static LLVMValueRef fma_of(B, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    return intrinsic(vb, "llvm.fma", LLVMTypeOf(a), 3, (LLVMValueRef[]){a, b, c});
}

/* ---- the template, three times ---- */

#define SC(name) PASTE(SC_PREFIX, name)
#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define VALUE static LLVMValueRef __attribute__((unused))
#define FN1(name, x) VALUE SC(name)(B, V x)
#define FN2(name, x, y) VALUE SC(name)(B, V x, V y)
#define FN3(name, x, y, z) VALUE SC(name)(B, V x, V y, V z)
#define FN_R_I(name, x, i) VALUE SC(name)(B, V x, I i)
#define TEST2(name, x, y) VALUE SC(name)(B, V x, V y)
#define PROC(name, x, p, q) static void SC(name)(B, V x, V *p, V *q)
#define PROC2(name, x, y, p, q) static void SC(name)(B, V x, V y, V *p, V *q)
#define CALL1(name, x) SC(name)(vb, x)
#define CALL2(name, x, y) SC(name)(vb, x, y)
#define CALL3(name, x, y, z) SC(name)(vb, x, y, z)
#define RUN3(name, x, p, q) SC(name)(vb, x, p, q)

#define V LLVMValueRef
#define I LLVMValueRef
#define M LLVMValueRef
#define K(x) scalars_real(vb, x)
#define KI(x) bits_constant(vb, x)
#define ADD(x, y) LLVMBuildFAdd(vb->b, x, y, "")
#define SUB(x, y) LLVMBuildFSub(vb->b, x, y, "")
#define MUL(x, y) LLVMBuildFMul(vb->b, x, y, "")
#define DIV(x, y) LLVMBuildFDiv(vb->b, x, y, "")
#define NEG(a) LLVMBuildFNeg(vb->b, a, "")
#define FMA(x, y, z) fma_of(vb, x, y, z)
#define SQRT(a) intrinsic1(vb, "llvm.sqrt", a)
#define FLOOR(a) intrinsic1(vb, "llvm.floor", a)
#define ABS(a) intrinsic1(vb, "llvm.fabs", a)
#define EQ(x, y) LLVMBuildFCmp(vb->b, LLVMRealOEQ, x, y, "")
#define NE(x, y) LLVMBuildFCmp(vb->b, LLVMRealUNE, x, y, "")
#define LT(x, y) LLVMBuildFCmp(vb->b, LLVMRealOLT, x, y, "")
#define LE(x, y) LLVMBuildFCmp(vb->b, LLVMRealOLE, x, y, "")
#define MASK_AND(x, y) LLVMBuildAnd(vb->b, x, y, "")
#define MASK_OR(x, y) LLVMBuildOr(vb->b, x, y, "")
#define MASK_NOT(a) LLVMBuildNot(vb->b, a, "")
#define SELECT(m, x, y) LLVMBuildSelect(vb->b, m, x, y, "")
#define BITS(x) LLVMBuildBitCast(vb->b, x, widen(vb, bits_type(vb)), "")
#define REAL(i) LLVMBuildBitCast(vb->b, i, widen(vb, real_type(vb)), "")
#define BITS_ADD(x, y) LLVMBuildAdd(vb->b, x, y, "")
#define BITS_AND(x, y) LLVMBuildAnd(vb->b, x, y, "")
#define BITS_OR(x, y) LLVMBuildOr(vb->b, x, y, "")
#define BITS_XOR(x, y) LLVMBuildXor(vb->b, x, y, "")
#define BITS_SHL(a, n) LLVMBuildShl(vb->b, a, KI(n), "")
#define BITS_SHR(a, n) LLVMBuildLShr(vb->b, a, KI(n), "")
#define BITS_ANY(a) LLVMBuildICmp(vb->b, LLVMIntNE, a, KI(0), "")

#define NUMBER_BITS 32
#define SC_PREFIX v32_
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX

#define NUMBER_BITS 64
#define SC_PREFIX v64_
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX

#undef KI
#define KI(x) scalars_int(vb, x)
#define INT_ADD(x, y) LLVMBuildAdd(vb->b, x, y, "")
#define INT_SUB(x, y) LLVMBuildSub(vb->b, x, y, "")
#define INT_MUL(x, y) LLVMBuildMul(vb->b, x, y, "")
#define INT_LT(x, y) LLVMBuildICmp(vb->b, LLVMIntSLT, x, y, "")
#define INT_EQ(x, y) LLVMBuildICmp(vb->b, LLVMIntEQ, x, y, "")
#define NUMBER_BITS 0
#define SC_PREFIX vi_
#include "compiler/elementary.inc"
#undef NUMBER_BITS
#undef SC_PREFIX

/* ---- rows of op.def ---- */

#define ARGS_1 args[0]
#define ARGS_2 args[0], args[1]
#define ELEM(name, text, arity, type) ROW_##type(name, arity)
#define OP(name, text, arity, class)

static LLVMValueRef real_row(B, enum ir_op op, LLVMValueRef *args)
{
#define ROW_SAME(name, arity) \
    case OP_##name: return vb->precision == 32 ? v32_##name(vb, ARGS_##arity) : v64_##name(vb, ARGS_##arity);
#define ROW_REAL ROW_SAME
#define ROW_TEST ROW_SAME
#define ROW_LOGIC(name, arity)
    switch (op) {
#include "compiler/op.def"
    default: return NULL;
    }
}

static LLVMValueRef int_row(B, enum ir_op op, LLVMValueRef *args)
{
#undef ROW_SAME
#undef ROW_REAL
#undef ROW_TEST
#define ROW_SAME(name, arity) \
    case OP_##name: return vi_##name(vb, ARGS_##arity);
#define ROW_REAL(name, arity)
#define ROW_TEST ROW_SAME
    switch (op) {
#include "compiler/op.def"
    default: return NULL;
    }
}

/* false < true */
static LLVMValueRef bool_row(B, enum ir_op op, LLVMValueRef *args)
{
    switch (op) {
    case OP_AND: return LLVMBuildAnd(vb->b, args[0], args[1], "");
    case OP_OR: return LLVMBuildOr(vb->b, args[0], args[1], "");
    case OP_NOT: return LLVMBuildNot(vb->b, args[0], "");
    case OP_EQ: return LLVMBuildICmp(vb->b, LLVMIntEQ, args[0], args[1], "");
    case OP_NE: return LLVMBuildICmp(vb->b, LLVMIntNE, args[0], args[1], "");
    case OP_LT: return LLVMBuildICmp(vb->b, LLVMIntULT, args[0], args[1], "");
    case OP_LE: return LLVMBuildICmp(vb->b, LLVMIntULE, args[0], args[1], "");
    default: return NULL;
    }
}

/* Where inlining an op at every use would swell the code. */
static bool is_long(enum ir_op op)
{
    static const enum ir_op list[] = {OP_POW, OP_LOG1P, OP_GELU, OP_SOFTPLUS, OP_ERF, OP_SIN, OP_COS};
    for (int i = 0; i < COUNT(list); i++)
        if (list[i] == op) return true;
    return false;
}

static void set_attribute(B, LLVMValueRef f, const char *key, const char *value)
{
    if (!value) return;
    unsigned nkey = (unsigned)strlen(key), nvalue = (unsigned)strlen(value);
    LLVMAttributeRef a = LLVMCreateStringAttribute(vb->context, key, nkey, value, nvalue);
    LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, a);
}

/* The module's function of that name and type; where it is new, inside->b builds its body, else it is NULL. */
static LLVMValueRef own_function(B, const char *name, LLVMTypeRef type, struct vec_builder *inside)
{
    LLVMValueRef f = LLVMGetNamedFunction(vb->module, name);
    inside->b = NULL;
    if (f) return f;
    f = LLVMAddFunction(vb->module, name, type);
    if (vb->outside) return f;
    LLVMSetLinkage(f, LLVMInternalLinkage);
    set_attribute(vb, f, "target-cpu", vb->cpu);
    set_attribute(vb, f, "target-features", vb->features);
    unsigned nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
    LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(vb->context, nounwind, 0));
    *inside = *vb;
    inside->b = LLVMCreateBuilderInContext(vb->context);
    LLVMPositionBuilderAtEnd(inside->b, LLVMAppendBasicBlockInContext(vb->context, f, "entry"));
    return f;
}

static LLVMValueRef call_long(B, enum ir_op op, LLVMValueRef *args)
{
    char name[64];
    unsigned arity = (unsigned)op_info[op].arity;
    LLVMTypeRef real = scalars_type(vb, DT_REAL), params[2] = {real, real};
    LLVMTypeRef type = LLVMFunctionType(real, params, arity, false);
    struct vec_builder inside;
    snprintf(name, sizeof name, "icl.%s.f%dx%d", op_info[op].text, vb->precision, vb->lanes);
    LLVMValueRef f = own_function(vb, name, type, &inside);
    if (inside.b) {
        LLVMValueRef formal[2];
        for (unsigned i = 0; i < arity; i++) formal[i] = LLVMGetParam(f, i);
        LLVMBuildRet(inside.b, real_row(&inside, op, formal));
        LLVMDisposeBuilder(inside.b);
    }
    return LLVMBuildCall2(vb->b, type, f, args, arity, "");
}

static LLVMValueRef to_real(B, enum dtype operand, LLVMValueRef x)
{
    LLVMTypeRef real = scalars_type(vb, DT_REAL);
    return operand == DT_BOOL ? LLVMBuildUIToFP(vb->b, x, real, "") : LLVMBuildSIToFP(vb->b, x, real, "");
}

/* floor, then the conversion that saturates and takes NaN to 0 */
static LLVMValueRef to_int(B, enum dtype operand, LLVMValueRef x)
{
    LLVMTypeRef type[2] = {scalars_type(vb, DT_INT), scalars_type(vb, DT_REAL)};
    if (operand == DT_BOOL) return LLVMBuildZExt(vb->b, x, type[0], "");
    if (operand == DT_INT) return x;
    unsigned id = LLVMLookupIntrinsicID("llvm.fptosi.sat", strlen("llvm.fptosi.sat"));
    LLVMValueRef f = LLVMGetIntrinsicDeclaration(vb->module, id, type, 2), whole = intrinsic1(vb, "llvm.floor", x);
    return LLVMBuildCall2(vb->b, LLVMIntrinsicGetType(vb->context, id, type, 2), f, &whole, 1, "");
}

/* An ELEM row or a conversion. */
LLVMValueRef scalars_elem(struct vec_builder *vb, enum ir_op op, enum dtype operand, LLVMValueRef *args)
{
    switch (op) {
    case OP_SELECT: return LLVMBuildSelect(vb->b, args[0], args[1], args[2], "");
    case OP_TO_REAL: return operand == DT_REAL ? args[0] : to_real(vb, operand, args[0]);
    case OP_TO_INT: return to_int(vb, operand, args[0]);
    default: break;
    }
    if (operand == DT_BOOL) return bool_row(vb, op, args);
    if (operand == DT_INT) return int_row(vb, op, args);
    return is_long(op) ? call_long(vb, op, args) : real_row(vb, op, args);
}

/* ---- random draws ---- */

/* Philox works on 32-bit words, but its multiplication gives 64 bits. So the words are kept in vectors of 64-bit
 * integers whose upper halves are rubbish, one vector for the even and one for the odd lanes: the product of the lower
 * halves is then one instruction, and no step needs a shuffle. Fewer than four lanes go as one part. */
struct parts {
    int n;      /* 1 or 2 */
    int lanes;  /* of each */
    LLVMValueRef part[2];
};

static LLVMValueRef wide_splat(B, int lanes, LLVMValueRef i64)
{
    struct vec_builder part = *vb;
    part.lanes = lanes;
    return scalars_splat(&part, i64);
}

static LLVMValueRef wide_constant(B, int lanes, uint64_t c)
{
    return repeated(lanes, LLVMConstInt(LLVMInt64TypeInContext(vb->context), c, false));
}

static LLVMValueRef every_second(B, LLVMValueRef v, int from, int n)
{
    LLVMValueRef index[MAX_LANES];
    for (int i = 0; i < n; i++)
        index[i] = LLVMConstInt(LLVMInt32TypeInContext(vb->context), (unsigned)(from + 2 * i), false);
    return LLVMBuildShuffleVector(vb->b, v, LLVMGetPoison(LLVMTypeOf(v)), LLVMConstVector(index, (unsigned)n), "");
}

static struct parts split(B, LLVMValueRef v)
{
    if (vb->lanes < 4) return (struct parts){1, vb->lanes, {v}};
    int half = vb->lanes / 2;
    return (struct parts){2, half, {every_second(vb, v, 0, half), every_second(vb, v, 1, half)}};
}

/* <lanes x i32> of the lower halves */
static LLVMValueRef join(B, const struct parts *p)
{
    LLVMTypeRef words = widen(vb, LLVMInt32TypeInContext(vb->context));
    if (p->n == 1) return LLVMBuildTrunc(vb->b, p->part[0], words, "");
    LLVMValueRef even = LLVMBuildBitCast(vb->b, p->part[0], words, "");
    LLVMValueRef shifted = LLVMBuildShl(vb->b, p->part[1], wide_constant(vb, p->lanes, 32), "");
    LLVMValueRef odd = LLVMBuildBitCast(vb->b, shifted, words, ""), index[MAX_LANES];
    for (int i = 0; i < vb->lanes; i++)
        index[i] = LLVMConstInt(LLVMInt32TypeInContext(vb->context), (unsigned)(i % 2 ? vb->lanes + i : i), false);
    return LLVMBuildShuffleVector(vb->b, even, odd, LLVMConstVector(index, (unsigned)vb->lanes), "");
}

static LLVMValueRef xor3(B, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
    return LLVMBuildXor(vb->b, LLVMBuildXor(vb->b, a, b, ""), c, "");
}

static void two_rounds(B, int lanes, LLVMValueRef c[4], const LLVMValueRef keys[2][2])
{
    LLVMValueRef low = wide_constant(vb, lanes, UINT32_MAX), shift = wide_constant(vb, lanes, 32);
    LLVMValueRef m0 = wide_constant(vb, lanes, 0xD2511F53), m1 = wide_constant(vb, lanes, 0xCD9E8D57);
    for (int round = 0; round < 2; round++) {
        LLVMValueRef p0 = LLVMBuildMul(vb->b, LLVMBuildAnd(vb->b, c[0], low, ""), m0, "");
        LLVMValueRef p1 = LLVMBuildMul(vb->b, LLVMBuildAnd(vb->b, c[2], low, ""), m1, "");
        c[0] = xor3(vb, LLVMBuildLShr(vb->b, p1, shift, ""), c[1], keys[round][0]);
        c[1] = p1;
        c[2] = xor3(vb, LLVMBuildLShr(vb->b, p0, shift, ""), c[3], keys[round][1]);
        c[3] = p0;
    }
}

/* Ten rounds on the words c[part][0..3], in a loop of two: unrolled, they would be the slowest thing to compile. */
static void philox(B, int parts, int lanes, LLVMValueRef f, LLVMValueRef c[2][4], const LLVMValueRef key[2])
{
    enum { KEYS = 8, COUNTER = 10, STATE = 11 };
    LLVMTypeRef i32 = LLVMInt32TypeInContext(vb->context);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(vb->b);
    LLVMBasicBlockRef loop = LLVMAppendBasicBlockInContext(vb->context, f, "rounds");
    LLVMBasicBlockRef after = LLVMAppendBasicBlockInContext(vb->context, f, "drawn");
    LLVMValueRef start[STATE] = {NULL}, phi[STATE], now[STATE];
    for (int p = 0; p < parts; p++) memcpy(start + 4 * p, c[p], sizeof c[p]);
    memcpy(start + KEYS, key, 2 * sizeof *key);
    start[COUNTER] = LLVMConstInt(i32, 0, false);
    LLVMBuildBr(vb->b, loop);
    LLVMPositionBuilderAtEnd(vb->b, loop);
    for (int i = 0; i < STATE; i++)
        if (start[i]) phi[i] = now[i] = LLVMBuildPhi(vb->b, LLVMTypeOf(start[i]), "");
    LLVMValueRef keys[3][2] = {{now[KEYS], now[KEYS + 1]}};
    for (int round = 0; round < 2; round++) {
        keys[round + 1][0] = LLVMBuildAdd(vb->b, keys[round][0], wide_constant(vb, lanes, 0x9E3779B9), "");
        keys[round + 1][1] = LLVMBuildAdd(vb->b, keys[round][1], wide_constant(vb, lanes, 0xBB67AE85), "");
    }
    for (int p = 0; p < parts; p++) two_rounds(vb, lanes, now + 4 * p, keys);
    memcpy(now + KEYS, keys[2], sizeof keys[2]);
    now[COUNTER] = LLVMBuildAdd(vb->b, now[COUNTER], LLVMConstInt(i32, 2, false), "");
    LLVMValueRef more = LLVMBuildICmp(vb->b, LLVMIntULT, now[COUNTER], LLVMConstInt(i32, 10, false), "");
    LLVMBuildCondBr(vb->b, more, loop, after);
    for (int i = 0; i < STATE; i++)
        if (start[i])
            LLVMAddIncoming(phi[i], (LLVMValueRef[]){start[i], now[i]}, (LLVMBasicBlockRef[]){before, loop}, 2);
    LLVMPositionBuilderAtEnd(vb->b, after);
    for (int p = 0; p < parts; p++) memcpy(c[p], now + 4 * p, sizeof c[p]);
}

/* In a function of the module: words[k], <lanes x i32>, of the counter (low(prompt), group, high(prompt), stream). */
static void draw_words(B, LLVMValueRef f, LLVMValueRef words[4])
{
    struct parts number = split(vb, LLVMGetParam(f, 0));
    int lanes = number.lanes;
    LLVMValueRef fixed[4]; /* key, key, group, stream */
    LLVMValueRef c[2][4];
    for (unsigned i = 0; i < 4; i++) fixed[i] = wide_splat(vb, lanes, LLVMGetParam(f, i + 1));
    for (int p = 0; p < number.n; p++) {
        c[p][0] = number.part[p];
        c[p][1] = fixed[2];
        c[p][2] = LLVMBuildLShr(vb->b, number.part[p], wide_constant(vb, lanes, 32), "");
        c[p][3] = fixed[3];
    }
    philox(vb, number.n, lanes, f, c, fixed);
    for (int k = 0; k < 4; k++) {
        struct parts word = {number.n, lanes, {c[0][k], number.n > 1 ? c[1][k] : NULL}};
        words[k] = join(vb, &word);
    }
}

/* (upper 23 bits + 1/2) 2^-23, by exact steps: in binary32 as the mantissa of a number in [1, 2), less 1 - 2^-24 */
static LLVMValueRef unit(B, LLVMValueRef word)
{
    LLVMTypeRef i32 = LLVMInt32TypeInContext(vb->context);
    LLVMValueRef bits = LLVMBuildLShr(vb->b, word, repeated(vb->lanes, LLVMConstInt(i32, 9, false)), "");
    LLVMTypeRef real = scalars_type(vb, DT_REAL);
    if (vb->precision == 32) {
        LLVMValueRef one = repeated(vb->lanes, LLVMConstInt(i32, 0x3f800000, false));
        LLVMValueRef in_1_2 = LLVMBuildBitCast(vb->b, LLVMBuildOr(vb->b, bits, one, ""), real, "");
        return LLVMBuildFSub(vb->b, in_1_2, scalars_real(vb, 1 - 0x1p-24), "");
    }
    LLVMValueRef count = LLVMBuildSIToFP(vb->b, bits, real, "");
    return fma_of(vb, count, scalars_real(vb, 0x1p-23), scalars_real(vb, 0x1p-24));
}

static void draw_body(B, LLVMValueRef f, bool normal)
{
    LLVMValueRef words[4], u[4], out[4];
    draw_words(vb, f, words);
    for (int k = 0; k < 4; k++) u[k] = unit(vb, words[k]);
    for (int k = 0; normal && k < 4; k += 2)
        if (vb->precision == 32)
            v32_normal_pair(vb, u[k], u[k + 1], &out[k], &out[k + 1]);
        else
            v64_normal_pair(vb, u[k], u[k + 1], &out[k], &out[k + 1]);
    LLVMBuildAggregateRet(vb->b, normal ? out : u, 4);
}

static void draw(B, bool normal, LLVMValueRef prompt, LLVMValueRef seed, uint32_t site, LLVMValueRef stream,
                 LLVMValueRef group, LLVMValueRef out[4])
{
    LLVMTypeRef i64 = LLVMInt64TypeInContext(vb->context), real = scalars_type(vb, DT_REAL);
    LLVMTypeRef params[5] = {scalars_type(vb, DT_INT), i64, i64, i64, i64};
    LLVMTypeRef four = LLVMStructTypeInContext(vb->context, (LLVMTypeRef[]){real, real, real, real}, 4, false);
    LLVMTypeRef type = LLVMFunctionType(four, params, 5, false);
    struct vec_builder inside;
    char name[64];
    snprintf(name, sizeof name, "icl.draw_%s.f%dx%d", normal ? "normals" : "uniforms", vb->precision, vb->lanes);
    LLVMValueRef f = own_function(vb, name, type, &inside);
    if (inside.b) {
        draw_body(&inside, f, normal);
        LLVMDisposeBuilder(inside.b);
    }
    LLVMValueRef upper = LLVMBuildLShr(vb->b, seed, LLVMConstInt(i64, 32, false), "");
    LLVMValueRef key = LLVMBuildMul(vb->b, upper, LLVMConstInt(i64, 0x9E3779B9, false), "");
    key = LLVMBuildXor(vb->b, key, LLVMConstInt(i64, site, false), "");
    if (LLVMTypeOf(group) != i64) group = LLVMBuildZExt(vb->b, group, i64, "");
    LLVMValueRef args[5] = {prompt, seed, key, group, stream};
    LLVMValueRef drawn = LLVMBuildCall2(vb->b, type, f, args, 5, "");
    for (unsigned k = 0; k < 4; k++) out[k] = LLVMBuildExtractValue(vb->b, drawn, k, "");
}

/* Four elements of a uniform draw. */
void scalars_draw_uniforms(struct vec_builder *vb, LLVMValueRef prompt, LLVMValueRef seed, uint32_t site,
                           LLVMValueRef stream, LLVMValueRef group, LLVMValueRef out[4])
{
    draw(vb, false, prompt, seed, site, stream, group, out);
}

/* Four elements of a standard normal draw. */
void scalars_draw_normals(struct vec_builder *vb, LLVMValueRef prompt, LLVMValueRef seed, uint32_t site,
                          LLVMValueRef stream, LLVMValueRef group, LLVMValueRef out[4])
{
    draw(vb, true, prompt, seed, site, stream, group, out);
}
