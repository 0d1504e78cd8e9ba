optimizer two(lr = 0.1) given p, g, t { yield p - t * g, lr * g }
m = train(linear_transformer(), linear(3, d = 2), steps = 2, batch = 2, optimizer = two())
print m
