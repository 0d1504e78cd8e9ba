# Joining, stacking and reshaping.
algorithm append given X[n, d], y[n], q[d] {
    A = concat([X, q], axis = 0)
    predict sum(A)
}

algorithm wide given X[n, d], y[n], q[d] {
    A = concat([X, [y]], axis = 0)
    predict sum(A)
}

print stack([ones(2), ones(3)])
print concat([])
print concat([1.0, 2.0])
print reshape(ones(6), [2, 4])

algorithm flat given X[n, d], y[n], q[d] {
    predict sum(reshape(X, n + d))
}
