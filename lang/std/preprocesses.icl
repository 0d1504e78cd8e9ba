# Preprocesses: maps of a prompt that stand before a predictor, as in `correlate then gd(...)`.

## Scales every feature by its correlation with the labels: x -> diag(r) x, r = X'y / n, in the context and the query.
## Gradient descent after it is gradient descent preconditioned by diag(r²). Chen, Zhao and Zou (2024).
preprocess correlate given X[n, d], y[n], q[d] {
    r = X.T @ y / max(n, 1)
    yield X * r, y, q * r
}
