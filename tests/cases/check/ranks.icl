# Too few or too many axes, axes that are not there, matrices that are not square.
algorithm vector given X[n, d], y[n], q[d] {
    L = cholesky(y)
    predict L[0]
}

algorithm square given X[n, d], y[n], q[d] {
    predict logdet(X)
}

algorithm rows given X[n, d], y[n], q[d] {
    predict dot(solve(X.T @ X, y), q)
}

print sum(ones(2, 3), axis = 2)
print ones(2, 3)[0, 0, 0]
print diag(1.0)
print ones(4).T
print dot(ones(2, 2), ones(2))
