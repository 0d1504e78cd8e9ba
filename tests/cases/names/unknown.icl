algorithm least_squares given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X, X.T @ yy)
}
task t(n: int) {
    x[n, 4] ~ normal(0, 1)
    prompt x, x @ w
}
print risk(least_sqares, t(9))
for i in 0:3 { last = i }
print last, zzzzzzzzzz
