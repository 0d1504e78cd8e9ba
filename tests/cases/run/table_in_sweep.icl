# A table that a cell makes holds figures at once: a column, the whole table, a curve.
t = sweep a in [0.1, 1] {
    inner = sweep steps in [1, 2] { record gain = compare(gd(steps = steps, eta = 0.05), ridge(a = a), noisy_linear(8, d = 4), trials = 64) }
    print inner
    c = curve(ridge(a = a), noisy_linear(2, d = 4), trials = 64)
    record most = max(inner.gain), last = c[k == 2].risk, better = inner[gain < 0.2].steps, start = c.risk[0]
}
print t
