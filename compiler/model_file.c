/* Models that are made and kept: initial values, and safetensors files, whose tensor names are the parameters' paths
 * (https://huggingface.co/docs/safetensors: 8 bytes of length, a JSON header, the data, little endian). */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compiler/answer.h"
#include "compiler/model.h"
#include "compiler/script.h"
#include "compiler/train.h"
#include "lang/source.h"
#include "runtime/output.h"

#define SCRIPT(name) struct value *name(struct ev *ev, struct scope *s, const struct builtin *b, struct args *a)
#define UNUSED (void)s, (void)b
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

SCRIPT(bi_init)
{
    UNUSED;
    struct value *arch = ev_architecture_value(ev, a->v[0], a->at[0]), *task = ev_task(ev, a->v[1], a->at[1]);
    int64_t seed = (int64_t)ev->session->seed;
    if (value_poisoned(arch)) return arch;
    if (value_poisoned(task)) return task;
    if (a->v[2] && !ev_known_int(a->v[2], &seed)) {
        ev_error(ev, E_VALUE, a->at[2], "`seed` is a whole number, at least 0");
        return &value_error;
    }
    struct arch walk = { 0 };
    struct kernel *k = declare(ev, arch->instance, task->instance, &walk, a->call);
    if (!k) return &value_error;
    int n = walk.declared.n;
    struct weight *w = ARENA_ARRAY(ev->arena, struct weight, n + 1);
    struct tensor *result = ARENA_ARRAY(ev->arena, struct tensor, n + 1);
    if (!ev->dry) answer_once(ev, k, (uint64_t)seed, result);
    for (int i = 0; i < n; i++) {
        const struct value *node = walk.declared.data[i].value;
        w[i].path = walk.declared.data[i].path;
        w[i].value = ev->dry ? t_unknown(ev, DT_REAL, node->rank, node->dims)
                             : value_host(ev->arena, ev->sizes, result[i]);
    }
    struct value *model = model_of(ev, arch->instance, n, w);
    if (ev->dry || model_causal(ev, model->model, task->instance, (uint64_t)seed, a->call)) return model;
    ev->session->failed = true;
    return &value_error;
}

/* ---- safetensors ---- */

/* A file being written: header and data grow side by side. */
struct writer {
    cJSON *header;
    struct buf data;
    bool wide;
};

static void put_tensor(struct writer *w, const char *name, int rank, const int64_t *dims, const double *data)
{
    cJSON *entry = cJSON_AddObjectToObject(w->header, name);
    cJSON_AddStringToObject(entry, "dtype", w->wide ? "F64" : "F32");
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape"), *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    int64_t n = 1;
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)w->data.n));
    for (int k = 0; k < rank; k++) {
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)dims[k]));
        n *= dims[k];
    }
    for (int64_t k = 0; k < n; k++) {
        float narrow = (float)data[k];
        buf_add(&w->data, w->wide ? (const char *)&data[k] : (const char *)&narrow, w->wide ? 8 : 4);
    }
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)w->data.n));
}

const char *checkpoint_save(struct ev *ev, const struct model *m, const struct train_state *t, const char *path)
{
    struct writer w = { .header = cJSON_CreateObject(), .wide = ev->precision == 64 };
    if (t) {
        cJSON *about = cJSON_AddObjectToObject(w.header, "__metadata__");
        cJSON_AddStringToObject(about, "step", arena_printf(ev->arena, "%lld", (long long)t->step));
        cJSON_AddStringToObject(about, "training", t->key);
    }
    for (int i = 0; i < m->n; i++) {
        const struct tensor *x = &m->weight[i].value->data;
        put_tensor(&w, m->weight[i].path, x->rank, x->dims, x->r);
    }
    for (int i = 0; t && i < t->states; i++)
        put_tensor(&w, arena_printf(ev->arena, OPTIMIZER "%s", t->name[i]), 1, &t->elements, t->state[i]);
    char *text = cJSON_PrintUnformatted(w.header);
    cJSON_Delete(w.header);
    size_t length = strlen(text), padded = (length + 7) / 8 * 8;
    struct buf file = { 0 };
    uint64_t little = padded;
    buf_add(&file, (const char *)&little, 8);
    buf_add(&file, text, length);
    for (size_t i = length; i < padded; i++) buf_putc(&file, ' ');
    cJSON_free(text);
    buf_add(&file, w.data.text ? w.data.text : "", w.data.n);
    const char *why = output_write(ev->arena, path, file.text, file.n);
    buf_free(&file);
    buf_free(&w.data);
    return why;
}

const char *model_save(struct ev *ev, const struct model *m, const char *path)
{
    return checkpoint_save(ev, m, NULL, path);
}

