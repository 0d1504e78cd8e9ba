# What is called otherwise elsewhere.
print None
print True
print False
print absolute([1, 2])
print arange([1, 2])
print array([1, 2])
print astype([1, 2])
print bmm([1, 2])
print cat([1, 2])
print concatenate([1, 2])
print dtype
print e
print einsum([1, 2])
print enumerate([1, 2])
print expand_dims([1, 2])
print float([1, 2])
print hstack([1, 2])
print len([1, 2])
print matmul([1, 2])
print mm([1, 2])
print null
print permute([1, 2])
print pi
print pinv([1, 2])
print power([1, 2])
print rand([1, 2])
print randn([1, 2])
print self
print squeeze([1, 2])
print svd([1, 2])
print tensor([1, 2])
print unsqueeze([1, 2])
print view([1, 2])
print vstack([1, 2])
for i in 0:3 {
    if i == 2 { break }
    continue
}
fn nothing() { pass }
print allclose([1, 2])
print cbrt([1, 2])
