y = 4 4
z = f(a b)
t = [1 2]
print x y
u = { a: 1 b: 2 }
