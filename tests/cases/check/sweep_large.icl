# A large sweep is walked before it runs: every whole number with the least and the greatest real number beside it.
task shrinking(n: int, sd: real) {
    x[n + 1, 2] ~ normal(0, sd)
    z[44 - n]   ~ normal(0, 1)
    prompt x, x[:, 0] + sum(z)
}

t = sweep n in 1:48, sd in [0.1, 0.2, 0.3, 0.4] { record r = risk(zero, shrinking(n, sd)) }

# A real number in the middle is walked once.
u = sweep n in 1:40, sd in [1.0, 0.2, -0.3, -0.4] { record r = risk(zero, linear(n, d = 2), trials = 10 if sd > -0.1 else 0) }
