/* The plan of the lanes schedule: which nodes get a place of their own.
 *
 * Nodes are visited users first. Every piece of code that will read a node notes how many of its elements it reads
 * and at which positions (an access); two uses of one element by the same code count once, because the code computes
 * it once. A node is kept when computing it for all these reads costs more than storing it once and loading it, or
 * when it is too much code to stand inside a reduction; else it is inline and its accesses pass to its operands.
 * Costs count an addition as 0.5, a load as 0.6. Everything follows from sizes: every machine plans alike. */
#include "compiler/lanes.h"

#define COST_LOAD 0.6
#define COST_STORE 1.0
#define CODE_INNER 8.0     /* code that may not stand inside a reduction */
#define BLOCKS_EXPECTED 64 /* how often code in the loop over blocks runs for once before it */

/* One element's arithmetic, in additions times 0.5. */
double lanes_op_cost(enum ir_op op)
{
    switch (op) {
    case OP_DIV: return 3;
    case OP_SQRT: return 4;
    case OP_EXP: case OP_LOG: case OP_SIN: case OP_COS: return 8;
    case OP_EXPM1: case OP_LOG1P: case OP_TANH: case OP_SIGMOID: case OP_ERF: return 12;
    case OP_GELU: case OP_SOFTPLUS: case OP_POW: return 20;
    case OP_STOP_GRAD: case OP_VARIABLE: return 0;
    default: return 0.5;
    }
}

static bool is_special(const struct ir_node *n)
{
    enum op_class c = op_info[n->op].class;
    return n->op == OP_DRAW_UNIFORM || n->op == OP_DRAW_NORMAL || n->op == OP_CONCAT || n->op == OP_CUMSUM ||
           n->op == OP_SORT || n->op == OP_ARGSORT || n->op == OP_RANK ||
           (c == OP_CLASS_LINALG && n->op != OP_MATMUL) || c == OP_CLASS_REGION;
}

static bool is_free(const struct ir_node *n)
{
    return op_info[n->op].class == OP_CLASS_VIEW || n->op == OP_CONST || n->op == OP_INPUT || n->op == OP_PARAM ||
           n->op == OP_IOTA || n->op == OP_GET || n->op == OP_PROMPT;
}

static int64_t inner_length(const struct ir_node *n)
{
    return n->op == OP_MATMUL ? ir_dim(n->in[0], n->in[0]->rank - 1) : ir_dim(n->in[0], n->axis);
}

/* The cost of one element and the size of its code, if everything were inline that may be. */
static void set_cost(const struct ir_node *n)
{
    struct lane_node *ln = lane(n);
    if (is_special(n) || n->op == OP_INPUT || n->op == OP_PARAM || n->op == OP_GET) {
        ln->cost = ln->code = n->op == OP_PARAM && ln->is_bound ? 0.1 : COST_LOAD;
        return;
    }
    double cost = 0, code = 0;
    for (int k = 0; k < n->nin; k++) {
        double c = lane(n->in[k])->cost;
        cost += c < COST_LOAD + 0.1 ? c : COST_LOAD + 0.1;
        code += lane(n->in[k])->code;
    }
    if (op_info[n->op].class == OP_CLASS_REDUCE || n->op == OP_MATMUL) {
        cost = (double)inner_length(n) * (cost + 0.5);
        code = code + CODE_INNER;
    } else if (op_info[n->op].class == OP_CLASS_ELEM || n->op == OP_SELECT || n->op == OP_TO_INT ||
               n->op == OP_GATHER) {
        cost += lanes_op_cost(n->op);
        code += lanes_op_cost(n->op);
    }
    ln->cost = cost;
    ln->code = code;
}

/* Notes for all nodes of a region. A state that is the same for all prompts still comes out of a loop that others vary
 * in: what stands before the loop over blocks must not need it. */
static bool prepare(struct lanes *l, struct ir_region *r)
{
    bool any = false;
    for (int k = 0; k < r->params.n; k++) {
        struct ir_node *p = r->params.data[k];
        struct lane_node *ln = p->note = ARENA_NEW(l->arena, struct lane_node);
        ln->is_bound = r->owner && (r->owner->op == OP_BUILD || k == 0);
        set_cost(p);
    }
    for (int k = 0; k < r->nodes.n; k++) {
        struct ir_node *n = r->nodes.data[k];
        n->note = ARENA_NEW(l->arena, struct lane_node);
        for (int i = 0; i < n->nin; i++) n->varying |= n->in[i]->varying;
        if (n->body && prepare(l, n->body)) n->varying = true;
        any |= n->varying;
        set_cost(n);
    }
    return any;
}

