# A stored model of another width.
save init(encoder(width = 8, hidden = 4), linear(3)) to "small.safetensors"
m = load(encoder(width = 16, hidden = 4), "small.safetensors")
print risk(m, linear(3), trials = 2)
