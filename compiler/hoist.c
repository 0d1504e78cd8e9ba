/* Loop-invariant nodes move in front of their loop. All nodes are pure, so this is always right; it is done from the
 * innermost body outwards, so that a node ends in the outermost region where its operands exist. A whole inner loop
 * moves too when nothing in it depends on the outer one.
 *
 * What stands in a loop that makes no passes is then computed for nothing; sizes being static, such loops were folded
 * away before. */
#include "compiler/ir.h"

#include <string.h>

static bool inside(const struct ir_region *r, const struct ir_region *of)
{
    for (; r; r = r->parent)
        if (r == of) return true;
    return false;
}

/* Tells whether anything that n's body reads stands in `loop`, outside n. */
static bool body_reads(const struct ir_region *body, const struct ir_region *loop, const struct ir_region *own)
{
    for (int i = 0; i < body->nodes.n; i++) {
        const struct ir_node *n = body->nodes.data[i];
        for (int k = 0; k < n->nin; k++)
            if (inside(n->in[k]->region, loop) && !inside(n->in[k]->region, own)) return true;
        if (n->body && body_reads(n->body, loop, own)) return true;
    }
    for (int i = 0; i < body->results.n; i++)
        if (inside(body->results.data[i]->region, loop) && !inside(body->results.data[i]->region, own)) return true;
    return false;
}

static bool invariant(const struct ir_node *n, const struct ir_region *loop)
{
    for (int k = 0; k < n->nin; k++)
        if (inside(n->in[k]->region, loop)) return false;
    return !n->body || !body_reads(n->body, loop, n->body);
}

static void hoist(struct ir_func *f, struct ir_region *r);

/* Appends the invariant nodes of `loop` to `out`; the others stay. */
static void move_out(struct ir_func *f, struct ir_region *loop, struct ir_region *out)
{
    int kept = 0;
    for (int i = 0; i < loop->nodes.n; i++) {
        struct ir_node *n = loop->nodes.data[i];
        if (!invariant(n, loop)) {
            loop->nodes.data[kept++] = n;
            continue;
        }
        n->region = out;
        if (n->body) n->body->parent = out;
        vec_push(f->arena, &out->nodes, n);
    }
    loop->nodes.n = kept;
}

static void hoist(struct ir_func *f, struct ir_region *r)
{
    struct ir_region old = *r;
    memset(&r->nodes, 0, sizeof r->nodes);
    for (int i = 0; i < old.nodes.n; i++) {
        struct ir_node *n = old.nodes.data[i];
        if (n->body) {
            hoist(f, n->body);
            move_out(f, n->body, r);
        }
        vec_push(f->arena, &r->nodes, n);
    }
}

/* Moves what does not change in a loop in front of it. */
void ir_pass_hoist(struct ir_func *f)
{
    hoist(f, f->top);
}
