# Options whose default is not of their type.
option n: int = 2.5
option s: string = 3
option v: real[3] = [1.0, 2.0, 3.0]
option w = { a: 1 }
print n, s, v, w
