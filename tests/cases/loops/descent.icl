# Both products of a gradient step are one pass over the rows; the state is updated in place.
language 1

task line(n: int) {
    x[n + 1, 9] ~ normal(0, 1)
    y[n + 1]    ~ normal(0, 1)
    prompt x, y
}

algorithm descent(steps: int, eta: real) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat steps { w = w - eta * (X.T @ (X @ w - y)) }
    predict sum(w) + 0 * q[0]
}

print risk(descent(3, 0.01), line(16), trials = 8)
