# Exponentiated gradients, Newton and proximal Newton of the logistic loss.
# flags: --progress never
language 1
option trials: int = 100
task simplex(n: int, d = 4, sigma = 0.2) {
    z[d] ~ exponential(1.0)
    w = z / sum(z)
    x[n + 1, d] ~ normal(0, 1)
    e[n + 1] ~ normal(0, sigma)
    prompt x, x @ w + e truth x @ w
}
algorithm exponentiated(steps: int = 200, η = 0.5) given X[n, d], y[n], q[d] {
    l = zeros(d)
    repeat steps {
        w = softmax(l)
        l -= η * X.T @ (X @ w - y) / n
    }
    predict q @ softmax(l)
}
algorithm newton_logistic(steps: int = 8, λ = 1.0) given X[n, d], y[n], q[d] {
    nll = w -> sum(softplus(-y * (X @ w))) + 0.5 * λ * sum(w ** 2)
    w = zeros(d)
    repeat steps { w -= solve(hessian(nll)(w), grad(nll)(w)) }
    predict 2 * sigmoid(q @ w) - 1
}
algorithm proximal_newton(α = 0.1, outer: int = 5, inner: int = 50) given X[n, d], y[n], q[d] {
    nll = w -> mean(softplus(-y * (X @ w)))
    w = zeros(d)
    repeat outer {
        v, g = value_and_grad(nll)(w)
        H = hessian(nll)(w) + 1e-3 * eye(d)
        L = max(eigh(H)[0])
        u = w + 0 * v
        repeat inner {
            s = u - (g + H @ (u - w)) / L
            u = sign(s) * relu(abs(s) - α / L)
        }
        w = u
    }
    predict 2 * sigmoid(q @ w) - 1
}
task classes(n: int, d = 3) {
    w[d] ~ normal(0, 2)
    x[n + 1, d] ~ normal(0, 1)
    u[n + 1] ~ uniform(0, 1)
    y = where(u < sigmoid(x @ w), 1.0, -1.0)
    prompt x, y truth 2 * sigmoid(x @ w) - 1
}
print risk(exponentiated, simplex(12), trials = trials)
print risk(newton_logistic, classes(20), trials = trials)
print risk(proximal_newton, classes(20), trials = trials)
