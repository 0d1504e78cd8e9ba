/* Sizes as normalised polynomials.
 *
 * A size is a sum of terms `coefficient * monomial`; a monomial is a product of powers of factors; a factor is a
 * symbol or an atom (a quotient, a larger, a smaller, a product too long to multiply out). Monomials, factors and
 * sizes are hash-consed, so equality is equality of pointers. Terms stand in graded lexicographic order (a monomial
 * order, which exact division by leading terms needs) and have no zero coefficients.
 *
 * Every size keeps `plain`, itself with all VALUED symbols replaced by their values; a size is known when its plain
 * form is a constant. Coefficients saturate at +-INT64_MAX: such a size is far beyond any memory, and the check of
 * memory refuses it. */
#include "lang/sizes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lang/vec.h"

enum factor_kind { F_SYMBOL, F_QUOTIENT, F_MAX, F_MIN, F_PRODUCT };

struct factor {
    enum factor_kind kind;
    struct size_symbol symbol;   /* F_SYMBOL */
    const struct size *a, *b;    /* atoms */
    const struct size *plain;    /* its value or simpler form once VALUED symbols are replaced; NULL: itself */
    const struct size *whole;    /* the size that is this factor alone */
    int id;
};
struct power {
    const struct factor *of;
    int power;
};
struct mono {
    int n, degree;
    const struct power *powers; /* by ascending id of the factor */
};
struct term {
    int64_t coef;
    const struct mono *mono;
};
struct size {
    struct size_table *table;
    int n, id;
    const struct term *terms;
    const struct size *plain;
    bool known;
    int64_t value;
};

/* A set of pointers: open addressing, `hashes` beside `items`. */
struct set {
    const void **items;
    uint64_t *hashes;
    int n, capacity;
};
struct size_table {
    struct arena *arena;
    struct set sizes, monos, atoms;
    int factors;                 /* how many symbols and atoms there are */
    const struct mono *unit;
    const struct size *zero, *one;
};

/* A polynomial in the making: sorted terms, on the stack while few. */
enum { FEW = 12, TOO_LONG = 400, POWER_LIMIT = 1 << 20 };
struct poly {
    struct term *terms;
    int n, capacity;
    struct term few[FEW];
};

