# Arguments of definitions and builtins: too many, too few, twice, of another name, type or shape.
fn scaled(x: real[n], by: real = 1.0) -> real[n] { return by * x }
algorithm descend(steps: int, eta = 0.1) given X[n, d], y[n], q[d] { predict steps * eta * q[0] }

print scaled(ones(3), 2.0, 3.0)
print scaled()
print scaled(ones(2, 2))
print scaled(ones(3), x = ones(3))
print scaled(ones(3), bye = 2.0)
print descend()
print descend(steps = 2.5)
print descend(10, rate = 0.1)
print solve(eye(2))
print solve(eye(2), ones(2), ones(2))
print sum(ones(2), axes = 0)
print norm(ones(2), x = ones(2))
x = 3
print x(2)
