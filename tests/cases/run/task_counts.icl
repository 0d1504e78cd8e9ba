# Events of a Poisson process, by exponential gaps until time is over.
# flags: --progress never
language 1
## Numbers of events: exponential gaps drawn until time is over.
option trials: int = 100
task poisson(rate = 3.0) {
    t = 0.0
    count = 0.0
    repeat 40 until t > 1 {
        gap ~ exponential(rate)
        t += gap
        count += where(t <= 1, 1.0, 0.0)
    }
    x[2, 1] ~ normal(0, 1)
    prompt x, [count for i in 0:2]
}
algorithm first() given X[n, d], y[n], q[d] { predict y[0] + 0 * q[0] + 0 * X[0, 0] }
v = predictions(first, poisson(), trials = trials)
print abs(mean(v) - 3) < 0.06, abs(var(v) - 3) < 0.15
print risk(zero, poisson(rate = 2.0), trials = trials)
