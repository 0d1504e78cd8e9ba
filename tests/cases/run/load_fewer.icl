# A stored model with fewer layers.
save init(linear_transformer(layers = 1), linear(3)) to "one.safetensors"
m = load(linear_transformer(layers = 2), "one.safetensors")
print risk(m, linear(3), trials = 2)
