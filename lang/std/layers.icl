# Layers: functions of token vectors h[t, k] with parameters of their own.

## An affine map of every token: h W + b, W ~ N(0, 1/k).
layer linear(width: int) given h[t, k] {
    param W[k, width] ~ normal(0, 1 / sqrt(k))
    param b[width] = 0
    return h @ W + b
}

## Every token shifted and scaled to mean 0 and variance 1, then by a learned gain and offset.
## Ba, Kiros and Hinton (2016).
layer layernorm(eps = 1e-5) given h[t, k] {
    param gain[k] = 1
    param offset[k] = 0
    centred = h - mean(h, axis = 1, keepdims = true)
    spread = mean(centred ** 2, axis = 1, keepdims = true)
    return centred / sqrt(spread + eps) * gain + offset
}

## A table of `count` learned vectors; slice it to the tokens there are.
layer embedding(count: int, width: int) {
    param E[count, width] ~ normal(0, 0.02)
    return E
}

fn attention_weights(scores: real[heads, t, s], causal: bool, kind: string) -> real[heads, t, s] {
    seen = [c <= r or not causal for r in 0:t, c in 0:s]
    if kind == "softmax" { return softmax(where(seen, scores, -1e30), axis = 2) }
    if kind == "relu" { return where(seen, relu(scores) / s, 0.0) }
    if kind == "linear" { return where(seen, scores / s, 0.0) }
}

## Multi-head self-attention: head i answers token r with Σ_c a[i, r, c] v[i, c], a from the scores q·k / √(k / heads).
## `kind` is "softmax", "linear" (scores / t) or "relu" (relu(scores) / t); `causal` hides later tokens. The tap `head`
## holds what every head says, before the output projection adds them up. Vaswani et al. (2017).
layer attention(heads: int, causal = false, kind = "softmax") given h[t, k] {
    param Wq[heads, k, k / heads] ~ normal(0, 1 / sqrt(k))
    param Wk[heads, k, k / heads] ~ normal(0, 1 / sqrt(k))
    param Wv[heads, k, k / heads] ~ normal(0, 1 / sqrt(k))
    param Wo[heads, k / heads, k] ~ normal(0, 1 / sqrt(k))
    scores = (h @ Wq) @ (h @ Wk).T / sqrt(k / heads)
    tap weights = attention_weights(scores, causal, kind)
    tap head = weights @ (h @ Wv)
    return sum(head @ Wo, axis = 0)
}

## Two linear maps with a ReLU between them.
layer mlp(hidden: int) given h[t, k] {
    param up[k, hidden] ~ normal(0, 1 / sqrt(k))
    param up_bias[hidden] = 0
    param down[hidden, k] ~ normal(0, 1 / sqrt(hidden))
    param down_bias[k] = 0
    return relu(h @ up + up_bias) @ down + down_bias
}

## A pre-norm transformer block: attention, then mlp, each added to its input.
layer block(heads: int, hidden: int, causal = false, kind = "softmax") given h[t, k] {
    a = h + attention(layernorm(h), heads, causal, kind)
    return a + mlp(layernorm(a), hidden)
}

## Attention without softmax, Σ_c <q_r, k_c> v_c / context over the tokens before `context`; those after it are asked, and
## never answered from. Keys have the width of a token, values too; it starts close to saying nothing. von Oswald et
## al. (2023).
layer linear_attention(heads: int, context: int) given h[t, k] {
    param Wq[heads, k, k] ~ normal(0, 1 / sqrt(k))
    param Wk[heads, k, k] ~ normal(0, 1 / sqrt(k))
    param Wv[heads, k, k] ~ normal(0, 1 / sqrt(k))
    param Wo[heads, k, k] ~ normal(0, 0.1 / sqrt(k))
    c = h[0:context]
    tap weights = (h @ Wq) @ (c @ Wk).T / context
    tap head = weights @ (c @ Wv)
    return sum(head @ Wo, axis = 0)
}
