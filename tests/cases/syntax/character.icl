x = 3 × 4
y = a && b || !c
z = x ^ 2
print “a”
w = 1 ? 2
v = 7 % 2
u = 'a'
t := 3
s = w => w
