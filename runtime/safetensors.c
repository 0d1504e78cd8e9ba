/* The safetensors format: 8 bytes with the header's length, a header, the data; all little endian, as every machine
 * that icl runs on. The header is a JSON object: a tensor's name -> its type, shape, and place among the data; under
 * "__metadata__" texts by name. Programs that stand alone read it too, and need no library for other machines: hence a
 * reader of our own for this small part of JSON (RFC 8259). It knows what it looks for, skips all else, and takes
 * nothing that is not JSON: the bytes may be anything. */
#include "runtime/safetensors.h"

#include <inttypes.h>
#include <string.h>
#include "runtime/table.h"

static const char not_json[] = "its header is not JSON";
static const char not_ours[] = "its header is not that of a safetensors file";

/* ---- JSON ---- */

enum { DEEPEST = 64 };

struct json {
    struct arena *arena;
    const char *at, *end;
    bool bad; /* not JSON */
};

/* The next character that is no space; 0 at the end. */
static char next(struct json *j)
{
    while (j->at < j->end && memchr(" \t\r\n", *j->at, 4)) j->at++;
    return j->at < j->end ? *j->at : 0;
}

static bool accept(struct json *j, char c)
{
    if (j->bad || next(j) != c) return false;
    j->at++;
    return true;
}

static void expect(struct json *j, char c)
{
    if (!accept(j, c)) j->bad = true;
}

/* Four digits after \u. */
static uint32_t unit(struct json *j)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        const char *d = j->at < j->end && *j->at ? strchr(digits, *j->at) : NULL;
        if (!d) return j->bad = true, 0;
        code = code << 4 | (uint32_t)(d - digits < 16 ? d - digits : d - digits - 6);
        j->at++;
    }
    return code;
}

static void put_utf8(struct buf *out, uint32_t code)
{
    int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    buf_putc(out, (char)(lead[more] | code >> 6 * more));
    while (more--) buf_putc(out, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

/* Behind a backslash. A text cannot hold the character 0. */
static void escaped(struct json *j, struct buf *out)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = j->at < j->end ? *j->at++ : 0;
    const char *known = c ? strchr(names, c) : NULL;
    if (known) {
        buf_putc(out, meant[known - names]);
        return;
    }
    if (c != 'u') j->bad = true;
    uint32_t code = j->bad ? 0 : unit(j);
    if (code >= 0xd800 && code < 0xdc00 && j->end - j->at > 2 && j->at[0] == '\\' && j->at[1] == 'u') {
        j->at += 2;
        uint32_t low = unit(j);
        code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00)) : 0;
    }
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) j->bad = true;
    else put_utf8(out, code);
}

static const char *string(struct json *j)
{
    struct buf text = { 0 };
    expect(j, '"');
    while (!j->bad && j->at < j->end && *j->at != '"') {
        char c = *j->at++;
        if ((unsigned char)c < ' ') j->bad = true;
        else if (c == '\\') escaped(j, &text);
        else buf_putc(&text, c);
    }
    if (!j->bad && j->at < j->end) j->at++;
    else j->bad = true;
    j->bad |= utf8_check(text.text ? text.text : "", text.n) != text.n;
    const char *kept = j->bad ? "" : arena_strndup(j->arena, text.text ? text.text : "", text.n);
    buf_free(&text);
    return kept;
}

static bool digits(struct json *j)
{
    const char *from = j->at;
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') j->at++;
    return j->at > from;
}

/* A whole number that is at least 0 in *v; -1: it is another number. */
static void number(struct json *j, int64_t *v)
{
    bool negative = accept(j, '-'), whole = true;
    const char *from = j->at;
    if (!digits(j) || (*from == '0' && j->at - from > 1)) j->bad = true;
    const char *to = j->at;
    if (j->at < j->end && *j->at == '.') {
        whole = false;
        j->at++;
        if (!digits(j)) j->bad = true;
    }
    if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
        whole = false;
        j->at++;
        if (j->at < j->end && (*j->at == '+' || *j->at == '-')) j->at++;
        if (!digits(j)) j->bad = true;
    }
    *v = 0;
    for (; !j->bad && from < to; from++) {
        if (*v > (INT64_MAX - 9) / 10) whole = false;
        else *v = *v * 10 + (*from - '0');
    }
    if (!whole || (negative && *v)) *v = -1;
}

static void word(struct json *j, const char *w)
{
    size_t n = strlen(w);
    if ((size_t)(j->end - j->at) < n || memcmp(j->at, w, n)) j->bad = true;
    else j->at += n;
}

/* Any value, unread. */
static void skip(struct json *j, int depth)
{
    int64_t v;
    char c = next(j), close = c == '{' ? '}' : ']';
    if (depth > DEEPEST) j->bad = true;
    else if (c == '"') string(j);
    else if (c == 't') word(j, "true");
    else if (c == 'f') word(j, "false");
    else if (c == 'n') word(j, "null");
    else if (c != '{' && c != '[') number(j, &v);
    else {
        j->at++;
        if (accept(j, close)) return;
        do {
            if (c == '{') string(j), expect(j, ':');
            if (!j->bad) skip(j, depth + 1);
        } while (accept(j, ','));
        expect(j, close);
    }
}

/* An array of at most `most` whole numbers, into v; how many, or -1: it is something else. */
static int numbers(struct json *j, int64_t *v, int most)
{
    int n = 0;
    if (next(j) != '[') return skip(j, 0), -1;
    j->at++;
    if (accept(j, ']')) return 0;
    do {
        int64_t x = -1;
        char c = next(j);
        if (c == '-' || (c >= '0' && c <= '9')) number(j, &x);
        else skip(j, 1);
        if (n >= 0 && n < most && x >= 0) v[n++] = x;
        else n = -1;
    } while (accept(j, ','));
    expect(j, ']');
    return n;
}

