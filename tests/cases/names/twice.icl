option d: int = 3
task d(n: int, n: int) { x[n, 2] ~ normal(0, 1); prompt x, x[:, 0] }
fn f(a, b = 1) { return a + b }
print f(a = 1, a = 2), { x: 1, x: d }
s = sweep i in 0:3, i in 0:4 { record x = i }
g = (a, a) -> a
task t(n: int) { x[n] ~ normal(0, 1); x[n] ~ normal(0, 1); prompt x, x }
language 1