static int64_t sat(__int128 v)
{
    return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

static int64_t sat_add(int64_t a, int64_t b)
{
    return sat((__int128)a + b);
}

static int64_t sat_mul(int64_t a, int64_t b)
{
    return sat((__int128)a * b);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9E3779B97F4A7C15u;
    return h ^ (h >> 29);
}

/* ---- hash-consing ---- */

static void set_grow(struct arena *a, struct set *s)
{
    struct set old = *s;
    s->capacity = old.capacity ? 2 * old.capacity : 64;
    s->items = ARENA_ARRAY(a, const void *, s->capacity);
    s->hashes = ARENA_ARRAY(a, uint64_t, s->capacity);
    for (int i = 0; i < old.capacity; i++) {
        if (!old.items[i])
            continue;
        uint64_t at = old.hashes[i] & (uint64_t)(s->capacity - 1);
        while (s->items[at])
            at = (at + 1) & (uint64_t)(s->capacity - 1);
        s->items[at] = old.items[i];
        s->hashes[at] = old.hashes[i];
    }
}

/* The slot of an equal item, or the free slot where it belongs. */
static uint64_t set_slot(struct arena *a, struct set *s, uint64_t hash, bool (*equal)(const void *, const void *),
                         const void *key)
{
    if (2 * (s->n + 1) > s->capacity)
        set_grow(a, s);
    uint64_t mask = (uint64_t)(s->capacity - 1), at = hash & mask;
    while (s->items[at] && !(s->hashes[at] == hash && equal(s->items[at], key)))
        at = (at + 1) & mask;
    return at;
}

static bool mono_equal(const void *a, const void *b)
{
    const struct mono *x = a, *y = b;
    if (x->n != y->n)
        return false;
    for (int i = 0; i < x->n; i++)
        if (x->powers[i].of != y->powers[i].of || x->powers[i].power != y->powers[i].power)
            return false;
    return true;
}

static const struct mono *mono_intern(struct size_table *t, const struct power *powers, int n)
{
    struct mono key = { .n = n, .powers = powers };
    uint64_t hash = mix(1, (uint64_t)n);
    int degree = 0;
    for (int i = 0; i < n; i++) {
        hash = mix(mix(hash, (uint64_t)powers[i].of->id), (uint64_t)powers[i].power);
        degree += powers[i].power;
        if (degree > POWER_LIMIT)
            degree = POWER_LIMIT;
    }
    uint64_t at = set_slot(t->arena, &t->monos, hash, mono_equal, &key);
    if (t->monos.items[at])
        return t->monos.items[at];
    struct mono *m = ARENA_NEW(t->arena, struct mono);
    m->n = n;
    m->degree = degree;
    m->powers = n ? arena_copy(t->arena, powers, sizeof *powers * (size_t)n) : NULL;
    t->monos.items[at] = m;
    t->monos.hashes[at] = hash;
    t->monos.n++;
    return m;
}

static bool size_equal(const void *a, const void *b)
{
    const struct size *x = a, *y = b;
    if (x->n != y->n)
        return false;
    for (int i = 0; i < x->n; i++)
        if (x->terms[i].coef != y->terms[i].coef || x->terms[i].mono != y->terms[i].mono)
            return false;
    return true;
}

static const struct size *power_of(struct size_table *t, const struct size *base, int power)
{
    const struct size *s = t->one;
    for (; power; power >>= 1) {
        if (power & 1)
            s = size_mul(t, s, base);
        if (power > 1)
            base = size_mul(t, base, base);
    }
    return s;
}

/* `s` with every VALUED symbol replaced by its value. */
static const struct size *make_plain(struct size_table *t, const struct size *s)
{
    bool itself = true;
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->terms[i].mono->n; k++)
            if (s->terms[i].mono->powers[k].of->plain)
                itself = false;
    if (itself)
        return s;
    const struct size *sum = t->zero;
    for (int i = 0; i < s->n; i++) {
        const struct size *product = size_int(t, s->terms[i].coef);
        for (int k = 0; k < s->terms[i].mono->n; k++) {
            const struct power *p = &s->terms[i].mono->powers[k];
            product = size_mul(t, product, power_of(t, p->of->plain ? p->of->plain : p->of->whole, p->power));
        }
        sum = size_add(t, sum, product);
    }
    return sum;
}

static const struct size *size_intern(struct size_table *t, const struct term *terms, int n)
{
    struct size key = { .n = n, .terms = terms };
    uint64_t hash = mix(2, (uint64_t)n);
    for (int i = 0; i < n; i++)
        hash = mix(mix(hash, (uint64_t)terms[i].coef), (uint64_t)(uintptr_t)terms[i].mono);
    uint64_t at = set_slot(t->arena, &t->sizes, hash, size_equal, &key);
    if (t->sizes.items[at])
        return t->sizes.items[at];
    struct size *s = ARENA_NEW(t->arena, struct size);
    s->table = t;
    s->n = n;
    s->id = t->sizes.n;
    s->terms = n ? arena_copy(t->arena, terms, sizeof *terms * (size_t)n) : NULL;
    t->sizes.items[at] = s;
    t->sizes.hashes[at] = hash;
    t->sizes.n++;
    s->plain = make_plain(t, s);
    const struct size *p = s->plain;
    s->known = p->n == 0 || (p->n == 1 && p->terms[0].mono == t->unit);
    s->value = s->known && p->n ? p->terms[0].coef : 0;
    return s;
}

/* ---- polynomials in the making ---- */

static void poly_init(struct poly *p)
{
    p->terms = p->few;
    p->n = 0;
    p->capacity = FEW;
}

