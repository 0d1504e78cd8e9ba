/* Arithmetic of sizes, and what is asked of them. */
#include <assert.h>
#include "lang/size_terms.h"

enum { TOO_LONG = 400 }; /* terms: a longer product is an atom, a longer division given up */

/* ---- arithmetic ---- */

static const struct size *combine(struct size_table *t, const struct size *a, int64_t times, const struct size *b)
{
    struct poly p;
    poly_init(&p);
    poly_add_size(&p, 1, a);
    poly_add_size(&p, times, b);
    return poly_done(t, &p);
}

/* a + b */
const struct size *size_add(struct size_table *t, const struct size *a, const struct size *b)
{
    return a->n == 0 ? b : b->n == 0 ? a : combine(t, a, 1, b);
}

/* a - b */
const struct size *size_sub(struct size_table *t, const struct size *a, const struct size *b)
{
    return b->n == 0 ? a : a == b ? t->zero : combine(t, a, -1, b);
}

/* The product of two terms, with `(a / b) * b` become `a` for a quotient whose divisor is a single term. */
static const struct size *cancel(struct size_table *t, int64_t coef, const struct mono *mono)
{
    for (int i = 0; i < mono->n; i++) {
        const struct factor *f = mono->powers[i].of;
        if (f->kind != F_QUOTIENT || f->b->n != 1 || coef % f->b->terms[0].coef)
            continue;
        const struct mono *rest = mono_mul(t, mono, f->whole->terms[0].mono, -1);
        rest = rest ? mono_mul(t, rest, f->b->terms[0].mono, -1) : NULL;
        if (!rest)
            continue;
        struct term term = { coef / f->b->terms[0].coef, rest };
        return size_mul(t, size_intern(t, &term, 1), f->a);
    }
    struct term term = { coef, mono };
    return size_intern(t, &term, 1);
}

static bool is_quotient_by(const struct size *q, const struct size *by)
{
    if (q->n != 1 || q->terms[0].coef != 1 || q->terms[0].mono->n != 1 || q->terms[0].mono->powers[0].power != 1)
        return false;
    const struct factor *f = q->terms[0].mono->powers[0].of;
    return f->kind == F_QUOTIENT && f->b == by;
}

/* a * b; a product too long to multiply out stays an atom. */
const struct size *size_mul(struct size_table *t, const struct size *a, const struct size *b)
{
    if (a->n == 0 || b == t->one)
        return a;
    if (b->n == 0 || a == t->one)
        return b;
    if (is_quotient_by(a, b))
        return a->terms[0].mono->powers[0].of->a;
    if (is_quotient_by(b, a))
        return b->terms[0].mono->powers[0].of->a;
    if (a->n * b->n > TOO_LONG)
        return size_atom(t, F_PRODUCT, a, b);
    struct poly p;
    poly_init(&p);
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++) {
            const struct mono *m = mono_mul(t, a->terms[i].mono, b->terms[k].mono, 1);
            if (!m) {
                poly_free(&p);
                return size_atom(t, F_PRODUCT, a, b);
            }
            poly_add_size(&p, 1, cancel(t, size_sat_mul(a->terms[i].coef, b->terms[k].coef), m));
        }
    return poly_done(t, &p);
}

/* a / b when b divides a as a polynomial with integer coefficients, by division of leading terms; else NULL. */
static const struct size *divide(struct size_table *t, const struct size *a, const struct size *b)
{
    struct poly q;
    poly_init(&q);
    const struct size *rest = a;
    for (int step = 0; rest->n && step < TOO_LONG; step++) {
        struct term lead = { 0, NULL };
        if (rest->terms[0].coef % b->terms[0].coef == 0) {
            lead.coef = rest->terms[0].coef / b->terms[0].coef;
            lead.mono = mono_mul(t, rest->terms[0].mono, b->terms[0].mono, -1);
        }
        if (!lead.mono)
            break;
        poly_add(&q, lead.coef, lead.mono);
        struct poly next;
        poly_init(&next);
        poly_add_size(&next, 1, rest);
        for (int i = 0; i < b->n; i++) {
            const struct mono *m = mono_mul(t, lead.mono, b->terms[i].mono, 1);
            if (m)
                poly_add(&next, -size_sat_mul(lead.coef, b->terms[i].coef), m);
        }
        rest = poly_done(t, &next);
    }
    if (!rest->n)
        return poly_done(t, &q);
    poly_free(&q);
    return NULL;
}

static int64_t gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static int64_t content(const struct size *s, int64_t g)
{
    for (int i = 0; i < s->n; i++)
        g = gcd(g, s->terms[i].coef);
    return g;
}

