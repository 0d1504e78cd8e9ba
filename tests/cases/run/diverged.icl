# Predictions that are not finite are counted, left out of the mean, and never chosen by `tune`.
language 1

task noisy(n: int) {
    x[n + 1, 2] ~ normal(0, 1)
    side        ~ rademacher()
    prompt x, x[:, 0] * side
}

algorithm sometimes given X[n, d], y[n], q[d] {
    predict log(y[0] * X[0, 0])
}

algorithm scaled(by: real) given X[n, d], y[n], q[d] {
    predict exp(by * by * 100) * q[0]
}

r = risk(sometimes, noisy(3), trials = 64)
print r.nonfinite > 16, r.nonfinite < 48, r.trials
print "{risk(scaled(100.0), noisy(3), trials = 64)}"
print tune(scaled(by in [100.0, 0.1, 1.0]), noisy(3), trials = 64).by
