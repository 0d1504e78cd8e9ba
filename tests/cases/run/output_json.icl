# flags: --format json
language 1

task line(n: int, sigma = 0.5) {
    w[2]         ~ normal(0, 1)
    x[n + 1, 2]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

results = sweep n in [4, 16], method in [zero(), ols()] {
    record risk = risk(method, line(n), trials = 64)
    record twice = 2.0 * n
}
print results
print results[n == 16]
print results[n == 4].risk
