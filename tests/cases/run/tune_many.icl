# `tune` tries every combination of however many hyper-parameters.
algorithm nine(a = 0.0, b = 0.0, c = 0.0, d = 0.0, e = 0.0, f = 0.0, g = 0.0, h = 0.0, i = 0.0) given X[n, k], y[n], q[k] {
    predict a + b + c + d + e + f + g + h + i - 9.0
}
task nothing {
    x[5, 1] ~ normal(0, 1)
    y = 0.0 * x[:, 0]
    prompt x, y
}
two = [0.0, 1.0]
best = tune(nine(a in two, b in two, c in two, d in two, e in two, f in two, g in two, h in two, i in two), nothing, trials = 1)
print best.a, best.i
