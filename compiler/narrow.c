/* Computes of a tensor the part that is read. Demand runs backwards: of every node the interval of each axis that its
 * readers take between them. Then nodes are made anew for these intervals, slices standing at the operands instead of
 * behind the results: when only the last token of a transformer is read, its last layer is computed for that token.
 * An element is computed as before, so no bit changes. Nodes are narrowed where elements of a part need parts of the
 * operands (element by element, views, reductions, products); what loops and builders read stays whole. */
#include "compiler/ir.h"

#include <string.h>

struct extent {
    int64_t from, to;
};

struct demand {
    bool read;
    bool whole; /* a loop or a builder reads it, or something that does */
    struct extent axis[IR_MAX_RANK];
    struct ir_node *made; /* what stands for the demanded part */
};

struct narrow {
    struct ir_func *f;
    struct demand *of; /* by id */
};

static struct extent all_of(const struct ir_node *n, int axis)
{
    return (struct extent){0, ir_dim(n, axis)};
}

static bool is_all(const struct ir_node *n, const struct extent *e)
{
    for (int d = 0; d < n->rank; d++)
        if (e[d].from != 0 || e[d].to != ir_dim(n, d)) return false;
    return true;
}

/* A reshape that only adds or takes away axes of length 1: the axis of n that is axis k of its operand, -1 for length
 * 1. False: any other. */
static bool keeps_axes(const struct ir_node *n, int *from)
{
    const struct ir_node *x = n->in[0];
    int d = 0;
    for (int k = 0; k < x->rank; k++) {
        from[k] = -1;
        if (ir_dim(x, k) == 1) continue;
        while (d < n->rank && ir_dim(n, d) == 1) d++;
        if (d == n->rank || ir_dim(n, d) != ir_dim(x, k)) return false;
        from[k] = d++;
    }
    for (; d < n->rank; d++)
        if (ir_dim(n, d) != 1) return false;
    return true;
}

/* Whether a part of n needs but parts of its operands. */
static bool divides(const struct ir_node *n)
{
    int from[IR_MAX_RANK];
    switch (op_info[n->op].class) {
    case OP_CLASS_ELEM: case OP_CLASS_REDUCE: return true;
    case OP_CLASS_VIEW: return n->op != OP_RESHAPE || keeps_axes(n, from);
    default:
        return n->op == OP_MATMUL || n->op == OP_SELECT || n->op == OP_TO_REAL || n->op == OP_TO_INT ||
               n->op == OP_STOP_GRAD;
    }
}

/* The part of operand k that a part of n needs. */
static void operand_extent(const struct ir_node *n, int k, const struct extent *e, struct extent *in)
{
    const struct ir_node *x = n->in[k];
    int columns = n->rank - 1;
    for (int d = 0; d < x->rank; d++) in[d] = all_of(x, d);
    if (n->op == OP_BROADCAST) {
        for (int d = 0; d < x->rank; d++)
            if (ir_dim(x, d) != 1) in[d] = e[n->rank - x->rank + d];
    } else if (n->op == OP_TRANSPOSE) {
        for (int d = 0; d < n->rank; d++) in[n->perm[d]] = e[d];
    } else if (n->op == OP_SLICE) {
        for (int d = 0; d < n->rank; d++) {
            if (e[d].from >= e[d].to) continue;
            int64_t start = size_value(n->start[d]), first = start + e[d].from * n->step[d];
            int64_t last = start + (e[d].to - 1) * n->step[d];
            in[d] = first < last ? (struct extent){first, last + 1} : (struct extent){last, first + 1};
        }
    } else if (n->op == OP_RESHAPE) {
        int from[IR_MAX_RANK];
        keeps_axes(n, from);
        for (int d = 0; d < x->rank; d++)
            if (from[d] >= 0) in[d] = e[from[d]];
    } else if (n->op == OP_MATMUL) {
        for (int d = 0; d < columns - 1; d++) in[d] = e[d];
        in[k ? columns : columns - 1] = e[k ? columns : columns - 1];
    } else if (op_info[n->op].class == OP_CLASS_REDUCE) {
        for (int d = 0; d < x->rank; d++)
            if (d != n->axis) in[d] = e[d < n->axis ? d : d - 1];
    } else if (x->rank == n->rank) {
        for (int d = 0; d < n->rank; d++) in[d] = e[d];
    }
}

static void ask(struct narrow *w, const struct ir_node *n, const struct extent *e)
{
    struct demand *d = &w->of[n->id];
    for (int k = 0; k < n->rank; k++) {
        struct extent want = d->whole || e[k].from >= e[k].to ? all_of(n, k) : e[k];
        if (!d->read) d->axis[k] = want;
        if (want.from < d->axis[k].from) d->axis[k].from = want.from;
        if (want.to > d->axis[k].to) d->axis[k].to = want.to;
    }
    d->read = true;
}

static void ask_all(struct narrow *w, const struct ir_node *n, bool whole)
{
    struct extent e[IR_MAX_RANK];
    for (int d = 0; d < n->rank; d++) e[d] = all_of(n, d);
    w->of[n->id].whole |= whole;
    ask(w, n, e);
}

