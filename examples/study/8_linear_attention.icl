# The same questions, asked of the models that the theory is about: linear attention alone, without softmax, layer norms
# and mlp, where one head can take a step of descent. Where is more than one head needed, in the first layer or in the
# later ones? Is what the first layer makes of the inputs better to descend on? Does a model bear pruning? A setting so
# small that a model learns it in seconds.
language 1

option d: int      = 4
option s: int      = 1
option n: int      = 12
option sigma: real = 0.5
option heads: int  = 4       "in layers that have several"
option steps: int  = 25_000
option seeds: int  = 3
option trials: int = 8192

task prompts(n: int) {
    w[d]         ~ sparse(s, rademacher())
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

## Three layers; the first has `first` heads, the others `later`. Tokens (0, x, y): the zeros are room for features. The
## query is never key or value, and the prediction is minus the last entry of its token.
architecture linear_reader(first: int, later: int) given X[n, d], y[n], q[d] {
    h = concat([zeros(n + 1, d), tokens(X, y, q)], axis = 1)
    for l in 0:3 {
        tap residual = h + linear_attention(h, first if l == 0 else later, context = n)
        h = residual
    }
    predict -h[n, 2 * d]
}

fn trained(first, later, seed) {
    return train(linear_reader(first, later), prompts(n), steps = steps, batch = 64, optimizer = adam(lr = 1e-3),
                 schedule = cosine(warmup = 200), clip = 1.0, seed = seed,
                 checkpoint = "linear-{first}-{later}-{seed}.safetensors", every = 5000)
}

fn best(family) {
    return tune(family, prompts(n), trials = 512, seed = 1)
}

algorithms = sweep method in [
    zero(), ridge(a = sigma ** 2 * d / s), bayes_sparse(s = s, sigma = sigma),
    best(correlate then gd(steps = 2, eta in logspace(-2, 0, 9), relative = true))
] {
    record risk = risk(method, prompts(n), trials = trials)
}
print algorithms

models = sweep first in [heads, 1], later in [heads, 1], seed in 1:seeds + 1 {
    record risk = risk(trained(first, later, seed), prompts(n), trials = trials)
}
print models
plot models {
    x = first, y = risk, series = later, kind = "bar", band = "se", yscale = "log", xlabel = "heads in the first layer",
    ylabel = "excess risk", title = "Linear attention: d = {d}, s = {s}, n = {n}, noise {sigma}"
} to "linear_heads.svg"

# Descent on what the first layer made, each input asked in the query's place, against descent on the inputs.
descent = sweep steps_of_descent in [1, 2, 4, 16] {
    on_inputs = best(gd(steps = steps_of_descent, eta in logspace(-2, 0, 9), relative = true))
    record inputs = risk(on_inputs, prompts(n), trials = trials)
    record sweep seed in 1:seeds + 1 {
        asked = features(trained(heads, heads, seed), residual[0][-1])
        on_features = best(asked then gd(steps = steps_of_descent, eta in logspace(-2, 0, 9), relative = true))
        record features = risk(on_features, prompts(n), trials = trials),
            gain = compare(on_inputs, on_features, prompts(n), trials = trials)
    }
}
print descent

# Pruned without training: one head is left in the first layer, or in all later ones.
pruned = sweep seed in 1:seeds + 1 {
    model = trained(heads, heads, seed)
    strongest = [argmax([compare(model with linear_attention[l].head[k] = 0, model, prompts(n), trials = trials).mean
                         for k in 0:heads]) for l in 0:3]
    record sweep part in ["first", "later"] {
        left = model with {
            for l in 0:3, k in 0:heads {
                if (l == 0) == (part == "first") and k != strongest[l] { linear_attention[l].head[k] = 0 }
            }
        }
        record risk = risk(left, prompts(n), trials = trials),
            probe = probe(left, residual[2][-1], prompts(n), fit = 4096, trials = trials)
    }
}
print pruned
