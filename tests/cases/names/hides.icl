mean = 3
task sum(n: int) { x[n] ~ normal(0, mean); prompt x, x }
algorithm a(ridge = 1.0) given X[n, d], y[n], q[d] {
    norm = ridge
    f = 1
    predict norm + f + oops
}
fn f(max) { return max }
f = f(2)
