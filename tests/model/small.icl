# A small training, for the tests of stopping and going on.
language 1

option steps: int = 400
option lr: real = 3e-3
option every: int = 20
option leap: int = 1_000_000_000    # the step from which on the learning rate is without measure

prompts = noisy_linear(n = 10, d = 3, sigma = 0.2)

rise = cosine(warmup = 20)

model = train(encoder(layers = 1, heads = 2, width = 16, hidden = 32), prompts, steps = steps, batch = 24,
              optimizer = adam(lr = lr), schedule = (step, steps) -> rise(step, steps) * (1.0 if step < leap else 1e30), clip = 1.0, seed = 5,
              curriculum = { n: ramp(4, 10, by = 3, every = 60) }, checkpoint = "kept.safetensors", every = every)
save model to "final.safetensors"
save predictions(model, prompts, trials = 64) to "predictions.npz"
