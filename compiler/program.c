/* A script as a whole: the library under it, its definitions first, then its statements in order; imports bring
 * definitions, options and the values these need; tests run with what they need and nothing else. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/damage.h"
#include "compiler/inspect.h"
#include "compiler/program.h"
#include "compiler/rehearse.h"
#include "lang/names.h"
#include "lang/parse.h"
#include "lang/std.h"

struct program {
    struct ast *file;
    const char *path;
    struct program *imported[32]; /* by number of the import statement */
};

static struct scope *top_scope(struct ev *ev, struct scope *up)
{
    struct scope *s = scope_new(ev, up);
    s->script = true;
    return s;
}

/* What models are made of has names of its own. */
static bool is_part(const struct ast *def)
{
    return def->integer == DEF_LAYER || def->integer == DEF_OPTIMIZER;
}

void library_load(struct ev *ev)
{
    ev->std = top_scope(ev, NULL);
    ev->parts = top_scope(ev, ev->std);
    for (int i = 0; i < std_files_count; i++) {
        char *path = arena_printf(ev->arena, "<std>/%s", std_files[i].name);
        struct source *src = source_new(ev->arena, path, std_files[i].text, std_files[i].n);
        struct ast *file = parse_source(ev->arena, ev->names, src, ev->diags, NULL);
        for (int k = 0; k < file->n; k++)
            if (file->kid[k]->kind == A_DEF)
                ev_define(ev, is_part(file->kid[k]) ? ev->parts : ev->std, file->kid[k], true);
    }
}

/* ---- names ---- */

/* What stands around a file: builtins, the library, what its imports bring, and what was said before in a REPL. */
struct around {
    struct ev *ev;
    const struct program *p;
    struct scope *before; /* NULL: nothing */
};

static bool brings(const struct program *module, const struct ast *import, str name)
{
    for (int i = 0; i < import->n; i++)
        if (import->kid[i]->name == name) return true;
    for (int i = 0; module && import->n == 0 && i < module->file->n; i++) {
        const struct ast *e = module->file->kid[i];
        if ((e->kind == A_DEF || e->kind == A_OPTION) && e->name == name) return true;
    }
    return false;
}

static bool outer_name(void *data, str name, bool *script_only)
{
    const struct around *a = data;
    const struct builtin *b = builtin_find(name);
    *script_only = b && b->level == LEVEL_SCRIPT;
    if (b || scope_find(a->ev->parts, name) || (a->before && scope_find(a->before, name))) return true;
    for (int i = 0, n = 0; i < a->p->file->n; i++)
        if (a->p->file->kid[i]->kind == A_IMPORT && brings(a->p->imported[n++], a->p->file->kid[i], name)) return true;
    return false;
}

static bool distribution_name(void *data, str name)
{
    (void)data;
    return dist_find(name) != NULL;
}

static void outer_names(void *data, void (*visit)(void *, const char *), void *to)
{
    const struct around *a = data;
    for (int i = 0; i < builtin_count; i++) visit(to, builtins[i].name);
    for (int i = 0; i < a->ev->std->names.n; i++) visit(to, a->ev->std->names.data[i].name);
    for (int i = 0; i < a->ev->parts->names.n; i++) visit(to, a->ev->parts->names.data[i].name);
    for (int i = 0; a->before && i < a->before->names.n; i++) visit(to, a->before->names.data[i].name);
}

static void link_name(void *data, const struct names_link *link)
{
    const struct around *a = data;
    inspect_link(a->ev->inspect, link);
}

static struct names_outer around_names(struct around *a)
{
    return (struct names_outer){ a, outer_name, distribution_name, outer_names, a->ev->inspect ? link_name : NULL };
}

/* ---- loading ---- */

static const char *beside(struct ev *ev, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    if (!slash || name[0] == '/') return name;
    return arena_printf(ev->arena, "%.*s/%s", (int)(slash - path), path, name);
}

static struct program *load(struct ev *ev, const char *path, const struct ast *at, int depth);
static struct program *of_source(struct ev *ev, const struct source *src, int depth);

