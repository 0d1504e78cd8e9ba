# Does the first layer preprocess? Gradient descent on what it made of the inputs, against descent on the inputs.
# `asked`: every x_i is asked in the query's place, its label hidden. `labelled`: the states of the labelled tokens as they
# are; the label can be read off these, which does not help with the query.
language 1

option layers: int     = 3
option heads: int      = 8
option model_seed: int = 1
option trials: int     = 4096

import "setting.icl" only prompts, trained, d, s, n, sigma

model = trained(layers, heads, model_seed)
asked = features(model, residual[0][-1])
labelled = features(model, residual[0])

results = sweep t in [1, 4, 16, 64, 256], method in [
    tune(gd(steps = t, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 256, seed = 1),
    tune(correlate then gd(steps = t, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 256, seed = 1),
    tune(asked then gd(steps = t, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 256, seed = 1),
    tune(labelled then gd(steps = t, eta in logspace(-2, 0, 9), relative = true), prompts(n), trials = 256, seed = 1)
] {
    record risk = risk(method, prompts(n), trials = trials)
}
print results
plot results { x = t, y = risk, series = method, xscale = "log", yscale = "log", xlabel = "steps of descent",
               ylabel = "excess risk", title = "Descent on inputs and on the first layer's features" } to "p_probing.svg"
