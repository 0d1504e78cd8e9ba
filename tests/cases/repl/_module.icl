base = 21
fn twice(x: real) -> real { return 2 * x }
print "not run by an import"
