/* Reads the text of a function that ir_text.c prints. Nodes are made as they stand: nothing is folded or merged. The
 * first fault ends the reading: `why` is set once, and every function then returns at once with nothing done. */
#include "compiler/ir.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir_attr.h"

enum { MOST_OPERANDS = 4096, MOST_IDS = 1 << 24 };

struct symbol {
    str name;
    dim size;
};
struct reader {
    struct arena *arena;
    struct interner *names;
    struct ir_func *f;
    const char *at;
    int line;
    const char *why;
    VEC(struct ir_node *) nodes; /* by id; NULL: not defined (yet) */
    VEC(struct symbol) symbols;
};

static void fail(struct reader *r, const char *what)
{
    if (!r->why) r->why = arena_printf(r->arena, "line %d: %s", r->line, what);
}

static void skip(struct reader *r)
{
    for (;; r->at++) {
        if (*r->at == '#')
            while (*r->at && *r->at != '\n') r->at++;
        if (*r->at == '\n') r->line++;
        if (!*r->at || !isspace((unsigned char)*r->at)) return;
    }
}

static bool word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Takes `text` when it comes next (as a whole word, if it is a word). */
static bool accept(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    skip(r);
    if (r->why || strncmp(r->at, text, n) || (word_byte(text[n - 1]) && word_byte(r->at[n]))) return false;
    r->at += n;
    return true;
}

static void expect(struct reader *r, const char *text)
{
    if (!accept(r, text)) fail(r, arena_printf(r->arena, "expected `%s`", text));
}

static str word(struct reader *r)
{
    skip(r);
    const char *from = r->at;
    if (r->why) return NULL;
    if (*from != '\'') {
        while (word_byte(*r->at)) r->at++;
        return r->at == from ? NULL : intern_n(r->names, from, (size_t)(r->at - from));
    }
    char *text = arena_alloc(r->arena, strlen(from) + 1);
    size_t n = 0;
    for (r->at++; *r->at && *r->at != '\''; r->at++) {
        if (*r->at == '\\' && r->at[1]) r->at++;
        text[n++] = *r->at;
    }
    expect(r, "'");
    return intern_n(r->names, text, n);
}

static int64_t integer(struct reader *r)
{
    char *end;
    skip(r);
    if (r->why) return 0;
    int64_t v = strtoll(r->at, &end, 0);
    if (end == r->at) fail(r, "expected an integer");
    r->at = end;
    return v;
}

/* ---- sizes ---- */

static dim size_sum(struct reader *r);

static dim size_named(struct reader *r, str name)
{
    for (int i = 0; i < r->symbols.n; i++)
        if (r->symbols.data[i].name == name) return r->symbols.data[i].size;
    struct symbol s = { name, size_symbol(r->f->sizes, name, SIZE_RIGID, 0, (struct span){ 0 }, "the text") };
    vec_push(r->arena, &r->symbols, s);
    return s.size;
}

static dim size_primary(struct reader *r)
{
    struct size_table *t = r->f->sizes;
    skip(r);
    if (r->why) return size_int(t, 0);
    if (isdigit((unsigned char)*r->at)) return size_int(t, integer(r));
    if (accept(r, "-")) return size_sub(t, size_int(t, 0), size_primary(r));
    bool larger = accept(r, "max("), smaller = !larger && accept(r, "min(");
    if (larger || smaller || accept(r, "(")) {
        dim a = size_sum(r);
        if (larger || smaller) {
            expect(r, ",");
            dim b = size_sum(r);
            a = larger ? size_max(t, a, b) : size_min(t, a, b);
        }
        expect(r, ")");
        return a;
    }
    str name = word(r);
    if (!name) fail(r, "expected a size");
    return name ? size_named(r, name) : size_int(t, 0);
}

static dim size_power(struct reader *r)
{
    dim base = size_primary(r), s = base;
    if (!accept(r, "**")) return base;
    int64_t power = integer(r);
    if (power < 1 || power > 64) fail(r, "a size's power is too large");
    for (int64_t i = 1; i < power && !r->why; i++) s = size_mul(r->f->sizes, s, base);
    return s;
}

static dim size_product(struct reader *r)
{
    dim s = size_power(r);
    for (;;) {
        if (accept(r, "*")) s = size_mul(r->f->sizes, s, size_power(r));
        else if (accept(r, "/")) s = size_quotient(r->f->sizes, s, size_power(r));
        else return s;
    }
}

