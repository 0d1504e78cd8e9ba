# Weights that are sparse in a dictionary; a preprocess that encodes.
# flags: --progress never
language 1
## Weights that are sparse in a dictionary shared by all prompts.
option trials: int = 100
atoms = 6
d = 4
D = [sin(1.0 + i * 3 + j * j) for i in 0:d, j in 0:atoms]
task dictionary(n: int, s: int = 1) {
    c[atoms] ~ sparse(s, normal(0, 1))
    x[n + 1, d] ~ normal(0, 1)
    e[n + 1] ~ normal(0, 0.2)
    f = x @ (D @ c)
    prompt x, f + e truth f
}
preprocess encode() given X[n, 4], y[n], q[4] { yield X @ D, y, q @ D }
print risk(encode then bayes_sparse(1, sigma = 0.2), dictionary(6), trials = trials)
print risk(encode then ridge(a = 0.24), dictionary(6), trials = trials)
print risk(ridge(a = 0.04), dictionary(6), trials = trials)
