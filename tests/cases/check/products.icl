# Products whose inner sizes differ, in every place where one can stand; operands without axes.
option n: int = 40
option d: int = 20
X = ones(n, d)
y = ones(n)

algorithm inner given X[n, d], y[n], q[d] {
    w = solve(X.T @ X + eye(d), X @ y)
    predict q @ w
}

algorithm scalar given X[n, d], y[n], q[d] {
    predict 2 @ q
}

algorithm inner_product given X[n, d], y[n], q[d] {
    predict dot(q, y)
}

print X @ y
print X.T @ X @ y
