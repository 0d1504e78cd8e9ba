/* Vector code against the C functions: every scalar operation and the draws are compiled at several widths, loaded, and
 * compared bit by bit on special and random operands. */
#include <check.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/llvm/scalars.h"
#include "compiler/scalar.h"
#include "runtime/icl_rt.h"
#include "runtime/object.h"

enum { CASES = 4096, WIDEST = 16 };

struct jit {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMTargetMachineRef machine;
    char *cpu, *features;
    struct vec_builder vb;
    struct object *object;
};

static struct jit jit_new(int lanes, int precision)
{
    struct jit j = {.context = LLVMContextCreate()};
    char *triple = LLVMGetDefaultTargetTriple(), *message = NULL;
    LLVMTargetRef target;
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    ck_assert(!LLVMGetTargetFromTriple(triple, &target, &message));
    j.cpu = LLVMGetHostCPUName();
    j.features = LLVMGetHostCPUFeatures();
    j.machine = LLVMCreateTargetMachine(target, triple, j.cpu, j.features, LLVMCodeGenLevelDefault, LLVMRelocPIC,
                                        LLVMCodeModelDefault);
    j.module = LLVMModuleCreateWithNameInContext("scalars", j.context);
    LLVMSetTarget(j.module, triple);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(j.machine);
    LLVMSetModuleDataLayout(j.module, layout);
    LLVMDisposeTargetData(layout);
    LLVMDisposeMessage(triple);
    j.vb = (struct vec_builder){.context = j.context, .module = j.module, .b = LLVMCreateBuilderInContext(j.context),
                                .lanes = lanes, .precision = precision, .cpu = j.cpu, .features = j.features};
    return j;
}

static LLVMValueRef begin(struct jit *j, const char *name, int nparams, LLVMTypeRef *params)
{
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(j->context), params, (unsigned)nparams, false);
    LLVMValueRef f = LLVMAddFunction(j->module, name, type);
    const char *keys[] = {"target-cpu", "target-features"}, *values[] = {j->cpu, j->features};
    for (int k = 0; k < 2; k++)
        LLVMAddAttributeAtIndex(f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                LLVMCreateStringAttribute(j->context, keys[k], (unsigned)strlen(keys[k]), values[k],
                                                          (unsigned)strlen(values[k])));
    LLVMPositionBuilderAtEnd(j->vb.b, LLVMAppendBasicBlockInContext(j->context, f, "entry"));
    return f;
}

/* bools travel as bytes */
static LLVMValueRef load(struct jit *j, LLVMValueRef from, enum dtype t)
{
    LLVMTypeRef byte = LLVMInt8TypeInContext(j->context);
    LLVMTypeRef type = t != DT_BOOL ? scalars_type(&j->vb, t)
                       : j->vb.lanes > 1 ? LLVMVectorType(byte, (unsigned)j->vb.lanes) : byte;
    LLVMValueRef v = LLVMBuildLoad2(j->vb.b, type, from, "");
    LLVMSetAlignment(v, 1);
    return t == DT_BOOL ? LLVMBuildTrunc(j->vb.b, v, scalars_type(&j->vb, DT_BOOL), "") : v;
}

static void store(struct jit *j, LLVMValueRef v, LLVMValueRef to, enum dtype t)
{
    LLVMTypeRef byte = LLVMInt8TypeInContext(j->context);
    if (t == DT_BOOL)
        v = LLVMBuildZExt(j->vb.b, v, j->vb.lanes > 1 ? LLVMVectorType(byte, (unsigned)j->vb.lanes) : byte, "");
    LLVMSetAlignment(LLVMBuildStore(j->vb.b, v, to), 1);
}

static void add_op(struct jit *j, const char *name, enum ir_op op, int arity, enum dtype operand, enum dtype result)
{
    LLVMTypeRef pointer = LLVMPointerTypeInContext(j->context, 0), params[4] = {pointer, pointer, pointer, pointer};
    LLVMValueRef f = begin(j, name, 4, params), args[3];
    for (int i = 0; i < arity; i++)
        args[i] = load(j, LLVMGetParam(f, (unsigned)i), op == OP_SELECT && i == 0 ? DT_BOOL : operand);
    LLVMValueRef v = scalars_elem(&j->vb, op, operand, args);
    ck_assert_msg(v != NULL, "%s", name);
    store(j, v, LLVMGetParam(f, 3), result);
    LLVMBuildRetVoid(j->vb.b);
}

