algorithm a given X[n, d], y[n] { predict 0 }
task t(n: int) given X[n] { x[n] ~ normal(0, 1); prompt x, x }
fn f(x, x) given y { return x }
layer l given x[t], x[t] knowing w { return x }
