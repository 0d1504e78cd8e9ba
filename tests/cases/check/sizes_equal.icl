# Sizes that algebra shows to be equal, through local names too; two that only numbers decide.
option heads: int = 4

algorithm arithmetic given X[n, d], y[n], q[d] {
    m = n + 1
    A = concat([X, [q]], axis = 0)
    b = concat([[0.0], y])
    c = zeros(m) + b + A[:, 0]
    twice = concat([y, y]) + zeros(2 * n)
    inner = concat([X, X, X], axis = 1)[:, d:3 * d] + zeros(n, (d + 1) * 2 - 2)
    square = reshape(X @ X.T, n ** 2) + zeros(n * n)
    rest = y[1:n] + zeros(m - 2)
    predict sum(c) + sum(twice) + sum(inner) + sum(square) + sum(rest)
}

fn parts(x: real[n, k], h: int) -> real[h, n, k / h] {
    return reshape(x, [h, n, k / h])
}

print parts(ones(3, 8), heads).shape