static void poly_free(struct poly *p)
{
    if (p->terms != p->few)
        free(p->terms);
}

/* Graded lexicographic order: negative when x comes first (is the greater monomial). */
static int mono_order(const struct mono *x, const struct mono *y)
{
    if (x == y)
        return 0;
    if (x->degree != y->degree)
        return y->degree - x->degree;
    for (int i = 0; i < x->n && i < y->n; i++) {
        if (x->powers[i].of != y->powers[i].of)
            return x->powers[i].of->id - y->powers[i].of->id;
        if (x->powers[i].power != y->powers[i].power)
            return y->powers[i].power - x->powers[i].power;
    }
    return y->n - x->n;
}

static void poly_add(struct poly *p, int64_t coef, const struct mono *mono)
{
    if (!coef)
        return;
    int low = 0, high = p->n;
    while (low < high) {
        int middle = (low + high) / 2, order = mono_order(p->terms[middle].mono, mono);
        if (!order) {
            p->terms[middle].coef = sat_add(p->terms[middle].coef, coef);
            if (!p->terms[middle].coef)
                memmove(p->terms + middle, p->terms + middle + 1, sizeof *p->terms * (size_t)(--p->n - middle));
            return;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (p->n == p->capacity) {
        struct term *more = malloc(sizeof *more * 2 * (size_t)p->capacity);
        if (!more) out_of_memory(sizeof *more * 2 * (size_t)p->capacity);
        memcpy(more, p->terms, sizeof *more * (size_t)p->n);
        poly_free(p);
        p->terms = more;
        p->capacity *= 2;
    }
    memmove(p->terms + low + 1, p->terms + low, sizeof *p->terms * (size_t)(p->n - low));
    p->terms[low] = (struct term){ coef, mono };
    p->n++;
}

static void poly_add_size(struct poly *p, int64_t times, const struct size *s)
{
    for (int i = 0; i < s->n; i++)
        poly_add(p, sat_mul(times, s->terms[i].coef), s->terms[i].mono);
}

static const struct size *poly_done(struct size_table *t, struct poly *p)
{
    const struct size *s = size_intern(t, p->terms, p->n);
    poly_free(p);
    return s;
}

enum { MOST_FACTORS = 64 };

/* x * y, or with sign -1 x / y; NULL when y does not divide x (or there are too many factors). */
static const struct mono *mono_mul(struct size_table *t, const struct mono *x, const struct mono *y, int sign)
{
    struct power out[MOST_FACTORS];
    int n = 0;
    if (x->n + y->n > MOST_FACTORS)
        return NULL;
    for (int i = 0, k = 0; i < x->n || k < y->n;) {
        int order = i == x->n ? 1 : k == y->n ? -1 : x->powers[i].of->id - y->powers[k].of->id;
        int power = (order <= 0 ? x->powers[i].power : 0) + (order >= 0 ? sign * y->powers[k].power : 0);
        if (power < 0 || power > POWER_LIMIT)
            return NULL;
        if (power)
            out[n++] = (struct power){ order <= 0 ? x->powers[i].of : y->powers[k].of, power };
        i += order <= 0;
        k += order >= 0;
    }
    return mono_intern(t, out, n);
}

/* ---- atoms and symbols ---- */

static const struct size *factor_whole(struct size_table *t, struct factor *f)
{
    struct power one = { f, 1 };
    struct term term = { 1, mono_intern(t, &one, 1) };
    return f->whole = size_intern(t, &term, 1);
}

static struct factor *factor_new(struct size_table *t, enum factor_kind kind)
{
    struct factor *f = ARENA_NEW(t->arena, struct factor);
    f->kind = kind;
    f->id = t->factors++;
    return f;
}

static const struct size *atom_plain(struct size_table *t, enum factor_kind kind, const struct size *a,
                                     const struct size *b)
{
    switch (kind) {
    case F_QUOTIENT: return size_quotient(t, a, b);
    case F_MAX: return size_max(t, a, b);
    case F_MIN: return size_min(t, a, b);
    default: return size_mul(t, a, b);
    }
}

static bool atom_equal(const void *a, const void *b)
{
    const struct factor *x = a, *y = b;
    return x->kind == y->kind && x->a == y->a && x->b == y->b;
}

static const struct size *atom(struct size_table *t, enum factor_kind kind, const struct size *a, const struct size *b)
{
    if (kind != F_QUOTIENT && a->id > b->id) {
        const struct size *other = a;
        a = b;
        b = other;
    }
    struct factor key = { .kind = kind, .a = a, .b = b };
    uint64_t hash = mix(mix(mix(3, (uint64_t)kind), (uint64_t)a->id), (uint64_t)b->id);
    uint64_t at = set_slot(t->arena, &t->atoms, hash, atom_equal, &key);
    if (t->atoms.items[at])
        return ((const struct factor *)t->atoms.items[at])->whole;
    const struct size *plain = a->plain == a && b->plain == b ? NULL : atom_plain(t, kind, a->plain, b->plain);
    struct factor *f = factor_new(t, kind);
    f->a = a;
    f->b = b;
    f->plain = plain;
    at = set_slot(t->arena, &t->atoms, hash, atom_equal, &key); /* the plain form may have made others */
    t->atoms.items[at] = f;
    t->atoms.hashes[at] = hash;
    t->atoms.n++;
    return factor_whole(t, f);
}

/* Makes an empty table; sizes live in `a`. */
struct size_table *size_table_new(struct arena *a)
{
    struct size_table *t = ARENA_NEW(a, struct size_table);
    t->arena = a;
    t->unit = mono_intern(t, NULL, 0);
    t->zero = size_intern(t, NULL, 0);
    t->one = size_int(t, 1);
    return t;
}

/* The constant v. */
const struct size *size_int(struct size_table *t, int64_t v)
{
    struct term term = { v == INT64_MIN ? -INT64_MAX : v, t->unit };
    return size_intern(t, &term, v != 0);
}

/* A fresh symbol. */
const struct size *size_symbol(struct size_table *t, str name, enum size_kind kind, int64_t value, struct span origin,
                               const char *what)
{
    struct factor *f = factor_new(t, F_SYMBOL);
    f->symbol = (struct size_symbol){ name, kind, value, origin, what, f->id };
    f->plain = kind == SIZE_VALUED ? size_int(t, value) : NULL;
    return factor_whole(t, f);
}

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
        return atom(t, F_PRODUCT, a, b);
    struct poly p;
    poly_init(&p);
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++) {
            const struct mono *m = mono_mul(t, a->terms[i].mono, b->terms[k].mono, 1);
            if (!m) {
                poly_free(&p);
                return atom(t, F_PRODUCT, a, b);
            }
            poly_add_size(&p, 1, cancel(t, sat_mul(a->terms[i].coef, b->terms[k].coef), m));
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
                poly_add(&next, -sat_mul(lead.coef, b->terms[i].coef), m);
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
    return atom(t, F_QUOTIENT, a, b);
}

/* The larger; an atom when algebra cannot tell. */
const struct size *size_max(struct size_table *t, const struct size *a, const struct size *b)
{
    if (a == b || size_never_negative(size_sub(t, a, b)))
        return a;
    return size_never_negative(size_sub(t, b, a)) ? b : atom(t, F_MAX, a, b);
}

/* The smaller; an atom when algebra cannot tell. */
const struct size *size_min(struct size_table *t, const struct size *a, const struct size *b)
{
    if (a == b || size_never_negative(size_sub(t, b, a)))
        return a;
    return size_never_negative(size_sub(t, a, b)) ? b : atom(t, F_MIN, a, b);
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
        if (!m || !expand(t, p, sat_mul(coef, choose), powers + 1, n - 1, m))
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

/* ---- text ---- */

static void in_brackets(const struct size *s, struct buf *out)
{
    bool plain = s->n == 0 || (s->n == 1 && (s->terms[0].mono->n == 0 ||
                                             (s->terms[0].mono->n == 1 && s->terms[0].coef == 1 &&
                                              s->terms[0].mono->powers[0].power == 1 &&
                                              s->terms[0].mono->powers[0].of->kind != F_QUOTIENT &&
                                              s->terms[0].mono->powers[0].of->kind != F_PRODUCT)));
    buf_puts(out, plain ? "" : "(");
    size_text(s, out);
    buf_puts(out, plain ? "" : ")");
}

static void factor_text(const struct factor *f, struct buf *out)
{
    if (f->kind == F_SYMBOL) {
        buf_puts(out, f->symbol.name);
    } else if (f->kind == F_QUOTIENT || f->kind == F_PRODUCT) {
        in_brackets(f->a, out);
        buf_puts(out, f->kind == F_QUOTIENT ? " / " : " * ");
        in_brackets(f->b, out);
    } else {
        buf_puts(out, f->kind == F_MAX ? "max(" : "min(");
        size_text(f->a, out);
        buf_puts(out, ", ");
        size_text(f->b, out);
        buf_putc(out, ')');
    }
}

static void term_text(int64_t coef, const struct mono *m, struct buf *out)
{
    const char *between = "";
    if (coef != 1 || m->n == 0) {
        buf_printf(out, "%lld", (long long)coef);
        between = " * ";
    }
    bool alone = m->n == 1 && coef == 1 && m->powers[0].power == 1;
    for (int i = 0; i < m->n; i++) {
        const struct power *p = &m->powers[i];
        bool brackets = !alone && (p->of->kind == F_QUOTIENT || p->of->kind == F_PRODUCT);
        buf_puts(out, between);
        buf_puts(out, brackets ? "(" : "");
        factor_text(p->of, out);
        buf_puts(out, brackets ? ")" : "");
        if (p->power > 1)
            buf_printf(out, " ** %d", p->power);
        between = " * ";
    }
}

/* Adds s in reading order: `n * d + n - 1`; a positive term first where there is one. */
void size_text(const struct size *s, struct buf *out)
{
    int first = 0;
    while (first < s->n && s->terms[first].coef < 0)
        first++;
    first = first == s->n ? 0 : first;
    if (!s->n)
        buf_putc(out, '0');
    for (int k = 0; k < s->n; k++) {
        const struct term *t = &s->terms[k == 0 ? first : k <= first ? k - 1 : k];
        if (k == 0 && t->coef < 0)
            buf_putc(out, '-');
        else if (k > 0)
            buf_puts(out, t->coef < 0 ? " - " : " + ");
        term_text(t->coef < 0 ? -t->coef : t->coef, t->mono, out);
    }
}

/* The text of s, in `a`. */
const char *size_str(struct arena *a, const struct size *s)
{
    struct buf b = { 0 };
    size_text(s, &b);
    const char *text = arena_strndup(a, b.text, b.n);
    buf_free(&b);
    return text;
}

static int add_symbols(const struct size *s, const struct size_symbol **out, int n, int max)
{
    for (int i = 0; i < s->n; i++)
        for (int k = 0; k < s->terms[i].mono->n; k++) {
            const struct factor *f = s->terms[i].mono->powers[k].of;
            if (f->kind != F_SYMBOL) {
                n = add_symbols(f->b, out, add_symbols(f->a, out, n, max), max);
                continue;
            }
            bool seen = false;
            for (int j = 0; j < n && j < max; j++)
                seen = seen || out[j] == &f->symbol;
            if (!seen && n < max)
                out[n] = &f->symbol;
            n += !seen;
        }
    return n;
}

/* The symbols of s, each once. */
int size_symbols(const struct size *s, const struct size_symbol **out, int max)
{
    return add_symbols(s, out, 0, max);
}
