# Draws that the prompt does not depend on.
language 1

task easy(n: int) {
    w[4] ~ normal(0, 1)
    scale ~ uniform(1, 2)
    kind ~ categorical([0.5, 0.5])
    x[n + 1, 4] ~ normal(0, 1)
    noise[n + 1] ~ normal(0, 1)
    extra[n + 1] ~ normal(0, 1)
    latent ~ rademacher()
    known = latent * 2
    label = x @ w + noise
    scaled = scale * extra
    both = scaled * kind
    prompt x, x @ w truth x @ w
}
algorithm told given X[n, d], y[n], q[d] knowing known { predict known + q[0] + X[0, 0] + y[0] }
print risk(told, easy(4), trials = 8) > 0
