# A number of examples that depends on an estimate is a size of a kernel.
d = 4
r = risk(ridge(a = 1.0), linear(n = 8, d = d), trials = 64)
n = 8 if r.mean < 1 else 16
print risk(ols, linear(n = n, d = d), trials = 64)
