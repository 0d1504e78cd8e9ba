# A default that uses a hyper-parameter before it, in a loop.
language 1
algorithm steps(k = 2, scale = 0.1 * k, half = scale / 2) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat k { w = w - (scale - half) * X.T @ (X @ w - y) / n }
    predict q @ w
}
print disagreement(steps, gd(2, eta = 0.1), linear(4), trials = 8).max < 1e-6
print disagreement(steps(k = 4), gd(4, eta = 0.2), linear(4), trials = 8).max < 1e-6
print disagreement(steps(k = 4, half = 0.1), gd(4, eta = 0.3), linear(4), trials = 8).max < 1e-6
