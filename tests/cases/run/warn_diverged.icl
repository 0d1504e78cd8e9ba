# A step size beyond its stable range.
language 1

task easy(n: int = 8) {
    w[4] ~ normal(0, 1)
    x[n + 1, 4] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm mine(steps: int, decay = 0.5, rate = 0.1) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat steps { w = (1 - 0.001 * decay) * w - rate * X.T @ (X @ w - y) }
    predict q @ w
}

print risk(gd(steps = 200, eta = 4.0), easy, trials = 64).nonfinite > 0
print compare(correlate then mine(100), correlate then mine(100, rate = 3.0), easy, trials = 64).nonfinite > 0
print tune(gd(steps = 200, eta in [4.0, 0.1]), easy, trials = 64)
