/* Construction of the tensor IR: nodes are hash-consed, so that an expression written twice is computed once.
 *
 * The table of unique nodes serves all regions of a function: a node is found from its own region and from regions
 * nested in it, but only when it stands before the owner of the nested one. Sizes compare by value where they are
 * known and by algebra else. Nodes with a body are never looked up here; the pass cse compares bodies. */
#include "compiler/ir.h"

#include <assert.h>
#include <string.h>

const struct op_info op_info[OP_COUNT] = {
#define ELEM(name, text, arity, type) [OP_##name] = { text, arity, OP_CLASS_ELEM, ELEM_##type },
#define OP(name, text, arity, class) [OP_##name] = { text, arity, OP_CLASS_##class, ELEM_SAME },
#include "compiler/op.def"
#undef ELEM
#undef OP
};
const char *const dtype_name[] = { [DT_REAL] = "real", [DT_INT] = "int", [DT_BOOL] = "bool" };

struct ir_table {
    struct ir_node **slot;
    uint64_t *hash;
    int n, capacity;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static uint64_t mix_dim(uint64_t h, dim d)
{
    int64_t v;
    return mix(h, d && size_known(d, &v) ? (uint64_t)v : 0x51u);
}

static bool same_dim(dim a, dim b)
{
    return a == b || (a && b && size_compare(a, b) == SIZE_EQUAL);
}

static uint64_t real_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

/* A hash of what ir_same_attributes compares. */
uint64_t ir_attribute_hash(const struct ir_node *n)
{
    uint64_t h = mix(mix(mix(n->op, n->dtype), (uint64_t)n->rank), (uint64_t)n->nin);
    for (int i = 0; i < n->rank; i++) h = mix_dim(h, n->dims[i]);
    switch (n->op) {
    case OP_CONST: return mix(mix(h, real_bits(n->real)), (uint64_t)n->integer);
    case OP_DRAW_UNIFORM:
    case OP_DRAW_NORMAL: return mix(mix(h, n->site), n->stream);
    case OP_TRANSPOSE:
        for (int i = 0; i < n->rank; i++) h = mix(h, (uint64_t)n->perm[i]);
        return h;
    case OP_SLICE:
        for (int i = 0; i < n->rank; i++) h = mix(mix_dim(h, n->start[i]), (uint64_t)n->step[i]);
        return h;
    case OP_REPEAT: return mix(mix_dim(mix_dim(h, n->count), n->first), n->stops);
    case OP_INPUT:
    case OP_PARAM: return mix(h, (uint64_t)n->slot);
    default: return mix(h, (uint64_t)n->axis << 2 | (uint64_t)n->upper << 1 | n->transposed);
    }
}

/* Tells whether two shapes are equal by the algebra of sizes. */
bool ir_same_dims(int rank, const dim *a, const dim *b)
{
    for (int i = 0; i < rank; i++)
        if (!same_dim(a[i], b[i])) return false;
    return true;
}

/* Tells whether a and b differ in no more than operands, body, name and place. */
bool ir_same_attributes(const struct ir_node *a, const struct ir_node *b)
{
    if (a->op != b->op || a->dtype != b->dtype || a->rank != b->rank || a->nin != b->nin) return false;
    if (!ir_same_dims(a->rank, a->dims, b->dims)) return false;
    if (a->op == OP_TRANSPOSE && memcmp(a->perm, b->perm, sizeof *a->perm * (size_t)a->rank)) return false;
    if (a->op == OP_SLICE && (memcmp(a->step, b->step, sizeof *a->step * (size_t)a->rank) ||
                              !ir_same_dims(a->rank, a->start, b->start)))
        return false;
    return a->axis == b->axis && real_bits(a->real) == real_bits(b->real) && a->integer == b->integer &&
           a->site == b->site && a->stream == b->stream && a->upper == b->upper && a->transposed == b->transposed &&
           a->stops == b->stops && a->slot == b->slot && same_dim(a->count, b->count) && same_dim(a->first, b->first);
}

/* Tells whether n stands before what is appended to `from` now. */
bool ir_visible(const struct ir_region *from, const struct ir_node *n)
{
    for (const struct ir_region *r = from; r; r = r->parent) {
        if (r == n->region) return true;
        if (r->owner && n->id > r->owner->id) return false;
    }
    return false;
}

/* ---- hash-consing ---- */

static uint64_t node_hash(const struct ir_node *n)
{
    uint64_t h = ir_attribute_hash(n);
    for (int i = 0; i < n->nin; i++) h = mix(h, (uint64_t)n->in[i]->id);
    return h;
}

static bool can_merge(const struct ir_node *n)
{
    return !n->body && n->op != OP_INPUT && n->op != OP_PARAM;
}

static void table_put(struct arena *a, struct ir_table *t, struct ir_node *n, uint64_t hash)
{
    if (2 * (t->n + 1) > t->capacity) {
        struct ir_table old = *t;
        t->n = 0;
        t->capacity = old.capacity ? 2 * old.capacity : 128;
        t->slot = ARENA_ARRAY(a, struct ir_node *, t->capacity);
        t->hash = ARENA_ARRAY(a, uint64_t, t->capacity);
        for (int i = 0; i < old.capacity; i++)
            if (old.slot[i]) table_put(a, t, old.slot[i], old.hash[i]);
    }
    uint64_t mask = (uint64_t)t->capacity - 1, at = hash & mask;
    while (t->slot[at]) at = (at + 1) & mask;
    t->slot[at] = n;
    t->hash[at] = hash;
    t->n++;
}

static struct ir_node *table_find(const struct ir_table *t, const struct ir_region *r, const struct ir_node *proto,
                                  uint64_t hash)
{
    if (!t->capacity) return NULL;
    uint64_t mask = (uint64_t)t->capacity - 1;
    for (uint64_t at = hash & mask; t->slot[at]; at = (at + 1) & mask) {
        struct ir_node *n = t->slot[at];
        if (t->hash[at] == hash && ir_same_attributes(n, proto) && ir_visible(r, n) &&
            (!n->nin || !memcmp(n->in, proto->in, sizeof *n->in * (size_t)n->nin)))
            return n;
    }
    return NULL;
}

/* ---- construction ---- */

/* An empty function of precision 32 whose nodes live in `a`. */
struct ir_func *ir_func_new(struct arena *a, struct size_table *sizes, str name)
{
    struct ir_func *f = ARENA_NEW(a, struct ir_func);
    f->arena = a;
    f->sizes = sizes;
    f->name = name;
    f->precision = 32;
    f->top = ir_region_new(f, NULL);
    f->cse = ARENA_NEW(a, struct ir_table);
    return f;
}

/* An empty region nested in `parent`; it gets its owner when that is added. */
struct ir_region *ir_region_new(struct ir_func *f, struct ir_region *parent)
{
    struct ir_region *r = ARENA_NEW(f->arena, struct ir_region);
    r->parent = parent;
    return r;
}

static struct ir_node *make(struct ir_func *f, struct ir_region *r, const struct ir_node *proto)
{
    struct ir_node *n = arena_copy(f->arena, proto, sizeof *proto);
    n->in = n->nin ? arena_copy(f->arena, proto->in, sizeof *n->in * (size_t)n->nin) : NULL;
    n->region = r;
    n->id = f->next_id++;
    if (n->body) n->body->owner = n;
    return n;
}

/* Appends a copy of *proto to r, or returns a node of the same value that is visible from there. */
struct ir_node *ir_add(struct ir_func *f, struct ir_region *r, const struct ir_node *proto)
{
    struct ir_node copy = *proto, *in[proto->nin + 1];
    for (int i = 0; i < proto->nin; i++) in[i] = proto->in[i];
    copy.in = in;
    if (copy.op == OP_CONST && copy.dtype == DT_REAL && f->precision == 32) copy.real = (float)copy.real;
    struct ir_node *same = ir_fold(f, r, &copy);
    if (same) return same;
    uint64_t hash = 0;
    if (f->cse && can_merge(&copy)) {
        hash = node_hash(&copy);
        same = table_find(f->cse, r, &copy, hash);
        if (same && !same->name) same->name = copy.name;
        if (same) return same;
    }
    struct ir_node *n = make(f, r, &copy);
    vec_push(f->arena, &r->nodes, n);
    if (f->cse && can_merge(n)) table_put(f->arena, f->cse, n, hash);
    return n;
}

static struct ir_node *leaf(struct ir_func *f, struct ir_region *r, enum ir_op op, enum dtype t, int rank,
                            const dim *dims, str name)
{
    struct ir_node proto = { .op = op, .dtype = t, .rank = rank, .name = name, .slot = r->params.n };
    for (int i = 0; i < rank; i++) proto.dims[i] = dims[i];
    struct ir_node *n = make(f, r, &proto);
    vec_push(f->arena, &r->params, n);
    return n;
}

/* Adds the next parameter of a nested region. */
struct ir_node *ir_param(struct ir_func *f, struct ir_region *r, enum dtype t, int rank, const dim *dims, str name)
{
    return leaf(f, r, OP_PARAM, t, rank, dims, name);
}

/* Adds the next input of the function. */
struct ir_node *ir_input(struct ir_func *f, enum dtype t, int rank, const dim *dims, str name)
{
    struct ir_node *n = leaf(f, f->top, OP_INPUT, t, rank, dims, name);
    vec_push(f->arena, &f->inputs, n);
    return n;
}

/* A real scalar, rounded to the function's precision. */
struct ir_node *ir_const_real(struct ir_func *f, struct ir_region *r, double v)
{
    struct ir_node proto = { .op = OP_CONST, .dtype = DT_REAL, .real = v };
    return ir_add(f, r, &proto);
}

/* An int or bool scalar. */
struct ir_node *ir_const_int(struct ir_func *f, struct ir_region *r, enum dtype t, int64_t v)
{
    struct ir_node proto = { .op = OP_CONST, .dtype = t, .integer = v };
    return ir_add(f, r, &proto);
}

/* x stretched to the shape; x itself when it has it. */
struct ir_node *ir_broadcast(struct ir_func *f, struct ir_region *r, struct ir_node *x, int rank, const dim *dims)
{
    struct ir_node proto = { .op = OP_BROADCAST, .dtype = x->dtype, .rank = rank, .nin = 1, .in = &x,
                             .where = x->where };
    for (int i = 0; i < rank; i++) proto.dims[i] = dims[i];
    return ir_add(f, r, &proto);
}

/* ---- questions ---- */

/* The length of an axis, which is known. */
int64_t ir_dim(const struct ir_node *n, int axis)
{
    assert(axis >= 0 && axis < n->rank);
    return size_value(n->dims[axis]);
}

/* The number of elements, which is known. */
int64_t ir_elements(const struct ir_node *n)
{
    int64_t count = 1;
    for (int i = 0; i < n->rank; i++) count *= size_value(n->dims[i]);
    return count;
}

/* Tells whether a and b have the same shape by the algebra of sizes. */
bool ir_same_shape(const struct ir_node *a, const struct ir_node *b)
{
    return a->rank == b->rank && ir_same_dims(a->rank, a->dims, b->dims);
}

/* Calls visit on every node of r and the regions in it. */
void ir_walk(struct ir_region *r, void (*visit)(struct ir_node *, void *), void *data)
{
    for (int i = 0; i < r->params.n; i++) visit(r->params.data[i], data);
    for (int i = 0; i < r->nodes.n; i++) {
        if (r->nodes.data[i]->body) ir_walk(r->nodes.data[i]->body, visit, data);
        visit(r->nodes.data[i], data);
    }
}

static void clear_uses(struct ir_node *n, void *data)
{
    (void)data;
    n->uses = 0;
}

static void add_uses(struct ir_node *n, void *data)
{
    (void)data;
    for (int i = 0; i < n->nin; i++) n->in[i]->uses++;
    for (int i = 0; n->body && i < n->body->results.n; i++) n->body->results.data[i]->uses++;
}

/* Sets every node's `uses`: how often it is an operand or a result of a region. */
void ir_count_uses(struct ir_func *f)
{
    ir_walk(f->top, clear_uses, NULL);
    ir_walk(f->top, add_uses, NULL);
    for (int i = 0; i < f->top->results.n; i++) f->top->results.data[i]->uses++;
}

static bool mark_region(struct ir_region *r);

/* A REPEAT's state varies when its first value or its next one does; all vary when prompts stop at different passes. */
static void mark_repeat(struct ir_node *n)
{
    struct ir_region *body = n->body;
    for (int k = 0; k < n->nin; k++) body->params.data[k + 1]->varying = n->in[k]->varying;
    body->params.data[0]->varying = false;
    for (bool again = true; again;) {
        again = false;
        mark_region(body);
        bool stop = n->stops && body->results.data[n->nin]->varying;
        for (int k = 0; k < n->nin; k++) {
            struct ir_node *state = body->params.data[k + 1];
            if (state->varying || !(stop || body->results.data[k]->varying)) continue;
            state->varying = again = true;
        }
    }
    n->varying = false;
    for (int k = 0; k < body->results.n; k++) n->varying |= body->results.data[k]->varying;
    for (int k = 0; k < n->nin; k++) n->varying |= body->params.data[k + 1]->varying;
}

static bool mark_region(struct ir_region *r)
{
    for (int i = 0; i < r->nodes.n; i++) {
        struct ir_node *n = r->nodes.data[i];
        if (n->op == OP_REPEAT) {
            mark_repeat(n);
            continue;
        }
        n->varying = n->op == OP_DRAW_UNIFORM || n->op == OP_DRAW_NORMAL || n->op == OP_PROMPT;
        if (n->op == OP_GET) n->varying = n->in[0]->body->params.data[n->axis + 1]->varying;
        for (int k = 0; n->op != OP_GET && k < n->nin; k++) n->varying |= n->in[k]->varying;
        if (n->op == OP_BUILD) {
            for (int k = 0; k < n->body->params.n; k++) n->body->params.data[k]->varying = false;
            n->varying = mark_region(n->body);
        }
    }
    bool varying = false;
    for (int i = 0; i < r->results.n; i++) varying |= r->results.data[i]->varying;
    return varying;
}

/* Sets every node's `varying`: whether its value can differ between prompts. */
void ir_mark_varying(struct ir_func *f)
{
    for (int i = 0; i < f->inputs.n; i++) f->inputs.data[i]->varying = false;
    mark_region(f->top);
}
