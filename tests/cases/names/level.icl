algorithm a given X[n, d], y[n], q[d] {
    print y
    r = risk(y, X)
    c = sweep i in 0:3 { record k = i }
    assert r == c
    save r to "x.csv"
    predict r
}