/* How often `inner` runs for one run of `outer`. */
static double trips(const struct ir_region *inner, const struct ir_region *outer)
{
    double t = 1;
    for (; inner != outer && inner->owner; inner = inner->parent) {
        if (inner->owner->op == OP_REPEAT) t *= (double)size_value(inner->owner->count);
        else
            for (int k = 0; k < inner->params.n; k++) t *= (double)size_value(inner->counts[k]);
    }
    return t;
}

static bool code_varies(const struct ir_node *n, const struct ir_region *r)
{
    while (r->owner) {
        n = r->owner;
        r = r->parent;
    }
    return !n || n->varying;
}

/* Code that walks over all elements of something with the shape of `shape`. */
static struct reader *new_reader(struct lanes *l, const struct ir_node *node, const struct ir_region *region,
                                 const struct ir_node *shape)
{
    struct reader *r = ARENA_NEW(l->arena, struct reader);
    r->node = node;
    r->region = region;
    r->own = ARENA_ARRAY(l->arena, struct ix, shape->rank);
    r->varying = code_varies(node, region);
    for (int k = 0; k < shape->rank; k++) {
        int64_t d = ir_dim(shape, k);
        r->own[k] = d <= 1 ? ix_const(0) : ix_of_var(ix_new_var(l, IX_COUNTER, -1, 0, d - 1));
    }
    return r;
}

/* Notes that `by` takes `reads` elements of n, counted a run of the code `user` stands in (NULL: the reader's own).
 * What is the same for all prompts is computed once before the loop over blocks. */
static void note_access(struct lanes *l, struct reader *by, const struct ir_node *user, const struct ir_node *n,
                        const struct ix *at, double reads, bool inner)
{
    struct lane_node *ln = lane(n);
    const struct ir_region *from = user ? user->region : by->region;
    bool before = !n->region->owner && !n->varying;
    bool user_before = user ? !user->region->owner && !user->varying : !by->varying;
    reads *= trips(from, n->region);
    if (before && !user_before && by->varying) reads *= BLOCKS_EXPECTED;
    for (int k = 0; k < ln->seen.n; k++) {
        struct access *a = &ln->seen.data[k];
        if (a->by != by) continue;
        bool same = true;
        for (int d = 0; d < n->rank && same; d++) same = ix_same(&a->at[d], &at[d]);
        if (!same) continue;
        if (reads > a->reads) a->reads = reads;
        a->inner |= inner;
        return;
    }
    struct access a = {.by = by, .reads = reads, .inner = inner};
    a.at = ARENA_ARRAY(l->arena, struct ix, n->rank + 1);
    for (int d = 0; d < n->rank; d++) a.at[d] = at[d];
    vec_push(l->arena, &ln->seen, a);
}

/* The variable of a reduction or of an index that depends on data: one a node. */
static struct ix inner_var(struct lanes *l, const struct ir_node *n, int64_t count, enum ix_kind kind)
{
    struct lane_node *ln = lane(n);
    if (count <= 1) return ix_const(0);
    if (!ln->var) ln->var = 1 + ix_new_var(l, kind, -1, 0, count - 1);
    return ix_of_var(ln->var - 1);
}

/* How many outputs of a product share one load of an operand's element in a register tile. */
static double shared(int64_t n)
{
    return n >= 8 ? 4 : n >= 2 ? (double)n / 2 : 1;
}

