# State of loops keeps type and shape.
algorithm grows given X[n, d], y[n], q[d] {
    w = y
    repeat 3 { w = concat([w, [0.0]]) }
    predict sum(w)
}

algorithm changes_type given X[n, d], y[n], q[d] {
    k = 0
    repeat 3 { k = k + 0.5 }
    predict k
}

algorithm many_truths given X[n, d], y[n], q[d] {
    w = y
    repeat 3 until w < 0.1 { w = w / 2 }
    predict sum(w)
}

algorithm data_decides given X[n, d], y[n], q[d] {
    w = q
    if y[0] > 0 { w = -q }
    predict sum(w)
}

algorithm data_counts given X[n, d], y[n], q[d] {
    w = 0.0
    repeat y[0] { w = w + 1 }
    predict w
}

algorithm negative given X[n, d], y[n], q[d] {
    w = 0.0
    repeat -2 { w = w + 1 }
    predict w
}
