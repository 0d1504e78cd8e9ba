# An entry's own label is ahead of it too, even where the parameter that would let it through starts from 0.
language 1

task prefixes(points: int, d: int) {
    w[d]         ~ normal(0, 1)
    x[points, d] ~ normal(0, 1)
    prompt x, x @ w
}

architecture leak() given x[t, d], y[t] {
    param W[d] ~ normal(0, 1)
    param b = 0.0
    predict x @ W + b * y
}

print init(leak(), prefixes(6, 3))
