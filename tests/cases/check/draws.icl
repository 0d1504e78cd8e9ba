# Distributions: domains, shapes, parameters.
option s: int = 9

task bad_sd(n: int) { x[n + 1, 2] ~ normal(0, -1); prompt x, x[:, 0] }
task too_many(n: int) { w[4] ~ sparse(s, normal(0, 1)); x[n + 1, 4] ~ normal(0, 1); prompt x, x @ w }
task no_entries(n: int) { w[4] ~ sparse(2, 1.0); x[n + 1, 4] ~ normal(0, 1); prompt x, x @ w }
task probability(n: int) { b[n + 1] ~ bernoulli(1.5); prompt ones(n + 1, 1), b }
task interval(n: int) { b[n + 1] ~ uniform(1, 0); prompt ones(n + 1, 1), b }
task vector(n: int) { u ~ sphere(1.0); prompt ones(n + 1, 1), ones(n + 1) * u }
task square(n: int) { Q[2, 3] ~ orthogonal(); prompt ones(n + 1, 3), ones(n + 1) * Q[0, 0] }
task parameters(n: int) { x[n + 1, 2] ~ normal(ones(3), 1); prompt x, x[:, 0] }

print risk(zero, bad_sd(3))
print risk(zero, too_many(3))
print risk(zero, no_entries(3))
print risk(zero, probability(3))
print risk(zero, interval(3))
print risk(zero, vector(3))
print risk(zero, square(3))
print risk(zero, parameters(3))
