/* Distributions. Every draw is made of two streams of the runtime, uniforms and standard normals (runtime/icl_rt.h),
 * and ordinary operations, so that all engines draw the same bits. A site is the name of what is drawn: neither the
 * order of draws nor anything else in the task changes them. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "compiler/eval.h"
#include "compiler/script.h"
#include "runtime/number.h"

#define DRAW(name)                                                                                                     \
    static struct value *name(struct ev *ev, const struct value *dist, uint32_t site, int rank, const dim *dims,       \
                              const struct ast *at)

/* Streams of one site: values, a second word for values, keys for choices, and the values of an inner distribution. */
enum { STREAM_VALUE, STREAM_SECOND, STREAM_KEY, STREAM_INNER };
static const double two_pi = 6.283185307179586;

static struct value *real(struct ev *ev, const struct value *v)
{
    return t_cast(ev, (struct value *)v, DT_REAL);
}

static struct value *uniform_stream(struct ev *ev, uint32_t site, uint32_t stream, int rank, const dim *dims)
{
    return t_draw(ev, OP_DRAW_UNIFORM, site, stream, rank, dims);
}

static bool is_literal(const struct value *v, double x)
{
    double y;
    return v->kind == V_TENSOR && v->literal && ev_known_real(v, &y) && y == x;
}

/* The least and the largest element of what is known: data, or code made of constants. */
struct bounds {
    double least, most;
};

/* NaN, once there, stays. */
static void widen(struct bounds *b, double x)
{
    b->least = isnan(x) || isnan(b->least) ? NAN : fmin(b->least, x);
    b->most = fmax(b->most, x);
}

static bool node_bounds(const struct ir_node *n, struct bounds *b)
{
    if (n->op == OP_CONST) {
        widen(b, n->dtype == DT_REAL ? n->real : (double)n->integer);
        return true;
    }
    bool moves = n->op == OP_CONCAT || n->op == OP_RESHAPE || n->op == OP_BROADCAST || n->op == OP_TO_REAL;
    for (int i = 0; i < n->nin && moves; i++) moves = node_bounds(n->in[i], b);
    return moves;
}

static bool bounds(const struct value *v, struct bounds *b)
{
    *b = (struct bounds){ INFINITY, -INFINITY };
    if (v->node) return node_bounds(v->node, b);
    int64_t n = !v->known ? 0 : v->rank ? tensor_elements(&v->data) : 1;
    for (int64_t i = 0; i < n; i++) widen(b, v->dtype == DT_REAL ? v->data.r[i] : (double)v->data.i[i]);
    return n > 0;
}

static const char *number(struct ev *ev, double x)
{
    char text[64];
    number_text(text, x, ev->precision);
    return arena_strdup(ev->arena, text);
}

/* A parameter must be a number in a domain; known values are checked before the first draw. */
static bool in_domain(struct ev *ev, const struct value *dist, int k, const char *name, bool (*good)(double),
                      const char *domain)
{
    const struct value *v = dist->param[k];
    const struct ast *at = dist->param_at[k];
    struct bounds b;
    if (v->kind != V_TENSOR) {
        struct diag *m = ev_error(ev, E_TYPE, at, "`%s`: %s is a number, not %s", dist->dist->name, name,
                                  value_type(ev->arena, v));
        ev_show(ev, m, at, v);
        return false;
    }
    if (!good || !bounds(v, &b) || (good(b.least) && good(b.most))) return true;
    const char *bad = number(ev, good(b.least) ? b.most : b.least);
    struct diag *m = ev_error(ev, E_DOMAIN, at, "`%s`: %s is %s, and must be %s", dist->dist->name, name, bad, domain);
    if (strcmp(ev_text(ev, at), bad)) diag_label(m, at->span, v->rank ? "holds %s" : "is %s", bad);
    return false;
}

static bool not_negative(double x) { return x >= 0; }
static bool positive(double x) { return x > 0; }
static bool probability(double x) { return x >= 0 && x <= 1; }

/* base + scale * x over the shape drawn. */
static struct value *affine(struct ev *ev, const struct value *base, const struct value *scale, struct value *x,
                            const struct ast *at)
{
    if (!is_literal(scale, 1)) x = t_elem2(ev, OP_MUL, real(ev, scale), x, at);
    return is_literal(base, 0) ? x : t_elem2(ev, OP_ADD, real(ev, base), x, at);
}

static uint32_t inner(uint32_t stream)
{
    return stream + STREAM_INNER;
}

