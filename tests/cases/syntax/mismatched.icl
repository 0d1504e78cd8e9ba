f = x -> (x + 1]
y = [1, 2)
print f(1), y
