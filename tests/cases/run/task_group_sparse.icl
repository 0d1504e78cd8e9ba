# Groups of weights are zero together; the group lasso.
# flags: --progress never
language 1
option trials: int = 100
groups = 5
size = 3
task group_sparse(n: int, sigma = 0.3) {
    on[groups] ~ sparse(2, rademacher())
    v[groups, size] ~ normal(0, 1)
    w = reshape(reshape(abs(on), [groups, 1]) * v, [groups * size])
    x[n + 1, groups * size] ~ normal(0, 1)
    e[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + e truth f
}
algorithm group_lasso(alpha = 0.1, steps = 200) given X[n, groups * size], y[n], q[groups * size] {
    d = groups * size
    L = max(eigh(X.T @ X / n)[0])
    w = zeros(groups, size)
    repeat steps {
        g = reshape(X.T @ (X @ reshape(w, [d]) - y) / n, [groups, size])
        u = w - g / L
        r = sqrt(sum(u ** 2, axis = 1, keepdims = true) + 1e-20)
        w = relu(1 - alpha / (L * r)) * u
    }
    predict q @ reshape(w, [d])
}
algorithm oracle_group() given X[n, groups * size], y[n], q[groups * size] knowing on[g] {
    d = groups * size
    mask = reshape(broadcast(reshape(abs(on[0:groups]), [groups, 1]), [groups, size]), [d])

    Z = X * mask
    predict q @ (mask * solve(Z.T @ Z + diag(1 - mask) + 1e-9 * eye(d), Z.T @ y))
}
print risk(group_lasso, group_sparse(18), trials = trials)
print risk(oracle_group, group_sparse(18), trials = trials)
