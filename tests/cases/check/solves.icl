# Matrices and right sides: their rows, and the axes in front of them.
A = ones(2, 3, 3) + eye(3)
print solve(A, ones(4, 3, 3))
print lstsq(ones(4, 5, 3), ones(2, 5))
print triangular_solve(A, ones(4, 1))
print solve(ones(3, 3, 3) + eye(3), ones(3, 3))
fn of_signature(A: real[h, n, n], B: real[n, n], b: real[h, n], c: real[n]) {
    return sum(solve(A, B)) + sum(solve(A, b)) + sum(solve(A, c)) + sum(solve(B, A)) + sum(solve(B, b))
}
