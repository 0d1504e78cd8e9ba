# Parameters, layers, taps.
layer twice(width: int) given h[t, k] {
    param W[k, width] = 0
    param W[k, width] = 1
    return h @ W
}
layer wrong(width: int) given h[t, k] {
    param W[k, width] = ones(3)
    return h @ W
}
architecture uses given X[n, d], y[n], q[d] {
    h = twice(X, 4)
    g = wrong(X, 4)
    u = twice(width = 3)
    predict sum(h) + sum(g) + sum(u)
}
architecture odd given X[n, d] { predict X }
fn outside(x) { return linear(x, 3) }
algorithm inside given X[n, d], y[n], q[d] { predict linear(X, 3)[0, 0] }
m = init(uses(), linear(5))
print m
