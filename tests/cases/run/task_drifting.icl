# Weights that drift, tracked by a Kalman filter.
# flags: --progress never
language 1
## Weights that drift along the context, tracked by a Kalman filter.
option trials: int = 100
d = 2
task drift(n: int, rate = 0.2, sigma = 0.5) {
    w[d] ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    f = zeros(n + 1)
    for i in 0:n + 1 {
        step[d] ~ normal(0, rate)
        f = where(range(n + 1) == i, x[i] @ w, f)
        w = w + step
    }
    e[n + 1] ~ normal(0, sigma)
    prompt x, f + e truth f
}
algorithm kalman(rate = 0.2, sigma = 0.5) given X[n, d], y[n], q[d] {
    m = zeros(d)
    P = eye(d)
    for i in 0:n {
        x = X[i]
        s = x @ P @ x + sigma ** 2
        k = P @ x / s
        m = m + k * (y[i] - x @ m)
        P = P - outer(k, x @ P) + rate ** 2 * eye(d)
    }
    predict q @ m
}
print risk(kalman, drift(20), trials = trials)
print risk(ridge(a = 0.25), drift(20), trials = trials)
print compare(kalman, ridge(a = 0.25), drift(20), trials = trials).mean < 0
print disagreement(kalman(rate = 0.0), ridge(a = 0.25), drift(20), trials = 200).max < 1e-3
