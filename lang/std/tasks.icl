# Tasks: how a prompt of n context examples and one query is drawn.

## Linear regression without noise: w ~ N(0, I), x ~ N(0, I). Garg et al. (2022).
task linear(n: int, d = 8) {
    w[d]        ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x @ w
}

## Sparse linear regression: s of d weights are N(0, 1), the others 0; noise of standard deviation sigma.
task sparse_linear(n: int, d = 16, s = 4, sigma = 0.5) {
    w[d]         ~ sparse(s, normal(0, 1))
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}
