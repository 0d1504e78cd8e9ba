# Which heads does a trained transformer use? Each head is silenced in turn; a layer's effective number of heads is
# 1 / Σ share², share = max(risk lost, 0) over its sum in the layer. Models from several seeds: their spread is the error.
language 1

option layers: int = 3
option heads: int  = 8
option seeds: int  = 3
option trials: int = 4096

import "setting.icl" only prompts, trained, d, s, n, sigma

importance = sweep seed in 1:seeds + 1, depth in 0:layers, head in 0:heads {
    model = trained(layers, heads, seed)
    record lost = compare(model with attention[depth].head[head] = 0, model, prompts(n), trials = trials)
}
heatmap importance[seed == 1] { x = head, y = depth, color = lost, ylabel = "layer", clabel = "risk lost without the head",
                                title = "One of the models: what each head is worth" } to "importance.svg"

effective = sweep of in 1:seeds + 1, l in 0:layers {
    share = max(importance[seed == of and depth == l].lost, 0)
    share = share / sum(share)
    record heads = 1 / sum(share ** 2), largest = max(share)
}
print effective
plot effective { x = l, y = heads, band = "se", xlabel = "layer", ylabel = "effective heads",
                 title = "{seeds} models of {layers} layers with {heads} heads" } to "effective_heads.svg"

# The first layer against the mean of the later ones, model by model.
gain = [effective[of == i and l == 0].heads - mean(effective[of == i and l > 0].heads) for i in 1:seeds + 1]
print "first layer minus later layers: {mean(gain)} effective heads, standard error {std(gain) / sqrt(seeds - 1)}"
