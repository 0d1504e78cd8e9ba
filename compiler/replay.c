/* `icl replay`. The script runs as always, but what it measures is noted rather than waited for. The noted task is then
 * built once more with its predictors, every value that a name of their bodies gets becomes a result of the kernel, and
 * the interpreter evaluates it for the one prompt. Predictions and errors are not taken from that kernel but from those
 * that the run has (measured_prompt), where fewer values are wanted and products may stand in another order: they are
 * the run's to the last bit. */
#include "compiler/replay.h"

#include <string.h>
#include "compiler/answer.h"
#include "compiler/command.h"
#include "runtime/output.h"
#include "runtime/table.h"

enum { DETAILED = 4, LISTED = 20 };

struct replay {
    VEC(struct asked) asked;
};

/* A value to show: of a name in a definition's body. */
struct shown_value {
    const char *part; /* the definition's name */
    const char *name;
    int result; /* of the kernel */
};
struct watch {
    int depth;                     /* calls around the bodies whose names are shown */
    const struct ir_node *told[3]; /* the prompt as the task made it: not shown again */
    const struct watch *task;      /* whose values are shown before; NULL: this is the task's */
    VEC(struct shown_value) names;
    int truth;                     /* of a task: its result */
};

/* What is measured on the prompts of one task and seed. */
struct group {
    const struct asked *first;
    int64_t trials; /* the most that is asked for */
    int n;
    const struct value **predictor;
};

/* ---- noting ---- */

/* See replay.h. */
void replay_asked(struct ev *ev, const struct asked *asked)
{
    struct replay *r = ev->session->replay;
    struct asked kept = *asked;
    /* the calls in progress are on the walker's stack */
    for (struct call **up = &kept.calls; *up; up = &(*up)->up) *up = arena_copy(ev->arena, *up, sizeof **up);
    vec_push(ev->arena, &r->asked, kept);
}

static bool has_predictor(const struct group *g, const struct value *of)
{
    for (int i = 0; i < g->n; i++) {
        const struct value *p = g->predictor[i];
        if (p == of || (p->kind == of->kind && of->kind != V_MODEL && value_same(p, of))) return true;
    }
    return false;
}

/* The requests about the same prompts as number `first`, which are marked as done. */
static struct group group_of(struct ev *ev, const struct replay *all, int first, bool *done)
{
    const struct asked *r = &all->asked.data[first];
    struct group g = { .first = r, .predictor = ARENA_ARRAY(ev->arena, const struct value *, 2 * all->asked.n + 1) };
    for (int i = first; i < all->asked.n; i++) {
        const struct asked *other = &all->asked.data[i];
        if (done[i] || r->seed != other->seed || !value_same(r->task, other->task)) continue;
        done[i] = true;
        if (other->trials > g.trials) g.trials = other->trials;
        if (!has_predictor(&g, other->a)) g.predictor[g.n++] = other->a;
        if (other->b && !has_predictor(&g, other->b)) g.predictor[g.n++] = other->b;
    }
    return g;
}

/* ---- watching ---- */

static int depth_of(const struct ev *ev)
{
    int n = 0;
    for (const struct call *c = ev->calls; c; c = c->up) n++;
    return n;
}

/* Is the value shown already, perhaps by another name? */
static bool told(const struct ir_region *top, const struct watch *w, const struct ir_node *n)
{
    bool found = false;
    for (int i = 0; w && i < w->names.n; i++) found |= top->results.data[w->names.data[i].result] == n;
    return found;
}

static void watch(struct ev *ev, const char *part, const char *name, struct value *v)
{
    struct watch *w = ev->watch;
    struct ir_region *top = ev->k->f->top;
    struct ir_node *n = t_node(ev, v);
    if (n->op == OP_INPUT || n->region != top) return;
    for (int i = 0; i < 3; i++)
        if (n == w->told[i]) return;
    for (int i = 0; i < w->names.n; i++) /* the last value of a name is the one */
        if (!strcmp(w->names.data[i].name, name) && !strcmp(w->names.data[i].part, part)) {
            memmove(&w->names.data[i], &w->names.data[i + 1], sizeof *w->names.data * (size_t)(w->names.n - i - 1));
            w->names.n--;
        }
    if (told(top, w->task, n) || told(top, w, n)) return;
    struct shown_value s = { part, name, top->results.n };
    vec_push(ev->k->f->arena, &top->results, n);
    vec_push(ev->arena, &w->names, s);
}

