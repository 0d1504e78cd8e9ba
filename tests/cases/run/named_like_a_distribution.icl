# A definition may have the name of a distribution: on the right of `~` it is the distribution all the same.
language 1

task sparse(n: int, d: int = 4, s: int = 2) {
    w[d]        ~ sparse(s, normal(0, 1))
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x @ w
}

print predictions(zero, sparse(3), trials = 2)