static void load_imports(struct ev *ev, struct program *p, int depth)
{
    int n = 0;
    for (int i = 0; i < p->file->n; i++) {
        const struct ast *e = p->file->kid[i];
        if (e->kind != A_IMPORT) continue;
        if (n == 32 || depth > 16) {
            ev_error(ev, E_IMPORT, e,
                     n == 32 ? "more than 32 imports" : "imports are nested too deeply: does a file import itself?");
            return;
        }
        p->imported[n++] = load(ev, beside(ev, p->path, e->text), e, depth + 1);
    }
}

/* A file that a built program carries, or that is open in an editor. */
static struct source *held(struct ev *ev, const struct embedded_file *f, const char *path)
{
    for (; f && f->path; f++)
        if (!strcmp(f->path, path)) return source_new(ev->arena, f->path, f->text, f->n);
    return NULL;
}

void program_each_source(const struct program *p, void (*each)(const struct source *, void *), void *data)
{
    each(p->file->span.src, data);
    for (int i = 0; i < 32 && p->imported[i]; i++) program_each_source(p->imported[i], each, data);
}

static struct program *load(struct ev *ev, const char *path, const struct ast *at, int depth)
{
    const char *why = "it is not part of this program";
    const struct session *s = ev->session;
    struct source *src = held(ev, s->embedded ? s->embedded : s->open_files, path);
    if (!src && !s->embedded) src = source_read(ev->arena, path, &why);
    if (!src) {
        if (at) ev_error(ev, E_IMPORT, at, "cannot import `%s`: %s", path, why);
        else ev_error(ev, E_FILE_READ, NULL, "cannot read `%s`: %s", path, why);
        return NULL;
    }
    src->imported = depth > 0;
    return of_source(ev, src, depth);
}

static struct program *of_source(struct ev *ev, const struct source *src, int depth)
{
    struct program *p = ARENA_NEW(ev->arena, struct program);
    p->path = src->path;
    p->file = parse_source(ev->arena, ev->names, src, ev->diags, NULL);
    if (damage_in_syntax(ev, p->file)) load_imports(ev, p, depth);
    return p;
}

struct program *program_load(struct ev *ev, const char *path)
{
    return load(ev, path, NULL, 0);
}

struct program *program_of_source(struct ev *ev, const struct source *src)
{
    return of_source(ev, src, 0);
}

const struct ast *program_ast(const struct program *p)
{
    return p->file;
}

uint64_t program_digest(const struct program *p)
{
    const struct source *src = p->file->span.src;
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (const char *c = src ? src->text : ""; *c; c++)
        h = (h ^ (unsigned char)*c) * UINT64_C(0x100000001B3); /* FNV-1a */
    for (int i = 0; i < 32 && p->imported[i]; i++) h = h * 31 + program_digest(p->imported[i]);
    return h;
}

/* ---- what a piece of a script needs ---- */

typedef VEC(str) name_list;

static bool listed(const name_list *l, str name)
{
    for (int i = 0; i < l->n; i++)
        if (l->data[i] == name) return true;
    return false;
}

static void collect_names(struct ev *ev, const struct ast *e, name_list *out)
{
    if (!e) return;
    if (e->kind == A_NAME && !listed(out, e->name)) vec_push(ev->arena, out, e->name);
    for (int i = 0; i < e->n; i++) collect_names(ev, e->kid[i], out);
}

static bool assigns(const struct ast *e, str name)
{
    if (e->kind != A_ASSIGN && e->kind != A_UPDATE) return false;
    const struct ast *t = e->kid[0];
    if (t->kind != A_TUPLE) return t->name == name;
    for (int i = 0; i < t->n; i++)
        if (t->kid[i]->name == name) return true;
    return false;
}

/* The top-level statements that give the names on the list a value, and, transitively, those these need. */
static bool *needed(struct ev *ev, const struct ast *file, name_list *names)
{
    bool *need = ARENA_ARRAY(ev->arena, bool, file->n + 1);
    for (int i = 0; i < names->n; i++)
        for (int k = 0; k < file->n; k++) {
            const struct ast *e = file->kid[k];
            bool gives = e->kind == A_IMPORT || assigns(e, names->data[i]) ||
                         ((e->kind == A_DEF || e->kind == A_OPTION) && e->name == names->data[i]);
            if (!gives || need[k]) continue;
            need[k] = true;
            if (e->kind != A_IMPORT) collect_names(ev, e, names);
        }
    return need;
}

