# The library's risks against closed forms: within 5 standard errors. Figures that are no formula are
# integrals of one or two variables, by quadrature.
language 1

option trials: int = 40_000

## How many standard errors an estimate is from a number.
fn off(measured, expected) {
    return abs(measured.mean - expected) / measured.se
}

test "zero: E f² of every task" {
    assert off(risk(zero, linear(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, noisy_linear(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, sparse_linear(4, d = 6, s = 2), trials = trials), 2.0) < 5
    assert off(risk(zero, skewed_linear(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, student_linear(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, quadratic(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, relu_network(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, logistic(4, d = 8), trials = trials), 0.495_095_5) < 5
    assert off(risk(zero, decision_tree(4, d = 6), trials = trials), 1.0) < 5
    assert off(risk(zero, mixture(4, d = 6, s = 2), trials = trials), 6.0) < 5
    assert off(risk(zero, orthogonal_query(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, repeated_query(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, scaled_inputs(4, d = 6, scale = 2.0), trials = trials), 24.0) < 5
    assert off(risk(zero, scaled_labels(4, d = 6, scale = 0.5), trials = trials), 1.5) < 5
    assert off(risk(zero, half_subspace(4, d = 6), trials = trials), 6.0) < 5
    assert off(risk(zero, half_subspace(4, d = 5), trials = trials), 5.0) < 5
    assert off(risk(zero, random_quadrants(4, d = 6), trials = trials), 6.0) < 5
    pool = gaussian_pool(12, 6, seed = 5)
    assert off(risk(zero, finite_pool(4, pool), trials = trials), mean(sum(pool ** 2, axis = 1))) < 5
}

test "least squares: σ²d / (n - d - 1)" {
    assert off(risk(ols, noisy_linear(24, d = 8, sigma = 0.5), trials = trials), 0.25 * 8 / 15) < 5
    assert off(risk(ols, noisy_linear(12, d = 1, sigma = 2.0), trials = trials), 4 / 10) < 5
    assert off(risk(ols, student_linear(24, d = 8, dof = 10.0, sigma = 0.5), trials = trials),
               0.25 * 1.25 * 8 / 15) < 5
}

test "least squares of minimum norm, n < d: |w|²(1 - n/d) + σ²n / (d - n - 1)" {
    assert off(risk(ols, linear(6, d = 16), trials = trials), 10.0) < 5
    assert off(risk(ols, noisy_linear(6, d = 16, sigma = 0.5), trials = trials), 10 + 0.25 * 6 / 9) < 5
    # 6 - 3 of 6 directions are not seen, each of variance 2
    assert off(risk(ols, half_subspace(3, d = 12), trials = trials), 6.0) < 5
    assert risk(ols, half_subspace(8, d = 12), trials = 1000) < 1e-8
    assert risk(ols, linear(12, d = 8), trials = 1000) < 1e-8
}

test "averaging: ((d + 1)|w|² + dσ²) / n" {
    assert off(risk(averaging, noisy_linear(24, d = 8, sigma = 0.5), trials = trials), (9 * 8 + 8 * 0.25) / 24) < 5
    assert off(risk(averaging, sparse_linear(10, d = 12, s = 3, sigma = 1.0), trials = trials),
               (13 * 3 + 12) / 10) < 5
}

test "known support: σ²s / (n - s - 1)" {
    assert off(risk(oracle, sparse_linear(24, d = 16, s = 4, sigma = 0.5), trials = trials), 0.25 * 4 / 19) < 5
    assert off(risk(oracle, sparse_linear(14, d = 64, s = 4, sigma = 0.5), trials = trials), 0.25 * 4 / 9) < 5
}

## The variance of f at the query given the context, for dense Gaussian weights.
algorithm posterior_variance(sigma: real) given X[n, d], y[n], q[d] {
    predict sigma ** 2 * dot(q, solve(X.T @ X + sigma ** 2 * eye(d), q))
}

# At its best a, ridge is the posterior mean: its risk is the mean of the posterior variance, and no other a
# is as good.
test "ridge at its best a is the Bayes answer" {
    ours = risk(ridge(a = 0.25), noisy_linear(10, d = 8, sigma = 0.5), trials = trials)
    variance = predictions(posterior_variance(0.5), noisy_linear(10, d = 8, sigma = 0.5), trials = trials, seed = 1)
    se = sqrt(ours.se ** 2 + var(variance) / trials)
    assert abs(ours.mean - mean(variance)) / se < 5
    for a in [0.02, 0.1, 0.6, 2.0] {
        worse = compare(ridge(a), ridge(a = 0.25), noisy_linear(10, d = 8, sigma = 0.5), trials = trials)
        assert worse.mean > 2 * worse.se
    }
    # one feature: σ² E 1 / (χ²_n + σ²)
    assert off(risk(ridge(a = 0.25), noisy_linear(1, d = 1, sigma = 0.5), trials = trials), 0.438_182_2) < 5
    assert off(risk(ridge(a = 0.25), noisy_linear(3, d = 1, sigma = 0.5), trials = trials), 0.140_454_4) < 5
}

# The best a for s of d weights N(0, 1), among the linear answers.
test "ridge with a = σ²d / s is the best ridge for sparse weights" {
    for a in [0.2, 0.5, 2.0, 5.0] {
        worse = compare(ridge(a), ridge(a = 1.0), sparse_linear(12, d = 16, s = 4, sigma = 0.5), trials = trials)
        assert worse.mean > 2 * worse.se
    }
}

test "nothing is learnt about an orthogonal query: risk d" {
    assert off(risk(ols, orthogonal_query(6, d = 12), trials = trials), 12.0) < 5
    assert off(risk(ridge(a = 1.0), orthogonal_query(6, d = 12), trials = trials), 12.0) < 5
    assert off(risk(gd(steps = 10, eta = 0.1), orthogonal_query(11, d = 12), trials = trials), 12.0) < 5
    assert disagreement(averaging, zero, orthogonal_query(6, d = 12), trials = 1000).max < 1e-4
    assert disagreement(ridge(a = 1.0), zero, orthogonal_query(11, d = 12), trials = 1000).max < 1e-3
}

test "exact Bayes is better than all others" {
    prompts = sparse_linear(8, d = 8, s = 2)
    for other in [ridge(a = 1.0), lasso(alpha = 0.1), bayes_sparse(s = 1), bayes_sparse(s = 3),
                  bayes_sparse(s = 2, sigma = 0.3), bayes_sparse(s = 2, tau = 2.0),
                  correlate then gd(steps = 48, eta = 0.5, relative = true)] {
        worse = compare(other, bayes_sparse(s = 2, tau = 1.0, sigma = 0.5), prompts, trials = trials)
        assert worse.mean > 2 * worse.se
    }
    better = compare(oracle, bayes_sparse(s = 2), prompts, trials = trials)
    assert better.mean < -2 * better.se
    pool = gaussian_pool(32, 8, seed = 5)
    for other in [ridge(a = 0.25), bayes_pool(pool, sigma = 1.5), bayes_pool(pool, sigma = 0.15)] {
        worse = compare(other, bayes_pool(pool), finite_pool(4, pool), trials = trials)
        assert worse.mean > 2 * worse.se
    }
}

# d = 64, s = 4, σ = 0.5, weights ±1: figures of an independent simulation, to 10 %.
task sparse_signs(n: int) {
    w[64]        ~ sparse(4, rademacher())
    x[n + 1, 64] ~ normal(0, 1)
    noise[n + 1] ~ normal(0, 0.5)
    f = x @ w
    prompt x, f + noise truth f
}

test "sparse regression in 64 dimensions, against an independent simulation" {
    assert abs(risk(ridge(a = 4.0), sparse_signs(96), trials = 4096) / 0.40 - 1) < 0.1
    assert abs(risk(lasso(alpha = 0.05), sparse_signs(96), trials = 4096) / 0.05 - 1) < 0.1
    assert abs(risk(oracle, sparse_signs(96), trials = 4096) / 0.011 - 1) < 0.1
    assert abs(risk(correlate then gd(steps = 48, eta = 1.0, relative = true), sparse_signs(96),
                    trials = 4096) / 0.07 - 1) < 0.1
}
