# The name of a schedule without a call stands for it with its defaults; functions of (step, steps) are schedules, too.
# flags: --progress never
a = train(linear_transformer(), linear(3, d = 2), steps = 4, batch = 4, schedule = cosine, seed = 1)
b = train(linear_transformer(), linear(3, d = 2), steps = 4, batch = 4, schedule = cosine(), seed = 1)
fn half(step, steps) { return 0.5 + 0.5 * step / steps }
fn made(low = 0.1) { return (step, steps) -> low + step / steps }
c = train(linear_transformer(), linear(3, d = 2), steps = 4, batch = 4, schedule = half, seed = 1)
e = train(linear_transformer(), linear(3, d = 2), steps = 4, batch = 4, schedule = made, seed = 1)
print disagreement(a, b, linear(3, d = 2), trials = 10).max, disagreement(a, c, linear(3, d = 2), trials = 10).max > 0, disagreement(a, e, linear(3, d = 2), trials = 10).max > 0
