# Transformers whose weights are written down so that they are an algorithm: `init(descent_transformer(steps, eta), task)`
# answers every prompt as `gd(steps, eta)` does, to rounding. Their parameters are parameters: they can be looked at,
# replaced by `with`, and trained from there. Tokens are (x, y) with label 0 for the query, which is never key or value;
# layers keep label slots at y_j - <w, x_j>, so the prediction is minus the query's.

## Multi-head attention whose weights start from Q, K, V and O; tokens from `context` on are asked, never answered from.
## `kind` is "linear", scores / context, or "softmax".
layer written_attention(context: int, kind = "linear") given h[t, k], Q[heads, k, dk], K[heads, k, dk], V[heads, k, dv],
        O[heads, dv, k] {
    param Wq[heads, k, dk] = Q
    param Wk[heads, k, dk] = K
    param Wv[heads, k, dv] = V
    param Wo[heads, dv, k] = O
    c = h[0:context]
    scores = (h @ Wq) @ (c @ Wk).T
    tap weights = softmax(scores, axis = 2) if kind == "softmax" else scores / context
    tap head = weights @ (c @ Wv)
    return sum(head @ Wo, axis = 0)
}

## One step of w <- w - A X'(Xw - y) / n as an attention layer on tokens of width k whose features stand from `from` on
## and whose label is the last entry: key x, query x A, value minus the label slot, written to the label slot.
layer descent_step(context: int, from: int) given h[t, k], A[d, d] {
    key = [[1.0 if j == from + i else 0.0 for j in 0:k, i in 0:d]]
    value = [[[-1.0 if j == k - 1 else 0.0] for j in 0:k]]
    write = [[[1.0 if j == k - 1 else 0.0 for j in 0:k]]]
    return written_attention(h, key @ A, key, value, write, context)
}

## `steps` layers of linear attention, each a step of gradient descent: `gd(steps, eta)`. von Oswald et al. (2023).
architecture descent_transformer(steps: int, eta: real) given X[n, d], y[n], q[d] {
    h = tokens(X, y, q)
    for l in 0:steps {
        h = h + descent_step(h, eta * eye(d), context = n, from = 0)
    }
    predict -h[n, d]
}

## Steps preconditioned by the matrix A: w <- w - A X'(Xw - y) / n. Ahn et al. (2023).
architecture preconditioned_transformer(steps: int, A: real[d, d]) given X[n, d], y[n], q[d] {
    h = tokens(X, y, q)
    for l in 0:steps {
        h = h + descent_step(h, A, context = n, from = 0)
    }
    predict -h[n, d]
}

## Tokens (x, x̃, y). A first layer with a head for each coordinate, key and query that coordinate and value the label,
## writes x̃ = diag(r) x, r = X'y / n; every later layer has one head and takes a step on x̃: `correlate then
## gd(steps, eta)`. Exactly d heads are needed in the first layer. Chen, Zhao and Zou (2024).
architecture correlate_transformer(steps: int, eta: real) given X[n, d], y[n], q[d] {
    k = 2 * d + 1
    plain = tokens(X, y, q)
    h = concat([plain[:, 0:d], zeros(n + 1, d), plain[:, d:d + 1]], axis = 1)
    pick = [1.0 if j == i else 0.0 for i in 0:d, j in 0:k, a in 0:1]
    label = [1.0 if j == 2 * d else 0.0 for i in 0:d, j in 0:k, a in 0:1]
    write = [1.0 if j == d + i else 0.0 for i in 0:d, a in 0:1, j in 0:k]
    h = h + written_attention(h, pick, pick, label, write, context = n)
    for l in 0:steps {
        h = h + descent_step(h, eta * eye(d), context = n, from = d)
    }
    predict -h[n, 2 * d]
}

## Softmax heads in pairs of opposite sign and small scale omega: weights of ±omega differ by 2 omega (s_i - mean s) / n
## to first order, the even orders cancel, and O = ± eta / (2 omega) makes of it a step with centred features,
## w <- w - eta Σ_i (x_i - x̄)(<w, x_i> - y_i) / n, with an error of O(omega²) times the scores squared.
architecture softmax_descent_transformer(steps: int, eta: real, omega = 0.01) given X[n, d], y[n], q[d] {
    k = d + 1
    h = tokens(X, y, q)
    key = [1.0 if j == i else 0.0 for s in 0:2, j in 0:k, i in 0:d]
    query = [(omega - 2 * s * omega) if j == i else 0.0 for s in 0:2, j in 0:k, i in 0:d]
    value = [-1.0 if j == d else 0.0 for s in 0:2, j in 0:k, a in 0:1]
    write = [(1 - 2 * s) * eta / (2 * omega) if j == d else 0.0 for s in 0:2, a in 0:1, j in 0:k]
    for l in 0:steps {
        h = h + written_attention(h, query, key, value, write, context = n, kind = "softmax")
    }
    predict -h[n, d]
}
