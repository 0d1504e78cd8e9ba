# A replaced tap that nothing reads would change nothing.
language 1

architecture last() given X[n, d], y[n], q[d] {
    param w[d] = 1
    tap doubled = 2 * q
    predict q @ w
}

model = init(last(), linear(4, 3))
print capture(model, doubled, linear(4, 3), trials = 1).shape
print risk(model with doubled = 0, linear(4, 3), trials = 16)
