# What replaced taps change, and features of rows that are asked one by one.
language 1

prompts = noisy_linear(n = 10, d = 3, sigma = 0.1)

## The tap is another name of h, which goes on.
architecture named(layers: int) given X[n, d], y[n], q[d] {
    h = linear(tokens(X, y, q), 8)
    for l in 0:layers {
        h = h + attention(h, 2)
        tap residual = h
    }
    predict linear(h, 1)[n, 0]
}

## The tap's own name goes on.
architecture handed(layers: int) given X[n, d], y[n], q[d] {
    h = linear(tokens(X, y, q), 8)
    for l in 0:layers {
        tap residual = h + attention(h, 2)
        h = residual
    }
    predict linear(h, 1)[n, 0]
}

## A tap of the state of a loop that is not unrolled.
architecture stepped(steps: int) given X[n, d], y[n], q[d] {
    w = zeros(d)
    param rate = 0.05
    repeat steps {
        tap weights = w
        w = w - rate * X.T @ (X @ w - y)
    }
    predict q @ w
}

test "replacing a tap of a variable changes what reads the variable" {
    a = init(named(2), prompts, seed = 1)
    b = init(handed(2), prompts, seed = 1)
    assert disagreement(a, b, prompts, trials = 32).max == 0
    for l in 0:2 {
        changed = a with residual[l] = 0.5 * it
        assert disagreement(changed, b with residual[l] = 0.5 * it, prompts, trials = 32).max == 0
        assert disagreement(changed, a, prompts, trials = 32).max > 1e-3
    }
    assert disagreement(a with residual[1] = 0, init(named(1), prompts, seed = 1), prompts, trials = 32).max > 1e-3
    assert disagreement(a with residual[0][-1] = 0, b with residual[0][-1] = 0, prompts, trials = 32).max == 0
}

test "replacing the state of a loop" {
    m = init(stepped(3), prompts)
    assert disagreement(m, gd(steps = 3, eta = 0.5), prompts, trials = 32).max < 1e-5
    assert disagreement(m with weights = 0, init(stepped(1), prompts), prompts, trials = 32).max == 0
}

## What it makes of the query alone, and of the query and the context.
architecture looks() given X[n, d], y[n], q[d] {
    tap seen = 2 * q
    tap weighed = q * (X.T @ y) / n
    predict sum(seen + weighed)
}

test "a tap of one vector: every row is asked in the query's place" {
    m = init(looks(), prompts)
    assert disagreement(features(m, seen) then ridge(a = 4.0), ridge(a = 1.0), prompts, trials = 64).max < 1e-4
    assert disagreement(features(m, weighed) then gd(steps = 4, eta = 0.1), correlate then gd(steps = 4, eta = 0.1),
                        prompts, trials = 64).max < 1e-4
}

test "asked rows do not know their labels" {
    m = init(handed(1), prompts, seed = 1)
    rows = features(m, residual[0]) then ols()
    asked = features(m, residual[0][-1]) then ols()
    assert disagreement(rows, asked, prompts, trials = 32).max > 1e-3
}
