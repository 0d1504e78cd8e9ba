# What a first script is like: a few tensors, one measured algorithm of its own.
language 1
option n: int = 24

d = 8
A = [1.0 / (1 + i + j) for i in 0:d, j in 0:d]
print A[0:2, :]
print solve(A @ A.T + 0.1 * eye(d), ones(d))

task noisy(n: int, sigma = 0.5) {
    w[d]         ~ normal(0, 1)
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

algorithm least_squares given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X, X.T @ y)
}

print risk(least_squares, noisy(n), trials = 20_000)
