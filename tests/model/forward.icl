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
