/* The tensor IR as text, one node a line; ir_read.c reads it back.
 *
 *     func gd precision=32 (%0 X: real[40, 16]) {
 *       %1 = draw_normal site=0x1234 stream=0 : real[16]
 *       %2 = slice %0 start=[0, 0] step=[2, 1] : real[20, 16]
 *       %3 = repeat 48 (%4 i: int from 0, %5 w: real[16] = %1) {
 *         %6 = add %5, %1 : real[16]
 *         yield %6 until %7
 *       }
 *       %8 = build (%9: int < 40) {
 *         yield %2
 *       } : real[40, 20, 16]
 *       return %8
 *     }
 *
 * All that decides the machine code is shown; a NaN is shown by its sign alone. Places are comments. */
#include "compiler/ir.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/ir_attr.h"

struct printer {
    struct buf out;
    int depth, precision;
};

/* The attributes of an op, as text and for reading. */
unsigned ir_attributes(enum ir_op op)
{
    static const unsigned of[OP_COUNT] = {
        [OP_IOTA] = ATTR_AXIS, [OP_CONCAT] = ATTR_AXIS, [OP_GATHER] = ATTR_AXIS, [OP_PUT] = ATTR_AXIS,
        [OP_CUMSUM] = ATTR_AXIS,
        [OP_SUM] = ATTR_AXIS, [OP_PROD] = ATTR_AXIS, [OP_MAX_OF] = ATTR_AXIS, [OP_MIN_OF] = ATTR_AXIS,
        [OP_ARGMAX] = ATTR_AXIS, [OP_ARGMIN] = ATTR_AXIS, [OP_GET] = ATTR_AXIS,
        [OP_DRAW_UNIFORM] = ATTR_DRAW, [OP_DRAW_NORMAL] = ATTR_DRAW,
        [OP_TRANSPOSE] = ATTR_PERM, [OP_SLICE] = ATTR_SLICE, [OP_TRISOLVE] = ATTR_TRIANGLE,
    };
    return of[op];
}

static void put_dim(struct buf *out, dim d)
{
    int64_t v;
    if (size_known(d, &v)) buf_printf(out, "%lld", (long long)v);
    else size_text(d, out);
}

static void put_type(struct buf *out, const struct ir_node *n)
{
    buf_puts(out, dtype_name[n->dtype]);
    for (int i = 0; i < n->rank; i++) {
        buf_puts(out, i ? ", " : "[");
        put_dim(out, n->dims[i]);
    }
    buf_puts(out, n->rank ? "]" : "");
}

/* A name as it is when it is an identifier, else in single quotes. */
static void put_name(struct buf *out, const char *name)
{
    bool plain = *name && !isdigit((unsigned char)*name);
    for (const char *c = name; *c; c++) plain &= isalnum((unsigned char)*c) || *c == '_' || (*c & 0x80);
    if (plain) {
        buf_puts(out, name);
        return;
    }
    buf_putc(out, '\'');
    for (const char *c = name; *c; c++) {
        if (*c == '\'' || *c == '\\') buf_putc(out, '\\');
        buf_putc(out, *c == '\n' ? ' ' : *c);
    }
    buf_putc(out, '\'');
}

static void put_define(struct buf *out, const struct ir_node *n)
{
    buf_printf(out, "%%%d", n->id);
    if (!n->name) return;
    buf_putc(out, ' ');
    put_name(out, n->name);
}

/* The shortest decimal that reads back as v in the function's precision. */
static void put_real(struct buf *out, double v, int precision)
{
    char text[40];
    if (!isfinite(v)) {
        buf_printf(out, "%s%s", signbit(v) ? "-" : "", isnan(v) ? "nan" : "inf");
        return;
    }
    bool whole = fabs(v) < 1e15 && v == floor(v);
    if (whole) snprintf(text, sizeof text, "%.0f", v);
    for (int digits = 1; digits <= 17 && !whole; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        double back = strtod(text, NULL);
        if ((precision == 32 ? (float)back : back) == v) break;
    }
    buf_puts(out, text);
}

