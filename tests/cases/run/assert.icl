# An assertion that does not hold shows both sides; what follows it is not run.
n = 3
assert n == 3 "this holds"
print "before"
assert 2 * n < 5 "2n = {2 * n} is not below 5"
print "after"
