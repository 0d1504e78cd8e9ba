# Products in the order of least cost: the Gram matrix before the loop, once for both loops; scalings as one number.
language 1

task plain(n: int) {
    w[3]        ~ normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm descent(steps: int, eta = 0.5) given X[n, d], y[n], q[d] {
    u = ones(d)
    repeat 4 { v = X.T @ (X @ u); u = v / norm(v) }
    L = norm(X @ u) ** 2 / n
    w = zeros(d)
    repeat steps { w = w - eta / L * X.T @ (X @ w - y) / n }
    predict q @ w
}

print risk(descent(steps = 40), plain(20), trials = 8)
print risk(descent(steps = 1), plain(20), trials = 8)
print risk(correlate then descent(steps = 40), plain(20), trials = 8)
