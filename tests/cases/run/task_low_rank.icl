# Labels of three entries, a weight matrix of rank one.
# flags: --progress never
language 1
## Labels with three entries and a weight matrix of rank one: reduced-rank regression beside ridge.
option trials: int = 100
d = 5
k = 3
task lowrank(n: int, sigma = 0.5) {
    a[d] ~ normal(0, 1)
    b[k] ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    e[n + 1, k] ~ normal(0, sigma)
    f = x @ outer(a, b)
    prompt x, f + e truth f
}
algorithm ridge_multi(λ = 0.25) given X[n, d], Y[n, k], q[d] {
    predict q @ solve(X.T @ X + λ * eye(d), X.T @ Y)
}
algorithm reduced_rank() given X[n, d], Y[n, k], q[d] {
    B = solve(X.T @ X + 1e-6 * eye(d), X.T @ Y)
    F = X @ B
    values, V = eigh(F.T @ F)
    top = V[:, -1] + 0 * sum(values)
    predict (q @ B @ top) * top
}
print risk(ridge_multi, lowrank(10), trials = trials)
print risk(reduced_rank, lowrank(10), trials = trials)
print predictions(ridge_multi, lowrank(10), trials = 3).shape
