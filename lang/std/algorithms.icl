# Predictors for regression prompts: what a reader of the context (X, y) answers to the query q. Each answers
# every prompt: with no context at all the answer is 0.

## The largest eigenvalue of X'X / n, by ten steps of power iteration from the vector of ones: an estimate
## from below, within a few per cent of it for Gaussian features.
fn smoothness(X: real[n, d]) -> real {
    u = ones(d)
    repeat 10 {
        v = X.T @ (X @ u)
        u = v / max(norm(v), 1e-30)
    }
    return max(norm(X @ u) ** 2 / max(n, 1), 1e-30)
}

## The proximal map of t|z|: z moved towards 0 by t, and 0 once it is there.
fn soft_threshold(z: real, t: real) -> real {
    return sign(z) * max(abs(z) - t, 0)
}

## Answers 0. Its risk is E f², the yardstick of the others.
algorithm zero given X[n, d], y[n], q[d] {
    predict 0.0
}

## One step of averaging: w = X'y / n. For x ~ N(0, I) and noise of variance σ² its risk is ((d + 1)|w|² +
## dσ²) / n. A baseline of Garg, Tsipras, Liang and Valiant (NeurIPS 2022).
algorithm averaging given X[n, d], y[n], q[d] {
    predict q @ (X.T @ y) / max(n, 1)
}

## Ordinary least squares; of the solutions the one of smallest norm where there are several (n < d, or X of
## lower rank). For x ~ N(0, I) and n >= d + 2 its risk is σ²d / (n - d - 1); without noise and n < d it is
## |w|²(d - n) / d.
algorithm ols given X[n, d], y[n], q[d] {
    predict q @ lstsq(X, y)
}

## Ridge regression in sum form: w = (X'X + aI)⁻¹ X'y. The best a is σ² / Var(w_j): σ² for dense N(0, 1)
## weights, where it is the Bayes answer, and σ²d / (sτ²) for s non-zero weights of variance τ². Hoerl and
## Kennard, Technometrics 12 (1970).
algorithm ridge(a: real = 1.0) given X[n, d], y[n], q[d] {
    predict q @ solve(X.T @ X + a * eye(d), X.T @ y)
}

## Lasso: argmin (1/2n)|y - Xw|² + alpha|w|₁, without intercept, as in scikit-learn. By cyclic coordinate
## descent on the normal equations, until no weight changes by more than `tol` in a sweep. All weights are 0
## iff alpha >= |X'y / n|∞. Tibshirani (1996); Friedman, Hastie and Tibshirani, J. Stat. Softw. 33 (2010).
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

## Gradient descent from zero on the mean squared error: w <- w - eta X'(Xw - y) / n. Stable iff eta < 2/L, L
## the largest eigenvalue of X'X / n, which varies from prompt to prompt; with `relative`, eta is in units of
## 1/L for each prompt (L by `smoothness`), and 1 is a safe step. With many steps it is `ols`. What one linear
## attention layer can do in each step: von Oswald et al. (ICML 2023).
algorithm gd(steps: int, eta: real, relative = false) given X[n, d], y[n], q[d] {
    rate = eta / smoothness(X) if relative else eta
    w = zeros(d)
    repeat steps {
        w = w - rate * (X.T @ (X @ w - y)) / max(n, 1)
    }
    predict q @ w
}

## Gradient descent with heavy-ball momentum: v <- beta v + X'(Xw - y) / n, w <- w - eta v. Stable iff eta <
## 2(1 + beta)/L; `relative` as for `gd`. Polyak, USSR Comput. Math. 4 (1964).
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

