# Layers, architectures, paths and interventions.
architecture small(width = 4) given X[n, d], y[n], q[d] {
    h = linear(concat([X, [q]], axis = 0), width)
    tap last = h[n]
    predict sum(last)
}

task noisy(n: int) {
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0]
}

m = init(small(), noisy(4))
print risk(m with last = 0.0, noisy(4))
print risk(m with linear[0].V = 0.0, noisy(4))
print risk(m with linear[0].b[9] = 0.0, noisy(4))
print risk(m with linear[0].b[0, 0] = 0.0, noisy(4))
print risk(small(), noisy(4))
print init(ols(), noisy(4))
print ols() with last = 0.0
print linear(ones(2, 2), 3)