DRAW(draw_normal)
{
    if (!in_domain(ev, dist, 0, "mean", NULL, "") || !in_domain(ev, dist, 1, "sd", not_negative, "at least 0"))
        return &value_error;
    return affine(ev, dist->param[0], dist->param[1], t_draw(ev, OP_DRAW_NORMAL, site, STREAM_VALUE, rank, dims), at);
}

DRAW(draw_uniform)
{
    if (!in_domain(ev, dist, 0, "from", NULL, "") || !in_domain(ev, dist, 1, "to", NULL, "")) return &value_error;
    double a, b;
    if (ev_known_real(dist->param[0], &a) && ev_known_real(dist->param[1], &b) && !(a <= b)) {
        struct diag *m = ev_error(ev, E_DOMAIN, at, "`uniform`: from %s to %s is no interval", number(ev, a),
                                  number(ev, b));
        diag_help(m, "the smaller one stands first");
        return &value_error;
    }
    struct value *from = real(ev, dist->param[0]), *to = real(ev, dist->param[1]);
    struct value *span = t_elem2(ev, OP_SUB, to, from, at);
    return affine(ev, dist->param[0], span, uniform_stream(ev, site, STREAM_VALUE, rank, dims), at);
}

static struct value *choose(struct ev *ev, uint32_t site, int rank, const dim *dims, struct value *p, double yes,
                            double no, const struct ast *at)
{
    struct value *c = t_elem2(ev, OP_LT, uniform_stream(ev, site, STREAM_VALUE, rank, dims), p, at);
    return t_select(ev, c, t_const(ev, yes), t_const(ev, no), at);
}

DRAW(draw_bernoulli)
{
    if (!in_domain(ev, dist, 0, "p", probability, "between 0 and 1")) return &value_error;
    return choose(ev, site, rank, dims, real(ev, dist->param[0]), 1, 0, at);
}

DRAW(draw_rademacher)
{
    (void)dist;
    return choose(ev, site, rank, dims, t_const(ev, 0.5), 1, -1, at);
}

/* mean - scale sign(v) log(1 - 2|v|), v = u - 1/2 */
DRAW(draw_laplace)
{
    if (!in_domain(ev, dist, 0, "mean", NULL, "") || !in_domain(ev, dist, 1, "scale", positive, "greater than 0"))
        return &value_error;
    struct value *v = t_elem2(ev, OP_SUB, uniform_stream(ev, site, STREAM_VALUE, rank, dims), t_const(ev, 0.5), at);
    struct value *size = t_elem1(ev, OP_LOG1P, t_elem2(ev, OP_MUL, t_const(ev, -2), t_elem1(ev, OP_ABS, v, at), at),
                                 at);
    struct value *x = t_elem1(ev, OP_NEG, t_elem2(ev, OP_MUL, t_elem1(ev, OP_SIGN, v, at), size, at), at);
    return affine(ev, dist->param[0], dist->param[1], x, at);
}

/* Bailey (1994): sqrt(dof (u ** (-2 / dof) - 1)) cos(2 pi v), for any dof > 0. */
DRAW(draw_student_t)
{
    if (!in_domain(ev, dist, 0, "dof", positive, "greater than 0")) return &value_error;
    struct value *dof = real(ev, dist->param[0]);
    struct value *u = t_elem1(ev, OP_LOG, uniform_stream(ev, site, STREAM_VALUE, rank, dims), at);
    struct value *v = uniform_stream(ev, site, STREAM_SECOND, rank, dims);
    struct value *power = t_elem2(ev, OP_MUL, t_elem2(ev, OP_DIV, t_const(ev, -2), dof, at), u, at);
    struct value *square = t_elem2(ev, OP_MUL, dof, t_elem1(ev, OP_EXPM1, power, at), at);
    struct value *angle = t_elem1(ev, OP_COS, t_elem2(ev, OP_MUL, t_const(ev, two_pi), v, at), at);
    return t_elem2(ev, OP_MUL, t_elem1(ev, OP_SQRT, square, at), angle, at);
}

DRAW(draw_exponential)
{
    if (!in_domain(ev, dist, 0, "rate", positive, "greater than 0")) return &value_error;
    struct value *x = t_elem1(ev, OP_NEG, t_elem1(ev, OP_LOG, uniform_stream(ev, site, STREAM_VALUE, rank, dims), at),
                              at);
    return t_elem2(ev, OP_DIV, x, real(ev, dist->param[0]), at);
}

/* Probabilities that are known are not all 0. */
static bool something_to_choose(struct ev *ev, const struct value *dist)
{
    struct bounds b;
    if (!bounds(dist->param[0], &b) || b.most > 0) return true;
    struct diag *m = ev_error(ev, E_DOMAIN, dist->param_at[0], "`categorical`: all probabilities are 0");
    ev_show(ev, m, dist->param_at[0], dist->param[0]);
    return false;
}

