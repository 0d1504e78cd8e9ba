# Columns that the author aligned stay aligned; others do not appear.
option a: int = 1   "short"
option longer: int    = 20   "longer"
option b = 3

option c: int = 1
option longest: int = 2

option d: int = 1        "alone"

task t(n: int) {
    w[d]    ~ normal(0, 1)
    x[n + 1, d] ~ normal(0, 1)
    σσ[n + 1]   ~ normal(0, 1)
    f = x @ w
    z ~ normal(0, 1)
    zzz   ~ normal(0,   1)

    one     ~ normal(0, 1)
    q[3] ~ normal(0, 1)
    qq[30] ~ normal(0, 1)
    prompt x, f
}

layer l(k) given h[t, k] {
    param W[k, k] ~ normal(0, 1)
    param b[k]     = 0
    tap   u = h
    return h
}

x    = 1
long = 2
longer = 3
y      = 4
z  = 5

alone    = 1
bracket = f(1,
            2)
next    = 3
bracket_of_a_call    = f(1,
                         2)
next                 = 3

a = 1           # one
bb = 22         # two
ccc = f(333)  # three
d = 4# four
# own

e = 5    # alone
σ = 6 # next

f = f(1,         # first
      σσσ,       # second
      3)         # third
