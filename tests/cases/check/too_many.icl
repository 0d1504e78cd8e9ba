# What would never end is refused before it begins.
option n: int = 100_000
every = sweep a in 0:n, b in 0:n, c in ["x", "y"] { record v = a + b }
one = sweep a in 0:100 * n * n { record v = a }
some = sweep a in 0:n, b in 0:a { record v = a }
pairs = [i * j for i in 0:n, j in 0:n]
names = [[i, j] for i in ["a", "b"], j in 0:1_000_000_000]
most = sweep a in 0:1_000_000_000_000, b in 0:1_000_000_000_000 { record v = a }
nested = sweep a in 0:n {
    inside = sweep b in 0:n { record v = a + b }
    record inside
}
print every, one, some, pairs, names, most, nested
