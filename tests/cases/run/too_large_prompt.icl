task large(n: int) {
    x[n + 1, 10000] ~ normal(0, 1)
    prompt x, sum(x @ x.T, axis = 1)
}
print risk(ols, large(20_000), trials = 4)
