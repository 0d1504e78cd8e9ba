/* `icl explain FILE`. A walk without data finds the kernels; each is scheduled as it would be for a run, and its loops
 * are counted (cost.c). Kernels asked for at one place whose work comes from the same lines differ in sizes alone: the
 * costliest of them is told in full. */
#include "compiler/explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/answer.h"
#include "compiler/cost.h"
#include "compiler/kernel.h"
#include "runtime/clock.h"
#include "runtime/room.h"
#include "runtime/table.h"

struct entry {
    uint64_t hash;
    struct ir_func *f;
    struct span at; /* the call that asks for it */
    struct kernel_cost cost;
    int lanes;
    int64_t state;
    int others;     /* kernels like this one, and cheaper */
    bool told;      /* with another one */
    double seconds; /* measured, a block; 0: not */
};

struct explainer {
    VEC(struct entry *) entries;
    double peak;
};

/* ---- finding kernels ---- */

static struct span place_of(const struct ir_func *f)
{
    const struct ir_region *top = f->top;
    return top->results.n ? top->results.data[0]->where : (struct span){ 0 };
}

static void find(struct ev *ev, struct ir_func *f)
{
    struct explainer *x = ev->session->viewer;
    uint64_t hash = ir_hash(f);
    const char *why = NULL;
    for (int i = 0; i < x->entries.n; i++)
        if (x->entries.data[i]->hash == hash) return;
    struct loop_func *lf = kernel_loops(session_kernels(ev), ev->arena, f, &why);
    if (!lf) {
        ev_error(ev, E_INTERNAL, NULL, "%s", why);
        return;
    }
    struct entry *e = ARENA_NEW(ev->arena, struct entry);
    *e = (struct entry){ .hash = hash, .f = f, .at = place_of(f), .lanes = lf->lanes, .state = lf->scratch };
    cost_of_loops(ev->arena, lf, &e->cost);
    vec_push(ev->arena, &x->entries, e);
}

static bool has_line(const struct kernel_cost *c, const struct line_cost *l)
{
    for (int i = 0; i < c->lines.n; i++)
        if (c->lines.data[i].src == l->src && c->lines.data[i].line == l->line) return true;
    return false;
}

static bool alike(const struct entry *a, const struct entry *b)
{
    bool same = a->at.src == b->at.src && a->at.from == b->at.from && a->cost.lines.n == b->cost.lines.n;
    for (int i = 0; same && i < a->cost.lines.n; i++) same = has_line(&b->cost, &a->cost.lines.data[i]);
    return same;
}

/* Each kernel that is told stands for those like it. */
static void group(struct explainer *x)
{
    for (int i = 0; i < x->entries.n; i++)
        for (int j = 0; j < x->entries.n; j++) {
            struct entry *a = x->entries.data[i], *b = x->entries.data[j];
            if (i == j || a->told || b->told || !alike(a, b)) continue;
            if (a->cost.block.cycles < b->cost.block.cycles) continue;
            b->told = true;
            a->others += b->others + 1;
        }
}

/* ---- timing one kernel ---- */

enum { BLOCKS = 16 };

/* Seconds a block: the least of several calls of BLOCKS blocks each, in about a tenth of a second. */
static double time_calls(const struct icl_kernel *k, struct icl_kernel_args *args)
{
    double least = INFINITY, end = clock_seconds() + 0.1;
    for (int call = 0; call < 3 || clock_seconds() < end; call++) {
        double start = clock_seconds();
        k->run(args);
        double took = clock_seconds() - start;
        if (call && took < least) least = took;
        args->first += (int64_t)BLOCKS * k->lanes;
    }
    return least / BLOCKS;
}

