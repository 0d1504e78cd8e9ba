# Written by `make curves`: what was measured, and the figures of docs/performance.md.
language 1
inputs = [4, 8, 16, 32, 64, 128, 256]
examples = [4, 16, 64, 256, 1024]
widths = [32, 64, 128, 256]
threads = 2
peak = 91.9
by_inputs = [
    [26.2, 32.8, 40.4, 46.1, 45.2, 39.6, 34.8],
    [25.3, 27.7, 31.3, 37.3, 50.9, 67.7, 82.0],
    [26.0, 33.2, 39.3, 42.5, 44.4, 39.0, 34.2]]
by_examples = [
    [39.7, 45.5, 37.9, 32.8, 30.9],
    [27.1, 30.4, 31.5, 30.7, 30.5],
    [41.7, 45.0, 37.7, 32.5, 30.9]]
by_examples_64 = [
    [37.8, 48.7, 45.5, 40.7, 37.5],
    [59.4, 54.4, 49.7, 41.5, 37.6],
    [40.7, 49.1, 45.0, 40.5, 37.3]]
by_width = [
    [0.95321, 0.963003, 0.95321, 0.930359],
    [0.639826, 0.824619, 0.868335, 0.862894]]
by_threads = [
    [1.000, 1.794],
    [1.000, 1.828],
    [1.000, 1.824]]

readers = ["descent, 50 steps", "ridge regression", "correlation, then descent"]

over_inputs = sweep r in 0:3, k in 0:7 { record reader = readers[r], d = inputs[k], rate = by_inputs[r, k] }
plot over_inputs {
    x = d, y = rate, series = reader, xscale = "log", yscale = "log",
    title = "W1 over the number of inputs: 40 examples, one thread", xlabel = "inputs d", ylabel = "GFLOP/s"
} to "cost_by_inputs.svg"

over_examples = sweep r in 0:3, k in 0:5 { record reader = readers[r], n = examples[k], rate = by_examples[r, k] }
plot over_examples {
    x = n, y = rate, series = reader, xscale = "log", yscale = "log",
    title = "W1 over the number of examples: 16 inputs, one thread", xlabel = "examples n", ylabel = "GFLOP/s"
} to "cost_by_examples.svg"

over_examples_64 = sweep r in 0:3, k in 0:5 { record reader = readers[r], n = examples[k], rate = by_examples_64[r, k] }
plot over_examples_64 {
    x = n, y = rate, series = reader, xscale = "log", yscale = "log",
    title = "W1 over the number of examples: 64 inputs, one thread", xlabel = "examples n", ylabel = "GFLOP/s"
} to "cost_by_examples_64.svg"

parts = ["products alone", "risk of the reader"]
over_width = sweep p in 0:2, k in 0:4 { record work = parts[p], width = widths[k], share = by_width[p, k] }
plot over_width {
    x = width, y = share, series = work, xscale = "log",
    title = "A model of 4 layers and 8 heads over its width, one thread", xlabel = "width", ylabel = "part of the peak"
} to "cost_by_width.svg"

sizes = ["40 x 16", "256 x 64", "1024 x 64"]
over_threads = sweep s in 0:3, k in 0:threads { record prompts = sizes[s], threads_used = k + 1, gain = by_threads[s, k] }
plot over_threads {
    x = threads_used, y = gain, series = prompts, kind = "bar",
    title = "W1 over threads: examples x inputs of a prompt", xlabel = "threads", ylabel = "speed, one thread = 1"
} to "cost_by_threads.svg"
