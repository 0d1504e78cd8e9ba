# Do more heads help, and more layers? Transformers of one width, trained alike, that differ in nothing else, beside
# algorithms on the same prompts.
language 1

option trials: int = 8192 "prompts a risk is measured on"

import "setting.icl" only prompts, trained, d, s, n, sigma

algorithms = sweep method in [zero(), ridge(a = sigma ** 2 * d / s), lasso(alpha = 0.1), bayes_sparse(s = s, sigma = sigma)] {
    record risk = risk(method, prompts(n), trials = trials)
}
print algorithms

models = sweep layers in [1, 2, 3] {
    one = trained(layers, 1, 1)
    record sweep heads in [1, 2, 8] {
        model = one if heads == 1 else trained(layers, heads, 1)
        record risk = risk(model, prompts(n), trials = trials),
            gain = compare(one, model, prompts(n), trials = trials)  # over one head, on the same prompts
    }
}
print models
plot models { x = heads, y = risk, series = layers, xscale = "log", xlabel = "heads in every layer", ylabel = "excess risk",
              title = "Trained transformers: d = {d}, s = {s}, n = {n}, noise {sigma}", band = "90%" } to "heads_and_layers.svg"
save models to "heads_and_layers.csv"
