# Both branches are there; strings and real numbers may differ after them.
t = linear(n = 8, d = 4)
r = risk(ols, t, trials = 64)
if r.mean < 1e9 {
    word = "small"
    a = 0.5
    print risk(gd(steps = 3, eta = 0.1), t, trials = 64)
} else {
    word = "large"
    a = 2.0
    print risk(gd(steps = 5, eta = 0.1), t, trials = 64)
}
print word, risk(ridge(a = a), t, trials = 64)
