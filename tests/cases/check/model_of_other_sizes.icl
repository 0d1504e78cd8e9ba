# A model keeps its sizes: prompts of other sizes, values of other shapes in interventions.
m = init(encoder(layers = 1, heads = 2, width = 8, hidden = 8), linear(4))
print risk(m, linear(4, d = 5), trials = 4)
print risk(m with block[0].attention[0].Wq = ones(3), linear(4), trials = 4)
print risk(m with block[0].attention[0].Wq = it @ ones(3), linear(4), trials = 4)
print risk(m with block[0].attention[0].Wq = smoothness(it), linear(4), trials = 4)
print risk(m with block[0].attention[0].Wq = orthogonal_factor(it), linear(4), trials = 4)
print risk(features(m, block[0].attention[0].weights) then ols, linear(4), trials = 4)
print probe(m, block[0].attention[0].head, linear(4, d = 3), fit = 10, trials = 4)
print capture(m, block[0].attention[0].head, linear(4, d = 3), trials = 4)
print curve(m, linear(4, d = 3), trials = 4)
print train(encoder(heads = 2, width = 8), linear(4), steps = 2, curriculum = { d: ramp(1, 3) })
print train(preconditioned_transformer(steps = 1, A = ones(3, 3)), linear(4), steps = 2)
print train(decoder(positions = 2), linear(4), steps = 2)
print curve(bayes_pool(ones(3, 3)), linear(4), trials = 4)
print compare(ols, bayes_pool(ones(3, 3)), linear(4), trials = 4)
t = sweep d in [3, 8] { record r = risk(bayes_pool(ones(3, d)), linear(4), trials = 4) }
print t
