## Adds.
##   Two lines.

fn add(a: real[n + 1], b) -> real[2 * n] { return a + b }
fn two(x: real) -> (real[d], real) { return x, x }
task t(n: int, σ = 0.5, k: int = 1:3) {
    w[d] ~ sparse(2, rademacher())
    p    ~ uniform(0, 1)
    prompt x, f + noise truth f
}
## Lost: no definition follows.
x = 1
algorithm a(keep: int) given X[n, d], y[n], q[d] knowing w[d] { predict q }
algorithm bare given X[n, d], y[n], q[d] { predict q }
preprocess s() given X[n, d], y[n], q[d] { yield X, y, q }
layer attend(heads: int,)
    given h[t, k]
    -> real[t, k]
{
    param Wq[heads, k] ~ normal(0, 1 / sqrt(k))
    param b[k] = 0
    tap head = h @ Wq
    return head
}
architecture r given x[t, d], y[t] { predict x }
optimizer sgd(lr = 0.1) given p, g, t { state m = 0; m = m + g; yield p - lr * m }
