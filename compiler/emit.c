/* `icl emit`: the syntax tree, and every kernel that a walk without data finds, at each stage. `icl doc`. */
#include <stdio.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/emit.h"
#include "compiler/kernel.h"
#include "compiler/rehearse.h"

/* Kernels already shown, by hash. */
struct shown {
    VEC(uint64_t) hash;
};

static void show(struct ev *ev, struct ir_func *f)
{
    struct shown *s = ev->session->viewer;
    uint64_t h = ir_hash(f);
    for (int i = 0; i < s->hash.n; i++)
        if (s->hash.data[i] == h) return;
    vec_push(ev->arena, &s->hash, h);
    if (!strcmp(ev->session->stage, "ir")) {
        ir_print(stdout, f);
        return;
    }
    const struct size_symbol *symbol;
    dim open = rehearse_open_size(f, &symbol);
    if (open) {
        printf("; %s: the run decides about a size, %s: --stage=ir shows the kernel\n", f->name,
               size_str(ev->arena, open));
        return;
    }
    const char *why = NULL;
    struct buf text = { 0 };
    if (kernel_text(session_kernels(ev), f, ev->session->stage, &text, &why)) fwrite(text.text, 1, text.n, stdout);
    else ev_error(ev, E_INTERNAL, NULL, "%s", why);
    buf_free(&text);
}

void emit_begin(struct ev *ev, const char *stage)
{
    ev->session->stage = stage;
    ev->session->viewer = ARENA_NEW(ev->arena, struct shown);
    ev->session->show_kernel = show;
}

int emit_end(struct ev *ev)
{
    int n = ((const struct shown *)ev->session->viewer)->hash.n;
    ev->session->show_kernel = NULL;
    ev->session->viewer = NULL;
    fflush(stdout);
    return n;
}

bool emit_program(struct ev *ev, struct program *p)
{
    if (!strcmp(ev->session->stage, "ast")) {
        ast_print(stdout, program_ast(p));
        return true;
    }
    emit_begin(ev, ev->session->stage);
    bool good = program_check(ev, p);
    emit_end(ev);
    return good;
}

/* ---- doc ---- */

bool emit_doc(struct ev *ev, const char *name)
{
    const struct builtin *b = builtin_find(name);
    if (b) {
        printf("%s\n%s\n", b->doc, b->level == LEVEL_SCRIPT ? "(builtin, script level)" : "(builtin)");
        return true;
    }
    const struct dist *of = dist_find(name);
    struct binding *d = ev->script ? scope_find(ev->script, intern(ev->names, name)) : NULL;
    if (!d) d = scope_find(ev->parts, intern(ev->names, name));
    if (!d && of) {
        printf("%s\n(distribution)\n", of->doc);
        return true;
    }
    if (!d || d->value->kind != V_FN || d->value->fn->kind != FN_DEF) return false;
    const struct ast *e = d->value->fn->def->ast;
    if (e->text) printf("%s\n\n", e->text);
    printf("%.*s\n", (int)(e->span.to - e->span.from), e->span.src->text + e->span.from);
    if (d->value->fn->def->library) printf("(library, %s)\n", e->span.src->path);
    return true;
}
