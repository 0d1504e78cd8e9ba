# What is wrong inside the library is shown at the call first.
pool = ones(4, 3)
print risk(bayes_pool(pool), linear(5, d = 8), trials = 4)
print smoothness(ones(3))
print orthogonal_factor(ones(3, 2))
print risk(gd(steps = -3, eta = 0.1), linear(5), trials = 3)
print risk(zero, linear(-2), trials = 3)
print init(encoder(heads = 3, width = 16), linear(3))
print init(encoder(kind = "sofmax"), linear(3))
architecture deep given X[n, d], y[n], q[d] {
    h = block(linear(X, 9), heads = 4, hidden = 8)
    predict sum(h)
}
print init(deep, linear(4))
algorithm uses given X[n, d], y[n], q[d] {
    predict q @ soft_threshold(q, 0.1)
}
print 1
