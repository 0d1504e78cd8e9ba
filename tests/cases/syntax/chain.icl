if 0 < x < 1 { print x }
print a == b == c == d
