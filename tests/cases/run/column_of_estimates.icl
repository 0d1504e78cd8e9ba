t = sweep n in [1, 2] { record r = risk(zero, linear(n), trials = 2) }
print [x.mean for x in t.r]
