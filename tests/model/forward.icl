# For forward.py: two trained models, prompts, and what the models predict for them.
language 1

prompts = noisy_linear(n = 9, d = 4, sigma = 0.2)

## Shows its prompt: the tap is what `capture` reads.
architecture shown given X[n, d], y[n], q[d] {
    tap prompt_tokens = tokens(X, y, q)
    predict sum(prompt_tokens)
}

encoder_model = train(encoder(layers = 2, heads = 2, width = 16, hidden = 24), prompts, steps = 150, batch = 32,
                      optimizer = adam(lr = 5e-3), seed = 2)
save encoder_model to "encoder.safetensors"
save predictions(encoder_model, prompts, trials = 100) to "encoder_predictions.npz"
save capture(init(shown(), prompts), prompt_tokens, prompts, trials = 100) to "encoder_prompts.npz"

decoder_model = train(decoder(layers = 2, heads = 4, width = 16, hidden = 24, positions = 12), linear(n = 9, d = 4),
                      steps = 150, batch = 32, optimizer = adamw(lr = 5e-3), seed = 2)
save decoder_model to "decoder.safetensors"
for n in [2, 9] {
    save predictions(decoder_model, linear(n, d = 4), trials = 100) to "decoder{n}_predictions.npz"
    save capture(init(shown(), linear(n, d = 4)), prompt_tokens, linear(n, d = 4), trials = 100) to "decoder{n}_prompts.npz"
}

# What analyses say of the encoder.
option trials: int = 100

algorithm target given X[n, d], y[n], q[d] knowing w[d] {
    predict q @ w
}

save predictions(target(), prompts, trials = trials) to "target.npz"

importance = sweep l in 0:2, k in 0:2 {
    record lost = compare(encoder_model with block[l].attention[0].head[k] = 0, encoder_model, prompts, trials = trials)
}
save importance to "importance.csv"
save [argmax(importance[l == i].lost) for i in 0:2] to "strongest.npz"
save capture(encoder_model, block[1].attention[0].weights, prompts, trials = trials) to "attention.npz"
save capture(encoder_model, residual[0], prompts, trials = trials) to "residual.npz"
save encoder_model.block[0].attention[0].Wq[1] @ encoder_model.block[0].attention[0].Wk[1].T to "circuit.npz"
save predictions(features(encoder_model, residual[0]) then ridge(a = 1.0), prompts, trials = trials) to "labelled.npz"
save predictions(features(encoder_model, residual[0][-1]) then ridge(a = 1.0), prompts, trials = trials) to "asked.npz"
save capture(encoder_model, residual[1][-1], prompts, trials = 4096, seed = 7) to "fit_states.npz"
save predictions(target(), prompts, trials = 4096, seed = 7) to "fit_target.npz"
print probe(encoder_model, residual[1][-1], prompts, fit = 4096, trials = 4096, seed = 8).mean
save capture(encoder_model, residual[1][-1], prompts, trials = 4096, seed = 8) to "asked_states.npz"
save predictions(target(), prompts, trials = 4096, seed = 8) to "asked_target.npz"
