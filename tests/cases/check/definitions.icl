# Bodies that do not end as their signature or their kind says.
fn half(x: real[n]) -> real[n] {
    return x[0:1] / 2
}

algorithm rows given X[n, d], y[n], q[d] {
    predict X @ q
}

task uneven(n: int) {
    x[n + 1, 3] ~ normal(0, 1)
    w[3]        ~ normal(0, 1)
    prompt x, x[0:n] @ w
}

fn down(k: real) -> real {
    return down(k - 1)
}

print risk(ols(), uneven(4))
print down(3.0)
