# Numbers of passes are part of a kernel's code, real numbers are not.
t = linear(n = 8, d = 4)
r = risk(ols, t, trials = 64)
print risk(gd(steps = 4, eta = 0.1 + 0 * r.mean), t, trials = 64)
k = argmax([r.mean, 1e9])
print risk(gd(steps = k, eta = 0.1), t, trials = 64)
