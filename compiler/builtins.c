/* The table of builtin.def, what the rules share, and the rules of what works element by element, differentiates or is
 * a distribution. The others: builtins_shape.c, builtins_reduce.c, builtins_linalg.c. */
#include <string.h>
#include "compiler/builtins.h"
#include "compiler/warn.h"

bool builtin_tensor(struct ev *ev, struct args *a, int k, struct value **out)
{
    struct value *v = ev_number(ev, a->v[k]);
    if (v->kind == V_RANGE) v = ev_range_tensor(ev, v);
    a->v[k] = v;
    if (v->kind == V_TENSOR) return true;
    *out = v;
    if (value_poisoned(v)) return false;
    struct diag *m = ev_error(ev, E_TYPE, a->at[k], "a number or tensor is needed here, this is %s",
                              value_type(ev->arena, v));
    ev_show(ev, m, a->at[k], v);
    *out = &value_error;
    return false;
}

struct value *builtin_wrong_rank(struct ev *ev, struct args *a, int k, const char *wanted)
{
    struct diag *m = ev_error(ev, E_RANK, a->at[k], "%s is needed here", wanted);
    ev_show(ev, m, a->at[k], a->v[k]);
    return &value_error;
}

int builtin_axis(struct ev *ev, struct args *a, int k, const struct value *x)
{
    int64_t axis;
    if (k >= a->n || !a->v[k]) return -1;
    if (!ev_known_int(a->v[k], &axis)) {
        ev_error(ev, E_AXIS, a->at[k], "an axis is a known whole number");
        return -2;
    }
    if (axis < 0) axis += x->rank;
    if (axis >= 0 && axis < x->rank) return (int)axis;
    struct diag *m = ev_error(ev, E_AXIS, a->at[k], "there is no axis %s", ev_text(ev, a->at[k]));
    diag_note(m, "the operand is %s", value_type(ev->arena, x));
    return -2;
}

bool builtin_flag(struct ev *ev, struct args *a, int k)
{
    bool on = false;
    if (k >= a->n || !a->v[k] || value_poisoned(a->v[k]) || ev_known_bool(a->v[k], &on)) return on;
    if (ev->dry && value_is_scalar(a->v[k], DT_BOOL) && !a->v[k]->node) return on;
    struct diag *m = ev_error(ev, E_TYPE, a->at[k], "true or false, known before the run, is needed here");
    ev_show(ev, m, a->at[k], a->v[k]);
    return on;
}

struct value *builtin_keepdims(struct ev *ev, struct value *v, const struct value *x, int axis)
{
    if (v->kind != V_TENSOR) return v;
    dim dims[IR_MAX_RANK];
    for (int i = 0; i < x->rank; i++) dims[i] = i == axis || axis < 0 ? size_int(ev->sizes, 1) : x->dims[i];
    return t_reshape(ev, v, x->rank, dims);
}

/* Item i of a list as it is written, or the list where a spread hides it. */
static const struct ast *item_ast(const struct ast *list, int i)
{
    for (int k = 0; k < list->n && list->kind == A_LIST; k++)
        if (list->kid[k]->kind == A_SPREAD) return list;
    return list->kind == A_LIST && i < list->n ? list->kid[i] : list;
}

int builtin_shape(struct ev *ev, struct value **v, const struct ast **at, int n, dim *dims, const struct ast *call)
{
    if (n == 1 && v[0]->kind == V_TENSOR && v[0]->rank == 1) {
        int64_t count;
        const struct ast *list = at[0];
        if (v[0]->dtype != DT_INT || !size_known(v[0]->dims[0], &count)) {
            struct diag *m = ev_error(ev, E_SIZE, list, "a shape is a list of whole numbers, one an axis");
            ev_show(ev, m, list, v[0]);
            return -1;
        }
        if (count > IR_MAX_RANK) {
            ev_error(ev, E_RANK, call, "more than %d axes", IR_MAX_RANK);
            return -1;
        }
        for (int i = 0; i < count; i++) {
            struct value *item = t_at(ev, v[0], 0, size_int(ev->sizes, i));
            if (!(dims[i] = ev_size(ev, item, list))) return -1;
        }
        return (int)count;
    }
    struct value **item = v;
    if (n == 1 && (v[0]->kind == V_LIST || v[0]->kind == V_TUPLE)) {
        item = v[0]->item;
        n = v[0]->n;
    }
    if (n > IR_MAX_RANK) {
        ev_error(ev, E_RANK, call, "more than %d axes", IR_MAX_RANK);
        return -1;
    }
    for (int i = 0; i < n; i++)
        if (item[i]->kind == V_ERROR || !(dims[i] = ev_size(ev, item[i], item == v ? at[i] : item_ast(at[0], i))))
            return -1;
    return n;
}

