# Loops at script level of so many passes that what they leave behind is freed many times: what the names outside the
# loop stand for stays, whatever it is, and sizes are still what they are.
option n: int = 3
fn rest(a: int, b: int) -> int { return a - b * int(a / b) }
fn half(x, by = 2.0) { return x / by }
fn steps(k: int) -> int {
    s = 0
    for i in 0:k {
        s += i if rest(i, 3) == 1 else 0
    }
    return s
}
x = zeros(n, 4)
y = 0.0
k = 0
m = n
pair = (0, 1.0)
name = "none"
items = ["a", "b"]
big = ones(200)
unchanged = [n, n + 1]
repeat 20_000 until k >= 15_000 {
    k += 1
    t = x * 0.5 + ones(n, 4)
    x = t
    y = half(y) + 1.0
    pair = (k, y)
    name = "pass {k}"
    items = [name, "b"]
    if rest(k, 5000) == 0 {
        print k, name, x[0, 1], pair
        m = m + 1
        big = big + zeros(200)
    }
}
print x, y, k, m, name, sum(big), unchanged
print pair, items
z = ones(m, k - 14_990)
print (z @ ones(k - 14_990)).shape, z.shape
a = 0
for i in 0:300, j in [1, 2, 5] {
    inner = 0
    for l in i:i + 20 { inner += l * j }
    a += rest(inner, 7)
    repeat 3 { a += 1 }
}
print a
w = 0
for k2 in range(5000) { w = max(w, steps(rest(k2, 7))) }
print w
total = 0
for i in 0:20_000 { total += i }
print zeros(total - 199_989_998).shape
fn late(limit) {
    for i in 0:100_000 {
        if i * i > limit { return i }
    }
    return -1
}
print late(1_000_000), late(30)
for row in x { y = y + sum(row) }
print y
