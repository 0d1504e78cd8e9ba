# Whole numbers of reals; latents that are whole numbers as indices.
language 1
print int(3.7), int(-3.7), int([0.5, -0.5, 1e20]), int(true), real(3) / 2, real([1 == 1, 1 == 2]), int(0.0 / 0)
k = int(7 / 2)
print zeros(k), [1, 2, 3, 4, 5][int(7 / 3)]

task t(n: int) {
    order[3] ~ permutation()
    w[3] ~ normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ w
}
algorithm in_order given X[n, d], y[n], q[d] knowing order[d] {
    w = zeros(d)
    for k in 0:d {
        j = order[k]
        w = w + X[k, j] * where(range(d) == order[d - 1 - k], 1.0, 0.0)
    }
    cell = argmax(X)
    row = int(cell / d)
    predict q[order] @ w + X[row, cell - d * row] - max(X)
}
print predictions(in_order, t(4), trials = 3)
