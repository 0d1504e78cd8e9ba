/* The steps of a training, from where its checkpoint left it, and what it logs and keeps on the way. */
#include <stdio.h>
#include <string.h>
#include "compiler/keeper.h"
#include "compiler/training.h"
#include "runtime/clock.h"
#include "runtime/progress.h"

/* ---- checkpoints ---- */

static uint64_t hash_bytes(uint64_t h, const void *data, size_t n)
{
    const unsigned char *byte = data;
    for (size_t i = 0; i < n; i++) h = (h ^ byte[i]) * UINT64_C(0x100000001B3); /* FNV-1a */
    return h;
}

/* What the text of a key does not say: numbers of the script that the kernel reads, and, at some steps, what the
 * schedule and the curriculum give. */
static uint64_t circumstances(struct ev *ev, struct training *t)
{
    enum { STEPS = 64 };
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (int i = 0; i < t->k->captures.n; i++) {
        const struct value *v = t->k->captures.data[i].value;
        bool weight = false;
        for (int k = 0; k < t->model.n; k++) weight |= t->model.weight[k].value == v;
        if (!weight) h = hash_bytes(h, v->data.i, sizeof *v->data.i * (size_t)tensor_elements(&v->data));
    }
    int64_t step = t->step;
    for (int i = 0; i < STEPS && (t->schedule || t->curriculum); i++) {
        t->step = t->steps * i / STEPS;
        double factor = training_factor(ev, t);
        int64_t levels = t->curriculum ? t->curriculum->n : 0, level[levels + 1];
        h = hash_bytes(h, &factor, sizeof factor);
        if (training_levels(ev, t, level)) h = hash_bytes(h, level, sizeof *level * (size_t)levels);
    }
    t->step = step;
    return h;
}

static const char *training_key(struct ev *ev, struct training *t)
{
    struct buf b = { 0 };
    struct value v = { .kind = V_INSTANCE };
    const struct instance *in[3] = { t->arch, t->task, t->optimizer };
    for (int i = 0; i < 3; i++) {
        v.instance = in[i];
        value_name(&b, &v, true, ev->precision);
        buf_puts(&b, "; ");
    }
    buf_printf(&b, "batch %lld; steps %lld; seed %llu; clip %.9g; precision %d; code %016llx %016llx",
               (long long)t->batch, (long long)t->steps, (unsigned long long)t->seed, t->clip, ev->precision,
               (unsigned long long)ir_hash(t->k->f), (unsigned long long)circumstances(ev, t));
    const char *key = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return key;
}

static struct train_state checkpoint_of(struct training *t, const char *key)
{
    struct train_state s = { .key = key, .step = t->step, .elements = t->elements, .states = t->walk.states };
    for (int i = 0; i < t->walk.states; i++) {
        s.name[i] = t->walk.name[i];
        s.state[i] = t->state[i];
    }
    return s;
}

static bool keep(struct ev *ev, struct training *t)
{
    if (!t->checkpoint) return true;
    training_show(ev, t, true);
    struct train_state s = checkpoint_of(t, t->key);
    const char *why = checkpoint_save(ev, &t->model, &s, t->checkpoint);
    t->kept = t->step;
    if (!why) return true;
    ev_error(ev, E_FILE_WRITE, t->at, "%s", why);
    return false;
}

/* ---- the loop ---- */

bool training_follow(struct ev *ev, struct training *t, struct arena *lasting)
{
    int levels = t->curriculum ? t->curriculum->n : 0;
    int64_t level[levels + 1];
    if (!training_levels(ev, t, level)) return false;
    if (t->task_now && (!levels || !memcmp(level, t->level, sizeof *level * (size_t)levels))) return true;
    struct arena *arena = ev->arena;
    ev->arena = lasting;
    t->level = arena_copy(lasting, level, sizeof level);
    t->task_now = training_task(ev, t, level);
    t->k = training_gradient_kernel(ev, t, t->task_now);
    bool good = t->k && training_ready(ev, t->k, &t->sum, t->at);
    ev->arena = arena;
    return good;
}

