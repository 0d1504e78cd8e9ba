print "abc
print "a {x
x = "a {f("b)}
y = 2 2
