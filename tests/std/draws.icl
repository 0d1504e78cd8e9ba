# The promises on draws: a draw depends on seed, site, prompt and element, on nothing else.
language 1

option trials: int = 256

algorithm x_entry(i: int, j: int) given X[n, d], y[n], q[d] {
    predict X[i, j]
}

## Linear regression in which nothing else is drawn.
task bare(n: int, d = 5) {
    w[d]         ~ normal(0, 1)
    x[n + 1, d]  ~ normal(0, 1)
    prompt x, x @ w
}

## The same, with draws before, between and after.
task crowded(n: int, d = 5) {
    before[3]    ~ uniform(0, 1)
    w[d]         ~ normal(0, 1)
    between      ~ student_t(3.0)
    choice[2, d] ~ sparse(2, normal(0, 1))
    x[n + 1, d]  ~ normal(0, 1)
    Q[d, d]      ~ orthogonal()
    prompt x + 0 * between + 0 * Q[0] + 0 * choice[1], x @ w + 0 * sum(before)
}

## The same, written in another order.
task reordered(n: int, d = 5) {
    x[n + 1, d]  ~ normal(0, 1)
    w[d]         ~ normal(0, 1)
    prompt x, x @ w
}

test "another variable, or another order, changes no draw" {
    for p in [ridge(a = 0.5), x_entry(0, 0), x_entry(3, 4)] {
        a = predictions(p, bare(6), trials = trials, seed = 3)
        assert max(abs(a - predictions(p, crowded(6), trials = trials, seed = 3))) == 0
        assert max(abs(a - predictions(p, reordered(6), trials = trials, seed = 3))) == 0
    }
}

test "more prompts do not change the first" {
    a = predictions(ridge(a = 0.5), crowded(6), trials = 100, seed = 3)
    for more in [1, 7, 101, 1000, 5003] {
        b = predictions(ridge(a = 0.5), crowded(6), trials = more, seed = 3)
        m = min(more, 100)
        assert max(abs(a[0:m] - b[0:m])) == 0
    }
    assert max(abs(predictions(ridge(a = 0.5), crowded(6), trials = 100, seed = 4) - a)) > 0.1
}

# Prompts of a longer context start with the same rows: rows are the leading axis.
test "a longer context starts with the same examples" {
    a = predictions(x_entry(2, 3), bare(4), trials = trials)
    assert max(abs(predictions(x_entry(2, 3), bare(9), trials = trials) - a)) == 0
    assert max(abs(predictions(x_entry(2, 3), bare(4, d = 6), trials = trials) - a)) > 0.1
}

test "another predictor beside it changes no risk" {
    alone = risk(ridge(a = 0.5), crowded(6), trials = trials, seed = 3)
    together = sweep p in [zero(), ols(), ridge(a = 0.5), knn()] {
        record r = risk(p, crowded(6), trials = trials, seed = 3)
    }
    assert together[p == "ridge"].r == alone.mean
    gain = compare(ridge(a = 0.5), zero, crowded(6), trials = trials, seed = 3)
    assert abs(gain.mean - (alone.mean - together[p == "zero"].r)) < 1e-6
}

# Printed with --format json on both engines and with one and two threads: the same bytes each time
# (tests/std.tap).
prompts = [linear(6), noisy_linear(6), sparse_linear(6), skewed_linear(6), student_linear(6), quadratic(6),
           relu_network(6), logistic(6), decision_tree(6), finite_pool(6, pool = gaussian_pool(8, 8, seed = 2)),
           mixture(6), orthogonal_query(6), repeated_query(6), scaled_inputs(6), scaled_labels(6), half_subspace(6),
           random_quadrants(6)]
for t in prompts { print t, risk(ols, t, trials = trials), risk(ridge(a = 0.3), t, trials = trials) }

results = sweep p in [zero(), averaging(), ols(), ridge(a = 0.5), lasso(alpha = 0.1), gd(8, 0.1),
                      gd(8, 1.0, relative = true), momentum(8, 0.1), newton(8), knn(3), oracle(),
                      bayes_sparse(s = 2), correlate then gd(8, 0.1), standardise then ridge(a = 0.5),
                      standardise(centre = false) then ols(), whiten then gd(2, 0.5)] {
    record curve(p, sparse_linear(6, d = 6, s = 2), trials = trials)
}
print results
