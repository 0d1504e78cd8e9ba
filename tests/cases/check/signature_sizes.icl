# Sizes that a signature leaves open, where a size of the script is meant.
d = 4
b = ones(4)
algorithm a() given X[n, d], y[n], q[d] { predict sum(X.T @ y + b) }
algorithm c() given X[n, d], y[n], q[d] { w = zeros(4); repeat 3 { w = w + X.T @ y }; predict q @ w }
fn f(x: real[4]) -> real { return sum(x) }
algorithm e() given X[n, d], y[n], q[d] { predict f(q) }
print risk(a, noisy_linear(3, d = 4))
groups = 5
size = 3
algorithm fits() given X[n, groups * size], y[n], q[groups * size] { predict sum(reshape(X.T @ y, [groups, size])) + q[0] }
algorithm anything() given X[n, d], y[n], q[d] { w = zeros(groups, size); predict sum(reshape(X.T @ y, [groups, size]) * w) + q[0] }
print risk(fits, noisy_linear(4, d = 15), trials = 3)
print risk(fits, noisy_linear(4, d = 14), trials = 3)
algorithm hides() given X[n, groups * size], y[n], q[groups * size] knowing on[groups] {
    predict q @ reshape(broadcast(on, [size, groups]), [size * groups])
}
algorithm hides_too() given X[n, d], y[n], q[d] { predict q @ b }
print 1
