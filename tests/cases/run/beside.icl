# What is measured beside it does not change a figure, to the last bit.
task sparse_signs(n: int, d: int = 32) {
    w[d]         ~ sparse(3, rademacher())
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, 0.5)
    f = x @ w
    prompt x, f + noise truth f
}
methods = [ridge(a = 2.0), gd(steps = 12, eta = 0.5, relative = true), lasso(alpha = 0.1), oracle(),
           correlate then gd(steps = 12, eta = 0.5, relative = true)]
together = sweep n in [24, 40], method in methods { record risk = risk(method, sparse_signs(n), trials = 32) }
for k in 0:2, i in 0:5 {
    alone = risk(methods[i], sparse_signs([24, 40][k]), trials = 32)
    print methods[i], together[5 * k + i].risk == alone
}
