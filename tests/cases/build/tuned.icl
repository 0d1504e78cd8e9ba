# What tune chooses: real numbers are inputs of a kernel, of whole numbers each candidate has its own.
t = linear(n = 8, d = 4)
best = tune(knn(k in [1, 2, 4]), t, trials = 64, seed = 1)
other = tune(gd(steps in [2, 6], eta in [0.01, 0.1, 0.2]), t, trials = 64, seed = 1)
print risk(best, t, trials = 64), risk(other, t, trials = 64)
print compare(best, other, t, trials = 64)
