# Numbers made of estimates, printed to more digits than the estimates have.
language 1

task easy(n: int = 8) {
    w[4] ~ normal(0, 1)
    x[n + 1, 4] ~ normal(0, 1)
    prompt x, x @ w
}

a = risk(gd(steps = 4, eta = 0.1), easy, trials = 64)
b = risk(zero, easy, trials = 64)
print a
print a.mean
print a - b
print "{100 * a / b}", "{a}"
share = a / b
print share
print a < b, a.se, a.trials, round2(share)
fn round2(v: real) { return floor(100 * v) / 100 }
