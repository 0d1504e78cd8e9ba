# Loosest first: with, then, conditional, or, and, not, comparison, sum, product, minus, power, postfix.
a = p then q then r
b = x or y and not z == 1
c = 1 + 2 * 3 - 4 / 5
d = -x ** 2
e = 2 ** -1 ** 2
f = X.T @ (X @ w - y) / n
g = 1.0 if i == 0 else 2.0 if j else 3.0
h = -a @ b
i = first then second with block[0].head = 0
j = x < 1 and not y >= 2
