language 1
task t(n: int) {
    x[n + 1, 4] ~ normal(0 1)
    w[4] ~ normal(0, 1)
    prompt x, x @ w
}
algorithm bad given X[n, d], y[n], q[d] {
    predict q @ (X @ y)
}
print risk(bad, t(8)), risc(bad, t(8))
