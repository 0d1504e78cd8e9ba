# All that measures: sweeps, tuning, comparison, curves, predictions, differences; options of every kind.
option d: int = 4 "features"
option noise: real = 0.5 "standard deviation"
option trials: int = 96 "prompts"
option loud: bool = false "say more"
option label: string = "table"
option shift: int = 2

task t(n: int, sigma: real) {
    w[d] ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    e[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + e truth f
}

results = sweep n in 4:13:4, method in [
    zero(),
    ridge(a = noise ** 2),
    tune(gd(steps = 6, eta in [0.01, 0.05, 0.1]), t(n, noise), trials = 64, seed = 1),
    tune(knn(k in [1, 2]), t(n, noise), trials = 64, seed = 1),
    correlate then gd(steps = 2 * shift, eta = 0.1)
] {
    record risk = risk(method, t(n, noise), trials = trials)
}
print label, results
if results[n == 12 and method == "zero"].risk > 1 { print "zero is bad: {results[n == 12][0].risk}" }
if loud { print compare(ridge(a = 1.0), ols, t(8, noise), trials = trials) }
print curve(ridge(a = noise), t(3, noise), trials = trials)
p = predictions(ols, t(6, noise), trials = trials)
print p[0:3], mean(p)
print disagreement(ols, ridge(a = 1e-3), t(8, noise), trials = trials)
print risk(zero, t(4, noise), se = 0.5, max_trials = 2048)
save results to "results.csv"
plot results { x = n, y = risk, series = method } to "results.svg"