/* ---- options ---- */

/* What the command line gives; of several the last. */
static const struct option_value *given(struct ev *ev, const char *name)
{
    struct session *s = ev->session;
    for (int i = s->noptions - 1; i >= 0; i--)
        if (!strcmp(s->options[i].name, name)) return &s->options[i];
    return NULL;
}

static struct value *wrong_option(struct ev *ev, const struct ast *e, const struct option_value *o, const char *wanted)
{
    struct diag *m = o->bare ? ev_error(ev, E_OPTION_VALUE, e, "`--%s` needs a value: %s", e->name, wanted)
                             : ev_error(ev, E_OPTION_VALUE, e, "`--%s %s` is not %s", e->name, o->text, wanted);
    diag_label(m, e->span, "declared here");
    ev->session->usage = true;
    return &value_error;
}

/* The value of an option from its text; its type is written, or its default's. */
static struct value *parse_option(struct ev *ev, const struct ast *e, const struct value *like,
                                  const struct option_value *o)
{
    char *end = NULL, clean[64];
    const char *type = e->kid[0] ? e->kid[0]->name : like->kind == V_STRING ? "string" : "";
    enum dtype t = !strcmp(type, "int")    ? DT_INT
                   : !strcmp(type, "bool") ? DT_BOOL
                   : !strcmp(type, "real") ? DT_REAL
                   : like->kind == V_TENSOR ? like->dtype
                                            : DT_REAL;
    if (!strcmp(type, "string")) return o->bare ? wrong_option(ev, e, o, "a text") : value_string(ev->arena, o->text);
    if (t == DT_BOOL) {
        bool on = !strcmp(o->text, "true");
        return on || !strcmp(o->text, "false") ? value_bool(ev->arena, on) : wrong_option(ev, e, o, "true or false");
    }
    size_t n = 0;
    for (const char *p = o->text; *p && n < sizeof clean - 1; p++)
        if (*p != '_') clean[n++] = *p;
    clean[n] = 0;
    errno = 0;
    if (t == DT_INT) {
        long long v = strtoll(clean, &end, 10);
        if (!n || *end || errno) return wrong_option(ev, e, o, "a whole number");
        return value_int(ev->arena, size_symbol(ev->sizes, e->name, SIZE_VALUED, v, e->span, "the option"));
    }
    double v = strtod(clean, &end);
    if (!n || *end || !isfinite(v)) return wrong_option(ev, e, o, "a number");
    return value_real(ev->arena, ev->precision == 32 ? (float)v : v, false);
}

/* The default has the type that is written, and is something that a command line can say. */
static bool option_type(struct ev *ev, const struct ast *e, const struct value *v)
{
    const char *type = e->kid[0] ? e->kid[0]->name : NULL;
    bool scalar = v->kind == V_TENSOR && !v->rank;
    bool sayable = scalar || v->kind == V_STRING;
    bool fits = !type                    ? sayable
                : !strcmp(type, "string") ? v->kind == V_STRING
                : !strcmp(type, "bool")   ? scalar && v->dtype == DT_BOOL
                : !strcmp(type, "int")    ? scalar && v->dtype == DT_INT
                : !strcmp(type, "real")   ? scalar && v->dtype != DT_BOOL
                                          : false;
    if (fits && !(type && e->kid[0]->n)) return true;
    bool known = type && !e->kid[0]->n &&
                 (!strcmp(type, "string") || !strcmp(type, "bool") || !strcmp(type, "int") || !strcmp(type, "real"));
    const struct ast *at = known || !type ? e->kid[1] : e->kid[0];
    struct diag *m = ev_error(ev, E_TYPE, at,
                              known ? "`%s` is declared %s, its default is %s"
                                    : "`%s`: an option is an int, a real, a bool or a string",
                              e->name, type, value_type(ev->arena, v));
    if (at == e->kid[1]) ev_show(ev, m, at, v);
    return false;
}

