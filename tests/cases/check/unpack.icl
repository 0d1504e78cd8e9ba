# Names on the left that do not fit what is on the right.
a, b = ones(3)
c, e = 4
f, g = [1, "text", 2]
h, i = "text"
fn pair(x) { return x, x }
j, k, l = pair(1)
algorithm halves given X[n, d], y[n], q[d] {
    u, v = q
    predict u + v
}
print 1
