# What stands inside a definition, and what does not.
fn f(x) {
    option k: int = 3
    x + 1
    return x
}
layer g(width: int) given h[t, k] {
    W[k, width] ~ normal(0, 1)
    return h @ W
}
fn a(x) { return b(x) }
fn b(x) { return c(x) }
fn c(x) { return a(x) }
print f(1), a(1)
fn noise(n) { e[n] ~ normal(0, 1); return e }
print noise(3)
