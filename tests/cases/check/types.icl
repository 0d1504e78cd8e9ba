# Values of another type than the place needs; fields that are not there.
print "a" + 1
print -"a"
print sqrt(true), any(1.0)
print [1, 2].size
print { a: 1 }.b
print grad(3.0)
print true + 1
print 1 and true
print (1 if 2 else 3)
fn half(x: real) -> int { return x / 2 }
print half("a")
for i in 3 { print i }
