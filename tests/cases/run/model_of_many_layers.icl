# Rotary attention, a gated MLP, experts and a linear recurrence in one reader; tied weights.
# flags: --progress never
language 1
## Own attention with rotary positions, a gated mlp, scaled residuals, experts, a linear RNN, tied weights.
d = 3
T = linear(6, d = d)
layer rotary_attention(dim: int = 8) given h[t, k] {
    param Wq[k, dim] ~ normal(0, 0.3)
    param Wk[k, dim] ~ normal(0, 0.3)
    param Wv[k, k] ~ normal(0, 0.3)
    angle = outer(range(t), [10.0 ** (-i / 4) for i in 0:dim / 2])
    turn = z -> concat([z[:, 0:dim / 2] * cos(angle) - z[:, dim / 2:] * sin(angle), z[:, 0:dim / 2] * sin(angle) + z[:, dim / 2:] * cos(angle)], axis = 1)
    scores = turn(h @ Wq) @ turn(h @ Wk).T / sqrt(dim)
    causal = where(reshape(range(t), [t, 1]) >= range(t), scores, -1e9)
    tap weights = softmax(causal)
    return weights @ (h @ Wv)
}
layer gated(hidden: int = 12) given h[t, k] {
    param U[k, hidden] ~ normal(0, 0.3)
    param G[k, hidden] ~ normal(0, 0.3)
    param D[hidden, k] ~ normal(0, 0.3)
    return (sigmoid(h @ G) * (h @ U)) @ D
}
layer experts(m: int = 3) given h[t, k] {
    param R[k, m] ~ normal(0, 0.3)
    param W[m, k, k] ~ normal(0, 0.3)
    p = softmax(h @ R)
    y = zeros(t, k)
    for i in 0:m { y += reshape(p[:, i], [t, 1]) * tanh(h @ W[i]) }
    return y
}
layer linear_rnn() given h[t, k] {
    param a[k] ~ normal(0, 1)
    param B[k, k] ~ normal(0, 0.3)
    decay = sigmoid(a)
    u = h @ B
    s = zeros(k)
    out = zeros(t, k)
    for i in 0:t {
        s = decay * s + u[i]
        out = where(reshape(range(t), [t, 1]) == i, s, out)
    }
    return out
}
architecture zoo(width = 6, depth: int = 2) given x[t, d], y[t] {
    param where_am_i[32, width] ~ normal(0, 0.1)
    marks = concat([x, reshape(concat([[0.0], y[0:t - 1]]), [t, 1])], axis = 1)
    h = linear(marks, width) + where_am_i[0:t]
    for i in 0:depth {
        h = h + 0.5 * rotary_attention(layernorm(h))
        h = h + gated(layernorm(h)) / sqrt(depth)
    }
    h = h + experts(h)
    h = h + linear_rnn(h)
    tap state = h
    param head[width] ~ normal(0, 0.3)
    predict h @ head
}
architecture tied(width = 6, passes: int = 3) given X[n, d], y[n], q[d] {
    h = linear(concat([concat([X, [q]]), reshape(concat([y, [0.0]]), [n + 1, 1])], axis = 1), width)
    repeat passes { h = h + attention(h, heads = 2) }
    predict h[n] @ ones(width)
}
m = init(zoo(), T, seed = 1)
t = init(tied(), T, seed = 1)
print predictions(m, T, trials = 3)
print predictions(t, T, trials = 3)
print capture(m, rotary_attention[1].weights, T, trials = 2).shape, capture(m, state[-1], T, trials = 2).shape
off = m with { for i in 0:2 { rotary_attention[i].weights = 0 } }
print disagreement(off, m, T, trials = 20).max > 0
print disagreement(m with head = it * 2, m with state = it * 2, T, trials = 20).max < 1e-4
u = train(zoo(), T, steps = 20, batch = 8, optimizer = adam(lr = 0.003), schedule = cosine, clip = 1.0, seed = 2)
v = train(tied(), linear(6, d = d), steps = 20, batch = 8, optimizer = momentum(lr = 0.0005), curriculum = { n: ramp(2, 6, by = 1, every = 4) }, seed = 2)
print risk(u, T, trials = 200).mean > 0, risk(v, T, trials = 200).mean > 0
print curve(u, T, trials = 50).k.shape
print probe(u, state[-1], T, fit = 200, trials = 200).mean > 0
r = sweep depth in [1, 2], width in [4, 6] { record r = risk(init(zoo(width = width, depth = depth), T), T, trials = 20) }
print r[depth == 2].width

