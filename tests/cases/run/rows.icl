# The largest of each row, sums of exponentials of infinities, lists joined with nothing.
language 1
A = reshape([3.0, 1.0, 2.0, 5.0, 7.0, 6.0], [2, 3])
values, places = top_k(A, 2)
print values, places
print top_k(stack([A, -A]), 1)[1].shape
print grad(x -> sum(top_k(reshape(x, [2, 3]), 2)[0] ** 2))(reshape(A, [6]))
print concat([[], [1.0], []])
low = -1.0 / 0
print logsumexp([low, low]), logsumexp([-low, 1]), logsumexp([low, 1, 2])
print logsumexp([[low, low], [0.0, 0.0]], axis = 1)
print grad(logsumexp)([low, 1.0, 2.0])

algorithm strongest given X[n, d], y[n], q[d] {
    best, where_ = top_k(abs(X), 2)
    predict sum(best) + sum(where_)
}
print predictions(strongest, linear(3, d = 4), trials = 2)
