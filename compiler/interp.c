/* The reference interpreter: operations on whole tensors (interp_node). interp_run.c walks functions.
 *
 * Reals travel as double and are rounded to the precision by every operation that rounds. Order of operations: an
 * element-wise operation has none; reductions go as op.def says; linear algebra as linalg.inc says. */
#include "compiler/interp.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/linalg.h"
#include "compiler/scalar.h"
#include "runtime/icl_rt.h"

enum { WIDTH = 8 };                                     /* bytes of an element of any type */
typedef int64_t __attribute__((may_alias)) word;         /* an element of any type, to be moved */
typedef void eval_fn(struct interp *it, const struct ir_node *n, const struct tensor *const *in, struct tensor *out);
#define EVAL(name) \
    static void name(struct interp *it, const struct ir_node *n, const struct tensor *const *in, struct tensor *out)

/* The number of elements. */
int64_t tensor_elements(const struct tensor *t)
{
    int64_t count = 1;
    for (int i = 0; i < t->rank; i++) count *= t->dims[i];
    return count;
}

/* A tensor of zeros. */
struct tensor tensor_new(struct arena *a, enum dtype t, int rank, const int64_t *dims)
{
    struct tensor x = { .dtype = t, .rank = rank };
    for (int i = 0; i < rank; i++) x.dims[i] = dims[i];
    x.i = arena_alloc(a, (size_t)(tensor_elements(&x) * WIDTH));
    return x;
}

static int64_t extent(const struct tensor *t, int from, int to)
{
    int64_t count = 1;
    for (int i = from; i < to; i++) count *= t->dims[i];
    return count;
}

static void copy(int64_t n, const int64_t *from, int64_t *to)
{
    if (n) memcpy(to, from, (size_t)(n * WIDTH));
}

static void *buffer(int64_t elements)
{
    size_t bytes = (size_t)((elements + 1) * WIDTH);
    void *p = malloc(bytes);
    if (!p) out_of_memory(bytes);
    return p;
}

/* ---- element by element ---- */

EVAL(eval_elem)
{
    const struct tensor *a = in[0], *b = op_info[n->op].arity > 1 ? in[1] : in[0];
    int64_t count = tensor_elements(out);
    if (a->dtype != DT_REAL) scalar_int_n(n->op, count, a->i, b->i, out->i);
    else if (op_info[n->op].type == ELEM_TEST) scalar_test_n(n->op, count, a->r, b->r, out->i);
    else scalar_real_n(n->op, it->precision, count, a->r, b->r, out->r);
}

EVAL(eval_SELECT)
{
    int64_t count = tensor_elements(out);
    (void)it, (void)n;
    const word *a = (word *)in[1]->i, *b = (word *)in[2]->i;
    word *to = (word *)out->i;
    for (int64_t i = 0; i < count; i++) to[i] = in[0]->i[i] ? a[i] : b[i];
}

EVAL(eval_TO_REAL)
{
    int64_t count = tensor_elements(out);
    (void)n;
    for (int64_t i = 0; i < count; i++) out->r[i] = scalar_to_real(it->precision, in[0]->i[i]);
}

EVAL(eval_TO_INT)
{
    int64_t count = tensor_elements(out);
    (void)it, (void)n;
    for (int64_t i = 0; i < count; i++) out->i[i] = in[0]->dtype == DT_REAL ? scalar_to_int(in[0]->r[i]) : in[0]->i[i];
}

/* RESHAPE STOP_GRAD: the same elements in the same order. */
EVAL(eval_same)
{
    (void)it, (void)n;
    copy(tensor_elements(out), in[0]->i, out->i);
}

/* ---- leaves ---- */

EVAL(eval_CONST)
{
    (void)in;
    if (n->dtype == DT_REAL) *out->r = scalar_round(it->precision, n->real);
    else *out->i = n->integer;
}

EVAL(eval_PROMPT)
{
    (void)n, (void)in;
    out->i[0] = (int64_t)it->prompt;
}

EVAL(eval_IOTA)
{
    int64_t inner = extent(out, n->axis + 1, out->rank), count = tensor_elements(out);
    (void)it, (void)in;
    for (int64_t i = 0; i < count; i++) out->i[i] = i / inner % out->dims[n->axis];
}

EVAL(eval_draw)
{
    int64_t count = tensor_elements(out);
    uint32_t stream = n->stream + (n->nin ? 4 * (uint32_t)in[0]->i[0] : 0);
    for (int64_t i = 0; i < count; i += 4) {
        uint32_t words[4];
        double value[4];
        icl_draw_words(it->seed, n->site, stream, it->prompt, (uint32_t)(i / 4), words);
        if (n->op == OP_DRAW_NORMAL) scalar_normals(it->precision, words, value);
        else
            for (int k = 0; k < 4; k++) value[k] = scalar_uniform(words[k]);
        for (int64_t k = 0; k < 4 && i + k < count; k++) out->r[i + k] = value[k];
    }
}

