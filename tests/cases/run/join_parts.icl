# The parts of a tensor, joined or stacked along another axis.
language 1
x = [[1, 2, 3], [4, 5, 6]]
y = [[[i * 100 + j * 10 + k for k in 0:2] for j in 0:3] for i in 0:4]
print stack(x), stack(x, axis = 1), concat(x), stack(x, axis = -1)
print concat(y).shape, concat(y, axis = 1), stack(y, axis = 2).shape, stack(y, axis = 1)[2, 3], concat(y, axis = -1).shape
algorithm a() given X[n, d], y[n], q[d] {
    Z = concat([[X[i] * j for i in 0:n] for j in 0:3], axis = 1)
    A = stack([X[:, j] for j in 0:d], axis = 1)
    v = concat([X[i] for i in 0:n])
    predict sum(Z) * 0 + sum((A - X) ** 2) + sum((v - reshape(X, [n * d])) ** 2) + sum((Z[:, d:2 * d] - X) ** 2)
}
print risk(a, linear(5, d = 3), trials = 4), predictions(a, linear(5, d = 3), trials = 2)
