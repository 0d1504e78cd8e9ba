# What the library's tasks say of their prompts, seen through predictors that look at one property each.
language 1

option trials: int = 20_000

fn off(x, expected) {
    return abs(mean(x) - expected) / (std(x) / sqrt(x.shape[0]))
}

## (x_0'q)²: its mean is tr(Σ²), Σ the covariance of the inputs.
algorithm squared_product given X[n, d], y[n], q[d] {
    predict dot(X[0], q) ** 2
}

algorithm squared_length given X[n, d], y[n], q[d] {
    predict dot(q, q)
}

algorithm label given X[n, d], y[n], q[d] {
    predict y[0]
}

test "skewed: covariance proportional to 1, 1/4, 1/9, ..; E|x|² = d" {
    lambda = [1.0 / (1 + i) ** 2 for i in 0:6]
    lambda = 6 * lambda / sum(lambda)
    assert off(predictions(squared_length, skewed_linear(2, d = 6), trials = trials), 6.0) < 5
    assert off(predictions(squared_product, skewed_linear(2, d = 6), trials = trials), sum(lambda ** 2)) < 5
}

test "half of the dimensions, rounded up" {
    for d in [1, 5, 6] {
        h = floor((d + 1) / 2)
        assert off(predictions(squared_length, half_subspace(2, d), trials = trials), d) < 5
        assert off(predictions(squared_product, half_subspace(2, d), trials = trials), d ** 2 / h) < 5
    }
    assert risk(ols, half_subspace(3, d = 6), trials = 1000) < 1e-6
    assert risk(ols, half_subspace(2, d = 6), trials = 1000) > 0.1
}

test "scaled inputs and labels" {
    assert off(predictions(squared_length, scaled_inputs(2, d = 6, scale = 3.0), trials = trials), 54.0) < 5
    a = predictions(label, scaled_labels(2, scale = 3.0), trials = 100)
    b = predictions(label, linear(2), trials = 100)
    assert max(abs(a - 3 * b)) < 1e-5
}

## The share of pairs of examples and features that have one sign, and of examples that share the query's.
algorithm one_side given X[n, d], y[n], q[d] {
    predict mean(where(X * X[0] > 0, 1.0, 0.0))
}

algorithm side given X[n, d], y[n], q[d] {
    predict sign(X[0, 0])
}

algorithm query_side given X[n, d], y[n], q[d] {
    predict sign(q[0] * X[0, 0])
}

test "the context stays in one quadrant, the query does not" {
    assert all(predictions(one_side, random_quadrants(8), trials = trials) == 1)
    assert off(predictions(side, random_quadrants(8), trials = trials), 0.0) < 5
    assert off(predictions(query_side, random_quadrants(8), trials = trials), 0.0) < 5
    assert off(predictions(squared_length, random_quadrants(8, d = 6), trials = trials), 6.0) < 5
}

algorithm largest_product given X[n, d], y[n], q[d] {
    predict max(abs(X @ q)) / norm(q)
}

test "an orthogonal query has the length of a Gaussian vector" {
    assert max(predictions(largest_product, orthogonal_query(7, d = 8), trials = trials)) < 1e-4
    assert off(predictions(squared_length, orthogonal_query(7, d = 8), trials = trials), 8.0) < 5
    assert off(predictions(squared_length, orthogonal_query(20, d = 8), trials = trials), 8.0) < 5
}

algorithm which_repeated given X[n, d], y[n], q[d] {
    predict argmin(sum((X - q) ** 2, axis = 1))
}

test "a repeated query is any of the examples" {
    k = predictions(which_repeated, repeated_query(4), trials = trials)
    for i in 0:4 { assert off(where(k == i, 1.0, 0.0), 0.25) < 5 }
    assert disagreement(knn(k = 1), drawn_answer, repeated_query(4), trials = 100).max < 1e-5
}

algorithm drawn_answer given X[n, d], y[n], q[d] knowing w[d] {
    predict q @ w
}

## y tanh(w'x / 2) - tanh²(w'x / 2): of mean 0, as E[y | x, w] is the hyperbolic tangent.
algorithm excess given X[n, d], y[n], q[d] knowing w[d] {
    mu = tanh(X @ w / 2)
    predict mean(y * mu - mu ** 2)
}

test "logistic labels are ±1 with mean tanh(w'x / 2)" {
    assert all(predictions(label, logistic(4), trials = trials) ** 2 == 1)
    assert off(predictions(excess, logistic(4), trials = trials), 0.0) < 5
    assert risk(zero, logistic(4, scale = 100.0), trials = trials) > 0.95
}

