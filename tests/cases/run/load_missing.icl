# A file that is not there is found by the run: the script may write it first.
language 1

task linear_demo(n: int, sd: real) {
    x[n + 1, 2] ~ normal(0, sd)
    prompt x, x[:, 0]
}

architecture small() given X[n, d], y[n], q[d] {
    param W[d] ~ normal(0, 1)
    predict q @ W
}

print init(small(), linear_demo(2, 1.0))
print load(small(), "nothing.safetensors")
