/* Sums over lanes, of several vectors at a time: half of the work of adding neighbours is bringing them together, and
 * one shuffle does that for two vectors. The tree is the same for each, so bits do not depend on the company. Slots are
 * kept within 128 bits as long as possible, where shuffles cost least. */
#include "compiler/llvm/sums.h"

/* A vector some of whose slots belong together: slot i is part `part[i]` of what is summed for value `of[i]`. */
struct partial {
    LLVMValueRef v;
    int n, of[SUMS_MOST], part[SUMS_MOST];
};

static int slot_of(const struct partial *p, int of, int part)
{
    for (int i = 0; i < p->n; i++)
        if (p->of[i] == of && p->part[i] == part) return i;
    return -1;
}

/* Slots from .. to - 1 of p with an even part, and their neighbours; `shift`: p's slots come after so many. */
static void take(const struct partial *p, int from, int to, int shift, struct partial *out, int *even, int *odd)
{
    for (int i = from; i < to; i++) {
        if (p->part[i] % 2) continue;
        even[out->n] = shift + i;
        odd[out->n] = shift + slot_of(p, p->of[i], p->part[i] + 1);
        out->of[out->n] = p->of[i];
        out->part[out->n++] = p->part[i] / 2;
    }
}

static LLVMValueRef shuffled(const struct vec_builder *vb, const struct partial *a, const struct partial *b, int n,
                             const int *slot)
{
    LLVMValueRef mask[SUMS_MOST], other = b ? b->v : LLVMGetUndef(LLVMTypeOf(a->v));
    for (int i = 0; i < n; i++)
        mask[i] = LLVMConstInt(LLVMInt32TypeInContext(vb->context), (unsigned long long)slot[i], false);
    return LLVMBuildShuffleVector(vb->b, a->v, other, LLVMConstVector(mask, (unsigned)n), "");
}

/* One level of the tree, for one vector or for two of the same form. */
static struct partial level(const struct vec_builder *vb, const struct partial *a, const struct partial *b)
{
    struct partial out = {.n = 0};
    int even[SUMS_MOST], odd[SUMS_MOST], block = 128 / vb->precision;
    if (!b || a->n <= block || slot_of(a, a->of[0], 1) >= block) block = a->n;
    for (int from = 0; from < a->n; from += block) {
        take(a, from, from + block, 0, &out, even, odd);
        if (b) take(b, from, from + block, a->n, &out, even, odd);
    }
    LLVMValueRef x = shuffled(vb, a, b, out.n, even), y = shuffled(vb, a, b, out.n, odd);
    out.v = LLVMBuildFAdd(vb->b, x, y, "");
    return out;
}

/* See sums.h. */
LLVMValueRef sums_of_lanes(const struct vec_builder *vb, const LLVMValueRef *v, int m, int *slot)
{
    struct partial p[SUMS_MOST];
    for (int k = 0; k < m; k++) {
        p[k] = (struct partial){.v = v[k], .n = vb->lanes};
        for (int i = 0; i < vb->lanes; i++) {
            p[k].of[i] = k;
            p[k].part[i] = i;
        }
    }
    int n = m;
    for (int left = vb->lanes; left > 1; left /= 2) {
        int next = 0;
        for (int k = 0; k < n; k += 2) p[next++] = level(vb, &p[k], k + 1 < n ? &p[k + 1] : NULL);
        n = next;
    }
    for (int k = 0; k < m; k++) slot[k] = slot_of(&p[0], k, 0);
    return p[0].v;
}
