# Draws that are made of other draws.

## The orthogonal factor of a square matrix, by Householder reflections, with the signs for which R's diagonal is
## positive. Of a Gaussian matrix it is uniform (Haar): Stewart, SIAM J. Numer. Anal. 17 (1980).
fn orthogonal_factor(A: real[n, n]) -> real[n, n] {
    i = range(n)
    Q = eye(n)
    R = A
    for k in 0:n {
        x = where(i >= k, R[:, k], 0.0)
        s = where(x[k] < 0, -1.0, 1.0)
        u = x + where(i == k, s * norm(x), 0.0)
        v = u / norm(u)
        R = R - 2 * outer(v, v @ R)
        Q = Q - 2 * outer(Q @ v, v)
    }
    return Q * where(diag(R) < 0, -1.0, 1.0)
}

fn orthogonal_factors(A: real[m, n, n]) -> real[m, n, n] {
    return [orthogonal_factor(A[i]) for i in 0:m]
}
