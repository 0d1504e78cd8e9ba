# Tensors among the hyper-parameters have the shape that is declared, whatever they belong to.
algorithm a(pool: real[m, d]) given X[n, d], y[n], q[d] { predict m + sum(pool) + sum(q) }
print risk(a(ones(3)), linear(5), trials = 4)
print risk(a(ones(3, 7)), linear(5), trials = 4)
print risk(bayes_pool(ones(3)), linear(5), trials = 4)
preprocess p(pool: real[m, d]) given X[n, d], y[n], q[d] { yield X * m + pool[0], y, q }
print risk(p(ones(8)) then ols, linear(5), trials = 4)
layer l(pool: real[m, d]) given h[t, d] { return h * m + pool[0] }
architecture r(pool: real[m, d]) given X[n, d], y[n], q[d] { predict sum(l(X, pool)) * m }
print risk(init(r(ones(3)), linear(4)), linear(4), trials = 3)
architecture r2 given X[n, d], y[n], q[d] { predict sum(l(X, ones(3))) }
print risk(init(r2, linear(4)), linear(4), trials = 3)
print risk(bayes_pool("a"), linear(5), trials = 4)
print risk(bayes_pool(2), linear(5), trials = 4)
print risk(bayes_pool(ols), linear(5), trials = 4)
optimizer o(s: real[k] = [1.0, 2.0]) given p, g, t { yield p - g * s[0] }
print train(encoder, linear(4), steps = 1, optimizer = o(3.0))
