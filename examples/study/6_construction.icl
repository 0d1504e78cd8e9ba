# A transformer whose weights are written down: a first layer with a head for each feature preprocesses, every later layer
# takes one step of descent. It is the algorithm to rounding, and the assessment of heads finds what was put in.
# With --precision 64 the difference is below 1e-12.
language 1

option steps: int  = 4    "of descent, one a layer"
option eta: real   = 0.05
option trials: int = 4096

import "setting.icl" only prompts, d, n

model = init(correlate_transformer(steps, eta), prompts(n))
gap = disagreement(model, correlate then gd(steps, eta), prompts(n), trials = 2048)
print "transformer and algorithm differ by at most {gap.max}"
assert gap.max < 1e-3 "the construction is not the algorithm"

importance = sweep k in 0:d {
    record lost = compare(model with written_attention[0].head[k] = 0, model, prompts(n), trials = trials)
}
share = importance.lost / sum(importance.lost)
print importance
print "effective heads of the first layer: {1 / sum(share ** 2)}, of {d}"
