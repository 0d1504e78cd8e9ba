# A parameter whose value only the run knows is checked before the first draw.
language 1

task spread(n: int, sd: real) {
    x[n + 1, 2] ~ normal(0, sd)
    prompt x, x[:, 0]
}

widths = [1.0, 0.5, -0.25]
print sweep sd in widths { record risk = risk(zero, spread(2, sd), trials = 8) }
