# Architectures: readers of prompts whose parameters are trained. The tap `residual` holds the tokens after each
# layer, as in `probe(model, residual[0][-1], task)`. The defaults are small: minutes of training on two cores.

## Tokens (x, y), one an example, and the query's last, with label 0.
fn tokens(X: real[n, d], y: real[n], q: real[d]) -> real[n + 1, d + 1] {
    labels = reshape(concat([y, [0.0]]), [n + 1, 1])
    return concat([concat([X, [q]], axis = 0), labels], axis = 1)
}

## Tokens x_0, y_0, x_1, y_1, ...: an example's features, then its label, filled up with zeros.
fn interleaved(x: real[t, d], y: real[t]) -> real[2 * t, d] {
    labels = concat([reshape(y, [t, 1]), zeros(t, d - 1)], axis = 1)
    return reshape(stack([x, labels], axis = 1), [2 * t, d])
}

## Bidirectional transformer over tokens (x, y): every token sees all others, their order plays no part, and the answer
## is read at the query's token. `kind` is that of `attention`. Zhang, Frei and Bartlett (2024); Chen, Zhao and Zou
## (2024), there with several `heads`.
architecture encoder(layers = 2, heads = 4, width = 32, hidden = 128, kind = "softmax") given X[n, d], y[n], q[d] {
    h = linear(tokens(X, y, q), width)
    for l in 0:layers {
        tap residual = block(h, heads, hidden, kind = kind)
        h = residual
    }
    predict linear(layernorm(h), 1)[n, 0]
}

## Causal transformer over tokens x_0, y_0, x_1, y_1, ... with learned positions: the answer for x_i is read at its own
## token, so one prompt trains all context lengths. For sequences of at most `positions` examples. Garg et al. (2022),
## there with 12 layers, 8 heads and width 256.
architecture decoder(layers = 2, heads = 4, width = 32, hidden = 128, positions = 64) given x[t, d], y[t] {
    h = linear(interleaved(x, y), width) + embedding(2 * positions, width)[0:2 * t]
    for l in 0:layers {
        tap residual = block(h, heads, hidden, causal = true)
        h = residual
    }
    answers = linear(layernorm(h), 1)
    predict [answers[2 * i, 0] for i in 0:t]
}

## Linear attention alone, on tokens (x, y) as they are: no softmax, norm, mlp or embedding. The query is never key or
## value; the prediction is minus the last entry of its token. Its layers can take steps of (preconditioned) gradient
## descent: `descent_transformer` writes such weights down. von Oswald et al. (2023), Ahn et al. (2023).
architecture linear_transformer(layers = 2, heads = 1) given X[n, d], y[n], q[d] {
    h = tokens(X, y, q)
    for l in 0:layers {
        tap residual = h + linear_attention(h, heads, context = n)
        h = residual
    }
    predict -h[n, d]
}

## One transformer block taken `loops` times with the same weights, the embedded prompt added to its input each time.
## Giannou et al. (2023); Yang et al. (2024).
architecture looped(loops = 4, heads = 4, width = 32, hidden = 128) given X[n, d], y[n], q[d] {
    prompt_tokens = linear(tokens(X, y, q), width)
    h = zeros(n + 1, width)
    repeat loops {
        h = block(h + prompt_tokens, heads, hidden)
    }
    tap residual = h
    predict linear(layernorm(residual), 1)[n, 0]
}