/* Inputs of a walk without data are unknown: small numbers stand for them, which cost what all numbers cost. */
static double time_kernel(struct ev *ev, struct entry *e)
{
    const char *why = NULL;
    const struct ir_region *top = e->f->top;
    const struct icl_kernel *k = kernel_get(session_kernels(ev), e->f, &why);
    if (!k) return 0;
    void *in[e->f->inputs.n + 1], *out[top->results.n + 1], *scratch = room_new(k->scratch);
    bool good = scratch != NULL;
    for (int i = 0; i < e->f->inputs.n; i++) {
        int64_t n = ir_elements(e->f->inputs.data[i]);
        in[i] = room_new((size_t)n * 8);
        good = good && in[i];
        for (int64_t j = 0; in[i] && j < n; j++) {
            double v = 0.1 * sin((double)(j + 1));
            if (e->f->inputs.data[i]->dtype != DT_REAL) ((int64_t *)in[i])[j] = 0;
            else if (k->precision == 32) ((float *)in[i])[j] = (float)v;
            else ((double *)in[i])[j] = v;
        }
    }
    for (int i = 0; i < top->results.n; i++) {
        out[i] = room_new((size_t)ir_elements(top->results.data[i]) * 8 * BLOCKS * (size_t)k->lanes);
        good = good && out[i];
    }
    struct icl_kernel_args args = { .blocks = BLOCKS, .in = (const void *const *)in, .out = out, .scratch = scratch,
                                    .sizes = k->sizes };
    double seconds = good ? time_calls(k, &args) : 0;
    for (int i = 0; i < e->f->inputs.n; i++) free(in[i]);
    for (int i = 0; i < top->results.n; i++) free(out[i]);
    free(scratch);
    return seconds;
}

/* ---- text ---- */

/* The text of a span on one line, at most `columns` wide. */
static const char *squeezed(struct ev *ev, const struct source *src, uint32_t from, uint32_t to, int columns)
{
    struct buf b = { 0 };
    for (uint32_t i = from; i < to; i++) {
        char c = src->text[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!blank) buf_putc(&b, c);
        else if (b.n && b.text[b.n - 1] != ' ') buf_putc(&b, ' ');
    }
    while (b.n && b.text[b.n - 1] == ' ') b.n--;
    size_t n = b.n;
    while (n && utf8_columns(b.text, n) > columns)
        do n--;
        while (n && ((unsigned char)b.text[n] & 0xc0) == 0x80);
    const char *text = arena_printf(ev->arena, "%.*s%s", (int)n, b.n ? b.text : "", n < b.n ? ".." : "");
    buf_free(&b);
    return text;
}

static const char *line_text(struct ev *ev, const struct line_cost *l, int columns)
{
    uint32_t from = l->src->line_at[l->line - 1];
    uint32_t to = l->line < l->src->lines ? l->src->line_at[l->line] : (uint32_t)l->src->n;
    return squeezed(ev, l->src, from, to, columns);
}

static const char *file_name(const struct source *src)
{
    const char *slash = strrchr(src->path, '/');
    return slash ? slash + 1 : src->path;
}

static const char *amount(struct ev *ev, double v)
{
    if (v < 10000) return arena_printf(ev->arena, "%.0f", v);
    if (v < 1e7) return arena_printf(ev->arena, "%.0f thousand", v / 1e3);
    return arena_printf(ev->arena, "%.3g million", v / 1e6);
}

static const char *bytes(struct ev *ev, double v)
{
    if (v < 1024) return arena_printf(ev->arena, "%.0f bytes", v);
    if (v < 1048576) return arena_printf(ev->arena, "%.1f KiB", v / 1024);
    return arena_printf(ev->arena, "%.1f MiB", v / 1048576);
}

static double cache_size(int level)
{
    long n = sysconf(level == 1 ? _SC_LEVEL1_DCACHE_SIZE : level == 2 ? _SC_LEVEL2_CACHE_SIZE : _SC_LEVEL3_CACHE_SIZE);
    static const double usual[] = { 0, 32 << 10, 512 << 10, 8 << 20 };
    return n > 0 ? (double)n : usual[level];
}

static const char *where_kept(const struct entry *e)
{
    static const char *const names[] = { "", "within the first cache", "within the second cache",
                                         "within the third cache" };
    for (int level = 1; level <= 3; level++)
        if ((double)e->state <= cache_size(level)) return names[level];
    return "larger than the caches";
}

static double fma_share(const struct cost *c)
{
    return c->cycles > 0 ? c->work.flops / (4 * c->cycles) : 0; /* two units, two operations each */
}

