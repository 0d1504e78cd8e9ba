# Indices, fields, places: what values do not have.
x = ones(3)
e = risk(zero, linear(3), trials = 2)
print e.sd, (2.0).T, x[x > 0]
print zero(a = 1)
fn f(a) { return a + 1 }
print f(a in [1, 2])
fn measures(x) { return x + risk(zero, linear(3)) }
algorithm deep given X[n, d], y[n], q[d] { predict measures(q) + q[0] }
algorithm builder given X[n, d], y[n], q[d] {
    A = [1.0 for a in 0:1, b in 0:1, c in 0:1, e in 0:1, f in 0:1, g in 0:1, h in 0:1, i in 0:1, j in 0:1]
    predict sum(A)
}
algorithm number given X[n, d], y[n], q[d] {
    s = 0.0
    for i in n { s += y[i] }
    predict s
}
task drawn_once(n: int) {
    w ~ normal(zeros(3), 1)
    v[3] ~ mvnormal(ones(2, 3), eye(3))
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ v * w
}
task many(n: int) {
    s = 0.0
    repeat 1_000_000_000 { z ~ normal(0, 1); s = s + z }
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0] + s
}
fn tapped(x) { tap y = x; return y }
print risk(deep, linear(3)), risk(zero, many(3))
print risk(zero, linear(2_000_000, d = 1000), trials = 3)
m = init(encoder(), linear(3))
save m to "m.csv"
plot sweep n in [1] { record a = n } { x = n, y = a } to "a.gif"
