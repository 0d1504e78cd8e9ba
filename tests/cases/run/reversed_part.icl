# Of a slice that runs backwards, too, no more is computed than what is read, and from the right end.
algorithm backwards() given X[n, d], y[n], q[d] {
    s = exp(cumsum(X @ X.T, axis = 1)[0:4, 1:3])
    predict sum(s[::-1, 0] * y[0:4]) + s[::-2, 1][1] + s[3:0:-1, ::-1][1, 0]
}

algorithm by_hand() given X[n, d], y[n], q[d] {
    s = [exp(sum((X @ X[i])[0:2])) for i in 0:4]
    t = [exp(sum((X @ X[i])[0:3])) for i in 0:4]
    predict s[3] * y[0] + s[2] * y[1] + s[1] * y[2] + s[0] * y[3] + t[1] + t[2]
}

task small(n: int = 5, d: int = 3) {
    x[n + 1, d] ~ normal(0, 0.3)
    prompt x, x[:, 0]
}

gap = disagreement(backwards(), by_hand(), small(), trials = 100)
print gap.max < 1e-5, gap.mean > 0
print risk(backwards(), small(), trials = 100), risk(by_hand(), small(), trials = 100)
