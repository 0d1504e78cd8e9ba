# Parameters of a model that it does not have; its hyper-parameters are fields.
m = init(encoder(), linear(5))
print m.block[0].attention[0].Wq.shape, m.block[0].attention[0].Wq[0].T.shape, m.width, m.linear[0].W[0, 0] > -9
print m.block[0].attention[0].head
print m.block[9].attention[0].Wq, m.blok[0].mlp[0].up
n = init(decoder(layers = 2), linear(8))
print risk(n with attention[2].head = 0, linear(8), trials = 4)
print risk(n with block[5].attention[0].head[0] = 0, linear(8), trials = 4)
print risk(n with block[0].atention[0].head[0] = 0, linear(8), trials = 4)
print risk(n with block[0].attention[0].head[9] = 0, linear(8), trials = 4)
print risk(n with block[0].attention[0].Wq = zeros(3, 3), linear(8), trials = 4)
