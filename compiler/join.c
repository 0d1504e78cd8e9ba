/* Joins functions that have been through the passes into one, which computes what they share once.
 *
 * A figure must not depend on what is measured beside it, but some passes choose by the cost of a whole function. So
 * each figure is built and improved on its own; here the nodes of one function move to the end of another, and what is
 * equal (draws, a task's prompts, a Gram matrix that several need) becomes one node. No operation changes, so no bit
 * does. */
#include "compiler/ir.h"

struct move {
    struct ir_func *into, *from;
    struct ir_node **input; /* by slot of `from` */
    int first_id;
};

static struct ir_node *moved(const struct move *m, struct ir_node *n)
{
    return n->op == OP_INPUT ? m->input[n->slot] : n;
}

static void move_node(struct ir_node *n, void *data)
{
    struct move *m = data;
    if (n->op == OP_INPUT) return;
    n->id += m->first_id;
    if (n->region == m->from->top) n->region = m->into->top;
    for (int i = 0; i < n->nin; i++) n->in[i] = moved(m, n->in[i]);
    if (!n->body) return;
    if (n->body->parent == m->from->top) n->body->parent = m->into->top;
    for (int i = 0; i < n->body->results.n; i++) n->body->results.data[i] = moved(m, n->body->results.data[i]);
}

void ir_move(struct ir_func *f, struct ir_func *other, struct ir_node **input)
{
    struct move m = { f, other, input, f->next_id };
    ir_walk(other->top, move_node, &m);
    for (int i = 0; i < other->top->nodes.n; i++) vec_push(f->arena, &f->top->nodes, other->top->nodes.data[i]);
    for (int i = 0; i < other->top->results.n; i++)
        vec_push(f->arena, &f->top->results, moved(&m, other->top->results.data[i]));
    f->next_id += other->next_id;
}

const char *ir_join_done(struct ir_func *f)
{
    const char *why = NULL;
    ir_pass_cse(f);
    ir_pass_dce(f);
#ifdef ICL_VERIFY
    why = ir_verify(f);
#endif
    return why ? arena_printf(f->arena, "after joining: %s", why) : NULL;
}
