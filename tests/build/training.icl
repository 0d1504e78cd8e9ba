# A training with a schedule and a checkpoint, and one with a curriculum; probes, interventions; a model saved and loaded.
import "parts.icl" only pairs, reader
option steps: int = 40
option lr: real = 1e-2
option most: real = 1.0
model = train(reader(heads = 2), pairs(n = 6), steps = steps, batch = 16, optimizer = adam(lr = lr), clip = most,
              schedule = cosine(warmup = 5), checkpoint = "reader.safetensors", every = 10, seed = 3)
print risk(model, pairs(n = 6), trials = 64)
print risk(model, pairs(n = 9), trials = 64)
print compare(model with attention[0].head[0] = 0, model, pairs(n = 6), trials = 64)
print probe(model, residual[0][-1], pairs(n = 6), fit = 64, trials = 64)
save model to "final.safetensors"
again = load(reader(heads = 2), "final.safetensors")
print disagreement(model, again, pairs(n = 6), trials = 64).max
grown = train(reader(heads = 1), pairs, steps = 12, batch = 16, optimizer = sgd(lr = 0.01), seed = 1,
              curriculum = { n: ramp(2, 4, by = 1, every = 4) })
print risk(grown, pairs(n = 4), trials = 64)
