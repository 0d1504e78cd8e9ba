# When does it pay to preprocess the context before optimising on it?
#
# A prompt is a noisy linear regression whose weights are mostly zero. Plain gradient descent does not use that; descent
# after one pass that scales each feature by its correlation with the labels does. Measured against the number of context
# examples, beside ridge, the lasso, and a reader who is told which weights are not zero. Five seconds on two cores.
#
#     icl run preprocess_then_optimize.icl --trials 1024          quicker
#     icl run preprocess_then_optimize.icl --d 128 --s 2          another setting
language 1

option d: int      = 64    "features"
option s: int      = 4     "weights that are not zero"
option sigma: real = 0.5   "standard deviation of the noise"
option steps: int  = 48    "gradient steps"
option trials: int = 8192  "prompts a point"

## s weights are 1 or -1, the others 0.
task sparse_signs(n: int) {
    w[d]         ~ sparse(s, rademacher())
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

## x -> diag(r) x with r = X'y / n: features that go with the labels are made large, so descent finds them first.
preprocess scale_by_correlation given X[n, d], y[n], q[d] {
    r = y @ X / n
    yield X * r, y, q * r
}

# Step sizes in units of 1/L, L the largest eigenvalue of X'X / n; each algorithm is tuned on 512 prompts of its own.
etas = logspace(-2, 0, 9)

results = sweep n in 16:129:16, method in [
    zero(),
    ridge(a = sigma ** 2 * d / s),
    tune(gd(steps, eta in etas, relative = true), sparse_signs(n), trials = 512, seed = 1),
    tune(scale_by_correlation then gd(steps, eta in etas, relative = true), sparse_signs(n), trials = 512, seed = 1),
    tune(lasso(alpha in [0.02, 0.05, 0.1, 0.2]), sparse_signs(n), trials = 512, seed = 1),
    oracle()
] {
    record risk = risk(method, sparse_signs(n), trials = trials)
}

print results
save results to "preprocess_then_optimize.csv"
plot results {
    x = n, y = risk, series = method, yscale = "log",
    title = "Sparse regression, d = {d}, s = {s}, σ = {sigma}",
    xlabel = "context examples", ylabel = "excess risk"
} to "preprocess_then_optimize.svg"