/* ---- views ---- */

/* out[index] = from[offset + sum of index * stride]: along the last axis, then a step of the axes before it. */
static void copy_strided(const struct tensor *out, const int64_t *from, const int64_t *stride)
{
    int64_t index[IR_MAX_RANK] = { 0 }, count = tensor_elements(out);
    const word *at = (const word *)from;
    word *to = (word *)out->i;
    int last = out->rank - 1;
    if (out->rank == 0) *to = *at;
    if (out->rank == 0 || !count) return;
    for (int64_t n = out->dims[last], step = stride[last], done = 0; done < count; done += n, to += n) {
        if (step == 0)
            for (int64_t i = 0; i < n; i++) to[i] = *at;
        else if (step == 1) memcpy(to, at, (size_t)(n * WIDTH));
        else
            for (int64_t i = 0; i < n; i++) to[i] = at[i * step];
        for (int axis = last - 1; axis >= 0; axis--) {
            at += stride[axis];
            if (++index[axis] < out->dims[axis]) break;
            at -= stride[axis] * out->dims[axis];
            index[axis] = 0;
        }
    }
}

static void strides(const struct tensor *t, int64_t *stride)
{
    int64_t step = 1;
    for (int i = t->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= t->dims[i];
    }
}

EVAL(eval_BROADCAST)
{
    int64_t own[IR_MAX_RANK], stride[IR_MAX_RANK] = { 0 };
    int added = out->rank - in[0]->rank;
    (void)it, (void)n;
    strides(in[0], own);
    for (int i = 0; i < in[0]->rank; i++) stride[i + added] = in[0]->dims[i] == 1 ? 0 : own[i];
    copy_strided(out, in[0]->i, stride);
}

EVAL(eval_TRANSPOSE)
{
    int64_t own[IR_MAX_RANK], stride[IR_MAX_RANK];
    (void)it;
    strides(in[0], own);
    for (int i = 0; i < out->rank; i++) stride[i] = own[n->perm[i]];
    copy_strided(out, in[0]->i, stride);
}

EVAL(eval_SLICE)
{
    int64_t own[IR_MAX_RANK], stride[IR_MAX_RANK], offset = 0;
    (void)it;
    strides(in[0], own);
    for (int i = 0; i < out->rank; i++) {
        stride[i] = own[i] * n->step[i];
        offset += own[i] * size_value(n->start[i]);
    }
    if (tensor_elements(out)) copy_strided(out, in[0]->i + offset, stride);
}

/* ---- moves ---- */

EVAL(eval_CONCAT)
{
    int64_t outer = extent(out, 0, n->axis), *to = out->i;
    (void)it;
    for (int64_t o = 0; o < outer; o++)
        for (int k = 0; k < n->nin; k++) {
            int64_t block = extent(in[k], n->axis, in[k]->rank);
            copy(block, in[k]->i + o * block, to);
            to += block;
        }
}

EVAL(eval_GATHER)
{
    const struct tensor *x = in[0], *index = in[1];
    int64_t outer = extent(x, 0, n->axis), length = x->dims[n->axis], inner = extent(x, n->axis + 1, x->rank);
    int64_t picks = tensor_elements(index);
    (void)it;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t p = 0; p < picks; p++) {
            int64_t at = index->i[p], to = (o * picks + p) * inner;
            bool inside = at >= 0 && at < length;
            if (inside) copy(inner, x->i + (o * length + at) * inner, out->i + to);
            for (int64_t i = 0; !inside && i < inner; i++) {
                if (x->dtype == DT_REAL) out->r[to + i] = NAN;
                else out->i[to + i] = 0;
            }
        }
}

/* x with one row replaced; a row outside of it changes nothing. */
EVAL(eval_PUT)
{
    int64_t outer = extent(out, 0, n->axis), length = out->dims[n->axis], inner = extent(out, n->axis + 1, out->rank);
    int64_t at = in[2]->i[0];
    (void)it;
    copy(tensor_elements(out), in[0]->i, out->i);
    for (int64_t o = 0; o < outer && at >= 0 && at < length; o++)
        copy(inner, in[1]->i + o * inner, out->i + (o * length + at) * inner);
}

