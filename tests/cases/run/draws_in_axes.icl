# Distributions over the last axes: orthogonal matrices, rows of probabilities.
language 1
task t(n: int) {
    Q[2, n, n] ~ orthogonal()
    k[n] ~ categorical([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    x[2, 1] ~ normal(0, 1)
    off = max(abs(Q @ Q.T - eye(n)))
    answer = [off, 1.0 * k[0], 1.0 * k[1], Q[0, 0, 0], Q[1, 0, 0]]
    prompt x, stack([answer, answer])
}
algorithm told given X[n, d], Y[n, k], q[d] knowing answer[k] { predict answer }
seen = predictions(told, t(3), trials = 100)
assert max(seen[:, 0]) < 1e-5
assert max(seen[:, 1]) == 0 and min(seen[:, 2]) == 1
assert min(abs(seen[:, 3] - seen[:, 4])) > 0
print seen.shape