static bool watched(const struct ev *ev, const struct value *v)
{
    return ev->k && ev->k->region == ev->k->f->top && v->kind == V_TENSOR && v->node;
}

/* See replay.h. Values inside loops are not those of one moment: a loop's states are seen when it ends. */
void watch_name(struct ev *ev, str name, struct value *v)
{
    struct watch *w = ev->watch;
    if (watched(ev, v) && depth_of(ev) == w->depth + 1) watch(ev, ev->calls->what, name, v);
}

/* See replay.h. Taps are shown wherever they are, by their paths. */
void watch_tap(struct ev *ev, const char *path, struct value *v)
{
    struct watch *w = ev->watch;
    const struct call *c = ev->calls;
    for (int n = depth_of(ev); n > w->depth + 1; n--) c = c->up;
    if (watched(ev, v) && c) watch(ev, c->what, path, v);
}

/* The parts of the prompt itself, where no name has them. */
static void watch_parts(struct ev *ev, const char *task, const struct frame *fr)
{
    const struct watch *w = ev->watch;
    struct value *part[2] = { fr->x, fr->y };
    for (int i = 0; i < 2; i++) {
        bool named = false;
        for (int k = 0; k < w->names.n; k++)
            named |= ev->k->f->top->results.data[w->names.data[k].result] == t_node(ev, part[i]);
        if (!named) watch(ev, task, i ? "y" : "x", part[i]);
    }
}

/* The task and its predictors as one kernel: w[0] watches the task, w[i + 1] predictor i. NULL: reported. */
static struct kernel *watch_group(struct ev *ev, const struct group *g, struct watch *w)
{
    const struct asked *r = g->first;
    struct call *calls = ev->calls;
    struct frame fr;
    ev->calls = r->calls;
    for (int i = 0; i <= g->n; i++) w[i].depth = depth_of(ev);
    struct kernel *previous = ev_kernel_begin(ev, "replay"), *k = ev->k;
    ev->watch = &w[0];
    bool good = ev_prompt(ev, r->task->instance, &fr, r->at);
    if (good) watch_parts(ev, r->task->instance->def->name, &fr);
    ev->watch = NULL;
    dim zero = size_int(ev->sizes, 0), n = good ? size_sub(ev->sizes, fr.x->dims[0], size_int(ev->sizes, 1)) : zero;
    w[0].truth = k->f->top->results.n;
    if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, t_at(ev, fr.truth, 0, n)));
    for (int i = 0; i < g->n && good; i++) {
        struct value *prompt[3] = { t_slice(ev, fr.x, 0, zero, n, 1), t_slice(ev, fr.y, 0, zero, n, 1),
                                    t_at(ev, fr.x, 0, n) };
        for (int j = 0; j < 3; j++) w[i + 1].told[j] = t_node(ev, prompt[j]);
        w[i + 1].task = &w[0];
        ev->watch = &w[i + 1];
        struct value *v = ev_predict(ev, g->predictor[i], prompt[0], prompt[1], prompt[2], fr.scope, r->at);
        ev->watch = NULL;
        good = v->kind == V_TENSOR;
    }
    ev_kernel_end(ev, previous);
    ev->calls = calls;
    return good && ev_passes(ev, k, r->at) ? k : NULL;
}

/* ---- text ---- */

static const char *name_of(struct ev *ev, const struct value *v)
{
    struct buf b = { 0 };
    value_name(&b, v, true, ev->precision);
    const char *text = arena_strdup(ev->arena, b.text ? b.text : "");
    buf_free(&b);
    return text;
}

static void show(struct ev *ev, const char *name, const struct tensor *t)
{
    struct value *v = value_host(ev->arena, ev->sizes, *t);
    struct buf text = { 0 };
    value_print_corners(&text, v, ev->precision);
    bool one_line = !memchr(text.text, '\n', text.n);
    printf("  %s : %s%s%s", name, dtype_name[t->dtype], shape_text(ev->arena, v->rank, v->dims),
           one_line ? " = " : "\n      ");
    for (size_t i = 0; i < text.n; i++) {
        putchar(text.text[i]);
        if (text.text[i] == '\n') printf("      ");
    }
    putchar('\n');
    buf_free(&text);
}

