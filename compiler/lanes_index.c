/* Positions of elements: affine forms of loop counters, c + sum k * variable, kept sorted so that equal forms have
 * equal bytes. Views act on them: a slice scales and shifts, a reshape splits by quotient and rest. A quotient is
 * exact when the rest's range says so; otherwise it becomes a variable of its own. A variable may also be an int a
 * lane: an index that depends on data. */
#include <assert.h>
#include "compiler/lanes.h"

/* The constant c. */
struct ix ix_const(int64_t c)
{
    struct ix a;
    memset(&a, 0, sizeof a);
    a.c = c;
    return a;
}

/* A variable with values lo .. hi. */
int ix_new_var(struct lanes *l, enum ix_kind kind, int value, int64_t lo, int64_t hi)
{
    struct ix_var v = {.kind = kind, .value = value, .lo = lo, .hi = hi};
    vec_push(l->arena, &l->vars, v);
    return l->vars.n - 1;
}

/* The variable itself. */
struct ix ix_of_var(int var)
{
    struct ix a = ix_const(0);
    a.n = 1;
    a.t[0].var = var;
    a.t[0].k = 1;
    return a;
}

/* The counter of a loop that makes `count` passes at most. */
struct ix ix_counter(struct lanes *l, int loop, int64_t count)
{
    if (count == 1) return ix_const(0);
    return ix_of_var(ix_new_var(l, IX_COUNTER, loops_counter(&l->b, loop), 0, count - 1));
}

/* A variable that stands for a form: the same one for the same form. */
static struct ix opaque(struct lanes *l, enum ix_kind kind, struct ix of, int64_t d, int64_t lo, int64_t hi)
{
    for (int v = l->vars.n; v-- > 0;) {
        const struct ix_var *x = &l->vars.data[v];
        if (x->kind == kind && x->d == d && ix_same(&x->of, &of)) return ix_of_var(v);
    }
    int v = ix_new_var(l, kind, -1, lo, hi);
    l->vars.data[v].of = of;
    l->vars.data[v].d = d;
    return ix_of_var(v);
}

/* a + b */
struct ix ix_add(struct lanes *l, struct ix a, struct ix b)
{
    struct ix r = ix_const(a.c + b.c);
    for (int i = 0, j = 0; i < a.n || j < b.n;) {
        int var;
        int64_t k;
        if (j == b.n || (i < a.n && a.t[i].var < b.t[j].var)) {
            var = a.t[i].var;
            k = a.t[i++].k;
        } else if (i == a.n || b.t[j].var < a.t[i].var) {
            var = b.t[j].var;
            k = b.t[j++].k;
        } else {
            var = a.t[i].var;
            k = a.t[i++].k + b.t[j++].k;
        }
        if (!k) continue;
        if (r.n == IX_TERMS) {
            int64_t lo, hi;
            ix_range(l, &a, &lo, &hi);
            return ix_add(l, opaque(l, IX_SUM, a, 0, lo, hi), b);
        }
        r.t[r.n].var = var;
        r.t[r.n++].k = k;
    }
    return r;
}

/* k * a */
struct ix ix_scale(struct ix a, int64_t k)
{
    if (!k) return ix_const(0);
    a.c *= k;
    for (int i = 0; i < a.n; i++) a.t[i].k *= k;
    return a;
}

/* a + c */
struct ix ix_plus(struct ix a, int64_t c)
{
    a.c += c;
    return a;
}

/* The least and the greatest value of a. */
void ix_range(const struct lanes *l, const struct ix *a, int64_t *lo, int64_t *hi)
{
    *lo = *hi = a->c;
    for (int i = 0; i < a->n; i++) {
        const struct ix_var *v = &l->vars.data[a->t[i].var];
        int64_t k = a->t[i].k;
        *lo += k > 0 ? k * v->lo : k * v->hi;
        *hi += k > 0 ? k * v->hi : k * v->lo;
    }
}

/* Same form. */
bool ix_same(const struct ix *a, const struct ix *b)
{
    if (a->c != b->c || a->n != b->n) return false;
    for (int i = 0; i < a->n; i++)
        if (a->t[i].var != b->t[i].var || a->t[i].k != b->t[i].k) return false;
    return true;
}

/* Equal for same forms. */
uint64_t ix_hash(const struct ix *a)
{
    uint64_t h = (uint64_t)a->c * 0x9E3779B97F4A7C15u + (uint64_t)a->n;
    for (int i = 0; i < a->n; i++)
        h = ((h ^ (uint64_t)a->t[i].var) * 0xD6E8FEB86659FD93u) ^ ((uint64_t)a->t[i].k * 0x9E3779B97F4A7C15u) ^
            (h >> 31);
    return h;
}

