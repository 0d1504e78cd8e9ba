# Tasks of your own: what a prompt is made of, what is latent in it, and who may know.
language 1

option trials: int = 4096 "prompts a point"

## Neighbouring features are correlated, cov(x_i, x_j) = ρ^|i - j|; few weights count; the noise has heavy tails, and
## grows with the first feature.
task spectra(n: int, d = 16, s = 3, ρ = 0.8, σ = 0.3) {
    w[d]        ~ sparse(s, laplace(0, 1))
    x[n + 1, d] ~ mvnormal(zeros(d), [ρ ** abs(i - j) for i in 0:d, j in 0:d])
    e[n + 1]    ~ student_t(4)
    f = x @ w
    prompt x, f + σ * (1 + abs(x[:, 0])) * e truth f
}

## Every example follows one of two linear rules, and which one is not told.
task two_rules(n: int, d = 5, σ = 0.1) {
    w[2, d]      ~ normal(0, 1)
    rule[n + 1]  ~ categorical([0.5, 0.5])
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, σ)
    f = sum(x * w[rule], axis = 1)
    prompt x, f + noise truth f
}

## A reader who is told the rule of every example: least squares on the examples of the query's rule.
algorithm told_the_rules given X[n, d], y[n], q[d] knowing rule[m] {
    same = where(rule[0:n] == rule[n], 1.0, 0.0)
    Z = X * reshape(same, [n, 1])
    predict q @ solve(Z.T @ Z + 1e-3 * eye(d), Z.T @ y)
}

## A periodic function of one number: four harmonics of random size and phase.
task waves(n: int, harmonics = 4, σ = 0.1) {
    size[harmonics]  ~ normal(0, 1)
    phase[harmonics] ~ uniform(0, 6.2831853)
    x[n + 1, 1]      ~ uniform(0, 6.2831853)
    noise[n + 1]     ~ normal(0, σ)
    k = 1 + range(harmonics)
    f = sum(size / k * sin(k * x + phase), axis = 1)
    prompt x, f + noise truth f
}

## x -> (1, sin x, cos x, .., sin kx, cos kx): a preprocess may change the width of the prompt.
preprocess fourier(k = 4) given X[n, d], y[n], q[d] {
    turns = X[:, 0:1] * (1 + range(k))
    turn = q[0] * (1 + range(k))
    yield concat([ones(n, 1), sin(turns), cos(turns)], axis = 1), y, concat([[1.0], sin(turn), cos(turn)])
}

results = sweep n in [8, 32, 64], method in [ols(), ridge(a = 1.0), lasso(alpha = 0.1), oracle()] {
    record risk = risk(method, spectra(n), trials = trials)
}
print results

print "two rules, not told:", risk(ridge(a = 1.0), two_rules(40), trials = trials)
print "two rules, told:    ", risk(told_the_rules, two_rules(40), trials = trials)

learning = sweep method in [knn(k = 3), fourier() then ridge(a = 0.05)] {
    record curve(method, waves(32), trials = trials)
}
print learning[k == 8 or k == 16 or k == 32]
plot learning {
    x = k, y = risk, series = method, yscale = "log",
    title = "A sum of four waves", xlabel = "context examples", ylabel = "excess risk"
} to "waves.svg"

precise = risk(fourier() then ridge(a = 0.05), waves(32), se = 0.0005, max_trials = 200_000)
print "{precise} from {precise.trials} prompts"

test "features have the covariance that was asked for" {
    # the risk of answering 0 is E f² = Σ E w_i w_j cov(x_i, x_j), and E w_i² = 2s/d with independent signs
    zero_risk = risk(zero, spectra(2), trials = 20_000)
    assert abs(zero_risk - 6) < 5 * zero_risk.se
}

test "told the rules, the error is that of least squares on half of the examples, a little noise and a little ridge" {
    assert risk(told_the_rules, two_rules(40), trials = 4096) < 0.02
}
