# Bagging, power iteration, expectation and maximisation.
# flags: --progress never
language 1
option trials: int = 100
algorithm bagging(bags: int = 4) given X[n, d], y[n], q[d] {
    w = zeros(d)
    for b in 0:bags {
        keep = where(range(n) - 4 * floor(range(n) / 4) == b, 0.0, 1.0)
        Z = X * reshape(keep, [n, 1])
        w += solve(Z.T @ Z + 0.1 * eye(d), Z.T @ y) / bags
    }
    predict q @ w
}
algorithm principal(steps: int = 500) given X[n, d], y[n], q[d] {
    C = X.T @ X
    v = ones(d) / sqrt(d)
    repeat steps until norm(C @ v - (v @ C @ v) * v) < 1e-4 * (v @ C @ v) {
        u = C @ v
        v = u / norm(u)
    }
    z = X @ v
    predict (q @ v) * (z @ y) / (z @ z)
}
algorithm pcr() given X[n, d], y[n], q[d] {
    values, V = eigh(X.T @ X)
    v = V[:, -1]
    z = X @ v
    predict (q @ v) * (z @ y) / (z @ z) + 0 * sum(values)
}
task two_lines(n: int, sigma = 0.2) {
    a[2] ~ normal(0, 1)
    z[n + 1] ~ bernoulli(0.5)
    x[n + 1, 1] ~ normal(0, 1)
    e[n + 1] ~ normal(0, sigma)
    u = x[:, 0]
    f = where(z > 0, a[0], a[1]) * u
    prompt x, f + e truth (a[0] + a[1]) / 2 * u
}
algorithm em(steps: int = 30) given X[n, d], y[n], q[d] {
    u = X[:, 0]
    a = [1.0, -1.0]
    repeat steps {
        r = reshape(y, [n, 1]) - outer(u, a)
        p = softmax(-r ** 2 / 0.08, axis = 1)
        a = (p.T @ (u * y)) / (p.T @ (u ** 2) + 1e-6)
    }
    predict q[0] * mean(a)
}
print risk(bagging, noisy_linear(12, d = 3, sigma = 0.5), trials = trials)
print disagreement(principal, pcr, skewed_linear(20, d = 4), trials = trials).max < 1e-2
print risk(em, two_lines(20), trials = trials)
