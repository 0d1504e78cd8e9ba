/* What is said when shapes do not go together: the operands as they are written, the axes that disagree, and what may
 * have been meant: a column, a transpose, a row. The rules themselves are in tensor.c. */
#include <string.h>
#include "compiler/tensor_say.h"

/* The operand as it is written: 0 on the left. `>` is evaluated as `<` with its sides exchanged. NULL: not written. */
static const struct ast *operand(const struct ast *at, int k)
{
    bool exchanged = at && at->kind == A_BINARY && (at->op == AO_GT || at->op == AO_GE);
    if (!at) return NULL;
    if (at->kind == A_BINARY) return at->kid[exchanged ? 1 - k : k];
    if (at->kind == A_IFELSE) return at->kid[2 * k];
    if (at->kind != A_CALL || at->kid[0]->kind != A_NAME) return NULL;
    int first = !strcmp(at->kid[0]->name, "where") ? 2 : 1;
    bool two = first == 2 || !strcmp(at->kid[0]->name, "max") || !strcmp(at->kid[0]->name, "min") ||
               !strcmp(at->kid[0]->name, "pow");
    return two && first + k < at->n && at->kid[first + k]->kind != A_ARG ? at->kid[first + k] : NULL;
}

static const char *operation(struct ev *ev, const struct ast *at)
{
    if (at && at->kind == A_BINARY) return arena_printf(ev->arena, "`%s`", ast_op_text(at->op));
    if (at && at->kind == A_CALL && at->kid[0]->kind == A_NAME)
        return arena_printf(ev->arena, "`%s`", at->kid[0]->name);
    return at && at->kind == A_IFELSE ? "`if else`" : "operands";
}

/* A vector that goes along the other axis of a matrix. */
static void suggest_column(struct ev *ev, struct diag *m, const struct value *x, const struct value *y,
                           const struct ast *vector)
{
    if (x->rank != 2 || y->rank != 1 || !vector || size_compare(x->dims[0], y->dims[0]) != SIZE_EQUAL) return;
    diag_help(m, "a column goes along the first axis: `reshape(%s, [%s, 1])`", ev_text(ev, vector),
              size_str(ev->arena, y->dims[0]));
}

/* Axis `ix` of x and `iy` of y are a pair that is neither equal nor one. */
void say_no_broadcast(struct ev *ev, struct value *x, struct value *y, int ix, int iy, const struct ast *at)
{
    const struct ast *left = operand(at, 0), *right = operand(at, 1);
    bool exchanged = left && right && at->kind == A_BINARY && left == at->kid[1];
    const struct value *first = exchanged ? y : x, *second = exchanged ? x : y;
    const char *one, *other;
    struct diag *m = ev_error(ev, E_BROADCAST, at, "%s: shapes %s and %s do not broadcast", operation(ev, at),
                              shape_text(ev->arena, first->rank, first->dims),
                              shape_text(ev->arena, second->rank, second->dims));
    if (left && right) {
        ev_show_axis(ev, m, left, x, ix);
        ev_show_axis(ev, m, right, y, iy);
    }
    ev_size_pair(ev, exchanged ? y->dims[iy] : x->dims[ix], exchanged ? x->dims[ix] : y->dims[iy], &one, &other);
    diag_note(m, "axes are paired from the last; a pair must be equal, or one of them 1: %s and %s are not", one,
              other);
    ev_help_size(ev, m, x->dims[ix], y->dims[iy]);
    suggest_column(ev, m, x, y, right);
    suggest_column(ev, m, y, x, left);
}

/* The condition c does not broadcast against `joined`, which its two alternatives broadcast to. */
void say_condition(struct ev *ev, const struct value *c, const struct value *joined,
                   const struct value *const alternative[2], const struct ast *at)
{
    struct diag *m = ev_error(ev, E_BROADCAST, at, "%s: a condition of shape %s does not broadcast against %s",
                              operation(ev, at), shape_text(ev->arena, c->rank, c->dims),
                              shape_text(ev->arena, joined->rank, joined->dims));
    if (at->kind != A_CALL || at->n <= 3) return;
    ev_show(ev, m, at->kid[1], c);
    for (int k = 0; k < 2; k++)
        if (alternative[k]->rank) ev_show(ev, m, at->kid[k + 2], alternative[k]);
}

/* Item i of a list as it is written; NULL: it is not written there. */
static const struct ast *written_item(const struct ast *at, int i)
{
    const struct ast *list = at && at->kind == A_CALL && at->n > 1 ? at->kid[1] : at;
    if (!list || list->kind != A_LIST || i >= list->n) return NULL;
    for (int k = 0; k <= i; k++)
        if (list->kid[k]->kind == A_SPREAD) return NULL;
    return list->kid[i];
}

