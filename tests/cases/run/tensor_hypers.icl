# Tensors among the hyper-parameters name sizes in every kind of definition.
algorithm a(pool: real[m, d]) given X[n, d], y[n], q[d] { predict m + 0 * (sum(pool) + q[0] + y[0]) }
print predictions(a(ones(3, 8)), linear(5), trials = 2)
preprocess p(pool: real[m, d]) given X[n, d], y[n], q[d] { yield X * m + pool[0], y, q * 0 + m }
algorithm first given X[n, d], y[n], q[d] { predict q[d - 1] }
print predictions(p(ones(3, 8)) then first, linear(5), trials = 2)
layer l(pool: real[m, d]) given h[t, d] { return 0 * h + m + pool[0] }
architecture r(pool: real[m, d]) given X[n, d], y[n], q[d] { predict sum(l(X, pool)[0]) * m }
print predictions(init(r(ones(3, 8)), linear(4)), linear(4), trials = 2)
