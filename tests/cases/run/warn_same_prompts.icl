# Hyper-parameters chosen on the prompts that then measure them.
language 1

task easy(n: int = 8) {
    w[4] ~ normal(0, 1)
    x[n + 1, 4] ~ normal(0, 1)
    e[n + 1] ~ normal(0, 0.1)
    prompt x, x @ w + e truth x @ w
}

best = tune(gd(steps = 4, eta in [0.1, 0.2]), easy, trials = 16)
print risk(best, easy, trials = 16) > 0
apart = tune(gd(steps = 4, eta in [0.1, 0.2]), easy, trials = 16, seed = 1)
print risk(apart, easy, trials = 16) > 0
print risk(best, easy(9), trials = 16) > 0, risk(best, easy, trials = 16, seed = 2) > 0
print compare(zero, correlate then tune(gd(steps = 4, eta in [0.1, 0.2]), easy, trials = 16), easy, trials = 16) > 0
