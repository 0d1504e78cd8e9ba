/* Does a sequence architecture look ahead? Entry i of what it predicts may depend on the rows before i and on x[i]; a
 * mask that was forgotten shows nowhere but in risks that are too good. So the architecture answers one prompt, by the
 * interpreter, as it is and with y[i] and all rows after i changed: entries 0 to i must keep their bits. The
 * parameters are moved away from where they start: those that start from 0 would hide what they are multiplied with.
 * All go through one kernel: what is compared was computed by the same operations. */
#include <math.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/model.h"

/* A prompt's rows, with memory of their own. */
struct rows {
    struct tensor x, y;
};

static bool draw_rows(struct ev *ev, const struct instance *task, uint64_t seed, struct rows *out, const struct ast *at)
{
    struct kernel *previous = ev_kernel_begin(ev, task->def->name), *k = ev->k;
    struct frame fr;
    struct tensor result[2];
    bool good = ev_prompt(ev, task, &fr, at);
    if (good) {
        vec_push(k->f->arena, &k->f->top->results, t_node(ev, t_cast(ev, fr.x, DT_REAL)));
        vec_push(k->f->arena, &k->f->top->results, t_node(ev, t_cast(ev, fr.y, DT_REAL)));
    }
    ev_kernel_end(ev, previous);
    if (!good || !ev_passes(ev, k, at)) return false;
    answer_once(ev, k, seed, result);
    *out = (struct rows){ result[0], result[1] };
    return true;
}

/* The model with every parameter moved a little, no two alike. */
static struct model moved(struct ev *ev, const struct model *m)
{
    struct model out = *m;
    out.weight = ARENA_ARRAY(ev->arena, struct weight, m->n + 1);
    for (int i = 0; i < m->n; i++) {
        const struct tensor *from = &m->weight[i].value->data;
        struct tensor to = tensor_new(ev->arena, DT_REAL, from->rank, from->dims);
        for (int64_t e = 0; e < tensor_elements(from); e++) {
            double v = from->r[e] + 0.1 * sin((double)(7 * i + 3) + (double)e);
            to.r[e] = ev->precision == 32 ? (double)(float)v : v;
        }
        out.weight[i] = (struct weight){ m->weight[i].path, value_host(ev->arena, ev->sizes, to) };
    }
    return out;
}

/* The kernel that predicts all entries; rows and parameters are its inputs. NULL: reported. */
static struct kernel *answers(struct ev *ev, const struct model *m, const struct rows *rows, const struct ast *at)
{
    struct value *x = value_host(ev->arena, ev->sizes, rows->x), *y = value_host(ev->arena, ev->sizes, rows->y);
    struct kernel *previous = ev_kernel_begin(ev, m->arch->def->name), *k = ev->k;
    struct arch a = { .model = m };
    struct value *rows_x = t_of_node(ev, t_node(ev, x)), *rows_y = t_of_node(ev, t_node(ev, y));
    struct value *v = ev_sequence(ev, &a, m->arch, rows_x, rows_y, at);
    bool good = v->kind == V_TENSOR;
    if (good && (v->rank != 1 || size_value(v->dims[0]) != rows->x.dims[0])) {
        struct diag *d = ev_error(ev, E_SHAPE, at, "`%s` predicts %s for %lld rows", m->arch->def->name,
                                  value_type(ev->arena, v), (long long)rows->x.dims[0]);
        diag_note(d, "an architecture given a sequence x[t, d], y[t] predicts real[t]");
        good = false;
    }
    if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, t_cast(ev, v, DT_REAL)));
    ev_kernel_end(ev, previous);
    return good && ev_passes(ev, k, at) ? k : NULL;
}

static double other(const struct ev *ev, double v)
{
    double w = 0.75 - 1.5 * v;
    return ev->precision == 32 ? (double)(float)w : w;
}

/* Changes y[i] and what comes after row i. */
static void change(const struct ev *ev, struct rows *r, int64_t i)
{
    int64_t t = r->x.dims[0], width = tensor_elements(&r->x) / t;
    for (int64_t e = (i + 1) * width; e < t * width; e++) r->x.r[e] = other(ev, r->x.r[e]);
    for (int64_t e = i; e < t; e++) r->y.r[e] = other(ev, r->y.r[e]);
}

static void copy_rows(struct rows *to, const struct rows *from)
{
    memcpy(to->x.r, from->x.r, sizeof(double) * (size_t)tensor_elements(&from->x));
    memcpy(to->y.r, from->y.r, sizeof(double) * (size_t)tensor_elements(&from->y));
}

static void report(struct ev *ev, const struct instance *arch, int64_t entry, int64_t i, int64_t t,
                   const struct ast *at)
{
    const char *what = i == t - 1 ? "the last label" : "the rows after it or with its own label";
    struct diag *d = ev_error(ev, E_LOOKS_AHEAD, at,
                              "`%s` looks ahead: its prediction for entry %lld of %lld changes with %s",
                              arch->def->name, (long long)entry, (long long)t, what);
    diag_label(d, arch->def->ast->span, "declared here");
    if (i < t - 1) diag_note(d, "y[%lld] and all rows after row %lld were changed", (long long)i, (long long)i);
    diag_note(d, "entry i is predicted from the rows before i and x[i] alone");
    diag_help(d, "`attention(h, heads, causal = true)` hides later tokens");
}

bool model_causal(struct ev *ev, const struct model *m, const struct instance *task, uint64_t seed,
                  const struct ast *at)
{
    struct rows drawn, rows;
    if (!m->arch->def->given || m->arch->def->given->n != 2) return true;
    if (!draw_rows(ev, task, seed, &drawn, at)) return false;
    int64_t t = drawn.x.dims[0], place[2] = { t / 2, t - 1 };
    rows.x = tensor_new(ev->arena, DT_REAL, drawn.x.rank, drawn.x.dims);
    rows.y = tensor_new(ev->arena, DT_REAL, drawn.y.rank, drawn.y.dims);
    copy_rows(&rows, &drawn);
    struct model other_weights = moved(ev, m);
    struct kernel *k = answers(ev, &other_weights, &rows, at);
    struct tensor first, again;
    if (!k) return false;
    answer_once(ev, k, seed, &first);
    for (int n = 0; n < 2; n++) {
        copy_rows(&rows, &drawn);
        change(ev, &rows, place[n]);
        answer_once(ev, k, seed, &again);
        for (int64_t e = 0; e <= place[n]; e++) {
            if (first.r[e] == again.r[e] || (isnan(first.r[e]) && isnan(again.r[e]))) continue;
            report(ev, m->arch, e, place[n], t, at);
            return false;
        }
    }
    return true;
}