/* The values of a body; of a chain those of each part, under its name. */
static void show_all(struct ev *ev, const struct watch *w, const struct tensor *results)
{
    for (int i = 0; i < w->names.n; i++) {
        const struct shown_value *s = &w->names.data[i];
        bool other = strcmp(s->part, w->names.data[i ? i - 1 : w->names.n - 1].part) != 0;
        if (other) printf(" %s\n", s->part);
        show(ev, s->name, &results[s->result]);
    }
}

/* What came of one predictor, as its run has it. */
struct came {
    struct tensor prediction, error;
};

static const char *number_text_of(struct ev *ev, const struct tensor *t)
{
    struct buf b = { 0 };
    value_print_corners(&b, value_host(ev->arena, ev->sizes, *t), ev->precision);
    const char *text = arena_strdup(ev->arena, b.text);
    buf_free(&b);
    return text;
}

static void show_answers(struct ev *ev, const struct group *g, const struct tensor *truth, const struct came *came)
{
    struct table *t = table_new(ev->arena, ev->precision);
    struct buf b = { 0 };
    static const char *const columns[] = { "predictor", "prediction", "squared error" };
    for (int c = 0; c < 3; c++) table_add_column(t, columns[c]);
    for (int i = 0; i < g->n; i++) {
        const struct tensor *of[2] = { &came[i].prediction, &came[i].error };
        int row = table_add_row(t);
        table_set(t, row, 0, cell_text(name_of(ev, g->predictor[i])));
        for (int c = 0; c < 2; c++)
            table_set(t, row, c + 1, of[c]->rank ? cell_text(number_text_of(ev, of[c])) : cell_real(of[c]->r[0]));
    }
    table_print(&b, t, output_width(stdout));
    printf("\nthe truth is %s\n\n", number_text_of(ev, truth));
    fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
}

static void show_group(struct ev *ev, const struct group *g, const struct watch *w, const struct tensor *results,
                       const struct came *came)
{
    struct session *s = ev->session;
    printf("prompt %lld of %s, seed %llu\n", (long long)s->prompt, name_of(ev, g->first->task),
           (unsigned long long)g->first->seed);
    show_all(ev, &w[0], results);
    show_answers(ev, g, &results[w[0].truth], came);
    int shown = 0, left = 0, found = 0;
    for (int i = 0; i < g->n; i++) {
        const char *name = name_of(ev, g->predictor[i]);
        bool wanted = s->only ? strstr(name, s->only) != NULL : shown < DETAILED;
        found += wanted;
        if (!w[i + 1].names.n) continue; /* what gives no value a name */
        left += !wanted;
        if (!wanted) continue;
        shown++;
        printf("\n%s\n", name);
        show_all(ev, &w[i + 1], results);
    }
    if (left && !s->only)
        printf("\n%d more: `--only NAME` shows the values of the predictors with NAME in theirs\n", left);
    if (!found && s->only) fprintf(stderr, "icl: no predictor has `%s` in its name\n", s->only);
}

/* ---- JSON: an object a line, the task's first ---- */

static void json_tensor(struct ev *ev, struct buf *b, const char *name, const struct tensor *t)
{
    if (b->text[b->n - 1] != '{') buf_putc(b, ',');
    text_json(b, name);
    buf_putc(b, ':');
    value_json(b, value_host(ev->arena, ev->sizes, *t), ev->precision);
}

static void json_values(struct ev *ev, struct buf *b, const struct watch *w, const struct tensor *results)
{
    const char *part = NULL;
    buf_puts(b, ",\"values\":{");
    for (int i = 0; i < w->names.n; i++) {
        const struct shown_value *s = &w->names.data[i];
        bool parts = strcmp(w->names.data[0].part, w->names.data[w->names.n - 1].part) != 0;
        if (parts && (!part || strcmp(part, s->part))) {
            buf_puts(b, !part ? "" : "},");
            text_json(b, part = s->part);
            buf_puts(b, ":{");
        }
        json_tensor(ev, b, s->name, &results[s->result]);
    }
    buf_puts(b, part ? "}}}\n" : "}}\n");
}

