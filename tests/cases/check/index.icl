# Indices and slices that are known to lie outside their axis.
option n: int = 4
x = range(n)
print x[4], x[-5]
print x[1:6]
print x[::0]

algorithm last given X[n, d], y[n], q[d] {
    predict y[n]
}

algorithm half given X[n, d], y[n], q[d] {
    predict y[0.5]
}

algorithm many given X[n, d], y[n], q[d] {
    values, order = top_k(y, n + 1)
    predict values[0] + order[0]
}

print { a: 1 }[0]
print ones(2).sum(), zeros(3).mean