/* a / b: exact by algebra, or an atom. */
const struct size *size_quotient(struct size_table *t, const struct size *a, const struct size *b)
{
    if (b == t->one)
        return a;
    if (b->n) {
        const struct size *q = divide(t, a, b);
        if (q)
            return q;
        int64_t g = content(b, content(a, 0));
        if (g > 1) {
            a = divide(t, a, size_int(t, g));
            b = divide(t, b, size_int(t, g));
        }
    }
    return size_atom(t, F_QUOTIENT, a, b);
}

/* The larger; an atom when algebra cannot tell. */
const struct size *size_max(struct size_table *t, const struct size *a, const struct size *b)
{
    if (a == b || size_never_negative(size_sub(t, a, b)))
        return a;
    return size_never_negative(size_sub(t, b, a)) ? b : size_atom(t, F_MAX, a, b);
}

/* The smaller; an atom when algebra cannot tell. */
const struct size *size_min(struct size_table *t, const struct size *a, const struct size *b)
{
    if (a == b || size_never_negative(size_sub(t, b, a)))
        return a;
    return size_never_negative(size_sub(t, a, b)) ? b : size_atom(t, F_MIN, a, b);
}

/* ---- questions ---- */

/* Tells whether s has a value, and which. */
bool size_known(const struct size *s, int64_t *value)
{
    if (s->known && value)
        *value = s->value;
    return s->known;
}

/* The value of a known size. */
int64_t size_value(const struct size *s)
{
    assert(s->known);
    return s->value;
}

/* Tells whether s is known to be `value`. */
bool size_is(const struct size *s, int64_t value)
{
    return s->known && s->value == value;
}

/* Equal, different, or not decided by algebra and the known values. */
enum size_order size_compare(const struct size *a, const struct size *b)
{
    if (a == b || a->plain == b->plain)
        return SIZE_EQUAL;
    if (a->known && b->known)
        return SIZE_DIFFERENT;
    const struct size *d = size_sub(a->table, a->plain, b->plain);
    if (d->known)
        return d->value ? SIZE_DIFFERENT : SIZE_EQUAL;
    for (int i = 0; i < d->n; i++)
        for (int k = 0; k < d->terms[i].mono->n; k++) {
            const struct factor *f = d->terms[i].mono->powers[k].of;
            if (f->kind != F_SYMBOL || f->symbol.kind != SIZE_RIGID)
                return SIZE_UNDECIDED;
        }
    return SIZE_DIFFERENT;
}

static bool at_least_one(const struct size *s)
{
    return size_never_negative(size_sub(s->table, s, s->table->one));
}

/* A lower bound of a factor, 1 or 0; -1: none known. */
static int factor_bound(const struct factor *f)
{
    bool (*const least[2])(const struct size *) = { size_never_negative, at_least_one };
    if (f->kind == F_SYMBOL)
        return 1;
    for (int bound = 1; bound >= 0; bound--) {
        bool a = least[bound](f->a);
        if (f->kind == F_QUOTIENT ? a && at_least_one(f->b)
            : f->kind == F_MAX    ? a || least[bound](f->b)
                                  : a && least[bound](f->b))
            return bound;
    }
    return -1;
}

/* Adds coef * (the product of powers[0..n)), each factor with bound 1 written as 1 + f, to p; false: no bound. */
static bool expand(struct size_table *t, struct poly *p, int64_t coef, const struct power *powers, int n,
                   const struct mono *done)
{
    if (!n) {
        poly_add(p, coef, done);
        return true;
    }
    int bound = factor_bound(powers->of);
    if (bound < 0 || powers->power > 8)
        return false;
    int64_t choose = 1;
    for (int k = powers->power; k >= 0; k--) {
        struct power f = { powers->of, k };
        const struct mono *m = mono_mul(t, done, mono_intern(t, &f, k > 0), 1);
        if (!m || !expand(t, p, size_sat_mul(coef, choose), powers + 1, n - 1, m))
            return false;
        if (!bound)
            break;
        choose = choose * k / (powers->power - k + 1);
    }
    return true;
}

/* Tells whether s >= 0 follows when every symbol is at least 1: with each written as 1 + something never negative,
 * no coefficient is negative. */
bool size_never_negative(const struct size *s)
{
    s = s->plain;
    if (s->known)
        return s->value >= 0;
    struct poly p;
    bool yes = true;
    poly_init(&p);
    for (int i = 0; i < s->n && yes; i++)
        yes = expand(s->table, &p, s->terms[i].coef, s->terms[i].mono->powers, s->terms[i].mono->n, s->table->unit);
    for (int i = 0; i < p.n; i++)
        yes = yes && p.terms[i].coef > 0;
    poly_free(&p);
    return yes;
}