static void captures(struct narrow *w, const struct ir_region *body)
{
    for (int i = 0; i < body->results.n; i++) ask_all(w, body->results.data[i], true);
    for (int i = 0; i < body->nodes.n; i++) {
        const struct ir_node *n = body->nodes.data[i];
        for (int k = 0; k < n->nin; k++) ask_all(w, n->in[k], true);
        if (n->body) captures(w, n->body);
    }
}

/* n's own demand is complete: its operands get theirs. */
static void pass_demand(struct narrow *w, struct ir_node *n)
{
    struct demand *d = &w->of[n->id];
    struct extent in[IR_MAX_RANK];
    if (!d->read) return;
    bool whole = d->whole || n->body;
    if (n->body) captures(w, n->body);
    if (whole || !divides(n)) ask_all(w, n, whole);
    for (int k = 0; k < n->nin; k++) {
        if (whole || !divides(n)) {
            ask_all(w, n->in[k], whole);
            continue;
        }
        operand_extent(n, k, d->axis, in);
        ask(w, n->in[k], in);
    }
}

/* A part of a node: of what stands for the part that all readers want. */
static struct ir_node *part(struct narrow *w, struct ir_node *n, const struct extent *e)
{
    const struct demand *d = &w->of[n->id];
    struct ir_node *x = d->made, p = {.op = OP_SLICE, .dtype = n->dtype, .rank = n->rank, .nin = 1, .in = &x};
    bool same = true;
    for (int k = 0; k < n->rank; k++) {
        p.start[k] = size_int(w->f->sizes, e[k].from - d->axis[k].from);
        p.dims[k] = size_int(w->f->sizes, e[k].to - e[k].from);
        p.step[k] = 1;
        same &= e[k].from == d->axis[k].from && e[k].to == d->axis[k].to;
    }
    p.where = n->where;
    return same ? x : ir_add(w->f, w->f->top, &p);
}

static struct ir_node *remake(struct narrow *w, struct ir_node *n)
{
    struct demand *d = &w->of[n->id];
    struct ir_node *in[n->nin + 1], p = *n;
    struct extent e[IR_MAX_RANK];
    bool same = is_all(n, d->axis), parts = divides(n) && !d->whole;
    if (!n->nin || n->body || (d->whole && same)) return n;
    for (int k = 0; k < n->nin; k++) {
        for (int i = 0; i < n->in[k]->rank; i++) e[i] = all_of(n->in[k], i);
        if (parts) operand_extent(n, k, d->axis, e);
        for (int i = 0; i < n->in[k]->rank; i++)
            if (e[i].from >= e[i].to) e[i] = all_of(n->in[k], i);
        in[k] = part(w, n->in[k], e);
        same &= in[k] == n->in[k];
    }
    if (same) return n;
    p.in = in;
    for (int k = 0; k < n->rank; k++) {
        int64_t count = d->axis[k].to - d->axis[k].from;
        p.dims[k] = size_int(w->f->sizes, count);
       
        if (n->op != OP_SLICE || !parts) continue; /* else the operand is just what the slice reaches */
        p.start[k] = size_int(w->f->sizes, p.step[k] < 0 && count ? (1 - count) * p.step[k] : 0);
    }
    return ir_add(w->f, w->f->top, &p);
}

static bool all_known(const struct ir_region *r)
{
    int64_t v;
    for (int i = 0; i < r->params.n; i++)
        for (int d = 0; d < r->params.data[i]->rank; d++)
            if (!size_known(r->params.data[i]->dims[d], &v)) return false;
    for (int i = 0; i < r->nodes.n; i++) {
        const struct ir_node *n = r->nodes.data[i];
        for (int d = 0; d < n->rank; d++)
            if (!size_known(n->dims[d], &v) || (n->op == OP_SLICE && !size_known(n->start[d], &v))) return false;
        if (n->body && !all_known(n->body)) return false;
    }
    return true;
}

/* Replaces nodes of the function's top by such as hold what is needed of them for these, and for no others. */
void ir_narrow(struct ir_func *f, struct ir_node **result, int n)
{
    if (!all_known(f->top)) return;
    struct narrow w = {f, ARENA_ARRAY(f->arena, struct demand, f->next_id + 1)};
    int count = f->top->nodes.n;
    for (int i = 0; i < n; i++) ask_all(&w, result[i], false);
    for (int i = count; i-- > 0;) pass_demand(&w, f->top->nodes.data[i]);
    for (int i = 0; i < f->top->params.n; i++) {
        struct ir_node *p = f->top->params.data[i];
        ask_all(&w, p, false);
        w.of[p->id].made = p;
    }
    for (int i = 0; i < count; i++) {
        struct ir_node *node = f->top->nodes.data[i];
        if (w.of[node->id].read) w.of[node->id].made = remake(&w, node);
    }
    for (int i = 0; i < n; i++) result[i] = w.of[result[i]->id].made;
}

/* Nothing of a tensor that is not read. */
void ir_pass_narrow(struct ir_func *f)
{
    ir_narrow(f, f->top->results.data, f->top->results.n);
}
