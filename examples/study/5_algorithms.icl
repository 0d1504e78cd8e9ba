# When does it pay to preprocess? Risk over the number of examples: descent, descent on correlated features, ridge, lasso,
# exact Bayes for Gaussian weights, and who knew the support. The second table is a harder setting, with more features and fewer of them in use.
language 1

option trials: int = 4096

import "setting.icl" only prompts, d, s, sigma

results = sweep n in [8, 16, 32, 64], method in [
    ridge(a = sigma ** 2 * d / s),
    tune(gd(steps = 32, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 512, seed = 1),
    tune(correlate then gd(steps = 32, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 512, seed = 1),
    tune(lasso(alpha in [0.02, 0.05, 0.1, 0.2, 0.4]), prompts(n), trials = 512, seed = 1),
    bayes_sparse(s = s, sigma = sigma), oracle()
] {
    record risk = risk(method, prompts(n), trials = trials)
}
print results
plot results { x = n, y = risk / s, series = method, xscale = "log", yscale = "log", band = "90%",
               xlabel = "examples in the context", ylabel = "excess risk / s" } to "algorithms.svg"

## `prompts` with sizes of its own.
task sparser(n: int) {
    w[64]        ~ sparse(4, rademacher())
    x[n + 1, 64] ~ normal(0, 1)
    noise[n + 1] ~ normal(0, 0.5)
    f = x @ w
    prompt x, f + noise truth f
}

harder = sweep n in [24, 48, 96, 192], method in [
    ridge(a = 4.0),
    tune(gd(steps = 64, eta in logspace(-2, 0, 9), relative = true), sparser(n), trials = 256, seed = 1),
    tune(correlate then gd(steps = 64, eta in logspace(-2, 0, 9), relative = true), sparser(n), trials = 256, seed = 1),
    tune(lasso(alpha in [0.05, 0.1, 0.2, 0.4]), sparser(n), trials = 256, seed = 1),
    oracle()
] {
    record risk = risk(method, sparser(n), trials = trials)
}
print harder
plot harder { x = n, y = risk / 4, series = method, xscale = "log", yscale = "log", band = "90%",
              xlabel = "examples in the context", ylabel = "excess risk / s", title = "d = 64, s = 4, noise 0.5" } to "algorithms_sparser.svg"