static const char *bound(const struct cost *c)
{
    if (c->stores >= c->cycles * 0.999) return "stores";
    if (c->loads / 2 >= c->cycles * 0.999) return "loads";
    return c->work.slots / 4 >= c->cycles * 0.999 ? "the number of instructions" : "arithmetic";
}

static double share_of(const struct kernel_cost *c, const enum ir_op *op, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += c->share[op[i]];
    return sum;
}

/* What keeps a kernel from the peak, in words. */
static void notes(struct ev *ev, const struct entry *e, struct buf *out)
{
    static const enum ir_op draws[] = { OP_DRAW_NORMAL, OP_DRAW_UNIFORM }, products[] = { OP_MATMUL };
    static const enum ir_op functions[] = { OP_EXP, OP_LOG, OP_LOG1P, OP_EXPM1, OP_TANH, OP_SIGMOID, OP_GELU,
                                            OP_SOFTPLUS, OP_ERF, OP_SIN, OP_COS, OP_POW };
    enum { FUNCTIONS = sizeof functions / sizeof *functions };
    const struct kernel_cost *c = &e->cost;
    double drawn = share_of(c, draws, 2), functional = share_of(c, functions, FUNCTIONS);
    double moved = c->block.loads + c->block.stores;
    if ((double)e->state > cache_size(2))
        buf_printf(out, "  - the state of a block, %s, does not fit the second cache (%s)\n",
                   bytes(ev, (double)e->state), bytes(ev, cache_size(2)));
    if (drawn > 0.3) buf_printf(out, "  - %.0f %% of the instructions make random numbers\n", 100 * drawn);
    if (functional > 0.3)
        buf_printf(out, "  - %.0f %% of the instructions are elementary functions\n", 100 * functional);
    if (c->share[OP_SORT] + c->share[OP_ARGSORT] + c->share[OP_RANK] > 0.3)
        buf_puts(out, "  - most of it is sorting\n");
    if (moved > 0 && c->block.gathered > 0.2 * moved)
        buf_printf(out, "  - %.0f %% of the loads and stores go lane by lane: an index differs from prompt to prompt\n",
                   100 * c->block.gathered / moved);
    if (c->block.work.slow * 10 > c->block.cycles)
        buf_puts(out, "  - divisions and square roots take more than half of the arithmetic's time\n");
    if (!strcmp(bound(&c->block), "loads") && share_of(c, products, 1) > 0.5)
        buf_puts(out, "  - too few operands of the products stay in registers\n");
    if (c->until) buf_puts(out, "  - passes of `repeat .. until` are counted in full\n");
}

static void tell_lines(struct ev *ev, const struct entry *e)
{
    enum { LINES = 6 };
    double all = 0, rest = 0;
    int shown = 0;
    for (int i = 0; i < e->cost.lines.n; i++) all += e->cost.lines.data[i].cost.cycles;
    for (int i = 0; i < e->cost.lines.n; i++) {
        const struct line_cost *l = &e->cost.lines.data[i];
        if (!l->src || shown == LINES || l->cost.cycles < 0.01 * all) {
            rest += l->cost.cycles;
            continue;
        }
        const char *at = arena_printf(ev->arena, "%s:%d", file_name(l->src), l->line);
        if (!shown++) printf("  %6s  %s\n", "share", "line");
        printf("  %4.0f %%  %-24s %s\n", 100 * l->cost.cycles / all, at, line_text(ev, l, 44));
    }
    if (rest > 0.01 * all && shown) printf("  %4.0f %%  %s\n", 100 * rest / all, "elsewhere");
}

