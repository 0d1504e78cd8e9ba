/* Rules of the builtins that make tensors, or give their elements another shape. */
#include <string.h>
#include "compiler/builtins.h"

/* ---- making tensors ---- */

SCRIPT_BUILTIN(bi_fill)
{
    (void)s;
    dim dims[IR_MAX_RANK];
    int rank = builtin_shape(ev, a->rest, a->rest_at, a->nrest, dims, a->call);
    if (rank < 0 || builtin_negative(ev, rank, dims, a->call)) return &value_error;
    return t_full(ev, t_const(ev, !strcmp(b->name, "ones")), rank, dims);
}

SCRIPT_BUILTIN(bi_full)
{
    (void)s, (void)b;
    dim dims[IR_MAX_RANK];
    TENSOR(1);
    int rank = builtin_shape(ev, a->v, a->at, 1, dims, a->call);
    if (rank < 0 || builtin_negative(ev, rank, dims, a->call)) return &value_error;
    if (a->v[1]->rank) return builtin_wrong_rank(ev, a, 1, "a scalar");
    return t_full(ev, a->v[1], rank, dims);
}

SCRIPT_BUILTIN(bi_eye)
{
    (void)s, (void)b;
    dim n = ev_size(ev, a->v[0], a->at[0]);
    if (!n || builtin_negative(ev, 1, &n, a->call)) return &value_error;
    return t_eye(ev, n);
}

/* n (n - 1) ... (n - k + 1) / k!, multiplied and divided in turn: every quotient is a binomial itself. */
SCRIPT_BUILTIN(bi_binomial)
{
    (void)s, (void)b;
    int64_t n, k, c = 1;
    dim of = ev_size(ev, a->v[0], a->at[0]), chosen = of ? ev_size(ev, a->v[1], a->at[1]) : NULL;
    if (!chosen) return &value_error;
    if (!size_known(of, &n) || !size_known(chosen, &k))
        return value_int(ev->arena, size_symbol(ev->sizes, intern(ev->names, ev_text(ev, a->call)), SIZE_OPEN, 0,
                                                a->call->span, NULL));
    if (k > n - k) k = n - k;
    if (k < 0) return value_int(ev->arena, size_int(ev->sizes, 0));
    for (int64_t i = 1; i <= k; i++) {
        __int128 more = (__int128)c * (n - k + i) / i;
        if (more > INT64_MAX) {
            ev_error(ev, E_VALUE, a->call, "binomial(%lld, %lld) does not fit into 64 bits", (long long)n,
                     (long long)k);
            return &value_error;
        }
        c = (int64_t)more;
    }
    return value_int(ev->arena, size_int(ev->sizes, c));
}

SCRIPT_BUILTIN(bi_range)
{
    (void)s, (void)b;
    struct value *r = value_new(ev->arena, V_RANGE);
    dim part[3] = { size_int(ev->sizes, 0), NULL, size_int(ev->sizes, 1) };
    for (int k = 0; k < 3; k++)
        if (a->v[k] && !(part[k] = ev_size(ev, a->v[k], a->at[k]))) return &value_error;
    if (size_is(part[2], 0)) {
        ev_error(ev, E_VALUE, a->at[2], "the step of a range is not 0");
        return &value_error;
    }
    if (!a->v[1]) {
        part[1] = part[0];
        part[0] = size_int(ev->sizes, 0);
    }
    r->n = 3;
    r->item = ARENA_ARRAY(ev->arena, struct value *, 3);
    for (int k = 0; k < 3; k++) r->item[k] = value_int(ev->arena, part[k]);
    int64_t known;
    bool all = size_known(part[0], &known) && size_known(part[1], &known);
    if (all || !ev->k) return ev_range_tensor(ev, r);
    dim count = size_sub(ev->sizes, part[1], part[0]);
    struct value *iota = t_iota(ev, 1, &count, 0);
    return t_elem2(ev, OP_ADD, iota, r->item[0], a->call);
}

