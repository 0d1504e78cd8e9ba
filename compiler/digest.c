/* The walk over values and, from definitions, over the names they reach.
 *
 * A name in a tree is looked up where the definition stands; names of its own signature are not, everything else that
 * is found counts, even where a local name hides it: a digest may change without need, but it does not stay the same
 * when it must not. A definition that is met again is a number, so recursion ends. */
#include "compiler/digest.h"

#include "compiler/model.h"
#include "compiler/script.h"
#include "runtime/pack.h"

/* Elements: digests of tensors from here on are remembered. Names that are reached from names: a circle has no end. */
enum { LARGE = 128, DEEPEST = 100 };

/* A definition or a large tensor whose digest was needed before. What a definition reaches of the script may be given
 * another value later: those values are compared. */
struct digest_known {
    const void *what;
    struct digest digest;
    VEC(struct reached) reached;
    VEC(struct digest_part) parts;
};
struct reached {
    struct scope *scope;
    str name;
    const struct value *value;
};

struct digest_visit {
    VEC(const struct def *) defs;
    VEC(struct reached) reached;
    VEC(struct digest_part) parts;
};

void digest_begin(struct digest_walk *w, struct ev *ev, struct digester *of)
{
    *w = (struct digest_walk){ .ev = ev, .of = of };
    sha256_begin(&w->hash);
}

void digest_int(struct digest_walk *w, int64_t v)
{
    unsigned char byte[8];
    for (int i = 0; i < 8; i++) byte[i] = (unsigned char)((uint64_t)v >> 8 * i);
    sha256_add(&w->hash, byte, sizeof byte);
}

void digest_real(struct digest_walk *w, double v)
{
    int64_t bits;
    memcpy(&bits, &v, sizeof bits);
    digest_int(w, bits);
}

void digest_text(struct digest_walk *w, const char *text)
{
    digest_int(w, text ? (int64_t)strlen(text) : -1);
    if (text) sha256_add(&w->hash, text, strlen(text));
}

static void add_digest(struct digest_walk *w, const struct digest *d)
{
    sha256_add(&w->hash, d->byte, sizeof d->byte);
}

bool digest_end(struct digest_walk *w, struct digest *out)
{
    sha256_end(&w->hash, out->byte);
    return !w->bad;
}

/* ---- parts ---- */

static void add_part(struct digest_walk *w, const struct digest_part *part)
{
    for (int i = 0; i < w->of->parts.n; i++)
        if (w->of->parts.data[i].name == part->name &&
            !memcmp(&w->of->parts.data[i].digest, &part->digest, sizeof part->digest))
            return;
    vec_push(w->ev->arena, &w->of->parts, *part);
}

/* ---- trees ---- */

/* The names that a signature binds. */
static bool binds(const struct def *d, str name)
{
    const struct ast *side[2] = { d->given, d->knowing };
    for (int i = 0; i < d->nhypers; i++)
        if (d->hyper[i]->name == name) return true;
    for (int s = 0; s < 2; s++)
        for (int i = 0; side[s] && i < side[s]->n; i++) {
            const struct ast *pattern = side[s]->kid[i];
            if (pattern->name == name) return true;
            for (int k = 0; k < pattern->n; k++)
                if (pattern->kid[k] && pattern->kid[k]->kind == A_NAME && pattern->kid[k]->name == name) return true;
        }
    return false;
}

static void reach(struct digest_walk *w, struct scope *from, str name);

/* from: where its names are looked up; NULL: the text alone. own: the definition whose signature hides names, or
 * NULL. */
static void add_tree(struct digest_walk *w, const struct ast *e, struct scope *from, const struct def *own)
{
    if (!e) {
        digest_int(w, -1);
        return;
    }
    bool documented = e->kind == A_DEF || e->kind == A_OPTION;
    digest_int(w, (int64_t)e->kind << 16 | (int64_t)e->op);
    digest_text(w, e->name);
    digest_text(w, documented ? NULL : e->text);
    digest_real(w, e->number);
    digest_int(w, e->integer);
    digest_int(w, e->n);
    if (e->kind == A_NAME && from && !(own && binds(own, e->name))) reach(w, from, e->name);
    for (int i = 0; i < e->n; i++) {
        bool outside = e->kind == A_HYPER; /* a default is evaluated where the definition stands */
        add_tree(w, e->kid[i], from, outside ? NULL : own);
    }
}

static struct digest tree_digest(struct digest_walk *w, const struct ast *e)
{
    struct digest_walk own;
    struct digest out;
    digest_begin(&own, w->ev, w->of);
    add_tree(&own, e, NULL, NULL);
    digest_end(&own, &out);
    return out;
}