/* One tensor of a file. NULL and *why when the header does not fit the data. */
static struct value *read_tensor(struct ev *ev, const cJSON *entry, const char *data, size_t bytes, const char **why)
{
    const cJSON *type = cJSON_GetObjectItem(entry, "dtype"), *shape = cJSON_GetObjectItem(entry, "shape");
    const cJSON *offsets = cJSON_GetObjectItem(entry, "data_offsets");
    int64_t dims[IR_MAX_RANK] = { 0 }, n = 1;
    int rank = cJSON_GetArraySize(shape);
    *why = "its header is not that of a safetensors file";
    if (!cJSON_IsString(type) || !cJSON_IsArray(shape) || cJSON_GetArraySize(offsets) != 2 || rank > IR_MAX_RANK)
        return NULL;
    bool wide = !strcmp(type->valuestring, "F64");
    if (!wide && strcmp(type->valuestring, "F32")) {
        *why = arena_printf(ev->arena, "it holds %s tensors; F32 and F64 can be read", type->valuestring);
        return NULL;
    }
    for (int i = 0; i < rank; i++) {
        dims[i] = (int64_t)cJSON_GetArrayItem(shape, i)->valuedouble;
        if (dims[i] < 0 || (n && dims[i] > INT32_MAX / n)) return NULL;
        n *= dims[i];
    }
    double from = cJSON_GetArrayItem(offsets, 0)->valuedouble, to = cJSON_GetArrayItem(offsets, 1)->valuedouble;
    size_t size = wide ? 8 : 4;
    if (from < 0 || to > (double)bytes || to - from != (double)n * (double)size) return NULL;
    struct tensor t = tensor_new(ev->arena, DT_REAL, rank, dims);
    for (int64_t k = 0; k < n; k++) {
        float narrow;
        const char *p = data + (size_t)from + (size_t)k * size;
        if (wide) memcpy(&t.r[k], p, 8);
        else {
            memcpy(&narrow, p, 4);
            t.r[k] = narrow;
        }
    }
    *why = NULL;
    return value_host(ev->arena, ev->sizes, t);
}

/* All tensors of a file; those of the optimizer only when `about` is wanted. */
static struct value *parse(struct ev *ev, const struct instance *arch, const char *text, size_t n,
                           struct train_state *about, const char **why)
{
    uint64_t length;
    *why = "it is too short for a safetensors file";
    if (n < 8) return NULL;
    memcpy(&length, text, 8);
    if (length > n - 8) return NULL;
    cJSON *header = cJSON_ParseWithLength(text + 8, (size_t)length);
    *why = "its header is not JSON";
    if (!cJSON_IsObject(header)) {
        cJSON_Delete(header);
        return NULL;
    }
    int count = cJSON_GetArraySize(header), kept = 0;
    struct weight *w = ARENA_ARRAY(ev->arena, struct weight, count + 1);
    *why = NULL;
    for (const cJSON *e = header->child; e && !*why; e = e->next) {
        if (!strcmp(e->string, "__metadata__")) {
            const char *step = cJSON_GetStringValue(cJSON_GetObjectItem(e, "step"));
            const char *key = cJSON_GetStringValue(cJSON_GetObjectItem(e, "training"));
            if (about && step && key) {
                about->step = strtoll(step, NULL, 10);
                about->key = arena_strdup(ev->arena, key);
            }
            continue;
        }
        if (!about && !strncmp(e->string, OPTIMIZER, strlen(OPTIMIZER))) continue;
        w[kept].path = arena_strdup(ev->arena, e->string);
        w[kept].value = read_tensor(ev, e, text + 8 + length, n - 8 - (size_t)length, why);
        kept += !*why;
    }
    cJSON_Delete(header);
    return *why ? NULL : model_of(ev, arch, kept, w);
}

static const char *read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "rb");
    char block[65536];
    size_t n;
    if (!f) return strerror(errno);
    while ((n = fread(block, 1, sizeof block, f)) > 0) buf_add(out, block, n);
    const char *why = ferror(f) ? strerror(errno) : NULL;
    fclose(f);
    return why;
}

SCRIPT(bi_load)
{
    UNUSED;
    struct value *arch = ev_architecture_value(ev, a->v[0], a->at[0]), *file = a->v[1];
    if (value_poisoned(arch)) return arch;
    if (file->kind != V_STRING) {
        ev_error(ev, E_TYPE, a->at[1], "the name of a file is a string, not %s", value_type(ev->arena, file));
        return &value_error;
    }
    if (!file->text) return &value_any;
    const char *why = NULL, *path = ev_out_path(ev, file->text);
    struct buf bytes = { 0 };
    why = read_file(path, &bytes);
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
    const char *why = read_file(path, &bytes);
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
