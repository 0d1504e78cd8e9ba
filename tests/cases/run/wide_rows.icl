# Rows that are far apart in memory have room between, drawn ones too: whole, cut, transposed, of rank 3.
task wide(n: int, d: int) {
    x[n + 1, d] ~ normal(0, 1)
    u[2, 3, d]  ~ uniform(0, 1)
    s[n + 1]    ~ normal(0, 0.1)
    w = u[1, 2, :] - u[0, 1, :] + sum(u, axis = 0)[0]
    f = x @ w / d + s
    prompt x, f
}

print predictions(ridge(a = 0.5), wide(3, 64), trials = 3)
print predictions(averaging, wide(2, 36), trials = 3)
print predictions(ridge(a = 0.5), wide(3, 130), trials = 2)