static void add_draw(struct jit *j, const char *name, bool normal)
{
    LLVMTypeRef i64 = LLVMInt64TypeInContext(j->context), pointer = LLVMPointerTypeInContext(j->context, 0);
    LLVMTypeRef params[4] = {pointer, i64, i64, pointer};
    LLVMValueRef f = begin(j, name, 4, params), out[4];
    (normal ? scalars_draw_normals : scalars_draw_uniforms)(&j->vb, load(j, LLVMGetParam(f, 0), DT_INT),
                                                            LLVMGetParam(f, 1), 77, LLVMConstInt(i64, 5, false),
                                                            LLVMGetParam(f, 2), out);
    for (int k = 0; k < 4; k++) {
        LLVMValueRef index = LLVMConstInt(i64, (unsigned)k, false);
        LLVMTypeRef real = scalars_type(&j->vb, DT_REAL);
        store(j, out[k], LLVMBuildGEP2(j->vb.b, real, LLVMGetParam(f, 3), &index, 1, ""), DT_REAL);
    }
    LLVMBuildRetVoid(j->vb.b);
}

static void finish(struct jit *j)
{
    char *message = NULL;
    const char *why = NULL;
    LLVMMemoryBufferRef buffer;
    if (LLVMVerifyModule(j->module, LLVMReturnStatusAction, &message)) ck_abort_msg("%s", message);
    LLVMDisposeMessage(message);
    message = NULL;
    if (LLVMTargetMachineEmitToMemoryBuffer(j->machine, j->module, LLVMObjectFile, &message, &buffer))
        ck_abort_msg("%s", message);
    j->object = object_load(LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer), NULL, 0, &why);
    ck_assert_msg(j->object != NULL, "%s", why);
    LLVMDisposeMemoryBuffer(buffer);
}

static void jit_free(struct jit *j)
{
    object_free(j->object);
    LLVMDisposeBuilder(j->vb.b);
    LLVMDisposeModule(j->module);
    LLVMContextDispose(j->context);
    LLVMDisposeTargetMachine(j->machine);
    LLVMDisposeMessage(j->cpu);
    LLVMDisposeMessage(j->features);
}

/* ---- operands ---- */

static uint64_t next(uint64_t *state)
{
    uint32_t words[4], key[2] = {1, 2}, counter[4] = {(uint32_t)*state, (uint32_t)(*state >> 32), 0, 0};
    ++*state;
    icl_philox(counter, key, words);
    return words[0] | (uint64_t)words[1] << 32;
}

static double operand(int precision, int i, uint64_t *state)
{
    static const double special[] = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 3.0, -3.0, 2.5, INFINITY, -INFINITY, NAN,
                                     0x1p-149, -0x1p-149, 0x1p-126, 0x1p-1074, 0x1p-1022, 0x1.fffffep127, -88.5, 88.7,
                                     1e-30, 1e30, 1e5, 16777216.0, 0.6, 0.99999994, 1.0000001, -104.5, 709.9};
    enum { SPECIAL = sizeof special / sizeof *special };
    uint64_t bits = next(state);
    double v;
    if (i < SPECIAL * SPECIAL) return scalar_round(precision, special[i % SPECIAL]);
    if (precision == 64 && i % 2) {
        memcpy(&v, &bits, sizeof v);
    } else if (i % 2) {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        v = f;
    } else {
        v = ldexp((double)(int64_t)bits, -63 + (int)(bits % 14) - 6);
    }
    return scalar_round(precision, v);
}

static double second_operand(int precision, int i, uint64_t *state)
{
    if (i < 900) return operand(precision, i / 30, state);
    if (i % 7 == 0) return (double)((int)(next(state) % 41) - 20);
    return operand(precision, i, state);
}

/* ---- comparing ---- */

typedef void op_fn(const void *, const void *, const void *, void *);

static op_fn *op_function(struct jit *j, const char *name)
{
    void *address = object_symbol(j->object, name);
    ck_assert_msg(address != NULL, "%s", name);
    return (op_fn *)(uintptr_t)address;
}

static void pack(int precision, int n, const double *from, void *to)
{
    if (precision == 64) memcpy(to, from, sizeof *from * (size_t)n);
    else
        for (int i = 0; i < n; i++) ((float *)to)[i] = (float)from[i];
}

