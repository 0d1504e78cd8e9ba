# What the cases of imports bring in; the statements at the end are not run by an import.
option bias: real = 0.5 "added to every label"

## Every label moved by `bias`.
preprocess moved given X[n, d], y[n], q[d] {
    yield X, y + bias, q
}

fn scale(x: real) -> real { return factor * x }
factor = 3.0
print "not run by an import"
assert false