/* a = d * quotient + rest, 0 <= rest < d; a is not negative. */
void ix_divmod(struct lanes *l, struct ix a, int64_t d, struct ix *quotient, struct ix *rest)
{
    if (d == 1) {
        *quotient = a;
        *rest = ix_const(0);
        return;
    }
    struct ix q = ix_const(a.c / d), r = ix_const(a.c % d);
    if (r.c < 0) {
        q.c--;
        r.c += d;
    }
    for (int i = 0; i < a.n; i++) {
        struct ix *to = a.t[i].k % d ? &r : &q;
        to->t[to->n].var = a.t[i].var;
        to->t[to->n++].k = a.t[i].k % d ? a.t[i].k : a.t[i].k / d;
    }
    int64_t lo, hi;
    ix_range(l, &r, &lo, &hi);
    if (lo >= 0 && hi < d) {
        *quotient = q;
        *rest = r;
        return;
    }
    ix_range(l, &a, &lo, &hi);
    *quotient = opaque(l, IX_DIV, a, d, lo / d, hi / d);
    *rest = opaque(l, IX_MOD, a, d, 0, d - 1);
}

/* True when the position differs from lane to lane. */
bool ix_has_lanes(const struct lanes *l, const struct ix *a)
{
    for (int i = 0; i < a->n; i++) {
        const struct ix_var *v = &l->vars.data[a->t[i].var];
        if (v->kind == IX_LANES) return true;
        if (v->kind != IX_COUNTER && ix_has_lanes(l, &v->of)) return true;
    }
    return false;
}

static int var_value(struct lanes *l, int var)
{
    struct ix_var v = l->vars.data[var];
    assert(v.kind != IX_LANES);
    switch (v.kind) {
    case IX_DIV: return loops_index_op(&l->b, L_IDIV, ix_value(l, v.of), loops_index(&l->b, v.d));
    case IX_MOD: return loops_index_op(&l->b, L_IMOD, ix_value(l, v.of), loops_index(&l->b, v.d));
    case IX_SUM: return ix_value(l, v.of);
    default: return v.value;
    }
}

/* The position as an index value. */
int ix_value(struct lanes *l, struct ix a)
{
    int sum = loops_index(&l->b, 0);
    for (int i = 0; i < a.n; i++) {
        int v = var_value(l, a.t[i].var);
        int k = loops_index(&l->b, a.t[i].k);
        sum = loops_index_op(&l->b, L_IADD, sum, loops_index_op(&l->b, L_IMUL, v, k));
    }
    return loops_index_op(&l->b, L_IADD, sum, loops_index(&l->b, a.c));
}

static int lanes_var_value(struct lanes *l, int var)
{
    struct ix_var v = l->vars.data[var];
    if (v.kind == IX_LANES) return v.value;
    if (v.kind == IX_SUM) return ix_lanes_value(l, v.of);
    int x = ix_lanes_value(l, v.of);
    return loops_index_op(&l->b, v.kind == IX_DIV ? L_IDIV : L_IMOD, x, loops_int(&l->b, v.d));
}

/* The position as an int a lane. */
int ix_lanes_value(struct lanes *l, struct ix a)
{
    struct ix shared = ix_const(a.c);
    int sum = -1;
    for (int i = 0; i < a.n; i++) {
        struct ix term = ix_of_var(a.t[i].var);
        if (!ix_has_lanes(l, &term)) {
            shared.t[shared.n++] = a.t[i];
            continue;
        }
        int v = lanes_var_value(l, a.t[i].var);
        if (a.t[i].k != 1) v = loops_elem2(&l->b, OP_MUL, v, loops_int(&l->b, a.t[i].k));
        sum = sum < 0 ? v : loops_elem2(&l->b, OP_ADD, sum, v);
    }
    if (sum >= 0 && !shared.n && !shared.c) return sum;
    int s = loops_splat(&l->b, ix_value(l, shared));
    return sum < 0 ? s : loops_elem2(&l->b, OP_ADD, sum, s);
}

/* Row-major number of the element, then the operand's position: by quotient and rest from the last axis on. Equal
 * groups of axes pass through without arithmetic. */
static void reshape(struct lanes *l, const struct ir_node *view, const struct ix *out, struct ix *in)
{
    const struct ir_node *x = view->in[0];
    int i = view->rank - 1, j = x->rank - 1;
    struct ix part = ix_const(0);
    int64_t have = 1, size = 1; /* `part` counts elements 0 .. have-1 of which `size` groups remain to be given out */
    for (; j >= 0; j--) {
        int64_t d = ir_dim(x, j);
        if (d <= 1) { /* of an empty tensor no element is asked for */
            in[j] = ix_const(0);
            continue;
        }
        while (have % d || have < d) {
            if (i < 0) break;
            part = ix_add(l, part, ix_scale(out[i], have));
            have *= ir_dim(view, i--);
        }
        (void)size;
        if (have == d) {
            in[j] = part;
            part = ix_const(0);
            have = 1;
        } else {
            ix_divmod(l, part, d, &part, &in[j]);
            have /= d;
        }
    }
}

