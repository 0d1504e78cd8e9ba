# What is lost when a layer keeps its strongest heads alone, without training again? And what do the layers know: how
# well does the best linear read-out of the query's token answer after each?
language 1

option layers: int = 3
option heads: int  = 8
option seeds: int  = 3
option trials: int = 4096

import "setting.icl" only prompts, trained, d, s, n, sigma

## For each layer its heads, from the one whose silence costs most to the one whose costs least.
fn rankings(model) {
    return [argsort([-compare(model with attention[l].head[k] = 0, model, prompts(n), trials = trials).mean
                     for k in 0:heads]) for l in 0:layers]
}

## The model whose layers `from` to `to` keep as many heads as `kept` says; the others are silenced.
fn silenced(model, order, from, to, kept) {
    return model with {
        for l in from:to, k in kept:heads { attention[l].head[order[l, k]] = 0 }
    }
}

## The same, but a head that goes leaves what it says on average, over prompts and tokens.
fn averaged(model, order, from, to, kept) {
    said = [mean(capture(model, attention[l].head, prompts(n), trials = 256), axis = 0) for l in 0:layers]
    return model with {
        for l in from:to, k in kept:heads {
            attention[l].head[order[l, k]] = mean(said[l, order[l, k]], axis = 0)
        }
    }
}

orders = [rankings(trained(layers, heads, seed)) for seed in 1:seeds + 1]

pruning = sweep seed in 1:seeds + 1 {
    model = trained(layers, heads, seed)
    order = orders[seed - 1]
    record sweep kept in [1, 2, 4, heads], part in ["first", "later"], others in ["silent", "at their mean"] {
        from = 0 if part == "first" else 1
        to = 1 if part == "first" else layers
        cut = silenced(model, order, from, to, kept) if others == "silent" else averaged(model, order, from, to, kept)
        record risk = risk(cut, prompts(n), trials = trials)
    }
}
print pruning[seed == 1]
summary = sweep kept_heads in [1, 2, 4, heads], of_layers in ["first", "later"], rest in ["silent", "at their mean"] {
    risks = pruning[kept == kept_heads and part == of_layers and others == rest].risk
    record risk = mean(risks), se_over_models = std(risks) / sqrt(seeds - 1)
}
print summary
plot pruning[others == "at their mean"] {
    x = kept, y = risk, series = part, xscale = "log", yscale = "log", band = "se", xlabel = "heads kept in each pruned layer",
    ylabel = "excess risk", title = "Pruned without training: the first layer, or all later ones"
} to "pruning.svg"
save pruning to "pruning.csv"

# Probing the models, and what is left of them when every later layer keeps one head.
probes = sweep seed in 1:seeds + 1, heads_left in ["all", "one in later layers"] {
    model = trained(layers, heads, seed)
    left = model if heads_left == "all" else silenced(model, orders[seed - 1], 1, layers, 1)
    record sweep l in 0:layers {
        record risk = probe(left, residual[l][-1], prompts(n), fit = 4096, trials = trials)
    }
}
print probes
plot probes { x = l, y = risk, series = heads_left, yscale = "log", band = "se", xlabel = "layer",
              ylabel = "risk of the best linear read-out" } to "probes.svg"
