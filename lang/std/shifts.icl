# Shifts: prompts of linear regression that are not like `linear`'s, to see what a reader trained on those
# does. Conventions of Garg, Tsipras, Liang and Valiant (NeurIPS 2022); no noise; w ~ N(0, I).

## The query is orthogonal to the context: a Gaussian vector without its part in the span of the first min(n,
## d - 1) examples (which are all of them when n < d), scaled back to its length. With n < d nothing can be
## learnt about the answer: the risk of every reader that goes by inner products is that of answering 0, which
## is d.
task orthogonal_query(n: int, d = 8) {
    w[d]    ~ normal(0, 1)
    c[n, d] ~ normal(0, 1)
    z[d]    ~ normal(0, 1)
    span = c[0:min(n, d - 1)]
    rest = z
    repeat 2 { rest = rest - lstsq(span.T, rest) @ span }       # the second pass takes what rounding left
    x = concat([c, [rest * (norm(z) / norm(rest))]], axis = 0)
    prompt x, x @ w
}

## The query is one of the context's examples: a reader that fits the context answers without error.
task repeated_query(n: int, d = 8) {
    w[d]    ~ normal(0, 1)
    c[n, d] ~ normal(0, 1)
    k       ~ categorical(ones(n))
    x = concat([c, [c[k]]], axis = 0)
    prompt x, x @ w
}

## Inputs `scale` times as large, of the context and the query: x ~ N(0, scale² I). E y² = scale² d. Garg et
## al. use 1/3, 1/2, 2 and 3.
task scaled_inputs(n: int, d = 8, scale = 3.0) {
    w[d]        ~ normal(0, 1)
    z[n + 1, d] ~ normal(0, 1)
    x = scale * z
    prompt x, x @ w
}

## Labels `scale` times as large: y = scale w'x. E y² = scale² d.
task scaled_labels(n: int, d = 8, scale = 3.0) {
    w[d]        ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    prompt x, scale * (x @ w)
}

## Inputs in a random subspace of half the dimensions (rounded up), scaled so that E|x|² = d. Least squares
## needs d/2 examples only.
task half_subspace(n: int, d = 8) {
    w[d]        ~ normal(0, 1)
    Q[d, d]     ~ orthogonal()
    z[n + 1, d] ~ normal(0, 1)
    on = where(2 * range(d) < d, 1.0, 0.0)
    x = (z * on) @ Q * sqrt(d / sum(on))
    prompt x, x @ w
}

## The context stays in one random quadrant (orthant): the signs of each feature are the same in all examples;
## the query is N(0, I), so in another quadrant nearly always.
task random_quadrants(n: int, d = 8) {
    w[d]    ~ normal(0, 1)
    side[d] ~ rademacher()
    c[n, d] ~ normal(0, 1)
    q[d]    ~ normal(0, 1)
    x = concat([abs(c) * side, [q]], axis = 0)
    prompt x, x @ w
}
