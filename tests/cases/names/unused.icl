option d: int = 3
algorithm forgetful(steps = 3, eta = 0.1) given X[n, k], y[n], q[k] {
    w = zeros(k)
    unread = 1
    repeat steps { w = w - X.T @ (X @ w - y) / n }
    predict q @ w
}
task t(n: int) {
    x[n, 2] ~ normal(0, 1)
    u[n] ~ normal(0, 1)
    v[n] ~ normal(0, 1)
    prompt x, x[:, 0]
}
algorithm knows given X[n, k], y[n], q[k] knowing v[m] { predict v[0] }
fn ignores(a, _b) { return 1 }
