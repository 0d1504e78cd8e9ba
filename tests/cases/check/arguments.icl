# Arguments that builtins cannot use.
print max(1, 2, 3)
print sum(ones(2, 2), axis = 0, keepdims = 1)
print triangular_solve(eye(2), ones(2), upper = "yes")
print range(0, 5, 0), 0:5:0
print reshape(ones(6), [-1, 4])
print concat(ones(2), ones(3))
print concat([[], []])
print zeros([2.0, 3.0] * 1.0)
print zeros(1, 1, 1, 1, 1, 1, 1, 1, 1)
print zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])
print binomial(400, 200)
print sum(ones(3), axis = 0.5)
print top_k(ones(2, 3), 4), top_k(ones(3), -1), top_k(2.0, 1)
print argmax(zeros(0)), max(zeros(3, 0), axis = 1)
print any(ones(3))
print where(ones(3), 1, 2)
print where(ones(3) > 0, ones(2), zeros(2))
print zeros(8 / 3), zeros(8 / 0)
print zeros(100000, 100000)
print sum(0:300000000)
x = 2.0
print x[0]
print [[[[[[[[[1.0]]]]]]]]]
print ones(2, 3, 4) @ ones(3, 4, 5)
print 0.5:3
print stack([ones(2), "text"])
print broadcast(ones(3), [2]), broadcast(ones(3)), broadcast(ones(2, 3), [3]), broadcast(ones(1, 3), [2, 3])
