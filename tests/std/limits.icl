# What the library's algorithms become: each against another that it must equal, on the same prompts.
language 1

option trials: int = 1000

easy = noisy_linear(24, d = 4)

fn gap(a, b, prompts) {
    return disagreement(a, b, prompts, trials = trials)
}

## Gradient descent with the step preconditioned by diag(r²), r = X'y / n.
algorithm preconditioned(steps: int, eta: real) given X[n, d], y[n], q[d] {
    r = X.T @ y / n
    w = zeros(d)
    repeat steps { w = w - eta * r ** 2 * (X.T @ (X @ w - y)) / n }
    predict q @ w
}

algorithm mean_label given X[n, d], y[n], q[d] {
    predict mean(y)
}

algorithm first_label given X[n, d], y[n], q[d] {
    predict y[0]
}

test "descent ends at least squares" {
    assert gap(gd(steps = 400, eta = 1.0, relative = true), ols, easy).max < 1e-4
    assert gap(gd(steps = 400, eta = 0.5), ols, easy).rms < 1e-4
    assert gap(momentum(steps = 300, eta = 0.5, beta = 0.8, relative = true), ols, easy).max < 1e-4
    assert gap(newton(steps = 20), ols, easy).max < 1e-4
    assert gap(correlate then gd(steps = 2000, eta = 1.0, relative = true), ols, noisy_linear(24, d = 2)).mean < 0.01
}

test "with fewer examples than features, too" {
    assert gap(gd(steps = 2000, eta = 1.0, relative = true), ols, linear(4, d = 16)).max < 1e-3
    assert gap(newton(steps = 30), ols, linear(4, d = 16)).max < 1e-3
}

test "the first step" {
    assert gap(gd(steps = 1, eta = 1.0), averaging, easy).max < 1e-5
    assert gap(momentum(steps = 1, eta = 1.0), averaging, easy).max < 1e-5
    assert gap(momentum(steps = 25, eta = 0.3, beta = 0.0), gd(steps = 25, eta = 0.3), easy).max < 1e-5
    assert gap(gd(steps = 0, eta = 1.0), zero, easy).max == 0
}

test "correlate then gd is descent preconditioned by diag(r²)" {
    for steps in [1, 5, 40] {
        ours = correlate then gd(steps, eta = 0.02)
        assert gap(ours, preconditioned(steps, eta = 0.02), sparse_linear(20)).max < 1e-4
    }
}

test "whitened, one step is least squares" {
    assert gap(whiten then gd(steps = 1, eta = 1.0), ols, easy).max < 1e-4
    assert gap(whiten then averaging, ols, linear(6, d = 12)).rms < 1e-3
    assert gap(whiten then ols, ols, half_subspace(12, d = 8)).rms < 1e-3
}

test "least squares does not see scales" {
    assert gap(standardise(centre = false) then ols, ols, easy).max < 1e-4
    assert gap(correlate then ols, ols, easy).rms < 1e-3
}

## Features of mean 1, 2, .., each with its own scale.
task far_away(n: int, d = 4) {
    w[d]        ~ normal(0, 1)
    z[n + 1, d] ~ normal(0, 1)
    k = range(d) + 1
    prompt (z + 1) * k, z @ w
}

algorithm largest_mean given X[n, d], y[n], q[d] { predict max(abs(mean(X, axis = 0))) }
algorithm variance_off_1 given X[n, d], y[n], q[d] { predict max(abs(var(X, axis = 0) - 1)) }
algorithm moments_off_1 given X[n, d], y[n], q[d] { predict max(abs(X.T @ X / n - eye(d))) }

