/* Equal nodes once, over all regions: a node goes when an equal one stands before it in its region or around it.
 * Unlike hash-consing at construction this sees nodes after they were hoisted, and compares loops and builders: two
 * bodies are equal when they are so node by node, their parameters paired by place. */
#include "compiler/ir.h"

#include <stdlib.h>

struct cse {
    struct ir_func *f;
    struct ir_node **same; /* by id: what stands for the node */
    struct ir_node **pair; /* by id, while two bodies are compared: the other's node */
    struct ir_node **bucket;
    struct ir_node **next; /* by id: the next of its bucket */
    uint64_t *hash;        /* by id */
    size_t mask;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 32;
}

static uint64_t region_hash(const struct ir_region *r, uint64_t h)
{
    h = mix(mix(h, (uint64_t)r->nodes.n), (uint64_t)r->params.n);
    for (int i = 0; i < r->nodes.n; i++) {
        h = mix(h, ir_attribute_hash(r->nodes.data[i]));
        if (r->nodes.data[i]->body) h = region_hash(r->nodes.data[i]->body, h);
    }
    return h;
}

static uint64_t node_hash(const struct ir_node *n)
{
    uint64_t h = ir_attribute_hash(n);
    for (int i = 0; i < n->nin; i++) h = mix(h, (uint64_t)n->in[i]->id);
    return n->body ? region_hash(n->body, h) : h;
}

static bool paired(const struct cse *c, const struct ir_node *a, const struct ir_node *b)
{
    return a == b || c->pair[a->id] == b;
}

static bool same_body(struct cse *c, const struct ir_region *a, const struct ir_region *b);

static bool same_node(struct cse *c, struct ir_node *a, struct ir_node *b)
{
    if (!ir_same_attributes(a, b) || !a->body != !b->body) return false;
    for (int i = 0; i < a->nin; i++)
        if (!paired(c, a->in[i], b->in[i])) return false;
    return !a->body || same_body(c, a->body, b->body);
}

static bool compare_bodies(struct cse *c, const struct ir_region *a, const struct ir_region *b)
{
    if (a->params.n != b->params.n || a->nodes.n != b->nodes.n || a->results.n != b->results.n) return false;
    if (a->owner->op == OP_BUILD && !ir_same_dims(a->params.n, a->counts, b->counts)) return false;
    for (int i = 0; i < a->params.n; i++) {
        if (!ir_same_attributes(a->params.data[i], b->params.data[i])) return false;
        c->pair[a->params.data[i]->id] = b->params.data[i];
    }
    for (int i = 0; i < a->nodes.n; i++) {
        if (!same_node(c, a->nodes.data[i], b->nodes.data[i])) return false;
        c->pair[a->nodes.data[i]->id] = b->nodes.data[i];
    }
    for (int i = 0; i < a->results.n; i++)
        if (!paired(c, a->results.data[i], b->results.data[i])) return false;
    return true;
}

static bool same_body(struct cse *c, const struct ir_region *a, const struct ir_region *b)
{
    bool same = compare_bodies(c, a, b);
    for (int i = 0; i < a->params.n; i++) c->pair[a->params.data[i]->id] = NULL;
    for (int i = 0; i < a->nodes.n; i++) c->pair[a->nodes.data[i]->id] = NULL;
    return same;
}

/* An equal node that stands before n: those of open regions are in the table. */
static struct ir_node *find(struct cse *c, struct ir_node *n)
{
    for (struct ir_node *e = c->bucket[c->hash[n->id] & c->mask]; e; e = c->next[e->id])
        if (c->hash[e->id] == c->hash[n->id] && same_node(c, e, n)) return e;
    return NULL;
}

static struct ir_node *current(const struct cse *c, struct ir_node *n)
{
    return c->same[n->id] ? c->same[n->id] : n;
}

static void merge(struct cse *c, struct ir_region *r)
{
    int kept = 0;
    for (int i = 0; i < r->nodes.n; i++) {
        struct ir_node *n = r->nodes.data[i];
        for (int k = 0; k < n->nin; k++) n->in[k] = current(c, n->in[k]);
        if (n->body) merge(c, n->body);
        c->hash[n->id] = node_hash(n);
        struct ir_node *same = find(c, n);
        if (same) {
            c->same[n->id] = same;
            if (!same->name) same->name = n->name;
            continue;
        }
        struct ir_node **bucket = &c->bucket[c->hash[n->id] & c->mask];
        c->next[n->id] = *bucket;
        *bucket = n;
        r->nodes.data[kept++] = n;
    }
    r->nodes.n = kept;
    for (int i = 0; i < r->results.n; i++) r->results.data[i] = current(c, r->results.data[i]);
    for (int i = kept - 1; i >= 0 && r->parent; i--) /* the region closes: its nodes leave the table */
        c->bucket[c->hash[r->nodes.data[i]->id] & c->mask] = c->next[r->nodes.data[i]->id];
}

/* Merges equal nodes. */
void ir_pass_cse(struct ir_func *f)
{
    size_t n = (size_t)f->next_id + 1, buckets = 16;
    while (buckets < n) buckets *= 2;
    struct ir_node **lists = calloc(3 * n + buckets, sizeof *lists);
    uint64_t *hash = calloc(n, sizeof *hash);
    if (!lists || !hash) out_of_memory((3 * n + buckets) * sizeof *lists);
    struct cse c = { f, lists, lists + n, lists + 3 * n, lists + 2 * n, hash, buckets - 1 };
    merge(&c, f->top);
    free(lists);
    free(hash);
}