static void pass_matmul(struct lanes *l, struct reader *by, const struct ir_node *n, const struct ix *at, double reads)
{
    const struct ir_node *a = n->in[0], *b = n->in[1];
    int r = n->rank;
    int64_t inner = inner_length(n);
    struct ix pa[IR_MAX_RANK], pb[IR_MAX_RANK], k = inner_var(l, n, inner, IX_COUNTER);
    for (int d = 0; d < r - 2; d++) pa[d] = pb[d] = at[d];
    pa[r - 2] = at[r - 2];
    pa[r - 1] = pb[r - 2] = k;
    pb[r - 1] = at[r - 1];
    double total = reads * (double)inner;
    double once_a = total / (double)ir_dim(n, r - 1), once_b = total / (double)ir_dim(n, r - 2);
    bool acc = lane(n)->accumulate;
    note_access(l, by, n, a, pa, acc ? (lane(n)->left ? once_a : total) : total / shared(ir_dim(n, r - 1)),
                !(acc && lane(n)->left));
    note_access(l, by, n, b, pb, acc && !lane(n)->left ? once_b : total / shared(ir_dim(n, r - 2)),
                !(acc && !lane(n)->left));
}

static void pass_gather(struct lanes *l, struct reader *by, const struct ir_node *n, const struct ix *at, double reads,
                        bool inner)
{
    const struct ir_node *x = n->in[0], *index = n->in[1];
    struct ix in[IR_MAX_RANK];
    note_access(l, by, n, index, at + n->axis, reads, inner);
    for (int d = 0; d < x->rank; d++) in[d] = d < n->axis ? at[d] : at[d + index->rank - 1];
    in[n->axis] = inner_var(l, n, ir_dim(x, n->axis), IX_LANES);
    note_access(l, by, n, x, in, reads, inner);
}

/* Passes one access of an inline node (or a kept node's own) to its operands. */
static void pass_on(struct lanes *l, struct reader *by, const struct ir_node *n, const struct ix *at, double reads,
                    bool inner)
{
    struct ix in[IR_MAX_RANK];
    enum op_class c = op_info[n->op].class;
    if (c == OP_CLASS_VIEW) {
        ix_view(l, n, at, in);
        note_access(l, by, n, n->in[0], in, reads, inner);
    } else if (n->op == OP_MATMUL) {
        pass_matmul(l, by, n, at, reads);
    } else if (c == OP_CLASS_REDUCE) {
        const struct ir_node *x = n->in[0];
        for (int d = 0; d < x->rank; d++) in[d] = at[d < n->axis ? d : d - 1];
        in[n->axis] = inner_var(l, n, ir_dim(x, n->axis), IX_COUNTER);
        note_access(l, by, n, x, in, reads * (double)ir_dim(x, n->axis), true);
    } else if (n->op == OP_GATHER) {
        pass_gather(l, by, n, at, reads, inner);
    } else if (n->op == OP_PUT) {
        note_access(l, by, n, n->in[0], at, reads, inner);
        for (int d = 0; d < n->rank - 1; d++) in[d] = at[d < n->axis ? d : d + 1];
        note_access(l, by, n, n->in[1], in, reads / (double)ir_dim(n, n->axis), inner);
        note_access(l, by, n, n->in[2], in, 1, inner);
    } else {
        for (int k = 0; k < n->nin; k++) note_access(l, by, n, n->in[k], at, reads, inner);
    }
}

/* All of `what` is read once, element by element, by code in `region`. */
static void read_all(struct lanes *l, const struct ir_node *node, const struct ir_region *region,
                     const struct ir_node *target, const struct ir_node *what, double times, bool inner)
{
    struct reader *r = new_reader(l, node, region, what);
    r->target = target;
    r->early = target && what->op == OP_PUT && what->in[0] == target;
    note_access(l, r, NULL, what, r->own, times * (double)ir_elements(what), inner);
}

static void plan_region(struct lanes *l, const struct ir_region *r);

static void plan_special(struct lanes *l, const struct ir_node *n)
{
    bool linalg = op_info[n->op].class == OP_CLASS_LINALG;
    for (int k = 0; k < n->nin; k++) {
        double times = n->op == OP_TRISOLVE && k == 0 ? (double)ir_dim(n, n->rank - 1) : 1;
        read_all(l, n, n->region, NULL, n->in[k], times, linalg);
    }
    if (!n->body) return;
    for (int k = 0; k < n->body->results.n; k++) {
        const struct ir_node *target = n->op == OP_REPEAT && k < n->nin ? n->body->params.data[k + 1] : n;
        read_all(l, n, n->body, target, n->body->results.data[k], 1, false);
    }
    plan_region(l, n->body);
}

