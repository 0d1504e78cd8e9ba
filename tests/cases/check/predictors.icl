# Predictors, tasks and what they ask of each other.
task plain(n: int) {
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0]
}

algorithm knows given X[n, d], y[n], q[d] knowing w[d] { predict q @ w }
algorithm knows_matrix given X[n, d], y[n], q[d] knowing w[d, d] { predict q @ w @ q }

print risk(knows, plain(4))
print risk(knows_matrix, noisy_linear(4))
print risk(plain(4), ols())
print risk(gd(steps = 3, eta in [0.1, 0.2]), plain(4))
print tune(ols(), plain(4))
print tune(ridge(a in []), plain(4))
print ols() then correlate
print correlate then 3
print risk(correlate, plain(4))
