# Algorithms of your own: a loss, its gradient, and when to stop.
#
# With heavy-tailed noise a few labels are far off, and squares give them most of the say. The algorithms below minimise a
# loss that grows linearly instead: one by descent until the gradient is small, one by least squares with weights. Measured
# against the number of degrees of freedom of the noise.
language 1

option n: int      = 40    "context examples"
option d: int      = 10    "features"
option trials: int = 4096  "prompts a point"

## The pseudo-Huber loss: r² / 2 for residuals well below delta, delta |r| beyond.
fn robust_loss(w: real[d], X: real[n, d], y: real[n], delta: real) -> real {
    r = X @ w - y
    return delta ** 2 * mean(sqrt(1 + (r / delta) ** 2) - 1)
}

## Descent from zero, with the step that suits the squared loss: this loss is nowhere more curved.
algorithm descend(delta = 0.5, steps = 200, tol = 1e-4) given X[n, d], y[n], q[d] {
    rate = 1 / smoothness(X)                                # of the library: the largest eigenvalue of X'X / n
    w = zeros(d)
    repeat steps until norm(g) < tol {
        g = grad(robust_loss)(w, X, y, delta)
        w = w - rate * g
    }
    predict q @ w
}

## Least squares again and again, with less weight for the examples that fit badly: each step finds the minimum of a
## parabola above the loss (Huber 1981).
algorithm reweigh(delta = 0.5, steps = 30) given X[n, d], y[n], q[d] {
    w = zeros(d)
    repeat steps {
        r = X @ w - y
        Z = X / reshape(sqrt(1 + (r / delta) ** 2), [n, 1])
        w = solve(Z.T @ X + 1e-6 * eye(d), Z.T @ y)
    }
    predict q @ w
}

deltas = [0.2, 0.5, 1.0, 2.0]

results = sweep dof in [1.5, 2.5, 5.0, 30.0], method in [
    ols(),
    ridge(a = 0.25),
    reweigh(),
    tune(descend(delta in deltas), student_linear(n, d, dof), trials = 1024, seed = 1)
] {
    record risk = risk(method, student_linear(n, d, dof), trials = trials)
}
print results
print "squares against the robust loss, dof = 2.5:", compare(ols, descend, student_linear(n, d, 2.5), trials = trials)

test "the gradient is what one would write by hand" {
    X = [[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]]
    y = [1.0, -2.0, 0.5]
    w = [0.3, -0.2]
    r = X @ w - y
    by_hand = X.T @ (r / sqrt(1 + (r / 0.5) ** 2)) / 3
    assert max(abs(grad(robust_loss)(w, X, y, 0.5) - by_hand)) < 1e-6
}

test "both find the same minimum" {
    gap = disagreement(descend(steps = 3000, tol = 1e-6), reweigh(steps = 200), student_linear(n, d, 2.5), trials = 256)
    assert gap.max < 2e-3
}

test "with a large delta it is least squares" {
    gap = disagreement(descend(delta = 1e3, steps = 3000, tol = 0.0), ols(), noisy_linear(n, d), trials = 64)
    assert gap.max < 1e-2
}