static void option(struct ev *ev, struct scope *s, const struct ast *e)
{
    struct value *v = ev_expr(ev, s, e->kid[1]);
    if (!value_poisoned(v) && !option_type(ev, e, v)) v = &value_error;
    const struct option_value *o = given(ev, e->name);
    if (o) v = parse_option(ev, e, v, o);
    else if (e->kid[0] && !strcmp(e->kid[0]->name, "real")) v = t_cast(ev, v, DT_REAL);
    if (value_is_scalar(v, DT_INT) && v->known)
        v = value_int(ev->arena, size_symbol(ev->sizes, e->name, SIZE_VALUED, v->i0, e->span, "the option"));
    if (ev->rehearsal && rehearse_option(ev, e, v)) v = rehearse_unknown(ev, v);
    scope_bind(ev, s, e->name, v, e->name_span);
}

void program_describe_option(struct ev *ev, const struct ast *e, struct buf *out)
{
    static const char *const word[] = {
        [A_INT] = "int", [A_NUMBER] = "real", [A_BOOL] = "bool", [A_STRING] = "string"
    };
    enum ast_kind kind = e->kid[1]->kind;
    bool literal = kind == A_INT || kind == A_NUMBER || kind == A_BOOL || kind == A_STRING;
    const char *left = arena_printf(ev->arena, "--%s %s", e->name,
                                    e->kid[0] ? e->kid[0]->name
                                    : literal ? word[kind]
                                              : "value");
    int pad = 24 - utf8_columns(left, strlen(left));
    buf_printf(out, "  %s%*s %s%s(default %s)\n", left, pad > 0 ? pad : 0, "", e->text ? e->text : "",
               e->text ? " " : "", ev_text(ev, e->kid[1]));
}

static void describe_option(struct ev *ev, const struct ast *e, void *out)
{
    program_describe_option(ev, e, out);
}

void program_each_option(struct ev *ev, const struct program *p,
                         void (*each)(struct ev *, const struct ast *, void *), void *data)
{
    for (int i = 0; i < p->file->n; i++)
        if (p->file->kid[i]->kind == A_OPTION) each(ev, p->file->kid[i], data);
    for (int i = 0; i < 32 && p->imported[i]; i++) program_each_option(ev, p->imported[i], each, data);
}

void program_options(struct ev *ev, struct program *p, struct buf *out)
{
    program_each_option(ev, p, describe_option, out);
}

static bool declares(const struct program *p, const char *name)
{
    for (int i = 0; i < p->file->n; i++)
        if (p->file->kid[i]->kind == A_OPTION && !strcmp(p->file->kid[i]->name, name)) return true;
    for (int i = 0; i < 32 && p->imported[i]; i++)
        if (declares(p->imported[i], name)) return true;
    return false;
}

static void offer_options(const struct program *p, struct nearest *near)
{
    for (int i = 0; i < p->file->n; i++)
        if (p->file->kid[i]->kind == A_OPTION) nearest_offer(near, p->file->kid[i]->name);
    for (int i = 0; i < 32 && p->imported[i]; i++) offer_options(p->imported[i], near);
}

const char *program_near_option(const struct program *p, const char *name)
{
    struct nearest near;
    nearest_init(&near, name);
    offer_options(p, &near);
    return near.best;
}

const char *program_unknown_option(struct ev *ev, struct program *p)
{
    for (int i = 0; i < ev->session->noptions; i++)
        if (!declares(p, ev->session->options[i].name)) return ev->session->options[i].name;
    return NULL;
}

/* ---- running ---- */

static void define_all(struct ev *ev, struct scope *s, const struct ast *file, const bool *need)
{
    for (int i = 0; i < file->n; i++)
        if (file->kid[i]->kind == A_DEF && (!need || need[i])) ev_define(ev, s, file->kid[i], false);
}

static void run_statements(struct ev *ev, struct program *p, struct scope *s, const bool *need, bool values_only);