static double unpack(int precision, const void *from, int i)
{
    return precision == 64 ? ((const double *)from)[i] : (double)((const float *)from)[i];
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

static void compare_real(struct jit *j, const char *name, enum ir_op op, bool test, const double *a, const double *b)
{
    int lanes = j->vb.lanes, precision = j->vb.precision;
    op_fn *run = op_function(j, name);
    for (int i = 0; i < CASES; i += lanes) {
        char pa[8 * WIDEST], pb[8 * WIDEST], out[8 * WIDEST];
        pack(precision, lanes, a + i, pa);
        pack(precision, lanes, b + i, pb);
        run(pa, pb, NULL, out);
        for (int k = 0; k < lanes; k++) {
            double args[2] = {a[i + k], b[i + k]};
            double want = test ? (double)scalar_test(op, args) : scalar_real(op, precision, args);
            double got = test ? out[k] : unpack(precision, out, k);
            ck_assert_msg(same(want, got), "%s lanes %d precision %d of %a, %a: %a, not %a", name, lanes, precision,
                          args[0], args[1], got, want);
        }
    }
}

static void compare_int(struct jit *j, const char *name, enum ir_op op, bool test)
{
    static const int64_t special[] = {0, 1, -1, 2, INT64_MIN, INT64_MAX, 12345678901, -7};
    int lanes = j->vb.lanes;
    op_fn *run = op_function(j, name);
    uint64_t state = 3;
    for (int i = 0; i < 512; i += lanes) {
        int64_t a[WIDEST], b[WIDEST], out[WIDEST];
        for (int k = 0; k < lanes; k++) {
            a[k] = i < 64 ? special[(i + k) % 8] : (int64_t)next(&state);
            b[k] = i < 64 ? special[(i + k) / 8 % 8] : (int64_t)next(&state) >> (k % 64);
        }
        run(a, b, NULL, out);
        for (int k = 0; k < lanes; k++) {
            int64_t want = scalar_int(op, (int64_t[]){a[k], b[k]});
            int64_t got = test ? ((const char *)out)[k] : out[k];
            ck_assert_msg(want == got, "%s lanes %d of %ld, %ld: %ld, not %ld", name, lanes, (long)a[k], (long)b[k],
                          (long)got, (long)want);
        }
    }
}

static void compare_bool(struct jit *j, const char *name, enum ir_op op)
{
    char a[WIDEST] = {0}, b[WIDEST] = {0}, out[WIDEST];
    for (int k = 0; k < j->vb.lanes; k++) {
        a[k] = k & 1;
        b[k] = k >> 1 & 1;
    }
    op_function(j, name)(a, b, NULL, out);
    for (int k = 0; k < j->vb.lanes; k++) ck_assert_msg(scalar_int(op, (int64_t[]){a[k], b[k]}) == out[k], "%s", name);
}

/* ---- the rows of op.def ---- */

enum type { SAME, REAL, TEST, LOGIC };
static const struct row {
    const char *name;
    enum ir_op op;
    int arity;
    enum type type;
} rows[] = {
#define ELEM(name, text, arity, type) {text, OP_##name, arity, type},
#define OP(name, text, arity, class)
#include "compiler/op.def"
#undef ELEM
#undef OP
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *named(char name[64], const char *kind, const struct row *r)
{
    snprintf(name, 64, "%s_%s", kind, r->name);
    return name;
}

static void add_rows(struct jit *j)
{
    char name[64];
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        bool test = r->type == TEST;
        if (r->type != LOGIC) add_op(j, named(name, "real", r), r->op, r->arity, DT_REAL, test ? DT_BOOL : DT_REAL);
        if (r->type == SAME || test) add_op(j, named(name, "int", r), r->op, r->arity, DT_INT, test ? DT_BOOL : DT_INT);
        if (r->type == LOGIC || test) add_op(j, named(name, "bool", r), r->op, r->arity, DT_BOOL, DT_BOOL);
    }
    add_op(j, "real_select", OP_SELECT, 3, DT_REAL, DT_REAL);
    add_op(j, "int_to_real", OP_TO_REAL, 1, DT_INT, DT_REAL);
    add_op(j, "bool_to_real", OP_TO_REAL, 1, DT_BOOL, DT_REAL);
    add_op(j, "real_to_int", OP_TO_INT, 1, DT_REAL, DT_INT);
    add_op(j, "bool_to_int", OP_TO_INT, 1, DT_BOOL, DT_INT);
}

static void compare_rows(struct jit *j, const double *a, const double *b)
{
    char name[64];
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        bool test = r->type == TEST;
        if (r->type != LOGIC) compare_real(j, named(name, "real", r), r->op, test, a, b);
        if (r->type == SAME || test) compare_int(j, named(name, "int", r), r->op, test);
        if (r->type == LOGIC || test) compare_bool(j, named(name, "bool", r), r->op);
    }
}

