/* Decimal texts. The C library's printf and strtod round correctly; so the shortest text that reads back is found by
 * trying 1, 2, .. digits, and only the layout of the digits is decided here. */
#include "runtime/number.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { LEAST_EXPONENT = -5, FIRST_LONG_EXPONENT = 15 }; /* without "e": 0.00001 to 999999999999999 */

/* v = 0.d1 d2 .. * 10^(exponent + 1) */
struct decimal {
    bool negative;
    char digits[24];
    int n, exponent;
};

static struct decimal decimal_of(double v, int digits)
{
    struct decimal d = {.negative = signbit(v) != 0, .n = digits};
    char text[NUMBER_MAX];
    snprintf(text, sizeof text, "%.*e", digits - 1, fabs(v));
    int n = 0;
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at != '.') d.digits[n++] = *at;
    d.exponent = atoi(at + 1);
    return d;
}

static bool reads_back(const char *text, double v, int precision)
{
    return precision == 32 ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v;
}

/* digits with the point after the first `before` (which may be 0 or less, or beyond the last digit) */
static char *put_digits(char *out, const struct decimal *d, int before)
{
    if (before <= 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = before; i < 0; i++) *out++ = '0';
    }
    for (int i = 0; i < d->n || i < before; i++) {
        if (i == before && before > 0) *out++ = '.';
        *out++ = i < d->n ? d->digits[i] : '0';
    }
    *out = 0;
    return out;
}

static void put(char *out, const struct decimal *d)
{
    if (d->negative) *out++ = '-';
    if (d->exponent >= LEAST_EXPONENT + 1 && d->exponent < FIRST_LONG_EXPONENT) {
        put_digits(out, d, d->exponent + 1);
        return;
    }
    out = put_digits(out, d, 1);
    snprintf(out, 16, "e%c%02d", d->exponent < 0 ? '-' : '+', abs(d->exponent));
}

static bool put_special(char *out, double v)
{
    if (isfinite(v)) return false;
    snprintf(out, NUMBER_MAX, "%s", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    return true;
}

/* The shortest text that reads back. */
void number_text(char out[NUMBER_MAX], double v, int precision)
{
    if (put_special(out, v)) return;
    char text[NUMBER_MAX];
    int digits = 1, most = precision == 32 ? 9 : 17;
    for (; digits < most; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, v);
        if (reads_back(text, v, precision)) break;
    }
    struct decimal d = decimal_of(v, digits);
    put(out, &d);
}

/* v to a number of significant digits. */
void number_round(char out[NUMBER_MAX], double v, int digits)
{
    if (put_special(out, v)) return;
    struct decimal d = decimal_of(v, digits);
    if (d.exponent >= digits && d.exponent < FIRST_LONG_EXPONENT) d = decimal_of(v, d.exponent + 1);
    put(out, &d);
}

/* mean and standard error, both to the place of the error's second digit, the power of ten of the larger one split off
 * where plain digits would be long */
void number_estimate(struct buf *out, const struct estimate *e)
{
    char text[NUMBER_MAX];
    if (!isfinite(e->mean) || !isfinite(e->se) || e->se <= 0) {
        number_round(text, e->mean, 6);
        number_text(text, strtod(text, NULL), 64);
        buf_puts(out, text);
        buf_puts(out, " ± ");
        number_text(text, e->se, 64);
        buf_puts(out, text);
        return;
    }
    int error = decimal_of(e->se, 2).exponent;
    int size = e->mean == 0 ? error : decimal_of(e->mean, 3).exponent;
    if (size < error) size = error;
    int power = size < LEAST_EXPONENT + 1 || size >= 7 ? size : 0;
    int places = power - error + 1;
    if (places < 0) places = 0;
    if (places > 17) places = 17;
    char suffix[16] = "";
    if (power) snprintf(suffix, sizeof suffix, "e%c%02d", power < 0 ? '-' : '+', abs(power));
    /* 10^-power itself may overflow: two factors */
    double half = pow(10, -(power / 2)), rest = pow(10, -(power - power / 2));
    buf_printf(out, "%.*f%s ± %.*f%s", places, e->mean * half * rest, suffix, places, e->se * half * rest, suffix);
}
