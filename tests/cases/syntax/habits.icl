if x = 3 { print x }
if x == 3:
    print x
while x < 3 { x = x + 1 }
def f(x):
    x = 2
let y = 3
g = lambda x: x + 1
z = 1
  + 2
a = b
    then c
if x { a = 1 } elif y { a = 2 }
algoritm a given X[n, d], y[n], q[d] { predict 0 }
import numpy
for i in range(3):
algorithm b(X[n, d], y[n]) { predict 0 }
A = X' @ X
print "abc {x"