/* ---- definitions ---- */

static void add_def_tree(struct digest_walk *w, const struct def *d)
{
    struct digest_visit *v = w->visit;
    for (int i = 0; i < v->defs.n; i++)
        if (v->defs.data[i] == d) {
            digest_int(w, i);
            return;
        }
    vec_push(w->ev->arena, &v->defs, d);
    if (!d->library) {
        struct digest_part part = { d->name, tree_digest(w, d->ast) };
        vec_push(w->ev->arena, &v->parts, part);
    }
    add_tree(w, d->ast, d->scope, d);
}

/* What a part is called by: a definition is one when it is walked; of the other values, data and lambdas are. */
static void value_part(struct digest_walk *w, const struct binding *b)
{
    const struct value *v = b->value;
    struct digest_walk own;
    struct digest_part part = { .name = b->name };
    if (v->kind == V_FN && v->fn->kind == FN_LAMBDA) {
        part.digest = tree_digest(w, v->fn->lambda);
    } else {
        if (v->kind != V_TENSOR && v->kind != V_STRING) return;
        digest_begin(&own, w->ev, w->of);
        digest_value(&own, v);
        if (!digest_end(&own, &part.digest)) return;
    }
    if (w->visit) vec_push(w->ev->arena, &w->visit->parts, part);
    else add_part(w, &part);
}

static void reach_binding(struct digest_walk *w, struct scope *from, const struct binding *b)
{
    struct reached r = { from, b->name, b->value };
    if (w->depth == DEEPEST) {
        w->bad = true;
        return;
    }
    w->depth++;
    if (w->visit) vec_push(w->ev->arena, &w->visit->reached, r);
    digest_value(w, b->value);
    value_part(w, b);
    w->depth--;
}

static void reach(struct digest_walk *w, struct scope *from, str name)
{
    struct binding *b = scope_find(from, name), *part = scope_find(w->ev->parts, name);
    if (b) reach_binding(w, from, b);
    if (part && (!b || part->value != b->value)) digest_value(w, part->value);
}

static bool still_holds(const struct digest_known *k)
{
    for (int i = 0; i < k->reached.n; i++) {
        const struct reached *r = &k->reached.data[i];
        const struct binding *b = scope_find(r->scope, r->name);
        if (!b || b->value != r->value) return false;
    }
    return true;
}

static struct digest_known *known_of(struct digest_walk *w, const void *what)
{
    for (int i = 0; i < w->of->known.n; i++)
        if (w->of->known.data[i].what == what) return &w->of->known.data[i];
    return NULL;
}

/* A definition with all that it reaches, as a digest of its own. */
static void add_def(struct digest_walk *w, const struct def *d)
{
    if (w->visit) {
        add_def_tree(w, d);
        return;
    }
    struct digest_known *k = known_of(w, d);
    if (!k || !still_holds(k)) {
        struct digest_visit visit = { 0 };
        struct digest_walk own;
        struct digest_known new = { .what = d };
        digest_begin(&own, w->ev, w->of);
        own.visit = &visit;
        add_def_tree(&own, d);
        if (!digest_end(&own, &new.digest)) w->bad = true;
        if (own.bad) return;
        new.reached.data = visit.reached.data;
        new.reached.n = visit.reached.n;
        new.parts.data = visit.parts.data;
        new.parts.n = visit.parts.n;
        if (k) *k = new;
        else vec_push(w->ev->arena, &w->of->known, new);
        k = known_of(w, d);
    }
    add_digest(w, &k->digest);
    for (int i = 0; i < k->parts.n; i++) add_part(w, &k->parts.data[i]);
}

static void add_fn(struct digest_walk *w, const struct fn *fn)
{
    digest_int(w, fn->kind);
    switch (fn->kind) {
    case FN_DEF: add_def(w, fn->def); break;
    case FN_BUILTIN: digest_text(w, fn->builtin->name); break;
    case FN_LAMBDA: add_tree(w, fn->lambda, fn->scope, NULL); break;
    case FN_GRAD:
    case FN_VALUE_AND_GRAD:
    case FN_HESSIAN:
        digest_int(w, fn->wrt);
        add_fn(w, fn->of);
        break;
    }
}

/* ---- values ---- */