/* One step of a chain: acc = acc op x, for n elements at once. */
static void chain(const struct interp *it, enum ir_op op, bool reals, int64_t n, int64_t *acc, const int64_t *x)
{
    if (reals) scalar_real_n(op, it->precision, n, (const double *)acc, (const double *)x, (double *)acc);
    else scalar_int_n(op, n, acc, x, acc);
}

EVAL(eval_CUMSUM)
{
    int64_t outer = extent(out, 0, n->axis), length = out->dims[n->axis], inner = extent(out, n->axis + 1, out->rank);
    copy(tensor_elements(out), in[0]->i, out->i);
    for (int64_t o = 0; o < outer; o++)
        for (int64_t k = 1; k < length; k++) {
            int64_t *row = out->i + (o * length + k) * inner;
            if (out->dtype == DT_REAL)
                scalar_real_n(OP_ADD, it->precision, inner, (double *)(row - inner), (double *)row, (double *)row);
            else scalar_int_n(OP_ADD, inner, row - inner, row, row);
        }
}

/* Tells whether element i of the row stands before element k: ascending, NaN last. */
static bool before(const struct tensor *t, int64_t row, int64_t i, int64_t k)
{
    if (t->dtype != DT_REAL) return t->i[row + i] < t->i[row + k];
    double a = t->r[row + i], b = t->r[row + k];
    return a < b || (isnan(b) && !isnan(a));
}

/* Merge sort of the indices of one row; stable. */
static void sort_row(const struct tensor *t, int64_t row, int64_t n, int64_t *order, int64_t *spare)
{
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t width = 1; width < n; width *= 2) {
        for (int64_t from = 0; from < n; from += 2 * width) {
            int64_t middle = from + width < n ? from + width : n, to = from + 2 * width < n ? from + 2 * width : n;
            for (int64_t i = from, k = middle, at = from; at < to; at++) {
                bool right = i == middle || (k < to && before(t, row, order[k], order[i]));
                spare[at] = order[right ? k++ : i++];
            }
        }
        copy(n, spare, order);
    }
}

/* SORT ARGSORT RANK */
EVAL(eval_sort)
{
    int64_t length = out->dims[out->rank - 1], rows = extent(out, 0, out->rank - 1);
    int64_t *order = buffer(2 * length);
    (void)it;
    for (int64_t r = 0; r < rows; r++) {
        sort_row(in[0], r * length, length, order, order + length);
        for (int64_t i = 0; i < length; i++) {
            int64_t at = r * length + i, from = r * length + order[i];
            if (n->op == OP_RANK) out->i[from] = i;
            else if (n->op == OP_ARGSORT) out->i[at] = order[i];
            else if (in[0]->dtype == DT_REAL) out->r[at] = in[0]->r[from] + 0; /* -0 becomes 0, as equal keys are */
            else out->i[at] = in[0]->i[from];
        }
    }
    free(order);
}

/* ---- reductions: x as [outer, length, inner] ---- */

/* The language's sum over an axis that is not the last: 16 partial rows, then the tree (linalg.inc has it for one). */
static void sum_rows(const struct interp *it, int64_t length, int64_t inner, const double *x, double *out,
                     int64_t *partial)
{
    int64_t m = length < 16 ? length : 16;
    copy(m * inner, (const int64_t *)x, partial);
    for (int64_t k = 16; k < length; k++)
        chain(it, OP_ADD, true, inner, partial + k % 16 * inner, (const int64_t *)(x + k * inner));
    for (int64_t h = 8; h; h /= 2) {
        for (int64_t k = 0; k < h && k + h < m; k++)
            chain(it, OP_ADD, true, inner, partial + k * inner, partial + (k + h) * inner);
        m = m < h ? m : h;
    }
    copy(inner, partial, (int64_t *)out);
}

EVAL(eval_SUM)
{
    const struct tensor *x = in[0];
    int64_t outer = extent(x, 0, n->axis), length = x->dims[n->axis], inner = extent(x, n->axis + 1, x->rank);
    memset(out->i, 0, (size_t)(outer * inner * WIDTH));
    if (!length) return;
    if (x->dtype == DT_REAL && inner == 1) {
        linalg_run(&(struct linalg){ .op = OP_SUM, .precision = it->precision, .m = outer, .n = length, .a = x->r,
                                     .out = out->r });
        return;
    }
    int64_t *partial = buffer(16 * inner);
    for (int64_t o = 0; o < outer; o++) {
        if (x->dtype == DT_REAL) sum_rows(it, length, inner, x->r + o * length * inner, out->r + o * inner, partial);
        else
            for (int64_t k = 0; k < length; k++)
                chain(it, OP_ADD, false, inner, out->i + o * inner, x->i + (o * length + k) * inner);
    }
    free(partial);
}

