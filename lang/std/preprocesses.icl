# Preprocesses: maps of a prompt that stand before a predictor, as in `correlate then gd(steps = 20,
# eta = 0.1)`. What they learn they learn from the context; the query goes the same way. Labels stay as they
# are.

## Scales every feature by its correlation with the labels: x -> diag(r) x, r = X'y / n. Gradient descent
## after it is gradient descent preconditioned by diag(r²), and its limit is least squares again: what is
## gained comes from stopping early. It pays where d/s is large, the noise is real and there are steps enough;
## with few steps, or little noise, plain descent is better. Chen, Zhao and Zou (NeurIPS 2024).
preprocess correlate given X[n, d], y[n], q[d] {
    r = X.T @ y / max(n, 1)
    yield X * r, y, q * r
}

## Every feature with mean 0 and variance 1 over the context: x -> (x - mean) / sd; a feature that is constant
## there is only centred. The predictors of this library have no intercept: where features have mean 0 anyway,
## what centring takes from them is missing in the labels' fit, and `centre = false`, x -> x / rms, is the
## better choice.
preprocess standardise(centre = true) given X[n, d], y[n], q[d] {
    mu = sum(X, axis = 0) / max(n, 1) if centre else zeros(d)
    rms = sqrt(sum(X ** 2, axis = 0) / max(n, 1))
    sd = sqrt(sum((X - mu) ** 2, axis = 0) / max(n, 1))
    scale = 1 / where(sd > 1e-5 * rms, sd, 1.0)
    yield (X - mu) * scale, y, (q - mu) * scale
}

## Uncorrelated features of mean square 1: x -> S^(-1/2) x, S = X'X / n, by its eigenvalues. Directions whose
## eigenvalue is below `tol` times the largest, as all outside the context's span where n < d, become 0. After
## it one gradient step with eta = 1 is least squares: `whiten then gd(1, 1.0)` is `ols`.
preprocess whiten(tol = 1e-5) given X[n, d], y[n], q[d] {
    values, vectors = eigh(X.T @ X / max(n, 1))
    keep = values > max(tol * max(values), 1e-30)
    scale = where(keep, 1 / sqrt(where(keep, values, 1.0)), 0.0)
    root = (vectors * scale) @ vectors.T
    yield X @ root, y, root @ q
}
