# The shift inside of softmax and logsumexp is no part of their gradients, and these are what they are on paper.
algorithm slope() given X[n, d], y[n], q[d] {
    w = 5 * q
    g = grad(v -> logsumexp(v))(w) - softmax(w)
    p = softmax(w)
    h = grad(v -> sum(softmax(v) * X[0]))(w) - p * (X[0] - sum(p * X[0]))
    predict where(max(abs(g)) < 1e-6 and max(abs(h)) < 1e-5, 0, 1)
}

task any(n: int = 3, d: int = 6) {
    x[n + 1, d] ~ normal(0, 1)
    prompt x, zeros(n + 1)
}

print risk(slope(), any(), trials = 256)