/* A product's operand, through views and arithmetic used nowhere else, that contains a reduction of this region. */
static bool holds_reduction(const struct ir_node *n, const struct ir_region *r)
{
    if (n->uses != 1 || n->region != r || is_special(n)) return false;
    enum op_class c = op_info[n->op].class;
    if (n->op == OP_MATMUL) return true;
    if (c != OP_CLASS_VIEW && c != OP_CLASS_ELEM && c != OP_CLASS_MIXED) return false;
    for (int k = 0; k < n->nin; k++)
        if (holds_reduction(n->in[k], r)) return true;
    return false;
}

/* X' (X w - y): when a narrow operand is itself a product, its rows are computed as the loop over them goes, and the
 * results are accumulated: the wide operand is then read once, row by row, for both products. */
static void plan_accumulate(struct lanes *l, const struct ir_node *n)
{
    (void)l;
    struct lane_node *ln = lane(n);
    int64_t rows = ir_dim(n, n->rank - 2), columns = ir_dim(n, n->rank - 1);
    if (inner_length(n) < 4) return;
    if (columns <= 4 && rows >= 2 && holds_reduction(n->in[1], n->region)) ln->accumulate = true;
    else if (rows <= 4 && columns >= 2 && holds_reduction(n->in[0], n->region)) ln->accumulate = ln->left = true;
}

static bool worth_keeping(const struct ir_node *n)
{
    const struct lane_node *ln = lane(n);
    double reads = 0, elements = (double)ir_elements(n);
    for (int k = 0; k < ln->seen.n; k++) {
        reads += ln->seen.data[k].reads;
        if (ln->seen.data[k].inner && ln->code >= CODE_INNER) return true;
    }
    if (n->op == OP_MATMUL && elements >= 64 && ir_is_symmetric(n)) return true;
    return reads * ln->cost > elements * (ln->cost + COST_STORE) + reads * COST_LOAD;
}

static void plan_node(struct lanes *l, const struct ir_node *n)
{
    struct lane_node *ln = lane(n);
    if (n->op == OP_GET) {
        if (ln->seen.n) lane(n->in[0])->used = true;
        return;
    }
    if (is_special(n)) {
        if (!ln->seen.n && !ln->used) return;
        ln->place = AT_BUFFER;
        plan_special(l, n);
        return;
    }
    if (!ln->seen.n) return;
    if (n->op == OP_MATMUL && ir_elements(n) > 1) plan_accumulate(l, n);
    if (is_free(n)) ln->place = AT_INLINE;
    else if (ir_elements(n) == 1) ln->place = AT_VALUE;
    else ln->place = ln->accumulate || worth_keeping(n) ? AT_BUFFER : AT_INLINE;
    if (ln->place == AT_INLINE) {
        for (int k = 0; k < ln->seen.n; k++) {
            struct access a = ln->seen.data[k];
            if (n->nin) pass_on(l, a.by, n, a.at, a.reads, a.inner);
        }
        return;
    }
    struct reader *own = new_reader(l, n, n->region, n);
    pass_on(l, own, n, own->own, (double)ir_elements(n), false);
}

static void plan_region(struct lanes *l, const struct ir_region *r)
{
    for (int k = r->nodes.n; k-- > 0;) plan_node(l, r->nodes.data[k]);
}

/* Decides the place of every node of the function; nodes that nothing reads get none. */
void lanes_plan(struct lanes *l)
{
    ir_count_uses(l->f);
    ir_mark_varying(l->f);
    prepare(l, l->f->top);
    const struct ir_region *top = l->f->top;
    for (int k = 0; k < top->results.n; k++) read_all(l, NULL, top, NULL, top->results.data[k], 1, false);
    plan_region(l, top);
}

/* See lanes.h: the readers of the old value that run at the end of a pass are only the one that replaces it, and that
 * one reads each element to replace the same one. */
bool lanes_in_place(const struct ir_node *param)
{
    const struct lane_node *ln = lane(param);
    for (int k = 0; k < ln->seen.n; k++) {
        const struct access *a = &ln->seen.data[k];
        if (!a->by->target || a->by->region != param->region) continue;
        if (a->by->early && a->by->target != param) continue;
        if (a->by->target != param) return false;
        for (int d = 0; d < param->rank; d++)
            if (!ix_same(&a->at[d], &a->by->own[d])) return false;
    }
    return true;
}
