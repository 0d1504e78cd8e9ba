# Optimizers: how a parameter p moves, given its gradient g and the number t of the step, from 1. They are applied element
# by element; a `state` is kept for every element. `lr` is scaled by the schedule. Schedules are functions of (step, steps),
# from 0, that give a factor for `lr`; curricula are functions of the step.

## Gradient descent: p - lr g.
optimizer sgd(lr = 1e-2) given p, g, t {
    yield p - lr * g
}

## Heavy-ball momentum: v <- beta v + g, p - lr v. Polyak (1964).
optimizer momentum(lr = 1e-2, beta = 0.9) given p, g, t {
    state v = 0
    v = beta * v + g
    yield p - lr * v
}

## Adam: running means of g and g², freed of their bias towards 0. Kingma and Ba (2015).
optimizer adam(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8) given p, g, t {
    state m = 0
    state v = 0
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ** 2
    yield p - lr * (m / (1 - beta1 ** t)) / (sqrt(v / (1 - beta2 ** t)) + eps)
}

## Adam with weights that decay by themselves: Loshchilov and Hutter (2019).
optimizer adamw(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, decay = 0.01) given p, g, t {
    state m = 0
    state v = 0
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g ** 2
    yield p - lr * (m / (1 - beta1 ** t) / (sqrt(v / (1 - beta2 ** t)) + eps) + decay * p)
}

## Always 1.
fn constant() {
    return (step, steps) -> 1.0
}

## Rises from 0 over `warmup` steps, then stays.
fn linear_warmup(warmup = 100) {
    return (step, steps) -> min((step + 1) / max(warmup, 1), 1.0)
}

fn cosine_factor(step, steps, warmup, low) {
    if step < warmup { return (step + 1) / warmup }
    return low + (1 - low) * (0.5 + 0.5 * cos(3.141592653589793 * (step - warmup) / max(steps - warmup, 1)))
}

## Rises over `warmup` steps, then falls to `low` along half a cosine. Loshchilov and Hutter (2017).
fn cosine(warmup = 0, low = 0.0) {
    return (step, steps) -> cosine_factor(step, steps, warmup, low)
}

## Rises to the middle of the run and falls again, both in a line.
fn triangle() {
    return (step, steps) -> 1 - abs(2 * (step + 0.5) / steps - 1)
}

## A curriculum: starts from `from` and grows by `by` every `every` steps up to `to`.
fn ramp(from: int, to: int, by = 1, every = 1000) {
    return step -> min(from + by * floor(step / every), to)
}
