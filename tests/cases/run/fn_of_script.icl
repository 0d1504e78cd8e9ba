# Functions that measure and train run where they are called, also with typed parameters; so do those that call them.
language 1

fn measured(a: real, k: int) {
    return risk(ridge(a = a), noisy_linear(10, k), trials = 64)
}

fn both(k: int) {
    return [measured(1.0, k).trials, measured(2.0, k).trials]
}

fn fitted(heads: int, seed: int) {
    return train(encoder(layers = 1, heads = heads, width = 4, hidden = 4), linear(4, 2), steps = 2, batch = 16, seed = seed)
}

print both(3)
print risk(fitted(2, 1), linear(4, 2), trials = 32).trials
