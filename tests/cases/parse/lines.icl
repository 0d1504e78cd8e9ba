# Where a line goes on, and where it ends.
x = 1 +
    2
y = f(a,
      b

      , c
)
z =
    3
p = first then
    second
f = w ->
    w ** 2
t = [
    1,
    2   # a comment
]
if x == 1
{
    print x
}
else
{
    print y
}


a = 1; b = 2;
model = init(m) with {
    a[0].W = { q: 1,
               r: 2 }
    for l in 1:3, k in 0:2 {
        if k != s[l] { att[l].head[k] = it * 2 } else { att[l].x = 0 }
    }
}
g = f(sweep n in 1:3 {
    m = n
    record risk = m
}, 2)
