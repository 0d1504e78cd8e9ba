# Heat maps: of a table, and of a matrix; where values have both signs, white is zero.
language 1

option trials: int = 512

gain = sweep n in [14, 16, 32, 64], sigma in [0.1, 0.3, 0.6, 1.0] {
    record gain = compare(ols(), ridge(a = 1.0), noisy_linear(n, 6, sigma = sigma), trials = trials)
}
heatmap gain { x = n, y = sigma, color = gain, xlabel = "examples in the context", ylabel = "noise σ",
               clabel = "risk saved by ridge" } to "heatmap.svg"
heatmap gain { x = n, y = sigma, color = gain }

waves = [sin(i * 0.4) * cos(j * 0.4) for i in 0:16, j in 0:24]
heatmap waves { title = "A matrix: rows run down", xlabel = "column", ylabel = "row" } to "matrix.svg"
