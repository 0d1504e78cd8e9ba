/* Functions of the tensor IR, evaluated for one prompt. Every node has one buffer, made when it is first reached and
 * used again in each pass of a loop, so memory does not grow with passes; it is freed with the prompt. A loop's states
 * have two buffers each: what a pass gives is copied to the second before they change places, since a new state may
 * read several old ones. RESHAPE, STOP_GRAD and GET name their operand's elements without copying. */
#include "compiler/interp.h"

#include <string.h>

struct run {
    struct interp *it;
    struct arena scratch;
    struct tensor *value; /* by id */
    struct tensor *spare; /* by id of a loop's state: its second buffer */
    bool *made;           /* by id: value has memory */
};

static struct tensor *make(struct run *r, const struct ir_node *n)
{
    struct tensor *t = &r->value[n->id];
    int64_t dims[IR_MAX_RANK] = { 0 };
    if (r->made[n->id]) return t;
    for (int i = 0; i < n->rank; i++) dims[i] = ir_dim(n, i);
    *t = tensor_new(&r->scratch, n->dtype, n->rank, dims);
    if (n->op == OP_PARAM) r->spare[n->id] = tensor_new(&r->scratch, n->dtype, n->rank, dims);
    r->made[n->id] = true;
    return t;
}

static void copy(const struct tensor *from, struct tensor *to)
{
    size_t n = (size_t)tensor_elements(from);
    if (n) memcpy(to->i, from->i, n * sizeof *to->i);
}

static void run_region(struct run *r, const struct ir_region *region);

static void run_repeat(struct run *r, const struct ir_node *n)
{
    const struct ir_region *body = n->body;
    int64_t count = size_value(n->count), first = size_value(n->first);
    struct tensor *index = make(r, body->params.data[0]);
    for (int k = 0; k < n->nin; k++) {
        const struct ir_node *param = body->params.data[k + 1];
        make(r, param);
        copy(&r->value[n->in[k]->id], &r->value[param->id]);
    }
    for (int64_t pass = 0; pass < count; pass++) {
        *index->i = first + pass;
        run_region(r, body);
        bool stop = n->stops && *r->value[body->results.data[n->nin]->id].i;
        for (int k = 0; k < n->nin; k++)
            copy(&r->value[body->results.data[k]->id], &r->spare[body->params.data[k + 1]->id]);
        for (int k = 0; k < n->nin; k++) {
            int id = body->params.data[k + 1]->id;
            struct tensor old = r->value[id];
            r->value[id] = r->spare[id];
            r->spare[id] = old;
        }
        if (stop) break;
    }
}

static void run_build(struct run *r, const struct ir_node *n)
{
    const struct ir_region *body = n->body;
    struct tensor *out = make(r, n);
    const struct ir_node *result = body->results.data[0];
    int64_t block = ir_elements(result), count = block ? tensor_elements(out) / block : 0;
    for (int64_t at = 0; at < count; at++) {
        int64_t rest = at;
        for (int i = body->params.n - 1; i >= 0; i--) {
            *make(r, body->params.data[i])->i = rest % out->dims[i];
            rest /= out->dims[i];
        }
        run_region(r, body);
        memcpy(out->i + at * block, r->value[result->id].i, (size_t)block * sizeof *out->i);
    }
}

/* The operand's elements under the node's own shape. */
static void rename_elements(struct run *r, const struct ir_node *n, const struct tensor *from)
{
    struct tensor *t = &r->value[n->id];
    if (!r->made[n->id]) {
        t->dtype = n->dtype;
        t->rank = n->rank;
        for (int i = 0; i < n->rank; i++) t->dims[i] = ir_dim(n, i);
        r->made[n->id] = true;
    }
    t->i = from->i;
}

static void run_node(struct run *r, const struct ir_node *n)
{
    const struct tensor *in[n->nin + 1];
    switch (n->op) {
    case OP_REPEAT: run_repeat(r, n); return;
    case OP_BUILD: run_build(r, n); return;
    case OP_GET: rename_elements(r, n, &r->value[n->in[0]->body->params.data[n->axis + 1]->id]); return;
    case OP_RESHAPE:
    case OP_VARIABLE:
    case OP_STOP_GRAD: rename_elements(r, n, &r->value[n->in[0]->id]); return;
    default: break;
    }
    for (int i = 0; i < n->nin; i++) in[i] = &r->value[n->in[i]->id];
    interp_node(r->it, n, in, make(r, n));
}

static void run_region(struct run *r, const struct ir_region *region)
{
    for (int i = 0; i < region->nodes.n; i++) run_node(r, region->nodes.data[i]);
}

/* Evaluates f for prompt it->prompt; the results are in it->arena. */
void interp_run(struct interp *it, const struct ir_func *f, const struct tensor *const *inputs, struct tensor *results)
{
    struct run r = { .it = it };
    r.value = ARENA_ARRAY(&r.scratch, struct tensor, f->next_id + 1);
    r.spare = ARENA_ARRAY(&r.scratch, struct tensor, f->next_id + 1);
    r.made = ARENA_ARRAY(&r.scratch, bool, f->next_id + 1);
    for (int i = 0; i < f->inputs.n; i++) r.value[f->inputs.data[i]->id] = *inputs[i];
    run_region(&r, f->top);
    for (int i = 0; i < f->top->results.n; i++) {
        const struct tensor *t = &r.value[f->top->results.data[i]->id];
        results[i] = tensor_new(it->arena, t->dtype, t->rank, t->dims);
        copy(t, &results[i]);
    }
    arena_free(&r.scratch);
}
