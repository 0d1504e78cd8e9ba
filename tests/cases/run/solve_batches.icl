# Several matrices and one right side, one matrix and several right sides, a vector for each matrix.
A = [[9.0, 1.0, 1.0], [2.0, 8.0, 0.0], [1.0, 2.0, 4.0]]
B = [[7.0, 1.0, 0.0], [2.0, 5.0, 0.0], [1.0, 2.0, 4.0]]
both = stack([A, B])
vectors = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
each = stack([solve(A, B), solve(B, B)])
print max(abs(solve(both, B) - each)) < 1e-6
print max(abs(solve(A, both) - stack([solve(A, A), solve(A, B)]))) < 1e-6
print max(abs(solve(both, vectors) - stack([solve(A, vectors[0]), solve(B, vectors[1])]))) < 1e-6
print max(abs(solve(both, vectors[0]) - stack([solve(A, vectors[0]), solve(B, vectors[0])]))) < 1e-6
print max(abs(lstsq(both, B) - each)) < 1e-5, max(abs(triangular_solve(both, B)[1] - triangular_solve(B, B))) < 1e-6
print max(abs(solve(A.T @ A + eye(3), both)[1] - solve(A.T @ A + eye(3), B))) < 1e-6
print max(abs(solve(stack([A.T @ A, B.T @ B]) + eye(3), B)[1] - solve(B.T @ B + eye(3), B))) < 1e-5

# The matrix of an algorithm's context is stretched, and its factor found once.
algorithm columns() given X[n, d], y[n], q[d] {
    G = X.T @ X + eye(d)
    predict sum(solve(G, stack([X.T, 2.0 * X.T]))[1] @ y * q) / 2
}

task small(n: int = 5, d: int = 3) {
    x[n + 1, d] ~ normal(0, 1)
    prompt x, x[:, 0]
}
print disagreement(columns(), ridge(1.0), small(), trials = 100).max < 1e-5
