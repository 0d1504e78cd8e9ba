fn apply(A: real[n, d], w: real[d]) -> real[n] { return A @ w }
fn glue(a, b) { return a @ b }
algorithm pooled(pool: real[m, d]) given X[n, d], y[n], q[d] {
    predict q @ (pool.T @ pool @ X.T @ y)
}
algorithm mixes(W) given X[n, d], y[n], q[d] { predict q @ (W @ X.T @ y) }
preprocess widen(W) given X[n, d], y[n], q[d] { yield X @ W, y, q @ W }
task drawn(n: int, W = 1.0) { x[n + 1, 3] ~ normal(0, 1)
  prompt x, x @ W }
layer lay(W: int) given h[t, k] { param A[k, W / 2] ~ normal(0, 1)
 return h @ A }
architecture arc(width = 5) given X[n, d], y[n], q[d] { predict sum(lay(X, width)) }
