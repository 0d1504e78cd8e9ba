# Draws in loops are new in every pass of all loops around, however many there are.
language 1
task nested(n = 4) {
    s = 0.0
    for i in 1:4 {
        a ~ normal(0, 1)
        s += a
        repeat 2 {
            for j in 0:6:3 {
                e ~ normal(0, 1)
                f ~ normal(0, 1)
                s += e + f
            }
        }
    }
    t = 0.0
    repeat 3 {
        e ~ normal(0, 1)
        t += e
    }
    X[n + 1, 1] ~ normal(0, 1)
    prompt X, [s * s for i in 0:n + 1] truth [s for i in 0:n + 1]
}
algorithm of_s() given X[n, d], y[n], q[d] knowing s { predict s }
algorithm of_t() given X[n, d], y[n], q[d] knowing t { predict t }
algorithm of_both() given X[n, d], y[n], q[d] knowing s, t { predict s * t }
fn square(p) { return mean(predictions(p, nested(), trials = 40_000) ** 2) }
print square(of_s()), "of 27,", square(of_t()), "of 3"
print abs(mean(predictions(of_both(), nested(), trials = 40_000))) < 0.2

# What is drawn there by every distribution, in products and in what is differentiated.
task every(d = 3) {
    acc = zeros(d)
    m = zeros(d, d)
    for scale in [1.0, 2.0] {
        for k in [0.5, 0.25, 0.125] {
            a[d] ~ laplace(0, k)
            b[d] ~ student_t(5.0)
            c[d] ~ sparse(1, rademacher())
            p[d] ~ permutation()
            g[d] ~ mvnormal(zeros(d), eye(d) + 1)
            q[d, d] ~ orthogonal()
            z ~ categorical([0.2, 0.3, 0.5])
            v[d] ~ sphere(1)
            acc = acc + scale * grad(u -> sum(u * a * tanh(u * b)) + u @ (c + p + g) + z * sum(u * v))(ones(d))
            m = m @ q + q
        }
    }
    X[5, d] ~ normal(0, 1)
    prompt X, X @ m @ acc
}
print predictions(ridge(), every(), trials = 4)

# A random walk of 3000 steps, which stops for each prompt on its own.
task walk(steps: int = 3000, far = 30.0) {
    at = 0.0
    passes = 0
    repeat steps until abs(at) > far {
        step ~ normal(0, 1)
        at += step
        passes += 1
    }
    X[2, 1] ~ normal(0, 1)
    prompt X, [at for i in 0:2]
}
algorithm of_passes() given X[n, d], y[n], q[d] knowing passes { predict passes }
algorithm of_square() given X[n, d], y[n], q[d] knowing at, passes { predict at ** 2 - passes }
print risk(zero(), walk(steps = 0)), risk(zero(), walk(steps = 1)), risk(zero(), walk(far = 1e9), trials = 2000)
stopped = predictions(of_passes(), walk(), trials = 2000)
print max(stopped) == 3000, mean(stopped) > 800, abs(mean(predictions(of_square(), walk(), trials = 2000))) < 40
