# Figures as text: lines, points, bars of both signs, several rows at one place, fields.
language 1

t = sweep n in [8, 16, 32, 64], power in [1, 2] { record v = 100.0 / n ** power }
plot t { x = n, y = v, series = power, xscale = "log", yscale = "log", title = "powers", xlabel = "context", ylabel = "value" }
plot t[power == 1] { x = n, y = v, kind = "scatter" }
signs = sweep i in 0:4 { record v = i * i - 2.0 }
plot signs { x = i, y = v, kind = "bar" }
seeds = sweep seed in 0:4, n in [1, 2] { record v = seed + 10.0 * n }
plot seeds { x = n, y = v, kind = "bar", band = "bootstrap" }
plot seeds { x = n, y = v, band = "90%" }
heatmap t { x = n, y = power, color = v, cscale = "log" }
heatmap [i * 1.0 - j for i in 0:3, j in 0:40]