static void put_attributes(struct buf *out, const struct ir_node *n)
{
    unsigned has = ir_attributes(n->op);
    if (has & ATTR_AXIS) buf_printf(out, " axis=%d", n->axis);
    if (has & ATTR_DRAW) buf_printf(out, " site=0x%x stream=%u", n->site, n->stream);
    for (int i = 0; (has & ATTR_PERM) && i < n->rank; i++) buf_printf(out, "%s%d", i ? ", " : " perm=[", n->perm[i]);
    for (int i = 0; (has & ATTR_SLICE) && i < n->rank; i++) {
        buf_puts(out, i ? ", " : " start=[");
        put_dim(out, n->start[i]);
    }
    for (int i = 0; (has & ATTR_SLICE) && i < n->rank; i++)
        buf_printf(out, "%s%lld", i ? ", " : "] step=[", (long long)n->step[i]);
    if ((has & (ATTR_PERM | ATTR_SLICE)) && n->rank) buf_putc(out, ']');
    if (has & ATTR_TRIANGLE) buf_printf(out, "%s%s", n->upper ? " upper" : "", n->transposed ? " transposed" : "");
}

static void indent(struct printer *p)
{
    for (int i = 0; i < p->depth; i++) buf_puts(&p->out, "  ");
}

static void put_operands(struct buf *out, struct ir_node *const *in, int n)
{
    for (int i = 0; i < n; i++) buf_printf(out, "%s%%%d", i ? ", " : " ", in[i]->id);
}

static void put_params(struct printer *p, const struct ir_node *owner, const struct ir_region *r)
{
    for (int i = 0; i < r->params.n; i++) {
        const struct ir_node *param = r->params.data[i];
        buf_puts(&p->out, i ? ", " : "");
        put_define(&p->out, param);
        buf_puts(&p->out, ": ");
        put_type(&p->out, param);
        if (!owner) continue;
        if (owner->op == OP_BUILD) {
            buf_puts(&p->out, " < ");
            put_dim(&p->out, r->counts[i]);
        } else if (i == 0) {
            buf_puts(&p->out, " from ");
            put_dim(&p->out, owner->first);
        } else if (i <= owner->nin) {
            buf_printf(&p->out, " = %%%d", owner->in[i - 1]->id);
        }
    }
}

static void put_node(struct printer *p, const struct ir_node *n);

static void put_region(struct printer *p, const struct ir_region *r, const char *end, bool stops)
{
    buf_puts(&p->out, "{\n");
    p->depth++;
    for (int i = 0; i < r->nodes.n; i++) put_node(p, r->nodes.data[i]);
    int n = r->results.n - (stops && r->results.n);
    indent(p);
    buf_puts(&p->out, end);
    put_operands(&p->out, r->results.data, n);
    if (stops && r->results.n) buf_printf(&p->out, " until %%%d", r->results.data[n]->id);
    p->depth--;
    buf_puts(&p->out, "\n");
    indent(p);
    buf_puts(&p->out, "}");
}

static void put_node(struct printer *p, const struct ir_node *n)
{
    struct buf *out = &p->out;
    indent(p);
    put_define(out, n);
    buf_printf(out, " = %s", op_info[n->op].text);
    if (n->op == OP_CONST) {
        buf_putc(out, ' ');
        if (n->dtype == DT_REAL) put_real(out, n->real, p->precision);
        else if (n->dtype == DT_BOOL) buf_puts(out, n->integer ? "true" : "false");
        else buf_printf(out, "%lld", (long long)n->integer);
    }
    if (n->op == OP_REPEAT) {
        buf_putc(out, ' ');
        put_dim(out, n->count);
    }
    if (n->body) {
        buf_puts(out, " (");
        put_params(p, n, n->body);
        buf_puts(out, ") ");
        put_region(p, n->body, "yield", n->stops);
    } else {
        put_operands(out, n->in, n->nin);
        put_attributes(out, n);
    }
    if (n->op != OP_REPEAT) {
        buf_puts(out, " : ");
        put_type(out, n);
    }
    if (n->where.src) buf_printf(out, "  # %s:%d", n->where.src->path, source_line(n->where.src, n->where.from));
    buf_putc(out, '\n');
}

