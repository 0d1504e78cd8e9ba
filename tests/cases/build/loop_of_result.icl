# A loop that may end after every pass: the kernels of all passes are there, what it leaves is not known.
t = linear(n = 8, d = 4)
n = 4
repeat 3 until r.mean < 1e-9 {
    n = 2 * n
    r = risk(ridge(a = 1.0), linear(n = n, d = 4), trials = 64)
    print r
}
print risk(ridge(a = 1.0), linear(n = n, d = 4), trials = 64)
