# Conjugate gradients, FISTA, restarts, AdaGrad: each ends where it must.
# flags: --progress never
language 1
option trials: int = 100
T = noisy_linear(30, d = 6, sigma = 0.4)
algorithm cg(steps: int = 6, λ = 1.0) given X[n, d], y[n], q[d] {
    A = v -> X.T @ (X @ v) + λ * v
    w = zeros(d)
    r = X.T @ y
    p = r
    repeat steps until sum(r ** 2) < 1e-10 {
        Ap = A(p)
        α = sum(r ** 2) / (p @ Ap)
        w += α * p
        s = r - α * Ap
        p = s + sum(s ** 2) / sum(r ** 2) * p
        r = s
    }
    predict q @ w
}
algorithm fista(alpha = 0.05, steps: int = 300) given X[n, d], y[n], q[d] {
    L = max(eigh(X.T @ X / n)[0])
    shrink = (v, k) -> sign(v) * relu(abs(v) - k)
    w = zeros(d)
    z = w
    t = 1.0
    repeat steps {
        u = shrink(z - X.T @ (X @ z - y) / (n * L), alpha / L)
        t2 = (1 + sqrt(1 + 4 * t ** 2)) / 2
        z = u + (t - 1) / t2 * (u - w)
        w = u
        t = t2
    }
    predict q @ w
}
algorithm nesterov_restart(steps: int = 200) given X[n, d], y[n], q[d] {
    L = max(eigh(X.T @ X)[0])
    g = w -> X.T @ (X @ w - y)
    w = zeros(d)
    z = w
    k = 0.0
    repeat steps {
        u = z - g(z) / L
        back = g(z) @ (u - w) > 0
        k = where(back, 0.0, k + 1)
        z = where(back, u, u + k / (k + 3) * (u - w))
        w = u
    }
    predict q @ w
}
algorithm adagrad(steps: int = 2000, η = 0.5) given X[n, d], y[n], q[d] {
    w = zeros(d)
    v = zeros(d)
    loss = w -> mean((X @ w - y) ** 2)
    repeat steps {
        g = grad(loss)(w)
        v += g ** 2
        w -= η * g / (sqrt(v) + 1e-8)
    }
    predict q @ w
}
print disagreement(cg, ridge(a = 1.0), T, trials = trials).max < 1e-3
print disagreement(fista, lasso(alpha = 0.05), T, trials = trials).max < 1e-3
print disagreement(nesterov_restart, ols, T, trials = trials).max < 1e-2
print disagreement(adagrad, ols, T, trials = 100).max < 1e-2
print risk(cg, T, trials = trials)
