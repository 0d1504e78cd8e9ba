# A small sweep of the kind that is killed and goes on: phases_kill.sh.
language 1

option d: int = 16
option trials: int = 20_000

task sparse_signs(n: int, s: int, sigma: real) {
    w[d]         ~ sparse(s, rademacher())
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

phases = sweep s in [1, 4], n in 8:33:8, sigma in [0.1, 0.4, 1.6] {
    best = tune(correlate then gd(steps = 12, eta in logspace(-2, 0, 5), relative = true), sparse_signs(n, s, sigma),
                trials = 256, seed = 1)
    record gain = compare(ridge(a = sigma ** 2 * d / s), best, sparse_signs(n, s, sigma), trials = trials)
}
save phases to "phases.csv"
