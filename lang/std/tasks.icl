# Tasks: how a prompt of n context examples and one query is drawn. The conventions are those of Garg,
# Tsipras, Liang and Valiant, "What can transformers learn in-context?" (NeurIPS 2022), where they have the
# task; every draw is made anew for each prompt. `curve` reads the same rows as contexts of every length up to
# n.

## Linear regression without noise: w ~ N(0, I), x ~ N(0, I), y = w'x. E y² = d. Garg et al. (2022) with
## d = 20.
task linear(n: int, d = 8) {
    w[d]        ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x @ w
}

## Linear regression with noise of standard deviation sigma in the labels; the target is free of it. The Bayes
## answer is ridge(a = sigma²).
task noisy_linear(n: int, d = 8, sigma = 0.5) {
    w[d]         ~ normal(0, 1)
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

## Sparse linear regression: s of d weights, a uniform choice, are N(0, 1), the others 0; noise of standard
## deviation sigma. E f² = s. The Bayes answer is bayes_sparse(s, sigma = sigma). Garg et al. (2022) with
## d = 20, s = 3, sigma = 0.
task sparse_linear(n: int, d = 16, s = 4, sigma = 0.5) {
    w[d]         ~ sparse(s, normal(0, 1))
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    f = x @ w
    prompt x, f + noise truth f
}

## Linear regression with a skewed covariance: x = z diag(1, 1/2, .., 1/d) in a random orthonormal basis,
## scaled so that E|x|² = d. The covariance has eigenvalues proportional to 1/i². No noise. Garg et al.
## (2022).
task skewed_linear(n: int, d = 8) {
    w[d]        ~ normal(0, 1)
    Q[d, d]     ~ orthogonal()
    z[n + 1, d] ~ normal(0, 1)
    scale = [1.0 / (1 + i) for i in 0:d]
    x = (z * scale) @ Q * sqrt(d / sum(scale ** 2))
    prompt x, x @ w
}

## Linear regression with heavy-tailed noise: sigma times Student's t with `dof` degrees of freedom, of
## variance sigma² dof / (dof - 2) for dof > 2. Least squares suffers from it, a robust reader would not.
task student_linear(n: int, d = 8, dof = 3.0, sigma = 0.5) {
    w[d]         ~ normal(0, 1)
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ student_t(dof)
    f = x @ w
    prompt x, f + sigma * noise truth f
}

## Regression on squares: y = Σ w_j x_j² / √3 with w ~ N(0, I), so that E y² = d. Garg et al. (2022).
task quadratic(n: int, d = 8) {
    w[d]        ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x ** 2 @ w / sqrt(3.0)
}

## A two-layer ReLU network as teacher: y = √(2 / hidden) Σ a_k relu(x'v_k), all weights N(0, 1). E y² = d.
## Garg et al. (2022) with d = 20, hidden = 100.
task relu_network(n: int, d = 8, hidden = 32) {
    v[d, hidden] ~ normal(0, 1)
    a[hidden]    ~ normal(0, 1)
    x[n + 1, d]  ~ normal(0, 1)
    prompt x, relu(x @ v) @ a * sqrt(2 / hidden)
}

## Logistic regression: the label is 1 with probability σ(w'x), else -1, w ~ N(0, scale² I). The target is the
## label's mean, 2σ(w'x) - 1 = tanh(w'x / 2). Bai, Chen, Wang, Xiong and Mei (NeurIPS 2023).
task logistic(n: int, d = 8, scale = 1.0) {
    w[d]        ~ normal(0, scale)
    x[n + 1, d] ~ normal(0, 1)
    u[n + 1]    ~ uniform(0, 1)
    p = sigmoid(x @ w)
    prompt x, where(u < p, 1.0, -1.0) truth 2 * p - 1
}

## A full binary tree as teacher: each inner node asks for the sign of one feature, a uniform choice, and goes
## right where it is positive; the leaves are N(0, 1). E y² = 1. Garg et al. (2022) with d = 20, depth = 4.
task decision_tree(n: int, d = 8, depth = 4) {
    feature[2 ** depth - 1] ~ categorical(ones(d))      # level by level: level l starts at 2 ** l - 1
    leaf[2 ** depth]        ~ normal(0, 1)
    x[n + 1, d]             ~ normal(0, 1)
    level = 0
    place = [0 for i in 0:n + 1]                        # of each row within the level
    repeat depth {
        place = [2 * place[i] + (1 if x[i, feature[level + place[i]]] > 0 else 0) for i in 0:n + 1]
        level = 2 * level + 1
    }
    prompt x, leaf[place]
}

## The draws of `gaussian_pool`: one weight vector a prompt, as its label.
task weight_vectors(d: int) {
    w[d] ~ normal(0, 1)
    prompt zeros(2, 1), broadcast(w, [2, d])
}

## Answers the weight vector of a task.
algorithm drawn_weights given X[n, k], Y[n, d], q[k] knowing w[d] {
    predict w
}

## A pool of m weight vectors N(0, I), real[m, d], for `finite_pool`: drawn once, from its own seed, in the
## script. So it is the same for every prompt, predictor and task that is given it, and a larger m only adds
## vectors.
fn gaussian_pool(m, d, seed) {
    return predictions(drawn_weights(), weight_vectors(d), trials = m, seed = seed)
}

## Linear regression whose weights are one of the pool's m vectors, a uniform choice for each prompt; noise of
## standard deviation sigma. The pool stands outside the task because draws inside belong to one prompt:
## `finite_pool(16, pool = gaussian_pool(64, 8, seed = 1))`. The Bayes answer is bayes_pool(pool, sigma); as m
## grows, it becomes ridge(a = sigma²). Raventós, Paul, Chen and Ganguli, "Pretraining task diversity"
## (NeurIPS 2023), with d = 8, n = 15, sigma = 0.5.
task finite_pool(n: int, pool: real[m, d], sigma = 0.5) {
    k            ~ categorical(ones(m))
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    w = pool[k]
    f = x @ w
    prompt x, f + noise truth f
}

## A mixture of tasks: the weights are dense, w ~ N(0, I), with probability proportional to p[0]; sparse, s of
## them N(0, d/s) and the others 0, to p[1]; signs ±1, to p[2]. E f² = d for each, so that labels alone do not
## tell which it is. Noise of standard deviation sigma. After the hierarchical mixtures of Panwar, Ahuja and
## Goyal (ICLR 2024).
task mixture(n: int, d = 16, s = 2, sigma = 0.5, p: real[3] = [1.0, 1.0, 1.0]) {
    kind         ~ categorical(p)
    dense[d]     ~ normal(0, 1)
    few[d]       ~ sparse(s, normal(0, sqrt(d / s)))
    signs[d]     ~ rademacher()
    x[n + 1, d]  ~ normal(0, 1)
    noise[n + 1] ~ normal(0, sigma)
    w = where(kind == 0, dense, where(kind == 1, few, signs))
    f = x @ w
    prompt x, f + noise truth f
}