test "standardised features have mean 0 and variance 1, whitened ones second moments I" {
    assert max(predictions(standardise then largest_mean, far_away(20), trials = trials)) < 1e-6
    assert max(predictions(standardise then variance_off_1, far_away(20), trials = trials)) < 1e-4
    assert max(predictions(whiten then moments_off_1, far_away(20), trials = trials)) < 1e-3
    assert min(predictions(standardise(centre = false) then largest_mean, far_away(20), trials = trials)) > 0.1
    # these labels depend on the centred features: with centring the fit is nearly exact, without it is not
    assert risk(standardise then ols, far_away(200), trials = trials) < 0.1
    assert risk(standardise(centre = false) then ols, far_away(200), trials = trials) > 0.2
    # the query goes the same way as the context
    assert gap(standardise then knn, standardise then standardise then knn, far_away(20)).max == 0
    assert risk(standardise then knn(k = 1), repeated_query(12), trials = trials).mean == 0
    assert risk(whiten then knn(k = 1), repeated_query(12), trials = trials).mean == 0
}

test "ridge" {
    assert gap(ridge(a = 1e-5), ols, easy).max < 1e-4
    assert gap(ridge(a = 1e7), zero, easy).max < 1e-4
}

test "lasso" {
    assert gap(lasso(alpha = 1e-7), ols, easy).max < 1e-3
    assert gap(lasso(alpha = 100.0), zero, easy).max == 0
}

test "exact Bayes on all features is ridge" {
    assert gap(bayes_sparse(s = 4, tau = 1.0, sigma = 0.5), ridge(a = 0.25), easy).max < 1e-4
    assert gap(bayes_sparse(s = 4, tau = 2.0, sigma = 0.5), ridge(a = 0.0625), easy).max < 1e-4
    assert gap(bayes_sparse(s = 9), ridge(a = 0.25), easy).max < 1e-4
}

test "exact Bayes is sure of the support when the noise is small" {
    assert gap(bayes_sparse(s = 2, sigma = 0.01), oracle, sparse_linear(12, d = 8, s = 2, sigma = 0.01)).rms < 0.01
}

test "exact Bayes over a pool" {
    one = gaussian_pool(1, 4, seed = 3)
    assert risk(bayes_pool(one), finite_pool(3, one), trials = trials) < 1e-10
    many = gaussian_pool(4000, 2, seed = 3)
    assert gap(bayes_pool(many, sigma = 1.0), ridge(a = 1.0), noisy_linear(6, d = 2, sigma = 1.0)).rms < 0.1
}

test "neighbours" {
    assert gap(knn(k = 24), mean_label, easy).max < 1e-5
    assert gap(knn(k = 100), mean_label, easy).max < 1e-5
    assert gap(knn(k = 1), first_label, linear(1)).max == 0
    assert risk(knn(k = 1), repeated_query(12), trials = trials).mean == 0
}

test "a support of everything" {
    assert gap(oracle, ols, easy).max < 1e-4
    assert gap(oracle, ols, noisy_linear(2, d = 6)).rms < 1e-2
}

# Where there is no context the answer is 0; where there is little it is finite, also for a single feature.
test "small contexts" {
    pool = gaussian_pool(4, 3, seed = 1)
    for p in [zero(), averaging(), ols(), ridge(), lasso(0.05), gd(5, 0.1), gd(5, 1.0, relative = true),
              momentum(5, 0.1), momentum(5, 0.5, relative = true), newton(), knn(), oracle(), bayes_sparse(1),
              correlate then gd(5, 0.1), correlate then gd(5, 1.0, relative = true), standardise then ols(),
              whiten then gd(1, 1.0), correlate then standardise then whiten then newton()] {
        assert max(abs(predictions(p, sparse_linear(0, d = 3, s = 1), trials = 64))) == 0
        assert max(abs(predictions(p, sparse_linear(0, d = 1, s = 1), trials = 64))) == 0
        assert risk(p, sparse_linear(1, d = 1, s = 1), trials = 64).nonfinite == 0
        assert risk(p, sparse_linear(1, d = 3, s = 1), trials = 64).nonfinite == 0
        assert risk(p, sparse_linear(2, d = 3, s = 1), trials = 64).nonfinite == 0
    }
    assert risk(bayes_pool(pool), finite_pool(0, pool), trials = 64).nonfinite == 0
}
