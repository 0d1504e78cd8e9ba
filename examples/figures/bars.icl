# Bars: with their standard errors; long names make them lie.
language 1

option trials: int = 1024

table = sweep method in [averaging(), ridge(a = 1.0), correlate then gd(steps = 16, eta = 0.5, relative = true), knn(k = 3)] {
    record risk = risk(method, noisy_linear(24, 8), trials = trials)
}
plot table { x = method, y = risk, kind = "bar", ylabel = "excess risk", title = "24 examples of 8 features" } to "bars.svg"
plot table { x = method, y = risk, kind = "bar" }

grouped = sweep n in [12, 24, 48], method in [averaging(), ridge(a = 1.0), knn(k = 3)] {
    record risk = risk(method, noisy_linear(n, 8), trials = trials)
}
plot grouped { x = n, y = risk, series = method, kind = "bar", yscale = "log", xlabel = "examples in the context",
               ylabel = "excess risk" } to "grouped_bars.svg"
