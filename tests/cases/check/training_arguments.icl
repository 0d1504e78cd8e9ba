# All that is wrong with a training.
m1 = train(encoder(), linear(4), steps = 3, batch = 2, curriculum = { m: ramp(1, 4, by = 1, every = 1) })
m2 = train(encoder(), linear(4), steps = 3, batch = 2, curriculum = { n: ramp(1, 4) })
m3 = train(encoder(), linear(4), steps = 3, batch = 2, clip = -1, schedule = 0.5)
m4 = train(encoder(), linear(4), steps = 3, batch = 0, seed = -1, every = 0, checkpoint = 3)
