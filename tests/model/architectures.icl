# Every architecture of the library is made, read, and trained a little: the loss on new prompts falls.
language 1

option steps: int = 60

prompts = noisy_linear(n = 12, d = 3, sigma = 0.1)

fn taught(net, data, rate) {
    return train(net, data, steps = steps, batch = 32, optimizer = adam(lr = rate), clip = 1.0, seed = 1)
}

fn learns(net, data, rate) {
    return compare(init(net, data, seed = 1), taught(net, data, rate), data, trials = 512)
}

test "encoders learn" {
    assert learns(encoder(layers = 1, heads = 2, width = 16, hidden = 32), prompts, 5e-3) > 0.2
    assert learns(encoder(layers = 1, heads = 2, width = 16, hidden = 32, kind = "relu"), prompts, 5e-3) > 0.2
    assert learns(encoder(layers = 1, heads = 2, width = 16, hidden = 32, kind = "linear"), prompts, 5e-3) > 0.2
}

test "decoders learn" {
    assert learns(decoder(layers = 1, heads = 2, width = 16, hidden = 32, positions = 8), linear(n = 7, d = 3), 5e-3) > 0.1
}

test "linear transformers learn" {
    assert learns(linear_transformer(layers = 2, heads = 1), prompts, 1e-2) > 0.2
}

test "looped transformers learn, and have the parameters of one block" {
    assert learns(looped(loops = 3, heads = 2, width = 16, hidden = 32), prompts, 5e-3) > 0.2
    model = init(looped(loops = 3), prompts, seed = 1)
    assert disagreement(model, init(looped(loops = 1), prompts, seed = 1), prompts, trials = 64).max > 0
    assert max(abs(predictions(model with residual = 1.0, prompts, trials = 16))) == 0
}

test "what the tap `residual` is given is what goes on" {
    model = init(encoder(layers = 2), prompts, seed = 1)
    assert max(abs(predictions(model with residual[1] = 1.0, prompts, trials = 16))) == 0
    assert disagreement(model, model with residual[0] = 0.5 * it, prompts, trials = 64).max > 0
}

test "the order of an encoder's context plays no part" {
    model = init(encoder(layers = 2), prompts, seed = 1)
    assert disagreement(backwards then model, model, prompts, trials = 64).max < 1e-4
}

## The context from its end.
preprocess backwards given X[n, d], y[n], q[d] {
    yield [X[n - 1 - i, :] for i in 0:n], [y[n - 1 - i] for i in 0:n], q
}

test "parameters start the same from one seed, and not from another" {
    a = encoder(layers = 1)
    assert disagreement(init(a, prompts, seed = 3), init(a, prompts, seed = 3), prompts, trials = 16).max == 0
    assert disagreement(init(a, prompts, seed = 3), init(a, prompts, seed = 4), prompts, trials = 16).max > 1e-3
}

task prefixes(points: int) {
    w[3]         ~ normal(0, 1)
    z[points, 3] ~ normal(0, 1)
    prompt z, z @ w
}

## A curve takes its rows from one walk over the whole prompt; the same rows as prompts of their own give the same risks.
test "a curve of a sequence model" {
    m = init(decoder(width = 8, layers = 2, heads = 2), prefixes(6), seed = 3)
    c = curve(m, prefixes(6), trials = 64, seed = 5)
    for k in 1:6 {
        alone = risk(m, prefixes(k + 1), trials = 64, seed = 5)
        assert abs(c.risk[k] - alone) < 1e-5 * alone "after {k} examples"
    }
}

## Examples of which the first `active` of 3 features are not zero.
task active_prefixes(points: int, active: int = 3) {
    w[3]         ~ normal(0, 1)
    z[points, 3] ~ normal(0, 1)
    x = z * [1.0 if j < active else 0.0 for j in 0:3]
    prompt x, x @ w
}

## Trained on all prefixes, with a curriculum over dimension and length, a decoder is better than averaging, which grows
## better with every example, and far better than with no context.
test "a decoder learns every length of context" {
    model = train(decoder(layers = 2, heads = 2, width = 32, hidden = 64, positions = 10), active_prefixes(10), steps = 20 * steps,
                  batch = 32, optimizer = adam(lr = 3e-3), clip = 1.0, seed = 1,
                  curriculum = { active: ramp(2, 3, by = 1, every = 100), points: ramp(6, 10, by = 2, every = 100) })
    ours = curve(model, active_prefixes(10), trials = 4096)
    theirs = curve(averaging(), active_prefixes(10), trials = 4096)
    for i in 4:10 {
        a = ours[k == i].risk
        b = theirs[k == i].risk
        assert b.mean - a.mean > 4 * sqrt(a.se ** 2 + b.se ** 2) "after {i} examples: {a}, averaging {b}"
    }
    assert ours.risk[9] < 0.4 * ours.risk[0]
}
