# What folds while a kernel is built: constants, x * 1, views of views; what does not, because bits would change: x + 0.
language 1

task plain(n: int) {
    w[3]        ~ normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm folded(scale = 2.0) given X[n, d], y[n], q[d] {
    a = (X.T).T * 1.0 - 0.0
    b = a[1:, :][1:, :] / 4
    c = sum(b, axis = 0) * (scale * 3 - 6 + 1)
    predict sum(c * q) + 0.0
}

print risk(folded(), plain(5), trials = 8)
