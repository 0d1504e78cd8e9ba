x[0] = 1
m.W = 2
f(x) = 3
a + b = 4
a, b[1] = 5
x[0] += 1
3 = x
m = model with f(x) = 3
