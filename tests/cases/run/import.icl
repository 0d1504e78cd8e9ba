# An import brings definitions, options and the values these need, and runs nothing else.
# options: --bias 2
language 1
import "_module.icl" only scale, moved, bias

task flat(n: int) {
    x[n + 1, 1] ~ normal(0, 1)
    prompt x, zeros(n + 1)
}

algorithm first given X[n, d], y[n], q[d] {
    predict y[0]
}

factor = 100.0
print scale(2.0), bias
print risk(first, flat(2), trials = 8), risk(moved then first, flat(2), trials = 8)
