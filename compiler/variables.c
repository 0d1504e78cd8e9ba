/* Variables of differentiation are identities, and so is what it holds constant: once the gradients are taken, their
 * users read what they stand for. */
#include "compiler/ir.h"

static struct ir_node *plain(struct ir_node *n)
{
    while (n->op == OP_VARIABLE || n->op == OP_STOP_GRAD) n = n->in[0];
    return n;
}

static void visit(struct ir_node *n, void *data)
{
    (void)data;
    for (int i = 0; i < n->nin; i++) n->in[i] = plain(n->in[i]);
    for (int i = 0; n->body && i < n->body->results.n; i++) n->body->results.data[i] = plain(n->body->results.data[i]);
}

/* Makes every user of a VARIABLE or STOP_GRAD use its operand; the next pass sweeps the nodes away. */
void ir_pass_variables(struct ir_func *f)
{
    ir_walk(f->top, visit, NULL);
    for (int i = 0; i < f->top->results.n; i++) f->top->results.data[i] = plain(f->top->results.data[i]);
}