static const char *shape_or_scalar(struct ev *ev, const struct value *v)
{
    return v->rank ? shape_text(ev->arena, v->rank, v->dims) : "a scalar";
}

/* Item `i` does not fit item 0 along `axis`; axis < 0: along a new axis. */
struct value *say_no_join(struct ev *ev, struct value **item, int i, int axis, const struct ast *at)
{
    const struct ast *first = written_item(at, 0), *other = written_item(at, i);
    struct diag *m = axis < 0 ? ev_error(ev, E_CONCAT, at, "%s and %s cannot be stacked", shape_or_scalar(ev, item[0]),
                                         shape_or_scalar(ev, item[i]))
                              : ev_error(ev, E_CONCAT, at, "shapes %s and %s cannot be joined along axis %d",
                                         shape_text(ev->arena, item[0]->rank, item[0]->dims),
                                         shape_text(ev->arena, item[i]->rank, item[i]->dims), axis);
    if (first && other) {
        ev_show(ev, m, first, item[0]);
        ev_show(ev, m, other, item[i]);
    }
    diag_note(m, axis < 0 ? "what is stacked must have one shape" : "all axes but the joined one must be equal");
    if (axis == 0 && other && item[i]->rank == item[0]->rank - 1 &&
        size_compare(item[i]->dims[0], item[0]->dims[1]) == SIZE_EQUAL)
        diag_help(m, "did you mean `[%s]`? It is one row: real%s", ev_text(ev, other),
                  shape_text(ev->arena, 2, (dim[]){ size_int(ev->sizes, 1), item[i]->dims[0] }));
    return &value_error;
}

static const char *transposed_text(struct ev *ev, const struct ast *at)
{
    const char *text = ev_text(ev, at);
    size_t n = strlen(text);
    if (n > 2 && !strcmp(text + n - 2, ".T")) return arena_strndup(ev->arena, text, n - 2);
    bool simple = at->kind == A_NAME || at->kind == A_CALL || at->kind == A_FIELD || at->kind == A_INDEX;
    return arena_printf(ev->arena, simple ? "%s.T" : "(%s).T", text);
}

/* For editors: the operand transposed, where its text was not shortened. */
static void fix_transposed(struct ev *ev, struct diag *m, const struct ast *operand)
{
    if (operand->span.to - operand->span.from < 40) diag_fix(m, operand->span, transposed_text(ev, operand));
}

/* The product `at` of a and b: the axes that are summed over have not one size. */
void say_inner_sizes(struct ev *ev, struct value *a, struct value *b, const struct ast *at)
{
    struct diag *m = ev_error(ev, E_MATMUL_INNER, at, "matrix product: inner sizes differ");
    dim ka = a->dims[a->rank - 1], kb = b->dims[b->rank > 1 ? b->rank - 2 : 0];
    if (at->kind != A_BINARY) return;
    ev_show_axis(ev, m, at->kid[0], a, a->rank - 1);
    ev_show_axis(ev, m, at->kid[1], b, b->rank > 1 ? b->rank - 2 : 0);
    diag_note(m, "`@` pairs the last axis of %s (%s) with the %s axis of %s (%s)", ev_text(ev, at->kid[0]),
              ev_size_text(ev, ka), b->rank > 1 ? "last but one" : "first", ev_text(ev, at->kid[1]),
              ev_size_text(ev, kb));
    ev_help_size(ev, m, ka, kb);
    const char *l = ev_text(ev, at->kid[0]), *r = ev_text(ev, at->kid[1]);
    dim shape[2] = { 0 };
    if (a->rank == 2 && size_compare(a->dims[0], kb) == SIZE_EQUAL) {
        shape[0] = a->dims[1];
        if (b->rank == 2) shape[1] = b->dims[1];
        fix_transposed(ev, m, at->kid[0]);
        diag_help(m, "did you mean `%s @ %s`? It has shape real%s", transposed_text(ev, at->kid[0]), r,
                  shape_text(ev->arena, b->rank == 2 ? 2 : 1, shape));
    } else if (b->rank == 2 && size_compare(ka, b->dims[1]) == SIZE_EQUAL) {
        shape[0] = a->rank == 2 ? a->dims[0] : b->dims[0];
        shape[1] = b->dims[0];
        fix_transposed(ev, m, at->kid[1]);
        diag_help(m, "did you mean `%s @ %s`? It has shape real%s", l, transposed_text(ev, at->kid[1]),
                  shape_text(ev->arena, a->rank == 2 ? 2 : 1, shape));
    }
}

/* Shows both factors of a product. */
void say_factors(struct ev *ev, struct diag *m, const struct value *a, const struct value *b, const struct ast *at)
{
    if (at->kind != A_BINARY) return;
    ev_show(ev, m, at->kid[0], a);
    ev_show(ev, m, at->kid[1], b);
}
