language 1
import "_other.icl"
import "_other.icl" only a, b
option n: int = 3 "how many"
option m = 2
x = 1
a, b = f(x)
(c, d) = f(x)
x += 1
x **= 2
repeat 3 { x = x + 1 }
repeat k until x > 3 { x = x + 1; y = x }
for i in 0:3, j in i:4:2 { print i, j }
if x == 1 { print 1 } else if x == 2 { print 2 } else { print 3 }
print
assert x == 1
assert x == 1 "text {x}"
test "name" { y = 1 }
save t to "f.csv"
plot t { x = n, y = risk / d, title = "a" } to "f.svg"
plot t { x = n }
heatmap t { x, y, color }
heatmap sums to "h.png"
results = sweep n in 16:129:16, method in [a, b] {
    record risk = risk(method, t(n)), task = n
    record curve(method)
}
