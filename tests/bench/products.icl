# Products of matrices alone, of the sizes that W2 uses: 41 tokens, a width, four times the width.
language 1
option width: int = 64

layer product(out: int) given h[t, k] {
    param W[k, out] ~ normal(0, 0.1)
    return relu(h @ W)
}

architecture products(width: int) given X[n, d], y[n], q[d] {
    h = product(concat([X, [q]], axis = 0), width)
    for l in 0:4 {
        h = product(product(h, 4 * width), width)
    }
    predict mean(h) + mean(y)
}

print risk(init(products(width), linear(n = 40, d = 16)), linear(n = 40, d = 16), trials = 64)