/* ---- reading ---- */

/* Does the shape have as many elements as the data? */
static bool fits(struct safetensor *t, const int64_t *place, size_t bytes)
{
    t->elements = 1;
    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] > INT32_MAX || (t->elements && t->dims[i] > INT32_MAX / t->elements)) return false;
        t->elements *= t->dims[i];
    }
    int64_t size = place[1] - place[0];
    return size >= 0 && (uint64_t)place[1] <= bytes && size == t->elements * (t->wide ? 8 : 4);
}

static const char *read_tensor(struct json *j, const char *data, size_t bytes, struct safetensor *t)
{
    const char *type = NULL;
    int64_t place[2];
    int rank = -1, places = -1;
    if (next(j) != '{') return skip(j, 0), not_ours;
    j->at++;
    if (accept(j, '}')) return not_ours;
    do {
        const char *name = string(j);
        expect(j, ':');
        if (j->bad) break;
        if (!strcmp(name, "dtype") && next(j) == '"') type = string(j);
        else if (!strcmp(name, "shape")) rank = numbers(j, t->dims, SAFETENSORS_RANK);
        else if (!strcmp(name, "data_offsets")) places = numbers(j, place, 2);
        else skip(j, 0);
    } while (accept(j, ','));
    expect(j, '}');
    if (j->bad || !type || rank < 0 || places != 2) return not_ours;
    t->rank = rank;
    t->wide = !strcmp(type, "F64");
    if (!t->wide && strcmp(type, "F32"))
        return arena_printf(j->arena, "it holds %s tensors; F32 and F64 can be read", type);
    if (!fits(t, place, bytes)) return not_ours;
    t->data = data + place[0];
    return NULL;
}

static const char *read_notes(struct json *j, struct safetensors *out)
{
    if (next(j) != '{') return skip(j, 0), not_ours;
    j->at++;
    if (accept(j, '}')) return NULL;
    const char *why = NULL;
    do {
        struct safetensor_note note = { .name = string(j), .text = "" };
        expect(j, ':');
        if (next(j) == '"') note.text = string(j);
        else if (!j->bad) skip(j, 0), why = not_ours;
        vec_push(j->arena, &out->notes, note);
    } while (accept(j, ','));
    expect(j, '}');
    return why;
}

/* See safetensors.h. */
const char *safetensors_read(struct arena *a, const char *bytes, size_t n, struct safetensors *out)
{
    uint64_t length;
    if (n < 8) return "it is too short for a safetensors file";
    memcpy(&length, bytes, 8);
    if (length > n - 8) return "it is too short for a safetensors file";
    struct json j = { a, bytes + 8, bytes + 8 + length, false };
    const char *data = j.end, *why = NULL;
    *out = (struct safetensors){ 0 };
    expect(&j, '{');
    if (!accept(&j, '}')) {
        do {
            struct safetensor t = { .name = string(&j) };
            expect(&j, ':');
            if (j.bad) break;
            const char *wrong = !strcmp(t.name, "__metadata__") ? read_notes(&j, out)
                                                                : read_tensor(&j, data, n - 8 - (size_t)length, &t);
            if (!why) why = wrong;
            if (!wrong && t.data) vec_push(a, &out->tensors, t);
        } while (accept(&j, ','));
        expect(&j, '}');
    }
    next(&j);
    return j.bad || j.at < j.end ? not_json : why;
}

/* One element, by its number in row-major order. */
double safetensor_element(const struct safetensor *t, int64_t i)
{
    double wide;
    float narrow;
    if (t->wide) memcpy(&wide, t->data + 8 * i, 8);
    else memcpy(&narrow, t->data + 4 * i, 4);
    return t->wide ? wide : narrow;
}

/* ---- writing ---- */

/* A text by its name, into "__metadata__". */
void safetensors_note(struct safetensors_draft *d, const char *name, const char *text)
{
    buf_puts(&d->header, d->notes++ ? "," : "{\"__metadata__\":{");
    text_json(&d->header, name);
    buf_putc(&d->header, ':');
    text_json(&d->header, text);
}

/* See safetensors.h. */
void safetensors_add(struct safetensors_draft *d, const char *name, int rank, const int64_t *dims, const double *data)
{
    int64_t n = 1, from = (int64_t)d->data.n;
    for (int k = 0; k < rank; k++) n *= dims[k];
    for (int64_t k = 0; k < n; k++) {
        float narrow = (float)data[k];
        buf_add(&d->data, d->wide ? (const char *)&data[k] : (const char *)&narrow, d->wide ? 8 : 4);
    }
    struct buf *h = &d->header;
    buf_puts(h, d->tensors++ ? "," : d->notes ? "}," : "{");
    text_json(h, name);
    buf_printf(h, ":{\"dtype\":\"%s\",\"shape\":[", d->wide ? "F64" : "F32");
    for (int k = 0; k < rank; k++) buf_printf(h, "%s%" PRId64, k ? "," : "", dims[k]);
    buf_printf(h, "],\"data_offsets\":[%" PRId64 ",%zu]}", from, d->data.n);
}

/* See safetensors.h. */
struct buf safetensors_finish(struct safetensors_draft *d)
{
    struct buf file = { 0 };
    buf_puts(&d->header, d->tensors ? "}" : d->notes ? "}}" : "{}");
    while (d->header.n % 8) buf_putc(&d->header, ' ');
    uint64_t length = d->header.n;
    buf_add(&file, (const char *)&length, 8);
    buf_add(&file, d->header.text, d->header.n);
    buf_add(&file, d->data.text ? d->data.text : "", d->data.n);
    buf_free(&d->header);
    buf_free(&d->data);
    return file;
}