/* PROD MAX_OF MIN_OF: a chain from element 0 */
EVAL(eval_chain)
{
    const struct tensor *x = in[0];
    int64_t outer = extent(x, 0, n->axis), length = x->dims[n->axis], inner = extent(x, n->axis + 1, x->rank);
    enum ir_op op = n->op == OP_PROD ? OP_MUL : n->op == OP_MAX_OF ? OP_MAX : OP_MIN;
    for (int64_t i = 0; !length && i < outer * inner; i++) {
        if (x->dtype == DT_REAL) out->r[i] = 1;
        else out->i[i] = 1;
    }
    for (int64_t o = 0; o < outer && length; o++) {
        copy(inner, x->i + o * length * inner, out->i + o * inner);
        for (int64_t k = 1; k < length; k++)
            chain(it, op, x->dtype == DT_REAL, inner, out->i + o * inner, x->i + (o * length + k) * inner);
    }
}

/* Tells whether element i takes the place of `best`: greater (less), or the first NaN. */
static bool better(const struct tensor *x, bool greatest, int64_t i, int64_t best)
{
    if (x->dtype != DT_REAL) return greatest ? x->i[i] > x->i[best] : x->i[i] < x->i[best];
    if (isnan(x->r[i])) return !isnan(x->r[best]);
    return greatest ? x->r[i] > x->r[best] : x->r[i] < x->r[best];
}

/* ARGMAX ARGMIN */
EVAL(eval_arg)
{
    const struct tensor *x = in[0];
    int64_t outer = extent(x, 0, n->axis), length = x->dims[n->axis], inner = extent(x, n->axis + 1, x->rank);
    (void)it;
    for (int64_t o = 0; o < outer; o++)
        for (int64_t i = 0; i < inner; i++) {
            int64_t base = o * length * inner + i, best = 0;
            for (int64_t k = 1; k < length; k++)
                if (better(x, n->op == OP_ARGMAX, base + k * inner, base + best * inner)) best = k;
            out->i[o * inner + i] = best;
        }
}

/* ---- linear algebra: one matrix after the other ---- */

static int64_t matrix(const struct tensor *t)
{
    return extent(t, t->rank - 2, t->rank);
}

EVAL(eval_linalg)
{
    const struct tensor *a = in[0], *b = op_info[n->op].arity > 1 ? in[1] : NULL;
    int64_t count = extent(a, 0, a->rank - 2);
    struct linalg l = { .op = n->op, .precision = it->precision, .upper = n->upper, .transposed = n->transposed,
                        .m = a->dims[a->rank - 2], .n = a->dims[a->rank - 1], .k = b ? b->dims[b->rank - 1] : 0 };
    for (int64_t i = 0; i < count; i++) {
        l.a = a->r + i * matrix(a);
        l.b = b ? b->r + i * matrix(b) : NULL;
        l.out = out->r + i * (n->op == OP_LU_LOGDET ? 1 : matrix(out));
        linalg_run(&l);
    }
}

#define eval_INPUT NULL
#define eval_PARAM NULL
#define eval_REPEAT NULL
#define eval_BUILD NULL
#define eval_GET NULL
#define eval_STOP_GRAD eval_same
#define eval_VARIABLE eval_same
#define eval_RESHAPE eval_same
#define eval_DRAW_UNIFORM eval_draw
#define eval_DRAW_NORMAL eval_draw
#define eval_SORT eval_sort
#define eval_ARGSORT eval_sort
#define eval_RANK eval_sort
#define eval_PROD eval_chain
#define eval_MAX_OF eval_chain
#define eval_MIN_OF eval_chain
#define eval_ARGMAX eval_arg
#define eval_ARGMIN eval_arg
#define eval_MATMUL eval_linalg
#define eval_CHOLESKY eval_linalg
#define eval_TRISOLVE eval_linalg
#define eval_LU_SOLVE eval_linalg
#define eval_LU_LOGDET eval_linalg
#define eval_EIGH eval_linalg
#define eval_PINV_SOLVE eval_linalg

static eval_fn *const eval[OP_COUNT] = {
#define ELEM(name, text, arity, type) [OP_##name] = eval_elem,
#define OP(name, text, arity, class) [OP_##name] = eval_##name,
#include "compiler/op.def"
#undef ELEM
#undef OP
};

/* Evaluates one node into `out`. */
void interp_node(struct interp *it, const struct ir_node *n, const struct tensor *const *in, struct tensor *out)
{
    assert(eval[n->op]);
    eval[n->op](it, n, in, out);
}
