# Names on the left take a tensor, a list or a range apart; a list of sizes is a shape; a definition has its defaults.
language 1
a, b = [3, 4]
u, v = reshape(range(6), [2, 3])
from, to = 4:6
print a + b, u, v, from, to
print ridge.a, gd(steps = 3, eta = 0.1).steps
fn show(x) { print "x is {x}" }
show(3)

algorithm both given X[n, d], y[n], q[d] {
    shape = [n, d]
    Z = zeros(shape) + X
    w = zeros(shape[1]) + 1
    first, second = X[0:2]
    s, t = shape
    predict q @ w + dot(first, second) / (s * t) + 0 * Z[0, 0]
}
print predictions(both, linear(3, d = 2), trials = 2)
