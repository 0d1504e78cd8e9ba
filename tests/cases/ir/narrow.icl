# Only what is read is computed: the last row of a layer, one head, no column that is cut off; loops keep theirs whole.
algorithm last_token() given X[n, d], y[n], q[d] {
    h = concat([X, [q]], axis = 0)
    scores = softmax(h @ h.T, axis = 1)
    mixed = exp(scores @ h) * 2
    predict sum(mixed[n, 1:3])
}

algorithm looped_token() given X[n, d], y[n], q[d] {
    h = exp(X)
    s = h[0, 0]
    for i in 0:n { s = s * 0.5 + h[i, 1] }
    predict s + exp(h)[2, 1]
}

task small(n: int = 5, d: int = 3) {
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x[:, 0]
}

print risk(last_token(), small(), trials = 64)
print risk(looped_token(), small(), trials = 64)
