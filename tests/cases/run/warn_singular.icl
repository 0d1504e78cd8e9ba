# Systems that no draw can make regular: fewer examples than unknowns, without a penalty.
language 1

option n: int = 16
option d: int = 24

task wide {
    w[d] ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm plain given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X, X.T @ y)
}

algorithm penalised(a: real) given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X / n + a * eye(d), X.T @ y)
}

algorithm whitened given X[n, d], y[n], q[d] {
    C = X.T @ X
    predict logdet(C) + dot(q, inv(C + 0 * eye(d)) @ (X.T @ y))
}

algorithm dual given X[n, d], y[n], q[d] {
    predict q @ X.T @ solve(X @ X.T, y)
}

print disagreement(plain, whitened, wide, trials = 4).max >= 0
sweep a in [0.1, 0.0] { record r = risk(penalised(a), wide, trials = 4), s = risk(penalised(a = 1e-3), wide, trials = 4) }
print risk(dual, wide, trials = 4) < 1e6
print risk(ridge(a = 0.0), wide, trials = 4) > -1