/* The number of running sums that u * total has passed; leading axes of p are paired with those of the draw. */
DRAW(draw_categorical)
{
    if (!in_domain(ev, dist, 0, "p", not_negative, "at least 0") || !something_to_choose(ev, dist)) return &value_error;
    struct value *p = real(ev, dist->param[0]);
    int last = p->rank - 1;
    if (last >= 0 && size_is(p->dims[last], 0)) {
        struct diag *m = ev_error(ev, E_DOMAIN, dist->param_at[0],
                                  "`categorical`: no probabilities, nothing to choose");
        ev_show(ev, m, dist->param_at[0], p);
        return &value_error;
    }
    if (last < 0 || last > rank || rank + 1 > IR_MAX_RANK) {
        struct diag *m = ev_error(ev, E_RANK, dist->param_at[0],
                                  last > rank ? "`categorical`: more vectors of probabilities than draws"
                                              : "`categorical` takes a vector of probabilities");
        ev_show(ev, m, dist->param_at[0], p);
        return &value_error;
    }
    dim wide[IR_MAX_RANK], k = p->dims[last];
    memcpy(wide, dims, sizeof(dim) * (size_t)rank);
    wide[rank] = size_int(ev->sizes, 1);
    struct value *sums = t_unary_op(ev, OP_CUMSUM, p, last);
    struct value *total = t_at(ev, sums, last, size_sub(ev->sizes, k, size_int(ev->sizes, 1)));
    struct value *u = t_elem2(ev, OP_MUL, uniform_stream(ev, site, STREAM_VALUE, rank, dims), total, at);
    struct value *passed = t_elem2(ev, OP_LE, sums, t_reshape(ev, u, rank + 1, wide), at);
    struct value *index = t_reduce(ev, OP_SUM, t_cast(ev, passed, DT_INT), rank);
    return t_elem2(ev, OP_MIN, index, value_int(ev->arena, size_sub(ev->sizes, k, size_int(ev->sizes, 1))), at);
}

/* The s entries with the smallest of d random keys. */
DRAW(draw_sparse)
{
    const struct value *of = dist->param[1];
    dim s = ev_size(ev, dist->param[0], dist->param_at[0]), d = dims[rank - 1];
    int64_t over;
    if (!s) return &value_error;
    if (of->kind != V_DIST) {
        struct diag *m = ev_error(ev, E_TYPE, dist->param_at[1],
                                  "`sparse(s, D)` takes the distribution of its entries, not %s",
                                  value_type(ev->arena, of));
        diag_help(m, "for example sparse(s, normal(0, 1))");
        return &value_error;
    }
    if (of->dist->event) {
        ev_error(ev, E_TYPE, dist->param_at[1], "`sparse`: `%s` draws whole vectors, an entry is one number",
                 of->dist->name);
        return &value_error;
    }
    bool negative = size_known(s, &over) && over < 0;
    if (negative || (size_known(size_sub(ev->sizes, s, d), &over) && over > 0)) {
        struct diag *m = ev_error(ev, E_DOMAIN, at,
                                  negative ? "`sparse`: %s entries" : "`sparse`: %s entries out of %s",
                                  ev_size_text(ev, s), ev_size_text(ev, d));
        ev_show_size(ev, m, dist->param_at[0], s);
        if (!negative && at->kind == A_DRAW && at->n > 1) ev_show_size(ev, m, at->kid[at->n - 1], d);
        return &value_error;
    }
    struct value *key = uniform_stream(ev, site, STREAM_KEY, rank, dims);
    struct value *place = t_unary_op(ev, OP_ARGSORT, t_unary_op(ev, OP_ARGSORT, key, rank - 1), rank - 1);
    struct value *chosen = t_elem2(ev, OP_LT, place, value_int(ev->arena, s), at);
    struct value *x = of->dist->draw(ev, of, site + 0x9E3779B9u * inner(STREAM_VALUE), rank, dims, at);
    return value_poisoned(x) ? x : t_select(ev, chosen, x, t_const(ev, 0), at);
}

