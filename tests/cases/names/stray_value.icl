# A value in the middle of a body.
algorithm a given X[n, d], y[n], q[d] {
    w = X.T @ y
    w / n
    predict q @ w
}
print risk(a, linear(3))
