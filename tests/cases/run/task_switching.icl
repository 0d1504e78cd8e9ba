# A Markov chain drawn in a loop; a forward filter that knows both weights.
# flags: --progress never
language 1
## Which of two weights is in use is a Markov chain drawn in a loop; the forward filter knows the weights.
option trials: int = 100
task switching(n: int, stay = 0.9, sigma = 0.3) {
    a[2] ~ normal(0, 1)
    u[n + 1] ~ normal(0, 1)
    z ~ bernoulli(0.5)
    c = zeros(n + 1)
    for i in 0:n + 1 {
        c = where(range(n + 1) == i, where(z > 0.5, a[1], a[0]), c)
        flip ~ bernoulli(1 - stay)
        z = where(flip > 0.5, 1 - z, z)
    }
    e[n + 1] ~ normal(0, sigma)
    prompt reshape(u, [n + 1, 1]), c * u + e truth c * u
}
algorithm filter(stay = 0.9, sigma = 0.3) given X[n, d], y[n], q[d] knowing a[k] {
    p = ones(k) / k
    for i in 0:n {
        l = log(p) - (y[i] - a * X[i, 0]) ** 2 / (2 * sigma ** 2)
        p = softmax(l)
        p = stay * p + (1 - stay) * (1 - p)
    }
    predict q[0] * (p @ a)
}
print risk(filter, switching(15), trials = trials)
print risk(filter(stay = 0.5), switching(15), trials = trials)
