# What training does, on a model of one number b whose loss is (b - level)²: every figure can be worked out by hand.
language 1

task answer_is(level: int) {
    x[3, 1] ~ normal(0, 1)
    prompt x, 0 * x[:, 0] + level
}

architecture one_number given X[n, d], y[n], q[d] {
    param b = 0.0
    predict b + 0 * q[0]
}

fn after(steps, optimizer_used, schedule_used = constant(), level = 1) {
    model = train(one_number, answer_is(level), steps = steps, batch = 3, optimizer = optimizer_used,
                  schedule = schedule_used)
    return predictions(model, answer_is(level), trials = 1)[0]
}

fn near(a, b) {
    return abs(a - b) < 1e-6
}

test "sgd: b - lr g" {
    assert near(after(1, sgd(lr = 0.1)), 0.2)
    assert near(after(2, sgd(lr = 0.1)), 0.36)
}

test "momentum: v <- beta v + g" {
    # the name stands for the optimizer, and not for the algorithm, where `optimizer =` is given
    for steps in [1, 2] {
        model = train(one_number, answer_is(1), steps = steps, batch = 3, optimizer = momentum(lr = 0.1))
        assert near(predictions(model, answer_is(1), trials = 1)[0], [0.2, 0.54][steps - 1])
    }
}

test "adam: means freed of their bias" {
    assert near(after(1, adam(lr = 0.1)), 0.1)
    assert near(after(2, adam(lr = 0.1)), 0.1995878)
}

test "adamw: weights decay by themselves" {
    assert near(after(2, adamw(lr = 0.1, decay = 0.0)), 0.1995878)
    assert near(after(2, adamw(lr = 0.1, decay = 0.01)), 0.1994878)
}

test "schedules scale the rate" {
    assert near(after(1, sgd(lr = 0.1), linear_warmup(warmup = 2)), 0.1)
    assert near(after(2, sgd(lr = 0.1), linear_warmup(warmup = 2)), 0.28)
    assert near(after(2, sgd(lr = 0.1), (step, steps) -> 1.0 if step == 0 else 0.0), 0.2)
}

test "the library's schedules" {
    rise = linear_warmup(warmup = 4)
    assert rise(0, 100) == 0.25 and rise(3, 100) == 1 and rise(99, 100) == 1
    fall = cosine(warmup = 10, low = 0.1)
    assert near(fall(4, 110), 0.5) and near(fall(10, 110), 1) and near(fall(60, 110), 0.55) and near(fall(110, 110), 0.1)
    tent = triangle()
    assert near(tent(0, 10), 0.1) and near(tent(4, 10), 0.9) and near(tent(5, 10), 0.9) and near(tent(9, 10), 0.1)
    flat = constant()
    assert flat(7, 10) == 1
}

test "clip: the norm of the gradient has a bound" {
    for bound in [0.5, 1.0, 1.5] {
        model = train(one_number, answer_is(1), steps = 1, batch = 3, optimizer = sgd(lr = 0.1), clip = bound)
        assert near(predictions(model, answer_is(1), trials = 1)[0], 0.1 * bound)
    }
    model = train(one_number, answer_is(1), steps = 1, batch = 3, optimizer = sgd(lr = 0.1), clip = 3.0)
    assert near(predictions(model, answer_is(1), trials = 1)[0], 0.2)
}

test "a curriculum moves the task" {
    # with lr = 1/2 a step goes to the minimum of its own loss
    for steps in [1, 2, 3, 4, 5, 6, 9] {
        model = train(one_number, answer_is(9), steps = steps, batch = 3, optimizer = sgd(lr = 0.5),
                      curriculum = { level: ramp(2, 7, by = 2, every = 2) })
        assert near(predictions(model, answer_is(9), trials = 1)[0], min(2 + 2 * floor((steps - 1) / 2), 7))
    }
}

test "a batch is new at every step, the same for a seed" {
    prompts = noisy_linear(6, d = 2)
    one = train(linear_transformer(1), prompts, steps = 5, batch = 7, seed = 1)
    again = train(linear_transformer(1), prompts, steps = 5, batch = 7, seed = 1)
    other = train(linear_transformer(1), prompts, steps = 5, batch = 7, seed = 2)
    assert disagreement(one, again, prompts, trials = 32).max == 0
    assert disagreement(one, other, prompts, trials = 32).max > 0
}
