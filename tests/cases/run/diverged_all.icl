# `tune` finds no candidate whose predictions are all finite.
language 1

task noisy(n: int) {
    x[n + 1, 2] ~ normal(0, 1)
    prompt x, x[:, 0]
}

algorithm scaled(by: real) given X[n, d], y[n], q[d] {
    predict exp(by * 100) * q[0] + X[0, 0] + y[0]
}

print tune(scaled(by in [100.0, 200.0]), noisy(3), trials = 64)
