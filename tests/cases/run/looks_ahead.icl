# A sequence architecture that looks ahead is refused before it is trained: here the mask is forgotten.
language 1

task prefixes(points: int, d: int) {
    w[d]         ~ normal(0, 1)
    x[points, d] ~ normal(0, 1)
    prompt x, x @ w
}

architecture reader(causal: bool, late: int) given x[t, d], y[t] {
    pairs = stack([x, concat([reshape(y, [t, 1]), zeros(t, d - 1)], axis = 1)], axis = 1)
    h = linear(reshape(pairs, [2 * t, d]), 8)
    h = h + attention(h, heads = 2, causal = causal)
    predict [linear(h, 1)[2 * i + late, 0] for i in 0:t]
}

print init(reader(causal = true, late = 0), prefixes(6, 3))
print train(reader(causal = false, late = 0), prefixes(6, 3), steps = 2)
