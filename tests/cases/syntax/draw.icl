task t(n: int) {
    x[n] ~ rademacher
    y ~ 3
    f(x) ~ normal(0, 1)
    z[1:n] ~ normal(0, 1)
    prompt x, y
}