bool builtin_negative(struct ev *ev, int rank, const dim *dims, const struct ast *at)
{
    int64_t n;
    for (int i = 0; i < rank; i++)
        if (size_known(dims[i], &n) && n < 0) {
            ev_error(ev, E_SIZE, at, "a size is negative: %s", ev_size_text(ev, dims[i]));
            return true;
        }
    return false;
}

/* ---- element by element ---- */

SCRIPT_BUILTIN(bi_elem)
{
    (void)s;
    TENSOR(0);
    return t_elem1(ev, b->op, a->v[0], a->call);
}

/* TO_INT goes to the whole number below: of what is negative it is taken from the other side. */
SCRIPT_BUILTIN(bi_int)
{
    (void)s, (void)b;
    TENSOR(0);
    struct value *x = a->v[0];
    if (x->dtype != DT_REAL) return t_cast(ev, x, DT_INT);
    struct value *negative = t_elem2(ev, OP_LT, x, t_const(ev, 0), a->call);
    struct value *size = t_cast(ev, t_elem1(ev, OP_ABS, x, a->call), DT_INT);
    return t_select(ev, negative, t_elem1(ev, OP_NEG, size, a->call), size, a->call);
}

SCRIPT_BUILTIN(bi_real)
{
    (void)s, (void)b;
    TENSOR(0);
    return t_cast(ev, a->v[0], DT_REAL);
}

SCRIPT_BUILTIN(bi_pow)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    return t_pow(ev, a->v[0], a->v[1], a->call);
}

SCRIPT_BUILTIN(bi_clip)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    TENSOR(2);
    return t_elem2(ev, OP_MIN, t_elem2(ev, OP_MAX, a->v[0], a->v[1], a->call), a->v[2], a->call);
}

SCRIPT_BUILTIN(bi_where)
{
    (void)s, (void)b;
    TENSOR(0);
    TENSOR(1);
    TENSOR(2);
    return t_select(ev, a->v[0], a->v[1], a->v[2], a->call);
}

/* ---- functions of functions, distributions ---- */

SCRIPT_BUILTIN(bi_grad)
{
    (void)s;
    int64_t k = 0;
    struct value *f = a->v[0];
    if (value_poisoned(f)) return f;
    if (f->kind != V_FN) {
        struct diag *m = ev_error(ev, E_TYPE, a->at[0], "`%s` takes a function, this is %s", b->name,
                                  value_type(ev->arena, f));
        ev_show(ev, m, a->at[0], f);
        diag_help(m, "a function is named, as in grad(loss)(w), or written in place: grad(w -> ...)(w)");
        return &value_error;
    }
    if (a->v[1] && (!ev_known_int(a->v[1], &k) || k < 0)) {
        ev_error(ev, E_TYPE, a->at[1], "the number of an argument, from 0");
        return &value_error;
    }
    enum fn_kind kind = !strcmp(b->name, "grad")      ? FN_GRAD
                        : !strcmp(b->name, "hessian") ? FN_HESSIAN
                                                      : FN_VALUE_AND_GRAD;
    return value_fn(ev->arena, (struct fn){ .kind = kind, .of = f->fn, .wrt = (int)k });
}

SCRIPT_BUILTIN(bi_dist)
{
    (void)s;
    struct value *v = value_new(ev->arena, V_DIST);
    v->dist = dist_find(b->name);
    v->nparams = a->n;
    v->param = ARENA_ARRAY(ev->arena, struct value *, a->n + 1);
    v->param_at = ARENA_ARRAY(ev->arena, const struct ast *, a->n + 1);
    for (int i = 0; i < a->n; i++) {
        v->param_at[i] = a->at[i];
        v->param[i] = ev_number(ev, a->v[i]);
        if (value_poisoned(v->param[i])) return v->param[i];
    }
    return v;
}

/* ---- the table ---- */

const struct builtin builtins[] = {
#define LEVEL_OF_BOTH LEVEL_BOTH
#define LEVEL_OF_SCRIPT LEVEL_SCRIPT
#define BUILTIN(name, signature, level, function, op, doc) { #name, signature, LEVEL_OF_##level, function, op, doc },
#include "compiler/builtin.def"
#undef BUILTIN
};
const int builtin_count = sizeof builtins / sizeof *builtins;

const struct builtin *builtin_find(const char *name)
{
    for (int i = 0; i < builtin_count; i++)
        if (builtins[i].name[0] == name[0] && !strcmp(builtins[i].name, name)) return &builtins[i];
    return NULL;
}