static void compare_mixed(struct jit *j, const double *a, const double *b)
{
    int lanes = j->vb.lanes, precision = j->vb.precision;
    uint64_t state = 9;
    for (int i = 0; i < CASES; i += lanes) {
        char pa[8 * WIDEST], pb[8 * WIDEST], out[8 * WIDEST], bools[WIDEST];
        int64_t ints[WIDEST], whole[WIDEST];
        for (int k = 0; k < lanes; k++) {
            bools[k] = (char)(next(&state) & 1);
            ints[k] = (int64_t)next(&state) >> (next(&state) % 64);
        }
        pack(precision, lanes, a + i, pa);
        pack(precision, lanes, b + i, pb);
        op_function(j, "real_select")(bools, pa, pb, out);
        for (int k = 0; k < lanes; k++) ck_assert(same(unpack(precision, out, k), bools[k] ? a[i + k] : b[i + k]));
        op_function(j, "int_to_real")(ints, NULL, NULL, out);
        for (int k = 0; k < lanes; k++) ck_assert(same(unpack(precision, out, k), scalar_to_real(precision, ints[k])));
        op_function(j, "bool_to_real")(bools, NULL, NULL, out);
        for (int k = 0; k < lanes; k++) ck_assert(same(unpack(precision, out, k), bools[k]));
        op_function(j, "real_to_int")(pa, NULL, NULL, whole);
        for (int k = 0; k < lanes; k++)
            ck_assert_msg(whole[k] == scalar_to_int(a[i + k]), "to_int of %a: %ld", a[i + k], (long)whole[k]);
        op_function(j, "bool_to_int")(bools, NULL, NULL, whole);
        for (int k = 0; k < lanes; k++) ck_assert(whole[k] == bools[k]);
    }
}

typedef void draw_fn(const int64_t *prompt, uint64_t seed, int64_t group, void *out);

static void compare_draws(struct jit *j)
{
    int lanes = j->vb.lanes, precision = j->vb.precision;
    draw_fn *run[2] = {(draw_fn *)(uintptr_t)object_symbol(j->object, "uniforms"),
                       (draw_fn *)(uintptr_t)object_symbol(j->object, "normals")};
    uint64_t state = 4;
    for (int i = 0; i < 512; i++) {
        int64_t prompt[WIDEST], group = i % 3 ? (int64_t)(next(&state) >> 40) : 0;
        uint64_t seed = i % 2 ? next(&state) : (uint64_t)i;
        char out[2][4 * 8 * WIDEST];
        for (int k = 0; k < lanes; k++) prompt[k] = (int64_t)(next(&state) >> (i % 60 + 1));
        for (int f = 0; f < 2; f++) run[f](prompt, seed, group, out[f]);
        for (int k = 0; k < lanes; k++) {
            uint32_t words[4];
            double normals[4];
            icl_draw_words(seed, 77, 5, (uint64_t)prompt[k], (uint32_t)group, words);
            scalar_normals(precision, words, normals);
            for (int e = 0; e < 4; e++) {
                ck_assert(same(unpack(precision, out[0], e * lanes + k), scalar_uniform(words[e])));
                ck_assert(same(unpack(precision, out[1], e * lanes + k), normals[e]));
            }
        }
    }
}

static void check_width(int lanes, int precision)
{
    double *a = malloc(sizeof *a * CASES), *b = malloc(sizeof *b * CASES);
    uint64_t state = 1;
    for (int i = 0; i < CASES; i++) {
        a[i] = operand(precision, i, &state);
        b[i] = second_operand(precision, i, &state);
    }
    struct jit j = jit_new(lanes, precision);
    add_rows(&j);
    add_draw(&j, "uniforms", false);
    add_draw(&j, "normals", true);
    finish(&j);
    compare_rows(&j, a, b);
    compare_mixed(&j, a, b);
    compare_draws(&j);
    jit_free(&j);
    free(a);
    free(b);
}

static const int widths[] = {1, 2, 4, 8, 16};

START_TEST(binary32)
{
    check_width(widths[_i], 32);
}
END_TEST

START_TEST(binary64)
{
    check_width(widths[_i], 64);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scalars in vectors");
    TCase *c = tcase_create("widths");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, binary32, 0, 5);
    tcase_add_loop_test(c, binary64, 0, 5);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
