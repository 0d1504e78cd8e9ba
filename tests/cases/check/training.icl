# What `train` and optimizers cannot use.
optimizer still(lr = 0.1) given p, g, t { state m = p; yield p - lr * g * m }
optimizer two(lr = 0.1) given p, g, t { yield p, lr * g * t }
fn stray(x) { return x }
a = train(encoder(), linear(3), steps = 0)
b = train(ols, linear(3), steps = 2)
c = train(encoder(heads = 3, width = 16), linear(3), steps = 2)
e = train(encoder(), linear(3), steps = 2, optimizer = adam(learning_rate = 0.1))
f = train(encoder(), linear(3), steps = 2, schedule = 3)
g = train(encoder(), linear(3), steps = 2, schedule = (step, steps) -> "text")
h = train(encoder(), linear(3), steps = 2, curriculum = { k: ramp(1, 3) })
i = train(encoder(), linear(3), steps = 2, curriculum = { n: 3 })
j = train(encoder(), linear(3), steps = 2, curriculum = { n: step -> 0.5 })
k = train(encoder(), linear(3), steps = 2, curriculum = 3)
l = train(encoder(), linear(3), steps = 2, optimizer = "adam")
m = train(encoder(), linear(3), steps = 2, clip = -1)
n = train(encoder(), linear(3), steps = 2, checkpoint = 3)
o = train(encoder(), linear(3), steps = 2, optimizer = two())
p = train(encoder(), linear(3), steps = 2, optimizer = still())
