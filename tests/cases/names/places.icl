task t(n: int) {
    x[n, 2] ~ normal(0, 1)
    predict x
}
algorithm a given X[n, d], y[n], q[d] {
    z[d] ~ normal(0, 1)
    state m = z
    predict q @ m
}
fn f(x) {
    tap h = x
    return h
}
return 3
w ~ normal(0, 1)
