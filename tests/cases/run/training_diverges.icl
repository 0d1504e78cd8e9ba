m = train(linear_transformer(), linear(3, d = 2), steps = 50, batch = 2, optimizer = sgd(lr = 1e20))
print m
