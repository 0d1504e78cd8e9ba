# Two predictors measured on the same prompts: draws, the Gram matrix and its Cholesky factor are computed once.
language 1

task plain(n: int) {
    w[2]        ~ normal(0, 1)
    x[n + 1, 2] ~ normal(0, 1)
    noise[n]    ~ normal(0, 0.1)
    f = x @ w
    prompt x, concat([f[:n] + noise, f[n:]]) truth f
}

algorithm exact given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X + eye(d), X.T @ y)
}

algorithm doubled given X[n, d], y[n], q[d] {
    predict 2 * (q @ solve(X.T @ X + eye(d), X.T @ y))
}

print compare(exact, doubled, plain(4), trials = 8)
