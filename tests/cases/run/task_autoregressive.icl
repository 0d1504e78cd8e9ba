# Inputs that follow an AR(1) process, drawn in a loop. Risks agree with a simulation in NumPy, as those of the files below.
# flags: --progress never
language 1
## The same by draws in a loop.
option trials: int = 100
d = 2
task walk(n: int, rho = 0.7) {
    w[d] ~ normal(0, 1)
    first[d] ~ normal(0, 1)
    x = broadcast(first, [n + 1, d])
    now = first
    for i in 1:n + 1 {
        step[d] ~ normal(0, 1)
        now = rho * now + sqrt(1 - rho ** 2) * step
        x = where(reshape(range(n + 1), [n + 1, 1]) >= i, now, x)
    }
    e[n + 1] ~ normal(0, 0.3)
    prompt x, x @ w + e truth x @ w
}
print risk(ridge(a = 0.09), walk(12), trials = trials)
print risk(averaging, walk(12), trials = trials)
