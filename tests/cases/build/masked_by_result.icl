# A model that is changed by what was measured: the changes are code.
architecture a() given X[n, d], y[n], q[d] {
    h = linear([q], 4)
    tap hidden = relu(h)
    predict linear(hidden, 1)[0, 0]
}
t = linear(n = 4, d = 3)
m = init(a, t)
drop = compare(m with hidden[0, 0] = 0, m, t, trials = 64)
pruned = m with { if drop.mean > 0 { hidden[0, 1] = 0 } }
print risk(pruned, t, trials = 64)
