/* Models that are made and kept: initial values, and safetensors files, whose tensor names are the parameters'
 * paths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/model.h"
#include "compiler/rehearse.h"
#include "compiler/script.h"
#include "compiler/train.h"
#include "lang/source.h"
#include "runtime/output.h"
#include "runtime/safetensors.h"

#define OPTIMIZER "optimizer/" /* names of the optimizer's states start so */

static struct value *model_of(struct ev *ev, const struct instance *arch, int n, struct weight *weight)
{
    struct model *m = ARENA_NEW(ev->arena, struct model);
    *m = (struct model){ .arch = arch, .n = n, .weight = weight };
    return value_model(ev->arena, m);
}

/* Walks a prompt and the architecture's body, whose parameters are draws then: they are the kernel's results. */
static struct kernel *declare(struct ev *ev, const struct instance *arch, const struct instance *task, struct arch *a,
                              const struct ast *at)
{
    struct kernel *previous = ev_kernel_begin(ev, arch->def->name), *k = ev->k;
    struct frame fr;
    bool good = ev_prompt(ev, task, &fr, at);
    if (good) {
        dim n = size_sub(ev->sizes, fr.x->dims[0], size_int(ev->sizes, 1)), zero = size_int(ev->sizes, 0);
        struct value *prompt[3] = { t_slice(ev, fr.x, 0, zero, n, 1), t_slice(ev, fr.y, 0, zero, n, 1),
                                    t_at(ev, fr.x, 0, n) };
        good = ev_architecture(ev, a, arch, prompt, at)->kind == V_TENSOR;
    }
    for (int i = 0; i < a->declared.n && good; i++) {
        good = a->declared.data[i].value->kind == V_TENSOR;
        if (good) vec_push(k->f->arena, &k->f->top->results, t_node(ev, a->declared.data[i].value));
    }
    ev_kernel_end(ev, previous);
    return good && ev_passes(ev, k, at) ? k : NULL;
}

SCRIPT_BUILTIN(bi_init)
{
    (void)s, (void)b;
    struct value *arch = ev_architecture_value(ev, a->v[0], a->at[0]), *task = ev_task(ev, a->v[1], a->at[1]);
    int64_t seed = (int64_t)ev->session->seed;
    if (value_poisoned(arch)) return arch;
    if (value_poisoned(task)) return task;
    if (a->v[2] && !ev_known_int(a->v[2], &seed) && !(ev->dry && !value_ready(a->v[2]))) {
        ev_error(ev, E_VALUE, a->at[2], "`seed` is a whole number, at least 0");
        return &value_error;
    }
    struct arch walk = { 0 };
    struct kernel *k = declare(ev, arch->instance, task->instance, &walk, a->call);
    if (!k) {
        rehearse_broken(ev, a->call);
        return &value_error;
    }
    int n = walk.declared.n;
    struct weight *w = ARENA_ARRAY(ev->arena, struct weight, n + 1);
    struct tensor *result = ARENA_ARRAY(ev->arena, struct tensor, n + 1);
    if (!ev->dry) answer_once(ev, k, (uint64_t)seed, result);
    for (int i = 0; i < n; i++) {
        const struct value *node = walk.declared.data[i].value;
        w[i].path = walk.declared.data[i].path;
        w[i].value = ev->dry ? t_unknown_data(ev, DT_REAL, node->rank, node->dims)
                             : value_host(ev->arena, ev->sizes, result[i]);
    }
    struct value *model = model_of(ev, arch->instance, n, w);
    if (ev->dry || model_causal(ev, model->model, task->instance, (uint64_t)seed, a->call)) return model;
    ev->session->failed = true;
    return &value_error;
}

/* ---- safetensors ---- */

const char *checkpoint_save(struct ev *ev, const struct model *m, const struct train_state *t, const char *path)
{
    struct safetensors_draft d = { .wide = ev->precision == 64 };
    if (t) {
        safetensors_note(&d, "step", arena_printf(ev->arena, "%lld", (long long)t->step));
        safetensors_note(&d, "training", t->key);
    }
    for (int i = 0; i < m->n; i++) {
        const struct tensor *x = &m->weight[i].value->data;
        safetensors_add(&d, m->weight[i].path, x->rank, x->dims, x->r);
    }
    for (int i = 0; t && i < t->states; i++)
        safetensors_add(&d, arena_printf(ev->arena, OPTIMIZER "%s", t->name[i]), 1, &t->elements, t->state[i]);
    struct buf file = safetensors_finish(&d);
    const char *why = ev_agree(ev, ev_first(ev) ? output_write(ev->arena, path, file.text, file.n) : NULL);
    buf_free(&file);
    return why;
}

