# Written weights are the algorithm, to rounding error (run with --precision 64).
language 1

d = 6
steps = 5
eta = 0.1
sparse = sparse_linear(20, d = 6, s = 2, sigma = 0.3)
dense = noisy_linear(20, d = 6, sigma = 0.3)

fn largest(a, b, data) {
    return disagreement(a, b, data, trials = 512).max
}

algorithm preconditioned(A: real[d, d], steps: int) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat steps { w = w - A @ (X.T @ (X @ w - y)) / n }
    predict q @ w
}

## Descent whose gradient has centred features.
algorithm centred(steps: int, eta: real) given X[n, d], y[n], q[d] {
    Z = X - mean(X, axis = 0)
    w = zeros(d)
    repeat steps { w = w - eta * (Z.T @ (X @ w - y)) / n }
    predict q @ w
}

test "a step of descent a layer" {
    assert largest(init(descent_transformer(steps, eta), dense), gd(steps, eta), dense) < 1e-12
    assert largest(init(descent_transformer(1, 1.0), dense), averaging, dense) < 1e-12
}

test "preconditioned steps" {
    A = [0.1 * 0.5 ** abs(i - j) + 0.02 * i for i in 0:d, j in 0:d]
    assert largest(init(preconditioned_transformer(steps, A), dense), preconditioned(A, steps), dense) < 1e-12
    assert largest(init(preconditioned_transformer(steps, A.T), dense), preconditioned(A, steps), dense) > 1e-3
}

test "d heads that preprocess, then steps" {
    model = init(correlate_transformer(steps, 0.02), sparse)
    assert largest(model, correlate then gd(steps, 0.02), sparse) < 1e-12
    for k in 0:d {
        assert largest(model with written_attention[0].head[k] = 0, correlate then gd(steps, 0.02), sparse) > 1e-4
    }
}

test "softmax heads in pairs: the error falls as the square of their scale" {
    gap = [largest(init(softmax_descent_transformer(steps, eta, omega), dense), centred(steps, eta), dense)
           for omega in [0.04, 0.02, 0.01]]
    assert gap[0] < 0.05 and gap[2] > 1e-6
    assert abs(gap[0] / gap[1] - 4) < 0.1 and abs(gap[1] / gap[2] - 4) < 0.1
}

test "written weights can be trained on" {
    before = init(descent_transformer(2, 0.3), dense)
    after = train(descent_transformer(2, 0.3), dense, steps = 30, batch = 32, optimizer = adam(lr = 1e-2), seed = 1)
    assert compare(before, after, dense, trials = 512) > 0.1
}
