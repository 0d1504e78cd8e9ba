/* A run of hours must not fail at its end for want of a folder: before it starts, the folders of what it saves, draws
 * and keeps as checkpoints are made under --out, and absolute names are refused where nothing can be written. What is
 * known of a name then is its text and the options in it; of a name that ends in something else, the folder. Under an
 * `if`, in a function, in a test, files may never be written: they are looked at when they are. */
#include "compiler/places.h"

#include <string.h>
#include "runtime/output.h"
#include "runtime/table.h"

struct places {
    struct ev *ev;
    const struct program *p;
    bool good;
};

struct option_of {
    const char *name;
    const struct ast *found;
};

static void compare_option(struct ev *ev, const struct ast *option, void *data)
{
    (void)ev;
    struct option_of *o = data;
    if (!strcmp(option->name, o->name)) o->found = option;
}

static bool add_text(struct places *w, struct buf *out, const struct ast *e);

/* The text of a string option. False: not known. */
static bool add_option(struct places *w, struct buf *out, const char *name)
{
    const struct session *s = w->ev->session;
    struct option_of o = { .name = name };
    program_each_option(w->ev, w->p, compare_option, &o);
    if (!o.found || o.found->kid[1]->kind != A_STRING) return false;
    for (int i = s->noptions - 1; i >= 0; i--) {
        if (strcmp(s->options[i].name, name)) continue;
        buf_puts(out, s->options[i].text);
        return true;
    }
    return o.found->kid[1]->n == 0 && add_text(w, out, o.found->kid[1]);
}

/* Appends what is known of a text before the run. False: something follows that is not. */
static bool add_text(struct places *w, struct buf *out, const struct ast *e)
{
    if (e->kind == A_NAME) return add_option(w, out, e->name);
    if (e->kind != A_STRING) return false;
    if (e->n == 0) buf_puts(out, e->text);
    for (int i = 0; i < e->n; i++)
        if (!add_text(w, out, e->kid[i])) return false;
    return true;
}

/* A file can be made there: NULL, or why not. */
static const char *place(struct places *w, const char *name, bool whole)
{
    struct arena *a = w->ev->arena;
    const char *path = ev_out_path(w->ev, name), *why;
    if (whole) why = output_make_place(a, path);
    else why = output_make_place(a, arena_printf(a, "%.*s/x", (int)(strrchr(path, '/') - path), path));
    if (!why && whole && !strcmp(output_extension(path), "sqlite")) why = table_check_sqlite(a, path);
    return why;
}

static void look(struct places *w, const struct ast *e)
{
    struct buf name = { 0 };
    bool whole = add_text(w, &name, e);
    if (name.n && (whole || strchr(name.text, '/'))) {
        const char *why = ev_agree(w->ev, ev_first(w->ev) ? place(w, name.text, whole) : NULL);
        if (why) ev_error(w->ev, E_FILE_WRITE, e, "%s", why);
        w->good &= !why;
    }
    buf_free(&name);
}

static void walk(struct places *w, const struct ast *e)
{
    if (!e || e->kind == A_IF || e->kind == A_DEF || e->kind == A_TEST || e->kind == A_LAMBDA) return;
    const struct ast *path = e->kind == A_SAVE || e->kind == A_HEATMAP || e->kind == A_PLOT ? e->kid[e->n - 1] : NULL;
    if (e->kind == A_ARG && !strcmp(e->name, "checkpoint")) path = e->kid[0];
    if (path) look(w, path);
    for (int i = 0; i < e->n; i++) walk(w, e->kid[i]);
}

/* See places.h. */
bool places_make(struct ev *ev, struct program *p)
{
    struct places w = { .ev = ev, .p = p, .good = true };
    walk(&w, program_ast(p));
    return w.good;
}
