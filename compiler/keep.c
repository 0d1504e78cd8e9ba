/* The evaluator's side of keeping: keys of figures, and values as bytes. */
#include "compiler/keeper.h"

#include <stdlib.h>
#include "compiler/ahead.h"
#include "compiler/script.h"
#include "runtime/ranks.h"

/* Raise it when a change of icl changes figures: what was kept before is not found any more. */
#define NUMERICS "2"

/* Larger tensors are computed again rather than kept. */
enum { MOST_ELEMENTS = 1 << 20 };

bool keep_begin(struct ev *ev, const char *what, struct digest_walk *w)
{
    const struct session *s = ev->session;
    const char *gram = getenv("ICL_GRAM");
    if (ev->dry || !s->keeper || !ev->sweep) return false;
    digest_begin(w, ev, &s->keeper->digester);
    digest_text(w, "language 1, " PACKAGE_VERSION ", numerics " NUMERICS);
    digest_text(w, gram);
    digest_text(w, what);
    digest_int(w, ev->precision);
    digest_int(w, s->engine); /* who asks for the other engine wants to see what it says */
    return true;
}

/* What the first of several processes has found, for all. */
static bool tell(struct ev *ev, bool found, bool *earlier, struct unpacker *out)
{
    struct buf b = { 0 };
    if (ev_first(ev)) {
        buf_putc(&b, found ? *earlier ? 2 : 1 : 0);
        if (found) buf_add(&b, (const char *)out->at, (size_t)(out->end - out->at));
    }
    if (!ranks_tell(ev->session->ranks, &b)) ev_rank_lost(ev, NULL);
    found = b.n && b.text[0];
    *earlier = found && b.text[0] == 2;
    if (found) *out = unpacker_of(arena_copy(ev->arena, b.text + 1, b.n - 1), b.n - 1);
    buf_free(&b);
    return found;
}

bool keep_find(struct ev *ev, const struct digest *key, struct unpacker *out)
{
    struct keeper *k = ev->session->keeper;
    if (ahead_alone(ev)) return ahead_kept(ev, key, out);
    bool earlier = false, found = k->find(k, ev, key, out, &earlier);
    if (ev->session->ranks) found = tell(ev, found, &earlier, out);
    k->found += found && earlier;
    k->missed += !found;
    return found;
}

void keep_put(struct ev *ev, const struct digest *key, const struct buf *bytes)
{
    struct keeper *k = ev->session->keeper;
    if (ahead_alone(ev)) ahead_keep(ev, key, bytes);
    else if (k) k->put(k, ev, key, bytes);
}

void keep_file(struct ev *ev, const char *path)
{
    struct keeper *k = ev->session->keeper;
    if (k) k->file(k, ev, path);
}

/* ---- values ---- */

static bool simple(const struct value *v)
{
    if (v->kind == V_ESTIMATE) return v->measured && !v->measured->request;
    return v->kind == V_TENSOR && v->known && tensor_elements(&v->data) <= MOST_ELEMENTS;
}

static void pack_simple(struct buf *out, const struct value *v)
{
    struct cell c = { .kind = CELL_NONE };
    struct cell_tensor t = { .rank = v->rank, .dims = v->data.dims };
    if (v->kind == V_ESTIMATE) {
        c = cell_estimate(v->measured->of);
    } else {
        t.element = v->dtype == DT_REAL ? CELL_REAL : v->dtype == DT_INT ? CELL_INT : CELL_BOOL;
        if (v->dtype == DT_REAL) t.real = v->data.r;
        else t.integer = v->data.i;
        c = cell_tensor(&t);
    }
    pack_cell(out, &c);
}

static struct value *unpack_simple(struct ev *ev, struct unpacker *u)
{
    struct cell c = unpack_cell(ev->arena, u);
    if (c.kind == CELL_ESTIMATE) {
        struct value *v = value_new(ev->arena, V_ESTIMATE);
        v->measured = ARENA_NEW(ev->arena, struct measured);
        v->measured->of = c.estimate;
        return v;
    }
    if (c.kind != CELL_TENSOR || c.tensor->rank > IR_MAX_RANK) return NULL;
    struct tensor t = { .rank = c.tensor->rank };
    t.dtype = c.tensor->element == CELL_REAL ? DT_REAL : c.tensor->element == CELL_INT ? DT_INT : DT_BOOL;
    for (int i = 0; i < t.rank; i++) t.dims[i] = c.tensor->dims[i];
    if (t.dtype == DT_REAL) t.r = (double *)c.tensor->real;
    else t.i = (int64_t *)c.tensor->integer;
    return value_host(ev->arena, ev->sizes, t);
}

static struct value *unpack_value(struct ev *ev, struct unpacker *u)
{
    int64_t n = unpack_int(u);
    if (n < 0) return unpack_simple(ev, u);
    if (n > u->end - u->at) return NULL;
    struct value **item = ARENA_ARRAY(ev->arena, struct value *, n + 1);
    str *key = ARENA_ARRAY(ev->arena, str, n + 1);
    for (int64_t i = 0; i < n; i++) {
        const char *name = unpack_text(ev->arena, u);
        if (!name || !(item[i] = unpack_simple(ev, u))) return NULL;
        key[i] = intern(ev->names, name);
    }
    struct value *v = value_list(ev->arena, V_RECORD, (int)n, item);
    v->key = key;
    return v;
}

struct value *keep_known(struct ev *ev, struct digest_walk *w, struct digest *key, bool *keyed)
{
    struct unpacker u;
    *keyed = digest_end(w, key);
    if (!*keyed || !keep_find(ev, key, &u)) return NULL;
    struct value *v = unpack_value(ev, &u);
    return u.bad ? NULL : v;
}

void keep_value(struct ev *ev, const struct digest *key, const struct value *v)
{
    struct buf b = { 0 };
    bool record = v->kind == V_RECORD, good = record || simple(v);
    for (int i = 0; record && i < v->n; i++) good &= simple(v->item[i]);
    if (!good) return;
    pack_int(&b, record ? v->n : -1);
    if (!record) pack_simple(&b, v);
    for (int i = 0; record && i < v->n; i++) {
        pack_text(&b, v->key[i]);
        pack_simple(&b, v->item[i]);
    }
    keep_put(ev, key, &b);
    buf_free(&b);
}
