# Heads that do not divide the width.
language 1

architecture reader(heads: int, width: int) given X[n, d], y[n], q[d] {
    h = linear(concat([X, [q]], axis = 0), width)
    h = h + attention(h, heads)
    predict linear(h, 1)[n, 0]
}

task prompts(n: int) {
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0]
}

print train(reader(heads = 3, width = 16), prompts(8), steps = 1)
