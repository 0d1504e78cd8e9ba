# Paths that a model does not have, and what cannot stand in their place.
m = init(encoder(), linear(5))
a = m with attention[0].head = 0
b = m with block[0].attention[0].Wq = "text"
c = m with foo[0:4:2].W = 0
e = zero with foo = 1
f = m with residual[0] = ones(3)
print risk(a, linear(5), trials = 2)
print risk(b, linear(5), trials = 2)
print risk(f, linear(5), trials = 2)
print capture(m, residual, linear(5), trials = 3)
print capture(m, residual[0][0, 0, 0], linear(5), trials = 3)
print capture(m, 3 + 4, linear(5), trials = 3)
print capture(ols, residual[0], linear(5), trials = 3)
print probe(m, residual[0], linear(5), fit = 10, trials = 3)
print probe(m, residual[0][-1], linear(5), fit = 1, trials = 3)
print risk(features(m, block[0].attention[0].head) then ols, linear(5), trials = 3)