const char *model_save(struct ev *ev, const struct model *m, const char *path)
{
    return checkpoint_save(ev, m, NULL, path);
}

/* What a checkpoint says of its training. */
static void read_about(struct ev *ev, const struct safetensors *file, struct train_state *about)
{
    const char *step = NULL, *key = NULL;
    for (int i = 0; i < file->notes.n; i++) {
        const struct safetensor_note *note = &file->notes.data[i];
        if (!strcmp(note->name, "step")) step = note->text;
        if (!strcmp(note->name, "training")) key = note->text;
    }
    if (!step || !key) return;
    about->step = strtoll(step, NULL, 10);
    about->key = arena_strdup(ev->arena, key);
}

/* All tensors of a file; those of the optimizer only when `about` is wanted. */
static struct value *parse(struct ev *ev, const struct instance *arch, const char *text, size_t n,
                           struct train_state *about, const char **why)
{
    struct safetensors file;
    *why = safetensors_read(ev->arena, text, n, &file);
    if (*why) return NULL;
    if (about) read_about(ev, &file, about);
    int kept = 0;
    struct weight *w = ARENA_ARRAY(ev->arena, struct weight, file.tensors.n + 1);
    for (int i = 0; i < file.tensors.n; i++) {
        const struct safetensor *from = &file.tensors.data[i];
        if (!about && !strncmp(from->name, OPTIMIZER, strlen(OPTIMIZER))) continue;
        struct tensor t = tensor_new(ev->arena, DT_REAL, from->rank, from->dims);
        for (int64_t k = 0; k < from->elements; k++) t.r[k] = safetensor_element(from, k);
        w[kept++] = (struct weight){ .path = from->name, .value = value_host(ev->arena, ev->sizes, t) };
    }
    return model_of(ev, arch, kept, w);
}

SCRIPT_BUILTIN(bi_load)
{
    (void)s, (void)b;
    struct value *arch = ev_architecture_value(ev, a->v[0], a->at[0]), *file = a->v[1];
    if (value_poisoned(arch)) return arch;
    if (file->kind != V_STRING) {
        ev_error(ev, E_TYPE, a->at[1], "the name of a file is a string, not %s", value_type(ev->arena, file));
        return &value_error;
    }
    if (!file->text) return ev->rehearsal ? rehearse_model(ev, arch->instance) : &value_any;
    const char *why = NULL, *path = ev_out_path(ev, file->text);
    struct buf bytes = { 0 };
    why = ev_read_file(ev, path, &bytes);
    if (ev->rehearsal) return rehearse_model(ev, arch->instance);
    if (why && ev->dry) return &value_any; /* the script may write it first */
    struct value *v = why ? NULL : parse(ev, arch->instance, bytes.text, bytes.n, NULL, &why);
    buf_free(&bytes);
    if (v) return v;
    ev_error(ev, E_FILE_READ, a->call, "cannot load `%s`: %s", path, why);
    return &value_error;
}

static bool copy_tensor(const struct value *file, const char *path, double *to, int64_t n)
{
    for (int i = 0; i < file->model->n; i++) {
        if (strcmp(file->model->weight[i].path, path)) continue;
        const struct tensor *t = &file->model->weight[i].value->data;
        if (tensor_elements(t) != n) return false;
        memcpy(to, t->r, sizeof *to * (size_t)n);
        return true;
    }
    return false;
}

bool checkpoint_load(struct ev *ev, const char *path, const struct model *m, struct train_state *t, bool *other)
{
    struct buf bytes = { 0 };
    struct train_state file = { .step = -1, .key = "" };
    const char *why = ev_read_file(ev, path, &bytes);
    struct value *v = why ? NULL : parse(ev, m->arch, bytes.text, bytes.n, &file, &why);
    buf_free(&bytes);
    *other = v && strcmp(file.key, t->key);
    if (!v || *other) return false;
    bool all = true;
    for (int i = 0; i < m->n && all; i++) {
        const struct tensor *x = &m->weight[i].value->data;
        all = copy_tensor(v, m->weight[i].path, x->r, tensor_elements(x));
    }
    for (int i = 0; i < t->states && all; i++)
        all = copy_tensor(v, arena_printf(ev->arena, OPTIMIZER "%s", t->name[i]), t->state[i], t->elements);
    t->step = file.step;
    return all;
}
