# Prompts and answers that do not fit.
algorithm rows given X[n, d], y[n], q[d] { predict X @ q }
preprocess two given X[n, d], y[n], q[d] { yield X, y }
preprocess shorter given X[n, d], y[n], q[d] { yield X[1:], y, q }
task scalar(n: int) { x ~ normal(0, 1); w[n] ~ normal(0, 1); prompt x, w }
task short(n: int) { x[n + 1, 3] ~ normal(0, 1); w[n] ~ normal(0, 1); prompt x, w }
task truthless(n: int) { x[n + 1, 3] ~ normal(0, 1); prompt x, x[:, 0] truth x }
task no_rows() { x[0, 3] ~ normal(0, 1); prompt x, x[:, 0] }
task wide(n: int) { x[n + 1, 3] ~ normal(0, 1); prompt x, x }
algorithm knows given X[n, d], y[n], q[d] knowing v[d] { predict q @ v }
algorithm knows_wrong given X[n, d], y[n], q[d] knowing w[n] { predict q[0] * w[0] }
print risk(ols, wide(3)), risk(knows, linear(3)), risk(knows_wrong, linear(3))
print risk(ols, no_rows())
