# Orthogonal matching pursuit; ridge with its parameter by leave-one-out.
# flags: --progress never
language 1
## Orthogonal matching pursuit, and ridge with λ by leave-one-out in closed form.
option trials: int = 100
algorithm omp(s: int) given X[n, d], y[n], q[d] {
    chosen = zeros(d)
    w = zeros(d)
    repeat s {
        r = y - X @ w
        score = abs(X.T @ r) / sqrt(sum(X ** 2, axis = 0))
        best = argmax(where(chosen > 0, -1.0, score))
        chosen = where(range(d) == best, 1.0, chosen)
        Z = X * chosen
        w = chosen * solve(Z.T @ Z + diag(1 - chosen) + 1e-8 * eye(d), Z.T @ y)
    }
    predict q @ w
}
grid = [0.01, 0.1, 1.0, 10.0]
algorithm ridge_loo() given X[n, d], y[n], q[d] {
    errors = [0.0 for l in 0:4]
    answers = [0.0 for l in 0:4]
    G = X.T @ X
    for l in 0:4 {
        λ = where(l == 0, 0.01, where(l == 1, 0.1, where(l == 2, 1.0, 10.0)))
        B = inv(G + λ * eye(d))
        H = X @ B @ X.T
        e = (y - H @ y) / (1 - diag(H))
        errors = where(range(4) == l, mean(e ** 2), errors)
        answers = where(range(4) == l, q @ (B @ (X.T @ y)), answers)
    }
    predict answers[argmin(errors)]
}
T = sparse_linear(14, d = 8, s = 2, sigma = 0.3)
print risk(omp(2), T, trials = trials)
print risk(ridge_loo, T, trials = trials)
print [risk(ridge(a = a), T, trials = trials).mean for a in grid]
