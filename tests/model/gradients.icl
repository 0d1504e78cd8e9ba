# For `icl gradcheck`: every layer of the library, and whole architectures, against central differences in binary64.
language 1

## The answer read off tokens h.
fn said(h: real[t, k]) -> real {
    return sum(h[t - 1] * [1.0 / (1 + i) for i in 0:k]) + mean(h ** 2)
}

architecture of_linear(width = 5) given X[n, d], y[n], q[d] {
    predict said(linear(tokens(X, y, q), width))
}

architecture of_layernorm given X[n, d], y[n], q[d] {
    predict said(layernorm(tokens(X, y, q)))
}

architecture of_embedding(width = 4) given X[n, d], y[n], q[d] {
    predict said(tokens(X, y, q) + embedding(n + 3, d + 1)[0:n + 1]) + sum(embedding(width, width)[0] ** 3)
}

architecture of_softmax_attention(heads = 2) given X[n, d], y[n], q[d] {
    predict said(attention(tokens(X, y, q), heads))
}

architecture of_causal_attention(heads = 2) given X[n, d], y[n], q[d] {
    predict said(attention(tokens(X, y, q), heads, causal = true))
}

architecture of_relu_attention(heads = 2) given X[n, d], y[n], q[d] {
    predict said(attention(tokens(X, y, q), heads, kind = "relu"))
}

architecture of_causal_linear_attention(heads = 4) given X[n, d], y[n], q[d] {
    predict said(attention(tokens(X, y, q), heads, kind = "linear", causal = true))
}

architecture of_linear_attention(heads = 2) given X[n, d], y[n], q[d] {
    predict said(linear_attention(tokens(X, y, q), heads, context = n))
}

architecture of_mlp(hidden = 6) given X[n, d], y[n], q[d] {
    predict said(mlp(tokens(X, y, q), hidden))
}

architecture of_block(heads = 2, hidden = 8) given X[n, d], y[n], q[d] {
    predict said(block(tokens(X, y, q), heads, hidden))
}

architecture of_descent_step(eta = 0.3) given X[n, d], y[n], q[d] {
    predict said(descent_step(tokens(X, y, q), eta * eye(d), context = n, from = 0))
}

architecture of_softmax_written(omega = 0.5) given X[n, d], y[n], q[d] {
    key = omega * eye(d + 1)
    h = written_attention(tokens(X, y, q), [key], [key], [key], [key], context = n, kind = "softmax")
    predict said(h)
}

## A layer alone: its input and its parameters.
layer gated(width = 4) given h[t, k] {
    param W[k, width] ~ normal(0, 1)
    param G[k, width] ~ normal(0, 1)
    return (h @ W) * sigmoid(h @ G)
}

## The encoder of a study of heads, small.
architecture reader(layers = 2, heads = 2, width = 8) given X[n, d], y[n], q[d] {
    h = linear(tokens(X, y, q), width)
    for l in 0:layers {
        h = h + attention(layernorm(h), heads)
        h = h + mlp(layernorm(h), 4 * width)
        tap residual = h
    }
    predict linear(layernorm(h), 1)[n, 0]
}

architecture causal_reader(layers = 1, heads = 2, width = 8) given x[t, d], y[t] {
    h = linear(interleaved(x, y), width) + embedding(2 * t, width)
    for l in 0:layers {
        h = block(h, heads, 2 * width, causal = true)
    }
    out = linear(layernorm(h), 1)
    predict [out[2 * i, 0] for i in 0:t]
}

## The same block several times.
architecture looped_reader(loops = 3, heads = 2, width = 6) given X[n, d], y[n], q[d] {
    first = linear(tokens(X, y, q), width)
    h = zeros(n + 1, width)
    repeat loops { h = block(h + first, heads, 2 * width) }
    predict linear(layernorm(h), 1)[n, 0]
}