static void add_elements(struct digest_walk *w, const struct tensor *t)
{
    const void *data = t->dtype == DT_REAL ? (const void *)t->r : (const void *)t->i;
    int64_t n = tensor_elements(t);
    struct digest_known new = { .what = data }, *k;
    if (n < LARGE) {
        for (int64_t i = 0; i < n; i++) {
            if (t->dtype == DT_REAL) digest_real(w, t->r[i]);
            else digest_int(w, t->i[i]);
        }
        return;
    }
    if (!(k = known_of(w, data))) {
        struct digest_walk own;
        digest_begin(&own, w->ev, w->of);
        sha256_add(&own.hash, data, (size_t)n * 8); /* little endian machines only, as everywhere here */
        digest_end(&own, &new.digest);
        vec_push(w->ev->arena, &w->of->known, new);
        k = &new;
    }
    add_digest(w, &k->digest);
}

static void add_tensor(struct digest_walk *w, const struct value *v)
{
    digest_int(w, v->dtype);
    digest_int(w, v->rank);
    digest_int(w, v->literal); /* baked into the kernel */
    if (!v->known || v->node) {
        w->bad = true;
        return;
    }
    for (int i = 0; i < v->rank; i++) digest_int(w, v->data.dims[i]);
    add_elements(w, &v->data);
}

static void add_instance(struct digest_walk *w, const struct instance *in)
{
    add_def(w, in->def);
    for (int i = 0; i < in->def->nhypers; i++) digest_value(w, in->hyper[i]);
}

static void add_size(struct digest_walk *w, dim d)
{
    int64_t n = -1;
    digest_int(w, d && size_known(d, &n) ? n : INT64_MIN);
    w->bad |= d && !size_known(d, &n);
}

static void add_path(struct digest_walk *w, const struct path *p)
{
    digest_int(w, p->n);
    for (int i = 0; i < p->n; i++) {
        digest_text(w, p->name[i].name);
        digest_int(w, p->name[i].n);
        for (int k = 0; k < p->name[i].n; k++) {
            digest_int(w, p->name[i].item[k].slice);
            add_size(w, p->name[i].item[k].from);
            add_size(w, p->name[i].item[k].to);
        }
    }
}

static void add_model(struct digest_walk *w, const struct model *m)
{
    add_instance(w, m->arch);
    digest_int(w, m->n);
    for (int i = 0; i < m->n; i++) {
        digest_text(w, m->weight[i].path);
        digest_value(w, m->weight[i].value);
    }
    digest_int(w, m->ninterventions);
    for (int i = 0; i < m->ninterventions; i++) {
        const struct intervention *with = &m->intervention[i];
        add_path(w, &with->path);
        if (with->value) digest_value(w, with->value);
        else add_tree(w, with->expr, with->scope, NULL);
    }
}

static void add_table(struct digest_walk *w, const struct table *t)
{
    struct buf b = { 0 };
    digest_int(w, t->columns);
    digest_int(w, t->rows);
    for (int c = 0; c < t->columns; c++) digest_text(w, t->column[c].name);
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < t->columns; c++) {
            const struct cell *cell = table_at(t, r, c);
            if (cell->owner) digest_value(w, cell->owner);
            else pack_cell(&b, cell);
        }
    sha256_add(&w->hash, b.text ? b.text : "", b.n);
    buf_free(&b);
}

void digest_value(struct digest_walk *w, const struct value *v)
{
    digest_int(w, v->kind);
    switch (v->kind) {
    case V_NONE: break;
    case V_ERROR:
    case V_ANY: w->bad = true; break;
    case V_TENSOR: add_tensor(w, v); break;
    case V_TUPLE:
    case V_LIST:
    case V_RECORD:
    case V_RANGE:
    case V_CHAIN:
    case V_CANDIDATES:
        digest_int(w, v->n);
        for (int i = 0; i < v->n; i++) {
            if (v->kind == V_RECORD) digest_text(w, v->key[i]);
            digest_value(w, v->item[i]);
        }
        break;
    case V_STRING: digest_text(w, v->text); break;
    case V_FN: add_fn(w, v->fn); break;
    case V_INSTANCE: add_instance(w, v->instance); break;
    case V_MODEL: add_model(w, v->model); break;
    case V_FEATURES:
        add_model(w, v->features->model);
        add_path(w, &v->features->path);
        break;
    case V_DIST: w->bad = true; break;
    case V_TABLE: add_table(w, v->table); break;
    case V_ESTIMATE:
        w->bad |= !v->measured;
        if (!v->measured) break;
        ev_ready(w->ev, (struct value *)v);
        digest_real(w, v->measured->of.mean);
        digest_real(w, v->measured->of.se);
        digest_int(w, v->measured->of.trials);
        digest_int(w, v->measured->of.nonfinite);
        break;
    }
}
