# Parameters and states that nothing reads.
optimizer o(lr = 0.1) given p, g, t { state m = 0; state v = 0; v = g; yield p - lr * g }
layer l() given h[t, k] { param W[k, k] ~ normal(0, 1); param b[k] = 0; return h @ W }
