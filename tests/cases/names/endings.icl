algorithm a given X[n, d], y[n], q[d] {
    w = X.T @ y
    q @ w
}
fn f(x) { if x { return 1 } }
fn g(x) { if x { return 1 } else { return 2 } }
fn h(x) {
    return x
    y = 3
}
fn shows(x) { print x }
layer l given h[t, k] { }
print f(1), g(2), h(3)
shows(4)
