# Sizes that are no whole numbers.
x = 1 / 0
y = log(-1.0)
z = 5 / 2
A = zeros(z, 3)
print x, y, A
algorithm a() given X[n, d], y[n], q[d] { k = n / 2; Z = X[0:k]; predict sum(Z) + q[0] + y[0] }
print risk(a, linear(7, d = 2), trials = 4)
print [1, 2, 3] @ [1, 2]
