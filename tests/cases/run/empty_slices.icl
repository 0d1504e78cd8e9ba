# An empty axis, from either end.
x = zeros(0)
print x[::-1], x[::-2], x[:], x[0:0]
print zeros(3, 0)[::-1, ::-1].shape
fn f(x: real[n]) { return sum(x[::-1] * x) }
print f(x), f(ones(3))
