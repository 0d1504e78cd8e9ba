language 1
option d: int = 8
algorithm open(steps = 3) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat steps {
        w = w - X.T @ (X @ w - y) / n
    # the loop's brace was never closed
    predict q @ w
}
print 1 1
