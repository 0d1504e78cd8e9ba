# What `icl gradcheck` differentiates reads values of the script, which it finds out first, and nothing else.
language 1
D = [[sin(1.0 * i + j) for j in 0:6] for i in 0:4]
halves = sweep whole in [1, 2] { record half = whole * 0.5 }
scale = halves.half
error_of_ols = risk(ols, noisy_linear(8, d = 2), trials = 100).mean
preprocess encode() given X[n, 4], y[n], q[4] { yield X @ D, y, q @ D }
fn scaled(x: real[2]) -> real { return sum(x * scale) * error_of_ols }
layer widened() given h[t, k] { param W[k, 2] ~ normal(0, 1); return h @ W * scale }
architecture reader() given X[n, d], y[n], q[d] { predict sum(widened(X)) + sum(y) + sum(q) }
algorithm told(k = 1) given X[n, d], y[n], q[d] knowing row[m] { predict sum(row[0:n] * y) * row[n] + k * sum(X @ q) }
assert false "this is not run"
