# What cannot be differentiated, or not so.
print grad(3)
print grad(x -> x)(ones(3))
print grad(x -> sum(x), 1)(ones(3))
print grad(x -> sum(x), -1)(ones(3))
print hessian(x -> x ** 2)(ones(2))
print hessian(x -> sum(x))(ones(2, 2))
print grad((a, b) -> a * b)(1.0)
print grad(x -> sum(x))("text")
print grad(x -> sum(x))(x = 1.0)
f = (a, b) -> a + b
print f(1)
print ols(ones(3, 2), ones(3), ones(2))
print ols(1)