DRAW(draw_mvnormal)
{
    if (!in_domain(ev, dist, 0, "mean", NULL, "") || !in_domain(ev, dist, 1, "cov", NULL, "")) return &value_error;
    struct value *mean = real(ev, dist->param[0]), *cov = real(ev, dist->param[1]);
    dim d = dims[rank - 1];
    if (cov->rank != 2 || size_compare(cov->dims[0], d) == SIZE_DIFFERENT ||
        size_compare(cov->dims[1], d) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_SHAPE, dist->param_at[1],
                                  "`mvnormal`: the covariance of a vector of %s is real[%s, %s]",
                                  size_str(ev->arena, d), size_str(ev->arena, d), size_str(ev->arena, d));
        ev_show(ev, m, dist->param_at[1], cov);
        return &value_error;
    }
    struct value *z = t_draw(ev, OP_DRAW_NORMAL, site, STREAM_VALUE, rank, dims);
    struct value *l = t_unary_op(ev, OP_CHOLESKY, cov, 0);
    struct value *x = t_matmul(ev, z, t_swap(ev, l), at);
    return t_elem2(ev, OP_ADD, mean, x, at);
}

DRAW(draw_sphere)
{
    if (!in_domain(ev, dist, 0, "radius", not_negative, "at least 0")) return &value_error;
    struct value *z = t_draw(ev, OP_DRAW_NORMAL, site, STREAM_VALUE, rank, dims);
    struct value *square = t_reduce(ev, OP_SUM, t_elem2(ev, OP_MUL, z, z, at), rank - 1);
    dim wide[IR_MAX_RANK];
    memcpy(wide, dims, sizeof(dim) * (size_t)rank);
    wide[rank - 1] = size_int(ev->sizes, 1);
    struct value *radius = real(ev, dist->param[0]), *length = t_elem1(ev, OP_SQRT, square, at);
    struct value *scale = t_elem2(ev, OP_DIV, radius, length, at);
    return t_elem2(ev, OP_MUL, z, t_reshape(ev, scale, rank, wide), at);
}

DRAW(draw_permutation)
{
    (void)dist, (void)at;
    return t_unary_op(ev, OP_ARGSORT, uniform_stream(ev, site, STREAM_KEY, rank, dims), rank - 1);
}

/* Q of a Gaussian matrix's QR factorisation with positive diagonal of R (Stewart 1980); the library has the code. */
DRAW(draw_orthogonal)
{
    (void)dist;
    bool one = rank == 2;
    struct binding *b = scope_find(ev->std, intern(ev->names, one ? "orthogonal_factor" : "orthogonal_factors"));
    if (size_compare(dims[rank - 2], dims[rank - 1]) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_SHAPE, at, "`orthogonal` draws square matrices, in the last two axes");
        diag_note(m, "the shape here is %s", shape_text(ev->arena, rank, dims));
        return &value_error;
    }
    struct value *z = t_draw(ev, OP_DRAW_NORMAL, site, STREAM_VALUE, rank, dims);
    if (one) return ev_apply(ev, b->value->fn, &z, 1, at);
    dim flat[3] = { size_int(ev->sizes, 1), dims[rank - 2], dims[rank - 1] };
    for (int i = 0; i < rank - 2; i++) flat[0] = size_mul(ev->sizes, flat[0], dims[i]);
    z = t_reshape(ev, z, 3, flat);
    return t_reshape(ev, ev_apply(ev, b->value->fn, &z, 1, at), rank, dims);
}

const struct dist dists[] = {
    { "normal", "sd", 0, draw_normal, NULL },
    { "uniform", "", 0, draw_uniform, NULL },
    { "bernoulli", "p", 0, draw_bernoulli, NULL },
    { "rademacher", "", 0, draw_rademacher, NULL },
    { "laplace", "scale", 0, draw_laplace, NULL },
    { "student_t", "dof", 0, draw_student_t, NULL },
    { "exponential", "rate", 0, draw_exponential, NULL },
    { "categorical", "p", 0, draw_categorical, NULL },
    { "sparse", "s", 1, draw_sparse, NULL },
    { "mvnormal", "cov", 1, draw_mvnormal, NULL },
    { "sphere", "radius", 1, draw_sphere, NULL },
    { "permutation", "", 1, draw_permutation, NULL },
    { "orthogonal", "", 2, draw_orthogonal, NULL },
};
const int dist_count = sizeof dists / sizeof *dists;

const struct dist *dist_find(const char *name)
{
    for (int i = 0; i < dist_count; i++)
        if (dists[i].name[0] == name[0] && !strcmp(dists[i].name, name)) return &dists[i];
    return NULL;
}

/* On the right of `~` the name of a distribution means it, whatever the script calls so. */
struct value *ev_dist(struct ev *ev, struct scope *s, const struct ast *e)
{
    const struct ast *callee = e->kind == A_CALL ? e->kid[0] : NULL;
    if (callee && callee->kind == A_NAME && dist_find(callee->name))
        return builtin_call(ev, s, builtin_find(callee->name), e);
    return ev_expr(ev, s, e);
}

