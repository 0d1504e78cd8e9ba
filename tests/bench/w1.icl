# W1: three algorithms read the same prompts.
language 1
option trials: int = 400_000
option n: int = 40
option d: int = 16

task sparse(n: int, d: int, s: int = 4, sigma: real = 0.1) {
    w[d]         ~ sparse(s, normal(0, 1))
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

results = sweep method in [gd(steps = 50, eta = 0.1), ridge(a = 0.1), correlate then gd(steps = 50, eta = 0.02)] {
    record risk = risk(method, sparse(n, d), trials = trials)
}
print results
