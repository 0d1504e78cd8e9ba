# Draws that are not possible.
option s: real = -1
D = normal(0, 1)
task one(n: int) {
    a[3] ~ normal(0, s)
    b[3] ~ bernoulli(1.5)
    c[3] ~ uniform(2, 1)
    e[2] ~ student_t(0)
    f[3] ~ exponential(-1.0)
    g    ~ categorical([0.0, 0.0])
    h    ~ categorical(0.5)
    i    ~ categorical([[0.5, 0.5], [0.1, 0.9]])
    j[4] ~ sparse(2, sphere(1.0))
    k[3] ~ mvnormal(zeros(3), eye(4))
    l[2, 3] ~ orthogonal()
    m[3] ~ normal("text", 1)
    o[3] ~ normal(zeros(4), 1)
    p ~ sphere(1.0)
    x[n + 1, 3] ~ normal(0, 1)
    y = x @ a + sum(b) + sum(c) + sum(e) + sum(f) + g + h + i + sum(j) + sum(k) + sum(l) + sum(m) + sum(o) + sum(p)
    prompt x, y
}
task two(n: int) {
    w = normal(0, 1)
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0] * w
}
task three(n: int) {
    z[n + 1] ~ categorical(ones(2, 3, 4))
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0] + z
}
task four(n: int, k: int = 0) {
    z[n + 1] ~ categorical(ones(k))
    x[n + 1, 3] ~ normal(0, 1)
    prompt x, x[:, 0] + z
}
r = risk(zero, four(2))