static dim size_sum(struct reader *r)
{
    dim s = size_product(r);
    for (;;) {
        if (accept(r, "+")) s = size_add(r->f->sizes, s, size_product(r));
        else if (accept(r, "-")) s = size_sub(r->f->sizes, s, size_product(r));
        else return s;
    }
}

/* ---- nodes ---- */

static void type(struct reader *r, struct ir_node *n)
{
    n->dtype = accept(r, "real") ? DT_REAL : accept(r, "int") ? DT_INT : DT_BOOL;
    if (n->dtype == DT_BOOL) expect(r, "bool");
    if (!accept(r, "[")) return;
    do {
        if (n->rank == IR_MAX_RANK) {
            fail(r, "too many axes");
            return;
        }
        n->dims[n->rank++] = size_sum(r);
    } while (accept(r, ","));
    expect(r, "]");
}

static struct ir_node *operand(struct reader *r)
{
    expect(r, "%");
    int64_t id = integer(r);
    if (r->why) return NULL;
    if (id < 0 || id >= r->nodes.n || !r->nodes.data[id]) {
        fail(r, arena_printf(r->arena, "%%%lld is not defined", (long long)id));
        return NULL;
    }
    return r->nodes.data[id];
}

static int operands(struct reader *r, struct ir_node **in)
{
    int n = 0;
    skip(r);
    if (*r->at != '%') return 0;
    do {
        if (n == MOST_OPERANDS) fail(r, "too many operands");
        else in[n++] = operand(r);
    } while (!r->why && accept(r, ","));
    return n;
}

/* Reads `%id [name]`, the beginning of a definition. */
static struct ir_node *define(struct reader *r, struct ir_region *in, const char *next)
{
    expect(r, "%");
    struct ir_node *n = ARENA_NEW(r->arena, struct ir_node);
    int64_t id = integer(r);
    if (id < 0 || id >= MOST_IDS) fail(r, "a node's number is out of range");
    else if (id < r->nodes.n && r->nodes.data[id]) fail(r, "a node's number is used twice");
    n->region = in;
    n->id = r->why ? 0 : (int)id;
    if (r->f->next_id <= n->id) r->f->next_id = n->id + 1;
    if (!accept(r, next)) {
        n->name = word(r);
        if (!n->name) fail(r, "expected a name");
        expect(r, next);
    }
    return n;
}

/* From here on the node may be an operand. */
static void defined(struct reader *r, struct ir_node *n)
{
    while (!r->why && r->nodes.n <= n->id) vec_push(r->arena, &r->nodes, (struct ir_node *)NULL);
    if (!r->why) r->nodes.data[n->id] = n;
}

static void set_operands(struct reader *r, struct ir_node *n, struct ir_node **in, int count)
{
    n->nin = count;
    n->in = count ? arena_copy(r->arena, in, sizeof *in * (size_t)count) : NULL;
}

static void node(struct reader *r, struct ir_region *in);

static void region(struct reader *r, struct ir_region *in, const char *end, bool *stops)
{
    struct ir_node *result[MOST_OPERANDS];
    expect(r, "{");
    while (!r->why && !accept(r, end)) node(r, in);
    int n = operands(r, result);
    for (int i = 0; i < n; i++) vec_push(r->arena, &in->results, result[i]);
    if (stops && (*stops = accept(r, "until"))) {
        struct ir_node *stop = operand(r);
        vec_push(r->arena, &in->results, stop);
    }
    expect(r, "}");
}

/* The parameters of a body: `(%i: int from 0, %s: real = %x ..)` of a repeat, `(%i: int < 5 ..)` of a build. */
static void params(struct reader *r, struct ir_node *owner, struct ir_region *body)
{
    struct ir_node *initial[MOST_OPERANDS];
    int n = 0;
    expect(r, "(");
    while (!r->why && !accept(r, ")")) {
        if (n == MOST_OPERANDS || (owner && owner->op == OP_BUILD && n == IR_MAX_RANK)) {
            fail(r, "too many parameters");
            return;
        }
        if (n) expect(r, ",");
        struct ir_node *p = define(r, body, ":");
        p->op = owner ? OP_PARAM : OP_INPUT;
        p->slot = n;
        type(r, p);
        if (owner && owner->op == OP_BUILD) {
            expect(r, "<");
            body->counts[n] = size_sum(r);
        } else if (owner && n == 0) {
            expect(r, "from");
            owner->first = size_sum(r);
        } else if (owner) {
            expect(r, "=");
            initial[n - 1] = operand(r);
        }
        defined(r, p);
        vec_push(r->arena, &body->params, p);
        n++;
    }
    if (owner && owner->op == OP_REPEAT && n) set_operands(r, owner, initial, n - 1);
}

