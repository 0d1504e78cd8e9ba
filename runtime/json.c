/* A reader of JSON (RFC 8259) by recursive descent, for headers of safetensors files. It is strict about what it
 * accepts, and what it builds lives in the caller's arena. */
#include "runtime/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

struct reader {
    struct arena *arena;
    const char *at, *end;
    int depth;
};

static void skip_space(struct reader *r)
{
    while (r->at < r->end && strchr(" \t\r\n", *r->at) && *r->at) r->at++;
}

static bool take(struct reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n)) return false;
    r->at += n;
    return true;
}

static bool hex4(struct reader *r, uint32_t *code)
{
    *code = 0;
    if (r->end - r->at < 4) return false;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return false;
        *code = *code << 4 | (uint32_t)digit;
    }
    return true;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    *to++ = (char)(lead[more] | c >> 6 * more);
    while (more--) *to++ = (char)(0x80 | (c >> 6 * more & 0x3F));
    return to;
}

/* \uXXXX, of which two make one character beyond the first 65536. */
static bool escaped_code(struct reader *r, uint32_t *code)
{
    uint32_t low;
    if (!hex4(r, code)) return false;
    if (*code >= 0xDC00 && *code < 0xE000) return false;
    if (*code < 0xD800 || *code >= 0xDC00) return true;
    if (!take(r, "\\u") || !hex4(r, &low) || low < 0xDC00 || low >= 0xE000) return false;
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static const char *string(struct reader *r)
{
    static const char letter[] = "\"\\/bfnrt", meaning[] = "\"\\/\b\f\n\r\t";
    const char *from = ++r->at;
    for (; r->at < r->end && *r->at != '"'; r->at++)
        if (*r->at == '\\' && ++r->at == r->end) return NULL;
    if (r->at == r->end) return NULL;
    const char *close = r->at;
    char *text = arena_alloc(r->arena, (size_t)(close - from) + 1), *to = text;
    for (r->at = from; r->at < close;) {
        uint32_t code;
        if ((unsigned char)*r->at < 0x20) return NULL;
        if (*r->at != '\\') {
            *to++ = *r->at++;
            continue;
        }
        const char *known = strchr(letter, *++r->at); /* not of a NUL: `meaning` ends with one, too */
        char what = *r->at++;
        if (known) *to++ = meaning[known - letter];
        else if (what == 'u' && escaped_code(r, &code)) to = put_utf8(to, code);
        else return NULL;
    }
    *to = 0;
    r->at = close + 1;
    return text;
}

static bool digits(const char **p, const char *end)
{
    const char *from = *p;
    while (*p < end && **p >= '0' && **p <= '9') ++*p;
    return *p > from;
}

static bool number(struct reader *r, double *out)
{
    const char *p = r->at;
    char text[64];
    if (p < r->end && *p == '-') p++;
    const char *whole = p;
    if (!digits(&p, r->end) || (*whole == '0' && p > whole + 1)) return false;
    if (p < r->end && *p == '.' && (p++, !digits(&p, r->end))) return false;
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < r->end && (*p == '+' || *p == '-')) p++;
        if (!digits(&p, r->end)) return false;
    }
    size_t n = (size_t)(p - r->at);
    if (n >= sizeof text) return false;
    memcpy(text, r->at, n);
    text[n] = 0;
    *out = strtod(text, NULL);
    r->at = p;
    return true;
}

static struct json *value(struct reader *r);

/* The elements up to `close`, each with its key in an object. */
static bool items(struct reader *r, struct json *j, char close)
{
    struct json **last = &j->first;
    r->at++;
    skip_space(r);
    if (r->at < r->end && *r->at == close) return r->at++, true;
    while (r->at < r->end) {
        const char *key = NULL;
        skip_space(r);
        if (j->kind == JSON_OBJECT) {
            if (r->at == r->end || *r->at != '"' || !(key = string(r))) return false;
            skip_space(r);
            if (!take(r, ":")) return false;
        }
        struct json *item = value(r);
        if (!item) return false;
        item->key = key;
        *last = item;
        last = &item->next;
        j->n++;
        if (r->at < r->end && *r->at == close) return r->at++, true;
        if (!take(r, ",")) return false;
    }
    return false;
}

static bool of_kind(struct reader *r, struct json *j)
{
    switch (r->at < r->end ? *r->at : 0) {
    case '{': j->kind = JSON_OBJECT; return items(r, j, '}');
    case '[': j->kind = JSON_ARRAY; return items(r, j, ']');
    case '"': j->kind = JSON_STRING; return (j->text = string(r)) != NULL;
    case 't': j->kind = JSON_TRUE; return take(r, "true");
    case 'f': j->kind = JSON_FALSE; return take(r, "false");
    case 'n': j->kind = JSON_NULL; return take(r, "null");
    default: j->kind = JSON_NUMBER; return number(r, &j->number);
    }
}

/* A value with the space around it. */
static struct json *value(struct reader *r)
{
    struct json *j = ARENA_NEW(r->arena, struct json);
    skip_space(r);
    if (++r->depth > DEEPEST || !of_kind(r, j)) return NULL;
    r->depth--;
    skip_space(r);
    return j;
}

/* See json.h. */
const struct json *json_read(struct arena *a, const char *text, size_t n)
{
    struct reader r = { .arena = a, .at = text, .end = text + n };
    const struct json *j = value(&r);
    return j && r.at == r.end ? j : NULL;
}

/* See json.h. */
const struct json *json_member(const struct json *j, const char *key)
{
    const struct json *m = j && j->kind == JSON_OBJECT ? j->first : NULL;
    while (m && strcmp(m->key, key)) m = m->next;
    return m;
}

/* See json.h. */
const struct json *json_element(const struct json *j, int i)
{
    const struct json *e = j && j->kind == JSON_ARRAY && i >= 0 ? j->first : NULL;
    while (e && i--) e = e->next;
    return e;
}

/* See json.h. */
const char *json_text(const struct json *j)
{
    return j && j->kind == JSON_STRING ? j->text : NULL;
}

/* See json.h. */
double json_number(const struct json *j, double otherwise)
{
    return j && j->kind == JSON_NUMBER ? j->number : otherwise;
}
