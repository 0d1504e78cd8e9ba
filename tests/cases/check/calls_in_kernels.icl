# Definitions of the library called in kernel code: nested, in lambdas, gradients, loops and preprocesses.
fn within(X: real[n, d]) -> real { return orthogonal_factor(X)[0, 0] }
fn twice(X: real[n, d]) -> real { return deeper(X, X[0]) }
fn deeper(X, v) { return smoothness(X) + soft_threshold(v, 0.1) }
algorithm a1 given X[n, d], y[n], q[d] { predict twice(X) + y[0] + q[0] }
algorithm a2 given X[n, d], y[n], q[d] { predict grad(w -> smoothness(w))(q)[0] }
algorithm a3 given X[n, d], y[n], q[d] {
    f = w -> sum(tokens(X, w, q))
    predict f(q)
}
algorithm a4 given X[n, d], y[n], q[d] { predict ridge(1.0)(X, q, q) }
algorithm a5 given X[n, d], y[n], q[d] { predict ols(X.T, y, q) }
algorithm a6 given X[n, d], y[n], q[d] { predict ridge(a = y)(X, y, q) }
algorithm a7 given X[n, d], y[n], q[d] {
    z = 0.0
    repeat 3 { z = bayes_pool(X.T)(X, y, q) }
    predict z
}
preprocess p1 given X[n, d], y[n], q[d] { yield correlate(y, X, q) }
layer l1 given h[t, k] { return attention(h[0], heads = 2) }
layer l2 given h[t, k] { return linear(h, 2.5) }
architecture r1 given X[n, d], y[n], q[d] { predict sum(linear_attention(X, 1, n)) + sum(layernorm(q)) }
print risk(linear, ols)
print risk(ols, finite_pool(5, ones(4)), trials = 4)
print risk(ols, mixture(5, p = [1.0, 2.0]), trials = 4)
print risk(ols, sparse_linear(5, d = 3, s = 7), trials = 4)
print risk(ols, weight_vectors(5), trials = 4)
print risk(correlate then drawn_weights, linear(5), trials = 4)
print gaussian_pool(3, 2.5, 3)
print sum(orthogonal_factor(grad(w -> sum(w ** 2))(ones(2, 3))))
