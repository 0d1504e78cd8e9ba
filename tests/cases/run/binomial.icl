# Binomials that fit into 64 bits where products on the way do not.
print binomial(5, 2), binomial(5, 0), binomial(5, 5), binomial(3, 5)
print binomial(62, 31), binomial(66, 33)
