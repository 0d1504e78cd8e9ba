# A size that only the run knows: the kernel has no loops before.
r = risk(zero, linear(2, d = 2), trials = 16)
n = 2 if r.mean < 1 else 4
print risk(zero, linear(n, d = 2), trials = 16)
