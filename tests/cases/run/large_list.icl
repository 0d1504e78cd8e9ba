# Tensors of any length are spread.
x = [1.0, 2.0]
for i in 0:12 { x = [x..., x..., 3.0] }
print x.shape, sum(x), x[-1]
A = [ones(20, 2)..., [5.0, 6.0]]
print A.shape, A[-1]
