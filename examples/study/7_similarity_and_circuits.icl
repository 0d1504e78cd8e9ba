# Which algorithm does a model act like, and with how many steps? And what do the heads of the first layer look at, and do
# with what they read?
language 1

option heads: int  = 8
option seeds: int  = 3
option trials: int = 2048

import "setting.icl" only prompts, trained, d, s, n, sigma

models = [trained(l, heads, 1) for l in [1, 2, 3]]

## Root mean square of the difference of predictions, in units of the target's.
fn apart(model, algorithm_of) {
    return disagreement(model, algorithm_of, prompts(n), trials = trials).rms / sqrt(s)
}

similarity = sweep layers in [1, 2, 3], t in [1, 2, 4, 8, 16, 32] {
    record descent = apart(models[layers - 1], tune(gd(steps = t, eta in logspace(-2, 0, 5), relative = true), prompts(n), trials = 256, seed = 1)),
        preprocessed = apart(models[layers - 1], tune(correlate then gd(steps = t, eta in logspace(-2, 0, 5), relative = true), prompts(n), trials = 256, seed = 1))
}
print similarity
heatmap similarity { x = t, y = layers, color = descent, xlabel = "steps of descent", ylabel = "layers of the model",
                     clabel = "difference (rms)",
                     title = "Difference from descent" } to "similarity_descent.svg"
heatmap similarity { x = t, y = layers, color = preprocessed, xlabel = "steps of descent after `correlate`", ylabel = "layers of the model",
                     clabel = "difference (rms)",
                     title = "Difference from preprocessed descent" } to "similarity_preprocessed.svg"

# The circuit of a head: which feature of a token asks for which feature of another, through the embedding.
model = models[2]
lost = [compare(model with attention[0].head[k] = 0, model, prompts(n), trials = trials).mean for k in 0:heads]
strongest = argmax(lost)
embedding_map = model.linear[0].W
circuit = embedding_map @ model.attention[0].Wq[strongest] @ model.attention[0].Wk[strongest].T @ embedding_map.T
heatmap circuit { xlabel = "key: feature, the label last", ylabel = "query: feature, the label last", clabel = "score",
                  title = "Circuit of the first layer's strongest head" } to "circuit.svg"
writes = embedding_map @ model.attention[0].Wv[strongest] @ model.attention[0].Wo[strongest]
print "what it reads, feature by feature, the label last:", sqrt(sum(writes ** 2, axis = 1))

# What the heads add to the answer directly when they look at a token: a row a head, a column for what they read there.
answers = embedding_map @ model.attention[0].Wv @ model.attention[0].Wo @ model.linear[1].W
heatmap reshape(answers, [heads, d + 1]) {
    xlabel = "read: feature, the label last", ylabel = "head", clabel = "added to the answer",
    title = "First layer: values to the answer"
} to "values.svg"

# Where it looks in one prompt: a row a token that asks, the query last.
heatmap capture(model, attention[0].weights, prompts(n), trials = 1)[0, strongest] {
    xlabel = "token looked at", ylabel = "token that asks", clabel = "weight", title = "Attention of the same head in one prompt"
} to "attention.svg"

# A step of descent by softmax takes heads of two kinds: those that look at similar tokens and add what they read there,
# and those that look at dissimilar ones and subtract it. The sign of a head's circuit is its mean diagonal.
kinds = sweep seed in 1:seeds + 1, head in 0:heads {
    of = trained(3, heads, seed)
    into = of.linear[0].W
    scores = into @ of.attention[0].Wq[head] @ of.attention[0].Wk[head].T @ into.T
    record similar = trace(scores[0:d, 0:d]) / d,
        label = (into @ of.attention[0].Wv[head] @ of.attention[0].Wo[head] @ of.linear[1].W)[d, 0]
}
print kinds
same = where(kinds.similar * kinds.label > 0, 1, 0)
print "looks at similar tokens and adds, or at dissimilar ones and subtracts: {sum(same)} of {seeds * heads} heads"
plot kinds { x = similar, y = label, series = seed, kind = "scatter", xlabel = "score of a token with itself, a feature",
             ylabel = "label read, added to the answer", title = "Heads of the first layer" } to "pairs.svg"
