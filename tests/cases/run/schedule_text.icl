m = train(linear_transformer(), linear(3, d = 2), steps = 2, batch = 2, schedule = (step, steps) -> "text {step} {steps}")
print m
