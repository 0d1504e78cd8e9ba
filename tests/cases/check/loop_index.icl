# Sizes in a loop's body are those of every pass.
algorithm prefixes given X[n, d], y[n], q[d] {
    total = 0.0
    for i in 1:n {
        total += sum(y[0:i])
    }
    predict total
}
algorithm carried given X[n, d], y[n], q[d] {
    w = "text"
    repeat 3 { w = X.T @ y }
    predict q[0]
}
algorithm steps given X[n, d], y[n], q[d] {
    total = sum([y[i] for i in 0:n:argmax(y)])
    predict total
}
print 1
