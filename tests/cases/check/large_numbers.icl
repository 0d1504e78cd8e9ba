# A whole number that does not fit is an error, never another number.
print 2 ** 63, 2 ** 10_000, (-2) ** 63, 1 ** 10_000, (-1) ** 10_001
n = 2 ** 40
print n * n
print -9223372036854775807 - 2
print 9223372036854775807 - 1 + 1, 2 ** 62 + (2 ** 62 - 1)
fn cube(k: int) -> int { return k * k * k }
print cube(10_000_000)
x = 9223372036854775807
x += 1
print 2.0 ** 63 > 0
