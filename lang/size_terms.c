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
#include "lang/size_terms.h"

#include <stdlib.h>
#include <string.h>

/* A known size that is the sum of more terms is its value: a number that a loop of the script has added up. */
enum { POWER_LIMIT = 1 << 20, MOST_NAMED = 16 };

static int64_t sat(__int128 v)
{
    return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

static int64_t sat_add(int64_t a, int64_t b)
{
    return sat((__int128)a + b);
}

int64_t size_sat_mul(int64_t a, int64_t b)
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

const struct mono *mono_intern(struct size_table *t, const struct power *powers, int n)
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
    struct mono *m = ARENA_NEW(t->room, struct mono);
    m->n = n;
    m->degree = degree;
    m->id = t->monos.n;
    m->powers = n ? arena_copy(t->room, powers, sizeof *powers * (size_t)n) : NULL;
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

const struct size *size_intern(struct size_table *t, const struct term *terms, int n)
{
    struct size key = { .n = n, .terms = terms };
    uint64_t hash = mix(2, (uint64_t)n);
    for (int i = 0; i < n; i++)
        hash = mix(mix(hash, (uint64_t)terms[i].coef), (uint64_t)(uintptr_t)terms[i].mono);
    uint64_t at = set_slot(t->arena, &t->sizes, hash, size_equal, &key);
    if (t->sizes.items[at])
        return t->sizes.items[at];
    struct size *s = ARENA_NEW(t->room, struct size);
    s->table = t;
    s->n = n;
    s->id = t->sizes.n;
    s->terms = n ? arena_copy(t->room, terms, sizeof *terms * (size_t)n) : NULL;
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

void poly_init(struct poly *p)
{
    p->terms = p->few;
    p->n = 0;
    p->capacity = POLY_FEW;
}

void poly_free(struct poly *p)
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

void poly_add(struct poly *p, int64_t coef, const struct mono *mono)
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

void poly_add_size(struct poly *p, int64_t times, const struct size *s)
{
    for (int i = 0; i < s->n; i++)
        poly_add(p, size_sat_mul(times, s->terms[i].coef), s->terms[i].mono);
}

const struct size *poly_done(struct size_table *t, struct poly *p)
{
    const struct size *s = size_intern(t, p->terms, p->n);
    poly_free(p);
    return s->known && s->n > MOST_NAMED ? s->plain : s;
}

enum { MOST_FACTORS = 64 };

const struct mono *mono_mul(struct size_table *t, const struct mono *x, const struct mono *y, int sign)
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
    struct factor *f = ARENA_NEW(t->room, struct factor);
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

const struct size *size_atom(struct size_table *t, enum factor_kind kind, const struct size *a, const struct size *b)
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
    t->arena = t->room = a;
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

/* ---- forgetting ---- */

static int id_of_size(const void *s)
{
    return ((const struct size *)s)->id;
}

static int id_of_mono(const void *m)
{
    return ((const struct mono *)m)->id;
}

static int id_of_atom(const void *f)
{
    return ((const struct factor *)f)->id;
}

/* Takes out all items from an id on. */
static void set_rewind(struct set *s, int (*id)(const void *), int from)
{
    int n = 0;
    const void **items = malloc(sizeof *items * (size_t)(s->n + 1));
    uint64_t *hashes = malloc(sizeof *hashes * (size_t)(s->n + 1));
    if (!items || !hashes) out_of_memory(sizeof *hashes * (size_t)(s->n + 1));
    for (int i = 0; i < s->capacity; i++) {
        if (!s->items[i] || id(s->items[i]) >= from) continue;
        items[n] = s->items[i];
        hashes[n++] = s->hashes[i];
    }
    if (s->capacity > 0) memset(s->items, 0, sizeof *s->items * (size_t)s->capacity);
    for (int i = 0; i < n; i++) {
        uint64_t mask = (uint64_t)(s->capacity - 1), at = hashes[i] & mask;
        while (s->items[at]) at = (at + 1) & mask;
        s->items[at] = items[i];
        s->hashes[at] = hashes[i];
    }
    s->n = n;
    free(items);
    free(hashes);
}

/* Sizes are made in `room` from here on. */
struct size_mark size_table_mark(struct size_table *t, struct arena *room)
{
    struct size_mark mark = { t->room, t->sizes.n, t->monos.n, t->factors };
    t->room = room;
    return mark;
}

/* Forgets the sizes made since the mark. */
void size_table_rewind(struct size_table *t, const struct size_mark *mark)
{
    if (t->sizes.n > mark->sizes) set_rewind(&t->sizes, id_of_size, mark->sizes);
    if (t->monos.n > mark->monos) set_rewind(&t->monos, id_of_mono, mark->monos);
    if (t->factors > mark->factors) set_rewind(&t->atoms, id_of_atom, mark->factors);
    t->factors = mark->factors;
}

/* Sizes are made where they were before the mark. */
void size_table_leave(struct size_table *t, const struct size_mark *mark)
{
    t->room = mark->room;
}

/* Was it made since the mark? */
bool size_is_after(const struct size *s, const struct size_mark *mark)
{
    return s->id >= mark->sizes;
}
