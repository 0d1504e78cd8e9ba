/* Unknown names: what the user may have meant, by distance to all that is visible and by habits from NumPy, PyTorch
 * and other languages. */
#include "lang/names_walk.h"
#include "lang/parse.h"

#include <string.h>

/* Starts looking for the nearest of the candidates to come; those too far away do not count. */
void nearest_init(struct nearest *n, const char *name) {
    int length = (int)strlen(name);
    n->name = name;
    n->best = NULL;
    n->distance = length < 3 ? 2 : length < 6 ? 3 : length / 3 + 1; /* one more than is near */
    if (length < 2) n->distance = 1;
}

/* Offers a candidate. */
void nearest_offer(void *data, const char *candidate) {
    struct nearest *n = data;
    int distance = edit_distance(n->name, candidate);
    if (distance >= n->distance || distance >= (int)strlen(candidate)) return;
    n->distance = distance;
    n->best = candidate;
}

static const struct {
    const char *word, *help;
} habits[] = {
    {"None", "leave the argument out"},
    {"True", "write `true`"},
    {"False", "write `false`"},
    {"absolute", "write `abs(x)`"},
    {"arange", "a range is written `0:n`; as a tensor `range(n)`"},
    {"array", "a tensor is written `[a, b, c]`"},
    {"astype", "a comparison in a sum counts; `where(c, 1.0, 0.0)` turns truth values into numbers"},
    {"bmm", "write `A @ B`: leading axes broadcast"},
    {"cat", "write `concat([a, b], axis = 0)`"},
    {"concatenate", "write `concat([a, b], axis = 0)`"},
    {"dtype", "numbers are `real`; `--precision 64` makes them binary64"},
    {"e", "write `exp(1)`"},
    {"einsum", "write it with `@`, `.T`, `reshape` and `sum(..., axis = k)`"},
    {"enumerate", "write `for i in 0:n { ... x[i] ... }`"},
    {"expand_dims", "write `[x]` or `reshape(x, [...])`"},
    {"float", "numbers are `real`: an `int` becomes one where it must"},
    {"hstack", "write `concat([a, b], axis = 1)`"},
    {"it", "`it` is the value that a `with` replaces"},
    {"len", "the sizes of x are `x.shape`"},
    {"matmul", "the matrix product is written `A @ B`"},
    {"mm", "the matrix product is written `A @ B`"},
    {"null", "leave the argument out"},
    {"permute", "write `transpose(x)` or `x.T`: it swaps the last two axes"},
    {"pi", "write `3.141592653589793`"},
    {"pinv", "write `lstsq(A, b)`"},
    {"power", "write `x ** y`"},
    {"rand", "a task draws: `x[n] ~ uniform(0, 1)`"},
    {"randn", "a task draws: `x[n] ~ normal(0, 1)`"},
    {"self", "a layer's parameters are `param` names in its body"},
    {"squeeze", "write `reshape(x, [...])`, or index the axis: `x[:, 0]`"},
    {"svd", "write `eigh(X.T @ X)`"},
    {"tensor", "a tensor is written `[a, b, c]`"},
    {"unsqueeze", "write `[x]` or `reshape(x, [...])`"},
    {"view", "write `reshape(x, [...])`"},
    {"vstack", "write `stack([a, b])` for vectors, `concat([A, B], axis = 0)` for matrices"},
};

static const char *habit(const char *name) {
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        if (!strcmp(habits[i].word, name)) return habits[i].help;
    return parse_habit(name);
}

static bool is_module(const char *name) {
    static const char *const modules[] = {"F", "jax", "jnp", "linalg", "math", "nn", "np", "numpy", "optim", "random",
                                          "scipy", "tf", "torch", NULL};
    for (int i = 0; modules[i]; i++)
        if (!strcmp(modules[i], name)) return true;
    return false;
}

/* `np.zeros(n)`: says what stands for it here. */
static void suggest_builtin(struct walker *w, struct diag *m, const struct ast *field) {
    bool script_only;
    diag_note(m, "builtins stand without a prefix");
    if (w->outer->known(w->outer->data, field->name, &script_only)) {
        diag_help(m, "did you mean `%s`?", field->name);
        diag_fix(m, field->span, field->name);
    } else if (habit(field->name))
        diag_help(m, "%s", habit(field->name));
}

/* Reports a name that nothing visible has, once a definition. `field` is what is taken from it, if anything. */
void names_unknown(struct walker *w, const struct name_scope *s, const struct ast *name, const struct ast *field) {
    for (int i = 0; i < w->reported.n; i++)
        if (w->reported.data[i] == name->name) return;
    vec_push(&w->arena, &w->reported, name->name);
    struct diag *m = diag_new(w->ds, E_UNKNOWN_NAME, name->span, "unknown name `%s`", name->name);
    if (field && is_module(name->name)) {
        suggest_builtin(w, m, field);
        return;
    }
    struct nearest n;
    nearest_init(&n, name->name);
    for (; s; s = s->up)
        for (int i = 0; i < s->names.n; i++) nearest_offer(&n, s->names.data[i]->name);
    w->outer->each(w->outer->data, nearest_offer, &n);
    if (habit(name->name))
        diag_help(m, "%s", habit(name->name));
    else if (n.best) {
        diag_help(m, "did you mean `%s`?", n.best);
        diag_fix(m, name->span, n.best);
    }
}
