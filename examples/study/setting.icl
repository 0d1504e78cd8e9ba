# What the scripts of the study share: the prompts, the transformer, the trained models. Each model is trained once: its
# checkpoint, named after its sizes, is found again by every script that runs in the same folder (`--out`).
# The defaults are small. At the scale of published work: --d 16 --s 4 --n 48 --width 128 --layers 4 --steps 100000
language 1

option d: int      = 8       "features of an example"
option s: int      = 2       "of these, the ones that matter"
option n: int      = 16      "examples in the context"
option sigma: real = 0.5     "standard deviation of the labels' noise"
option width: int  = 64      "of a token in the transformer"
option steps: int  = 8000    "of training"
option batch: int  = 64      "prompts a step of training"
option lr: real    = 2e-3    "learning rate, after 200 steps of warming up; it falls to 0 along a cosine"

## Linear regression with `s` of `d` weights not zero, each 1 or -1, and noisy labels.
task prompts(n: int) {
    w[d]         ~ sparse(s, rademacher())
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

## Bidirectional transformer over tokens (x, y); the query token carries y = 0. The tap `residual[l]` is what the
## layers after layer l read.
architecture reader(layers: int, heads: int, width: int) given X[n, d], y[n], q[d] {
    x = concat([X, [q]], axis = 0)
    labels = reshape(concat([y, [0.0]]), [n + 1, 1])
    h = linear(concat([x, labels], axis = 1), width)
    for l in 0:layers {
        h = h + attention(layernorm(h), heads)
        tap residual = h + mlp(layernorm(h), 4 * width)
        h = residual
    }
    predict linear(layernorm(h), 1)[n, 0]
}

## The reader of that many layers and heads, trained from that seed.
fn trained(layers: int, heads: int, seed: int) {
    return train(reader(layers, heads, width), prompts(n), steps = steps, batch = batch, optimizer = adam(lr = lr),
                 schedule = cosine(warmup = 200), clip = 1.0, seed = seed,
                 checkpoint = "reader-{layers}-{heads}-{seed}.safetensors", every = 500)
}
