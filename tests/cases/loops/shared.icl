# What no draw decides is computed once, before the loop over blocks; a sum has up to 16 partial sums.
language 1

task scaled(n: int) {
    A = [exp(-abs(i - j)) for i in 0:3, j in 0:3]
    z[n + 1, 3] ~ normal(0, 1)
    x = z @ A
    prompt x, sum(x, axis = 1)
}

algorithm mean_label given X[n, d], y[n], q[d] { predict sum(y) / n + 0 * sum(q) + 0 * sum(X) }

print risk(mean_label, scaled(17), trials = 8)
