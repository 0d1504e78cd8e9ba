# Errors in blocks, in heads, and after blocks: each once.
algorithm a(k == 3) given X[n, d], y[n], q[d] {
    x = 1 1
    repeat 3 3 {
        y = * 2
        z = 3
    }
    if x { a = ) } else { b = ( }
    predict q q
}
model = m with {
    a b = 2
    for l 1:3 { c = = 2 }
    d = 4
}
print 1 1
