# An algorithm as a network: weights that are written down.
#
# A head of softmax attention answers the query with an average of the labels, weighted by exp(key . query). For inputs on
# a sphere that is a kernel smoother: exp(-|x - q|² / 2h²) and exp(x . q / h²) differ by a factor that is the same for all
# examples. Below the smoother stands as an algorithm, and as an architecture whose weights are set to it.
language 1

option n: int      = 32   "context examples"
option d: int      = 4    "features"
option h: real     = 0.5  "width of the kernel"
option trials: int = 4096 "prompts a figure"

## A smooth function on the sphere: two ridges.
task ridges(n: int) {
    a[2, d]      ~ normal(0, 1)
    x[n + 1, d]  ~ sphere(1.0)
    noise[n + 1] ~ normal(0, 0.1)
    f = sum(tanh(2 * x @ a.T), axis = 1)
    prompt x, f + noise truth f
}

## The average of the labels with weights exp(-|x - q|² / 2h²): Nadaraya (1964), Watson (1964).
algorithm smoother(h: real) given X[n, d], y[n], q[d] {
    weight = exp(-sum((X - q) ** 2, axis = 1) / (2 * h ** 2))
    predict dot(weight, y) / sum(weight)
}

## Attention whose keys and values are the first `context` tokens.
layer ask(width: int, context: int) given t[m, k] {
    param Wq[k, width] ~ normal(0, 1 / sqrt(k))
    param Wk[k, width] ~ normal(0, 1 / sqrt(k))
    param Wv[k, k]     ~ normal(0, 1 / sqrt(k))
    c = t[0:context]
    tap share = softmax((t @ Wq) @ (c @ Wk).T, axis = 1)
    return share @ (c @ Wv)
}

## Tokens (x, y), the query's with y = 0; the answer is the last entry of the query's token.
architecture reader(width = 4) given X[n, d], y[n], q[d] {
    z = concat([concat([X, reshape(y, [n, 1])], axis = 1), [concat([q, [0.0]])]], axis = 0)
    predict (z + ask(z, width, n))[n, d]
}

written = init(reader(width = d), ridges(n)) with {
    ask[0].Wq = concat([eye(d) / h ** 2, zeros(1, d)], axis = 0)                       # queries: x / h², the label not read
    ask[0].Wk = concat([eye(d), zeros(1, d)], axis = 0)                                # keys: x
    ask[0].Wv = concat([zeros(d, d + 1), [concat([zeros(d), [1.0]])]], axis = 0)       # values: the label
}

gap = disagreement(written, smoother(h), ridges(n), trials = trials)
print "largest difference of network and algorithm:", gap.max
assert gap.max < 1e-5 "the network is not the smoother: {gap}"

print "the smoother:                 ", risk(smoother(h), ridges(n), trials = trials)
print "the network:                  ", risk(written, ridges(n), trials = trials)
print "twice as sharp:               ", risk(written with ask[0].Wq = 2 * it, ridges(n), trials = trials)
print "all examples weighted equally:", risk(written with ask[0].share = 1 / n, ridges(n), trials = trials)
