# The distributions of the language against their exact laws: Kolmogorov-Smirnov tests, moments, counts,
# independence. Every bound is exceeded by chance alone less than once in a million: the distance of
# Kolmogorov and Smirnov times √m stays under 2.7 with that probability, and means are given 5 standard
# errors.
language 1

option trials: int = 20_000

## Answers a task's latent `z`, so that `predictions` returns what was drawn: real[trials, k].
algorithm reveal given X[n, d], Y[n, k], q[d] knowing z[k] {
    predict z
}

task normals { z[3] ~ normal(1.0, 2.0); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task uniforms { z[3] ~ uniform(-1.0, 3.0); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task laplaces { z[3] ~ laplace(1.0, 0.5); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task exponentials { z[3] ~ exponential(2.0); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task students(dof: real) { z[3] ~ student_t(dof); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task bernoullis(p: real) { z[3] ~ bernoulli(p); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task rademachers { z[3] ~ rademacher(); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task categoricals { z[3] ~ categorical([0.5, 1.0, 0.0, 2.5]); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task sparses { z[5] ~ sparse(2, normal(3.0, 1.0)); prompt zeros(2, 1), broadcast(z, [2, 5]) }
task mvnormals {
    z[3] ~ mvnormal([1.0, 0.0, -1.0], [[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]])
    prompt zeros(2, 1), broadcast(z, [2, 3])
}
task spheres { z[3] ~ sphere(2.0); prompt zeros(2, 1), broadcast(z, [2, 3]) }
task permutations { z[4] ~ permutation(); prompt zeros(2, 1), broadcast(z, [2, 4]) }
task orthogonals(k: int) {
    Q[k, k] ~ orthogonal()
    z = reshape(Q, [k * k])
    prompt zeros(2, 1), broadcast(z, [2, k * k])
}

fn normal_cdf(x) { return 0.5 * (1 + erf(x / sqrt(2.0))) }

## √m times the largest distance between the distribution of the sample, whose distribution function at its
## sorted elements is F, and the law: below 2.7 but once in a million.
fn distance(F) {
    m = F.shape[0]
    i = range(m)
    return sqrt(m) * max(max((i + 1) / m - F), max(F - i / m))
}

## |mean(x) - expected| in standard errors.
fn off(x, expected) {
    return abs(mean(x) - expected) / (std(x) / sqrt(x.shape[0]))
}

## The largest correlation of a sample's columns with each other, with their squares, and with the next
## prompt's, times √m.
fn dependence(z) {
    m = z.shape[0]
    u = (z - mean(z, axis = 0)) / std(z, axis = 0)
    v = (u ** 2 - 1) / std(u ** 2, axis = 0)
    k = z.shape[1]
    apart = 1 - eye(k)
    return max([max(abs(u.T @ u / m * apart)), max(abs(v.T @ v / m * apart)), max(abs(u.T @ v / m * apart)),
                max(abs(u[1:m].T @ u[0:m - 1] / m)), max(abs(v[1:m].T @ v[0:m - 1] / m))]) * sqrt(m)
}

test "normal" {
    z = predictions(reveal, normals, trials = trials, seed = 1)
    x = sort(z[:, 0])
    assert distance(normal_cdf((x - 1) / 2)) < 2.7
    assert off(z[:, 1], 1.0) < 5
    assert off((z[:, 1] - 1) ** 2, 4.0) < 5
    assert off((z[:, 2] - 1) ** 4, 48.0) < 5
    assert dependence(z) < 5
}

test "uniform" {
    z = predictions(reveal, uniforms, trials = trials, seed = 1)
    assert distance((sort(z[:, 0]) + 1) / 4) < 2.7
    assert min(z) >= -1 and max(z) < 3
    assert off(z[:, 1], 1.0) < 5
    assert off((z[:, 1] - 1) ** 2, 4 / 3) < 5
    assert dependence(z) < 5
}

test "laplace" {
    z = predictions(reveal, laplaces, trials = trials, seed = 1)
    x = (sort(z[:, 0]) - 1) / 0.5
    assert distance(where(x < 0, 0.5 * exp(-abs(x)), 1 - 0.5 * exp(-abs(x)))) < 2.7
    assert off(z[:, 1], 1.0) < 5
    assert off((z[:, 1] - 1) ** 2, 0.5) < 5
    assert dependence(z) < 5
}

test "exponential" {
    z = predictions(reveal, exponentials, trials = trials, seed = 1)
    assert distance(1 - exp(-2 * sort(z[:, 0]))) < 2.7
    assert min(z) >= 0
    assert off(z[:, 1], 0.5) < 5
    assert off((z[:, 1] - 0.5) ** 2, 0.25) < 5
    assert dependence(z) < 5
}

# F(x) = 1/2 + x / (2 √(2 + x²)) with 2 degrees of freedom; with 4, 1/2 + 3/8 r (1 - x² / (12 + 3x²)), r = x /
# √(1 + x²/4).
test "student_t" {
    x = sort(predictions(reveal, students(2.0), trials = trials, seed = 1)[:, 0])
    assert distance(0.5 + x / (2 * sqrt(2 + x ** 2))) < 2.7
    x = sort(predictions(reveal, students(4.0), trials = trials, seed = 1)[:, 1])
    assert distance(0.5 + 0.375 * x / sqrt(1 + x ** 2 / 4) * (1 - x ** 2 / (12 + 3 * x ** 2))) < 2.7
    z = predictions(reveal, students(12.0), trials = trials, seed = 1)
    assert off(z[:, 0], 0.0) < 5
    assert off(z[:, 1] ** 2, 1.2) < 5
    assert dependence(z) < 5
}

test "bernoulli, rademacher" {
    z = predictions(reveal, bernoullis(0.3), trials = trials, seed = 1)
    assert all(z * (1 - z) == 0)
    assert off(z[:, 0], 0.3) < 5
    assert dependence(z) < 5
    z = predictions(reveal, rademachers, trials = trials, seed = 1)
    assert all(z ** 2 == 1)
    assert off(z[:, 0], 0.0) < 5
    assert off(z[:, 0] * z[:, 1] * z[:, 2], 0.0) < 5
    assert dependence(z + 1e-3 * predictions(reveal, normals, trials = trials, seed = 2)) < 5
    assert max(predictions(reveal, bernoullis(0.0), trials = 1000)) == 0
    assert min(predictions(reveal, bernoullis(1.0), trials = 1000)) == 1
}

# The weights are 1/8, 1/4, 0, 5/8 once they sum to 1.
test "categorical" {
    z = predictions(reveal, categoricals, trials = trials, seed = 1)
    assert off(where(z[:, 0] == 0, 1.0, 0.0), 0.125) < 5
    assert off(where(z[:, 0] == 1, 1.0, 0.0), 0.25) < 5
    assert all(z != 2)
    assert off(where(z[:, 2] == 3, 1.0, 0.0), 0.625) < 5
    assert dependence(z) < 5
}

# Two of five: each of the ten supports has probability 1/10, whatever the values are.
test "sparse" {
    z = predictions(reveal, sparses, trials = trials, seed = 1)
    on = where(z != 0, 1.0, 0.0)
    assert all(sum(on, axis = 1) == 2)
    for i in 0:5, j in 0:i {
        assert off(on[:, i] * on[:, j], 0.1) < 5
        assert off(on[:, i] * on[:, j] * (z[:, i] + z[:, j]), 0.6) < 5
        assert off(on[:, i] * on[:, j] * z[:, i] * z[:, j], 0.9) < 5
    }
    x = sort(sum(z * where(cumsum(on, axis = 1) == 1, 1.0, 0.0), axis = 1))      # the first of the two
    assert distance(normal_cdf(x - 3)) < 2.7
    assert max(abs(on[1:trials].T @ on[0:trials - 1] / trials - 0.16)) * sqrt(trials) < 5 * 0.4
}

test "mvnormal" {
    z = predictions(reveal, mvnormals, trials = trials, seed = 1)
    cov = [[2.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 0.5]]
    mu = [1.0, 0.0, -1.0]
    for i in 0:3 {
        assert distance(normal_cdf((sort(z[:, i]) - mu[i]) / sqrt(cov[i, i]))) < 2.7
        for j in 0:3 { assert off((z[:, i] - mu[i]) * (z[:, j] - mu[j]), cov[i, j]) < 5 }
    }
    a = [0.5, -1.0, 2.0]                                 # any combination is normal
    assert distance(normal_cdf(sort((z - mu) @ a) / sqrt(a @ cov @ a))) < 2.7
    assert dependence((z - mu) @ inv(cholesky(cov)).T) < 5
}

# In three dimensions each coordinate of a point of the sphere is uniform (Archimedes).
test "sphere" {
    z = predictions(reveal, spheres, trials = trials, seed = 1)
    assert max(abs(sum(z ** 2, axis = 1) - 4)) < 1e-5
    for i in 0:3 {
        assert distance((sort(z[:, i]) + 2) / 4) < 2.7
        for j in 0:i { assert off(z[:, i] * z[:, j], 0.0) < 5 }
        for j in 0:3 { assert off(z[:, i] ** 2 * z[:, j] ** 2, 16 / 5 if i == j else 16 / 15) < 5 }
    }
    assert max(abs(z[1:trials].T @ z[0:trials - 1] / trials)) * sqrt(trials) < 5 * 4 / 3
}

test "permutation" {
    z = predictions(reveal, permutations, trials = trials, seed = 1)
    assert all(sort(z, axis = 1) == range(4))
    code = z @ [64.0, 16.0, 4.0, 1.0]
    for i in 0:4, j in 0:4, k in 0:4 {
        if i != j and j != k and i != k {
            assert off(where(code == 64 * i + 16 * j + 4 * k + (6 - i - j - k), 1.0, 0.0), 1 / 24) < 5
        }
    }
}

## The cross product, row by row.
fn cross(a, b) {
    return stack([a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1], a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
                  a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]], axis = 1)
}

# Haar measure on O(k): Q'Q = I; the moments of entries; E (tr Q)² = 1; both signs of the determinant. For
# k = 3 an entry is a coordinate of a point of the sphere, so uniform.
test "orthogonal" {
    z = predictions(reveal, orthogonals(3), trials = trials, seed = 1)
    Q = reshape(z, [trials, 3, 3])
    assert max(abs(transpose(Q) @ Q - eye(3))) < 1e-5
    for i in 0:3, j in 0:3 { assert distance((sort(Q[:, i, j]) + 1) / 2) < 2.7 }
    det = sum(Q[:, 0] * cross(Q[:, 1], Q[:, 2]), axis = 1)
    assert max(abs(abs(det) - 1)) < 1e-5
    assert off(det, 0.0) < 5
    k = 4
    Q = reshape(predictions(reveal, orthogonals(k), trials = trials, seed = 1), [trials, k, k])
    assert max(abs(transpose(Q) @ Q - eye(k))) < 1e-5
    assert off(Q[:, 0, 0] ** 4, 3 / (k * (k + 2))) < 5
    assert off(Q[:, 0, 0] ** 2 * Q[:, 0, 3] ** 2, 1 / (k * (k + 2))) < 5
    assert off(Q[:, 1, 0] ** 2 * Q[:, 2, 3] ** 2, (k + 1) / (k * (k - 1) * (k + 2))) < 5
    assert off(Q[:, 0, 0] * Q[:, 1, 1] * Q[:, 0, 1] * Q[:, 1, 0], -1 / (k * (k - 1) * (k + 2))) < 5
    tr = Q[:, 0, 0] + Q[:, 1, 1] + Q[:, 2, 2] + Q[:, 3, 3]
    assert off(tr, 0.0) < 5
    assert off(tr ** 2, 1.0) < 5
    assert distance((sort(predictions(reveal, orthogonals(1), trials = trials)[:, 0]) + 1) / 2) > 2.7   # it is ±1
}

task two_sites {
    a[2] ~ normal(0, 1)
    b[2] ~ normal(0, 1)
    z = concat([a, b])
    prompt zeros(2, 1), broadcast(z, [2, 4])
}

test "sites and seeds are independent of each other" {
    z = predictions(reveal, two_sites, trials = trials, seed = 1)
    assert dependence(z) < 5
    assert dependence(concat([z, predictions(reveal, two_sites, trials = trials, seed = 2)], axis = 1)) < 5
    x = predictions(reveal, normals, trials = trials, seed = 3)
    assert dependence(concat([z, x, predictions(reveal, uniforms, trials = trials, seed = 4)], axis = 1)) < 5
}
