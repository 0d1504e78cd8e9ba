# An operand is missing, at the end of the line or before another operator.
x = 3 +
y = 4 * / 2
z = (1 + )
print f(a, , b)
repeat 3 { w = w - }
