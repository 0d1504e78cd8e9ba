/* Sizes as text, as people would write them. */
#include <string.h>
#include "lang/size_terms.h"

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
