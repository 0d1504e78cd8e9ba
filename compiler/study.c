/* Looking inside a model: captured taps, least-squares probes of them, and a model's layer as a preprocess. */
#include <math.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/keeper.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/replay.h"
#include "compiler/script.h"


/* Prompts on which probes are fitted have a seed of their own. */
static const uint64_t fit_seed = 0x9E3779B97F4A7C15u;

static bool model_argument(struct ev *ev, struct args *a, struct value **out)
{
    *out = a->v[0];
    if (ev->rehearsal && (*out)->kind == V_ANY) *out = rehearse_refuse(ev, a->at[0], *out);
    if (value_poisoned(*out)) return false;
    if ((*out)->kind == V_MODEL) return true;
    struct diag *m = ev_error(ev, E_TYPE, a->at[0], "a model is needed here, this is %s", value_type(ev->arena, *out));
    ev_show(ev, m, a->at[0], *out);
    *out = &value_error;
    return false;
}

static bool count_argument(struct ev *ev, struct args *a, int k, const char *name, int64_t least, int64_t *out)
{
    if (!a->v[k] || (ev->dry && !value_ready(a->v[k]))) return true;
    if (ev_known_int(a->v[k], out) && *out >= least) return true;
    ev_error(ev, E_VALUE, a->at[k], "`%s` is a whole number, at least %lld", name, (long long)least);
    return false;
}

/* What an earlier run found out about a tap; NULL: nothing. */
static struct value *known_tap(struct ev *ev, const char *what, const struct model *m, const struct path *path,
                               const struct value *task, const int64_t count[3], struct digest *key, bool *keyed)
{
    struct digest_walk w;
    struct features tap = { m, *path };
    *keyed = false;
    if (!keep_begin(ev, what, &w)) return NULL;
    digest_value(&w, &(struct value){ .kind = V_FEATURES, .features = &tap });
    digest_value(&w, task);
    for (int i = 0; i < 3; i++) digest_int(&w, count[i]);
    return keep_known(ev, &w, key, keyed);
}

/* The kernel that gives the tapped value, flat, with the truth of the query behind it when `truth`. */
static struct kernel *tap_kernel(struct ev *ev, const struct model *m, const struct path *path,
                                 const struct value *task, bool truth, struct value **seen, const struct ast *at)
{
    struct kernel *previous = ev_kernel_begin(ev, m->arch->def->name), *k = ev->k;
    struct frame fr;
    struct arch walk = { .watch = path };
    bool good = ev_prompt(ev, task->instance, &fr, at);
    *seen = &value_error;
    if (good) {
        dim zero = size_int(ev->sizes, 0), n = size_sub(ev->sizes, fr.x->dims[0], size_int(ev->sizes, 1));
        struct value *prompt[3] = { t_slice(ev, fr.x, 0, zero, n, 1), t_slice(ev, fr.y, 0, zero, n, 1),
                                    t_at(ev, fr.x, 0, n) };
        struct value *v = ev_model_walk(ev, m, &walk, prompt, at);
        good = v->kind == V_TENSOR && walk.seen && walk.seen->kind == V_TENSOR;
        struct value *out = *seen = good ? walk.seen : &value_error;
        if (good && truth) {
            dim one = size_int(ev->sizes, 1);
            if (out->rank != 1) {
                ev_error(ev, E_RANK, path->ast, "a probe reads a vector; `%s` is %s", ev_text(ev, path->ast),
                         value_type(ev->arena, out));
                good = false;
            } else {
                struct value *both[2] = { out, t_reshape(ev, t_at(ev, fr.truth, 0, n), 1, &one) };
                out = t_concat(ev, both, 2, 0, at);
            }
        }
        if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, out));
    }
    ev_kernel_end(ev, previous);
    if (!good || !ev_passes(ev, k, at)) {
        rehearse_broken(ev, at);
        return NULL;
    }
    if (ev->dry && ev->session->show_kernel) ev->session->show_kernel(ev, k->f);
    return k;
}

/* Tells a replay what is looked into. */
static void note_asked(struct ev *ev, const struct value *model, const struct value *task, uint64_t seed,
                       int64_t trials, const struct ast *at)
{
    if (ev->session->replay)
        replay_asked(ev, &(struct asked){ model, NULL, task, at, ev->calls, seed, trials });
}