static void log_line(struct ev *ev, struct training *t, double loss)
{
    struct keeper *keeper = ev->session->keeper;
    struct buf name = { 0 };
    struct value v = { .kind = V_INSTANCE, .instance = t->arch };
    value_name(&name, &v, false, ev->precision);
    if (keeper) {
        double seconds = (double)(clock_milliseconds() - t->began) / 1000;
        keeper->training(keeper, ev, t->number, t->step, name.text, t->steps, loss, seconds);
    }
    if (ev->session->progress != PROGRESS_NEVER)
        fprintf(stderr, "%s: step %lld of %lld, loss %.4g\n", name.text, (long long)t->step, (long long)t->steps, loss);
    buf_free(&name);
}

/* The checkpoint of another training (also: of the same, built by another icl) may have cost hours: it gets another
 * name, and this training starts over. */
static void set_aside(struct ev *ev, const struct training *t)
{
    const char *old = arena_printf(ev->arena, "%s.before", t->checkpoint);
    if (ev_first(ev) && rename(t->checkpoint, old) != 0) old = NULL;
    fprintf(stderr, "note: %s is of another training; %s%s%sthis one starts over\n", t->checkpoint,
            old ? "it is kept as " : "", old ? old : "", old ? ", " : "");
}

bool training_run(struct ev *ev, struct training *t)
{
    double loss = 0, sum = 0;
    struct progress progress;
    bool good = training_follow(ev, t, ev->arena) && training_update_kernel(ev, t) && training_has_room(ev, t) &&
                training_ready(ev, t->update_k, &t->update, t->at);
    if (!good) return false;
    int errors = ev->diags->errors;
    t->key = training_key(ev, t);
    if (ev->diags->errors > errors) return false; /* a schedule or curriculum that gives no number */
    if (t->checkpoint) training_show(ev, t, true);
    struct train_state s = checkpoint_of(t, t->key);
    bool other = false;
    if (t->checkpoint && checkpoint_load(ev, t->checkpoint, &t->model, &s, &other)) {
        t->step = t->kept = s.step;
        training_take(ev, t);
    }
    if (other) set_aside(ev, t);
    progress_init(&progress, stderr, ev->session->progress);
    progress_begin(&progress, "training", t->steps);
    progress_from(&progress, t->step);
    int64_t counted = 0;
    struct arena *arena = ev->arena, scratch = { 0 };
    bool due = false; /* these parameters are to be kept once their loss is known to be finite */
    while (good && (t->step < t->steps || due)) {
        /* what a step makes on the way (schedule, curriculum) is forgotten after it */
        ev->arena = &scratch;
        if (t->step < t->steps) good = training_follow(ev, t, arena);
        good = good && training_gradient(ev, t, &loss) && (!due || keep(ev, t));
        due = false;
        if (good && t->step < t->steps) {
            good = training_update(ev, t, training_factor(ev, t));
            t->step += good;
            due = good && t->checkpoint && (t->step % t->every == 0 || t->step == t->steps);
            sum += loss;
            counted++;
        }
        ev->arena = arena;
        arena_free(&scratch);
        if (!good || !counted) break;
        progress_to(&progress, t->step);
        if (t->step % t->every && t->step != t->steps) continue;
        progress_clear(&progress);
        log_line(ev, t, sum / (double)counted);
        sum = 0;
        counted = 0;
    }
    progress_end(&progress);
    bool interrupted = ev->session->stop && *ev->session->stop;
    if (!good && interrupted && t->step > t->kept && !t->torn && !training_not_finite(ev, t, t->now[0])) keep(ev, t);
    if (!good && interrupted && t->checkpoint && t->kept && ev_first(ev))
        fprintf(stderr, "note: %s has step %lld of %lld: the same training goes on from there\n", t->checkpoint,
                (long long)t->kept, (long long)t->steps);
    return good;
}