## Least squares with the pseudo-inverse of S = X'X / n by Newton's iteration (Schulz): B <- B(2I - SB) from
## B = S / |S|², then w = B X'y / n. It doubles the digits of B in a step once it is near: with enough steps
## it is `ols`, of minimum norm where n < d. Schulz (1933); Fu, Chen, Jia and Sharan (2023) find this rate of
## convergence in trained transformers.
algorithm newton(steps = 20) given X[n, d], y[n], q[d] {
    S = X.T @ X / max(n, 1)
    B = S / max(sum(S ** 2), 1e-30)
    repeat steps {
        B = 2 * B - B @ (S @ B)
    }
    predict q @ (B @ (X.T @ y / max(n, 1)))
}

## The mean label of the k context examples nearest to the query; of all of them when there are fewer. A
## baseline of Garg et al. (2022), with k = 3.
algorithm knn(k = 3) given X[n, d], y[n], q[d] {
    nearest = argsort(sum((X - q) ** 2, axis = 1))[0:min(k, n)]
    predict sum(y[nearest]) / max(min(k, n), 1)
}

## Least squares on the true support: what a reader who knew which weights `w` of the task are not 0 could do.
## For x ~ N(0, I) and s of them its risk is σ²s / (n - s - 1); of minimum norm where n < s. Steps of the
## proximal point method on the normal equations, each from the residual of the last, which loses no digits.
algorithm oracle given X[n, d], y[n], q[d] knowing w[d] {
    Z = X * where(w == 0, 0.0, 1.0)
    A = Z.T @ Z
    L = cholesky(A + max(1e-5 * trace(A), 1e-30) * eye(d))
    v = zeros(d)
    repeat 3 {
        v = v + triangular_solve(L, triangular_solve(L, Z.T @ (y - Z @ v)), transposed = true)
    }
    predict q @ v
}

## The exact Bayes answer to sparse linear regression: s non-zero weights N(0, tau²) on a support that is
## uniform among all, noise N(0, sigma²). No predictor has a smaller risk on such prompts. For each support S
## of the binomial(d, s): A = X_S'X_S + (sigma/tau)² I, m = A⁻¹X_S'y, log weight = y'X_S m / (2 sigma²) - ½
## log det A; the answer is the mean of q_S'm with these weights. The supports are stepped through in
## lexicographic order, and the sums are kept relative to the largest weight so far. The cost grows with
## binomial(d, s), 1820 for (16, 4). With s >= d it is ridge(a = (sigma/tau)²).
algorithm bayes_sparse(s: int = 4, tau = 1.0, sigma = 0.5) given X[n, d], y[n], q[d] {
    k = min(s, d)
    G = X.T @ X
    b = X.T @ y
    j = range(k)
    support = range(k)
    most = -1e30                            # the largest log weight so far
    total = 0.0                             # the sum of exp(log weight - most)
    answer = 0.0                            # the sum of exp(log weight - most) q_S'm
    repeat binomial(d, k) {
        L = cholesky(G[support, :][:, support] + (sigma / tau) ** 2 * eye(k))
        z = triangular_solve(L, b[support])
        m = triangular_solve(L, z, transposed = true)
        weight = dot(z, z) / (2 * sigma ** 2) - sum(log(diag(L)))
        top = max(most, weight)
        total = total * exp(most - top) + exp(weight - top)
        answer = answer * exp(most - top) + exp(weight - top) * dot(q[support], m)
        most = top
        last = max(where(support < d - k + j, j, 0))        # the last index that can still move up
        support = where(j < last, support, support[last] + 1 + j - last)
    }
    predict answer / total
}

## The exact Bayes answer to `finite_pool`: the mean of the pool's weight vectors with weights proportional to
## exp(-|y - Xw|² / (2 sigma²)). The discrete estimator (dMMSE) of Raventós, Paul, Chen and Ganguli (NeurIPS
## 2023).
algorithm bayes_pool(pool: real[m, d], sigma = 0.5) given X[n, d], y[n], q[d] {
    misfit = sum((X @ pool.T - reshape(y, [n, 1])) ** 2, axis = 0)
    predict softmax(-misfit / (2 * sigma ** 2)) @ (pool @ q)
}
