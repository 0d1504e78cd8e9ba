# Which predictor is asked must be known.
t = linear(n = 8, d = 4)
if risk(ols, t, trials = 64) < risk(zero, t, trials = 64) { best = ols } else { best = zero }
print risk(best, t, trials = 64)
