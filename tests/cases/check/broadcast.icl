# Shapes that do not broadcast: both operands are shown, and where each size comes from.
option n: int = 3

algorithm weights given X[n, d], y[n], q[d] {
    Z = X * y
    predict q @ (Z.T @ y)
}

algorithm joined given X[n, d], y[n], q[d] {
    r = concat([y, [1.0]])
    predict sum(r - y)
}

print ones(n, 4) + ones(n)
print where(ones(2) > 0, ones(3), 0.0)
