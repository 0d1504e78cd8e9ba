/* The session at the terminal. All inputs share one top level, in which names are looked up when they are used: what
 * is defined anew holds for all that was defined before it. An input runs in three steps: it is parsed and its names
 * checked; it is walked without data, in the session's own scope, whose names are put back then; it runs, and when that
 * fails or is interrupted the names are put back, too. So an input changes the session as a whole or not at all. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compiler/repl.h"
#include "compiler/repl_complete.h"
#include "compiler/repl_line.h"
#include "lang/parse.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void repl_messages(struct repl *r)
{
    struct diags *ds = r->ev->diags;
    fflush(stdout);
    if (ds->n) r->last_code = diag_code_text(diag_code_of(ds->list[0]));
    diags_print(ds, stderr, r->ev->session->color);
}

void repl_reset(struct repl *r)
{
    program_session(r->ev);
    r->kept.n = r->origins.n = 0;
}

/* ---- one input ---- */

static struct repl_names names_now(struct repl *r)
{
    const struct scope *s = r->ev->script;
    size_t size = sizeof *s->names.data * (size_t)s->names.n;
    return (struct repl_names){ size ? arena_copy(r->ev->arena, s->names.data, size) : NULL, s->names.n };
}

static void put_back(struct repl *r, struct repl_names n)
{
    struct scope *s = r->ev->script;
    if (n.n) memcpy(s->names.data, n.data, sizeof *n.data * (size_t)n.n);
    s->names.n = n.n;
}

/* What a definition uses may have been defined anew: each is walked again at its next use. */
static void forget_checks(struct repl *r)
{
    const struct scope *s = r->ev->script;
    for (int i = 0; i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        if (v->kind != V_FN || v->fn->kind != FN_DEF || v->fn->def->library) continue;
        struct def *d = (struct def *)v->fn->def;
        d->checked = d->failed = false;
    }
}

/* Definitions that were not there before are walked on their own, called or not. */
static void check_new(struct repl *r, struct repl_names before)
{
    const struct scope *s = r->ev->script;
    for (int i = 0; i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        bool new = i >= before.n || before.data[i].value != v;
        if (new && v->kind == V_FN && v->fn->kind == FN_DEF) ev_check_def(r->ev, (struct def *)v->fn->def);
    }
}

/* Walks the input without data. False: errors are queued. The names are as before. */
static bool check(struct repl *r, struct program *p, const repl_again *again, struct repl_names before)
{
    struct ev *ev = r->ev;
    const struct ast *file = program_ast(p);
    struct frame fr = { 0 };
    ev->dry = true;
    program_define(ev, p);
    for (int i = 0; i < again->n; i++) ev_statement(ev, ev->script, again->data[i]->statement, &fr);
    for (int i = 0; i < file->n; i++) {
        fr = (struct frame){ 0 };
        program_statement(ev, p, i, &fr);
    }
    check_new(r, before);
    ev->dry = false;
    put_back(r, before);
    forget_checks(r);
    return ev->diags->errors == 0;
}

/* The value of a statement, shown and remembered as `_`. */
static void result(struct repl *r, const struct ast *e, struct value *v)
{
    struct ev *ev = r->ev;
    if (!v || value_poisoned(v) || v->kind == V_NONE) return;
    ev_ready(ev, v);
    if (ev_stopped(ev) || ev->diags->errors) return;
    repl_show(r, v);
    scope_bind(ev, ev->script, intern(ev->names, "_"), v, e->span);
}

/* The names whose values have been computed again. */
static void tell_again(const repl_again *again)
{
    const char *between = "again: ";
    for (int i = 0; i < again->n; i++) {
        const struct ast *target = again->data[i]->statement->kid[0];
        for (int k = 0; k < (target->kind == A_TUPLE ? target->n : 1); k++) {
            printf("%s%s", between, target->kind == A_TUPLE ? target->kid[k]->name : target->name);
            between = ", ";
        }
    }
    printf("\n");
    fflush(stdout);
}

/* Runs the input. False: it failed or was interrupted. */
static bool run(struct repl *r, struct program *p, const repl_again *again)
{
    struct ev *ev = r->ev;
    const struct ast *file = program_ast(p);
    program_define(ev, p);
    for (int i = 0; i < again->n; i++) {
        struct frame fr = { 0 };
        ev_statement(ev, ev->script, again->data[i]->statement, &fr);
    }
    if (again->n && !ev_stopped(ev) && !ev->diags->errors) tell_again(again);
    for (int i = 0; i < file->n && !ev_stopped(ev) && !ev->diags->errors; i++) {
        const struct ast *e = file->kid[i];
        struct frame fr = { 0 };
        if (e->kind == A_TEST && strcmp(e->span.src->path, REPL_PATH)) continue;
        program_statement(ev, p, i, &fr);
        if (ev_stopped(ev)) break;
        if (e->kind == A_EXPR && !strcmp(e->span.src->path, REPL_PATH)) result(r, e, fr.result);
        if (e->kind == A_TEST) printf("pass %s\n", e->text);
    }
    if (!ev_stopped(ev) && !ev->diags->errors) ev_settle(ev);
    fflush(stdout);
    return !ev_stopped(ev) && !ev->diags->errors;
}

/* The evaluator as it was, for the next input. */
static void recover(struct repl *r, const struct ev *was, struct repl_names before)
{
    struct session *s = r->ev->session;
    put_back(r, before);
    *r->ev = *was;
    s->failed = s->fault = false;
    s->requests.n = 0;
    if (interrupted) fprintf(stderr, "%sinterrupted: the session is as it was\n", r->terminal ? "\n" : ""); /* ^C */
}

