x = f(a, k = 3, eta in etas, 1:4, w -> w ** 2, (a, b) -> a + b, () -> 1,)
y = A[0, :, 1:, :n, -1, ::2, a:b:c, i + 1:j]
z = [1, 2.5, rest..., 1e-3, 10_000, .5]
u = [rho ** abs(i - j) for i in 0:d, j in 0:d]
v = { active: ramp(4, d), points = 3, x }
s = model.layers[0].T.shape
t = (a, b)
empty = [[], {}]
grad(loss)(w, X)
true
