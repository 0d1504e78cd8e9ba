# A layer in an algorithm; a shape of many long names.
layer mine(width: int) given h[t, k] {
    param W[k, width] = 0
    return h @ W
}
algorithm a given X[n, d], y[n], q[d] { predict mine(X, 3)[0, 0] }
option examples_of_one_prompt: int = 4000
option features_of_one_example: int = 4000
print zeros(examples_of_one_prompt + features_of_one_example, features_of_one_example + examples_of_one_prompt, 16)
t = sweep n in [] { record a = n }
print t.b