/* a + i * ((b - a) / (n - 1)); logspace: 10 to that power. */
SCRIPT_BUILTIN(bi_linspace)
{
    (void)s;
    TENSOR(0);
    TENSOR(1);
    dim n = ev_size(ev, a->v[2], a->at[2]);
    int64_t count;
    if (!n || builtin_negative(ev, 1, &n, a->call)) return &value_error;
    struct value *i = t_cast(ev, t_iota(ev, 1, &n, 0), DT_REAL);
    struct value *from = t_cast(ev, a->v[0], DT_REAL),
                 *span = t_elem2(ev, OP_SUB, t_cast(ev, a->v[1], DT_REAL), from, a->call);
    bool one = size_known(n, &count) && count < 2;
    struct value *last = one ? t_const(ev, 1)
                             : t_cast(ev, value_int(ev->arena, size_sub(ev->sizes, n, size_int(ev->sizes, 1))),
                                      DT_REAL);
    struct value *x = t_elem2(ev, OP_ADD, from,
                              t_elem2(ev, OP_MUL, i, t_elem2(ev, OP_DIV, span, last, a->call), a->call), a->call);
    return b->op == OP_POW ? t_elem2(ev, OP_POW, t_const(ev, 10), x, a->call) : x;
}

/* ---- shapes ---- */

struct value *builtin_diagonal(struct ev *ev, struct value *x)
{
    dim n = x->dims[x->rank - 1], flat[IR_MAX_RANK];
    int lead = x->rank - 2;
    for (int i = 0; i < lead; i++) flat[i] = x->dims[i];
    flat[lead] = size_mul(ev->sizes, n, n);
    int64_t known;
    if (size_known(n, &known))
        return t_slice(ev, t_reshape(ev, x, lead + 1, flat), lead, size_int(ev->sizes, 0), n, known + 1);
    struct value *v = t_slice(ev, x, lead, size_int(ev->sizes, 0), size_int(ev->sizes, 1), 1);
    flat[lead] = n;
    return t_reshape(ev, v, lead + 1, flat); /* symbolic: only the shape counts */
}

SCRIPT_BUILTIN(bi_diag)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->rank == 0) return builtin_wrong_rank(ev, a, 0, "a vector or a square matrix");
    if (x->rank >= 2) {
        if (size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) == SIZE_DIFFERENT)
            return builtin_wrong_rank(ev, a, 0, "a square matrix");
        return builtin_diagonal(ev, x);
    }
    dim dims[2] = { x->dims[0], x->dims[0] };
    struct value *row = t_iota(ev, 2, dims, 0), *column = t_iota(ev, 2, dims, 1);
    struct value *on = t_elem2(ev, OP_EQ, row, column, a->call);
    struct value *zero = x->dtype == DT_REAL ? t_const(ev, 0) : value_int(ev->arena, size_int(ev->sizes, 0));
    return t_select(ev, on, x, zero, a->call);
}

SCRIPT_BUILTIN(bi_trace)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->rank < 2 || size_compare(x->dims[x->rank - 1], x->dims[x->rank - 2]) == SIZE_DIFFERENT)
        return builtin_wrong_rank(ev, a, 0, "a square matrix");
    return t_reduce(ev, OP_SUM, builtin_diagonal(ev, x), x->rank - 2);
}

SCRIPT_BUILTIN(bi_transpose)
{
    (void)s, (void)b;
    TENSOR(0);
    return a->v[0]->rank < 2 ? builtin_wrong_rank(ev, a, 0, "a matrix") : t_swap(ev, a->v[0]);
}

SCRIPT_BUILTIN(bi_reshape)
{
    (void)s;
    TENSOR(0);
    dim dims[IR_MAX_RANK], from = size_int(ev->sizes, 1), to = from;
    struct value *x = a->v[0];
    int rank = builtin_shape(ev, a->rest, a->rest_at, a->nrest, dims, a->call), infer = -1;
    if (rank < 0) return &value_error;
    if (b->op == OP_BROADCAST) {
        bool fits = x->rank <= rank && !builtin_negative(ev, rank, dims, a->call);
        for (int i = 0; fits && i < x->rank; i++)
            fits = size_is(x->dims[i], 1) || size_compare(x->dims[i], dims[rank - x->rank + i]) != SIZE_DIFFERENT;
        if (fits) return t_broadcast(ev, x, rank, dims);
        struct diag *m = ev_error(ev, E_BROADCAST, a->call, "broadcast: %s does not stretch to %s",
                                  x->rank ? shape_text(ev->arena, x->rank, x->dims) : "a number",
                                  rank ? shape_text(ev->arena, rank, dims) : "a number");
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    for (int i = 0; i < x->rank; i++) from = size_mul(ev->sizes, from, x->dims[i]);
    for (int i = 0; i < rank; i++) {
        if (size_is(dims[i], -1)) infer = i;
        else to = size_mul(ev->sizes, to, dims[i]);
    }
    dim others = to;
    if (infer >= 0) {
        dims[infer] = size_quotient(ev->sizes, from, to);
        to = size_mul(ev->sizes, to, dims[infer]);
    }
    int64_t whole, part;
    if (infer >= 0 && size_known(from, &whole) && size_known(others, &part) && (part ? whole % part : whole)) {
        struct diag *m = ev_error(ev, E_RESHAPE, a->call, "reshape: the %s elements of %s do not fill rows of %s",
                                  size_str(ev->arena, from), shape_text(ev->arena, x->rank, x->dims),
                                  size_str(ev->arena, others));
        ev_show(ev, m, a->at[0], x);
        return &value_error;
    }
    if (size_compare(from, to) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_RESHAPE, a->call, "reshape: %s has %s elements, %s has %s",
                                  x->rank ? shape_text(ev->arena, x->rank, x->dims) : "a number",
                                  size_str(ev->arena, from), rank ? shape_text(ev->arena, rank, dims) : "a number",
                                  size_str(ev->arena, to));
        ev_show(ev, m, a->at[0], x);
        ev_help_size(ev, m, from, to);
        return &value_error;
    }
    return builtin_negative(ev, rank, dims, a->call) ? &value_error : t_reshape(ev, x, rank, dims);
}

