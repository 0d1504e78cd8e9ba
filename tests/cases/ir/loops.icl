# Loops and builders as regions; what does not change in a loop stands before it, once.
language 1

task plain(n: int) {
    w[3]        ~ normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm search(steps: int) given X[n, d], y[n], q[d] {
    u = zeros(d)
    best = 0.0
    repeat steps until best > 10 {
        H = X.T @ X + eye(d)
        u = u - 0.1 * (H @ u - X.T @ y)
        best = max(best, sum(u ** 2))
        unused = exp(best)
    }
    table = [cos(1.0 * i * j) for i in 0:d, j in 0:d]
    predict q @ (table @ u)
}

print risk(search(4), plain(5), trials = 8)
