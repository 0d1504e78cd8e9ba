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
    {"absolute", "write `abs(x)`"},
    {"allclose", "write `max(abs(a - b)) < 1e-6`"},
    {"arange", "a range is written `0:n`; as a tensor `range(n)`"},
    {"array", "a tensor is written `[a, b, c]`"},
    {"astype", "a comparison in a sum counts; `where(c, 1.0, 0.0)` turns truth values into numbers"},
    {"bmm", "write `A @ B`: leading axes broadcast"},
    {"cat", "write `concat([a, b], axis = 0)`"},
    {"cbrt", "write `x ** (1 / 3)`"},
    {"ceil", "write `-floor(-x)`"},
    {"choice", "a task draws: `k ~ categorical(p)`"},
    {"clamp", "write `clip(x, low, high)`"},
    {"concatenate", "write `concat([a, b], axis = 0)`"},
    {"cosh", "write `(exp(x) + exp(-x)) / 2`"},
    {"count_nonzero", "write `sum(where(c, 1, 0))`"},
    {"det", "write `exp(logdet(A))`, which is |det A|"},
    {"dtype", "numbers are `real`; `--precision 64` makes them binary64"},
    {"e", "write `exp(1)`"},
    {"einsum", "write it with `@`, `.T`, `reshape` and `sum(..., axis = k)`"},
    {"enumerate", "write `for i in 0:n { ... x[i] ... }`"},
    {"exit", "a session ends with `:quit`, or Ctrl-D"},
    {"expand_dims", "write `[x]` or `reshape(x, [...])`"},
    {"False", "write `false`"},
    {"flip", "write `x[::-1]`"},
    {"float", "numbers are `real`: an `int` becomes one where it must"},
    {"fmod", "a remainder is `a - b * floor(a / b)`"},
    {"full_like", "write `v * ones(x.shape)`"},
    {"help", "`:help` in a session; elsewhere `icl doc NAME`"},
    {"hstack", "write `concat([a, b], axis = 1)`"},
    {"inf", "write `1 / 0`"},
    {"inner", "write `a @ b`"},
    {"isclose", "write `abs(a - b) < 1e-6`"},
    {"isfinite", "write `x - x == 0`"},
    {"isnan", "a value that is no number differs from itself: `x != x`"},
    {"it", "`it` is the value that a `with` replaces"},
    {"len", "the sizes of x are `x.shape`"},
    {"log10", "write `log(x) / log(10)`"},
    {"log2", "write `log(x) / log(2)`"},
    {"map", "write `[f(x) for x in list]`"},
    {"matmul", "the matrix product is written `A @ B`"},
    {"maximum", "write `max(a, b)`"},
    {"minimum", "write `min(a, b)`"},
    {"mm", "the matrix product is written `A @ B`"},
    {"mod", "a remainder is `a - b * floor(a / b)`"},
    {"nan", "write `0 / 0`"},
    {"ndim", "the sizes of x are `x.shape`"},
    {"None", "leave the argument out"},
    {"null", "leave the argument out"},
    {"ones_like", "write `ones(x.shape)`"},
    {"permute", "write `transpose(x)` or `x.T`: it swaps the last two axes"},
    {"pi", "write `3.141592653589793`"},
    {"pinv", "write `lstsq(A, b)`"},
    {"power", "write `x ** y`"},
    {"print", "`print` is a statement of its own"},
    {"quit", "a session ends with `:quit`, or Ctrl-D"},
    {"rand", "a task draws: `x[n] ~ uniform(0, 1)`"},
    {"randint", "a task draws: `k ~ categorical(p)`"},
    {"randn", "a task draws: `x[n] ~ normal(0, 1)`"},
    {"random", "a task draws: `x[n] ~ uniform(0, 1)`"},
    {"randperm", "a task draws: `order[n] ~ permutation()`"},
    {"reciprocal", "write `1 / x`"},
    {"remainder", "a remainder is `a - b * floor(a / b)`"},
    {"round", "write `floor(x + 0.5)`"},
    {"seed", "`icl run --seed N`, or `seed =` of what measures and trains"},
    {"self", "a layer's parameters are `param` names in its body"},
    {"shape", "the sizes of x are `x.shape`"},
    {"shuffle", "a task draws: `order[n] ~ permutation()`"},
    {"sinh", "write `(exp(x) - exp(-x)) / 2`"},
    {"size", "the sizes of x are `x.shape`"},
    {"square", "write `x ** 2`"},
    {"squeeze", "write `reshape(x, [...])`, or index the axis: `x[:, 0]`"},
    {"str", "a text holds values: `\"{x}\"`"},
    {"svd", "write `eigh(X.T @ X)`"},
    {"tan", "write `sin(x) / cos(x)`"},
    {"tensor", "a tensor is written `[a, b, c]`"},
    {"tril", "write `[A[i, j] if j <= i else 0.0 for i in 0:n, j in 0:n]`"},
    {"triu", "write `[A[i, j] if j >= i else 0.0 for i in 0:n, j in 0:n]`"},
    {"True", "write `true`"},
    {"unsqueeze", "write `[x]` or `reshape(x, [...])`"},
    {"vdot", "write `a @ b`"},
    {"view", "write `reshape(x, [...])`"},
    {"vstack", "write `stack([a, b])` for vectors, `concat([A, B], axis = 0)` for matrices"},
    {"zeros_like", "write `zeros(x.shape)`"},
    {"zip", "write `for i in 0:n { ... a[i] ... b[i] ... }`"},
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