static void json_group(struct ev *ev, const struct group *g, const struct watch *w, const struct tensor *results,
                       const struct came *came)
{
    struct session *s = ev->session;
    struct buf b = { 0 };
    buf_puts(&b, "{\"task\":");
    text_json(&b, name_of(ev, g->first->task));
    buf_printf(&b, ",\"prompt\":%lld,\"seed\":%llu", (long long)s->prompt, (unsigned long long)g->first->seed);
    json_tensor(ev, &b, "truth", &results[w[0].truth]);
    json_values(ev, &b, &w[0], results);
    for (int i = 0; i < g->n; i++) {
        const char *name = name_of(ev, g->predictor[i]);
        if (s->only && !strstr(name, s->only)) continue;
        buf_puts(&b, "{\"predictor\":");
        text_json(&b, name);
        json_tensor(ev, &b, "prediction", &came[i].prediction);
        json_tensor(ev, &b, "squared_error", &came[i].error);
        json_values(ev, &b, &w[i + 1], results);
    }
    fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
}

/* ---- one prompt ---- */

static bool replay_group(struct ev *ev, const struct group *g)
{
    struct watch *w = ARENA_ARRAY(ev->arena, struct watch, g->n + 1);
    struct came *came = ARENA_ARRAY(ev->arena, struct came, g->n + 1);
    uint64_t prompt = (uint64_t)ev->session->prompt, seed = g->first->seed;
    struct kernel *k = watch_group(ev, g, w);
    if (!k) return false;
    struct tensor *results = ARENA_ARRAY(ev->arena, struct tensor, k->f->top->results.n + 1);
    answer_prompt(ev, k, seed, prompt, results);
    for (int i = 0; i < g->n; i++) {
        struct asked one = *g->first;
        one.a = g->predictor[i];
        if (!measured_prompt(ev, &one, prompt, &came[i].prediction, &came[i].error)) return false;
    }
    if (ev->session->format == FORMAT_JSON) json_group(ev, g, w, results, came);
    else show_group(ev, g, w, results, came);
    return true;
}

/* What there is besides the task that was shown. */
static void list_groups(struct ev *ev, const struct group *g, int n, int chosen)
{
    printf("\nalso measured, shown by `--task K`:\n");
    for (int i = 0, listed = 0; i < n; i++) {
        if (i == chosen) continue;
        if (listed++ == LISTED) {
            printf("  and %d more, up to --task %d\n", n - i, n - 1);
            return;
        }
        const struct asked *r = g[i].first;
        printf("  %2d  %s, seed %llu, line %d\n", i, name_of(ev, r->task), (unsigned long long)r->seed,
               r->at->span.src ? source_line(r->at->span.src, r->at->span.from) : 0);
    }
}

/* The task that --task chooses. False: there is none such, or no such prompt; said. */
static bool choose(struct session *s, const struct group *g, int n)
{
    if (!n) {
        fprintf(stderr, "icl: the script measures nothing outside its tests: there is no prompt to replay\n");
        return false;
    }
    s->usage = true;
    if (s->task >= n) {
        fprintf(stderr, "icl: `--task %lld`: the script measures on %d task%s, the first is number 0\n",
                (long long)s->task, n, n == 1 ? "" : "s");
        return false;
    }
    if (s->prompt >= g[s->task].trials) {
        fprintf(stderr, "icl: `--prompt %lld`: the script measures prompts 0 to %lld of this task\n",
                (long long)s->prompt, (long long)g[s->task].trials - 1);
        return false;
    }
    s->usage = false;
    return true;
}

/* See replay.h. */
bool replay_program(struct ev *ev, struct program *p)
{
    struct session *s = ev->session;
    struct replay all = { 0 };
    if (!tool_check(ev, p)) return false;
    s->replay = &all;
    s->quiet = true;
    bool good = program_run(ev, p);
    s->requests.n = 0;
    s->replay = NULL;
    if (!good) return false;
    bool *done = ARENA_ARRAY(ev->arena, bool, all.asked.n + 1);
    struct group *g = ARENA_ARRAY(ev->arena, struct group, all.asked.n + 1);
    int n = 0;
    for (int i = 0; i < all.asked.n; i++)
        if (!done[i]) g[n++] = group_of(ev, &all, i, done);
    if (!choose(s, g, n) || !replay_group(ev, &g[s->task])) return false;
    if (n > 1 && s->format != FORMAT_JSON) list_groups(ev, g, n, (int)s->task);
    return true;
}
