# Several rows at one place: the mean of eight seeds, with the bootstrap's 90 % interval.
language 1

option trials: int = 64

runs = sweep seed in 0:8, n in [8, 16, 32, 64], method in [ridge(a = 1.0), averaging()] {
    record risk = risk(method, noisy_linear(n, 8), trials = trials, seed = seed)
}
plot runs {
    x = n, y = risk, series = method, xscale = "log", yscale = "log", band = "bootstrap",
    xlabel = "examples in the context", ylabel = "excess risk"
} to "seeds.svg"
