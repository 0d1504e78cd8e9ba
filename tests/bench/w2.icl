# W2: an encoder is trained on fresh prompts.
language 1
option width: int = 64
option steps: int = 200

task sparse(n: int = 40, d: int = 16, s: int = 4, sigma: real = 0.1) {
    w[d]         ~ sparse(s, normal(0, 1))
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

architecture reader(layers: int, heads: int, width: int) given X[n, d], y[n], q[d] {
    labels = reshape(concat([y, [0.0]]), [n + 1, 1])
    h = linear(concat([concat([X, [q]], axis = 0), labels], axis = 1), width)
    for l in 0:layers {
        h = h + attention(layernorm(h), heads)
        h = h + mlp(layernorm(h), 4 * width)
    }
    predict linear(layernorm(h), 1)[n, 0]
}

model = train(reader(4, 8, width), sparse(), steps = steps, batch = 64, optimizer = adam(lr = 1e-4), seed = 1)
print risk(model, sparse(), trials = 64)