/* Prints the function. */
void ir_print(FILE *to, const struct ir_func *f)
{
    struct printer p = { .precision = f->precision };
    buf_puts(&p.out, "func ");
    put_name(&p.out, f->name ? f->name : "");
    buf_printf(&p.out, " precision=%d (", f->precision);
    put_params(&p, NULL, f->top);
    buf_puts(&p.out, ") ");
    put_region(&p, f->top, "return", false);
    fprintf(to, "%s\n", p.out.text);
    buf_free(&p.out);
}

/* ---- hash ---- */

static uint64_t mix(uint64_t h, uint64_t v)
{
    h ^= v;
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
    h = (h ^ h >> 27) * 0x94D049BB133111EBu;
    return (h ^ h >> 31) + 0x9E3779B97F4A7C15u;
}

struct hasher {
    uint64_t hash;
    int *number; /* of a node, by id: its place in the walk */
    int n;
};

static uint64_t mix_dim(uint64_t h, dim d)
{
    int64_t v;
    if (!d) return mix(h, 1);
    if (size_known(d, &v)) return mix(mix(h, 2), (uint64_t)v);
    struct buf text = { 0 };
    size_text(d, &text);
    for (size_t i = 0; i < text.n; i++) h = mix(h, (unsigned char)text.text[i]);
    buf_free(&text);
    return h;
}

static void hash_node(struct ir_node *n, void *data)
{
    struct hasher *s = data;
    uint64_t h = mix(mix(s->hash, n->op), (uint64_t)n->nin), bits;
    s->number[n->id] = s->n++;
    memcpy(&bits, &n->real, sizeof bits);
    h = mix(mix(h, bits), (uint64_t)n->integer);
    h = mix(mix(h, (uint64_t)n->site << 32 | n->stream), (uint64_t)n->axis << 3 | (uint64_t)n->upper << 2 |
                                                             (uint64_t)n->transposed << 1 | n->stops);
    h = mix_dim(mix_dim(mix(h, (uint64_t)n->slot), n->count), n->first);
    for (int i = 0; n->op != OP_REPEAT && i < n->rank; i++) {
        h = mix_dim(h, n->dims[i]);
        if (n->op == OP_TRANSPOSE) h = mix(h, (uint64_t)n->perm[i]);
        if (n->op == OP_SLICE) h = mix(mix_dim(h, n->start[i]), (uint64_t)n->step[i]);
    }
    if (n->op != OP_REPEAT) h = mix(h, (uint64_t)n->dtype << 8 | (uint64_t)n->rank);
    for (int i = 0; i < n->nin; i++) h = mix(h, (uint64_t)s->number[n->in[i]->id]);
    for (int i = 0; n->body && i < n->body->results.n; i++)
        h = mix(h, (uint64_t)s->number[n->body->results.data[i]->id]);
    for (int i = 0; n->op == OP_BUILD && i < n->body->params.n; i++) h = mix_dim(h, n->body->counts[i]);
    s->hash = h;
}

/* A hash of what decides the machine code: structure, sizes, constants, precision. */
uint64_t ir_hash(const struct ir_func *f)
{
    struct hasher s = { .hash = (uint64_t)f->precision | (uint64_t)f->summed << 8,
                        .number = calloc((size_t)f->next_id + 1, sizeof(int)) };
    if (!s.number) out_of_memory(((size_t)f->next_id + 1) * sizeof(int));
    ir_walk(f->top, hash_node, &s);
    for (int i = 0; i < f->top->results.n; i++) s.hash = mix(s.hash, (uint64_t)s.number[f->top->results.data[i]->id]);
    free(s.number);
    return s.hash;
}