/* A module's own scope holds all that its definitions need; the importer gets the names it asked for. */
static void import(struct ev *ev, struct program *module, struct scope *s, const struct ast *e)
{
    if (!module) return;
    struct scope *own = top_scope(ev, ev->std);
    const struct ast *file = module->file;
    name_list names = { 0 };
    for (int i = 0; i < e->n; i++) vec_push(ev->arena, &names, e->kid[i]->name);
    for (int i = 0; i < file->n && e->n == 0; i++)
        if (file->kid[i]->kind == A_DEF || file->kid[i]->kind == A_OPTION)
            vec_push(ev->arena, &names, file->kid[i]->name);
    bool *need = needed(ev, file, &names);
    define_all(ev, own, file, need);
    run_statements(ev, module, own, need, true);
    for (int i = 0; i < (e->n ? e->n : own->names.n); i++) {
        str name = e->n ? e->kid[i]->name : own->names.data[i].name;
        struct binding *b = NULL;
        for (int k = 0; k < own->names.n; k++)
            if (own->names.data[k].name == name) b = &own->names.data[k];
        if (b) scope_bind(ev, s, name, b->value, e->n ? e->kid[i]->span : e->span);
        else if (e->n) ev_error(ev, E_IMPORT, e->kid[i], "`%s` has no definition, option or value `%s`", e->text, name);
    }
}

static void run_statements(struct ev *ev, struct program *p, struct scope *s, const bool *need, bool values_only)
{
    struct frame fr = { 0 };
    int imports = 0;
    for (int i = 0; i < p->file->n && !ev_stopped(ev); i++) {
        const struct ast *e = p->file->kid[i];
        struct program *module = e->kind == A_IMPORT ? p->imported[imports++] : NULL;
        if (need && !need[i]) continue;
        if (ev->dry && ev->damaged && damage_in(ev, e)) damage_statement(ev, s, e);
        else if (e->kind == A_IMPORT) import(ev, module, s, e);
        else if (e->kind == A_OPTION) option(ev, s, e);
        else if (!values_only || e->kind == A_ASSIGN || e->kind == A_UPDATE) ev_statement(ev, s, e, &fr);
        if (!ev->dry && ev->diags->errors) ev->session->failed = true;
    }
    if (!ev->dry) ev_settle(ev);
}

static void check_defs(struct ev *ev, struct scope *s)
{
    for (int i = 0; i < s->names.n; i++) {
        const struct value *v = s->names.data[i].value;
        if (v->kind == V_FN && v->fn->kind == FN_DEF) ev_check_def(ev, (struct def *)v->fn->def);
    }
}

static void check_tests(struct ev *ev, struct program *p, struct scope *s)
{
    for (int i = 0; i < p->file->n; i++) {
        if (p->file->kid[i]->kind != A_TEST || (ev->damaged && damage_in(ev, p->file->kid[i]))) continue;
        struct frame fr = { 0 };
        ev_block(ev, scope_new(ev, s), p->file->kid[i]->kid[0], &fr);
    }
}

/* Names and places, of a file and what it imports. */
static void check_names(struct ev *ev, const struct program *p, enum names_mode mode)
{
    struct around around = { ev, p, NULL };
    struct names_outer outer = around_names(&around);
    names_check(ev->diags, p->file, &outer, mode);
    check_recursion(ev, p->file);
    for (int i = 0; i < 32 && p->imported[i]; i++) check_names(ev, p->imported[i], NAMES_IMPORTED);
}

bool program_check(struct ev *ev, struct program *p)
{
    if (!damage_in_syntax(ev, p->file)) return false;
    check_names(ev, p, NAMES_SCRIPT);
    if (damage_elsewhere(ev, p->file)) return false;
    ev->damaged = ev->diags->errors > 0;
    ev->dry = true;
    ev->script = top_scope(ev, ev->std);
    define_all(ev, ev->script, p->file, NULL);
    damage_definitions(ev, ev->script);
    run_statements(ev, p, ev->script, NULL, false);
    check_defs(ev, ev->script);
    check_tests(ev, p, ev->script);
    if (ev->inspect) damage_inspect(ev, ev->script);
    ev->dry = false;
    return ev->diags->errors == 0;
}

