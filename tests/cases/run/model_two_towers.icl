# Context and query embedded apart; interventions on taps and parameters of both.
# flags: --progress never
language 1
## A two-tower reader: context and query embedded apart, an inner product between; frozen and cut by interventions.
d = 3
T = noisy_linear(6, d = d, sigma = 0.1)
layer tower(out: int = 4) given h[t, k] {
    param A[k, out] ~ normal(0, 0.5)
    param c[out] = 0
    tap hidden = tanh(h @ A + c)
    return hidden
}
architecture towers(out: int = 4) given X[n, d], y[n], q[d] {
    keys = tower(X, out = out)
    query = tower([q], out = out)
    param scale = 1.0
    w = softmax(scale * (keys @ query[0]))
    tap focus = w
    predict w @ y
}
m = init(towers(), T, seed = 3)
print predictions(m, T, trials = 2)
print capture(m, focus, T, trials = 3).shape, capture(m, tower[0].hidden, T, trials = 3).shape
even = m with focus = 1.0 / 6
print disagreement(even, m with scale = 0, T, trials = 50).max < 1e-5
print risk(even, T, trials = 100)
shared = m with { tower[1].A = 0.5; tower[:].c = it + 0.1 }
print risk(shared, T, trials = 100).nonfinite
print m.tower[0].A.shape, m.scale, m.out
u = train(towers(out = 6), T, steps = 30, batch = 16, optimizer = adamw(lr = 0.01, decay = 0.01), schedule = linear_warmup(10), seed = 1)
print u.out, risk(u, T, trials = 100).mean < risk(even, T, trials = 2000).mean + 0.5
r = sweep out in [2, 4], s in 0:2 { record risk = risk(init(towers(out = out), T, seed = s), T, trials = 50) }
print max(r.risk) > min(r.risk), r[out == 4, s == 1].risk.trials if false else r[out == 4].s
