# Each bracket is reported at its opening; what follows is read as usual.
z = f(a, b
w = [1, 2
task t(n: int {
    w[d] ~ normal(0, 1)
    prompt w, w @@ w
}
x = f(a,
      b
y = {a: 1, b: [2}
q = 1 + + 1