bool program_run(struct ev *ev, struct program *p)
{
    ev->script = top_scope(ev, ev->std);
    define_all(ev, ev->script, p->file, NULL);
    run_statements(ev, p, ev->script, NULL, false);
    return !ev->diags->errors && !ev_stopped(ev);
}

void program_values(struct ev *ev, struct program *p, str name)
{
    name_list names = { 0 };
    vec_push(ev->arena, &names, name);
    bool *need = needed(ev, p->file, &names);
    ev->script = top_scope(ev, ev->std);
    define_all(ev, ev->script, p->file, need);
    run_statements(ev, p, ev->script, need, true);
}

bool program_rehearse(struct ev *ev, struct program *p)
{
    ev->dry = ev->rehearsal = true;
    ev->script = top_scope(ev, ev->std);
    define_all(ev, ev->script, p->file, NULL);
    run_statements(ev, p, ev->script, NULL, false);
    ev->dry = ev->rehearsal = false;
    return !ev->diags->errors;
}

int program_test(struct ev *ev, struct program *p, int *passed)
{
    int failed = 0;
    *passed = 0;
    for (int i = 0; i < p->file->n; i++) {
        const struct ast *test = p->file->kid[i];
        if (test->kind != A_TEST || (ev->session->stop && *ev->session->stop)) continue;
        name_list names = { 0 };
        collect_names(ev, test, &names);
        bool *need = needed(ev, p->file, &names);
        struct scope *s = top_scope(ev, ev->std);
        define_all(ev, s, p->file, need);
        run_statements(ev, p, s, need, true);
        struct frame fr = { 0 };
        if (!ev_stopped(ev)) ev_block(ev, scope_new(ev, s), test->kid[0], &fr);
        if (!ev_stopped(ev)) ev_settle(ev);
        bool good = !ev->diags->errors && !ev_stopped(ev);
        printf("%s %s", good ? "pass" : "FAIL", test->text);
        printf(good ? "\n" : " (seed %llu)\n", (unsigned long long)ev->session->seed);
        fflush(stdout);
        *passed += good;
        failed += !good;
        diags_print(ev->diags, stderr, ev->session->color);
        ev->session->failed = false;
        ev->session->requests.n = 0;
    }
    return failed;
}

/* ---- a REPL ---- */

void program_session(struct ev *ev)
{
    ev->script = top_scope(ev, ev->std);
}

struct program *program_input(struct ev *ev, const struct source *src)
{
    struct program *p = ARENA_NEW(ev->arena, struct program);
    p->path = src->path;
    p->file = parse_source(ev->arena, ev->names, src, ev->diags, NULL);
    if (!ev->diags->errors) load_imports(ev, p, 0);
    if (ev->diags->errors) return p;
    struct around around = { ev, p, ev->script };
    struct names_outer outer = around_names(&around);
    names_check(ev->diags, p->file, &outer, NAMES_REPL);
    for (int i = 0; i < 32 && p->imported[i]; i++) check_names(ev, p->imported[i], NAMES_IMPORTED);
    return p;
}

void program_define(struct ev *ev, struct program *p)
{
    define_all(ev, ev->script, p->file, NULL);
}

void program_statement(struct ev *ev, struct program *p, int i, struct frame *fr)
{
    const struct ast *e = p->file->kid[i];
    int imports = 0;
    for (int k = 0; k < i; k++) imports += p->file->kid[k]->kind == A_IMPORT;
    if (e->kind == A_IMPORT) import(ev, p->imported[imports], ev->script, e);
    else if (e->kind == A_OPTION) option(ev, ev->script, e);
    else if (e->kind == A_TEST) ev_block(ev, scope_new(ev, ev->script), e->kid[0], fr);
    else ev_statement(ev, ev->script, e, fr);
    if (!ev->dry && ev->diags->errors) ev->session->failed = true;
}

bool ev_stopped(const struct ev *ev)
{
    return !ev->dry && (ev->session->failed || (ev->session->stop && *ev->session->stop));
}
