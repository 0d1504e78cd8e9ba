/* Dead code. A node lives when a result of the function needs it; a loop's state lives when a `get` of it does or a
 * living state's next value or the stop condition reads it. So a state that only keeps itself alive goes, with its
 * first value and all that computes it. Inputs stay: callers number them. */
#include "compiler/ir.h"

#include <stdlib.h>

struct liveness {
    unsigned char *live; /* by id; of a loop's state, by its parameter's id */
    VEC(struct ir_node *) work;
    struct arena arena;
};

static void need(struct liveness *l, struct ir_node *n)
{
    if (l->live[n->id]) return;
    l->live[n->id] = 1;
    vec_push(&l->arena, &l->work, n);
}

static void need_operands(struct liveness *l, struct ir_node *n)
{
    struct ir_node *owner = n->region->owner;
    if (n->op == OP_PARAM && owner && owner->op == OP_REPEAT && n->slot > 0) {
        need(l, owner->in[n->slot - 1]);
        need(l, n->region->results.data[n->slot - 1]);
    }
    if (owner) need(l, owner);
    if (n->op == OP_GET) {
        need(l, n->in[0]);
        need(l, n->in[0]->body->params.data[n->axis + 1]);
    } else if (n->op == OP_REPEAT) {
        if (n->stops) need(l, n->body->results.data[n->nin]);
    } else {
        for (int i = 0; i < n->nin; i++) need(l, n->in[i]);
        for (int i = 0; n->body && i < n->body->results.n; i++) need(l, n->body->results.data[i]);
    }
}

/* Drops the dead states of a loop; `axis` of its gets is mended by fix_get. */
static void drop_states(const struct liveness *l, struct ir_node *n)
{
    struct ir_region *b = n->body;
    int kept = 0;
    for (int k = 0; k < n->nin; k++) {
        struct ir_node *state = b->params.data[k + 1];
        if (!l->live[state->id]) continue;
        state->slot = kept + 1;
        n->in[kept] = n->in[k];
        b->params.data[kept + 1] = state;
        b->results.data[kept++] = b->results.data[k];
    }
    if (n->stops) b->results.data[kept] = b->results.data[n->nin];
    n->nin = kept;
    b->params.n = kept + 1;
    b->results.n = kept + n->stops;
}

static void fix_gets(const struct liveness *l, struct ir_region *r)
{
    for (int i = 0; i < r->nodes.n; i++) {
        struct ir_node *n = r->nodes.data[i];
        if (n->op == OP_GET && l->live[n->id]) n->axis = n->in[0]->body->params.data[n->axis + 1]->slot - 1;
        if (n->body && l->live[n->id]) fix_gets(l, n->body);
    }
}

static void number_states(const struct liveness *l, struct ir_region *r)
{
    for (int i = 0; i < r->nodes.n; i++) {
        struct ir_node *n = r->nodes.data[i];
        if (!n->body || !l->live[n->id]) continue;
        int slot = 0;
        for (int k = 1; n->op == OP_REPEAT && k < n->body->params.n; k++)
            if (l->live[n->body->params.data[k]->id]) n->body->params.data[k]->slot = ++slot;
        number_states(l, n->body);
    }
}

static void sweep(const struct liveness *l, struct ir_region *r)
{
    int kept = 0;
    for (int i = 0; i < r->nodes.n; i++) {
        struct ir_node *n = r->nodes.data[i];
        if (!l->live[n->id]) continue;
        r->nodes.data[kept++] = n;
        if (n->op == OP_REPEAT) drop_states(l, n);
        if (n->body) sweep(l, n->body);
    }
    r->nodes.n = kept;
}

/* Removes what no result needs. */
void ir_pass_dce(struct ir_func *f)
{
    struct liveness l = { .live = calloc((size_t)f->next_id + 1, 1) };
    if (!l.live) out_of_memory((size_t)f->next_id + 1);
    for (int i = 0; i < f->top->results.n; i++) need(&l, f->top->results.data[i]);
    while (l.work.n) need_operands(&l, l.work.data[--l.work.n]);
    number_states(&l, f->top);
    fix_gets(&l, f->top);
    sweep(&l, f->top);
    arena_free(&l.arena);
    free(l.live);
}