static void constant(struct reader *r, struct ir_node *n)
{
    const char *from;
    char *end;
    skip(r);
    from = r->at;
    if (accept(r, "true")) n->integer = 1;
    else if (!accept(r, "false")) {
        n->integer = strtoll(from, &end, 10);
        n->real = strtod(from, &end);
        if (r->f->precision == 32) n->real = (float)n->real;
        if (isnan(n->real)) n->real = *from == '-' ? -NAN : NAN;
        if (end == from) fail(r, "expected a constant");
        r->at = end;
    }
}

static void list(struct reader *r, const char *name, int n, struct ir_node *to)
{
    if (!n) return;
    expect(r, name);
    expect(r, "=");
    expect(r, "[");
    for (int i = 0; i < n && !r->why; i++) {
        if (i) expect(r, ",");
        if (*name == 'p') to->perm[i] = (int)integer(r);
        else if (name[2] == 'a') to->start[i] = size_sum(r);
        else to->step[i] = integer(r);
    }
    expect(r, "]");
}

static int64_t attribute(struct reader *r, const char *name)
{
    expect(r, name);
    expect(r, "=");
    return integer(r);
}

/* start=[..] and perm=[..] have as many entries as the operand has axes, which are as many as the result's. */
static void attributes(struct reader *r, struct ir_node *n)
{
    unsigned has = ir_attributes(n->op);
    int rank = n->nin && n->in[0] ? n->in[0]->rank : 0;
    if (has & ATTR_AXIS) n->axis = (int)attribute(r, "axis");
    if (has & ATTR_DRAW) {
        n->site = (uint32_t)attribute(r, "site");
        n->stream = (uint32_t)attribute(r, "stream");
    }
    if (has & ATTR_PERM) list(r, "perm", rank, n);
    if (has & ATTR_SLICE) {
        list(r, "start", rank, n);
        list(r, "step", rank, n);
    }
    if (has & ATTR_TRIANGLE) {
        n->upper = accept(r, "upper");
        n->transposed = accept(r, "transposed");
    }
}

static void body(struct reader *r, struct ir_node *n)
{
    n->body = ir_region_new(r->f, n->region);
    n->body->owner = n;
    if (n->op == OP_REPEAT) n->count = size_sum(r);
    params(r, n, n->body);
    region(r, n->body, "yield", n->op == OP_REPEAT ? &n->stops : NULL);
}

static bool operation(struct reader *r, struct ir_node *n)
{
    str text = word(r);
    for (int op = 0; text && op < OP_COUNT; op++)
        if (!strcmp(op_info[op].text, text)) {
            n->op = op;
            return true;
        }
    fail(r, "unknown operation");
    return false;
}

static void node(struct reader *r, struct ir_region *in)
{
    struct ir_node *operand_list[MOST_OPERANDS], *n = define(r, in, "=");
    if (r->why || !operation(r, n)) return;
    if (op_info[n->op].class == OP_CLASS_REGION) {
        body(r, n);
    } else {
        if (n->op == OP_CONST) constant(r, n);
        set_operands(r, n, operand_list, operands(r, operand_list));
        attributes(r, n);
    }
    if (n->op != OP_REPEAT) {
        expect(r, ":");
        type(r, n);
    }
    if (n->op == OP_CONST && n->dtype == DT_REAL) n->integer = 0;
    if (n->op == OP_CONST && n->dtype != DT_REAL) n->real = 0;
    defined(r, n);
    vec_push(r->arena, &in->nodes, n);
}

/* The function that the text is, or NULL and *why. */
struct ir_func *ir_read(struct arena *a, struct interner *names, struct size_table *sizes, const char *text,
                        const char **why)
{
    struct reader r = { .arena = a, .names = names, .at = text, .line = 1 };
    r.f = ir_func_new(a, sizes, NULL);
    r.f->cse = NULL;
    expect(&r, "func");
    r.f->name = word(&r);
    r.f->precision = (int)attribute(&r, "precision");
    params(&r, NULL, r.f->top);
    for (int i = 0; i < r.f->top->params.n; i++) vec_push(a, &r.f->inputs, r.f->top->params.data[i]);
    region(&r, r.f->top, "return", NULL);
    skip(&r);
    if (*r.at) fail(&r, "text after the function");
    *why = r.why;
    return r.why ? NULL : r.f;
}