static uint32_t fnv(uint32_t h, const char *text)
{
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

/* FNV-1a of the draw's path; a second draw of one name in one prompt gets a number. */
static uint32_t site_of(struct ev *ev, str name)
{
    struct kernel *k = ev->k;
    uint32_t path = fnv(fnv(2166136261u, k->site_path), name);
    for (int again = 0;; again++) {
        char number[16] = "";
        if (again) snprintf(number, sizeof number, "#%d", again);
        uint32_t h = fnv(path, number);
        bool taken = false;
        for (int i = 0; i < k->sites.n; i++) taken |= k->sites.data[i] == h;
        if (taken) continue;
        vec_push(ev->arena, &k->sites, h);
        return h;
    }
}

/* Distributions of numbers: every parameter broadcasts to the shape that is drawn. */
static bool parameters_fit(struct ev *ev, const struct value *dist, int rank, const dim *dims, const struct ast *e)
{
    for (int k = 0; k < dist->nparams && dist->dist->event == 0 && strcmp(dist->dist->name, "categorical"); k++) {
        const struct value *v = dist->param[k];
        int lead = rank - v->rank;
        bool fits = v->kind != V_TENSOR || lead >= 0;
        for (int i = 0; fits && v->kind == V_TENSOR && i < v->rank; i++)
            fits = size_is(v->dims[i], 1) || size_compare(v->dims[i], dims[lead + i]) != SIZE_DIFFERENT;
        if (fits) continue;
        struct diag *m = ev_error(ev, E_BROADCAST, dist->param_at[k],
                                  "`%s`: a parameter of shape %s does not broadcast to what is drawn, %s",
                                  dist->dist->name, shape_text(ev->arena, v->rank, v->dims),
                                  rank ? shape_text(ev->arena, rank, dims) : "one number");
        ev_show(ev, m, dist->param_at[k], v);
        if (!rank) diag_help(m, "give the shape: `%s%s ~ ...`", e->name, shape_text(ev->arena, v->rank, v->dims));
        return false;
    }
    return true;
}

struct value *ev_draw(struct ev *ev, struct scope *s, const struct ast *e)
{
    dim dims[IR_MAX_RANK];
    int rank = e->n - 1;
    struct value *dist = ev_dist(ev, s, e->kid[0]);
    if (!ev->k) {
        ev_error(ev, E_DRAW_PLACE, e, "a draw belongs to a task");
        return &value_error;
    }
    if (value_poisoned(dist)) return dist;
    if (dist->kind != V_DIST) {
        struct diag *m = ev_error(ev, E_TYPE, e->kid[0], "`~` needs a distribution on its right");
        ev_show(ev, m, e->kid[0], dist);
        return &value_error;
    }
    for (int i = 0; i < rank; i++) {
        struct value *v = ev_expr(ev, s, e->kid[i + 1]);
        if (v->kind == V_ERROR || !(dims[i] = ev_size(ev, v, e->kid[i + 1]))) return &value_error;
        int64_t n;
        if (!size_known(dims[i], &n) || n >= 0) continue;
        struct diag *m = ev_error(ev, E_SIZE, e->kid[i + 1], "a size is negative: %s", ev_size_text(ev, dims[i]));
        ev_show_size(ev, m, e->kid[i + 1], dims[i]);
        return &value_error;
    }
    if (!strcmp(dist->dist->name, "mvnormal") && rank == 0 && dist->param[1]->kind == V_TENSOR &&
        dist->param[1]->rank) {
        dims[0] = dist->param[1]->dims[0];
        rank = 1;
    }
    if (rank < dist->dist->event) {
        ev_error(ev, E_RANK, e, "`%s` draws %s: give the shape, as in %s[%s] ~ ...", dist->dist->name,
                 dist->dist->event == 1 ? "a vector" : "a matrix", e->name, dist->dist->event == 1 ? "d" : "d, d");
        return &value_error;
    }
    if (!parameters_fit(ev, dist, rank, dims, e)) return &value_error;
    ev->k->drawing = e;
    struct value *v = dist->dist->draw(ev, dist, site_of(ev, e->name), rank, dims, e);
    if (v->kind != V_TENSOR) return v;
    bool fits = v->rank == rank;
    for (int i = 0; fits && i < rank; i++) fits = size_compare(v->dims[i], dims[i]) != SIZE_DIFFERENT;
    if (!fits) {
        ev_error(ev, E_BROADCAST, e, "the parameters of `%s` have shape %s, the draw has %s", dist->dist->name,
                 shape_text(ev->arena, v->rank, v->dims), shape_text(ev->arena, rank, dims));
        return &value_error;
    }
    if (v->node) v->node->name = e->name;
    return v;
}
