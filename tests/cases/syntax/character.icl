x = 3 × 4
y = a && b || !c
z = x ^ 2
print “a”
w = 1 ? 2
v = 7 % 2
u = 'a'
t := 3
s = w => w
a = 5 // 2
cost = $3
p = `q`
b = 1 − 2
c = 1 – 2
d = 2 · 3
f = 1 ≤ 2
g = 1 ≥ 2
h = 1 ≠ 2
i = x → x
j = x²
k = √2
l = 1 + 2
m = 1 \ 2
n = ‘text’
print "a {1 # remark} b"
