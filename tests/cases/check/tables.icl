# Sweeps, and rows and columns of tables.
t = sweep n in [4, 8] { record risk = risk(zero, linear(n), trials = 4) }
print t.rsk
print t[m == 4]
print t[n == 4, n == 8]
print t + 1
a = sweep n in 3 { record b = n }
b = sweep n in [4] { record n = 1 }
c = sweep n in [4] { record t }
f = sweep n in [4] { record g = x -> x }
h = sweep a in [1], b in [1], c in [1], e in [1], f in [1], g in [1], h in [1], i in [1], j in [1], k in [1], l in [1],
          m in [1], o in [1], p in [1], q in [1], r in [1], s in [1] { record u = 1 }
i = risk(zero, linear(4), se = 0.1, max_trials = 0)
print [1, "a"][0, 1]