/* See lanes.h. */
void ix_view(struct lanes *l, const struct ir_node *view, const struct ix *out, struct ix *in)
{
    const struct ir_node *x = view->in[0];
    switch (view->op) {
    case OP_BROADCAST:
        for (int k = 0; k < x->rank; k++)
            in[k] = ir_dim(x, k) == 1 ? ix_const(0) : out[view->rank - x->rank + k];
        break;
    case OP_TRANSPOSE:
        for (int k = 0; k < view->rank; k++) in[view->perm[k]] = out[k];
        break;
    case OP_SLICE:
        for (int k = 0; k < view->rank; k++)
            in[k] = ix_plus(ix_scale(out[k], view->step[k]), size_value(view->start[k]));
        break;
    default: reshape(l, view, out, in);
    }
}

/* See lanes.h. */
bool ix_of_node(struct lanes *l, const struct ir_node *n, const struct ix *at, struct ix *out)
{
    struct ix a, b, in[IR_MAX_RANK];
    if (n->dtype != DT_INT) return false;
    switch (n->op) {
    case OP_CONST: *out = ix_const(n->integer); return true;
    case OP_IOTA: *out = at[n->axis]; return true;
    case OP_PARAM:
        if (lane(n)->is_bound) *out = lane(n)->bound;
        return lane(n)->is_bound;
    case OP_BROADCAST: case OP_TRANSPOSE: case OP_SLICE: case OP_RESHAPE:
        ix_view(l, n, at, in);
        return ix_of_node(l, n->in[0], in, out);
    case OP_STOP_GRAD: return ix_of_node(l, n->in[0], at, out);
    case OP_NEG:
        if (!ix_of_node(l, n->in[0], at, &a)) return false;
        *out = ix_scale(a, -1);
        return true;
    case OP_ADD: case OP_SUB: case OP_MUL:
        if (!ix_of_node(l, n->in[0], at, &a) || !ix_of_node(l, n->in[1], at, &b)) return false;
        if (n->op == OP_MUL && a.n && b.n) return false;
        *out = n->op == OP_MUL ? (a.n ? ix_scale(a, b.c) : ix_scale(b, a.c))
                               : ix_add(l, a, n->op == OP_SUB ? ix_scale(b, -1) : b);
        return true;
    default: return false;
    }
}

/* a < b as a flag, decided by ranges when they decide. */
static int less(struct lanes *l, struct ix a, struct ix b)
{
    struct ix d = ix_add(l, b, ix_scale(a, -1)); /* a < b: d > 0 */
    int64_t lo, hi;
    ix_range(l, &d, &lo, &hi);
    int zero = loops_index(&l->b, 0), one = loops_index(&l->b, 1);
    if (lo > 0) return loops_index_op(&l->b, L_ILT, zero, one);
    if (hi <= 0) return loops_index_op(&l->b, L_ILT, one, zero);
    return loops_index_op(&l->b, L_ILT, zero, ix_value(l, d));
}

static int equal(struct lanes *l, struct ix a, struct ix b)
{
    struct ix d = ix_add(l, b, ix_scale(a, -1));
    int64_t lo, hi;
    ix_range(l, &d, &lo, &hi);
    int zero = loops_index(&l->b, 0);
    if (lo > 0 || hi < 0) return loops_index_op(&l->b, L_ILT, zero, zero);
    return loops_index_op(&l->b, L_IEQ, ix_value(l, d), zero);
}

/* See lanes.h. */
bool ix_flag_of_node(struct lanes *l, const struct ir_node *n, const struct ix *at, int *value, bool *negated)
{
    struct ix a, b, in[IR_MAX_RANK];
    int x, y;
    bool nx, ny;
    *negated = false;
    switch (n->op) {
    case OP_BROADCAST: case OP_TRANSPOSE: case OP_SLICE: case OP_RESHAPE:
        ix_view(l, n, at, in);
        return ix_flag_of_node(l, n->in[0], in, value, negated);
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE:
        if (!ix_of_node(l, n->in[0], at, &a) || !ix_of_node(l, n->in[1], at, &b)) return false;
        if (ix_has_lanes(l, &a) || ix_has_lanes(l, &b)) return false;
        *negated = n->op == OP_NE;
        *value = n->op == OP_LT   ? less(l, a, b)
                 : n->op == OP_LE ? less(l, a, ix_plus(b, 1))
                                  : equal(l, a, b);
        return true;
    case OP_NOT:
        if (!ix_flag_of_node(l, n->in[0], at, value, negated)) return false;
        *negated = !*negated;
        return true;
    case OP_AND:
        if (!ix_flag_of_node(l, n->in[0], at, &x, &nx) || !ix_flag_of_node(l, n->in[1], at, &y, &ny)) return false;
        if (nx || ny) return false;
        *value = loops_index_op(&l->b, L_FAND, x, y);
        return true;
    default: return false;
    }
}