SCRIPT_BUILTIN(bi_capture)
{
    (void)b;
    struct value *model, *task = ev_task(ev, a->v[2], a->at[2]), *seen;
    struct path path = { 0 };
    int64_t trials = 4096, seed = (int64_t)ev->session->seed;
    if (!model_argument(ev, a, &model)) return model;
    if (value_poisoned(task)) return task;
    if (!ev_path(ev, s, a->at[1], &path) || !count_argument(ev, a, 3, "trials", 1, &trials) ||
        !count_argument(ev, a, 4, "seed", 0, &seed))
        return &value_error;
    path.ast = a->at[1];
    struct digest key;
    bool keyed;
    struct value *v = known_tap(ev, "capture", model->model, &path, task, (int64_t[3]){ trials, seed }, &key, &keyed);
    if (v) return v;
    struct kernel *k = tap_kernel(ev, model->model, &path, task, false, &seen, a->call);
    if (!k) return &value_error;
    dim dims[IR_MAX_RANK] = { size_int(ev->sizes, trials) };
    for (int i = 0; i < seen->rank && i < IR_MAX_RANK - 1; i++) dims[i + 1] = seen->dims[i];
    if (ev->dry) return t_unknown_data(ev, DT_REAL, seen->rank + 1, dims);
    struct tensor t = { .dtype = DT_REAL };
    note_asked(ev, model, task, (uint64_t)seed, trials, a->call);
    if (!answer_collect(ev, k, trials, (uint64_t)seed, &t, a->call)) return &value_error;
    v = value_host(ev->arena, ev->sizes, t);
    if (keyed) keep_value(ev, &key, v);
    return v;
}

/* ---- probes ---- */

/* The weights of the least-squares read-out of z[rows, width - 1] and a constant, against the last column: by the
 * normal equations in binary64, of smallest norm where they are singular. */
static const double *fit_read_out(struct ev *ev, const struct tensor *z)
{
    int64_t rows = z->dims[0], w = z->dims[1], gram_dims[2] = { w, w }, side_dims[2] = { w, 1 };
    struct tensor gram = tensor_new(ev->arena, DT_REAL, 2, gram_dims),
                  side = tensor_new(ev->arena, DT_REAL, 2, side_dims);
    for (int64_t r = 0; r < rows; r++) {
        const double *row = z->r + r * w;
        for (int64_t i = 0; i < w; i++) {
            double x = i < w - 1 ? row[i] : 1;
            for (int64_t j = 0; j <= i; j++) gram.r[i * w + j] += x * (j < w - 1 ? row[j] : 1);
            side.r[i] += x * row[w - 1];
        }
    }
    for (int64_t i = 0; i < w; i++)
        for (int64_t j = 0; j < i; j++) gram.r[j * w + i] = gram.r[i * w + j];
    struct ir_node square = { .dtype = DT_REAL, .rank = 2 }, column = square,
                   op = { .op = OP_PINV_SOLVE, .dtype = DT_REAL, .rank = 2, .nin = 2 };
    dim size = size_int(ev->sizes, w), one = size_int(ev->sizes, 1);
    square.dims[0] = square.dims[1] = column.dims[0] = op.dims[0] = size;
    column.dims[1] = op.dims[1] = one;
    op.in = (struct ir_node *[]){ &square, &column };
    struct tensor out = tensor_new(ev->arena, DT_REAL, 2, side_dims);
    struct interp it = { .arena = ev->arena, .precision = 64 };
    interp_node(&it, &op, (const struct tensor *[]){ &gram, &side }, &out);
    return out.r;
}

static struct estimate read_out_risk(const struct tensor *z, const double *weights)
{
    int64_t rows = z->dims[0], w = z->dims[1];
    struct estimate e = { .trials = rows };
    double mean = 0, m2 = 0, m3 = 0, most = 0, sum = 0;
    int64_t n = 0;
    for (int64_t r = 0; r < rows; r++) {
        double p = weights[w - 1];
        for (int64_t i = 0; i < w - 1; i++) p += z->r[r * w + i] * weights[i];
        double d = p - z->r[r * w + w - 1], square = d * d;
        if (!isfinite(square)) {
            e.nonfinite++;
            continue;
        }
        double step = square - mean, part = step / (double)++n;
        mean += part;
        m3 += part * (step * part * (double)(n - 1) * (double)(n - 2) - 3 * m2);
        m2 += step * (square - mean);
        sum += square;
        if (square > most) most = square;
    }
    e.mean = mean;
    e.se = n > 1 ? sqrt(m2 / (double)(n - 1) / (double)n) : INFINITY;
    e.largest_share = sum > 0 ? most / sum : 0;
    e.skewness = m2 > 0 ? sqrt((double)n) * m3 / (m2 * sqrt(m2)) : 0;
    return e;
}