/* The parts of a tensor, along its first axis, side by side along another: the elements in another order. */
static struct value *join_parts(struct ev *ev, const struct builtin *b, struct args *a)
{
    struct value *x = a->v[0];
    struct value part = *x;
    bool joins = b->op == OP_CONCAT;
    int perm[IR_MAX_RANK];
    dim dims[IR_MAX_RANK];
    if (joins) part.rank--;
    int axis = builtin_axis(ev, a, 1, &part), rank = 0;
    if (axis == -2) return &value_error;
    if (axis < 0) axis = 0;
    for (int i = 0; i < x->rank; i++) perm[i] = i < axis ? i + 1 : i == axis ? 0 : i;
    for (int i = 0; i < x->rank; i++) {
        dims[rank++] = x->dims[perm[i]];
        if (joins && i == axis) {
            dims[rank - 1] = size_mul(ev->sizes, x->dims[0], x->dims[axis + 1]);
            i++;
        }
    }
    struct value *moved = t_transpose(ev, x, perm);
    return joins ? t_reshape(ev, moved, rank, dims) : moved;
}

SCRIPT_BUILTIN(bi_concat)
{
    (void)s;
    int n;
    bool whole = a->v[0]->kind == V_TENSOR && a->at[0]->kind != A_LIST;
    if (whole && a->v[0]->rank > (b->op == OP_CONCAT) && !size_is(a->v[0]->dims[0], 0) &&
        (!a->v[1] || value_is_scalar(a->v[1], DT_INT)))
        return join_parts(ev, b, a);
    bool unknown = false;
    struct value **of = ev_elements(ev, a->v[0], a->at[0], &n, &unknown);
    if (unknown) return &value_any;
    if (!of) return &value_error;
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, n + 1);
    int empty = 0;
    for (int k = 0, i; k < n; k++) {
        i = k - empty;
        item[i] = ev_number(ev, of[k]);
        if (value_poisoned(item[i])) return item[i];
        if (b->op == OP_CONCAT && item[i]->kind == V_LIST && item[i]->n == 0) {
            empty++; /* [] adds nothing */
            continue;
        }
        if (item[i]->kind != V_TENSOR || (b->op == OP_CONCAT && item[i]->rank == 0)) {
            struct diag *m = ev_error(ev, E_TYPE, a->at[0], "item %d to be joined is %s", i,
                                      value_type(ev->arena, item[i]));
            bool apart = a->at[0]->kind != A_LIST && a->v[0]->kind == V_TENSOR && a->v[1];
            if (apart) diag_help(m, "what is joined stands in one list: `%s([a, b])`", b->name);
            else if (item[i]->kind == V_TENSOR) diag_help(m, "a single number is joined as a vector of one: [x]");
            return &value_error;
        }
    }
    n -= empty;
    if (n == 0) {
        ev_error(ev, E_CONCAT, a->call, "nothing to join");
        return &value_error;
    }
    struct value probe = *item[0];
    if (b->op != OP_CONCAT) probe.rank++;
    int axis = builtin_axis(ev, a, 1, &probe);
    if (axis == -2) return &value_error;
    if (axis < 0) axis = 0;
    return b->op == OP_CONCAT ? t_concat(ev, item, n, axis, a->call) : t_stack(ev, item, n, axis, a->call);
}
