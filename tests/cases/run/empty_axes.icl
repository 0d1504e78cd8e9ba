# Parts of empty axes in kernels, reversed or not, and gradients through them.
language 1
fn f(w: real[d]) -> real { return sum(w[::-1] ** 2) }
algorithm a() given X[n, d], y[n], q[d] {
    empty = X[0:0, :]
    r = y[0:0]
    t = r[::-1]
    u = y[3:3][::2]
    v = empty[::-1, :]
    g = grad(w -> sum(w[::-1]) + sum(w[0:0][::-1]) + sum(w[1:1:2]))(q)
    h = grad(w -> sum(w[::-1] * w))(t)
    return_ = sum(t) + sum(u) + sum(v) + sum(g) + sum(h)
    predict return_
}
task none(d = 4) {
    w[d] ~ normal(0, 1)
    X[1, d] ~ normal(0, 1)
    prompt X, X @ w
}
algorithm rev() given X[n, d], y[n], q[d] {
    g = grad(c -> sum((X[::-1, :] @ c - y[::-1]) ** 2) + sum(y[::-1]))(q)
    predict q @ g
}
print risk(rev(), none(), trials = 10)
print risk(a(), noisy_linear(8, d = 3), trials = 10)
x = zeros(0)
print x[::-1], x[::2], zeros(0, 3)[::-1, :], zeros(3, 0)[:, ::-1], zeros(0)[::-2]
print grad(w -> sum(w[::-1] ** 2))(zeros(0))