algorithm nearest_in(pool: real[m, d]) given X[n, d], y[n], q[d] knowing w[d] {
    predict min(sum((pool - w) ** 2, axis = 1))
}

algorithm index_in_pool given X[n, d], y[n], q[d] knowing k {
    predict k + 0.0
}

test "a pool is the same for all prompts, and each of its vectors is chosen as often" {
    pool = gaussian_pool(5, 8, seed = 3)
    assert pool.shape[0] == 5 and pool.shape[1] == 8
    assert max(abs(gaussian_pool(9, 8, seed = 3)[0:5] - pool)) == 0
    assert max(abs(gaussian_pool(5, 8, seed = 4) - pool)) > 0.1
    assert max(predictions(nearest_in(pool), finite_pool(2, pool), trials = trials)) == 0
    k = predictions(index_in_pool, finite_pool(2, pool), trials = trials)
    for i in 0:5 { assert off(where(k == i, 1.0, 0.0), 0.2) < 5 }
    large = gaussian_pool(20_000, 2, seed = 3)
    assert off(large[:, 0], 0.0) < 5
    assert off(large[:, 0] * large[:, 1], 0.0) < 5
    assert off(large[:, 1] ** 2, 1.0) < 5
}

## How many weights are not 0, and how many are ±1.
algorithm weights_not_0 given X[n, d], y[n], q[d] knowing w[d] {
    predict sum(where(w == 0, 0.0, 1.0))
}
algorithm weights_of_1 given X[n, d], y[n], q[d] knowing w[d] {
    predict sum(where(abs(w) == 1, 1.0, 0.0))
}

test "a mixture of dense, sparse and sign weights" {
    prompts = mixture(2, d = 6, s = 2, p = [2.0, 1.0, 1.0])
    few = predictions(weights_not_0, prompts, trials = trials)
    ones_ = predictions(weights_of_1, prompts, trials = trials)
    assert all(few == 6 or few == 2)
    assert off(where(few == 2, 1.0, 0.0), 0.25) < 5
    assert off(where(ones_ == 6, 1.0, 0.0), 0.25) < 5
    assert all(predictions(weights_not_0, mixture(2, d = 6, p = [1.0, 0.0, 0.0]), trials = 100) == 6)
    assert all(predictions(weights_not_0, mixture(2, d = 6, s = 3, p = [0.0, 1.0, 0.0]), trials = 100) == 3)
    assert off(predictions(squared_answer, mixture(2, d = 6, s = 2, p = [0.0, 1.0, 0.0]), trials = trials), 6.0) < 5
}

algorithm squared_answer given X[n, d], y[n], q[d] knowing w[d] {
    predict dot(q, w) ** 2
}

## The features that a tree looks at, and its values.
algorithm first_feature given X[n, d], y[n], q[d] knowing feature[k] {
    predict feature[0] + 0.0
}

test "a tree asks for any feature, and all its leaves are reached" {
    k = predictions(first_feature, decision_tree(2, d = 4, depth = 2), trials = trials)
    for i in 0:4 { assert off(where(k == i, 1.0, 0.0), 0.25) < 5 }
    assert off(predictions(label, decision_tree(2, d = 4, depth = 2), trials = trials), 0.0) < 5
    # deeper trees tell more examples apart: with depth 1 two labels are the same with probability 1/2, with 3 rarely
    same = predictions(equal_labels, decision_tree(2, d = 40, depth = 1), trials = trials)
    assert off(same, 0.5) < 5
}

algorithm equal_labels given X[n, d], y[n], q[d] {
    predict where(y[0] == y[1], 1.0, 0.0)
}

## Heavy tails: noise of `dof` degrees of freedom.
algorithm noise_squared given X[n, d], y[n], q[d] knowing w[d] {
    predict mean((y - X @ w) ** 2)
}

test "noise" {
    assert off(predictions(noise_squared, noisy_linear(4, sigma = 0.5), trials = trials), 0.25) < 5
    assert off(predictions(noise_squared, sparse_linear(4, sigma = 2.0), trials = trials), 4.0) < 5
    assert off(predictions(noise_squared, student_linear(4, dof = 10.0, sigma = 2.0), trials = trials), 5.0) < 5
    assert max(predictions(noise_squared, linear(4), trials = 100)) < 1e-10
}
