# Transformers whose weights are written down: each layer is one step of an algorithm. Run with --precision 64, the
# differences are rounding errors; that of softmax attention falls as the square of the scale of its heads.
language 1

option n: int = 20
option d: int = 6
option steps: int = 5
eta = 0.02

prompts = noisy_linear(n, d, sigma = 0.3)

print "linear attention and gradient descent:",
    disagreement(init(descent_transformer(steps, eta), prompts), gd(steps, eta), prompts).max
print "d heads that preprocess, then descent:",
    disagreement(init(correlate_transformer(steps, eta), prompts), correlate then gd(steps, eta), prompts).max

## Softmax attention takes its steps with centred features.
algorithm centred_gd(steps: int, eta: real) given X[n, d], y[n], q[d] {
    Z = X - mean(X, axis = 0)
    w = zeros(d)
    repeat steps { w = w - eta * (Z.T @ (X @ w - y)) / n }
    predict q @ w
}

errors = sweep omega in [0.4, 0.2, 0.1, 0.05] {
    softmax_heads = init(softmax_descent_transformer(steps, eta, omega), prompts)
    record error = disagreement(softmax_heads, centred_gd(steps, eta), prompts).rms
}
print errors

# How the heads share the work: without one of the first layer's, a coordinate is missing.
model = init(correlate_transformer(steps, eta), prompts)
silenced = sweep k in 0:d {
    record gap = disagreement(model with written_attention[0].head[k] = 0, model, prompts).rms
}
print silenced

assert disagreement(init(descent_transformer(steps, eta), prompts), gd(steps, eta), prompts).max < 1e-4