static void keep(struct repl *r, const struct ast *file)
{
    for (int i = 0; i < file->n; i++) vec_push(r->ev->arena, &r->kept, file->kid[i]);
}

bool repl_input(struct repl *r, const char *path, const char *text)
{
    struct ev *ev = r->ev, was = *ev;
    struct repl_names before = names_now(r);
    r->number++;
    forget_checks(r);
    struct program *p = program_input(ev, source_new(ev->arena, path, text, strlen(text)));
    bool good = ev->diags->errors == 0;
    repl_again again = { 0 };
    if (good) again = repl_stale(r, p);
    good = good && check(r, p, &again, before);
    repl_messages(r); /* warnings come before the run */
    if (good) {
        good = run(r, p, &again);
        repl_messages(r);
    }
    if (good) {
        repl_renewed(r, &again);
        repl_follow(r, p, before);
        keep(r, program_ast(p));
    } else {
        recover(r, &was, before);
    }
    r->failed |= !good;
    return good;
}

struct value *repl_peek(struct repl *r, const char *text)
{
    struct ev *ev = r->ev, was = *ev;
    struct repl_names before = names_now(r);
    struct value *v = &value_none;
    struct frame fr = { 0 };
    forget_checks(r);
    struct program *p = program_input(ev, source_new(ev->arena, REPL_PATH, text, strlen(text)));
    ev->dry = true;
    for (int i = 0; i < program_ast(p)->n && !ev->diags->errors; i++) {
        fr = (struct frame){ 0 };
        program_statement(ev, p, i, &fr);
        v = program_ast(p)->kid[i]->kind == A_EXPR && fr.result ? fr.result : &value_none;
    }
    put_back(r, before);
    *ev = was;
    forget_checks(r);
    return ev->diags->errors ? &value_error : v;
}

/* ---- reading ---- */

/* Whether more lines belong to the text: it ends inside a bracket or a statement, or with the doc comment of a
 * definition to come. */
static bool incomplete(const char *text)
{
    struct arena a = { 0 };
    struct diags ds;
    bool more = false;
    diags_init(&ds, &a);
    const struct ast *file = parse_source(&a, interner_new(&a), source_new(&a, "", text, strlen(text)), &ds, &more);
    const char *first = text + strspn(text, " \t\n");
    bool doc = file->n == 0 && ds.errors == 0 && !strncmp(first, "##", 2);
    arena_free(&a);
    return more || doc;
}

/* One line of input, without its end. */
static void take_line(struct repl *r, const char *line)
{
    if (!r->pending.n && line[strspn(line, " \t")] == ':') {
        r->failed |= !repl_command(r, line + strspn(line, " \t"));
        return;
    }
    if (!r->pending.n && !line[strspn(line, " \t\r")]) return;
    buf_puts(&r->pending, line);
    buf_putc(&r->pending, '\n');
    if (incomplete(r->pending.text)) return;
    repl_input(r, REPL_PATH, r->pending.text);
    r->pending.n = 0;
}

/* What is left when the input ends in the middle of something. */
static void take_rest(struct repl *r)
{
    if (r->pending.n && !interrupted) repl_input(r, REPL_PATH, r->pending.text);
    r->pending.n = 0;
}

static void from_file(struct repl *r)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    while (!r->quit && !interrupted && (n = getline(&line, &capacity, stdin)) >= 0) {
        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r')) line[--n] = 0;
        take_line(r, line);
    }
    if (!r->quit) take_rest(r);
    free(line);
}

static void complete(void *ctx, const char *line, struct completion *out)
{
    struct repl *r = ctx;
    struct buf text = { 0 };
    if (r->pending.n) buf_add(&text, r->pending.text, r->pending.n);
    size_t before = text.n;
    buf_puts(&text, line);
    repl_complete(r, text.text, out);
    out->from = out->from > before ? out->from - before : 0;
    buf_free(&text);
}

static void from_terminal(struct repl *r)
{
    struct line_reader *reader = line_open(complete, r);
    printf("icl %s   :help lists commands, Ctrl-D leaves\n", PACKAGE_VERSION);
    while (!r->quit) {
        const char *line;
        enum line_end end = line_read(reader, r->pending.n ? "...> " : "icl> ", &line);
        interrupted = 0;
        if (end == LINE_CANCELLED || (end == LINE_END && r->pending.n)) {
            r->pending.n = 0;
            continue;
        }
        if (end == LINE_END) break;
        take_line(r, line);
        interrupted = 0;
    }
    line_close(reader);
}

bool repl(struct ev *ev)
{
    struct repl r = { .ev = ev, .terminal = isatty(0) && isatty(1) };
    struct sigaction action = { .sa_handler = on_interrupt }, leave = { .sa_handler = SIG_DFL };
    sigaction(SIGINT, &action, NULL);
    const int ends[] = { SIGTERM, SIGHUP, SIGXCPU };
    for (int i = 0; i < (int)(sizeof ends / sizeof *ends); i++) sigaction(ends[i], &leave, NULL);
    interrupted = 0;
    ev->session->stop = &interrupted;
    repl_reset(&r);
    if (r.terminal) from_terminal(&r);
    else from_file(&r);
    buf_free(&r.pending);
    return r.terminal || !r.failed;
}
