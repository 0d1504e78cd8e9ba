# Points: the answers of two algorithms to the same prompts.
language 1

option trials: int = 200

a = predictions(ridge(a = 1.0), noisy_linear(12, 8), trials = trials)
b = predictions(averaging(), noisy_linear(12, 8), trials = trials)
points = sweep i in 0:trials { record ridge_says = a[i], averaging_says = b[i] }
plot points { x = ridge_says, y = averaging_says, kind = "scatter", xlabel = "ridge", ylabel = "averaging",
              title = "Answers to the same prompts" } to "scatter.svg"
plot points[ridge_says > 0] { x = ridge_says, y = averaging_says, kind = "scatter" }
