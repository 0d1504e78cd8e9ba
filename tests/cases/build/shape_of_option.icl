# A size that comes in through a table of numbers is found, too: d is fixed, and the program has its kernel.
option d: int = 3
architecture a() given X[n, k], y[n], q[k] {
    predict linear([q], 1)[0, 0]
}
t = linear(n = 4, d = d)
m = init(a, t) with { linear[0].W = [1.0 * i for i in 0:d, j in 0:1] }
print disagreement(m, zero, t, trials = 64).max
