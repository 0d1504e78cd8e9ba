# Gaussian processes weighed by their evidence.
# flags: --progress never
language 1
option trials: int = 100
task smooth(n: int) {
    l ~ uniform(0.5, 2.0)
    x[n + 1, 1] ~ uniform(-2, 2)
    D = (x - x[:, 0]) ** 2
    f[n + 1] ~ mvnormal(zeros(n + 1), exp(-D / (2 * l ** 2)) + 1e-4 * eye(n + 1))
    e[n + 1] ~ normal(0, 0.1)
    prompt x, f + e truth f
}
widths = [0.5, 1.0, 2.0]
fn evidence(K, y) { return -0.5 * (y @ solve(K, y) + logdet(K)) }
algorithm gp() given X[n, d], y[n], q[d] {
    r = (X[:, 0:1] - X[:, 0]) ** 2
    k = (X[:, 0] - q[0]) ** 2
    score = [0.0, 0.0, 0.0]
    answer = [0.0, 0.0, 0.0]
    for i in 0:3 {
        l = widths[i]
        K = exp(-r / (2 * l ** 2)) + 0.01 * eye(n)
        score = where(range(3) == i, evidence(K, y), score)
        answer = where(range(3) == i, exp(-k / (2 * l ** 2)) @ (inv(K) @ y), answer)
    }
    predict answer @ softmax(score)
}
print risk(gp, smooth(10), trials = trials)