static void tell(struct ev *ev, const struct explainer *x, struct entry *e, int number)
{
    const struct cost *c = &e->cost.block;
    struct buf b = { 0 };
    printf("\n%d. %s", number, e->at.src ? squeezed(ev, e->at.src, e->at.from, e->at.to, 60) : "a kernel");
    if (e->at.src) printf("  (%s:%d)", file_name(e->at.src), source_line(e->at.src, e->at.from));
    printf("\n  name       %s", e->f->name ? e->f->name : "");
    if (e->others) printf("; the costliest of %d that differ in sizes", e->others + 1);
    printf("\n  schedule   lanes: %d prompts side by side, reals of %d bits, state %s, %s\n", e->lanes, e->f->precision,
           bytes(ev, (double)e->state), where_kept(e));
    printf("  a prompt   %s flops, %s read, %s written\n", amount(ev, c->work.flops),
           bytes(ev, c->load_bytes / e->lanes), bytes(ev, c->store_bytes / e->lanes));
    printf("  predicted  at least %s cycles a block, bound by %s: at most %.0f %% of the peak\n", amount(ev, c->cycles),
           bound(c), 100 * fma_share(c));
    if (e->seconds > 0)
        printf("  measured   %.3g prompts a second on one thread, %.3g GFLOP/s: %.0f %% of the peak of %.3g\n",
               e->lanes / e->seconds, 1e-9 * c->work.flops * e->lanes / e->seconds,
               100 * c->work.flops * e->lanes / e->seconds / x->peak, 1e-9 * x->peak);
    tell_lines(ev, e);
    notes(ev, e, &b);
    if (b.n) fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
}

/* ---- JSON: an object a line ---- */

static void json_text(const char *text)
{
    struct buf b = { 0 };
    text_json(&b, text);
    fwrite(b.text, 1, b.n, stdout);
    buf_free(&b);
}

static void tell_json(struct ev *ev, const struct explainer *x, const struct entry *e)
{
    const struct cost *c = &e->cost.block;
    printf("{\"call\":");
    json_text(e->at.src ? squeezed(ev, e->at.src, e->at.from, e->at.to, 1000) : "");
    printf(",\"line\":%d,\"name\":", e->at.src ? source_line(e->at.src, e->at.from) : 0);
    json_text(e->f->name ? e->f->name : "");
    printf(",\"alike\":%d,\"schedule\":\"lanes\",\"lanes\":%d,\"precision\":%d,\"state_bytes\":%lld,\"flops\":%.0f",
           e->others, e->lanes, e->f->precision, (long long)e->state, c->work.flops);
    printf(",\"bytes_read\":%.0f,\"bytes_written\":%.0f,\"cycles_block\":%.0f,\"bound\":\"%s\",\"peak_share\":%.4f",
           c->load_bytes / e->lanes, c->store_bytes / e->lanes, c->cycles, bound(c), fma_share(c));
    if (e->seconds > 0)
        printf(",\"prompts_per_second\":%.6g,\"flops_per_second\":%.6g,\"peak\":%.6g", e->lanes / e->seconds,
               c->work.flops * e->lanes / e->seconds, x->peak);
    printf(",\"lines\":[");
    for (int i = 0; i < e->cost.lines.n; i++) {
        const struct line_cost *l = &e->cost.lines.data[i];
        printf("%s{\"file\":", i ? "," : "");
        json_text(l->src ? l->src->path : "");
        printf(",\"line\":%d,\"flops\":%.0f,\"cycles_block\":%.0f}", l->line, l->cost.work.flops, l->cost.cycles);
    }
    printf("]}\n");
}

/* See explain.h. */
bool explain_program(struct ev *ev, struct program *p)
{
    struct explainer x = { .peak = 0 };
    struct session *s = ev->session;
    s->viewer = &x;
    s->show_kernel = find;
    bool good = program_check(ev, p);
    s->show_kernel = NULL;
    s->viewer = NULL;
    if (!good) return false;
    group(&x);
    if (s->measure) x.peak = machine_peak(ev->precision);
    if (s->format != FORMAT_JSON) printf("%d kernel%s\n", x.entries.n, x.entries.n == 1 ? "" : "s");
    for (int i = 0, number = 0; i < x.entries.n; i++) {
        struct entry *e = x.entries.data[i];
        if (e->told) continue;
        if (s->measure && !(s->stop && *s->stop)) e->seconds = time_kernel(ev, e);
        if (s->format == FORMAT_JSON) tell_json(ev, &x, e);
        else tell(ev, &x, e, ++number);
    }
    return true;
}
