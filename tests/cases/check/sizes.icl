# What a size may be; sizes that must divide.
option heads: int = 3
option d: int = 64

print zeros(2.5), zeros(-1)
print zeros(d / heads)

task drawn(n: int) {
    k    ~ uniform(1, 5)
    w[k] ~ normal(0, 1)
    x[n + 1, 2] ~ normal(0, 1)
    prompt x, x @ w
}

algorithm split(parts: int = 2) given X[n, d], y[n], q[d] {
    z = reshape(q, [parts, d / parts])
    predict sum(z)
}

task wide(n: int) {
    x[n + 1, 5] ~ normal(0, 1)
    prompt x, x[:, 0]
}

print risk(split(2), wide(4))
