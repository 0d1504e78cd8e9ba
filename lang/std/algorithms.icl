# Predictors for regression prompts: what a reader of the context (X, y) answers to the query q.

## The largest eigenvalue of X'X / n, by ten steps of power iteration from the vector of ones.
fn smoothness(X: real[n, d]) -> real {
    u = ones(d)
    repeat 10 {
        v = X.T @ (X @ u)
        u = v / norm(v)
    }
    return norm(X @ u) ** 2 / max(n, 1)
}

## Answers 0. Its risk is E f², the yardstick of the others.
algorithm zero given X[n, d], y[n], q[d] {
    predict 0.0
}

## One step of averaging: w = X'y / n. For x ~ N(0, I) and noise of variance σ² its risk is ((d + 1)|w|² + dσ²) / n.
algorithm averaging given X[n, d], y[n], q[d] {
    predict q @ (X.T @ y) / max(n, 1)
}

## Ordinary least squares; of the solutions the one of smallest norm where there are several (n < d, or X of lower rank).
## For Gaussian features with n >= d + 2 its risk is σ²d / (n - d - 1).
algorithm ols given X[n, d], y[n], q[d] {
    predict q @ lstsq(X, y)
}

## Ridge regression in sum form: w = (X'X + aI)⁻¹ X'y. The best a is σ² / Var(w_j): σ² for dense N(0, 1) weights,
## σ²d / (sτ²) for s non-zero weights of variance τ². Hoerl and Kennard, Technometrics 12 (1970).
algorithm ridge(a: real = 1.0) given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X + a * eye(d), X.T @ y)
}

fn soft_threshold(z: real, t: real) -> real {
    return sign(z) * max(abs(z) - t, 0)
}

## Lasso: argmin (1/2n)|y - Xw|² + alpha |w|₁, by cyclic coordinate descent on the normal equations until no weight
## changes by more than `tol` in a sweep. Friedman, Hastie and Tibshirani, J. Stat. Softw. 33 (2010).
algorithm lasso(alpha: real, sweeps = 200, tol = 1e-6) given X[n, d], y[n], q[d] {
    G = X.T @ X / max(n, 1)
    r = X.T @ y / max(n, 1)                 # X'(y - Xw) / n as w changes
    j = range(d)
    w = zeros(d)
    repeat sweeps until change < tol {
        change = 0.0
        for k in 0:d {
            g = G[k, k]
            step = where(g > 0, soft_threshold(r[k] + g * w[k], alpha) / g - w[k], 0.0)
            r = r - step * G[k, :]
            w = w + where(j == k, step, 0.0)
            change = max(change, abs(step))
        }
    }
    predict q @ w
}

## Gradient descent from zero on the mean squared error: w <- w - eta X'(Xw - y) / n. With `relative`, eta is in units of
## 1/L for each prompt, L the largest eigenvalue of X'X / n: then eta < 2 is stable on every prompt.
algorithm gd(steps: int, eta: real, relative = false) given X[n, d], y[n], q[d] {
    rate = eta / smoothness(X) if relative else eta
    w = zeros(d)
    repeat steps {
        w = w - rate * (X.T @ (X @ w - y)) / max(n, 1)
    }
    predict q @ w
}

## Gradient descent with heavy-ball momentum: v <- beta v + X'(Xw - y) / n, w <- w - eta v. Polyak (1964).
algorithm momentum(steps: int, eta: real, beta = 0.9, relative = false) given X[n, d], y[n], q[d] {
    rate = eta / smoothness(X) if relative else eta
    w = zeros(d)
    v = zeros(d)
    repeat steps {
        v = beta * v + X.T @ (X @ w - y) / max(n, 1)
        w = w - rate * v
    }
    predict q @ w
}

## Least squares with the inverse of S = X'X / n by Newton's iteration (Schulz): B <- B (2I - SB) from B = I / |S|∞,
## then w = B X'y / n. Fu et al. (2023) find this rate of convergence in trained transformers.
algorithm newton(steps = 12) given X[n, d], y[n], q[d] {
    S = X.T @ X / max(n, 1)
    B = eye(d) / max(sum(abs(S), axis = 1))
    repeat steps {
        B = 2 * B - B @ (S @ B)
    }
    predict q @ (B @ (X.T @ y / max(n, 1)))
}

fn mean_of_nearest(X: real[n, d], y: real[n], q: real[d], k: int) -> real {
    order = argsort(sum((X - q) ** 2, axis = 1))[0:min(k, n)]
    return mean(y[order])
}

## The mean label of the k nearest context examples (all of them when there are fewer; 0 when there are none).
algorithm knn(k = 3) given X[n, d], y[n], q[d] {
    predict 0.0 if n == 0 else mean_of_nearest(X, y, q, k)
}

## Least squares on the true support: what a reader who knew which weights of the task are not zero could do. For
## Gaussian features and s weights its risk is σ²s / (n - s - 1).
algorithm oracle given X[n, d], y[n], q[d] knowing w[d] {
    on = where(w == 0, 0.0, 1.0)
    Z = X * on
    predict q @ solve(Z.T @ Z + (1 - on) * eye(d), Z.T @ y)
}
