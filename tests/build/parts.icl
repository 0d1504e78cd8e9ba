# What training.icl imports.
task pairs(n: int = 4) {
    w[3] ~ normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x @ w
}
architecture reader(heads: int) given X[n, d], y[n], q[d] {
    x = concat([X, [q]], axis = 0)
    labels = reshape(concat([y, [0.0]]), [n + 1, 1])
    h = linear(concat([x, labels], axis = 1), 8)
    for l in 0:2 {
        h = h + attention(layernorm(h), heads)
        h = h + mlp(layernorm(h), 16)
        tap residual = h
    }
    predict linear(layernorm(h), 1)[n, 0]
}
