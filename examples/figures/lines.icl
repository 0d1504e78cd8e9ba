# Lines: series with intervals, logarithmic axes, labels with units; the legend stands where no data are.
language 1

option trials: int = 1024

risks = sweep n in [8, 16, 32, 64, 128], method in [ridge(a = 1.0), averaging(), knn(k = 3)] {
    record risk = risk(method, noisy_linear(n, 8), trials = trials)
}
plot risks {
    x = n, y = risk, series = method, xscale = "log", yscale = "log", band = "90%",
    title = "Three ways to answer a prompt", xlabel = "examples in the context", ylabel = "excess risk (label units squared)"
} to "lines.svg"
plot risks { x = n, y = risk, series = method, xscale = "log", yscale = "log" }