SCRIPT_BUILTIN(bi_probe)
{
    (void)b;
    struct value *model, *task = ev_task(ev, a->v[2], a->at[2]), *seen, *out = value_new(ev->arena, V_ESTIMATE);
    struct path path = { 0 };
    int64_t fit = 4096, trials = 4096, seed = (int64_t)ev->session->seed;
    if (!model_argument(ev, a, &model)) return model->kind == V_ANY && ev->dry ? out : model;
    if (value_poisoned(task)) return task;
    if (!ev_path(ev, s, a->at[1], &path) || !count_argument(ev, a, 3, "fit", 2, &fit) ||
        !count_argument(ev, a, 4, "trials", 1, &trials) || !count_argument(ev, a, 5, "seed", 0, &seed))
        return &value_error;
    path.ast = a->at[1];
    struct digest key;
    bool keyed;
    struct value *known_before = known_tap(ev, "probe", model->model, &path, task, (int64_t[3]){ fit, trials, seed },
                                           &key, &keyed);
    if (known_before) return known_before;
    struct kernel *k = tap_kernel(ev, model->model, &path, task, true, &seen, a->call);
    if (!k) return &value_error;
    if (ev->dry) return out;
    struct tensor known = { .dtype = DT_REAL }, asked = { .dtype = DT_REAL };
    note_asked(ev, model, task, (uint64_t)seed, trials, a->call);
    if (!answer_collect(ev, k, fit, (uint64_t)seed ^ fit_seed, &known, a->call) ||
        !answer_collect(ev, k, trials, (uint64_t)seed, &asked, a->call))
        return &value_error;
    out->measured = ARENA_NEW(ev->arena, struct measured);
    out->measured->of = read_out_risk(&asked, fit_read_out(ev, &known));
    if (keyed) keep_value(ev, &key, out);
    return out;
}

/* ---- features ---- */

SCRIPT_BUILTIN(bi_features)
{
    (void)b;
    struct value *model, *v;
    struct features *f = ARENA_NEW(ev->arena, struct features);
    if (!model_argument(ev, a, &model)) return model;
    if (!ev_path(ev, s, a->at[1], &f->path)) return &value_error;
    f->path.ast = a->at[1];
    f->model = model->model;
    v = value_new(ev->arena, V_FEATURES);
    v->features = f;
    return v;
}

/* Each row of the context asked in the query's place, in the same context: the tapped vectors of these answers. */
static struct value *asked_rows(struct ev *ev, const struct features *f, struct value **prompt, const struct ast *where)
{
    struct kernel *k = ev->k;
    struct ir_region *outer = k->region, *body = ir_region_new(k->f, outer);
    body->counts[0] = prompt[0]->dims[0];
    struct ir_node *row = ir_param(k->f, body, DT_INT, 0, NULL, intern(ev->names, "row"));
    row->start[0] = size_int(ev->sizes, 0);
    k->region = body;
    struct value *in[3] = { prompt[0], prompt[1], t_gather(ev, prompt[0], t_of_node(ev, row), 0) };
    struct arch walk = { .watch = &f->path };
    struct value *v = value_poisoned(in[2]) ? in[2] : ev_model_walk(ev, f->model, &walk, in, where);
    struct ir_node *result = value_poisoned(v) || !walk.seen || walk.seen->kind != V_TENSOR ? NULL
                                                                                            : t_node(ev, walk.seen);
    k->region = outer;
    if (!result) return &value_error;
    vec_push(k->f->arena, &body->results, result);
    struct ir_node p = {
        .op = OP_BUILD, .dtype = result->dtype, .rank = 2, .body = body, .where = where->span,
        .dims = { body->counts[0], result->dims[0] }
    };
    struct ir_node *node = ir_add(k->f, outer, &p);
    body->owner = node;
    return t_of_node(ev, node);
}

/* A tap with a vector for each token: row i of the context becomes that of token i, the query that of the token after
 * the context. A tap that is one vector, the query's: row i becomes what it is when x_i is asked. */
struct value *ev_features(struct ev *ev, const struct features *f, struct value **prompt, const struct ast *where)
{
    struct arch walk = { .watch = &f->path };
    struct value *v = ev_model_walk(ev, f->model, &walk, prompt, where), *tap = walk.seen;
    if (value_poisoned(v)) return v;
    if (!tap || tap->kind != V_TENSOR) return &value_error;
    dim n = prompt[0]->dims[0], zero = size_int(ev->sizes, 0);
    if (tap->rank == 1) {
        struct value *rows = asked_rows(ev, f, prompt, where), *asked[3] = { rows, prompt[1], tap };
        return value_poisoned(rows) ? rows : value_list(ev->arena, V_TUPLE, 3, asked);
    }
    if (tap->rank != 2 ||
        size_compare(tap->dims[0], size_add(ev->sizes, n, size_int(ev->sizes, 1))) == SIZE_DIFFERENT) {
        struct diag *m = ev_error(ev, E_SHAPE, f->path.ast,
                                  "`features` takes a tap with a vector for each token, or one vector; this is %s",
                                  value_type(ev->arena, tap));
        diag_note(m, "the prompt has %s tokens: its context and the query",
                  size_str(ev->arena, size_add(ev->sizes, n, size_int(ev->sizes, 1))));
        return &value_error;
    }
    struct value *out[3] = { t_slice(ev, tap, 0, zero, n, 1), prompt[1], t_at(ev, tap, 0, n) };
    return value_list(ev->arena, V_TUPLE, 3, out);
}
